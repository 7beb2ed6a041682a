"""The local database of an RxNorm release: concepts, what they consist of, strengths, National Drug Codes, merged codes.

A SQLite file that is written beside its place and moved there when it is whole; it is only read afterwards.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cds_service.errors import InputInvalid
from cds_service.rxnorm.release import Release
from cds_service.rxnorm.rrf import ARCHIVE, CONSO, REL, SAT, rows

FILE = "rxnorm.sqlite3"
_VERSION = "1"

TERM_TYPES = frozenset(
    [
        "IN",
        "PIN",
        "MIN",
        "BN",
        "DF",
        "SCD",
        "SBD",
        "SCDC",
        "SBDC",
        "SCDF",
        "SBDF",
        "SCDG",
        "SBDG",
        "GPCK",
        "BPCK",
    ]
)
"""Term types that are kept (RxNorm Technical Documentation, appendix 5)."""

_KINDS: Mapping[str, tuple[str, bool]] = {
    "consists_of": ("consists_of", False),
    "constitutes": ("consists_of", True),
    "has_ingredient": ("has_ingredient", False),
    "ingredient_of": ("has_ingredient", True),
    "has_ingredients": ("has_ingredients", False),
    "ingredients_of": ("has_ingredients", True),
    "has_precise_ingredient": ("has_precise_ingredient", False),
    "precise_ingredient_of": ("has_precise_ingredient", True),
    "has_dose_form": ("has_dose_form", False),
    "dose_form_of": ("has_dose_form", True),
    "tradename_of": ("tradename_of", False),
    "has_tradename": ("tradename_of", True),
    "contains": ("contains", False),
    "contained_in": ("contains", True),
    "has_part": ("has_part", False),
    "part_of": ("has_part", True),
    "form_of": ("form_of", False),
    "has_form": ("form_of", True),
}
"""Relationship attributes that are kept: the name used here, and whether the two concepts change places for it."""

_ATTRIBUTES = frozenset({"RXN_STRENGTH", "RXN_QUANTITY"})

STATES: Mapping[str, int] = {"N": 0, "E": 1, "Y": 2, "O": 3}
"""SUPPRESS of a concept, the best first: in use, unquantified form, suppressed by editors, obsolete."""

_MOST_LOOSE = 0.01
"""Share of products in use that may lack components; a whole release has none."""

_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE concept (rxcui TEXT PRIMARY KEY, tty TEXT NOT NULL, name TEXT NOT NULL, suppress TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE relation (
    subject TEXT NOT NULL, kind TEXT NOT NULL, object TEXT NOT NULL, PRIMARY KEY (subject, kind, object)
) WITHOUT ROWID;
CREATE TABLE attribute (
    rxcui TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (rxcui, name, value)
) WITHOUT ROWID;
CREATE TABLE ndc (ndc TEXT NOT NULL, rxcui TEXT NOT NULL, PRIMARY KEY (ndc, rxcui)) WITHOUT ROWID;
CREATE TABLE merged (old TEXT NOT NULL, new TEXT NOT NULL, PRIMARY KEY (old, new)) WITHOUT ROWID;
"""
_INDEX = "CREATE INDEX relation_object ON relation (object, kind);"


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """One concept of RxNorm; ``suppress`` is a key of ``STATES``."""

    rxcui: str
    tty: str
    name: str
    suppress: str


def build(release: Release, path: Path) -> None:
    """Read a release into the database at ``path``; what was there stays until the new one is whole.

    Raises ``InputInvalid`` with file and line for files that are cut off or are something else, and when it cannot be
    written.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        with closing(sqlite3.connect(part, isolation_level=None)) as db:
            db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _SCHEMA)
            db.execute("BEGIN")
            _fill(db, release)
            db.execute("COMMIT")
            db.executescript(_INDEX)
        part.replace(path)
    except (OSError, sqlite3.OperationalError) as problem:
        raise InputInvalid(f"{path}: cannot be written: {problem}") from None
    finally:
        if part.is_file():
            part.unlink()


def _fill(db: sqlite3.Connection, release: Release) -> None:
    known = _concepts(release.files[CONSO.name])
    if not known:
        raise InputInvalid(f"{CONSO.name}: holds no concept of RxNorm itself")
    db.executemany(
        "INSERT INTO concept VALUES (?, ?, ?, ?)",
        ((c.rxcui, c.tty, c.name, c.suppress) for c in known.values()),
    )
    db.executemany("INSERT OR IGNORE INTO relation VALUES (?, ?, ?)", _relations(release, known))
    if db.execute("SELECT 1 FROM relation LIMIT 1").fetchone() is None:
        raise InputInvalid(f"{REL.name}: holds no relationship between concepts of {CONSO.name}")
    _ensure_whole(db)
    for row in rows(release.files[SAT.name], SAT):
        _attribute(db, row, known)
    if ARCHIVE.name in release.files:
        db.executemany("INSERT OR IGNORE INTO merged VALUES (?, ?)", _merged(release))
    db.executemany("INSERT INTO meta VALUES (?, ?)", _meta(release).items())


def _ensure_whole(db: sqlite3.Connection) -> None:
    """A product in use always has components: without them the relationships are cut off."""
    of_products = "FROM concept c WHERE c.tty IN ('SCD', 'SBD') AND c.suppress = 'N'"
    tied = "EXISTS (SELECT 1 FROM relation r WHERE r.subject = c.rxcui AND r.kind != 'has_dose_form')"
    total = db.execute(f"SELECT count(*) {of_products}").fetchone()[0]
    loose = db.execute(f"SELECT count(*) {of_products} AND NOT {tied}").fetchone()[0]
    if loose > total * _MOST_LOOSE:
        raise InputInvalid(
            f"{REL.name}: {loose} of {total} products in use have no components: the file is cut off"
        )


def _concepts(path: Path) -> dict[str, Concept]:
    """The concepts by code; of several atoms of one concept the one that is most in use."""
    found: dict[str, Concept] = {}
    for row in rows(path, CONSO):
        if row["TTY"] not in TERM_TYPES or row["SUPPRESS"] not in STATES:
            continue
        concept = Concept(rxcui=row["RXCUI"], tty=row["TTY"], name=row["STR"], suppress=row["SUPPRESS"])
        old = found.get(concept.rxcui)
        if old is None or STATES[concept.suppress] < STATES[old.suppress]:
            found[concept.rxcui] = concept
    return found


def _relations(release: Release, known: Mapping[str, Concept]) -> Iterator[tuple[str, str, str]]:
    """Subject, kind, object. A row of RXNREL says that its *second* concept stands in RELA to its first one."""
    for row in rows(release.files[REL.name], REL):
        kind = _KINDS.get(row["RELA"])
        if kind is None or row["RXCUI1"] not in known or row["RXCUI2"] not in known:
            continue
        name, turned = kind
        subject, target = row["RXCUI2"], row["RXCUI1"]
        yield (target, name, subject) if turned else (subject, name, target)


def _attribute(db: sqlite3.Connection, row: Mapping[str, str], known: Mapping[str, Concept]) -> None:
    if row["RXCUI"] not in known or not row["ATV"]:
        return
    if row["ATN"] == "NDC":
        db.execute("INSERT OR IGNORE INTO ndc VALUES (?, ?)", (row["ATV"], row["RXCUI"]))
    elif row["ATN"] in _ATTRIBUTES:
        db.execute("INSERT OR IGNORE INTO attribute VALUES (?, ?, ?)", (row["RXCUI"], row["ATN"], row["ATV"]))


def _merged(release: Release) -> Iterator[tuple[str, str]]:
    for row in rows(release.files[ARCHIVE.name], ARCHIVE):
        if row["MERGED_TO_RXCUI"] and row["MERGED_TO_RXCUI"] != row["RXCUI"]:
            yield row["RXCUI"], row["MERGED_TO_RXCUI"]


def _meta(release: Release) -> dict[str, str]:
    return {"version": _VERSION, "released": release.released, "files": release.fingerprint}


class Database:
    """Read-only questions to a release."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    @property
    def released(self) -> str:
        """The date of the release."""
        return self._meta("released")

    def is_of(self, release: Release) -> bool:
        """Whether it was read from these very files, under this date."""
        return all(self._meta(name) == value for name, value in _meta(release).items())

    def concept(self, rxcui: str) -> Concept | None:
        """Return a concept; None when the release does not have it."""
        row = self._db.execute(
            "SELECT rxcui, tty, name, suppress FROM concept WHERE rxcui = ?", (rxcui,)
        ).fetchone()
        return _concept(row) if row is not None else None

    def concepts(self) -> Iterator[Concept]:
        """Yield every concept in order of its code."""
        for row in self._db.execute(
            "SELECT rxcui, tty, name, suppress FROM concept ORDER BY length(rxcui), rxcui"
        ):
            yield _concept(row)

    def objects(self, rxcui: str, *kinds: str) -> tuple[str, ...]:
        """Return what a concept consists of, has as dose form and so on, by any of these kinds."""
        found: list[str] = []
        for kind in kinds:
            found += (
                row[0]
                for row in self._db.execute(
                    "SELECT object FROM relation WHERE subject = ? AND kind = ? ORDER BY object",
                    (rxcui, kind),
                )
            )
        return tuple(dict.fromkeys(found))

    def is_tied(self, rxcui: str) -> bool:
        """Whether the release says what a concept is made of."""
        query = "SELECT 1 FROM relation WHERE subject = ? AND kind != 'has_dose_form' LIMIT 1"
        return self._db.execute(query, (rxcui,)).fetchone() is not None

    def built_on(self, rxcuis: Iterable[str]) -> frozenset[str]:
        """Return all concepts that are made of these, at any distance: salts, components, products, brands, packs."""
        open_, done = list(rxcuis), set(rxcuis)
        while open_:
            for (subject,) in self._db.execute(
                "SELECT subject FROM relation WHERE object = ? AND kind != 'has_dose_form'", (open_.pop(),)
            ):
                if subject not in done:
                    done.add(subject)
                    open_.append(subject)
        return frozenset(done)

    def attributes(self, rxcui: str, name: str) -> tuple[str, ...]:
        """Return the values of an attribute, in order."""
        query = "SELECT value FROM attribute WHERE rxcui = ? AND name = ? ORDER BY value"
        return tuple(row[0] for row in self._db.execute(query, (rxcui, name)))

    def ndc(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield every National Drug Code with the products that carry it."""
        query = "SELECT ndc, group_concat(rxcui) FROM (SELECT * FROM ndc ORDER BY ndc, rxcui) GROUP BY ndc ORDER BY ndc"
        for code, products in self._db.execute(query):
            yield code, tuple(products.split(","))

    def former(self) -> Iterator[str]:
        """Yield the codes that were merged into others, in order."""
        for (old,) in self._db.execute("SELECT DISTINCT old FROM merged ORDER BY length(old), old"):
            yield old

    def merged_into(self, rxcui: str) -> tuple[str, ...]:
        """Return the codes into which a former code was merged, followed to codes that the release has."""
        found: list[str] = []
        open_, seen = [rxcui], {rxcui}
        while open_:
            for (new,) in self._db.execute(
                "SELECT new FROM merged WHERE old = ? ORDER BY new", (open_.pop(),)
            ):
                if new in seen:
                    continue
                seen.add(new)
                (found if self.concept(new) is not None else open_).append(new)
        return tuple(sorted(found))

    def _meta(self, name: str) -> str:
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row is not None else ""


def _concept(row: tuple[str, str, str, str]) -> Concept:
    return Concept(rxcui=row[0], tty=row[1], name=row[2], suppress=row[3])


@contextmanager
def opened(path: Path) -> Iterator[Database]:
    """Open a database for reading. Raises ``InputInvalid`` when there is none, or the file is something else."""
    if not path.is_file():
        raise InputInvalid(f"{path}: no such file: run cds-service terminology import-rxnorm first")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            db.execute("SELECT 1 FROM meta").fetchone()
            yield Database(db)
    except sqlite3.DatabaseError:
        raise InputInvalid(f"{path}: is no database of an RxNorm release") from None
