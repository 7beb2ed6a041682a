"""Whether a prescriber wrote one order for the whole time or one after the other says nothing of the therapy.

The pieces follow each other without a gap and have the dose of the whole; status, reason and notes stand on the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cds_service.evaluate.findings import Trial
from cds_service.timeline import courses
from tests.generative.charts import Chart, Json, reference_of, trials_of
from tests.generative.patients import charts
from tests.generative.runs import examples, is_noticed

_WHOLE_DAY = len("2026-06-15")
_ON_THE_LAST = ("statusReason", "note")


def splittable(chart: Chart) -> list[Json]:
    """Orders with a known first day, at one dose throughout, whose therapies are judged by their days.

    Where sessions are counted (a toxin, an infusion, a block) each order is one of them, so these are left out.
    """
    judged_by_sessions = {
        reference
        for trials in trials_of(chart).values()
        for trial in trials
        if trial.sessions is not None
        for reference in trial.references
    }
    return [
        order
        for order in chart.resources
        if order["resourceType"] == "MedicationRequest"
        and reference_of(order) not in judged_by_sessions
        and _has_whole_days(order)
        and len(order.get("dosageInstruction", [])) <= 1
        and order["status"] in {"active", "completed", "stopped", "on-hold"}
        and not order.get("doNotPerform")
        and "validityPeriod" not in _supply(order)
        and _days_of(order, chart.as_of) is not None
    ]


def _has_whole_days(order: Json) -> bool:
    first, last = _bounds(order)
    return len(order.get("authoredOn", "")) == _WHOLE_DAY and all(
        d is None or len(d) == _WHOLE_DAY for d in (first, last)
    )


def _repeat(order: Json) -> Json:
    dosages = order.get("dosageInstruction") or [{}]
    found: Json = dosages[0].get("timing", {}).get("repeat", {})
    return found


def _bounds(order: Json) -> tuple[str | None, str | None]:
    period = _repeat(order).get("boundsPeriod", {})
    return period.get("start"), period.get("end")


def _days_of(order: Json, as_of: date) -> tuple[date, date] | None:
    """First and last day on which the order can be cut; None when it is too short for that."""
    first, last = _bounds(order)
    if _repeat(order).keys() & {"count", "boundsDuration"}:
        return None
    start = date.fromisoformat(first or order["authoredOn"])
    supply = _supply_end(order, start)
    # Cutting an order that ended nobody knows when would tell that it still ran on the day of the cut.
    if last is None and supply is None and order["status"] != "active":
        return None
    end = min(as_of, date.fromisoformat(last)) if last is not None else as_of
    # An order that lasted for its supply only cannot be written as one that goes on after it.
    if supply is not None:
        end = min(end, supply)
    return (start + timedelta(days=1), end) if end - start > timedelta(days=2) else None


def _supply(order: Json) -> Json:
    found: Json = order.get("dispenseRequest", {})
    return found


def _supply_end(order: Json, start: date) -> date | None:
    request = _supply(order)
    duration = request.get("expectedSupplyDuration")
    if duration is None:
        return None
    days = {"d": 1, "wk": 7, "mo": 30, "a": 365}[duration["code"]]
    return start + timedelta(
        days=int(duration["value"] * days * (1 + request.get("numberOfRepeatsAllowed", 0)))
    )


def split(order: Json, cuts: Sequence[date]) -> list[Json]:
    """The order as several: each but the last ends, completed, on the day on which the next one starts."""
    first, last = _bounds(order)
    start = date.fromisoformat(first or order["authoredOn"])
    supply = _supply_end(order, start)
    starts = [start, *cuts]
    pieces = []
    for number, begins in enumerate(starts):
        is_last = number == len(starts) - 1
        ends = last if is_last else starts[number + 1].isoformat()
        piece = {**order, "id": order["id"] if is_last else f"{order['id']}-part-{number}"}
        piece |= {"authoredOn": begins.isoformat()}
        piece |= {"dosageInstruction": _bounded(order, begins.isoformat(), ends)}
        piece |= {"dispenseRequest": _shorter(order, begins, supply)} if "dispenseRequest" in order else {}
        if not is_last:
            piece |= {"status": "completed"}
            piece = {word: value for word, value in piece.items() if word not in _ON_THE_LAST}
        pieces.append({word: value for word, value in piece.items() if value})
    return pieces


def _bounded(order: Json, start: str, end: str | None) -> list[Json]:
    dosage = (order.get("dosageInstruction") or [{}])[0]
    timing = dosage.get("timing", {})
    repeat = {**timing.get("repeat", {}), "boundsPeriod": {"start": start, **({"end": end} if end else {})}}
    return [{**dosage, "timing": {**timing, "repeat": repeat}}]


def _shorter(order: Json, begins: date, supply: date | None) -> Json:
    """What is left of the supply on the day on which a piece begins, as one fill."""
    request = {w: v for w, v in _supply(order).items() if w != "numberOfRepeatsAllowed"}
    if supply is None:
        return request
    left = {
        "value": (supply - begins).days,
        "unit": "days",
        "system": "http://unitsofmeasure.org",
        "code": "d",
    }
    return {**request, "expectedSupplyDuration": left}


Verdict = tuple[Any, ...]


def verdicts(chart: Chart) -> list[Verdict]:
    """What is said of every trial, references apart: they are what splitting changes."""
    return sorted(
        (_said_of(pathway, trial) for pathway, trials in trials_of(chart).items() for trial in trials),
        key=repr,
    )


def _said_of(pathway: str, trial: Trial) -> Verdict:
    return (
        pathway,
        trial.therapy,
        trial.ingredient,
        trial.verdict.value,
        trial.reason,
        trial.adequate,
        trial.certainty.value,
        trial.running,
        str(trial.start),
        str(trial.end),
        str(trial.days),
        str(trial.daily_dose),
        str(trial.adequate_on),
    )


@dataclass(frozen=True)
class Cut:
    """An order of a chart, and the days on which it is cut."""

    chart: Chart
    order: Json
    days: tuple[date, ...]


@st.composite
def cuts(draw: st.DrawFn) -> Cut:
    """A patient with an order that can be cut, in one to three places."""
    chart = draw(charts())
    orders = splittable(chart)
    assume(orders)
    order = draw(st.sampled_from(orders))
    days = _days_of(order, chart.as_of)
    assert days is not None
    first, last = days
    chosen = draw(st.sets(st.dates(first, last - timedelta(days=1)), min_size=1, max_size=3))
    return Cut(chart, order, tuple(sorted(chosen)))


def assert_the_same_verdicts_in_pieces(cut: Cut) -> None:
    resources: list[Json] = []
    for resource in cut.chart.resources:
        resources += split(resource, cut.days) if resource is cut.order else [resource]

    assert verdicts(cut.chart.with_(resources=tuple(resources))) == verdicts(cut.chart)


@examples(80)
@given(cut=cuts())
def test_splitting_one_order_into_contiguous_orders_never_changes_a_verdict(cut: Cut) -> None:
    assert_the_same_verdicts_in_pieces(cut)


def test_orders_that_are_never_joined_to_a_course_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courses, "joined", lambda extents, *_, **__: [[extent] for extent in extents])

    assert is_noticed(cuts(), assert_the_same_verdicts_in_pieces, within=100)


def test_a_reason_that_is_lost_with_the_last_order_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courses, "_last", lambda extents: extents[:1])

    assert is_noticed(cuts(), assert_the_same_verdicts_in_pieces, within=200)
