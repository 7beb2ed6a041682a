"""An import from start to end: build the database, review what would change and, when told to, put the table in place."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from cds_service.errors import InputInvalid, RuleFileInvalid
from cds_service.rxnorm.database import FILE, build, opened
from cds_service.rxnorm.reading import Reading, read_release
from cds_service.rxnorm.release import Release, release_in
from cds_service.rxnorm.review import Review, review, write_review
from cds_service.rxnorm.table import put_in_place, write_table
from cds_service.terminology import Terminology, load_terminology
from cds_service.terminology.release import PRODUCTS

DIFF = "diff.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import found and did. ``against`` says what the release was held against."""

    reading: Reading
    review: Review
    against: str
    applied: bool
    folder: Path


def import_release(source: Path, *, to: Path, rules_dir: Path, released: str | None, apply: bool) -> Imported:
    """Read the release in ``source`` into ``to`` and hold it against the rules.

    The database is read anew only when the files or the date of the release are others than before. Without ``apply``
    the table in use stays as it is. Raises ``InputInvalid`` for files that are no whole release and a folder that cannot be written, ``ValueSetInvalid`` when
    the tables of the rules are at fault.
    """
    release = release_in(source, released=released)
    rules = load_terminology(rules_dir)
    _make_folder(to)
    _ensure_database(release, to / FILE)
    now, against = _in_use(rules, rules_dir, to)
    try:
        with opened(to / FILE) as database, tempfile.TemporaryDirectory(dir=to) as draft:
            reading = read_release(database, rules)
            write_table(reading, rules, Path(draft))
            then = load_terminology(rules_dir, rxnorm=Path(draft))
            found = review(reading, database, rules=rules, now=now, then=then)
            write_review(found, to / DIFF)
            if apply:
                put_in_place(Path(draft), to)
    except OSError as problem:
        raise InputInvalid(f"{to}: cannot be written: {problem.strerror}") from None
    return Imported(reading=reading, review=found, against=against, applied=apply, folder=to)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise InputInvalid(f"{folder}: {problem.strerror}") from None


def _ensure_database(release: Release, path: Path) -> None:
    if path.is_file():
        try:
            with opened(path) as database:
                if database.is_of(release):
                    return
        except InputInvalid:
            path.unlink()
    build(release, path)


def _in_use(rules: Terminology, rules_dir: Path, folder: Path) -> tuple[Terminology, str]:
    """What the service uses today: the table of the folder, else the shipped tables."""
    if not (folder / PRODUCTS).is_file():
        return rules, "the shipped tables"
    try:
        used = load_terminology(rules_dir, rxnorm=folder)
    except RuleFileInvalid:
        return rules, "the shipped tables (the table in use does not fit the rules any more)"
    return used, f"the table in use, of the release {used.rxnorm_release}"
