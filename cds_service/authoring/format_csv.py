"""Writes a table the one way: comments on top, quotes only where they are needed, LF. Rows keep their order.

The order of a value set has a meaning: its first verified code stands for it in cases.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence


def formatted_csv(text: str) -> str:
    """Return the text of a table in its one form."""
    comments, rows = _read(text)
    return _written(comments, rows)


def _read(text: str) -> tuple[list[str], list[list[str]]]:
    lines = text.replace("\r\n", "\n").split("\n")
    comments = [line.rstrip() for line in lines if line.startswith("#")]
    rows = csv.reader(line for line in lines if not line.startswith("#"))
    return comments, [[cell.strip() for cell in row] for row in rows if any(row)]


def _written(comments: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    file = io.StringIO()
    file.writelines(f"{line}\n" for line in comments)
    csv.writer(file, lineterminator="\n").writerows(rows)
    return file.getvalue()
