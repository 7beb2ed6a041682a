"""Was a drug dispensed often enough to say that its trial was adequate? Judged only when dispenses span the trial."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from cds_service.evaluate.judging.place import Place
from cds_service.timeline.course import Course
from cds_service.timeline.events import Order, OrderSource


def too_little_dispensed(course: Course, place: Place) -> bool:
    """True when dispenses span a course and cover a smaller share of its days than the pathway asks for.

    False too where nothing can be said: no dispense, inexact dates, no days of supply, or dispenses of a part of the
    course only.
    """
    wanted = place.trials.adherence
    if wanted is None or course.start is None or not course.start.is_exact:
        return False
    first, last = course.start.first, _last_day(course)
    supplies = [_supply(o) for o in course.orders if o.source is OrderSource.DISPENSE]
    known = sorted(s for s in supplies if s is not None)
    if not known or len(known) < len(supplies) or last is None or last <= first:
        return False
    near = wanted.spans_within.days
    if (known[0][0] - first).days > near or (last - known[-1][0]).days > near:
        return False
    share = _covered(known, first, last) / (last - first).days * 100
    return share < place.limit(wanted.covers_at_least).value


def _last_day(course: Course) -> date | None:
    """Return the last day of an ended course as it was ordered.

    A running course is not judged: a fill that is a few days late would turn an adequate trial inadequate for a while.
    """
    if course.end is None:
        return None
    ordered = [e.end for e in course.extents if e.order.source is not OrderSource.DISPENSE]
    end = max(ordered, key=lambda e: (e.last, e.first), default=course.end)
    return end.first if end.is_exact else None


def _supply(dispense: Order) -> tuple[date, date] | None:
    """Return the days that a dispense covers; None when they are not exactly known."""
    start, days = dispense.start, dispense.supply_days
    if start is None or not start.is_exact or days is None:
        return None
    return start.first, start.first + timedelta(days=int(days.low))


def _covered(supplies: Sequence[tuple[date, date]], first: date, last: date) -> int:
    """Count the days from ``first`` up to ``last`` that any dispense covers."""
    days, reach = 0, first
    for start, end in supplies:
        begin = max(start, reach)
        until = min(end, last)
        if until > begin:
            days += (until - begin).days
            reach = until
    return days


__all__ = ["too_little_dispensed"]
