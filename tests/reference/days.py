"""Days: which days a FHIR date can be, and how long the durations of the rules are."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

DAY = timedelta(days=1)
Days = tuple[date, ...]
"""Every day that a date can be, earliest first; one day when it is exact."""

_LENGTHS = {"day": 1, "week": 7, "month": 30, "year": 365}


def possible_days(text: str | None) -> Days:
    """Every day that ``2024``, ``2024-05``, ``2024-05-07`` or an instant can be; nothing for no date.

    An instant is the day that its own offset shows: what stands before the ``T``.
    """
    if not text:
        return ()
    parts = [int(part) for part in text.split("T")[0].split("-")]
    if len(parts) == 3:
        return (date(*parts),)
    if len(parts) == 2:
        last = calendar.monthrange(parts[0], parts[1])[1]
        return tuple(date(parts[0], parts[1], day) for day in range(1, last + 1))
    first, last_day = date(parts[0], 1, 1), date(parts[0], 12, 31)
    return tuple(first + timedelta(days=n) for n in range((last_day - first).days + 1))


def length(duration: str) -> int:
    """``28 days``, ``12 weeks``, ``6 months`` in days; as a length a month has 30 days and a year 365."""
    found = re.fullmatch(r"(\d+) (day|week|month|year)s?", duration)
    if found is None:
        raise ValueError(f"no duration: {duration}")
    return int(found[1]) * _LENGTHS[found[2]]


def back(day: date, duration: str) -> date:
    """The day so long before ``day``; as a window months and years go by the calendar."""
    found = re.fullmatch(r"(\d+) (day|week|month|year)s?", duration)
    if found is None:
        raise ValueError(f"no duration: {duration}")
    count, unit = int(found[1]), found[2]
    if unit in ("day", "week"):
        return day - timedelta(days=count * _LENGTHS[unit])
    months = day.year * 12 + day.month - 1 - count * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
