"""Whichever way a body is decoded, the records are the same: speed never changes an answer."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from cds_service.records.decode import decode_call, decode_call_leniently
from cds_service.records.issues import IssueLog
from cds_service.records.lenient import read_member_by_member
from cds_service.records.resources import AnyResource
from tests.unit.records.samples import body, bundle, call

text = st.text(max_size=8)
a_date = st.sampled_from(["2024", "2024-05", "2024-05-17", "2024-05-17T08:00:00+02:00", "not a date"])
number = st.one_of(st.integers(-5, 5000), st.floats(0, 1e6, allow_nan=False))
truth = st.booleans()


def some(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=members)


def arrays(items: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(items, max_size=2)


coding = some(system=text, code=text, display=text, userSelected=truth)
concept = some(coding=arrays(coding), text=text)
reference = some(reference=text, display=text)
quantity = some(value=number, unit=text, system=text, code=text, comparator=st.sampled_from(["<", ">="]))
period = some(start=a_date, end=a_date)
note = some(text=text, time=a_date)
repeat = some(
    frequency=st.integers(1, 4), period=number, periodUnit=st.sampled_from(["d", "h"]), boundsPeriod=period
)
dosage = some(
    text=text, timing=some(repeat=repeat, code=concept), doseAndRate=arrays(some(doseQuantity=quantity))
)


def resource(name: str, **members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return some(id=text, meta=some(versionId=text), **members).map(lambda r: {"resourceType": name, **r})


resources = st.one_of(
    resource(
        "Patient",
        birthDate=a_date,
        gender=text,
        deceasedBoolean=truth,
        extension=arrays(some(url=text, valueCoding=coding)),
    ),
    resource(
        "Condition",
        code=concept,
        subject=reference,
        clinicalStatus=concept,
        onsetPeriod=period,
        bodySite=arrays(concept),
    ),
    resource("Medication", code=concept, ingredient=arrays(some(itemCodeableConcept=concept))),
    resource(
        "MedicationRequest",
        status=text,
        intent=text,
        doNotPerform=truth,
        medicationCodeableConcept=concept,
        medicationReference=reference,
        subject=reference,
        authoredOn=a_date,
        note=arrays(note),
        dosageInstruction=arrays(dosage),
        dispenseRequest=some(validityPeriod=period, numberOfRepeatsAllowed=st.integers(0, 9)),
    ),
    resource(
        "Procedure",
        status=text,
        code=concept,
        subject=reference,
        performedDateTime=a_date,
        complication=arrays(concept),
    ),
    resource(
        "Observation",
        status=text,
        code=concept,
        valueQuantity=quantity,
        valueInteger=st.integers(),
        component=arrays(some(code=concept)),
    ),
    resource("ServiceRequest", status=text, code=concept, authoredOn=a_date, reasonCode=arrays(concept)),
    resource("OperationOutcome", issue=arrays(some(severity=text, code=text))),
)
bundles = st.lists(resources, max_size=4).map(lambda found: bundle(*found))
calls = st.builds(
    lambda prefetch, drafts: call(
        prefetch=prefetch, context={"userId": "Practitioner/1", "patientId": "p1", "draftOrders": drafts}
    ),
    st.dictionaries(st.sampled_from("abc"), st.one_of(st.none(), resources, bundles), max_size=3),
    bundles,
)


@given(calls)
def test_a_valid_call_decodes_to_the_same_records_both_ways(sent: dict[str, Any]) -> None:
    fast = decode_call(body(sent))
    assert not fast.lenient
    assert decode_call_leniently(body(sent)) == fast


@given(resources)
def test_a_valid_resource_reads_the_same_member_by_member(sent: dict[str, Any]) -> None:
    raw = msgspec.Raw(body(sent))
    log = IssueLog()
    assert read_member_by_member(raw, sent["resourceType"], log) == msgspec.json.decode(raw, type=AnyResource)
    assert log.counts() == {}


json_values = st.recursive(
    st.one_of(st.none(), truth, number, text),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["code", "coding", "text", "entry", "resource"]), inner, max_size=3),
    ),
    max_leaves=6,
)


@given(st.sampled_from(["status", "code", "subject", "onsetDateTime", "clinicalStatus", "id"]), json_values)
def test_no_value_of_a_member_ever_breaks_a_call_or_touches_its_neighbours(
    member: str, value: object
) -> None:
    odd = {"resourceType": "Condition", "id": "odd", "code": {"text": "x"}, member: value}
    fine = {"resourceType": "Condition", "id": "fine", "code": {"text": "y"}}
    decoded = decode_call(body(call(prefetch={"k": bundle(odd, fine)})))
    assert decoded.call.prefetch is not None
    found = decoded.call.prefetch["k"]
    assert msgspec.json.decode(body(fine), type=AnyResource) in [e.resource for e in found.entry]  # type: ignore[union-attr]


@given(json_values)
def test_no_body_of_the_wrong_shape_ever_breaks_the_service(value: object) -> None:
    decoded = decode_call(
        body({"hook": value, "context": value, "prefetch": value, "fhirAuthorization": value})
    )
    assert isinstance(decoded.problems, tuple)
