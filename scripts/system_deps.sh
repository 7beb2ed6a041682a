#!/usr/bin/env bash
# Installs what the optional test groups and `make check` use beyond Python, on Debian and its relatives.
# Only what is missing is installed; nothing is done to a system without apt-get.
set -euo pipefail

missing=()
command -v javac >/dev/null || missing+=(default-jdk-headless)
command -v mvn >/dev/null || missing+=(maven)
command -v docker-compose >/dev/null || missing+=(docker-compose)
command -v curl >/dev/null || missing+=(curl)

if [ ${#missing[@]} -eq 0 ]; then
    echo 'system-deps: everything is there'
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "system-deps: this system has no apt-get; install by hand: ${missing[*]}" >&2
    exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo)
fi
echo "system-deps: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install --yes --no-install-recommends -qq "${missing[@]}"
