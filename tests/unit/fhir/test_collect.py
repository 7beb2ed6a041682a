"""A record that comes as one Bundle, as a file or a fixture does."""

from __future__ import annotations

import pytest

from cds_service.fhir.collect import records_of_bundle
from cds_service.fhir.needs import RESOURCE_TYPES
from cds_service.records.decode import decode_bundle
from tests.unit.fhir.support import PATIENT, allergy, body, condition, medication, order, person


def records(*resources, **bundle):
    entries = [{"fullUrl": url, "resource": resource} for url, resource in resources]
    sent = {"resourceType": "Bundle", "type": "transaction", "entry": entries, **bundle}
    return records_of_bundle(decode_bundle(body(sent)), PATIENT)


def test_everything_of_the_patient_is_sorted_by_type():
    found = records(
        ("urn:uuid:a", person()),
        ("urn:uuid:b", condition("c1")),
        ("urn:uuid:c", order("m1", medication="urn:uuid:d")),
        ("urn:uuid:d", medication("med1")),
        ("urn:uuid:e", allergy("a1")),
        ("urn:uuid:f", condition("x", patient="other")),
    )
    assert [r.id for r in found.of_type("Condition")] == ["c1"]
    assert [r.id for r in found.of_type("AllergyIntolerance")] == ["a1"]
    assert found.medications["urn:uuid:d"].id == "med1"
    assert (found.foreign, found.incomplete) == (1, frozenset())


def test_the_patient_may_be_referred_to_by_the_address_of_its_entry():
    uuid = "urn:uuid:5e0c3f1a-6f0b-4c3a-9d43-7b8e1b8b6c10"
    found = records((uuid, person()), ("urn:uuid:b", condition("c1", subject={"reference": uuid})))
    assert [r.id for r in found.of_type("Condition")] == ["c1"]


def test_a_type_that_is_not_in_the_bundle_has_none():
    assert records().resources == dict.fromkeys(RESOURCE_TYPES, ())
    assert records().incomplete == frozenset()


@pytest.mark.parametrize(
    ("broken", "incomplete"),
    [(condition("c2", code=7), {"Condition"}), ({"id": "typeless"}, set(RESOURCE_TYPES))],
    ids=["of a type", "of no type"],
)
def test_what_cannot_be_read_may_have_been_anything(broken, incomplete):
    found = records(("urn:uuid:a", condition("c1")), ("urn:uuid:b", broken))
    assert [r.id for r in found.of_type("Condition")] == ["c1"]
    assert found.incomplete == incomplete


def test_an_unreadable_resource_is_counted_once():
    assert records(("urn:uuid:b", condition("c2", code=7))).unreadable == {"Condition": 1}
