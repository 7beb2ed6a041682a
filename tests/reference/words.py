"""What sentences say: a look-up of whole sentences, for the few that the generator writes."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent


def _table(name: str) -> list[dict[str, str]]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


@cache
def sentences() -> Mapping[str, str]:
    """Sentence to category; an empty one says nothing of the trial that it stands with."""
    return {row["text"]: row["says"] for row in _table("sentences.csv")}


@cache
def conclusions() -> Mapping[str, tuple[str, str]]:
    """Conclusion of a report to the finding that it says, and the one that it denies."""
    return {row["text"]: (row["says"], row["denies"]) for row in _table("report_sentences.csv")}


def meaning(text: str) -> str:
    """The category of a sentence. Raises ``KeyError`` for one that is not in the table."""
    return sentences()[text]
