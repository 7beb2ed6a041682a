"""Builds the documentation site: a copy of the tree with the rule book written into it, then MkDocs, strictly.

The copy keeps every file where it stands, so a link that works in the repository works on the site.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from cds_service.rulebook import book_pages
from cds_service.ruleset.load import load_ruleset

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "build" / "site" / "src"
COPIED = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "LICENSE",
    "NOTICE",
    "Makefile",
    "docker-compose.yml",
    "pyproject.toml",
)
FOLDERS = ("bench", "cds_service", "docs", "fhir_fixtures", "hapi", "rules", "scripts", "tests")
BOOK = Path("docs/rule-book")


def copy_tree() -> None:
    """Lay the sources of the site anew."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    SOURCE.mkdir(parents=True)
    for name in COPIED:
        shutil.copy2(ROOT / name, SOURCE / name)
    for name in FOLDERS:
        shutil.copytree(
            ROOT / name, SOURCE / name, ignore=shutil.ignore_patterns("__pycache__", "target", ".*")
        )


def write_pages(pages: Mapping[str, str], folder: Path) -> None:
    """Write pages by their path below a folder."""
    for name, text in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def main() -> int:
    """Build the site into ``build/site/html``; MkDocs' exit code."""
    copy_tree()
    rules = load_ruleset(ROOT / "rules")
    write_pages(book_pages(rules, ROOT / "rules"), SOURCE / BOOK)
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--config-file",
        str(ROOT / "mkdocs.yml"),
    ]
    # Material speaks of its successor on every build.
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, check=False, env=quiet).returncode


if __name__ == "__main__":
    sys.exit(main())
