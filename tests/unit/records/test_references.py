"""References meet whatever form a client writes them in (PRE-32), and nobody else's resources are taken in (PRE-31)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cds_service.records.references import is_about, normalized, reference_of, same_reference
from cds_service.records.resources import AnyResource
from tests.unit.records.samples import body, condition


def read(sent: dict[str, Any]) -> AnyResource:
    found: AnyResource = msgspec.json.decode(body(sent), type=AnyResource)
    return found


SAME_PATIENT = [
    "Patient/p1",
    "https://ehr.example.org/r4/Patient/p1",
    "Patient/p1/_history/2",
    "https://ehr.example.org/r4/Patient/p1/_history/2",
    " Patient/p1 ",
    "Patient/p1/",
    "/Patient/p1",
]


@pytest.mark.parametrize("written", SAME_PATIENT)
def test_all_literal_forms_meet(written: str) -> None:
    assert normalized(written) == "Patient/p1"
    assert same_reference(written, "Patient/p1")


def test_uuids_meet_in_any_case() -> None:
    assert same_reference(
        "urn:uuid:0C3151BD-1CBF-4D64-B04D-CD9187A4C6E0", "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"
    )


def test_contained_references_stay_local() -> None:
    assert normalized("#m1") == "#m1"
    assert not same_reference("#m1", "Medication/m1")


@pytest.mark.parametrize("nothing", [None, "", "  ", "Patient?identifier=x|1"])
def test_what_points_at_nothing_meets_nothing(nothing: str | None) -> None:
    assert normalized(nothing) is None
    assert not same_reference(nothing, nothing)


@pytest.mark.parametrize(
    ("one", "other"), [("Patient/p1", "Patient/p2"), ("Patient/p1", "Group/p1"), ("Patient/p1", "p1")]
)
def test_different_things_do_not_meet(one: str, other: str) -> None:
    assert not same_reference(one, other)


def test_ids_are_opaque_and_may_be_long() -> None:
    long_id = "e" * 194
    assert normalized(f"MedicationRequest/{long_id}") == f"MedicationRequest/{long_id}"


def test_a_resource_names_itself_by_type_and_id() -> None:
    assert reference_of(read(condition(id="c7"))) == "Condition/c7"
    assert reference_of(read({"resourceType": "Condition"})) == "Condition"


@pytest.mark.parametrize("written", SAME_PATIENT)
def test_a_resource_of_the_patient_is_accepted(written: str) -> None:
    assert is_about(read(condition(subject={"reference": written})), "p1")


@pytest.mark.parametrize("patient_id", ["p1", "Patient/p1"])
def test_a_prefix_on_the_patient_id_is_tolerated(patient_id: str) -> None:
    assert is_about(read(condition()), patient_id)
    assert is_about(read({"resourceType": "Patient", "id": "p1"}), patient_id)


@pytest.mark.parametrize(
    "written", ["Patient/p2", "https://ehr.example.org/r4/Patient/p2", "Group/p1", "#p1", "urn:uuid:1"]
)
def test_a_resource_of_somebody_else_is_not(written: str) -> None:
    assert not is_about(read(condition(subject={"reference": written})), "p1")


def test_somebody_elses_allergy_device_and_patient_are_not() -> None:
    for sent in (
        {"resourceType": "AllergyIntolerance", "patient": {"reference": "Patient/p2"}},
        {"resourceType": "Device", "patient": {"reference": "Patient/p2"}},
        {"resourceType": "Patient", "id": "p2"},
    ):
        assert not is_about(read(sent), "p1")


def test_an_alias_of_the_patient_is_the_patient() -> None:
    sent = read(condition(subject={"reference": "urn:uuid:AB"}))
    assert is_about(sent, "p1", aliases={"urn:uuid:ab"})


def test_a_resource_that_names_nobody_is_accepted() -> None:
    for sent in (
        condition(subject={"display": "the patient"}),
        {"resourceType": "Condition"},
        {"resourceType": "Medication"},
    ):
        assert is_about(read(sent), "p1")
