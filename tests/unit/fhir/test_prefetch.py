"""What each state of a prefetch key means (CDS Hooks 2.0.1, Prefetch template), row by row."""

from __future__ import annotations

import logging

import pytest

from cds_service.fhir.prefetch import State, owner_of_call, read_prefetch
from tests.unit.fhir.support import (
    PATIENT,
    allergy,
    call,
    condition,
    entry,
    medication,
    needs,
    next_link,
    order,
    outcome,
    person,
    searchset,
)

NEEDS = needs("Patient", "AllergyIntolerance", "Observation")
ABSENT = object()


def read(prefetch, resource_type="Condition"):
    decoded = call(prefetch)
    return read_prefetch(decoded, NEEDS, owner_of_call(decoded, NEEDS, PATIENT))[resource_type]


def conditions(value):
    return read({"conditions": value})


def ids(prefetched):
    return [resource.id for resource in prefetched.reading.ours]


# PRE-20: absent


@pytest.mark.parametrize("prefetch", [None, {}, {"medications": None}, {"Conditions": None}])
def test_a_key_that_is_not_there_is_absent(prefetch):
    assert read(prefetch).state is State.ABSENT
    assert read(prefetch).is_replaceable


def test_a_null_prefetch_is_no_prefetch():
    decoded = call()
    assert (
        read_prefetch(decoded, NEEDS, owner_of_call(decoded, NEEDS, PATIENT))["Patient"].state is State.ABSENT
    )


# PRE-21: partial prefetch is judged key by key


def test_each_key_is_judged_for_itself():
    prefetch = {"conditions": None, "medications": outcome("error"), "patient": person()}
    states = {
        name: read(prefetch, name).state
        for name in ("Condition", "MedicationRequest", "Patient", "Procedure")
    }
    assert states == {
        "Condition": State.KNOWN,
        "MedicationRequest": State.FAILED,
        "Patient": State.KNOWN,
        "Procedure": State.ABSENT,
    }


# PRE-22 and PRE-23: known to be empty


@pytest.mark.parametrize(
    "value",
    [
        None,
        searchset(),
        {"resourceType": "Bundle", "type": "searchset"},
        {"resourceType": "Bundle", "type": "searchset", "total": 0},
        {"resourceType": "Bundle", "type": "searchset", "total": 0, "entry": None},
        {"resourceType": "Bundle"},
    ],
    ids=["null", "no entries", "no entry member", "total 0", "entry null", "bare"],
)
def test_null_and_an_empty_bundle_are_known_to_be_empty(value):
    assert conditions(value).state is State.KNOWN
    assert ids(conditions(value)) == []
    assert not conditions(value).is_replaceable


# PRE-24: a read


def test_a_resource_under_a_read_key_is_data():
    assert read({"patient": person()}, "Patient").state is State.KNOWN
    assert ids(read({"patient": person()}, "Patient")) == [PATIENT]


def test_a_resource_of_another_type_under_a_read_key_is_not():
    assert read({"patient": condition()}, "Patient").state is State.ABSENT


# PRE-25: a search


def test_a_bundle_is_read_entry_by_entry():
    found = conditions(searchset(condition("a"), condition("b")))
    assert found.state is State.KNOWN
    assert ids(found) == ["a", "b"]


def test_entries_without_a_resource_and_of_other_types_are_passed_over():
    bundle = searchset(condition("a"), allergy(), {"resourceType": "Claim", "id": "x"})
    bundle["entry"].append({"fullUrl": "urn:uuid:0"})
    assert conditions(bundle).state is State.KNOWN
    assert ids(conditions(bundle)) == ["a"]


def test_a_resource_that_is_there_twice_counts_once():
    assert ids(conditions(searchset(condition("a"), condition("a")))) == ["a"]


def test_a_bundle_without_a_type_is_read():
    assert ids(conditions({"resourceType": "Bundle", "entry": [{"resource": condition("a")}]})) == ["a"]


# PRE-26 and PRE-27: OperationOutcomes


@pytest.mark.parametrize("severity", ["fatal", "error", "warning", "information"])
def test_an_outcome_in_place_of_data_means_that_the_client_failed(severity):
    assert conditions(outcome(severity)).state is State.FAILED
    assert not conditions(outcome(severity)).is_replaceable


@pytest.mark.parametrize("severity", ["information", "warning"])
def test_a_remark_among_the_entries_means_nothing(severity):
    bundle = searchset(total=0)
    bundle["entry"] = [{"resource": outcome(severity), "search": {"mode": "outcome"}}]
    assert conditions(bundle).state is State.KNOWN
    bundle = searchset(condition("a"), outcome(severity))
    assert conditions(bundle).state is State.KNOWN
    assert ids(conditions(bundle)) == ["a"]


@pytest.mark.parametrize("severity", ["error", "fatal", "unheard-of"])
def test_an_error_among_the_entries_means_that_the_client_failed(severity):
    assert conditions(searchset(condition("a"), outcome(severity))).state is State.FAILED


def test_an_outcome_that_says_nothing_is_no_all_clear():
    assert conditions(searchset({"resourceType": "OperationOutcome", "issue": []})).state is State.FAILED


# PRE-28: more pages


def test_a_next_link_means_that_there_is_more():
    found = conditions(searchset(condition("a"), link=next_link("https://ehr.example.org/r4?page=2")))
    assert found.state is State.PARTIAL
    assert found.next_link == "https://ehr.example.org/r4?page=2"
    assert not found.is_replaceable
    assert ids(found) == ["a"]


def test_fewer_entries_than_were_found_means_that_there_is_more_and_nobody_says_where():
    found = conditions(searchset(condition("a"), total=120))
    assert found.state is State.PARTIAL
    assert found.is_replaceable
    assert conditions(searchset(total=3)).state is State.PARTIAL


def test_included_medications_may_or_may_not_be_part_of_the_total():
    bundle = searchset(order("m1", medication="Medication/med1"))
    bundle["entry"].append(entry(medication("med1"), mode="include"))
    for total in (1, 2):
        assert read({"medications": {**bundle, "total": total}}, "MedicationRequest").state is State.KNOWN


# PRE-29: broken clients


@pytest.mark.parametrize(
    "value",
    [
        "<html>502</html>",
        "",
        [],
        [condition()],
        {},
        7,
        True,
        {"id": "x"},
        {"resourceType": "Claim"},
        person(),
    ],
    ids=[
        "html",
        "empty text",
        "array",
        "array of resources",
        "object",
        "number",
        "boolean",
        "typeless",
        "other",
        "patient",
    ],
)
def test_a_value_of_the_wrong_type_is_as_good_as_absent(value):
    assert conditions(value).state is State.ABSENT


@pytest.mark.parametrize(
    "stranger", [allergy(), {"resourceType": "Claim", "id": "x"}], ids=["known", "unknown"]
)
def test_a_bundle_of_nothing_but_other_types_does_not_say_that_there_are_none(stranger):
    assert conditions(searchset(stranger)).state is State.ABSENT


def test_a_wrong_value_is_logged_without_its_content(caplog):
    caplog.set_level(logging.DEBUG)
    conditions(f"<html>{PATIENT}</html>")
    (record,) = caplog.records
    assert (record.message, record.resource_type) == ("prefetch not usable", "Condition")
    assert PATIENT not in str(vars(record))


# PRE-30: tolerated shapes


def test_a_read_answered_with_a_bundle_of_one_and_a_search_with_a_bare_resource():
    assert ids(read({"patient": searchset(person())}, "Patient")) == [PATIENT]
    assert ids(conditions(condition("a"))) == ["a"]


# PRE-31: other patients


def test_resources_of_another_patient_are_discarded_and_counted():
    found = conditions(
        searchset(condition("a"), condition("x", patient="other"), condition("y", patient="third"))
    )
    assert found.state is State.KNOWN
    assert ids(found) == ["a"]
    assert found.reading.foreign == 2


def test_nothing_but_other_patients_does_not_say_that_this_one_has_none():
    found = conditions(searchset(condition("x", patient="other")))
    assert found.state is State.PARTIAL
    assert ids(found) == []
    assert found.is_replaceable


def test_another_patient_is_not_the_patient():
    assert ids(read({"patient": person("other")}, "Patient")) == []
    assert ids(read({"allergies": searchset(allergy(patient="other"))}, "AllergyIntolerance")) == []


# PRE-32: forms of references


@pytest.mark.parametrize(
    ("reference", "is_ours"),
    [
        (f"Patient/{PATIENT}", True),
        (f"https://ehr.example.org/r4/Patient/{PATIENT}", True),
        (f"Patient/{PATIENT}/_history/2", True),
        ("urn:uuid:8e1f7a0e-52a4-4f0c-9d6a-5a6c9d1f8b11", True),
        (f"Patient/{PATIENT}0", False),
        (f"Patient/{PATIENT.upper()}", False),
        ("urn:uuid:00000000-0000-0000-0000-000000000000", False),
        ("https://ehr.example.org/r4/Patient/other", False),
        (f"Group/{PATIENT}", False),
    ],
)
def test_the_patient_is_recognised_in_every_form(reference, is_ours):
    bundle = searchset(person())
    bundle["entry"][0]["fullUrl"] = "urn:uuid:8e1f7a0e-52a4-4f0c-9d6a-5a6c9d1f8b11"
    found = read(
        {"patient": bundle, "conditions": searchset(condition("a", subject={"reference": reference}))}
    )
    assert (ids(found) == ["a"]) is is_ours
    assert found.reading.foreign == (0 if is_ours else 1)


# Medications that come along, and resources that cannot be read


def test_medications_come_along_with_their_orders():
    bundle = searchset(order("m1", medication="Medication/med1"))
    bundle["entry"].append(
        {"fullUrl": "https://ehr.example.org/r4/Medication/med1", **entry(medication(), mode="include")}
    )
    found = read({"medications": bundle}, "MedicationRequest")
    assert found.state is State.KNOWN
    assert ids(found) == ["m1"]
    assert [(url, m.id) for url, m in found.reading.medications] == [
        ("https://ehr.example.org/r4/Medication/med1", "med1")
    ]


def test_an_unreadable_resource_costs_itself_and_the_claim_to_have_them_all():
    found = conditions(searchset(condition("a"), condition("b", code=7)))
    assert ids(found) == ["a"]
    assert found.state is State.PARTIAL
    assert found.reading.unreadable == {"Condition": 1}
    assert not found.is_replaceable


def test_a_resource_that_does_not_tell_its_type_may_have_been_one_of_these():
    found = conditions(searchset(condition("a"), {"id": "b"}))
    assert found.state is State.PARTIAL
    assert found.reading.unreadable == {"Condition": 1}


def test_an_unreadable_medication_leaves_the_orders_whole():
    found = read({"medications": searchset(order("m1"), medication("x", code=7))}, "MedicationRequest")
    assert found.state is State.KNOWN
    assert found.reading.unreadable == {"Medication": 1}


def test_keys_that_nobody_asked_for_are_ignored():
    assert read({"conditions": None, "-user": "<html>", "extra": searchset(condition())}).state is State.KNOWN
