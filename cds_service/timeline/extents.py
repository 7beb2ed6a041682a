"""From when to when one order runs, as far as it tells, and what that leaves open.

Rulings on course dates: start is the first present of dosage bounds, validity, authoredOn (``Order.start``); days count up
to the earliest of ``as_of``, the recorded end and the end of the known supply; only an active order without a known supply
counts to ``as_of``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from cds_service.timeline.dates import DateSpan
from cds_service.timeline.events import Order, OrderSource

RUNNING = frozenset({"active", "in-progress"})
"""Statuses of an order that goes on."""


class Standing(Enum):
    """How an order stands on the day of judgement."""

    RUNNING = "running"
    PAUSED = "paused"
    LAPSED = "lapsed"
    ENDED = "ended"
    OPEN = "open"
    """It ended, and nobody recorded when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """The days of one order.

    ``end`` is its end (today while it runs), for telling whether the next order follows closely; ``covered`` the end of
    the days that count towards a trial. Both are spans: what lies before their first day is sure.
    """

    order: Order
    start: DateSpan
    end: DateSpan
    covered: DateSpan
    standing: Standing


def extents_of(orders: Sequence[Order], *, as_of: date, lapsed_after: int) -> list[Extent]:
    """Return the extents of all dated orders, by date; what was dispensed decides how long a request's supply reaches."""
    dispensed = _dispensed_until(orders)
    found = [
        _extent(order, order.start, dispensed.get(id(order)), as_of=as_of, lapsed_after=lapsed_after)
        for order in orders
        if order.start is not None
    ]
    return sorted(found, key=lambda e: (e.start.first, e.start.last, e.end.last, e.order.reference))


def _extent(
    order: Order, written: DateSpan, dispensed: DateSpan | None, *, as_of: date, lapsed_after: int
) -> Extent:
    start = _until(written, as_of)
    recorded = order.ended if order.ended is not None and order.ended.last >= start.first else None
    supply = dispensed or order.supply_end
    end, covered = recorded or supply, _earlier(recorded, supply)
    if order.status in RUNNING:
        standing = Standing.RUNNING
        if covered is not None and covered.last < as_of - timedelta(days=lapsed_after):
            standing = Standing.LAPSED
    elif order.status == "on-hold":
        standing = Standing.PAUSED
    else:
        standing, end, covered = _when_ended(order, start, end, covered, as_of)
    unknown = DateSpan(start.first, as_of)
    missing = DateSpan.of(as_of) if standing is Standing.RUNNING else unknown
    return Extent(
        order=order,
        start=start,
        end=_until(end or missing, as_of),
        covered=_until(covered or missing, as_of),
        standing=standing,
    )


def _when_ended(
    order: Order, start: DateSpan, end: DateSpan | None, covered: DateSpan | None, as_of: date
) -> tuple[Standing, DateSpan | None, DateSpan | None]:
    """Place the end of an order that is over; a planned end in the future tells nothing of a stopped one."""
    if end is None:
        if order.source is OrderSource.ADMINISTRATION:
            return Standing.ENDED, start, start
        return Standing.OPEN, None, None
    if end.first <= as_of:
        return Standing.ENDED, end, covered
    handed_out = order.source in {OrderSource.REQUEST, OrderSource.DISPENSE} and order.status == "completed"
    return (Standing.RUNNING, end, covered) if handed_out else (Standing.OPEN, None, None)


def _dispensed_until(orders: Sequence[Order]) -> Mapping[int, DateSpan]:
    """Return, by identity of the request, the last day that its dispenses supply.

    A dispense belongs to the requests that it names, else to the latest request that was there before it.
    """
    requests = [o for o in orders if o.source is OrderSource.REQUEST and o.start is not None]
    until: dict[int, DateSpan] = {}
    for dispense in orders:
        if dispense.source is not OrderSource.DISPENSE or dispense.supply_end is None:
            continue
        for request in _requests_of(dispense, requests):
            known = until.get(id(request))
            until[id(request)] = _later(known, dispense.supply_end)
    return until


def _requests_of(dispense: Order, requests: Sequence[Order]) -> list[Order]:
    if dispense.authorized_by:
        return [r for r in requests if r.reference in dispense.authorized_by]
    handed = dispense.start
    before = [r for r in requests if r.start and handed and r.start.first <= handed.last]
    latest = max((r.start.first for r in before if r.start), default=None)
    return [r for r in before if r.start and r.start.first == latest]


def _until(span: DateSpan, last: date) -> DateSpan:
    return DateSpan(min(span.first, last), min(span.last, last))


def _earlier(one: DateSpan | None, other: DateSpan | None) -> DateSpan | None:
    if one is None or other is None:
        return one or other
    return DateSpan(min(one.first, other.first), min(one.last, other.last))


def _later(one: DateSpan | None, other: DateSpan) -> DateSpan:
    return other if one is None else DateSpan(max(one.first, other.first), max(one.last, other.last))
