"""The small changes of tables: each row of a pair table, and each number or value set in the cells of a look-up table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cds_service.mutation.changes import EMPTY_SET, LOWER, beside, read_setting
from cds_service.ruleset.ruleset import PairRow
from cds_service.ruleset.yaml_file import Place
from cds_service.terminology.csvfile import read_table

_NUMBERS = frozenset({"number", "quantity", "duration"})
_SETS = frozenset({"value-set", "value-sets"})


@dataclass(frozen=True, kw_only=True)
class RowChange:
    """A row of a pair table as changed; None: the row is left out."""

    place: str
    says: str
    new: PairRow | None
    field: Place
    """What of the row is looked at before the change can matter."""


def row_changes(row: PairRow) -> Iterator[RowChange]:
    """Yield every change of a row; its place names card, ordered sets and partner, for rows have no name."""
    partner = ";".join(row.other) or row.if_ or ""
    extra = [text for text in (row.state if row.state != "current" else "", row.if_ or "") if text != partner]
    said = " ".join([f"{row.card} {';'.join(row.draft)} + {partner}", *(f"({e})" for e in extra if e)])
    for column in ("draft", "other"):
        names: tuple[str, ...] = getattr(row, column)
        for at, name in enumerate(names):
            new = _with(row, **{column: (*names[:at], EMPTY_SET, *names[at + 1 :])})
            place, says = f"{said}: {column}", f"{name} emptied"
            yield RowChange(place=place, says=says, new=new, field=(column, at))
    for column in ("ended_within", "within"):
        old = getattr(row, column)
        for length in beside(old, None):
            new = _with(row, **{column: length})
            yield RowChange(place=f"{said}: {column}", says=f"{old} → {length}", new=new, field=(column,))
    if row.unless is not None:
        new, says = _with(row, unless=None), f"{row.unless} left out"
        yield RowChange(place=f"{said}: unless", says=says, new=new, field=("unless",))
    lower = LOWER.get(row.level)
    lowered = _with(row, level=lower) if lower else None
    says = f"{row.level} → {lower or 'silent'}"
    yield RowChange(place=f"{said}: level", says=says, new=lowered, field=("draft", 0))


def _with(row: PairRow, **fields: Any) -> PairRow:
    return replace(row, **fields)


@dataclass(frozen=True, kw_only=True)
class TableChange:
    """All rows of a look-up table, with one cell changed."""

    table: str
    file: str
    line: int
    place: str
    says: str
    rows: tuple[Mapping[str, str], ...]


def table_changes(
    rules_dir: Path, tables: Mapping[str, Sequence[Mapping[str, str]]]
) -> Iterator[TableChange]:
    """Yield every change of the look-up tables, by the types that ``columns.csv`` declares."""
    for folder in sorted(p for p in rules_dir.glob("*/tables") if p.is_dir()):
        declared = read_table(
            folder / "columns.csv", required=("table", "column", "type"), optional=("needed",)
        )
        types = {(row["table"], row["column"]): row["type"] for row in declared.rows}
        for path in sorted(folder.glob("*.csv")):
            if path.stem in tables:
                yield from _cells(path, str(path.relative_to(rules_dir)), types)


def _cells(path: Path, file: str, types: Mapping[tuple[str, str], str]) -> Iterator[TableChange]:
    rows = read_table(path, required=()).rows
    cells = [dict(row.cells) for row in rows]
    for at, row in enumerate(rows):
        for column, text in row.cells.items():
            for new in _other_cells(text, types.get((path.stem, column), "")):
                changed = {**cells[at], column: new}
                yield TableChange(
                    table=path.stem,
                    file=file,
                    line=row.line,
                    place=f"{next(iter(row.cells.values()))}: {column}",
                    says=f"{text} → {new}",
                    rows=(*cells[:at], changed, *cells[at + 1 :]),
                )


def _other_cells(text: str, kind: str) -> list[str]:
    if not text:
        return []
    if kind in _NUMBERS:
        return [str(new) for new in beside(read_setting(float(text) if kind == "number" else text), text)]
    return [EMPTY_SET] if kind in _SETS else []
