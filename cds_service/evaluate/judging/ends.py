"""Which orders of an attempt tell how it ended, or how it goes."""

from __future__ import annotations

from collections.abc import Sequence

from cds_service.timeline.course import Course
from cds_service.timeline.events import Order
from cds_service.timeline.extents import Standing

_RUNNING = frozenset({"active", "on-hold"})


def final_orders(orders: Sequence[Order], course: Course | None) -> tuple[Order, ...]:
    """Return the orders whose reason and notes tell how the attempt ended or goes.

    An order that another one followed and outlasted (a change of dose, a refill) tells only of itself; so does one that
    is still called active though its supply ended long ago.
    """
    if course is not None and course.state != "ongoing":
        reasons, texts = set(course.stop_reasons), set(course.stop_texts)
        return tuple(
            o for o in orders if reasons.intersection(o.stop_reasons) or texts.intersection(o.stop_texts)
        )
    telling = [o for o in orders if o.stop_reasons or o.stop_texts]
    lapsed = _lapsed(course)
    return tuple(o for o in telling if not any(_outlasts(other, o, lapsed) for other in orders))


def _lapsed(course: Course | None) -> frozenset[str]:
    extents = course.extents if course is not None else ()
    return frozenset(e.order.reference for e in extents if e.standing is Standing.LAPSED)


def outweighed_orders(orders: Sequence[Order], final: Sequence[Order]) -> tuple[Order, ...]:
    """Return the orders that ran beside the final ones and whose reason a later end outweighs: another source's word."""
    return tuple(
        o
        for o in orders
        if o.stop_reasons and o not in final and any(_side_by_side(o, other) for other in final)
    )


def _side_by_side(one: Order, other: Order) -> bool:
    if one.start is None or other.start is None or one.ended is None or other.ended is None:
        return False
    return one.start.first < other.ended.last and other.start.first < one.ended.last


def _outlasts(other: Order, order: Order, lapsed: frozenset[str]) -> bool:
    if order.start is None or other.start is None or other.start.first <= order.start.last:
        return False
    return _last_day(other, lapsed) > _last_day(order, lapsed)


def _last_day(order: Order, lapsed: frozenset[str]) -> float:
    if order.status in _RUNNING and order.reference not in lapsed:
        return float("inf")
    end = order.ended or order.supply_end or order.start
    return end.last.toordinal() if end else 0.0


__all__ = ["final_orders", "outweighed_orders"]
