"""Words for the evidence of use: an order is an order, never an intake."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cds_service.evaluate.judging.attempts import Attempt
from cds_service.evaluate.judging.held import Adequacy
from cds_service.evaluate.judging.parts import code_evidence
from cds_service.evaluate.judging.place import Place
from cds_service.evaluate.truth import Evidence
from cds_service.timeline.amounts import Amount, Measure, UnknownAmount
from cds_service.timeline.dates import DateSpan
from cds_service.timeline.events import Order, OrderSource, Performed

_VERBS = {
    OrderSource.REQUEST: "ordered",
    OrderSource.STATEMENT: "stated",
    OrderSource.DISPENSE: "dispensed",
    OrderSource.ADMINISTRATION: "given",
}


ALSO = "also on record: "


STATUSES = {"completed": "ended", "not-done": "not done", "not-taken": "not taken", "on-hold": "on hold"}
"""FHIR statuses in words, where the code is none."""


def use_evidence(attempt: Attempt, adequacy: Adequacy, place: Place) -> Iterable[Evidence]:
    """Say what was ordered or done: a course in one sentence, each session in its own."""
    if attempt.course is not None:
        yield _course(attempt, adequacy, place)
        return
    for session in attempt.sessions:
        for record in session.records[:1]:
            when = session.when
            says = f"{record.concept.label} {_verb(record)} {_on(when)}"
            yield code_evidence(record.reference, says, when, record.concept)


def _course(attempt: Attempt, adequacy: Adequacy, place: Place) -> Evidence:
    first = attempt.orders[0]
    until = (
        "still active" if attempt.running else f"until {attempt.end}" if attempt.end else "end not recorded"
    )
    if attempt.course is not None and attempt.course.state == "on-hold":
        until = "on hold"
    if attempt.course is not None and attempt.course.state == "lapsed":
        until = f"supply ended {attempt.end}, not renewed"
    parts = [f"{place.label(attempt.therapy)} {_verb(first)} {_on(attempt.start)}, {until}"]
    dose = rarely(attempt, adequacy.dose) or _dose(adequacy.dose)
    if dose:
        parts.append(dose)
    if len(attempt.orders) > 1:
        parts.append(f"{len(attempt.orders)} records")
    return code_evidence(first.reference, ", ".join(parts), attempt.start, first.concept)


def _verb(record: Order | Performed) -> str:
    if isinstance(record, Order):
        return _VERBS[record.source]
    return {"completed": "done", "stopped": "attempted and abandoned"}.get(record.status, "in progress")


def _on(when: DateSpan | None) -> str:
    return str(when) if when is not None else "on a day not recorded"


def _dose(dose: Measure | None) -> str:
    if dose is None:
        return ""
    if isinstance(dose, UnknownAmount):
        return "dose not recorded"
    if dose.is_exact:
        return f"{dose.low:g} {dose.unit} a day"
    if dose.high:
        return f"{dose.low:g} to {dose.high:g} {dose.unit} a day"
    return f"{dose.low:g} {dose.unit} or more a day"


_PERIODS = {
    1: "a day",
    7: "a week",
    14: "every 2 weeks",
    28: "every 4 weeks",
    30: "a month",
    91: "every 3 months",
}


def rarely(attempt: Attempt, daily: Measure | None) -> str | None:
    """Return the dose in words when it is given less often than daily, as antibodies are; a share of a day says little."""
    if not isinstance(daily, Amount) or not daily.is_exact or daily.low <= 0:
        return None
    told = [dose for order in attempt.orders for dose in order.single_dose.values()]
    single = next(
        (d for d in reversed(told) if isinstance(d, Amount) and d.is_exact and d.unit == daily.unit), None
    )
    days = round(single.low / daily.low) if single is not None else 1
    if single is None or days <= 1:
        return None
    return f"{single.low:g} {single.unit} {_PERIODS.get(days, f'every {days} days')}"


def also(evidence: Evidence) -> Evidence:
    """Mark evidence that speaks for another verdict than the one given."""
    return replace(evidence, says=f"{ALSO}{evidence.says}")


__all__ = ["ALSO", "STATUSES", "also", "rarely", "use_evidence"]
