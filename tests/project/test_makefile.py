"""The Makefile explains itself."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def verbs() -> set[str]:
    return set(re.findall(r"^\.PHONY: (\S+)$", MAKEFILE, flags=re.MULTILINE))


def test_make_alone_lists_every_verb_with_what_it_does() -> None:
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, check=True, text=True).stdout

    listed = dict(re.findall(r"^  (\S+)\s+(\S.*)$", shown, flags=re.MULTILINE))

    assert set(listed) == verbs()
    assert {"demo", "test", "test-all", "check"} <= set(listed)


def test_the_contributing_guide_names_every_verb() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

    assert {verb for verb in verbs() if f"make {verb}" not in guide} == set()
