"""What is of another patient, of a type or code that no rule reads, or entered in error is as if it were not there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cds_service.casework import outcome
from cds_service.timeline import build, standing
from tests.generative.charts import Chart, Json, cards_of, renamed, subject_of
from tests.generative.patients import case_charts, charts
from tests.generative.runs import examples, is_noticed

ERROR = "entered-in-error"
HL7 = "http://terminology.hl7.org/CodeSystem"
VERIFICATION = {
    "Condition": f"{HL7}/condition-ver-status",
    "AllergyIntolerance": f"{HL7}/allergyintolerance-verification",
}
"""Types whose error is told by their verificationStatus; all others tell it by their status."""

LOCAL = "urn:local:ward"
UNKNOWN = {"coding": [{"system": LOCAL, "code": "W-17", "display": "Ward note"}], "text": "Ward note"}
MINE = {"reference": "Patient/case"}


def unrelated_resources() -> st.SearchStrategy[Json]:
    """Resources of this patient that no rule has a word for: an unknown code, or a type that is not read."""
    day = st.dates(min_value=date(2020, 1, 1), max_value=date(2026, 6, 15)).map(str)
    return day.flatmap(lambda when: st.sampled_from(_unrelated(when)))


def _unrelated(when: str) -> list[Json]:
    return [
        {"resourceType": "Condition", "subject": MINE, "code": UNKNOWN, "onsetDateTime": when},
        {
            "resourceType": "MedicationRequest",
            "status": "active",
            "intent": "order",
            "subject": MINE,
            "medicationCodeableConcept": UNKNOWN,
            "authoredOn": when,
        },
        {
            "resourceType": "Procedure",
            "status": "completed",
            "subject": MINE,
            "code": UNKNOWN,
            "performedDateTime": when,
        },
        {
            "resourceType": "Observation",
            "status": "final",
            "subject": MINE,
            "code": UNKNOWN,
            "effectiveDateTime": when,
            "valueQuantity": {"value": 7},
        },
        {"resourceType": "AllergyIntolerance", "patient": MINE, "code": UNKNOWN, "recordedDate": when},
        {
            "resourceType": "ServiceRequest",
            "status": "active",
            "intent": "order",
            "subject": MINE,
            "code": UNKNOWN,
        },
        {
            "resourceType": "DiagnosticReport",
            "status": "final",
            "subject": MINE,
            "code": UNKNOWN,
            "effectiveDateTime": when,
        },
        {"resourceType": "Device", "patient": MINE, "type": UNKNOWN, "status": "active"},
        {"resourceType": "Immunization", "patient": MINE, "vaccineCode": UNKNOWN, "occurrenceDateTime": when},
        {"resourceType": "CarePlan", "subject": MINE, "status": "active", "intent": "plan"},
    ]


def in_error(resource: Json) -> Json:
    """The same resource, entered in error."""
    system = VERIFICATION.get(resource["resourceType"])
    if system is None:
        return {**resource, "status": ERROR}
    return {**resource, "verificationStatus": {"coding": [{"system": system, "code": ERROR}]}}


def of_someone_else(resource: Json) -> Json:
    """The same resource of another patient."""
    return {**resource, subject_of(resource): {"reference": "Patient/someone-else"}}


def other_records(change: Callable[[Json], Json]) -> st.SearchStrategy[tuple[Json, ...]]:
    """The record of another case, changed resource by resource, under ids of its own."""

    def changed(chart: Chart) -> tuple[Json, ...]:
        return tuple(change(r) for r in renamed(chart.resources, "x-") if r["resourceType"] != "Medication")

    return case_charts().map(changed)


def assert_the_same_cards_with(chart: Chart, *more: Json) -> None:
    assert cards_of(chart.with_(resources=(*more, *chart.resources))) == cards_of(chart)


@examples(60)
@given(chart=charts(), unrelated=unrelated_resources())
def test_a_resource_that_no_rule_reads_never_changes_cards(chart: Chart, unrelated: Json) -> None:
    assert_the_same_cards_with(chart, {"id": "unrelated", **unrelated})


@examples(60)
@given(chart=charts(), others=other_records(of_someone_else))
def test_the_record_of_another_patient_never_changes_cards(chart: Chart, others: tuple[Json, ...]) -> None:
    assert_the_same_cards_with(chart, *others)


@examples(60)
@given(chart=charts(), others=other_records(in_error))
def test_a_record_entered_in_error_never_changes_cards(chart: Chart, others: tuple[Json, ...]) -> None:
    assert_the_same_cards_with(chart, *others)


@examples(60)
@given(chart=charts(), data=st.data())
def test_what_turns_out_an_error_is_as_if_it_had_never_been_there(chart: Chart, data: st.DataObject) -> None:
    own = [r for r in chart.resources if r["resourceType"] not in {"Medication", "Patient"}]
    assume(own)
    wrong = data.draw(st.sampled_from(own))

    marked = chart.with_(resources=tuple(in_error(r) if r is wrong else r for r in chart.resources))
    without = chart.with_(resources=tuple(r for r in chart.resources if r is not wrong))

    assert cards_of(marked) == cards_of(without)


@examples(30)
@given(chart=charts(), data=st.data())
def test_a_draft_entered_in_error_never_changes_cards(chart: Chart, data: st.DataObject) -> None:
    assume(chart.drafts)
    extra = in_error({**data.draw(st.sampled_from(chart.drafts)), "id": "draft-in-error"})

    assert cards_of(chart.with_(drafts=(extra, *chart.drafts))) == cards_of(chart)


# ---------------------------------------------------------------- a broken service is noticed


def assert_errors_of_its_own_never_count(chart: Chart) -> None:
    assert_the_same_cards_with(chart, *map(in_error, renamed(chart.resources, "x-")))


def assert_a_namesake_never_counts(chart: Chart) -> None:
    own = [r for r in renamed(chart.resources, "x-") if r["resourceType"] != "Medication"]
    assert_the_same_cards_with(chart, *map(of_someone_else, own))


def test_a_timeline_that_believes_errors_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    believing = {
        kind: {**weights, ERROR: standing.Weight.COUNTS} for kind, weights in standing._WEIGHTS.items()
    }
    monkeypatch.setattr(standing, "_WEIGHTS", believing)

    assert is_noticed(charts(), assert_errors_of_its_own_never_count, within=100)


def test_a_timeline_that_mixes_patients_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcome, "is_about", lambda *_: True)
    monkeypatch.setattr(build, "is_about", lambda *_: True)

    assert is_noticed(charts(), assert_a_namesake_never_counts, within=100)
