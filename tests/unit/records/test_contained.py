"""Contained resources are read late and leniently: what cannot be read is left out and counted."""

from __future__ import annotations

from msgspec import Raw

from cds_service.records.issues import IssueLog
from cds_service.records.lenient import read_contained
from cds_service.records.resources import Medication
from tests.unit.records.samples import body, condition

WHERE = "MedicationRequest.contained"


def read(value: object) -> tuple[list[str], int]:
    log = IssueLog()
    found = read_contained(Raw(body(value)), log, WHERE)
    return [type(r).__name__ for r in found], sum(log.counts().values())


def test_a_list_of_resources() -> None:
    sent = [{"resourceType": "Medication", "id": "m1"}, {"resourceType": "Organization"}, condition()]
    assert read(sent) == (["Medication", "Condition"], 0)


def test_one_resource_counts_as_a_list_of_one() -> None:
    assert read({"resourceType": "Medication"}) == (["Medication"], 0)


def test_nothing_is_nothing() -> None:
    assert read_contained(Raw(), IssueLog(), WHERE) == ()
    assert read(None) == ([], 0)


def test_what_cannot_be_read_is_left_out_and_counted() -> None:
    assert read(
        ["x", {"resourceType": "Medication", "code": 5}, {"resourceType": "Bundle", "entry": 1}, {}]
    ) == ([], 5)
    assert read("a tablet") == ([], 1)


def test_an_odd_medication_is_repaired() -> None:
    log = IssueLog()
    (found,) = read_contained(Raw(body({"resourceType": "Medication", "code": "Tegretol"})), log, WHERE)
    assert isinstance(found, Medication)
    assert found.code is not None
    assert found.code.text == "Tegretol"
