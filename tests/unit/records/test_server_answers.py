"""Answers of a FHIR server are read as leniently as a call; what is no FHIR JSON at all is said so, without content."""

from __future__ import annotations

import pytest

from cds_service.records.decode import NotFhirJson, decode_bundle, decode_resource
from cds_service.records.resources import Condition, OperationOutcome
from tests.unit.records.samples import body, bundle, condition, request


def test_a_searchset_gives_its_resources_and_its_links() -> None:
    sent = bundle(
        condition(), link=[{"relation": "next", "url": "https://ehr.example.org/r4/Condition?page=2"}]
    )
    decoded = decode_bundle(body(sent))
    assert isinstance(decoded.bundle.entry[0].resource, Condition)
    assert decoded.bundle.link[0].relation == "next"
    assert decoded.unreadable == {}


def test_an_odd_entry_costs_itself_only_and_is_counted() -> None:
    decoded = decode_bundle(body(bundle(condition(id="good"), request(subject=5), 7)))
    assert [e.resource.id for e in decoded.bundle.entry if e.resource] == ["good"]
    assert decoded.unreadable == {"MedicationRequest": 1, "": 1}


def test_a_bare_resource_counts_as_a_bundle_of_one() -> None:
    decoded = decode_bundle(body({"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}))
    assert isinstance(decoded.bundle.entry[0].resource, OperationOutcome)


def test_a_read_gives_the_resource() -> None:
    found = decode_resource(body(condition()))
    assert isinstance(found.resource, Condition)


def test_a_read_of_a_type_that_no_rule_reads_gives_nothing() -> None:
    assert decode_resource(body({"resourceType": "Practitioner", "id": "d1"})).resource is None


@pytest.mark.parametrize(
    "sent",
    [
        b"<html>SECRET</html>",
        b"",
        b"[]",
        b'"SECRET"',
        b"{}",
        b'{"resourceType": 5}',
        b"[" * 10_000 + b"]" * 10_000,
    ],
)
def test_what_is_no_fhir_json_is_said_so_without_content(sent: bytes) -> None:
    for read in (decode_bundle, decode_resource):
        with pytest.raises(NotFhirJson) as caught:
            read(sent)
        assert "SECRET" not in str(caught.value)


def test_a_bundle_whose_entries_are_no_list_cannot_be_read() -> None:
    with pytest.raises(NotFhirJson):
        decode_bundle(body({"resourceType": "Bundle", "entry": "many"}))


def test_a_resource_that_lost_what_decides_its_meaning_cannot_be_read() -> None:
    with pytest.raises(NotFhirJson):
        decode_resource(body(condition(code=5)))
