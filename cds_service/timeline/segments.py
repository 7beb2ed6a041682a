"""The daily dose of a course, stretch by stretch of days.

Partial dates make two readings of a course: the days that are sure, and the days that are possible. Each is laid out here
in the same way; where all dates are exact they agree.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from cds_service.timeline.amounts import Amount, Measure, UnknownAmount
from cds_service.timeline.arithmetic import spanning
from cds_service.timeline.events import DosePart, Order, OrderSource
from cds_service.timeline.extents import Extent

NOT_RECORDED = UnknownAmount("dose is not recorded", "dose")


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseSegment:
    """Days with one daily dose: from ``first`` up to, not including, ``until``.

    ``gap`` marks days between two supplies that count as covered.
    """

    first: date
    until: date
    dose: Measure
    gap: bool = False

    @property
    def days(self) -> int:
        """How many days it lasts."""
        return (self.until - self.first).days


@dataclass(frozen=True, slots=True)
class _Stretch:
    first: int
    until: int
    dose: Measure
    source: OrderSource


def segments_of(
    extents: Sequence[Extent], ingredient: str, *, gap_allowed: int, sure: bool
) -> tuple[DoseSegment, ...]:
    """Lay out the doses of a course's orders; gaps of at most ``gap_allowed`` days count as covered.

    ``sure`` lays out the days that are certain, else all that are possible. Orders at the same time give at least the
    largest of their doses and at most their sum; requests, statements and dispenses of the same days tell of one use, so
    they are never added to each other.
    """
    runs = [run for e in extents if (run := _stretches(e, ingredient, sure=sure))]
    runs.sort(key=lambda run: (run[0].first, run[-1].until))
    found: list[DoseSegment] = []
    for group in _overlapping(runs):
        found += _bridge(found, group, gap_allowed)
        found += _combined(group)
    return tuple(s for s in found if s.days > 0)


def _stretches(extent: Extent, ingredient: str, *, sure: bool) -> list[_Stretch]:
    start = (extent.start.last if sure else extent.start.first).toordinal()
    until = max(start, (extent.covered.first if sure else extent.covered.last).toordinal())
    laid = list(_phases(extent.order, ingredient, start, until))
    return [_Stretch(a, b, dose, extent.order.source) for a, b, dose in laid]


def _phases(order: Order, ingredient: str, start: int, until: int) -> Iterable[tuple[int, int, Measure]]:
    """Yield from day, up to day and dose of each phase; where one phase passes into the next is blurred if its length is."""
    doses = [_dose_of(part, ingredient) for part in order.doses] or [NOT_RECORDED]
    day = start
    for index, dose in enumerate(doses[:-1]):
        lasts = order.doses[index].lasts_days
        if lasts is None or lasts.high is None:
            yield day, until, spanning(doses[index:])
            return
        sure, most = min(until, day + int(lasts.low)), min(until, day + int(lasts.high))
        yield day, sure, dose
        if most > sure:
            yield sure, most, spanning(doses[index : index + 2])
        day = most
    yield day, until, doses[-1]


def _dose_of(part: DosePart, ingredient: str) -> Measure:
    return part.daily.get(ingredient, NOT_RECORDED)


def _overlapping(runs: Sequence[list[_Stretch]]) -> Iterable[list[_Stretch]]:
    """Yield stretches of orders that touch or overlap, group by group, in order of days."""
    group: list[_Stretch] = []
    reach = 0
    for run in runs:
        if group and run[0].first > reach:
            yield group
            group = []
        reach = max(reach, run[-1].until) if group else run[-1].until
        group += run
    if group:
        yield group


def _bridge(before: Sequence[DoseSegment], group: Sequence[_Stretch], gap_allowed: int) -> list[DoseSegment]:
    """Return the covered gap between what is laid out so far and the next group, if there is one."""
    if not before:
        return []
    first = min(s.first for s in group)
    last = before[-1]
    length = first - last.until.toordinal()
    if length > max(gap_allowed, 1):
        return []
    dose = spanning([last.dose, _combine([s for s in group if s.first == first])])
    return [DoseSegment(first=last.until, until=date.fromordinal(first), dose=dose, gap=length > 1)]


def _combined(group: Sequence[_Stretch]) -> list[DoseSegment]:
    days = sorted({s.first for s in group} | {s.until for s in group})
    if len(days) == 1:
        only = date.fromordinal(days[0])
        return [DoseSegment(first=only, until=only, dose=_combine(group))]
    starting: dict[int, list[_Stretch]] = {}
    for stretch in group:
        if stretch.until > stretch.first:
            starting.setdefault(stretch.first, []).append(stretch)
    found: list[DoseSegment] = []
    running: list[_Stretch] = []
    for day, following in itertools.pairwise(days):
        running = [s for s in running if s.until > day] + starting.get(day, [])
        segment = DoseSegment(
            first=date.fromordinal(day), until=date.fromordinal(following), dose=_combine(running)
        )
        if found and found[-1].dose == segment.dose:
            found[-1] = replace(found[-1], until=segment.until)
        else:
            found.append(segment)
    return found


def _combine(stretches: Sequence[_Stretch]) -> Measure:
    """Return the dose of orders at the same time; a source that tells no dose is silent when another tells one."""
    by_source: dict[OrderSource, list[Measure]] = {}
    for stretch in stretches:
        by_source.setdefault(stretch.source, []).append(stretch.dose)
    told = [_of_one_source(doses) for doses in by_source.values()]
    known = [dose for dose in told if isinstance(dose, Amount)]
    if not known:
        return told[0] if told else NOT_RECORDED
    if len({dose.unit for dose in known}) > 1:
        return UnknownAmount("recorded in different units", "dose")
    high = None if any(dose.high is None for dose in known) else max(dose.high or 0.0 for dose in known)
    return Amount(max(dose.low for dose in known), high, known[0].unit)


def _of_one_source(doses: Sequence[Measure]) -> Measure:
    known = [dose for dose in doses if isinstance(dose, Amount)]
    if not known:
        return doses[0]
    if len({dose.unit for dose in known}) > 1:
        return UnknownAmount("recorded in different units", "dose")
    bounded = len(known) == len(doses) and all(dose.high is not None for dose in known)
    high = round(sum(dose.high or 0.0 for dose in known), 6) if bounded else None
    return Amount(max(dose.low for dose in known), high, known[0].unit)
