"""Gathering a patient's records for one call: what is asked, what is missing, and what the call is told (TV-05 to TV-11)."""

from __future__ import annotations

import time

import pytest

from cds_service.errors import DataUnavailable, InvalidHookRequest
from cds_service.records.decode import decode_call
from tests.unit.fhir.support import (
    PATIENT,
    TOKEN,
    allergy,
    body,
    by_type,
    call,
    condition,
    empty_required,
    medication,
    needs,
    next_link,
    order,
    outcome,
    person,
    procedure,
    says,
    searchset,
    store,
)

NEEDS = needs(
    "Patient", "AllergyIntolerance", "Observation", "MedicationStatement", "DiagnosticReport", "Encounter"
)


def wants(*types):
    return lambda records: frozenset(types)


def ids(records, resource_type):
    return sorted(resource.id for resource in records.of_type(resource_type))


@pytest.fixture
def gather(gatherer):
    """Gather for a call; the second stage wants nothing unless a test says so."""

    def run(decoded, *types, by=gatherer, second_stage=None):
        return by.gather(decoded, needs=NEEDS, second_stage=second_stage or wants(*types))

    return run


# From prefetch alone


def test_full_prefetch_is_all_there_is_to_read(gather, stub):
    prefetch = empty_required(
        conditions=searchset(condition("c1")), patient=person(), allergies=searchset(allergy("a1"))
    )
    records = gather(call(prefetch, server=stub.base), "Patient", "AllergyIntolerance")
    assert records.patient_id == PATIENT
    assert ids(records, "Condition") == ["c1"]
    assert ids(records, "Patient") == [PATIENT]
    assert ids(records, "AllergyIntolerance") == ["a1"]
    assert records.incomplete == frozenset()
    assert stub.heard == []


def test_what_is_known_to_be_empty_is_there_and_empty(gather, stub):
    records = gather(call(empty_required(procedures=searchset()), server=stub.base))
    assert dict(records.resources) == {"Condition": (), "MedicationRequest": (), "Procedure": ()}
    assert records.incomplete == frozenset()
    assert stub.heard == []


def test_a_type_that_was_sent_though_no_rule_needs_it_now_is_used(gather):
    records = gather(call(empty_required(allergies=searchset(allergy("a1")))))
    assert ids(records, "AllergyIntolerance") == ["a1"]


def test_the_second_stage_sees_what_the_first_found_and_what_was_sent(gather, stub):
    seen = []
    stub.answer = store(condition("c1"), order("m1"))
    prefetch = {"procedures": searchset(procedure("p1")), "patient": person()}
    gather(call(prefetch, server=stub.base), second_stage=lambda records: seen.append(records) or frozenset())
    assert {name: ids(seen[0], name) for name in seen[0].resources} == {
        "Condition": ["c1"],
        "MedicationRequest": ["m1"],
        "Procedure": ["p1"],
        "Patient": [PATIENT],
    }


# From the server: exactly what is missing, in stages


def test_the_required_types_are_asked_for_first_and_others_only_when_wanted(gather, stub):
    stub.answer = store(condition("c1"), order("m1"), procedure("p1"), allergy("a1"), person())
    records = gather(call(server=stub.base))
    assert stub.asked() == ["Condition", "MedicationRequest", "Procedure"]
    assert "AllergyIntolerance" not in records.resources
    assert records.incomplete == frozenset()
    stub.heard.clear()
    records = gather(call(server=stub.base), "AllergyIntolerance", "Patient")
    assert stub.asked() == ["AllergyIntolerance", "Condition", "MedicationRequest", "Patient", "Procedure"]
    assert ids(records, "AllergyIntolerance") == ["a1"]
    assert ids(records, "Patient") == [PATIENT]


def test_exactly_the_missing_key_is_asked_for(gather, stub):
    stub.answer = store(order("m1"))
    prefetch = {"conditions": searchset(condition("c1")), "procedures": None}
    records = gather(call(prefetch, server=stub.base))
    assert [heard.path for heard in stub.heard] == [
        f"/fhir/MedicationRequest?patient={PATIENT}&_include=MedicationRequest:medication&_count=200"
    ]
    assert (ids(records, "Condition"), ids(records, "MedicationRequest")) == (["c1"], ["m1"])


def test_a_wrong_value_is_asked_for_as_if_it_were_absent(gather, stub):
    stub.answer = store(condition("c1"))
    records = gather(call(empty_required(conditions="<html>"), server=stub.base))
    assert ids(records, "Condition") == ["c1"]


def test_the_queries_of_a_stage_run_side_by_side(gather, stub):
    answer = store(condition("c1"), order("m1"), procedure("p1"))
    stub.answer = lambda handler: (stub.wait(0.2), answer(handler))
    begun = time.monotonic()
    gather(call(server=stub.base))
    assert time.monotonic() - begun < 0.55


def test_every_query_carries_the_token_of_its_call(gather, stub):
    stub.answer = store(condition("c1"))
    gather(call(server=stub.base, token=TOKEN), "Observation")
    assert {heard.headers["Authorization"] for heard in stub.heard} == {f"Bearer {TOKEN}"}
    stub.heard.clear()
    gather(call(server=stub.base), "Observation")
    assert not any("Authorization" in heard.headers for heard in stub.heard)


def test_a_base_with_a_slash_at_its_end_is_the_same(gather, stub):
    gather(call(server=stub.base + "/"))
    assert {heard.path.partition("?")[0] for heard in stub.heard} == {
        "/fhir/Condition",
        "/fhir/MedicationRequest",
        "/fhir/Procedure",
    }


def test_more_than_a_hundred_orders_come_page_by_page_with_their_medications(gather, stub):
    orders = [order(f"m{n}", medication=f"Medication/med{n}" if n % 3 == 0 else None) for n in range(125)]
    stub.answer = store(*orders, *(medication(f"med{n}") for n in range(0, 125, 3)), page=50)
    records = gather(call(server=stub.base))
    assert len(records.of_type("MedicationRequest")) == 125
    assert len(records.medications) == 42
    assert len(stub.heard) == 5
    assert records.incomplete == frozenset()


# What cannot be had: required types


@pytest.mark.parametrize("prefetch", [None, {"conditions": None}, {"conditions": None, "medications": None}])
def test_without_a_server_a_missing_required_type_is_unavailable(gather, prefetch):
    with pytest.raises(DataUnavailable, match=r"Procedure \(no-fhir-server\)"):
        gather(call(prefetch))


def test_the_message_names_every_type_and_why(gather):
    with pytest.raises(DataUnavailable) as refused:
        gather(call({"conditions": None, "procedures": outcome("error")}))
    assert str(refused.value) == (
        "Could be had neither from prefetch nor from the FHIR server: "
        "MedicationRequest (no-fhir-server); Procedure (operation-outcome)"
    )


def test_what_the_client_failed_to_get_is_not_asked_again(gather, stub):
    stub.answer = store(condition("c1"))
    with pytest.raises(DataUnavailable, match="Condition"):
        gather(call(empty_required(conditions=outcome("error")), server=stub.base))
    assert stub.heard == []


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_a_server_that_refuses_a_required_type_makes_it_unavailable(gather, stub, status):
    stub.answer = by_type({"Procedure": says(outcome("error"), status=status)})
    with pytest.raises(DataUnavailable, match=r": Procedure \("):
        gather(call(server=stub.base))


def test_a_server_that_answers_in_html_makes_it_unavailable(gather, stub):
    stub.answer = lambda handler: handler.say(b"<html></html>", content_type="text/html")
    with pytest.raises(DataUnavailable, match="answer-not-fhir-json"):
        gather(call(server=stub.base))


def test_a_server_that_answers_another_question_makes_it_unavailable(gather, stub):
    stub.answer = by_type({"Procedure": says(searchset(allergy()))})
    with pytest.raises(DataUnavailable, match=r"Procedure \(answer-not-fhir-json\)"):
        gather(call(server=stub.base))


def test_a_server_that_is_too_slow_is_given_up_at_the_deadline(gatherers, gather, stub):
    stub.answer = lambda handler: stub.wait(5)
    begun = time.monotonic()
    with pytest.raises(DataUnavailable, match="over-time"):
        gather(call(server=stub.base), by=gatherers(call_budget_seconds=0.3))
    assert time.monotonic() - begun < 1.0


def test_in_production_an_insecure_server_is_not_contacted(gatherers, gather, stub):
    with pytest.raises(DataUnavailable, match="fhir-server-not-https"):
        gather(call(server=stub.base, token=TOKEN), by=gatherers(dev=False))
    records = gather(call(empty_required(), server=stub.base, token=TOKEN), by=gatherers(dev=False))
    assert records.incomplete == frozenset()
    assert stub.heard == []


def test_an_empty_search_is_no_missing_data(gather, stub):
    records = gather(call(server=stub.base))
    assert dict(records.resources) == {"Condition": (), "MedicationRequest": (), "Procedure": ()}
    assert records.incomplete == frozenset()


@pytest.mark.parametrize("context", [{"patientId": None}, {"patientId": ""}])
def test_a_call_without_a_patient_is_invalid(gather, context):
    with pytest.raises(InvalidHookRequest):
        gather(call(empty_required(), **context))


def test_a_call_without_context_is_invalid(gather):
    with pytest.raises(InvalidHookRequest):
        gather(decode_call(b"{}"))


# What cannot be had: optional types


def test_a_wanted_type_that_nobody_can_give_is_incomplete(gather):
    records = gather(call(empty_required()), "AllergyIntolerance", "Patient")
    assert records.incomplete == {"AllergyIntolerance", "Patient"}
    assert "AllergyIntolerance" not in records.resources


def test_a_type_that_failed_but_that_no_rule_needs_is_not_missed(gather):
    records = gather(call(empty_required(allergies=outcome("error"))))
    assert records.incomplete == frozenset()


def test_what_the_client_failed_to_get_is_incomplete_when_optional(gather, stub):
    stub.answer = store(allergy("a1"))
    records = gather(call(empty_required(allergies=outcome("error")), server=stub.base), "AllergyIntolerance")
    assert records.incomplete == {"AllergyIntolerance"}
    assert stub.heard == []


def test_what_is_known_of_a_failed_type_is_not_thrown_away(gather):
    sent = searchset(allergy("a1"), outcome("error"))
    records = gather(call(empty_required(allergies=sent)), "AllergyIntolerance")
    assert ids(records, "AllergyIntolerance") == ["a1"]
    assert records.incomplete == {"AllergyIntolerance"}


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_a_server_that_refuses_an_optional_type_makes_it_incomplete(gather, stub, status):
    stub.answer = by_type({"AllergyIntolerance": says(outcome("error"), status=status)})
    records = gather(call(server=stub.base), "AllergyIntolerance", "Observation")
    assert records.incomplete == {"AllergyIntolerance"}
    assert records.resources["Observation"] == ()


def test_one_slow_query_does_not_lose_the_others(gatherers, gather, stub):
    slow = {"Observation": lambda handler: stub.wait(5)}
    stub.answer = by_type(slow, otherwise=store(condition("c1"), allergy("a1")))
    begun = time.monotonic()
    records = gather(
        call(server=stub.base), "AllergyIntolerance", "Observation", by=gatherers(call_budget_seconds=0.5)
    )
    assert time.monotonic() - begun < 1.2
    assert ids(records, "AllergyIntolerance") == ["a1"]
    assert records.incomplete == {"Observation"}


def test_the_pages_that_came_in_time_are_kept(gatherers, gather, stub):
    def answer(handler):
        if "page=2" in handler.path:
            stub.wait(5)
            return
        found = searchset(allergy("a1"), link=next_link(f"{stub.base}/AllergyIntolerance?page=2"))
        handler.say(body(found))

    stub.answer = by_type({"AllergyIntolerance": answer})
    records = gather(call(server=stub.base), "AllergyIntolerance", by=gatherers(call_budget_seconds=0.5))
    assert ids(records, "AllergyIntolerance") == ["a1"]
    assert records.incomplete == {"AllergyIntolerance"}


def test_a_type_that_rules_never_announced_is_missed_and_logged(gather, stub, caplog):
    records = gather(call(empty_required(), server=stub.base), "Device")
    assert records.incomplete == {"Device"}
    assert stub.heard == []
    assert [record.resource_type for record in caplog.records] == ["Device"]


# Histories that are not whole


def test_the_pages_after_prefetch_are_read_from_the_server(gather, stub):
    stub.answer = says(searchset(condition("c2"), condition("c1")))
    sent = searchset(condition("c1"), link=next_link(f"{stub.base}/Condition?page=2"))
    records = gather(call(empty_required(conditions=sent), server=stub.base, token=TOKEN))
    assert ids(records, "Condition") == ["c1", "c2"]
    assert records.incomplete == frozenset()
    assert [heard.path for heard in stub.heard] == ["/fhir/Condition?page=2"]


def test_the_pages_after_prefetch_on_another_server_are_never_read(gather, serve, stub):
    other = serve(says(searchset(condition("stolen"))))
    sent = searchset(condition("c1"), link=next_link(f"{other.base}/Condition?page=2"))
    records = gather(call(empty_required(conditions=sent), server=stub.base, token=TOKEN))
    assert ids(records, "Condition") == ["c1"]
    assert records.incomplete == {"Condition"}
    assert other.heard == []


def test_a_first_page_alone_is_used_but_proves_no_absence(gather):
    sent = searchset(condition("c1"), link=next_link("https://ehr.example.org/r4/Condition?page=2"))
    records = gather(call(empty_required(conditions=sent)))
    assert ids(records, "Condition") == ["c1"]
    assert records.incomplete == {"Condition"}


def test_a_server_whose_pages_lead_nowhere_gives_an_incomplete_history(gather, stub):
    lost = searchset(condition("c1"), link=next_link(f"{stub.base}/Condition?page=2"))
    stub.answer = by_type(
        {"Condition": lambda h: h.say(body(lost)) if "page=2" not in h.path else h.say(b"", status=500)}
    )
    records = gather(call(server=stub.base))
    assert ids(records, "Condition") == ["c1"]
    assert records.incomplete == {"Condition"}


def test_a_server_that_shows_fewer_than_it_found_gives_an_incomplete_history(gather, stub):
    stub.answer = by_type({"Condition": says(searchset(condition("c1"), total=9))})
    assert gather(call(server=stub.base)).incomplete == {"Condition"}


def test_prefetch_that_shows_fewer_than_were_found_is_asked_for_anew(gather, stub):
    stub.answer = store(condition("c1"), condition("c2"))
    sent = searchset(condition("c1"), condition("x", patient="other"), total=9)
    records = gather(call(empty_required(conditions=sent), server=stub.base))
    assert ids(records, "Condition") == ["c1", "c2"]
    assert records.foreign == 0
    assert records.incomplete == frozenset()


def test_an_unreadable_resource_is_counted_and_makes_its_type_incomplete(gather, stub):
    sent = searchset(condition("c1"), condition("c2", code=7))
    records = gather(call(empty_required(conditions=sent), server=stub.base))
    assert ids(records, "Condition") == ["c1"]
    assert records.unreadable == {"Condition": 1}
    assert records.incomplete == {"Condition"}
    assert stub.heard == []


def test_an_optional_type_that_is_not_whole_is_left_out_unless_it_is_wanted(gather):
    prefetch = empty_required(allergies=searchset(allergy("a1"), total=5))
    assert "AllergyIntolerance" not in gather(call(prefetch)).resources
    wanted = gather(call(prefetch), "AllergyIntolerance")
    assert ids(wanted, "AllergyIntolerance") == ["a1"]
    assert wanted.incomplete == {"AllergyIntolerance"}


# Other patients


def test_resources_of_another_patient_are_discarded_and_counted(gather, stub):
    stub.answer = by_type({"MedicationRequest": says(searchset(order("m1"), order("x", patient="other")))})
    sent = searchset(condition("c1"), condition("y", patient="other"))
    records = gather(call({"conditions": sent, "procedures": None}, server=stub.base))
    assert (ids(records, "Condition"), ids(records, "MedicationRequest")) == (["c1"], ["m1"])
    assert records.foreign == 2
    assert records.incomplete == frozenset()


def test_prefetch_of_another_patient_says_nothing_about_this_one(gather, stub):
    sent = searchset(condition("x", patient="other"))
    alone = gather(call(empty_required(conditions=sent)))
    assert (ids(alone, "Condition"), alone.foreign, alone.incomplete) == ([], 1, {"Condition"})
    stub.answer = store(condition("c1"))
    asked = gather(call(empty_required(conditions=sent), server=stub.base))
    assert (ids(asked, "Condition"), asked.incomplete) == (["c1"], frozenset())


def test_a_token_for_another_patient_is_not_used(gather, stub):
    decoded = decode_call(
        body(
            {
                "context": {"patientId": PATIENT},
                "fhirServer": stub.base,
                "fhirAuthorization": {
                    "access_token": TOKEN,
                    "token_type": "Bearer",
                    "expires_in": 300,
                    "patient": "other",
                },
            }
        )
    )
    with pytest.raises(DataUnavailable, match="access-token-for-another-patient"):
        gather(decoded)
    assert stub.heard == []


# Medications by reference


def test_medications_that_came_with_their_orders_are_not_asked_for(gather, stub):
    stub.answer = store(order("m1", medication="Medication/med1"), medication("med1"))
    records = gather(call(server=stub.base))
    assert records.medications["Medication/med1"].id == "med1"
    assert "Medication" not in stub.asked()


def test_medications_that_nobody_sent_are_asked_for_together(gather, stub):
    orders = [order(f"m{n}", medication=f"Medication/med{n}") for n in range(3)]
    stub.answer = store(*orders, *(medication(f"med{n}") for n in range(3)), includes=False)
    records = gather(call(server=stub.base))
    assert sorted(records.medications) == ["Medication/med0", "Medication/med1", "Medication/med2"]
    assert [heard.path for heard in stub.heard if heard.resource_type == "Medication"] == [
        "/fhir/Medication?_id=med0,med1,med2&_count=3"
    ]


def test_many_of_them_are_asked_for_in_batches(gather, stub):
    orders = [order(f"m{n}", medication=f"Medication/med{n}") for n in range(120)]
    stub.answer = store(*orders, *(medication(f"med{n}") for n in range(120)), includes=False, page=200)
    records = gather(
        call({"medications": searchset(*orders), "conditions": None, "procedures": None}, server=stub.base)
    )
    assert len(records.medications) == 120
    assert stub.asked() == ["Medication"] * 3


@pytest.mark.parametrize(
    "written",
    [
        "Medication/med1",
        "Medication/med1/_history/3",
        "{base}/Medication/med1",
    ],
)
def test_a_medication_is_found_under_the_reference_as_it_was_written(gather, stub, written):
    reference = written.format(base=stub.base)
    stub.answer = store(medication("med1"))
    records = gather(
        call(empty_required(medications=searchset(order("m1", medication=reference))), server=stub.base)
    )
    assert records.medications[reference].id == "med1"
    assert records.medications["Medication/med1"].id == "med1"
    assert records.incomplete == frozenset()


def test_a_medication_in_the_same_bundle_is_found_by_its_full_url(gather):
    uuid = "urn:uuid:1c3b9f0e-7d0a-4f43-8a9c-2f4f4f7a0b11"
    bundle = searchset(order("m1", medication=uuid))
    bundle["entry"].append({"fullUrl": uuid, "resource": {**medication(), "id": None}})
    records = gather(call(empty_required(medications=bundle)))
    assert records.medications[uuid].code.coding[0].code == "2002"


def test_a_medication_on_another_server_is_not_asked_for(gather, serve, stub):
    other = serve(store(medication("med1")))
    orders = searchset(order("m1", medication=f"{other.base}/Medication/med1"))
    records = gather(call(empty_required(medications=orders), server=stub.base, token=TOKEN))
    assert dict(records.medications) == {}
    assert stub.heard == other.heard == []


def test_a_medication_that_nobody_has_may_be_any_drug_unless_the_order_names_it(gather, stub):
    nameless = empty_required(medications=searchset(order("m1", medication="Medication/gone")))
    assert gather(call(nameless, server=stub.base)).incomplete == {"MedicationRequest"}
    assert stub.asked() == ["Medication"]
    named = order(
        "m1", medicationReference={"reference": "Medication/gone", "display": "carbamazepine 200 mg"}
    )
    del named["medicationCodeableConcept"]
    assert gather(call(empty_required(medications=searchset(named)))).incomplete == frozenset()


def test_a_contained_medication_is_nobody_elses_business(gather, stub):
    contained = order("m1", medication="#drug", contained=[medication("drug")])
    records = gather(call(empty_required(medications=searchset(contained)), server=stub.base))
    assert records.incomplete == frozenset()
    assert stub.heard == []


def test_medications_of_drafts_ride_with_the_drafts_or_are_asked_for(gather, stub):
    stub.answer = store(medication("far"))
    drafts = {
        "resourceType": "Bundle",
        "entry": [
            {"resource": order("d1", medication="Medication/near")},
            {"resource": medication("near")},
            {"resource": order("d2", medication="Medication/far")},
        ],
    }
    records = gather(call(empty_required(), server=stub.base, draftOrders=drafts))
    assert sorted(records.medications) == ["Medication/far", "Medication/near"]
    assert records.of_type("MedicationRequest") == ()


def test_the_second_stage_knows_the_medications_already(gather, stub):
    seen = []
    orders = [order("m1", medication="Medication/med1")]
    stub.answer = store(*orders, medication("med1"), includes=False)
    gather(
        call(server=stub.base), second_stage=lambda records: seen.extend(records.medications) or frozenset()
    )
    assert seen == ["Medication/med1"]


def test_slow_medications_leave_time_for_the_second_stage(gatherers, gather, stub):
    slow = {"Medication": lambda handler: stub.wait(5)}
    stub.answer = by_type(slow, otherwise=store(allergy("a1")))
    prefetch = empty_required(medications=searchset(order("m1", medication="Medication/med1")))
    records = gather(
        call(prefetch, server=stub.base), "AllergyIntolerance", by=gatherers(call_budget_seconds=0.8)
    )
    assert ids(records, "AllergyIntolerance") == ["a1"]
    assert records.incomplete == {"MedicationRequest"}
    assert stub.asked() == ["AllergyIntolerance", "Medication"]
