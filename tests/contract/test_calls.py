"""What a call must have, what it may have, and what becomes of calls that are not as they should be."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app import shut_down
from cds_service.errors import DataUnavailable, EvaluationBug
from cds_service.hooks.services import Advice
from tests.contract.calls import (
    INSTANCE,
    PATHS,
    FakeAdviser,
    assert_outcome,
    build,
    bundle,
    call,
    card,
    context,
    draft,
    json_of,
)
from tests.contract.coverage import covers

HOOKS = sorted(PATHS)


@covers("TV-04", "CALL-01", "CALL-02", "CALL-30", "RESP-01", "HOOK-12")
@pytest.mark.parametrize("hook", HOOKS)
def test_a_minimal_call_without_a_finding_is_answered_with_no_cards(client: FlaskClient, hook: str) -> None:
    response = client.post(PATHS[hook], json=call(hook))
    assert response.status_code == 200
    assert response.data == b'{"cards":[]}'
    assert response.content_type == "application/json"


@covers("CALL-30", "RESP-01", "RESP-02", "RESP-05")
def test_cards_and_extension_go_out_as_they_were_advised(client: FlaskClient, adviser: FakeAdviser) -> None:
    extension = {"org.cds-service.incomplete": {"types": ["Observation"], "rules": ["TN-20"]}}
    adviser.answer = Advice(cards=[card("TN-01"), card("TN-02")], extension=extension)
    document = json_of(client.post(PATHS["patient-view"], json=call()))
    assert document == {"cards": [card("TN-01"), card("TN-02")], "extension": extension}


@covers("RESP-07")
def test_answers_about_a_patient_are_never_cached(client: FlaskClient) -> None:
    for response in (
        client.post(PATHS["patient-view"], json=call()),
        client.post(PATHS["patient-view"], json={}),
        client.post(PATHS["patient-view"] + "/feedback", json={"feedback": []}),
    ):
        assert response.headers["Cache-Control"] == "no-store"


@covers("TV-12", "CALL-03", "CALL-34")
@pytest.mark.parametrize("name", ["hook", "hookInstance", "context"])
@pytest.mark.parametrize("value", ["missing", None, "", " ", 7, True, [], {}, [{}]])
@pytest.mark.parametrize("hook", HOOKS)
def test_a_required_member_that_is_missing_empty_or_of_the_wrong_type_gives_400(
    client: FlaskClient, hook: str, name: str, value: object
) -> None:
    body = call(hook)
    if value == "missing":
        del body[name]
    else:
        body[name] = value
    assert name in assert_outcome(client.post(PATHS[hook], json=body), 400)


@covers("TV-12", "HOOK-01", "CALL-13")
@pytest.mark.parametrize(
    ("hook", "field"),
    [
        ("patient-view", "userId"),
        ("patient-view", "patientId"),
        ("order-select", "userId"),
        ("order-select", "patientId"),
        ("order-select", "selections"),
        ("order-select", "draftOrders"),
        ("order-sign", "userId"),
        ("order-sign", "patientId"),
        ("order-sign", "draftOrders"),
    ],
)
@pytest.mark.parametrize("value", [None, 7, "null"])
def test_each_required_context_field_is_asked_for(
    client: FlaskClient, hook: str, field: str, value: object
) -> None:
    fields = context(hook) | {field: value}
    if value is None:
        del fields[field]
    elif value == "null":
        fields[field] = None
    assert f"context.{field}" in assert_outcome(
        client.post(PATHS[hook], json=call(hook, context=fields)), 400
    )


@covers("HOOK-01")
@pytest.mark.parametrize("field", ["userId", "patientId"])
@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_context_field_counts_as_missing(client: FlaskClient, field: str, value: str) -> None:
    body = call(context=context("patient-view") | {field: value})
    assert f"context.{field}" in assert_outcome(client.post(PATHS["patient-view"], json=body), 400)


@covers("HOOK-01")
@pytest.mark.parametrize("hook", HOOKS)
def test_the_optional_encounter_may_be_there_or_not(
    client: FlaskClient, adviser: FakeAdviser, hook: str
) -> None:
    client.post(PATHS[hook], json=call(hook))
    client.post(PATHS[hook], json=call(hook, context=context(hook, encounterId="Encounter/e-1")))
    client.post(PATHS[hook], json=call(hook, context=context(hook, encounterId="e-1")))
    assert [request.encounter_id for request in adviser.requests] == [None, "e-1", "e-1"]


@covers("CALL-04", "TV-12")
@pytest.mark.parametrize("sent", ["order-sign", "ORDER-SELECT", "no-such-hook"])
def test_another_hook_than_the_services_own_gives_400(client: FlaskClient, sent: str) -> None:
    body = call("order-select") | {"hook": sent}
    assert "order-select" in assert_outcome(client.post(PATHS["order-select"], json=body), 400)


@covers("CALL-05")
@pytest.mark.parametrize(
    "instance", [INSTANCE.upper(), f"urn:uuid:{INSTANCE}", "any text at all", "x" * 2_000]
)
def test_any_hook_instance_is_accepted(client: FlaskClient, adviser: FakeAdviser, instance: str) -> None:
    assert client.post(PATHS["patient-view"], json=call(hookInstance=instance)).status_code == 200
    assert adviser.requests[-1].hook_instance == instance
    is_uuid = INSTANCE in instance.lower()
    assert ("hookInstance is no UUID" in adviser.requests[-1].notes) is not is_uuid


@covers("CALL-06", "RESP-06")
def test_a_repeated_call_is_answered_again_byte_for_byte(client: FlaskClient, adviser: FakeAdviser) -> None:
    adviser.answer = Advice(cards=[card()])
    answers = {client.post(PATHS["patient-view"], json=call()).data for _ in range(3)}
    assert len(answers) == 1
    assert len(adviser.requests) == 3


@covers("CALL-07")
def test_an_authorization_without_a_server_gives_400(client: FlaskClient) -> None:
    token = {
        "access_token": "secret",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "s",
        "subject": "c",
    }
    text = assert_outcome(client.post(PATHS["patient-view"], json=call(fhirAuthorization=token)), 400)
    assert "fhirServer" in text


@covers("CALL-10")
def test_server_and_token_are_handed_on(client: FlaskClient, adviser: FakeAdviser) -> None:
    token = {
        "access_token": "secret",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "s",
        "subject": "c",
    }
    body = call(fhirServer="https://ehr.example.org/r4", fhirAuthorization=token)
    assert client.post(PATHS["patient-view"], json=body).status_code == 200
    (request,) = adviser.requests
    assert request.fhir_server == "https://ehr.example.org/r4"
    assert request.authorization is not None
    assert (request.authorization.access_token, request.authorization.expires_in) == ("secret", 300)


@covers("CALL-11")
@pytest.mark.parametrize("broken", ["token", [], 7, {"access_token": 5}, {"expires_in": "soon"}])
def test_a_malformed_authorization_is_no_reason_to_refuse(
    client: FlaskClient, adviser: FakeAdviser, broken: object
) -> None:
    body = call(fhirServer="https://ehr.example.org/r4", fhirAuthorization=broken)
    assert client.post(PATHS["patient-view"], json=body).status_code == 200
    (request,) = adviser.requests
    assert request.authorization is None or request.authorization.access_token is None


@covers("CALL-14")
@pytest.mark.parametrize(
    "prefetch", [None, {}, {"patient": None}, {"conditions": bundle()}, {"other": {"resourceType": "Binary"}}]
)
def test_prefetch_may_hold_any_part_of_what_was_asked_for(client: FlaskClient, prefetch: object) -> None:
    body = call() if prefetch is None else call(prefetch=prefetch)
    assert client.post(PATHS["patient-view"], json=body).status_code == 200


@covers("CALL-14", "CALL-34")
@pytest.mark.parametrize("prefetch", ["text", 7, []])
def test_prefetch_of_the_wrong_type_gives_400(client: FlaskClient, prefetch: object) -> None:
    assert "prefetch" in assert_outcome(client.post(PATHS["patient-view"], json=call(prefetch=prefetch)), 400)


@covers("TV-13", "CALL-15", "CALL-16")
@pytest.mark.parametrize("hook", HOOKS)
def test_junk_members_and_extensions_anywhere_change_nothing(
    client: FlaskClient, adviser: FakeAdviser, hook: str
) -> None:
    body = call(hook)
    body["context"] |= {"junk": {"deep": [1]}, "extension": {"com.example": 1}}
    body |= {
        "junk": 1,
        "extension": {"com.example": {"a": [None]}},
        "user": "old",
        "prefetch": {"-odd key": None},
    }
    assert client.post(PATHS[hook], json=call(hook)).status_code == 200
    assert client.post(PATHS[hook], json=body).status_code == 200
    plain, junked = adviser.requests
    assert (plain.patient_id, plain.selections, plain.draft_orders) == (
        junked.patient_id,
        junked.selections,
        junked.draft_orders,
    )


@covers("CALL-15")
def test_context_fields_of_other_hooks_are_junk_too(client: FlaskClient, adviser: FakeAdviser) -> None:
    """The public Sandbox sends selections with order-sign."""
    body = call("order-sign", context=context("order-sign", selections=7))
    assert client.post(PATHS["order-sign"], json=body).status_code == 200
    body = call(context=context("patient-view", selections="x", draftOrders="y"))
    assert client.post(PATHS["patient-view"], json=body).status_code == 200
    assert [(request.selections, request.draft_orders is None) for request in adviser.requests] == [
        (None, False),
        (None, True),
    ]


@covers("CALL-17", "TV-12", "CALL-39")
@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("Application/JSON;charset=UTF-8", 200),
        ("application/fhir+json", 200),
        ("application/fhir+json; fhirVersion=4.0", 200),
        ("text/plain", 415),
        ("application/xml", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("", 415),
        (None, 415),
    ],
)
def test_media_types(client: FlaskClient, media_type: str | None, status: int) -> None:
    response = client.post(PATHS["patient-view"], data=json.dumps(call()), content_type=media_type)
    if status == 200:
        assert response.status_code == 200
    else:
        assert_outcome(response, status)


@covers("CALL-39")
def test_a_compressed_body_gives_415(client: FlaskClient) -> None:
    response = client.post(
        PATHS["patient-view"],
        data=b"\x1f\x8b",
        content_type="application/json",
        headers={"Content-Encoding": "gzip"},
    )
    assert_outcome(response, 415)


@covers("CALL-18")
def test_a_body_of_several_megabytes_is_read(client: FlaskClient, adviser: FakeAdviser) -> None:
    orders = [draft(f"draft-{n}", note=[{"text": "x" * 5_000}]) for n in range(1_000)]
    body = call("order-sign", context=context("order-sign", draftOrders=bundle(*orders)))
    assert len(json.dumps(body)) > 5_000_000
    assert client.post(PATHS["order-sign"], json=body).status_code == 200
    assert adviser.requests[0].draft_orders is not None
    assert len(adviser.requests[0].draft_orders.entry) == 1_000


@covers("CALL-18", "CALL-39")
def test_a_body_of_30_megabytes_gives_413_and_the_next_call_is_answered(client: FlaskClient) -> None:
    body = json.dumps(call() | {"junk": "x" * 30_000_000})
    assert_outcome(client.post(PATHS["patient-view"], data=body, content_type="application/json"), 413)
    assert client.post(PATHS["patient-view"], json=call()).status_code == 200


@covers("CALL-18")
def test_the_limit_is_a_setting() -> None:
    app = build(FakeAdviser(), max_body_bytes=1_000)
    client = app.test_client()
    assert client.post(PATHS["patient-view"], json=call()).status_code == 200
    assert_outcome(client.post(PATHS["patient-view"], json=call(junk="x" * 1_000)), 413)
    shut_down(app)


@covers("TV-12", "CALL-34")
@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"not json",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"7",
        b"\xff\xfe\x00",
        b"<html></html>",
        b'{"hook": "patient-view"}{}',
        b"{'hook': 'patient-view'}",
        b'{"hook": NaN}',
        b"[" * 10_000,
        b'{"a":' * 10_000,
        b'{"junk":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        b'{"context":' * 10_000 + b"1" + b"}" * 10_000,
    ],
)
def test_what_is_no_json_object_gives_400_and_the_next_call_is_answered(
    client: FlaskClient, junk: bytes
) -> None:
    assert_outcome(client.post(PATHS["patient-view"], data=junk, content_type="application/json"), 400)
    assert client.post(PATHS["patient-view"], json=call()).status_code == 200


@covers("CALL-19")
def test_ids_of_194_characters_are_accepted(client: FlaskClient, adviser: FakeAdviser) -> None:
    long = "e" * 194
    fields = context(
        "order-select",
        selections=[f"MedicationRequest/{long}"],
        draftOrders=bundle(draft(long), kind="collection"),
    )
    assert client.post(PATHS["order-select"], json=call("order-select", context=fields)).status_code == 200
    assert adviser.requests[0].selections == (f"MedicationRequest/{long}",)


@covers("CALL-31", "CALL-41")
def test_data_that_cannot_be_had_gives_412_and_says_which(client: FlaskClient, adviser: FakeAdviser) -> None:
    adviser.answer = DataUnavailable("MedicationRequest is required and can be had from nowhere.")
    text = assert_outcome(client.post(PATHS["patient-view"], json=call()), 412)
    assert text == "MedicationRequest is required and can be had from nowhere."


@covers("CALL-37", "TV-12")
@pytest.mark.parametrize("method", ["post", "put"])
@pytest.mark.parametrize("suffix", ["", "/feedback"])
def test_an_unknown_service_gives_404(client: FlaskClient, method: str, suffix: str) -> None:
    response = getattr(client, method)(f"/cds-services/no-such-service{suffix}", json=call())
    text = assert_outcome(response, 404 if method == "post" else 405)
    assert "no-such-service" not in text


@covers("CALL-37")
@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/cds-services/a/b/c", "/cds-services/failed-therapy-order-sign/x"]
)
def test_an_unknown_path_gives_404(client: FlaskClient, path: str) -> None:
    assert_outcome(client.get(path), 404)


@covers("CALL-38", "CALL-01", "TV-12")
@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_a_wrong_method_gives_405_and_says_which_are_allowed(client: FlaskClient, method: str) -> None:
    for path, allowed in (
        (PATHS["order-sign"], {"POST", "OPTIONS"}),
        (PATHS["order-sign"] + "/feedback", {"POST", "OPTIONS"}),
    ):
        response = getattr(client, method)(path)
        assert_outcome(response, 405)
        assert set(response.headers["Allow"].split(", ")) == allowed


@covers("CALL-38")
def test_discovery_cannot_be_posted_to(client: FlaskClient) -> None:
    response = client.post("/cds-services", json={})
    assert_outcome(response, 405)
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


@covers("CALL-38")
@pytest.mark.parametrize("path", ["/cds-services", *PATHS.values(), PATHS["order-sign"] + "/feedback"])
def test_options_says_what_is_allowed(client: FlaskClient, path: str) -> None:
    response = client.options(path)
    assert response.status_code == 200
    assert "OPTIONS" in response.headers["Allow"]


@covers("CALL-40", "CALL-41")
@pytest.mark.parametrize("error", [ValueError("Jane Doe, born 1961"), EvaluationBug("Jane Doe, born 1961")])
def test_our_own_fault_gives_500_with_a_reference_and_without_details(
    client: FlaskClient, adviser: FakeAdviser, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    adviser.answer = error
    response = client.post(PATHS["patient-view"], json=call())
    assert_outcome(response, 500)
    assert "Jane" not in response.text
    assert type(error).__name__ not in response.text
    reference = json_of(response)["issue"][0]["diagnostics"].removeprefix("reference ")
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.__dict__["incident"] == reference
    adviser.answer = Advice(cards=[])
    assert client.post(PATHS["patient-view"], json=call()).status_code == 200


@covers("HOOK-02")
@pytest.mark.parametrize(
    ("user", "noted"),
    [
        ("Practitioner/1", False),
        ("PractitionerRole/1", False),
        ("https://ehr.example.org/r4/Practitioner/1", False),
        ("Patient/1", True),
        ("Device/1", True),
        ("dr-1", True),
    ],
)
def test_a_user_of_another_type_is_noted_and_not_refused(
    client: FlaskClient, adviser: FakeAdviser, user: str, noted: bool
) -> None:
    body = call("order-sign", context=context("order-sign", userId=user))
    assert client.post(PATHS["order-sign"], json=body).status_code == 200
    (request,) = adviser.requests
    assert request.user == user
    assert ("userId is of an unexpected type" in request.notes) is noted


@covers("HOOK-02")
@pytest.mark.parametrize("user", ["Patient/1", "RelatedPerson/2"])
def test_patients_and_their_relatives_may_view_a_chart(
    client: FlaskClient, adviser: FakeAdviser, user: str
) -> None:
    client.post(PATHS["patient-view"], json=call(context=context("patient-view", userId=user)))
    assert adviser.requests[0].notes == ()


@pytest.mark.parametrize("sent", ["pat-1", "Patient/pat-1", " pat-1 "])
def test_the_patient_id_is_read_with_and_without_its_type(
    client: FlaskClient, adviser: FakeAdviser, sent: str
) -> None:
    client.post(PATHS["patient-view"], json=call(context=context("patient-view", patientId=sent)))
    assert adviser.requests[0].patient_id == "pat-1"


def test_the_request_knows_when_it_came_in(client: FlaskClient, adviser: FakeAdviser) -> None:
    client.post(PATHS["patient-view"], json=call())
    (request,) = adviser.requests
    assert request.received_at.isoformat() == "2026-03-01T10:00:00+00:00"
    assert request.started == 0.0


def selections_of(client: FlaskClient, adviser: FakeAdviser, **fields: Any) -> tuple[str, ...] | None:
    body = call("order-select", context=context("order-select", **fields))
    assert client.post(PATHS["order-select"], json=body).status_code == 200
    return adviser.requests[-1].selections


@covers("TV-16", "HOOK-03")
def test_only_the_selected_draft_is_named_as_selected(client: FlaskClient, adviser: FakeAdviser) -> None:
    drafts = bundle(draft("a"), draft("b"), kind="collection")
    assert selections_of(client, adviser, draftOrders=drafts, selections=["MedicationRequest/b"]) == (
        "MedicationRequest/b",
    )
    assert selections_of(client, adviser, draftOrders=drafts, selections=[]) == ()


@covers("HOOK-03")
@pytest.mark.parametrize(
    "selection",
    [
        "MedicationRequest/a",
        "https://ehr.example.org/r4/MedicationRequest/a",
        "MedicationRequest/a/_history/2",
    ],
)
def test_a_selection_is_found_in_every_form_of_reference(
    client: FlaskClient, adviser: FakeAdviser, selection: str
) -> None:
    assert selections_of(client, adviser, draftOrders=bundle(draft("a")), selections=[selection]) == (
        "MedicationRequest/a",
    )


def test_a_selection_may_name_the_full_url_of_an_entry(client: FlaskClient, adviser: FakeAdviser) -> None:
    drafts = bundle(draft("a"))
    drafts["entry"][0]["fullUrl"] = "urn:uuid:5A6C3B0E-4b55-4d38-9c5e-6a1f4b5b8a21"
    chosen = ["urn:uuid:5a6c3b0e-4b55-4d38-9c5e-6a1f4b5b8a21"]
    assert selections_of(client, adviser, draftOrders=drafts, selections=chosen) == ("MedicationRequest/a",)


@covers("HOOK-04")
def test_a_selection_that_is_no_draft_is_skipped_and_noted(client: FlaskClient, adviser: FakeAdviser) -> None:
    chosen = ["MedicationRequest/zzz", "MedicationRequest/draft-1", "junk", ""]
    assert selections_of(client, adviser, selections=chosen) == ("MedicationRequest/draft-1",)
    assert "selection is no draft" in adviser.requests[-1].notes


@covers("HOOK-05")
@pytest.mark.parametrize(
    "drafts",
    [
        {"resourceType": "Bundle"},
        {"resourceType": "Bundle", "type": "collection", "entry": []},
        {"resourceType": "Bundle", "entry": [{}, {"fullUrl": "urn:uuid:x"}, {"resource": None}]},
        {"entry": [{"resource": {"resourceType": "MedicationOrder", "id": "1"}}]},
        {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "MedicationRequest"}}]},
        {"resourceType": "Bundle", "entry": [{"resource": "text"}, {"resource": {"id": "x"}}, 7]},
    ],
)
@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
def test_odd_draft_bundles_do_no_harm(client: FlaskClient, hook: str, drafts: object) -> None:
    assert (
        client.post(PATHS[hook], json=call(hook, context=context(hook, draftOrders=drafts))).status_code
        == 200
    )


@pytest.mark.parametrize("drafts", ["text", [], 7, {"resourceType": "Patient"}])
def test_drafts_that_are_no_bundle_give_400(client: FlaskClient, drafts: object) -> None:
    body = call("order-sign", context=context("order-sign", draftOrders=drafts))
    assert "context.draftOrders" in assert_outcome(client.post(PATHS["order-sign"], json=body), 400)


def test_all_faults_of_the_envelope_are_named_at_once(client: FlaskClient) -> None:
    body = {"hook": 1, "hookInstance": [], "context": {"patientId": 7, "userId": {}}, "fhirServer": 5}
    text = assert_outcome(client.post(PATHS["patient-view"], json=body), 400)
    for name in ("hook ", "hookInstance", "context.patientId", "context.userId", "fhirServer"):
        assert name in text
