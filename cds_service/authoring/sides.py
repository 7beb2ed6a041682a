"""One state of the rules, loaded for comparing: the rules with what they use, and the files as their authors wrote them."""

from __future__ import annotations

import io
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cds_service.errors import Complaint, InputInvalid, RuleFileInvalid
from cds_service.ruleset.library import SHARED, Library, read_library
from cds_service.ruleset.load import read_ruleset
from cds_service.ruleset.ruleset import Rule, Ruleset
from cds_service.ruleset.uses import Uses, uses_of
from cds_service.terminology import Terminology

_OF_TERMINOLOGY = ("terminology", "valuesets")
"""Folders that the terminology is loaded from."""

_SECTIONS: Mapping[str, str] = {
    "fact": "facts",
    "therapy": "therapies",
    "order": "orders",
    "population": "population",
    "trials": "trials",
    "ladder": "ladder",
    "verdicts": "verdict_groups",
}
"""Kind of a shared part to the word of the file that holds it."""


@dataclass(frozen=True)
class Side:
    """The rules of one folder, as loaded and as written. ``name`` is how messages call it.

    ``words`` are the lines of each table of the terminology, by file name.
    """

    name: str
    rules: Ruleset
    library: Library
    words: Mapping[str, tuple[str, ...]]

    @cached_property
    def cards(self) -> Mapping[str, Mapping[str, Any]]:
        """What the file of each card says, by card id."""
        return {card.model.card: card.source.data for card in self.library.cards}

    @cached_property
    def members(self) -> Mapping[str, frozenset[str]]:
        """The codes of every value set, written for people."""
        index = self.rules.terminology.index
        return {name: frozenset(map(_member, members)) for name, members in index.all_members().items()}

    def uses(self, rule: Rule) -> Uses:
        """Return what a rule uses."""
        return uses_of(self.rules, rule)

    def written(self, kind: str, scope: str, name: str) -> Any:
        """Return a shared part as its author wrote it; a setting is its value in force."""
        if kind == "setting":
            return self.rules.setting(name, scope)
        for home in self.rules.scopes(scope):
            section = self._sections(home).get(_SECTIONS[kind])
            if section is None:
                continue
            if not name:
                return section
            if name in section:
                return section[name]
        return None

    def _sections(self, home: str) -> Mapping[str, Any]:
        if home != SHARED:
            written: Mapping[str, Any] = self.library.pathways[home].source.data
            return written
        together: dict[str, Any] = {}
        for file in self.library.shared:
            for word, entries in file.source.data.items():
                together[word] = {**together.get(word, {}), **entries}
        return together


def _member(member: Any) -> str:
    marks = [word for word in ("family", "weak", "conditional") if getattr(member, word)]
    marks += [] if member.verified == "yes" else [f"verified: {member.verified or 'no'}"]
    return f"{member.system} {member.code}" + (f" ({', '.join(marks)})" if marks else "")


def load_side(folder: Path, *, name: str, like: tuple[Path, Terminology] | None = None) -> Side:
    """Load a folder of rules. ``like`` spares loading a terminology whose files are the same.

    :raises RuleFileInvalid: it holds faults; they are named after the side, as in ``HEAD~1:shared/facts.yaml``.
    """
    spared = like[1] if like is not None and _same_terminology(folder, like[0]) else None
    rules, faults = read_ruleset(folder, terminology=spared)
    if rules is None or faults:
        raise RuleFileInvalid([replace(fault, file=f"{name}:{fault.file}") for fault in faults])
    unread: list[Complaint] = []
    return Side(name, rules, read_library(folder, faults=unread), _words(folder))


def _words(folder: Path) -> dict[str, tuple[str, ...]]:
    return {
        path.name: tuple(path.read_text(encoding="utf-8").splitlines())
        for path in sorted((folder / "terminology").glob("*.csv"))
    }


def _same_terminology(one: Path, other: Path) -> bool:
    return _terminology_files(one) == _terminology_files(other)


def _terminology_files(folder: Path) -> dict[str, bytes]:
    return {
        f"{part}/{path.name}": path.read_bytes()
        for part in _OF_TERMINOLOGY
        for path in sorted((folder / part).glob("*.csv"))
    }


@contextmanager
def folder_at(ref: str, folder: Path) -> Iterator[Path]:
    """Yield a passing copy of the rules folder as it was at a git commit, branch or tag.

    :raises InputInvalid: git does not know it, or the folder was not there.
    """
    if ref.startswith("-"):
        raise InputInvalid(f"{ref}: is no commit, branch or tag")
    try:
        archive = subprocess.run(  # noqa: S603 (a list, no shell; the name cannot be an option)
            ["git", "archive", "--format=zip", ref, "."],  # noqa: S607 (the git of whoever works on the rules)
            cwd=folder,
            capture_output=True,
            check=False,
        )
    except OSError as problem:
        raise InputInvalid(f"git: {problem.strerror}: compare folders with --against") from None
    if archive.returncode != 0:
        said = archive.stderr.decode(errors="replace").strip().splitlines()
        raise InputInvalid(f"{ref}: {said[0].removeprefix('fatal: ') if said else 'git failed'}")
    with TemporaryDirectory() as copy:
        with zipfile.ZipFile(io.BytesIO(archive.stdout)) as files:
            files.extractall(copy)
        yield Path(copy)
