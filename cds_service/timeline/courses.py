"""Orders of one ingredient put together to courses: when it ran, at what dose, how it stands and what its end says.

Semantics: orders of an ingredient with gaps no longer than ``gap_allowed`` are one course; requests, statements,
dispenses and administrations of the same days tell of the same use. Undated history counts as tried, never towards a
duration. A course tells of orders, not of intake.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from cds_service.timeline.amounts import Amount, UnknownAmount
from cds_service.timeline.course import Course
from cds_service.timeline.dates import DateSpan
from cds_service.timeline.events import Order, OrderSource
from cds_service.timeline.extents import RUNNING, Extent, Standing, extents_of
from cds_service.timeline.joining import days_covered, joined

__all__ = ["Course", "courses_of", "is_current", "last_possible_day"]

_OVER = frozenset({"ended", "lapsed"})
"""States with a known end."""

_TELLING = frozenset({OrderSource.REQUEST, OrderSource.STATEMENT})
"""Sources that say why a therapy ended; a dispense and an administration only say that they took place."""


def courses_of(
    orders: Sequence[Order], *, ingredient: str, gap_allowed: int, as_of: date, lapsed_after: int
) -> tuple[Course, ...]:
    """Put the orders of ``ingredient`` together to courses, by date, undated history last.

    Orders that do not count (cancelled, not taken, to be avoided), that are drafts or that have not begun are left out.
    ``gap_allowed`` and ``lapsed_after`` are in days. Where partial dates leave open whether two orders belong together,
    they stay apart, and the days of each reach up to what they would be together.
    """
    counting = [
        o
        for o in orders
        if o.counts
        and not o.avoid
        and o.begun
        and not o.is_draft
        and (ingredient in o.ingredient_names or not o.concept.ingredients)
    ]
    extents = extents_of(counting, as_of=as_of, lapsed_after=lapsed_after)
    found: list[Course] = []
    for chain in joined(extents, gap_allowed, sure=False):
        blocks = joined(chain, gap_allowed, sure=True)
        most = days_covered(chain, gap_allowed, sure=False) if len(blocks) > 1 else None
        found += [
            _course(block, most, ingredient=ingredient, gap_allowed=gap_allowed, as_of=as_of)
            for block in blocks
        ]
    found.sort(
        key=lambda c: (c.start.first, c.start.last, c.references) if c.start else (as_of, as_of, c.references)
    )
    undated = sorted((o for o in counting if o.start is None), key=lambda o: o.reference)
    if undated:
        found.append(_undated_course(undated, ingredient=ingredient, as_of=as_of))
    return tuple(found)


def is_current(order: Order, as_of: date) -> bool:
    """True when safety rules must take the drug as in use, whatever its supply.

    Active and on-hold orders and statements, administrations under way, and completed requests whose end or supply is
    not over yet. Never for orders that do not count, and never for drafts.
    """
    if not order.counts or order.avoid or order.is_draft or order.source is OrderSource.DISPENSE:
        return False
    if order.status in RUNNING or order.status == "on-hold":
        return True
    until = order.ended or order.supply_end
    handed_out = order.source is OrderSource.REQUEST and order.status == "completed"
    return handed_out and until is not None and until.last >= as_of


def last_possible_day(of: Order | Course, *, as_of: date | None = None) -> DateSpan | None:
    """Return the last day on which the drug can have been taken, for wash-outs; None when the record cannot tell.

    The recorded end where there is one; only without it the last day that the supply could reach; the day itself of an
    administration. A stopped order whose planned end lies after ``as_of`` was stopped on any day up to then.
    """
    if isinstance(of, Course):
        return _last_of_course(of, as_of)
    end = of.ended or of.supply_end or (of.start if of.source is OrderSource.ADMINISTRATION else None)
    if end is None or as_of is None or end.first <= as_of or of.status == "completed":
        return end
    return DateSpan(min(of.start.first, as_of), as_of) if of.start else None


def _last_of_course(course: Course, as_of: date | None) -> DateSpan | None:
    latest: DateSpan | None = None
    for order in course.orders:
        end = last_possible_day(order, as_of=as_of)
        if end is not None and (latest is None or (end.last, end.first) > (latest.last, latest.first)):
            latest = end
    for order in course.orders:
        ends_open = last_possible_day(order, as_of=as_of) is None
        if ends_open and (latest is None or order.start is None or order.start.last > latest.first):
            return None
    return latest


def _course(
    block: Sequence[Extent], most: int | None, *, ingredient: str, gap_allowed: int, as_of: date
) -> Course:
    orders = sorted(block, key=lambda e: (e.start.first, e.start.last, e.order.reference))
    start = DateSpan(min(e.start.first for e in block), min(e.start.last for e in block))
    state, deciding = _state(block)
    ends = [e.covered if state == "lapsed" else e.end for e in block]
    end = DateSpan(max(e.first for e in ends), max(e.last for e in ends)) if state in _OVER else None
    recorded = state == "ended" and any(
        e.order.ended is not None or e.order.source is OrderSource.ADMINISTRATION for e in deciding
    )
    over = state != "ongoing"
    telling = _tellers(block) if over else []
    low, high = days_covered(block, gap_allowed, sure=True), days_covered(block, gap_allowed, sure=False)
    return Course(
        ingredient=ingredient,
        orders=tuple(e.order for e in orders),
        start=start,
        end=end,
        end_basis=None if end is None else "recorded" if recorded else "supply",
        state=state,
        days=Amount(low, max(low, high, most or 0), "d"),
        stop_reasons=tuple(dict.fromkeys(r for o in telling for r in o.stop_reasons)),
        stop_texts=tuple(dict.fromkeys(t for o in telling for t in o.stop_texts)),
        gap_allowed=gap_allowed,
        extents=tuple(orders),
    )


def _state(block: Sequence[Extent]) -> tuple[str, list[Extent]]:
    """Return how a course stands, and the extents that decide it: those that can have ended last."""
    running = [e for e in block if e.standing is Standing.RUNNING]
    if running:
        return "ongoing", running
    last = _last(_telling(block))
    standings = {e.standing for e in last}
    if Standing.PAUSED in standings:
        return "on-hold", last
    if Standing.OPEN in standings:
        return "end-unknown", last
    return ("lapsed" if standings == {Standing.LAPSED} else "ended"), last


def _last(extents: Sequence[Extent]) -> list[Extent]:
    surely_reached = max(e.end.first for e in extents)
    return [e for e in extents if e.end.last >= surely_reached]


def _telling(block: Sequence[Extent]) -> list[Extent]:
    return [e for e in block if e.order.source in _TELLING] or list(block)


def _tellers(block: Sequence[Extent]) -> list[Order]:
    """Return the orders whose reasons tell how the course ended: the last ones, else those that ran beside them."""
    candidates = _telling(block)
    last = _last(candidates)
    if not any(e.order.stop_reasons or e.order.stop_texts for e in last):
        last += [e for e in candidates if e not in last and any(_side_by_side(e, other) for other in last)]
    return [e.order for e in sorted(last, key=lambda e: (e.start.first, e.order.reference))]


def _side_by_side(one: Extent, other: Extent) -> bool:
    return one.start.first < other.end.last and other.start.first < one.end.last


def _undated_course(orders: Sequence[Order], *, ingredient: str, as_of: date) -> Course:
    statuses = {o.status for o in orders}
    if statuses & RUNNING:
        state = "ongoing"
    elif "on-hold" in statuses:
        state = "on-hold"
    else:
        state = "ended" if all(o.ended and o.ended.first <= as_of for o in orders) else "end-unknown"
    ends = [o.ended for o in orders if o.ended is not None]
    end = DateSpan(max(e.first for e in ends), max(e.last for e in ends)) if state == "ended" else None
    over = state != "ongoing"
    return Course(
        ingredient=ingredient,
        orders=tuple(orders),
        start=None,
        end=end,
        end_basis=None if end is None else "recorded",
        state=state,
        days=UnknownAmount("start is not recorded", "start date"),
        stop_reasons=tuple(dict.fromkeys(r for o in orders for r in o.stop_reasons)) if over else (),
        stop_texts=tuple(dict.fromkeys(t for o in orders for t in o.stop_texts)) if over else (),
    )
