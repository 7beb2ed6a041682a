"""The service with its rules: where a patient's data come from, and what happens when they cannot be had."""

from __future__ import annotations

import itertools
import json
import time
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.contract.calls import PATHS, assert_outcome, bundle, json_of
from tests.contract.cards import assert_answer, ids_of
from tests.contract.conftest import Starter
from tests.contract.coverage import covers
from tests.contract.patients import (
    CARL,
    KEYS,
    NORA,
    REQUIRED,
    Json,
    call_for,
    carbamazepine_for,
    prefetch_of,
    records_of,
)
from tests.unit.fhir.support import Handler, Stub, by_type, next_link, outcome, says, searchset, store

RECORDS = records_of(CARL)
TOKEN = {
    "access_token": "tok-5512",
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "patient/*.read",
    "subject": "cds",
}
SIGN = PATHS["order-sign"]
TYPE_OF = {key: resource_type for resource_type, key in KEYS.items()}


def sign(prefetch: Json | None, **members: Any) -> Json:
    """Carl's carbamazepine is about to be signed again."""
    return call_for(CARL, "order-sign", prefetch=prefetch, drafts=[carbamazepine_for(CARL)], **members)


def at(fhir: Stub, **changes: Any) -> Json:
    """The members of a call that give access to a server."""
    return {"fhirServer": fhir.base, "fhirAuthorization": TOKEN} | changes


def cards_of(response: Any, patient: str = CARL) -> list[str]:
    assert response.status_code == 200, response.data
    return ids_of(assert_answer(json_of(response), patient=patient))


@pytest.fixture
def carl(fhir: Stub) -> Stub:
    """A FHIR server that holds Carl's record."""
    fhir.answer = store(*RECORDS)
    return fhir


@covers("TV-05", "FHIR-01", "FHIR-04", "PRE-20")
def test_without_prefetch_the_server_is_asked_with_the_token(service: FlaskClient, carl: Stub) -> None:
    from_prefetch = service.post(SIGN, json=sign(prefetch_of(RECORDS)))
    from_server = service.post(SIGN, json=sign(None, **at(carl)))
    assert cards_of(from_server) == ["TN-20"]
    assert from_server.data == from_prefetch.data
    assert {heard.headers["Authorization"] for heard in carl.heard} == {"Bearer tok-5512"}
    assert {"Condition", "MedicationRequest", "Procedure"} <= set(carl.asked())
    assert len(carl.asked()) == len(set(carl.asked()))


@covers("FHIR-02", "PRE-21")
@pytest.mark.parametrize("patient", [CARL, NORA, "refractory-classical", "hla-b1502"])
@pytest.mark.parametrize("hook", sorted(PATHS))
def test_prefetch_server_and_mixtures_give_the_same_bytes(
    service: FlaskClient, fhir: Stub, patient: str, hook: str
) -> None:
    records = records_of(patient)
    fhir.answer = store(*records)
    drafts: Any = {"drafts": [carbamazepine_for(patient)], "selected": ["MedicationRequest/draft-1"]}
    whole = service.post(PATHS[hook], json=call_for(patient, hook, prefetch=prefetch_of(records), **drafts))
    assert_answer(json_of(whole), patient=patient)
    halves = [keys for size in (1, 2) for keys in itertools.combinations(REQUIRED, size)]
    for keys in [(), *halves, REQUIRED, ("patient", "observations"), ("medications", "requests", "reports")]:
        prefetch = prefetch_of(records, keys) if keys else None
        mixed = service.post(
            PATHS[hook], json=call_for(patient, hook, prefetch=prefetch, **drafts, **at(fhir))
        )
        assert mixed.data == whole.data, keys


@covers("TV-06", "CALL-31", "PRE-20")
@pytest.mark.parametrize("hook", sorted(PATHS))
def test_neither_prefetch_nor_server_gives_412(service: FlaskClient, hook: str) -> None:
    text = assert_outcome(service.post(PATHS[hook], json=call_for(CARL, hook)), 412)
    for resource_type in ("Condition", "MedicationRequest", "Procedure"):
        assert resource_type in text
    assert CARL not in text


@covers("PRE-20", "PRE-21", "CALL-31")
@pytest.mark.parametrize("key", REQUIRED)
def test_one_required_key_missing_without_a_server_gives_412(service: FlaskClient, key: str) -> None:
    prefetch = prefetch_of(RECORDS)
    del prefetch[key]
    text = assert_outcome(service.post(SIGN, json=sign(prefetch)), 412)
    assert TYPE_OF[key] in text


def html(handler: Handler) -> None:
    handler.say(b"<html>sign in</html>", content_type="text/html")


def slow(handler: Handler) -> None:
    handler.server.stub.wait(20)


def redirect(handler: Handler) -> None:
    handler.say(b"", status=302, Location="http://127.0.0.1:9/fhir/Condition")


@covers("TV-07", "FHIR-11", "FHIR-12", "FHIR-13")
@pytest.mark.parametrize(
    "answer",
    [
        says(outcome("error"), status=401),
        says(outcome("error"), status=403),
        says(outcome("error"), status=404),
        says(outcome("error"), status=500),
        says(outcome("error"), status=503),
        says(outcome("fatal")),
        says([]),
        html,
        slow,
        redirect,
    ],
)
def test_a_server_that_does_not_deliver_gives_412_within_the_budget(
    start: Starter, fhir: Stub, answer: Any
) -> None:
    service = start(call_budget_seconds=0.5, fhir_retries=0)
    fhir.answer = answer
    began = time.monotonic()
    text = assert_outcome(service.post(SIGN, json=sign(None, **at(fhir))), 412)
    assert time.monotonic() - began < 2
    assert fhir.base not in text
    fhir.answer = store(*RECORDS)
    assert cards_of(service.post(SIGN, json=sign(None, **at(fhir)))) == ["TN-20"]


@covers("TV-08", "PRE-22", "PRE-23", "CALL-32")
@pytest.mark.parametrize(
    "nothing",
    [None, bundle(), {"resourceType": "Bundle", "type": "searchset", "total": 0}, {"resourceType": "Bundle"}],
)
def test_required_keys_that_are_known_to_be_empty_give_200_without_a_query(
    service: FlaskClient, carl: Stub, nothing: Json | None
) -> None:
    prefetch = dict.fromkeys(REQUIRED, nothing)
    response = service.post(SIGN, json=sign(prefetch, **at(carl)))
    assert response.status_code == 200
    assert not {"Condition", "MedicationRequest", "Procedure"} & set(carl.asked())


@covers("TV-08")
def test_an_empty_record_allows_the_card_that_nothing_was_tried(service: FlaskClient) -> None:
    records = [r for r in records_of(NORA) if r["resourceType"] in ("Patient", "Condition")]
    prefetch = prefetch_of(records) | {"medications": None, "procedures": None}
    response = service.post(PATHS["patient-view"], json=call_for(NORA, "patient-view", prefetch=prefetch))
    assert "TN-02" in cards_of(response, NORA)


@covers("TV-09", "FHIR-03", "PRE-21")
@pytest.mark.parametrize("key", REQUIRED)
def test_only_the_missing_key_is_asked_for(service: FlaskClient, carl: Stub, key: str) -> None:
    prefetch = prefetch_of(RECORDS)
    del prefetch[key]
    assert cards_of(service.post(SIGN, json=sign(prefetch, **at(carl)))) == ["TN-20"]
    assert carl.asked() == [TYPE_OF[key]]


@covers("TV-10", "PRE-26")
@pytest.mark.parametrize("key", REQUIRED)
def test_an_outcome_in_a_required_key_gives_412_and_is_not_asked_again(
    service: FlaskClient, carl: Stub, key: str
) -> None:
    prefetch = prefetch_of(RECORDS) | {key: outcome("error")}
    text = assert_outcome(service.post(SIGN, json=sign(prefetch, **at(carl))), 412)
    assert TYPE_OF[key] in text
    assert TYPE_OF[key] not in carl.asked()


@covers("TV-10", "CALL-33", "PRE-26")
def test_an_outcome_in_an_optional_key_gives_200_and_says_what_is_missing(
    service: FlaskClient, carl: Stub
) -> None:
    patient = "hla-b1502"
    prefetch = prefetch_of(records_of(patient)) | {"observations": outcome("error")}
    call = call_for(patient, "order-sign", prefetch=prefetch, drafts=[carbamazepine_for(patient)], **at(carl))
    response = service.post(SIGN, json=call)
    assert response.status_code == 200
    assert "TN-22" not in cards_of(response, patient)
    assert "Observation" in json_of(response)["extension"]["org.cds-service.incomplete"]["types"]
    assert "Observation" not in carl.asked()


@covers("PRE-27")
@pytest.mark.parametrize(
    ("severity", "status"), [("information", 200), ("warning", 200), ("error", 412), ("fatal", 412)]
)
def test_an_outcome_among_the_entries_counts_by_its_severity(
    service: FlaskClient, severity: str, status: int
) -> None:
    prefetch = prefetch_of(RECORDS) | {"procedures": bundle(outcome(severity))}
    assert service.post(SIGN, json=sign(prefetch)).status_code == status


@covers("TV-11", "PRE-28")
def test_a_next_link_to_the_same_server_is_followed(service: FlaskClient, carl: Stub) -> None:
    whole = prefetch_of(RECORDS)
    for key in ("medications",):
        whole[key] = bundle() | {"link": next_link(f"{carl.base}/MedicationRequest?patient={CARL}")}
    assert cards_of(service.post(SIGN, json=sign(whole, **at(carl)))) == ["TN-20"]
    assert carl.asked() == ["MedicationRequest"]


@covers("TV-11", "PRE-28", "PRE-13")
def test_a_next_link_to_another_server_is_never_followed_and_absence_not_claimed(
    service: FlaskClient, carl: Stub
) -> None:
    prefetch = prefetch_of(records_of(NORA))
    prefetch["medications"] = bundle() | {
        "link": next_link(f"http://localhost:9/fhir/MedicationRequest?patient={NORA}")
    }
    response = service.post(
        PATHS["patient-view"], json=call_for(NORA, "patient-view", prefetch=prefetch, **at(carl))
    )
    assert "TN-02" not in cards_of(response, NORA)
    assert "MedicationRequest" in json_of(response)["extension"]["org.cds-service.incomplete"]["types"]
    assert "MedicationRequest" not in carl.asked()


@covers("PRE-24", "PRE-30")
def test_a_read_may_come_as_a_bundle_and_a_search_as_a_bare_resource(service: FlaskClient) -> None:
    prefetch = prefetch_of(RECORDS)
    plain = service.post(SIGN, json=sign(prefetch))
    (condition,) = [resource for resource in RECORDS if resource["resourceType"] == "Condition"]
    odd = prefetch | {"conditions": condition, "patient": bundle(prefetch["patient"])}
    assert service.post(SIGN, json=sign(odd)).data == plain.data


@covers("PRE-25")
def test_entries_without_a_resource_and_of_unexpected_types_are_skipped(service: FlaskClient) -> None:
    prefetch = prefetch_of(RECORDS)
    plain = service.post(SIGN, json=sign(prefetch))
    junk = [{"resourceType": "Binary", "id": "b"}, {"resourceType": "Observation", "id": "o"}]
    prefetch["conditions"]["entry"] += [*({"resource": resource} for resource in junk), {"fullUrl": "urn:x"}]
    assert service.post(SIGN, json=sign(prefetch)).data == plain.data


@covers("PRE-29")
@pytest.mark.parametrize("broken", ["<html></html>", 7, [], {}, True, {"resourceType": 5}])
def test_a_value_of_the_wrong_type_counts_as_absent(service: FlaskClient, carl: Stub, broken: object) -> None:
    prefetch = prefetch_of(RECORDS) | {"conditions": broken}
    assert_outcome(service.post(SIGN, json=sign(prefetch)), 412)
    assert cards_of(service.post(SIGN, json=sign(prefetch, **at(carl)))) == ["TN-20"]
    assert carl.asked() == ["Condition"]


@covers("TV-23", "PRE-31")
def test_the_record_of_another_patient_is_discarded(service: FlaskClient) -> None:
    others = json.loads(json.dumps(RECORDS).replace(f"Patient/{CARL}", "Patient/somebody-else"))
    response = service.post(SIGN, json=sign(prefetch_of(others) | {"patient": None}))
    assert response.status_code == 200
    assert json_of(response)["cards"] == []


@covers("PRE-31")
def test_one_resource_of_another_patient_among_ours_changes_nothing(service: FlaskClient) -> None:
    prefetch = prefetch_of(RECORDS)
    plain = service.post(SIGN, json=sign(prefetch))
    other = carbamazepine_for("somebody-else", "foreign", status="active")
    prefetch["medications"]["entry"].append({"resource": other})
    assert service.post(SIGN, json=sign(prefetch)).data == plain.data


@covers("PRE-32")
@pytest.mark.parametrize(
    "form",
    [
        "Patient/{}",
        "https://ehr.example.org/r4/Patient/{}",
        "Patient/{}/_history/2",
        "http://other/Patient/{}",
    ],
)
def test_the_patient_is_recognised_in_every_form_of_reference(service: FlaskClient, form: str) -> None:
    text = json.dumps(RECORDS).replace(f'"Patient/{CARL}"', json.dumps(form.format(CARL)))
    assert cards_of(service.post(SIGN, json=sign(prefetch_of(json.loads(text))))) == ["TN-20"]


@covers("CALL-08")
def test_outside_development_a_server_over_http_is_not_contacted(start: Starter, carl: Stub) -> None:
    service = start(dev=False)
    assert_outcome(service.post(SIGN, json=sign(None, **at(carl))), 412)
    assert cards_of(service.post(SIGN, json=sign(prefetch_of(RECORDS), **at(carl)))) == ["TN-20"]
    assert carl.heard == []


@covers("CALL-09")
def test_the_server_may_end_in_a_slash(service: FlaskClient, carl: Stub) -> None:
    plain = service.post(SIGN, json=sign(None, **at(carl)))
    asked = [heard.path for heard in carl.heard]
    carl.heard.clear()
    slashed = service.post(SIGN, json=sign(None, **at(carl, fhirServer=carl.base + "/")))
    assert slashed.data == plain.data
    assert sorted(heard.path for heard in carl.heard) == sorted(asked)


@covers("CALL-10", "FHIR-06")
@pytest.mark.parametrize(
    "scope", ["user/Observation.read", "user/Observation.rs", "Epic: anything 1/2 *", ""]
)
@pytest.mark.parametrize("patient", [CARL, None])
def test_any_scope_and_no_patient_are_fine(
    service: FlaskClient, carl: Stub, scope: str, patient: str | None
) -> None:
    token = TOKEN | {"scope": scope} | ({"patient": patient} if patient else {})
    assert cards_of(service.post(SIGN, json=sign(None, **at(carl, fhirAuthorization=token)))) == ["TN-20"]


@covers("CALL-12")
def test_a_token_for_another_patient_is_not_used(service: FlaskClient, carl: Stub) -> None:
    token = TOKEN | {"patient": "somebody-else"}
    assert_outcome(service.post(SIGN, json=sign(None, **at(carl, fhirAuthorization=token))), 412)
    with_prefetch = service.post(SIGN, json=sign(prefetch_of(RECORDS), **at(carl, fhirAuthorization=token)))
    assert cards_of(with_prefetch) == ["TN-20"]
    assert carl.heard == []


@covers("CALL-11")
@pytest.mark.parametrize("name", sorted(TOKEN))
def test_prefetch_answers_whatever_part_of_the_token_is_missing(
    service: FlaskClient, carl: Stub, name: str
) -> None:
    for token in ({k: v for k, v in TOKEN.items() if k != name}, TOKEN | {name: {"odd": 1}}):
        response = service.post(SIGN, json=sign(prefetch_of(RECORDS), **at(carl, fhirAuthorization=token)))
        assert cards_of(response) == ["TN-20"]


@covers("FHIR-05")
@pytest.mark.parametrize(("dev", "status"), [(True, 200), (False, 412)])
def test_an_open_server_is_read_in_development_only(
    start: Starter, carl: Stub, dev: bool, status: int
) -> None:
    service = start(dev=dev)
    response = service.post(SIGN, json=sign(None, fhirServer=carl.base))
    assert response.status_code == status
    assert bool(carl.heard) is dev


@covers("HOOK-10")
def test_drafts_are_not_looked_up_on_the_server(service: FlaskClient, carl: Stub) -> None:
    service.post(SIGN, json=sign(None, **at(carl)))
    assert not [heard.path for heard in carl.heard if "draft-1" in heard.path]


@covers("PRE-08", "PRE-09", "PRE-11", "PRE-12", "PRE-13")
def test_one_plain_template_for_each_type_that_rules_read(service: FlaskClient) -> None:
    for entry in json_of(service.get("/cds-services"))["services"]:
        types = [template.partition("?")[0].partition("/")[0] for template in entry["prefetch"].values()]
        assert len(set(types)) == len(types)
        assert {KEYS[resource_type] for resource_type in types} == set(entry["prefetch"])
        for template in entry["prefetch"].values():
            _, _, query = template.partition("?")
            names = [parameter.partition("=")[0] for parameter in query.split("&") if parameter]
            assert set(names) <= {"patient", "code", "_include"}
            assert not query or names[0] == "patient"


def test_the_required_types_are_asked_for_by_every_hook(service: FlaskClient) -> None:
    for entry in json_of(service.get("/cds-services"))["services"]:
        assert set(REQUIRED) <= set(entry["prefetch"])


@covers("FHIR-02")
def test_a_server_that_fails_on_an_optional_type_costs_only_that(service: FlaskClient, fhir: Stub) -> None:
    patient = "hla-b1502"
    whole = store(*records_of(patient))
    fhir.answer = by_type({"Observation": says(outcome("error"), status=500)}, otherwise=whole)
    call = call_for(patient, "order-sign", drafts=[carbamazepine_for(patient)], **at(fhir))
    response = service.post(SIGN, json=call)
    assert "TN-22" not in cards_of(response, patient)
    assert json_of(response)["extension"]["org.cds-service.incomplete"]["types"] == ["Observation"]


def test_an_unrelated_patient_costs_one_round_of_three_queries(service: FlaskClient, fhir: Stub) -> None:
    fhir.answer = says(searchset())
    response = service.post(PATHS["patient-view"], json=call_for("nobody", "patient-view", **at(fhir)))
    assert response.data == b'{"cards":[]}'
    assert fhir.asked() == ["Condition", "MedicationRequest", "Procedure"]
