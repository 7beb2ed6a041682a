"""Whether a course was enough: days in all, and days at the dose, against the first row of the standard that fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from tests.reference.courses import Course
from tests.reference.days import length
from tests.reference.doses import Amount
from tests.reference.files import listed, pathway_file
from tests.reference.therapies import group_of, therapies

Row = Mapping[str, Any]


def rows_for(pathway: str, therapy: str) -> list[Row]:
    """The rows of the standard that speak of a therapy, in order."""
    return [row for row in pathway_file(pathway)["trials"]["adequate"] if _speaks_of(row, pathway, therapy)]


def _speaks_of(row: Row, pathway: str, therapy: str) -> bool:
    if "class" in row and therapies(pathway)[therapy].get("class") not in listed(row["class"]):
        return False
    names = [*listed(row.get("therapy")), *row.get("daily_dose", {})]
    return not names or any(group_of(pathway, name, therapy) for name in names)


def gap_of(pathway: str, therapy: str) -> int:
    """Days that may lie between two uses of one course."""
    gaps = [row["gap"] for row in rows_for(pathway, therapy) if "gap" in row]
    return length(gaps[0] if gaps else pathway_file(pathway)["trials"]["gap_allowed"])


@dataclass(frozen=True)
class Facts:
    """What is assumed, in one world, of facts that the record may leave open; and whether doses are read high."""

    holds: Mapping[str, bool]
    high: bool


@dataclass(frozen=True)
class Held:
    """How a course did against the standard, in one world."""

    adequate: bool
    why: str
    """``too-short`` or ``too-low``; empty when adequate."""
    long_enough: bool
    at_dose: frozenset[date]
    """Days on which the dose was enough."""
    reachable: bool
    """A running course that has not run its time, or holds the dose and only needs more days."""


def held(rows: Sequence[Row], course: Course, therapy: str, facts: Facts) -> Held | None:
    """Hold a course against the first row that fits; None where no row speaks of the therapy."""
    for row in rows:
        if "if" not in row or facts.holds[row["if"]]:
            return _against(row, course, therapy, facts)
    return None


def _against(row: Row, course: Course, therapy: str, facts: Facts) -> Held:
    wanted = row.get("daily_dose", {}).get(therapy)
    reached = {amount: _reaches(amount, wanted, high=facts.high) for amount in set(course.amounts.values())}
    at_dose = frozenset(day for day, amount in course.amounts.items() if reached[amount])
    level = "or_level" in row and facts.holds[row["or_level"]]
    long_enough = course.days >= length(row.get("lasts", "0 days"))
    needed = length(row.get("held", "1 day")) if wanted is not None and not level else 0
    if long_enough and len(at_dose) >= needed:
        return Held(adequate=True, why="", long_enough=True, at_dose=at_dose, reachable=True)
    last = max(course.amounts, default=None)
    still_held = last is not None and last in at_dose
    short = not long_enough or bool(at_dose)
    reachable = not long_enough or still_held
    why = "too-short" if short else "too-low"
    return Held(adequate=False, why=why, long_enough=long_enough, at_dose=at_dose, reachable=reachable)


def _reaches(amount: Amount, wanted: str | None, *, high: bool) -> bool:
    if wanted is None:
        return True
    most = amount.high if high else amount.low
    if wanted == "any-known":
        return high or amount.low > 0
    return most is None or most >= Fraction(wanted.split()[0])
