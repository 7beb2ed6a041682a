"""Raises the versions of rules whose content changed since they were locked, in their files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cds_service.errors import InputInvalid
from cds_service.ruleset.hashing import unraised
from cds_service.ruleset.ruleset import Ruleset

_VERSION = re.compile(r"^version: *\d+", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Raised:
    """A version that was raised."""

    rule: str
    path: str
    old: int
    new: int


def raise_versions(
    rules: Ruleset, locked: Mapping[str, Mapping[str, Any]], rules_dir: Path
) -> tuple[Raised, ...]:
    """Write into each changed rule's file the version after the locked one; nothing else of the file changes.

    :raises InputInvalid: a file has no line ``version: <number>``; no file was changed then.
    """
    texts: dict[Path, str] = {}
    raised = []
    for rule in unraised(rules, locked):
        new = int(locked[rule.id]["version"]) + 1
        path = rules_dir / rule.path
        text, found = _VERSION.subn(f"version: {new}", path.read_text(encoding="utf-8"), count=1)
        if not found:
            raise InputInvalid(f"{rule.path}: has no line 'version: {rule.file.version}'; raise it by hand")
        texts[path] = text
        raised.append(Raised(rule=rule.id, path=rule.path, old=rule.file.version, new=new))
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    return tuple(raised)
