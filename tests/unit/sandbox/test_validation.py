"""The embedded server: what is written must be valid FHIR R4; faults name the place, never the value."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cds_service.sandbox.outcomes import FhirFault
from cds_service.sandbox.validation import check_resource
from tests.unit.sandbox.samples import order, patient

SECRET = "Mrs Nobody, born 1968"


def places(resource):
    with pytest.raises(FhirFault) as refused:
        check_resource(resource, at=resource["resourceType"])
    assert refused.value.http_status == 422
    assert SECRET not in str([*refused.value.issues])
    return [issue.expression for issue in refused.value.issues]


def test_an_invalid_resource_is_422_with_an_outcome(server):
    answer = server.put("/MedicationRequest/o1", order("o1", status=SECRET))
    assert answer.status_code == 422
    assert answer.json["resourceType"] == "OperationOutcome"
    assert SECRET not in answer.text
    assert answer.json["issue"] == [
        {
            "severity": "error",
            "code": "structure",
            "diagnostics": "MedicationRequest.status: not a code that FHIR R4 allows here: active, cancelled, "
            "completed, draft, entered-in-error, on-hold, stopped, unknown",
            "expression": ["MedicationRequest.status"],
        }
    ]
    assert server.get("/MedicationRequest/o1").status_code == 404


@pytest.mark.parametrize("element", ["status", "intent", "subject"])
def test_a_missing_required_element_is_named(element):
    without = {key: value for key, value in order("o1").items() if key != element}
    assert places(without) == [f"MedicationRequest.{element}"]


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"authoredOn": SECRET}, "MedicationRequest.authoredOn"),
        ({"authoredOn": "2024-02-30"}, "MedicationRequest.authoredOn"),
        ({"subject": SECRET}, "MedicationRequest.subject"),
        ({"note": {"text": SECRET}}, "MedicationRequest.note"),
        ({"substance": SECRET}, "MedicationRequest.substance"),
        ({SECRET: 1}, "MedicationRequest.(name withheld)"),
        (
            {"dosageInstruction": [{"text": "x"}, {"timing": {"repeat": {"frequency": SECRET}}}]},
            "MedicationRequest.dosageInstruction[1].timing.repeat.frequency",
        ),
        (
            {"dosageInstruction": [{"timing": {"repeat": {"periodUnit": "fortnight"}}}]},
            "MedicationRequest.dosageInstruction[0].timing.repeat.periodUnit",
        ),
        ({"contained": [{"resourceType": "Unicorn", "id": "u"}]}, "MedicationRequest"),
        ({"contained": [{"id": "m"}]}, "MedicationRequest.contained"),
        ({"contained": [SECRET]}, "MedicationRequest.contained"),
        (
            {"contained": [{"resourceType": "Medication", "id": "m", "status": SECRET}]},
            "MedicationRequest.contained[0].status",
        ),
        ({"meta": {"tag": [{"code": 7}]}}, "MedicationRequest.meta.tag[0].code"),
    ],
)
def test_the_place_of_a_fault_is_named(more, place):
    assert places(order("o1", **more)) == [place]


def test_a_choice_element_is_given_once():
    both = order("o1") | {"medicationReference": {"reference": "Medication/m"}}
    assert places(both) == ["MedicationRequest"]
    neither = {key: value for key, value in order("o1").items() if key != "medicationCodeableConcept"}
    assert places(neither) == ["MedicationRequest"]


def test_endless_nesting_is_refused_like_any_fault():
    nested = order("o1")
    inner = nested
    for _ in range(900):
        inner["extension"] = [{"url": "https://example.org/x"}]
        inner = inner["extension"][0]
    assert places(nested) == ["MedicationRequest"]


@pytest.mark.parametrize(
    ("resource_type", "status"),
    [
        ("Observation", "corrected"),
        ("Observation", "entered-in-error"),
        ("DiagnosticReport", "appended"),
        ("Encounter", "entered-in-error"),
    ],
)
def test_every_status_of_the_standard_is_accepted(resource_type, status):
    """The models list these bindings only in part; FHIR R4 ObservationStatus, DiagnosticReportStatus, EncounterStatus."""
    resource = {"resourceType": resource_type, "status": status}
    extra = {"class": {"code": "AMB"}} if resource_type == "Encounter" else {"code": {"text": "x"}}
    check_resource(resource | extra, at=resource_type)


@pytest.mark.parametrize("resource_type", ["Observation", "DiagnosticReport", "Encounter"])
def test_other_words_are_no_status(resource_type):
    extra = {"class": {"code": "AMB"}} if resource_type == "Encounter" else {"code": {"text": "x"}}
    assert places({"resourceType": resource_type, "status": "done"} | extra) == [f"{resource_type}.status"]


@pytest.mark.parametrize(
    "resource",
    [
        patient(birthDate="1968"),
        patient(
            birthDate="1968-02", _gender={"extension": [{"url": "https://example.org/x", "valueString": "y"}]}
        ),
        order("o1", authoredOn="2024"),
        order("o1", authoredOn="2024-05-20T10:00:00.123+02:00"),
        order(
            "o1",
            contained=[{"resourceType": "Medication", "id": "m"}],
            medicationReference={"reference": "#m"},
        ),
        {
            "resourceType": "Device",
            "status": "active",
            "type": {"text": "pacemaker"},
            "patient": {"reference": "Patient/p1"},
        },
        {"resourceType": "ImagingStudy", "status": "available", "subject": {"reference": "Patient/p1"}},
    ],
)
def test_valid_resources_with_partial_dates_and_extensions_pass(resource):
    check_resource(resource, at=resource["resourceType"])


def test_the_models_are_not_loaded_before_something_is_written():
    """Starting the service must not wait for them."""
    script = "import sys, cds_service.sandbox.routes, cds_service.sandbox.fixtures; print('fhir.resources' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
