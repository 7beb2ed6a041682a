"""Families of rules and look-up numbers as reviewed CSV tables: pairs become findings of a rule, other tables are read by name.

``rules/shared/tables/README.md`` explains the tables to their reviewers. What a look-up table holds is declared in
``columns.csv`` beside it, so that a new table needs no code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cds_service.errors import Complaint
from cds_service.ruleset.ruleset import PairRow
from cds_service.ruleset.vocabulary import Vocabulary
from cds_service.ruleset.wording import nearest
from cds_service.ruleset.words import Duration, read_duration, read_quantity
from cds_service.terminology.csvfile import Row, Table, read_table

PAIR_TABLES: Mapping[str, Sequence[str]] = {
    "interactions": ("card", "draft", "other", "ended_within", "if", "unless", "level", "say"),
    "contraindications": ("card", "draft", "other", "state", "within", "if", "unless", "level", "say"),
}
"""Tables whose rows are findings of the rules that name them under ``rows``, with their columns."""

_PAIR_OPTIONAL = ("summary", "source", "note")
_LEVELS = ("critical", "warning", "info")
_STATES = ("current", "remission", "ever")
_DECLARATION = "columns"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """All tables: pair rows by table and card id, and the rows of look-up tables by the table's name."""

    pairs: Mapping[tuple[str, str], tuple[PairRow, ...]] = field(default_factory=dict)
    lookups: Mapping[str, tuple[Mapping[str, str], ...]] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    """``file`` of each look-up table, for messages."""

    def rows_of(self, table: str, card: str) -> tuple[PairRow, ...]:
        """Return a card's rows of a pair table, in the order written."""
        return self.pairs.get((table, card), ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One declared column of a look-up table: the type of its cells, and whether each must be filled."""

    name: str
    type: str
    needed: bool
    key: bool


def load_tables(rules_dir: Path, vocabulary: Vocabulary, *, faults: list[Complaint]) -> Tables:
    """Read every ``<folder>/tables/*.csv``; faults are collected. Pair tables of several folders add up."""
    pairs: dict[tuple[str, str], list[PairRow]] = {}
    lookups: dict[str, tuple[Mapping[str, str], ...]] = {}
    places: dict[str, str] = {}
    for folder in sorted(p for p in rules_dir.glob("*/tables") if p.is_dir()):
        declared = _declared(folder, rules_dir, faults)
        for path in sorted(folder.glob("*.csv")):
            name, file = path.stem, str(path.relative_to(rules_dir))
            if name == _DECLARATION:
                continue
            if name in PAIR_TABLES:
                for row in _read_pairs(path, file, faults):
                    pairs.setdefault((name, row.card), []).append(row)
            elif name in places:
                faults.append(_fault(file, 1, f"a table of this name is already in {places[name]}"))
            else:
                places[name] = file
                lookups[name] = _read_lookup(path, file, declared.get(name), vocabulary, faults)
    return Tables(pairs={k: tuple(v) for k, v in pairs.items()}, lookups=lookups, places=places)


def _fault(file: str, line: int, message: str, path: str = "") -> Complaint:
    return Complaint(file=file, line=line, path=path, message=message)


# ---------------------------------------------------------------- pairs


def _read_pairs(path: Path, file: str, faults: list[Complaint]) -> Iterable[PairRow]:
    table = read_table(path, required=PAIR_TABLES[path.stem], optional=_PAIR_OPTIONAL, shown_as=file)
    faults.extend(table.faults)
    rows = []
    seen: dict[PairRow, int] = {}
    levels: dict[PairRow, tuple[str, int]] = {}
    for row in table.rows:
        pair = _pair(row, faults)
        if pair is None:
            continue
        bare = _without(pair, say="", summary=None, level="")
        level, line = levels.setdefault(bare, (pair.level, row.line))
        exact = _without(pair)
        if exact in seen:
            faults.append(row.complaint("", f"says the same as line {seen[exact]}"))
        elif level != pair.level:
            faults.append(row.complaint("level", f"contradicts line {line}: the same pair is {level} there"))
        seen.setdefault(exact, row.line)
        rows.append(pair)
    return rows


def _without(
    pair: PairRow, *, say: str | None = None, summary: str | None = None, level: str | None = None
) -> PairRow:
    """Return the row without its place (and texts, and level), for comparing rows."""
    return PairRow(
        card=pair.card,
        draft=tuple(sorted(pair.draft)),
        other=tuple(sorted(pair.other)),
        level=pair.level if level is None else level,
        say=pair.say if say is None else say,
        summary=summary,
        ended_within=pair.ended_within,
        state=pair.state,
        within=pair.within,
        if_=pair.if_,
        unless=pair.unless,
    )


def _pair(row: Row, faults: list[Complaint]) -> PairRow | None:
    before = len(faults)
    _one_of(row, "level", _LEVELS, faults)
    if not row["card"]:
        faults.append(row.complaint("card", "is empty"))
    if not row.parts("draft"):
        faults.append(
            row.complaint("draft", "is empty: name the value sets of the ordered drug or procedure")
        )
    if not row.parts("other") and not row["if"]:
        faults.append(row.complaint("other", "is empty: name value sets, or a fact under 'if'"))
    if row["state"]:
        _one_of(row, "state", _STATES, faults)
    ended_within, within = (_duration(row, column, faults) for column in ("ended_within", "within"))
    if len(faults) > before:
        return None
    return PairRow(
        card=row["card"],
        draft=row.parts("draft"),
        other=row.parts("other"),
        level=row["level"],
        say=row["say"],
        summary=row["summary"] or None,
        ended_within=ended_within,
        state=row["state"] or "current",
        within=within,
        if_=row["if"] or None,
        unless=row["unless"] or None,
        where=f"{row.file}:{row.line}",
    )


def _one_of(row: Row, column: str, valid: Sequence[str], faults: list[Complaint]) -> None:
    if row[column] not in valid:
        hint = nearest(row[column], valid)
        faults.append(row.complaint(column, f"'{row[column]}' is none of {', '.join(valid)}{hint}"))


def _duration(row: Row, column: str, faults: list[Complaint]) -> Duration | None:
    if not row[column]:
        return None
    try:
        return read_duration(row[column])
    except ValueError as problem:
        faults.append(row.complaint(column, str(problem)))
        return None


# ---------------------------------------------------------------- look-ups


def _declared(folder: Path, rules_dir: Path, faults: list[Complaint]) -> dict[str, tuple[Column, ...]]:
    path = folder / f"{_DECLARATION}.csv"
    if not path.exists():
        return {}
    file = str(path.relative_to(rules_dir))
    table = read_table(path, required=("table", "column", "type", "needed", "key", "says"), shown_as=file)
    faults.extend(table.faults)
    declared: dict[str, list[Column]] = {}
    for row in table.rows:
        if row["type"] not in CELL_TYPES:
            hint = nearest(row["type"], CELL_TYPES)
            faults.append(row.complaint("type", f"'{row['type']}' is none of {', '.join(CELL_TYPES)}{hint}"))
            continue
        if not row["says"]:
            faults.append(row.complaint("says", "is empty: say what the column holds"))
        column = Column(name=row["column"], type=row["type"], needed=row.flag("needed"), key=row.flag("key"))
        declared.setdefault(row["table"], []).append(column)
    return {name: tuple(columns) for name, columns in declared.items()}


def _read_lookup(
    path: Path,
    file: str,
    columns: Sequence[Column] | None,
    vocabulary: Vocabulary,
    faults: list[Complaint],
) -> tuple[Mapping[str, str], ...]:
    if columns is None:
        faults.append(_fault(file, 1, f"its columns are not declared in {_DECLARATION}.csv beside it"))
        return ()
    table = read_table(
        path, required=[c.name for c in columns], optional=("source", "note", "verified"), shown_as=file
    )
    faults.extend(table.faults)
    for row in table.rows:
        for column in columns:
            faults.extend(_cell_faults(row, column, vocabulary))
    faults.extend(_repeated(table, columns))
    return tuple(dict(row.cells) for row in table.rows)


def _cell_faults(row: Row, column: Column, vocabulary: Vocabulary) -> Iterable[Complaint]:
    text = row[column.name]
    if not text:
        if column.needed:
            yield row.complaint(column.name, "is empty")
        return
    fault = CELL_TYPES[column.type](text, vocabulary)
    if fault is not None:
        yield row.complaint(column.name, fault)


def _repeated(table: Table, columns: Sequence[Column]) -> Iterable[Complaint]:
    keys = [c.name for c in columns if c.key]
    seen: dict[tuple[str, ...], int] = {}
    for row in table.rows if keys else ():
        key = tuple(row[name] for name in keys)
        if key in seen:
            yield row.complaint(keys[0], f"has the same {', '.join(keys)} as line {seen[key]}")
        seen.setdefault(key, row.line)


def _text(_text: str, _vocabulary: Vocabulary) -> str | None:
    return None


def _number(text: str, _vocabulary: Vocabulary) -> str | None:
    try:
        float(text)
    except ValueError:
        return f"'{text}' is not a number"
    return None


def _quantity_cell(text: str, vocabulary: Vocabulary) -> str | None:
    try:
        quantity = read_quantity(text)
    except ValueError as problem:
        return str(problem)
    return _unit(quantity.unit, vocabulary)


def _duration_cell(text: str, _vocabulary: Vocabulary) -> str | None:
    try:
        read_duration(text)
    except ValueError as problem:
        return str(problem)
    return None


def _unit(text: str, vocabulary: Vocabulary) -> str | None:
    return None if vocabulary.knows_unit(text) else f"'{text}' is not a unit that can be compared"


def _set(text: str, vocabulary: Vocabulary) -> str | None:
    return vocabulary.unknown_in("value set", [text], vocabulary.sets)


def _sets(text: str, vocabulary: Vocabulary) -> str | None:
    return vocabulary.unknown_in("value set", text.split(";"), vocabulary.sets)


def _ingredient(text: str, vocabulary: Vocabulary) -> str | None:
    return vocabulary.unknown_in("ingredient", [text], vocabulary.ingredients)


def _level(text: str, _vocabulary: Vocabulary) -> str | None:
    return None if text in _LEVELS else f"'{text}' is none of {', '.join(_LEVELS)}"


def _fact(text: str, vocabulary: Vocabulary) -> str | None:
    return vocabulary.unknown_in("shared fact", [text], vocabulary.shared_facts)


CELL_TYPES: Mapping[str, Callable[[str, Vocabulary], str | None]] = {
    "text": _text,
    "number": _number,
    "quantity": _quantity_cell,
    "duration": _duration_cell,
    "unit": _unit,
    "value-set": _set,
    "value-sets": _sets,
    "ingredient": _ingredient,
    "level": _level,
    "fact": _fact,
}
"""Types of the cells of look-up tables; a ``value-sets`` cell names several, separated by semicolons."""
