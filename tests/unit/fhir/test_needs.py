"""What rules read becomes prefetch templates for clients and queries for FHIR servers, from one table."""

from __future__ import annotations

import pytest

from cds_service.errors import InvalidHookRequest, RuleProblem
from cds_service.fhir.needs import RESOURCE_TYPES, medications_by_id
from tests.unit.fhir.support import needs


def path_of(resource_type: str, patient: str = "p1", **options: int) -> str:
    (need,) = needs(resource_type, codes=("4548-4", "72166-2")).of_types([resource_type])
    return need.path(patient, **options)


def test_three_types_are_read_first_whatever_the_rules_say():
    assert [(need.resource_type, need.key) for need in needs().first] == [
        ("Condition", "conditions"),
        ("MedicationRequest", "medications"),
        ("Procedure", "procedures"),
    ]
    assert needs().needs == needs().first


def test_everything_else_is_optional():
    every = needs(*RESOURCE_TYPES)
    assert [need.resource_type for need in every.needs if need.required] == [
        "Condition",
        "MedicationRequest",
        "Procedure",
    ]
    assert len(every.needs) == 14


def test_templates_are_relative_urls_with_the_patient_as_a_token():
    templates = needs("Patient", "AllergyIntolerance", "MedicationStatement").templates
    assert templates == {
        "patient": "Patient/{{context.patientId}}",
        "conditions": "Condition?patient={{context.patientId}}",
        "medications": "MedicationRequest?patient={{context.patientId}}&_include=MedicationRequest:medication",
        "procedures": "Procedure?patient={{context.patientId}}",
        "statements": "MedicationStatement?patient={{context.patientId}}&_include=MedicationStatement:medication",
        "allergies": "AllergyIntolerance?patient={{context.patientId}}",
    }


@pytest.mark.parametrize(
    ("resource_type", "key"),
    [
        ("MedicationAdministration", "administrations"),
        ("MedicationDispense", "dispenses"),
        ("Observation", "observations"),
        ("DiagnosticReport", "reports"),
        ("ImagingStudy", "imaging"),
        ("ServiceRequest", "requests"),
        ("Device", "devices"),
        ("Encounter", "encounters"),
    ],
)
def test_each_type_has_a_key_of_its_own(resource_type, key):
    assert (
        needs(resource_type).templates[key].startswith(f"{resource_type}?patient={{{{context.patientId}}}}")
    )


def test_observations_are_limited_to_the_codes_that_rules_read_each_once_in_their_order():
    templates = needs("Observation", codes=("72166-2", "4548-4", "72166-2")).templates
    assert templates["observations"] == "Observation?patient={{context.patientId}}&code=72166-2,4548-4"


def test_without_codes_all_observations_are_asked_for():
    assert needs("Observation").templates["observations"] == "Observation?patient={{context.patientId}}"


def test_the_order_of_the_templates_never_changes():
    one, other = needs("Device", "Patient", "Encounter"), needs("Encounter", "Device", "Patient")
    assert list(one.templates) == list(other.templates)


def test_a_medication_comes_along_and_is_no_need_of_its_own():
    assert needs("Medication").needs == needs().needs


def test_a_type_without_a_query_stops_the_start():
    with pytest.raises(RuleProblem, match=r"patient-view.*Appointment"):
        needs("Appointment", "Condition")


def test_queries_name_the_patient_and_may_ask_for_larger_pages():
    assert path_of("Patient") == "Patient/p1"
    assert path_of("Patient", page_size=200) == "Patient/p1"
    assert path_of("Condition") == "Condition?patient=p1"
    assert path_of("Condition", page_size=200) == "Condition?patient=p1&_count=200"
    assert path_of("Observation") == "Observation?patient=p1&code=4548-4,72166-2"


@pytest.mark.parametrize(
    ("patient", "written"),
    [
        ("a b", "a%20b"),
        ("a&_count=1", "a%26_count%3D1"),
        ("a/b", "a%2Fb"),
        ("a#b", "a%23b"),
        ("ä", "%C3%A4"),
    ],
)
def test_characters_of_an_id_stay_characters_of_the_id(patient, written):
    assert path_of("Condition", patient) == f"Condition?patient={written}"
    assert path_of("Patient", patient) == f"Patient/{written}"


def test_a_comma_in_an_id_does_not_ask_for_two_patients():
    # FHIR R4, Escaping Search Parameters: a comma that belongs to the value is written with a backslash.
    assert path_of("Condition", "mine,yours") == "Condition?patient=mine%5C%2Cyours"
    assert path_of("Condition", "a|b$c\\d") == "Condition?patient=a%5C%7Cb%5C%24c%5C%5Cd"


@pytest.mark.parametrize("patient", ["", ".", ".."])
@pytest.mark.parametrize("resource_type", ["Patient", "Condition"])
def test_what_is_no_id_is_refused_before_it_finds_somebody_else(resource_type, patient):
    with pytest.raises(InvalidHookRequest):
        path_of(resource_type, patient)


def test_types_that_the_rules_do_not_read_are_left_out():
    assert [need.resource_type for need in needs("Device").of_types({"Device", "Encounter"})] == ["Device"]


def test_medications_are_read_together():
    assert medications_by_id(["m1", "m,2"]) == "Medication?_id=m1,m%5C%2C2&_count=2"
