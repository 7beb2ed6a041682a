"""One course of one ingredient: its days, its dose by days, how it stands and what its end says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from cds_service.timeline.amounts import Amount, Measure, UnknownAmount
from cds_service.timeline.arithmetic import spanning
from cds_service.timeline.dates import DateSpan
from cds_service.timeline.events import Concept, Order
from cds_service.timeline.extents import Extent
from cds_service.timeline.segments import NOT_RECORDED, DoseSegment, segments_of
from cds_service.timeline.units import convert


@dataclass(frozen=True, kw_only=True)
class Course:
    """One course of one ingredient.

    ``state``: ``ongoing`` (a status, not a length), ``on-hold``, ``ended``, ``lapsed`` (an active order whose supply ended
    long ago: it ended with its supply, inferred) or ``end-unknown``. ``start`` is None for undated history, ``end`` None
    while it goes on and when nobody recorded it; ``end_basis`` says whether the end is ``recorded`` or follows from the
    ``supply``. ``days`` are those that count towards a trial, covered gaps included.
    """

    ingredient: str
    orders: tuple[Order, ...]
    start: DateSpan | None
    end: DateSpan | None
    end_basis: str | None
    state: str
    days: Measure
    stop_reasons: tuple[Concept, ...] = ()
    stop_texts: tuple[str, ...] = ()
    gap_allowed: int = 0
    extents: tuple[Extent, ...] = field(default=(), repr=False)

    @property
    def references(self) -> tuple[str, ...]:
        """The orders as ``Type/id``, by date."""
        return tuple(order.reference for order in self.orders)

    @cached_property
    def segments(self) -> tuple[DoseSegment, ...]:
        """The days that are sure, with their daily dose."""
        return segments_of(self.extents, self.ingredient, gap_allowed=self.gap_allowed, sure=True)

    @cached_property
    def possible_segments(self) -> tuple[DoseSegment, ...]:
        """All days that are possible, with their daily dose; the same as ``segments`` where all dates are exact."""
        return segments_of(self.extents, self.ingredient, gap_allowed=self.gap_allowed, sure=False)

    @cached_property
    def highest_sustained(self) -> Measure:
        """The highest daily dose of the course; of a taper that is its highest phase.

        As-needed orders start at zero. Known beside unknown stretches leave the top open.
        """
        possible = [segment.dose for segment in self.possible_segments] or list(self._undated_doses())
        known = [dose for dose in possible if isinstance(dose, Amount)]
        if not known:
            return possible[0] if possible else NOT_RECORDED
        if len({dose.unit for dose in known}) > 1:
            return UnknownAmount("recorded in different units", "dose")
        sure = [s.dose.low for s in self.segments if isinstance(s.dose, Amount)]
        open_top = len(known) < len(possible) or any(dose.high is None for dose in known)
        high = None if open_top else max(dose.high or 0.0 for dose in known)
        return Amount(max(sure or [dose.low for dose in known]), high, known[0].unit)

    def days_at_least(self, dose: Amount) -> Measure:
        """Return how many days of the course had at least ``dose`` (its lower bound) a day.

        Days with an unknown dose, or one in a unit that cannot be compared, are possible and never sure.
        """
        if isinstance(self.days, UnknownAmount):
            return self.days
        sure = sum(s.days for s in self.segments if _reaches(s.dose, dose, surely=True))
        possible = sum(s.days for s in self.possible_segments if _reaches(s.dose, dose, surely=False))
        if self.days.high is None:
            return Amount(sure, None, "d")
        elsewhere = self.days.high - sum(s.days for s in self.possible_segments)
        return Amount(sure, max(sure, possible + max(0, elsewhere)), "d")

    def _undated_doses(self) -> Iterable[Measure]:
        for order in self.orders:
            yield spanning(
                [part.daily.get(self.ingredient, NOT_RECORDED) for part in order.doses] or [NOT_RECORDED]
            )


def _reaches(dose: Measure, wanted: Amount, *, surely: bool) -> bool:
    amount = convert(dose, wanted.unit) if isinstance(dose, Amount) else None
    if amount is None:
        return not surely
    return amount.low >= wanted.low if surely else amount.high is None or amount.high >= wanted.low
