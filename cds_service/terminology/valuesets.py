"""Value sets as written: one CSV a set, its rows checked and its references to other sets resolved in order.

Membership itself is worked out by ``index``; this module only says what each set asks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from cds_service.errors import Complaint
from cds_service.terminology.csvfile import Row, read_table
from cds_service.terminology.drugs import VERIFIED, DrugTable
from cds_service.terminology.formats import code_fault, family_fault
from cds_service.terminology.systems import SystemTable

VALUESET, INGREDIENT, CLASS = "VALUESET", "INGREDIENT", "CLASS"
_REFERENCES = (VALUESET, INGREDIENT, CLASS)
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_REQUIRED = ("system", "code", "label", "match", "verified", "source", "note")
_OPTIONAL = ("exclude", "weak", "needs_reason", "competing", "needs_words", "unless_words")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What else must hold before a code or name means its set.

    ``reason``: a value set that must hold a reason of the resource; a resource without any reason counts when
    ``competing`` is named and the patient has no condition of that set. ``words``: one of these must stand in the
    text; ``unless_words``: none of these may. A word that starts with ``@`` is a list of the findings file.
    """

    reason: str | None = None
    competing: str | None = None
    words: tuple[str, ...] = ()
    unless_words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRow:
    """One code or family of a set; ``code`` is in the form that is compared."""

    system: str
    code: str
    label: str
    family: bool
    exclude: bool
    weak: bool
    verified: str
    context: Context | None
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueSet:
    """One set: its meaning in a sentence, its own rows, and what it takes in or leaves out by reference."""

    name: str
    meaning: str
    file: str
    codes: tuple[CodeRow, ...]
    includes: tuple[str, ...]
    excludes: tuple[str, ...]
    ingredients: frozenset[str]
    weak_ingredients: frozenset[str]
    without_ingredients: frozenset[str]


@dataclass(frozen=True, slots=True)
class ValueSets:
    """All sets by name, and their names in an order in which every set comes after those it refers to."""

    by_name: Mapping[str, ValueSet]
    order: tuple[str, ...]


def load_value_sets(
    folder: Path, systems: SystemTable, drugs: DrugTable, *, faults: list[Complaint]
) -> ValueSets:
    """Read every CSV of a folder; faults of all files are collected, none stops the others."""
    sets: dict[str, ValueSet] = {}
    rows_of: dict[str, tuple[Row, ...]] = {}
    for path in sorted(folder.glob("*.csv")):
        loaded, rows = _load_set(path, systems, drugs, faults)
        sets[path.stem] = loaded
        rows_of[path.stem] = rows
    if not sets:
        faults.append(Complaint(file=folder.name, line=1, path="", message="has no value sets"))
    for name, rows in rows_of.items():
        _check_references(name, rows, sets, faults)
    _check_verified(rows_of, systems, faults)
    return ValueSets(MappingProxyType(sets), _in_order(sets, faults))


def _load_set(
    path: Path, systems: SystemTable, drugs: DrugTable, faults: list[Complaint]
) -> tuple[ValueSet, tuple[Row, ...]]:
    file = f"valuesets/{path.name}"
    table = read_table(path, required=_REQUIRED, optional=_OPTIONAL, shown_as=file)
    faults.extend(table.faults)
    if not _NAME.fullmatch(path.stem):
        message = "the name of a set is lower-case words joined by hyphens"
        faults.append(Complaint(file=file, line=1, path="", message=message))
    if len(table.comments) != 1 or not table.comments[0].endswith("."):
        message = "the first line is a comment with one sentence that says what the set is"
        faults.append(Complaint(file=file, line=1, path="", message=message))
    if path.stem in drugs.ingredients:
        message = "an ingredient has this name and is a set of its own"
        faults.append(Complaint(file=file, line=1, path="", message=message))
    _check_duplicates(table.rows, systems, faults)
    good = [row for row in table.rows if _row_is_good(row, systems, drugs, faults)]
    return _build(path.stem, file, table.comments, good, systems, drugs), table.rows


def _build(
    name: str,
    file: str,
    comments: Sequence[str],
    rows: Sequence[Row],
    systems: SystemTable,
    drugs: DrugTable,
) -> ValueSet:
    def named(kind: str, *, exclude: bool, weak: bool | None = None) -> frozenset[str]:
        chosen = [
            row
            for row in rows
            if row["system"] == kind
            and row.flag("exclude") is exclude
            and (weak is None or row.flag("weak") is weak)
        ]
        return frozenset(row["code"] for row in chosen)

    def drug_names(*, exclude: bool, weak: bool | None = None) -> frozenset[str]:
        names = set(named(INGREDIENT, exclude=exclude, weak=weak))
        for class_name in named(CLASS, exclude=exclude, weak=weak):
            names |= drugs.of_class(class_name)
        return frozenset(names)

    return ValueSet(
        name=name,
        meaning=comments[0] if comments else "",
        file=file,
        codes=tuple(_code_row(row, systems) for row in rows if row["system"] not in _REFERENCES),
        includes=tuple(sorted(named(VALUESET, exclude=False))),
        excludes=tuple(sorted(named(VALUESET, exclude=True))),
        ingredients=drug_names(exclude=False, weak=False),
        weak_ingredients=drug_names(exclude=False, weak=True),
        without_ingredients=drug_names(exclude=True),
    )


def _code_row(row: Row, systems: SystemTable) -> CodeRow:
    return CodeRow(
        system=row["system"],
        code=systems.same_code(row["system"], row["code"]),
        label=row["label"],
        family=row["match"] == "family",
        exclude=row.flag("exclude"),
        weak=row.flag("weak"),
        verified=row["verified"],
        context=_context(row),
        line=row.line,
    )


def _context(row: Row) -> Context | None:
    words, unless = _words(row["needs_words"]), _words(row["unless_words"])
    reason, competing = row["needs_reason"] or None, row["competing"] or None
    if not (words or unless or reason or competing):
        return None
    return Context(reason=reason, competing=competing, words=words, unless_words=unless)


def _words(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split("|") if part.strip())


def _row_is_good(row: Row, systems: SystemTable, drugs: DrugTable, faults: list[Complaint]) -> bool:
    before = len(faults)
    kind, code = row["system"], row["code"]
    for column in ("exclude", "weak"):
        if row[column] not in ("", "yes"):
            faults.append(row.complaint(column, f"{row[column]!r} is not yes or empty"))
    if row["match"] not in ("exact", "family"):
        faults.append(row.complaint("match", f"{row['match']!r} is not exact or family"))
    if row["competing"] and not row["needs_reason"]:
        faults.append(row.complaint("competing", "says nothing without needs_reason"))
    if kind == INGREDIENT and code not in drugs.ingredients:
        faults.append(row.complaint("code", f"{code} is not a known ingredient"))
    elif kind == CLASS and code not in drugs.classes:
        faults.append(row.complaint("code", f"{code} is not a class of any ingredient"))
    elif kind not in _REFERENCES:
        faults.extend(_code_faults(row, systems))
    return len(faults) == before


def _code_faults(row: Row, systems: SystemTable) -> Iterable[Complaint]:
    system = systems.by_key.get(row["system"])
    if system is None:
        yield row.complaint("system", f"{row['system']} is not a known code system")
        return
    check = family_fault if row["match"] == "family" else code_fault
    fault = check(system.format, row["code"])
    if fault is not None:
        yield row.complaint("code", f"{row['code']} {fault}")
    if row["verified"] not in VERIFIED:
        yield row.complaint("verified", f"{row['verified']!r} is not one of {', '.join(VERIFIED)}")
    if not row["label"] and not row.flag("exclude"):
        yield row.complaint("label", "a code needs a label in our own words")
    if not row["source"]:
        yield row.complaint("source", "a code needs its source")


def _check_duplicates(rows: Sequence[Row], systems: SystemTable, faults: list[Complaint]) -> None:
    seen: dict[tuple[str, str, str], int] = {}
    for row in rows:
        known = row["system"] in systems.by_key
        code = systems.same_code(row["system"], row["code"]) if known else row["code"]
        key = (row["system"], code, row["match"])
        if key in seen:
            faults.append(row.complaint("code", f"{row['code']} is already in line {seen[key]}"))
        seen.setdefault(key, row.line)


def _check_references(
    name: str, rows: Sequence[Row], sets: Mapping[str, ValueSet], faults: list[Complaint]
) -> None:
    for row in rows:
        columns = ["needs_reason", "competing"]
        if row["system"] == VALUESET:
            columns.append("code")
        for column in columns:
            if row[column] and row[column] not in sets:
                faults.append(row.complaint(column, f"{row[column]} is not a known value set"))
        if row["system"] == VALUESET and row["code"] == name:
            faults.append(row.complaint("code", "a set cannot refer to itself"))


def _check_verified(
    rows_of: Mapping[str, Sequence[Row]], systems: SystemTable, faults: list[Complaint]
) -> None:
    """One code has one state of verification, wherever it stands."""
    state: dict[tuple[str, str, str], tuple[str, str]] = {}
    for row in (row for rows in rows_of.values() for row in rows):
        if row["system"] not in systems.by_key or row.flag("exclude"):
            continue
        key = (row["system"], systems.same_code(row["system"], row["code"]), row["match"])
        verified, where = state.setdefault(key, (row["verified"], f"{row.file}:{row.line}"))
        if verified != row["verified"]:
            faults.append(row.complaint("verified", f"{row['code']} is {verified!r} in {where}"))


def _in_order(sets: Mapping[str, ValueSet], faults: list[Complaint]) -> tuple[str, ...]:
    order: list[str] = []
    done: set[str] = set()
    open_path: list[str] = []

    def visit(name: str) -> None:
        if name in done or name not in sets:
            return
        if name in open_path:
            circle = " > ".join([*open_path[open_path.index(name) :], name])
            faults.append(Complaint(file=sets[name].file, line=1, path="", message=f"circle: {circle}"))
            return
        open_path.append(name)
        for other in (*sets[name].includes, *sets[name].excludes):
            visit(other)
        open_path.pop()
        done.add(name)
        order.append(name)

    for name in sorted(sets):
        visit(name)
    return tuple(order)
