"""FHIR dates as spans of days: a partial date is every day that it can be.

``2024`` is the span 2024-01-01 to 2024-12-31 (https://hl7.org/fhir/R4/datatypes.html#date). A time with an offset is
the calendar day in the offset that was recorded.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T.*)?)?)?\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class DateSpan:
    """All days that a recorded date can be, both ends included."""

    first: date
    last: date

    @classmethod
    def of(cls, day: date) -> DateSpan:
        """Return the span of exactly one day."""
        return cls(day, day)

    @property
    def is_exact(self) -> bool:
        """True when only one day is possible."""
        return self.first == self.last

    def plus(self, days: int) -> DateSpan:
        """Return the span moved by whole days."""
        return DateSpan(self.first + timedelta(days=days), self.last + timedelta(days=days))

    def __str__(self) -> str:
        if self.is_exact:
            return self.first.isoformat()
        if self.first.year != self.last.year:
            return f"{self.first.isoformat()}..{self.last.isoformat()}"
        if (self.first.month, self.last.month) == (1, 12):
            return f"{self.first.year:04d}"
        return f"{self.first.year:04d}-{self.first.month:02d}"


def parse_span(text: str | None) -> DateSpan | None:
    """Read a FHIR date, dateTime or instant; ``None`` when absent or not a date."""
    if not text:
        return None
    match = _DATE.match(text)
    if match is None:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        if year is None or year < 1:
            return None
        if month is None:
            return DateSpan(date(year, 1, 1), date(year, 12, 31))
        if day is None:
            return DateSpan(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]))
        return DateSpan.of(date(year, month, day))
    except (ValueError, calendar.IllegalMonthError):
        return None


def days_between(start: DateSpan, end: DateSpan) -> tuple[int, int]:
    """Return the fewest and the most whole days from ``start`` to ``end`` (never below zero)."""
    fewest = max(0, (end.first - start.last).days)
    most = max(0, (end.last - start.first).days)
    return fewest, most
