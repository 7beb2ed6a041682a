"""Prefetch, server or any mixture of both: the same records, whichever way they came (FHIR-02)."""

from __future__ import annotations

import itertools
import json
import urllib.request

import pytest

from tests.unit.fhir.support import (
    PATIENT,
    allergy,
    call,
    condition,
    medication,
    needs,
    order,
    person,
    procedure,
    store,
)

TYPES = ("Patient", "AllergyIntolerance", "MedicationStatement")
NEEDS = needs(*TYPES)
STATEMENT = {
    "resourceType": "MedicationStatement",
    "id": "s1",
    "status": "completed",
    "medicationReference": {"reference": "Medication/med2"},
    "subject": {"reference": f"Patient/{PATIENT}"},
}
RECORD = (
    person(),
    condition("c1"),
    condition("c2", note=[{"text": "left side"}]),
    *(order(f"m{n}", medication="Medication/med1" if n % 2 else None) for n in range(9)),
    procedure("p1"),
    allergy("a1"),
    STATEMENT,
    medication("med1"),
    medication("med2"),
    condition("x", patient="other"),
    order("y", patient="other", medication="Medication/med9"),
    medication("med9"),
)
SUBSETS = [
    subset for size in range(7) for subset in itertools.combinations([need.key for need in NEEDS.needs], size)
]


def content(records):
    """Everything that is known, without the order in which it came."""
    return {
        "patient": records.patient_id,
        "resources": {name: sorted(found, key=lambda r: r.id) for name, found in records.resources.items()},
        "medications": dict(records.medications),
        "incomplete": records.incomplete,
        "unreadable": dict(records.unreadable),
        "foreign": records.foreign,
    }


def prefetch_as_a_client_would(base):
    """Expand the published templates and ask, page after page, as a client does."""
    sent = {}
    for key, template in NEEDS.templates.items():
        url = f"{base}/{template.replace('{{context.patientId}}', PATIENT)}"
        found, url = read(url), None
        while (links := [link["url"] for link in found.get("link", []) if link["relation"] == "next"]) != []:
            more = read(links[0])
            found = {**more, "entry": found["entry"] + more["entry"]}
        sent[key] = found
    return sent


def read(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.loads(answer.read())


@pytest.fixture
def gather(gatherer):
    return lambda decoded: content(
        gatherer.gather(decoded, needs=NEEDS, second_stage=lambda _: frozenset(TYPES))
    )


@pytest.fixture
def ehr(stub):
    stub.answer = store(*RECORD, page=4)
    return stub


def test_the_server_alone_gives_the_whole_record_of_this_patient(gather, ehr):
    found = gather(call(server=ehr.base))
    assert {name: [r.id for r in resources] for name, resources in found["resources"].items()} == {
        "Patient": [PATIENT],
        "Condition": ["c1", "c2"],
        "MedicationRequest": [f"m{n}" for n in range(9)],
        "Procedure": ["p1"],
        "AllergyIntolerance": ["a1"],
        "MedicationStatement": ["s1"],
    }
    assert set(found["medications"]) == {"Medication/med1", "Medication/med2"}
    assert found["incomplete"] == frozenset()
    assert found["foreign"] == 0


def test_prefetch_alone_gives_the_same(gather, ehr):
    assert gather(call(prefetch_as_a_client_would(ehr.base))) == gather(call(server=ehr.base))


@pytest.mark.parametrize("keys", SUBSETS, ids="+".join)
def test_any_mixture_gives_the_same(gather, ehr, keys):
    whole = prefetch_as_a_client_would(ehr.base)
    expected = gather(call(server=ehr.base))
    ehr.heard.clear()
    assert gather(call({key: whole[key] for key in keys}, server=ehr.base)) == expected
    missing = {need.resource_type for need in NEEDS.needs if need.key not in keys}
    assert {heard.resource_type for heard in ehr.heard} == missing


def test_first_pages_in_prefetch_and_the_rest_from_the_server_give_the_same(gather, ehr):
    first_pages = {
        key: read(f"{ehr.base}/{template.replace('{{context.patientId}}', PATIENT)}")
        for key, template in NEEDS.templates.items()
    }
    assert gather(call(first_pages, server=ehr.base)) == gather(call(server=ehr.base))


def test_a_server_without_includes_gives_the_same(gather, ehr):
    expected = gather(call(server=ehr.base))
    ehr.answer = store(*RECORD, page=4, includes=False)
    assert gather(call(server=ehr.base)) == expected
