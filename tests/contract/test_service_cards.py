"""The service with its rules: the cards that a client gets for a patient."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.cards.wording import SUMMARY_LIMIT, shortened
from tests.contract.calls import PATHS, bundle, json_of
from tests.contract.cards import EXPLANATION, assert_answer, ids_of
from tests.contract.coverage import covers
from tests.contract.patients import (
    CARL,
    NORA,
    call_for,
    carbamazepine_for,
    order_for,
    paracetamol_for,
    prefetch_of,
    records_of,
)

RECORDS = records_of(CARL)


def ask(service: FlaskClient, hook: str, patient: str = CARL, **call: Any) -> list[dict[str, Any]]:
    """The cards of a call with the patient's whole record as prefetch, each checked."""
    call.setdefault("prefetch", prefetch_of(records_of(patient)))
    response = service.post(PATHS[hook], json=call_for(patient, hook, **call))
    assert response.status_code == 200, response.data
    return assert_answer(json_of(response), patient=patient)


@covers("TV-03", "CARD-01", "CARD-02", "CARD-04", "CARD-05", "CARD-06", "CARD-09", "CARD-11", "CARD-12")
@covers(
    "SUG-01",
    "SUG-02",
    "SUG-03",
    "ACT-01",
    "ACT-02",
    "ACT-03",
    "ACT-07",
    "ACT-10",
    "ACT-12",
    "RESP-03",
    "RESP-04",
)
def test_signing_the_drug_that_failed_gives_one_valid_warning_that_offers_to_delete_the_draft(
    service: FlaskClient,
) -> None:
    (card,) = ask(service, "order-sign", drafts=[carbamazepine_for(CARL)])
    assert card["extension"][EXPLANATION]["card"] == "TN-20"
    assert card["extension"][EXPLANATION]["kind"] == "repeat-of-failed"
    assert card["indicator"] == "warning"
    deleted = [action.get("resourceId") for s in card["suggestions"] for action in s["actions"]]
    assert "MedicationRequest/draft-1" in deleted


@covers("CARD-16")
def test_a_card_about_an_order_names_it(service: FlaskClient) -> None:
    (card,) = ask(service, "order-sign", drafts=[carbamazepine_for(CARL), paracetamol_for(CARL)])
    assert "carbamazepine" in card["summary"].lower()
    assert card["extension"][EXPLANATION]["about"] == ["MedicationRequest/draft-1"]


@covers("TV-04", "CALL-30")
@pytest.mark.parametrize("hook", ["order-sign", "order-select"])
def test_an_order_to_which_no_rule_objects_gives_exactly_no_cards(service: FlaskClient, hook: str) -> None:
    body = call_for(
        CARL,
        hook,
        prefetch=prefetch_of(RECORDS),
        drafts=[paracetamol_for(CARL)],
        selected=["MedicationRequest/draft-2"],
    )
    assert service.post(PATHS[hook], json=body).data == b'{"cards":[]}'


@covers("RESP-06", "CALL-06")
def test_the_same_call_gives_the_same_bytes(service: FlaskClient) -> None:
    body = call_for(NORA, "patient-view", prefetch=prefetch_of(records_of(NORA)))
    answers = {service.post(PATHS["patient-view"], json=body).data for _ in range(3)}
    assert len(answers) == 1
    assert ids_of(ask(service, "patient-view", NORA)) == ["TN-01", "TN-02"]


@covers("TV-13", "CALL-15")
def test_junk_and_extensions_everywhere_change_nothing(service: FlaskClient) -> None:
    draft = carbamazepine_for(CARL)
    plain = call_for(CARL, "order-sign", prefetch=prefetch_of(RECORDS), drafts=[draft])
    junk = {"junk": {"a": [None, {}]}, "extension": {"com.example": 1}}
    records = [
        resource | {"junk": [1, {"b": None}], "extension": [{"url": "urn:x", "valueString": "y"}]}
        for resource in RECORDS
    ]
    odd = call_for(CARL, "order-sign", prefetch=prefetch_of(records), drafts=[draft | junk]) | junk
    odd["context"] |= junk
    odd["prefetch"] |= {"junk": bundle(), "more": "text"}
    assert (
        service.post(PATHS["order-sign"], json=odd).data == service.post(PATHS["order-sign"], json=plain).data
    )


@covers("TV-16", "HOOK-03")
@pytest.mark.parametrize(("selected", "cards"), [("draft-1", ["TN-20"]), ("draft-2", [])])
def test_only_the_selected_draft_is_judged(service: FlaskClient, selected: str, cards: list[str]) -> None:
    found = ask(
        service,
        "order-select",
        drafts=[carbamazepine_for(CARL), paracetamol_for(CARL)],
        selected=[f"MedicationRequest/{selected}"],
    )
    assert ids_of(found) == cards


@covers("HOOK-06")
@pytest.mark.parametrize("status", ["draft", "active", "on-hold", None])
def test_an_order_that_is_signed_again_need_not_be_a_draft(service: FlaskClient, status: str | None) -> None:
    assert ids_of(ask(service, "order-sign", drafts=[carbamazepine_for(CARL, status=status)])) == ["TN-20"]


MEDICATION = {
    "resourceType": "Medication",
    "id": "med-1",
    "code": {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "308979"}]},
}


@covers("TV-14", "HOOK-07", "HOOK-08")
def test_an_epic_like_call(service: FlaskClient) -> None:
    """Ids of 194 characters, the Medication beside the order, absolute references, a warning in an empty Bundle."""
    base = "https://ehr.example.org/api/FHIR/R4"
    long = "e" * 194
    draft = carbamazepine_for(CARL, long, medicationCodeableConcept=None)
    draft["medicationReference"] = {"reference": f"{base}/Medication/med-1", "display": "carbamazepine"}
    draft["subject"] = {"reference": f"{base}/Patient/{CARL}"}
    draft["requester"] = {
        "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason"}]
    }
    records = [
        resource | {"subject": {"reference": f"{base}/Patient/{CARL}"}} if "subject" in resource else resource
        for resource in RECORDS
    ]
    prefetch = prefetch_of(records)
    warning = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "processing"}]}
    for key in ("procedures", "allergies"):
        prefetch[key] = bundle(warning) | {"total": 0}
        prefetch[key]["entry"][0]["search"] = {"mode": "outcome"}
    call = call_for(
        CARL,
        "order-select",
        prefetch=prefetch,
        drafts=[draft, MEDICATION],
        selected=[f"MedicationRequest/{long}"],
        extension={"com.epic.cdshooks.request.bpa-trigger-action": "18"},
        fhirAuthorization=None,
    )
    response = service.post(PATHS["order-select"], json=call)
    assert ids_of(assert_answer(json_of(response), patient=CARL)) == ["TN-20"]
    assert "extension" not in json_of(response)


@covers("TV-15", "HOOK-08", "HOOK-05")
def test_a_sandbox_like_call(service: FlaskClient) -> None:
    """The form is still empty: no medication, no intent, a Bundle without type, category as an object."""
    draft = {
        "resourceType": "MedicationRequest",
        "id": "request-123",
        "status": "draft",
        "subject": {"reference": f"Patient/{CARL}"},
        "category": {"coding": [{"code": "outpatient"}]},
        "reasonCode": {"text": "pain"},
    }
    call = call_for(
        CARL,
        "order-select",
        prefetch=prefetch_of(RECORDS),
        selected=["MedicationRequest/request-123"],
        drafts=[draft],
    )
    del call["context"]["draftOrders"]["type"]
    response = service.post(PATHS["order-select"], json=call)
    assert (response.status_code, response.data) == (200, b'{"cards":[]}')


@covers("HOOK-08")
@pytest.mark.parametrize(
    "medication",
    [
        {"text": "carbamazepine"},
        {"text": "Tegretol 200 mg"},
        {
            "coding": [
                {"system": "urn:local", "code": "1"},
                {"system": "urn:oid:2.16.840.1.113883.6.88", "code": "2002"},
            ]
        },
        {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "2002"}]},
    ],
)
def test_a_draft_is_recognised_by_any_coding_or_by_its_name(
    service: FlaskClient, medication: dict[str, Any]
) -> None:
    draft = carbamazepine_for(CARL, medicationCodeableConcept=medication)
    assert ids_of(ask(service, "order-sign", drafts=[draft])) == ["TN-20"]


@covers("HOOK-08")
def test_members_of_odd_cardinality_do_not_hide_a_draft(service: FlaskClient) -> None:
    draft = carbamazepine_for(CARL, category={"coding": [{"code": "x"}]}, reasonCode={"text": "pain"})
    assert ids_of(ask(service, "order-sign", drafts=[draft])) == ["TN-20"]


@covers("HOOK-11")
def test_a_draft_that_is_in_the_history_too_counts_once(service: FlaskClient) -> None:
    draft = carbamazepine_for(CARL, status="active")
    plain = ask(service, "order-sign", drafts=[draft])
    both = ask(service, "order-sign", drafts=[draft], prefetch=prefetch_of([*RECORDS, draft]))
    assert both == plain


@covers("HOOK-14")
@pytest.mark.parametrize("resource_type", ["MedicationOrder", "ProcedureRequest", "MedicationPrescription"])
def test_types_of_other_fhir_versions_give_no_card(service: FlaskClient, resource_type: str) -> None:
    draft = carbamazepine_for(CARL) | {"resourceType": resource_type}
    assert ask(service, "order-sign", drafts=[draft]) == []


@covers("ACT-12", "TV-23")
def test_a_draft_for_another_patient_gives_no_card(service: FlaskClient) -> None:
    assert ask(service, "order-sign", drafts=[carbamazepine_for("somebody-else")]) == []


@covers("TV-20", "CARD-14")
def test_html_and_markdown_of_the_record_are_shown_as_text(service: FlaskClient) -> None:
    evil = "<img src=x onerror=alert(1)> [click](javascript:alert(1)) **bold** | carbamazepine"
    records = records_of(CARL)
    for resource in records:
        if resource["resourceType"] == "MedicationRequest":
            resource["medicationCodeableConcept"]["text"] = evil
            resource["medicationCodeableConcept"]["coding"][0]["display"] = evil
            resource["note"] = [{"text": evil}]
            if "statusReason" in resource:
                resource["statusReason"]["text"] = evil
    draft = carbamazepine_for(CARL)
    draft["medicationCodeableConcept"]["text"] = evil
    cards = ask(service, "order-sign", drafts=[draft], prefetch=prefetch_of(records))
    assert ids_of(cards) == ["TN-20"]
    for text in (cards[0]["summary"], cards[0]["detail"]):
        assert "<img" not in text
        assert "](" not in text
        assert "**bold**" not in text


@covers("TV-22", "CARD-02")
def test_a_summary_of_139_characters_passes_and_a_longer_one_is_shortened() -> None:
    assert SUMMARY_LIMIT == 139
    just = "word " * 27 + "word"
    assert len(just) == 139
    assert shortened(just) == just
    for longer in (just + "s", "x" * 140, just * 3):
        assert 0 < len(shortened(longer)) <= 139


@covers("CARD-02")
def test_signing_with_the_risk_allele_gives_a_critical_card_first(service: FlaskClient) -> None:
    patient = "hla-b1502"
    cards = ask(service, "order-sign", patient, drafts=[carbamazepine_for(patient)])
    assert (ids_of(cards)[0], cards[0]["indicator"]) == ("TN-22", "critical")


@covers("TV-24")
def test_a_hundred_calls_at_once_are_all_answered_alike(service: FlaskClient) -> None:
    """How soon is measured by the benchmark, on a machine that does nothing else."""
    body = call_for(
        CARL, "order-sign", prefetch=prefetch_of(records_of(CARL)), drafts=[carbamazepine_for(CARL)]
    )
    expected = service.post(PATHS["order-sign"], json=body).data

    def one(_: int) -> bytes:
        answer: bytes = service.application.test_client().post(PATHS["order-sign"], json=body).data
        return answer

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(one, range(100))) == {expected}


@covers("OPS-01")
def test_a_call_takes_much_less_than_half_a_second_of_computing(service: FlaskClient) -> None:
    body = call_for(
        CARL, "order-sign", prefetch=prefetch_of(records_of(CARL)), drafts=[carbamazepine_for(CARL)]
    )
    service.post(PATHS["order-sign"], json=body)
    took = []
    for _ in range(5):
        began = time.thread_time()
        service.post(PATHS["order-sign"], json=body)
        took.append(time.thread_time() - began)
    assert min(took) < 0.25


def test_a_drug_of_the_second_line_is_no_repeat(service: FlaskClient) -> None:
    assert "TN-20" not in ids_of(ask(service, "order-sign", drafts=[order_for(CARL, "28439", "lamotrigine")]))
