#!/usr/bin/env bash
# Resolves pyproject.toml into hashed lock files that hold no registry addresses.
# One resolution for everything comes first, so that a package has the same version in every lock.
# Further arguments go to uv, such as `--upgrade` or `--upgrade-package flask`.
set -euo pipefail
cd "$(dirname "$0")/.."

uv=$(command -v uv || echo .venv/bin/uv)
together=$(mktemp)
trap 'rm -f "$together"' EXIT
# Versions already locked are kept unless they are asked to move.
if compgen -G 'requirements/*.txt' >/dev/null; then
    sed -nE 's/^([^ ]+==.*) \\$/\1/p' requirements/*.txt | sort -u >"$together"
fi

compile() {
    local output=$1
    shift
    "$uv" pip compile pyproject.toml --quiet --python-version 3.11 --universal --no-annotate --no-emit-index-url \
        --no-header --output-file "$output" "$@"
}

compile "$together" --all-extras --group build "$@"
mkdir -p requirements
compile requirements/base.txt --generate-hashes --constraints "$together"
for extra in test check bench docs; do
    compile "requirements/$extra.txt" --generate-hashes --constraints "$together" --extra "$extra"
done
"$uv" pip compile --group build --quiet --python-version 3.11 --universal --no-annotate --no-emit-index-url \
    --no-header --generate-hashes --constraints "$together" --output-file requirements/build.txt
