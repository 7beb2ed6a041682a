"""Short ways to write orders, dates and courses in tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from cds_service.timeline.amounts import Amount, Measure
from cds_service.timeline.courses import Course, courses_of
from cds_service.timeline.dates import DateSpan, parse_span
from cds_service.timeline.events import Concept, DosePart, Ingredient, Order, OrderSource

DRUG = "carbamazepine"
AS_OF = date(2026, 6, 15)


def span(text: str) -> DateSpan:
    """A recorded date, exact or partial."""
    found = parse_span(text)
    assert found is not None
    return found


def mg(low: float, high: float | None = -1) -> Amount:
    """So many milligrams a day."""
    return Amount(low, low if high == -1 else high, "mg")


def days(low: float, high: float | None = -1) -> Amount:
    """So many days."""
    return Amount(low, low if high == -1 else high, "d")


def reason(name: str) -> Concept:
    """A coded reason."""
    return Concept(sets=frozenset({name}), label=name)


def order(
    start: str | None,
    end: str | None = None,
    *,
    status: str = "completed",
    dose: Measure | Sequence[DosePart] | None = None,
    supply: int | None = None,
    fills: int = 1,
    source: OrderSource = OrderSource.REQUEST,
    name: str | None = None,
    **members: Any,
) -> Order:
    """An order of carbamazepine; ``supply`` is days a fill."""
    started = span(start) if start else None
    parts: tuple[DosePart, ...] = ()
    if dose is not None:
        parts = tuple(dose) if isinstance(dose, Sequence) else (DosePart(daily={DRUG: dose}),)
    return replace(
        Order(
            reference=f"{source.value}/{name or start}",
            concept=Concept(sets=frozenset({DRUG}), ingredients=(Ingredient(name=DRUG),), label=DRUG),
            source=source,
            status=status,
            intent="order",
            counts=True,
            start=started,
            ended=span(end) if end else None,
            supply_end=started.plus(supply * fills) if started and supply else None,
            supply_days=Amount(supply, supply * fills, "d") if supply else None,
            doses=parts,
        ),
        **members,
    )


def courses(*orders: Order, as_of: date = AS_OF, gap: int = 30, lapsed_after: int = 90) -> tuple[Course, ...]:
    """Courses with the default gap and lapse of the semantics."""
    return courses_of(orders, ingredient=DRUG, gap_allowed=gap, as_of=as_of, lapsed_after=lapsed_after)


def course(*orders: Order, as_of: date = AS_OF, gap: int = 30, lapsed_after: int = 90) -> Course:
    """The only course of these orders."""
    (found,) = courses(*orders, as_of=as_of, gap=gap, lapsed_after=lapsed_after)
    return found
