"""Small questions about a course: its dose today, the days at a dose, whether the dose was raised late, who tells of its end."""

from __future__ import annotations

from datetime import date

from cds_service.ruleset.words import Quantity
from cds_service.timeline.amounts import Amount, Measure
from cds_service.timeline.course import Course
from cds_service.timeline.units import convert


def amount(limit: Quantity) -> Amount:
    """Return a limit of the rules as an amount."""
    return Amount.exactly(limit.value, limit.unit)


def same_unit(dose: Measure | None, limit: Quantity) -> Amount | None:
    """Return a dose in the unit of a limit; None when it is unknown or cannot be compared."""
    return convert(dose, limit.unit) if isinstance(dose, Amount) else None


def dose_now(course: Course) -> Measure:
    """Return the daily dose of the last days that are sure; of a course that began today, the dose that was ordered.

    Of a course on hold the dose that is paused, though none of its days is sure.
    """
    sure = () if course.state == "on-hold" else course.segments
    segments = sure or course.possible_segments
    return segments[-1].dose if segments else course.highest_sustained


def spans_at(course: Course, limit: Quantity | None, *, known: bool) -> tuple[tuple[date, date], ...]:
    """Return the days that are sure to be at the limit or above, both ends included.

    Without a limit: all days, or (``known``) those whose dose is recorded, and not as needed only.
    """
    found = []
    for segment in course.segments:
        if limit is not None:
            dose = same_unit(segment.dose, limit)
            enough = dose is not None and dose.low >= limit.value
        else:
            enough = not known or (isinstance(segment.dose, Amount) and segment.dose.low > 0)
        if enough:
            found.append((segment.first, segment.until))
    return tuple(found)


def raised_after(course: Course, days: int) -> bool:
    """True when the daily dose surely rose, not earlier than ``days`` after the start."""
    if course.start is None:
        return False
    before: Amount | None = None
    for segment in course.segments:
        if not isinstance(segment.dose, Amount) or segment.gap:
            continue
        late = (segment.first - course.start.last).days >= days
        if late and before is not None and before.high is not None and segment.dose.low > before.high:
            return True
        before = segment.dose
    return False


__all__ = ["amount", "dose_now", "raised_after", "same_unit", "spans_at"]
