"""Reads the CSV tables of ``rules/``: every row keeps its line number, so that a fault can be pointed at."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cds_service.errors import Complaint


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table; a cell that is empty or absent reads as the empty string."""

    file: str
    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    def flag(self, column: str) -> bool:
        """Whether a yes/no column says yes."""
        return self.cells.get(column, "") == "yes"

    def parts(self, column: str) -> tuple[str, ...]:
        """The values of a cell that holds a list separated by semicolons."""
        return tuple(part.strip() for part in self[column].split(";") if part.strip())

    def complaint(self, column: str, message: str) -> Complaint:
        """A fault of this row, in the words of its author's file."""
        return Complaint(file=self.file, line=self.line, path=column, message=message)


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one CSV file and the comment lines above its header."""

    file: str
    comments: tuple[str, ...]
    rows: tuple[Row, ...]
    faults: tuple[Complaint, ...]


def read_table(
    path: Path, *, required: Sequence[str], optional: Sequence[str] = (), shown_as: str | None = None
) -> Table:
    """Read a table whose header must hold ``required`` and may hold ``optional`` columns.

    Lines that start with ``#`` are comments. A file that is missing or has another header is a fault, not an
    exception: the caller collects the faults of all files and reports them together.
    """
    file = shown_as or path.name
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as problem:
        reason = problem.strerror or "cannot be read"
        return Table(file, (), (), (Complaint(file=file, line=1, path="", message=reason),))
    except UnicodeDecodeError:
        return Table(file, (), (), (Complaint(file=file, line=1, path="", message="is not UTF-8 text"),))
    lines = text.splitlines()
    comments = tuple(line[1:].strip() for line in _leading_comments(lines))
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line and not line.startswith("#")]
    if not numbered:
        return Table(file, comments, (), (Complaint(file=file, line=1, path="", message="has no header"),))
    header = next(csv.reader([numbered[0][1]]))
    faults = list(_header_faults(file, numbered[0][0], header, required, optional))
    rows: list[Row] = []
    for number, line in numbered[1:]:
        cells = next(csv.reader([line]))
        if len(cells) != len(header):
            message = f"has {len(cells)} cells, the header has {len(header)}"
            faults.append(Complaint(file=file, line=number, path="", message=message))
            continue
        rows.append(Row(file, number, dict(zip(header, cells, strict=True))))
    return Table(file, comments, tuple(rows), tuple(faults))


def _leading_comments(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        if not line.startswith("#"):
            return
        yield line


def _header_faults(
    file: str, line: int, header: Sequence[str], required: Sequence[str], optional: Sequence[str]
) -> Iterable[Complaint]:
    for name in required:
        if name not in header:
            yield Complaint(file=file, line=line, path=name, message="column is missing")
    for name in header:
        if name not in required and name not in optional:
            yield Complaint(file=file, line=line, path=name, message="column is not known")
    if len(set(header)) != len(header):
        yield Complaint(file=file, line=line, path="", message="a column is named twice")
