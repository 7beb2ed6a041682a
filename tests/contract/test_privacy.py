"""No patient data, token or free text in logs, errors, metrics or the store."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.errors import DataUnavailable
from cds_service.hooks.services import Advice, Services
from cds_service.ops.logging import JsonLines
from tests.contract.calls import INSTANCE, PATHS, FakeAdviser, bundle, call, card, context, draft
from tests.contract.coverage import covers

SECRETS = (
    "Quackenbush",
    "1961-04-12",
    "MRN-778899",
    "eyJhbGciOiJFUzM4NCJ9.token",
    "bearer-jwt-5544",
    "prefers to wait until the wedding",
    "pat-1",
    "zebra-comment",
)


@pytest.fixture
def log_lines() -> Iterator[io.StringIO]:
    """Everything that the process logs, down to the last detail, as it would be written."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def use_everything(client: FlaskClient, adviser: FakeAdviser) -> None:
    """Calls of every hook, good and bad, full of things that must not leak."""
    patient = {
        "resourceType": "Patient",
        "id": "pat-1",
        "name": [{"family": "Quackenbush"}],
        "birthDate": "1961-04-12",
        "identifier": [{"value": "MRN-778899"}],
    }
    token = {
        "access_token": "eyJhbGciOiJFUzM4NCJ9.token",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "x",
    }
    headers = {"Authorization": "Bearer bearer-jwt-5544"}
    extra: dict[str, Any] = {
        "fhirServer": "https://ehr.example.org/r4",
        "fhirAuthorization": token,
        "prefetch": {"patient": patient, "Quackenbush": "1961-04-12"},
    }
    adviser.answer = Advice(
        cards=[card(detail="Quackenbush, born 1961-04-12")],
        log={"reason": "fine"},
        unknown_codes={"Quackenbush": 1},
    )
    for hook, path in PATHS.items():
        fields = context(hook, userId="Practitioner/Quackenbush")
        client.post(path, json=call(hook, context=fields, **extra), headers=headers)
        client.post(path, json=call(hook, hookInstance="Quackenbush 1961-04-12", **extra), headers=headers)
        client.post(path, json=call(hook, context={"patientId": ["Quackenbush"]}, **extra), headers=headers)
        client.post(path, data=b'{"hook": "Quackenbush", ', content_type="application/json", headers=headers)
        client.post(path + "/Quackenbush", headers=headers)
    client.post("/cds-services/Quackenbush?name=1961-04-12", json=call(), headers=headers)
    drafts = bundle(draft(note=[{"text": "Quackenbush"}], status={"x": "1961-04-12"}))
    client.post(
        PATHS["order-sign"],
        json=call("order-sign", context=context("order-sign", draftOrders=drafts), **extra),
    )
    for error in (ValueError("Quackenbush"), DataUnavailable("Condition")):
        adviser.answer = error
        client.post(PATHS["patient-view"], json=call(**extra), headers=headers)
    for comment in ("prefers to wait until the wedding", ["zebra-comment"]):
        entry = {"card": card()["uuid"], "outcome": "overridden", "outcomeTimestamp": "2026-03-01T10:00:00Z"}
        entry |= {"overrideReason": {"userComment": comment}}
        client.post(PATHS["patient-view"] + "/feedback", json={"feedback": [entry]}, headers=headers)


@covers("TV-21", "SEC-20", "FHIR-06", "FB-13")
def test_nothing_of_patient_token_or_comment_reaches_the_log_or_the_metrics(
    client: FlaskClient, adviser: FakeAdviser, services: Services, log_lines: io.StringIO
) -> None:
    use_everything(client, adviser)
    services.recorder.flush(5)
    written = log_lines.getvalue() + client.get("/metrics").text + client.get("/readyz").text
    assert len(log_lines.getvalue().splitlines()) > 10
    assert [secret for secret in SECRETS if secret in written] == []


@covers("TV-21", "SEC-20", "FHIR-06", "FB-13")
def test_the_store_holds_the_comment_and_nothing_else_of_the_patient(
    client: FlaskClient, adviser: FakeAdviser, services: Services
) -> None:
    use_everything(client, adviser)
    services.recorder.flush(5)
    tables = [
        row["name"] for row in services.store.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
    ]
    assert {"card_shown", "feedback_entry"} <= set(tables)
    dump = json.dumps(
        [
            [str(value) for value in tuple(row)]
            for table in tables
            for row in services.store.rows(f'SELECT * FROM "{table}"')
        ]
    )
    assert [secret for secret in SECRETS if secret in dump] == ["prefers to wait until the wedding"]


@covers("SEC-26")
def test_one_line_per_call_says_who_what_and_which_cards_under_a_pseudonym(
    client: FlaskClient, adviser: FakeAdviser, services: Services, log_lines: io.StringIO
) -> None:
    extension = {"org.cds-service.incomplete": {"types": ["Observation"], "rules": ["TN-20"]}}
    adviser.answer = Advice(
        cards=[card("TN-01")], extension=extension, broken=["TN-05"], log={"fhir_requests": 3}
    )
    client.post(PATHS["patient-view"], json=call())
    (line,) = [json.loads(text) for text in log_lines.getvalue().splitlines() if "call answered" in text]
    subject = services.pseudonymiser.subject("pat-1", client="unauthenticated")
    expected = {
        "hook": "patient-view",
        "service": "failed-therapy-patient-view",
        "status": 200,
        "duration_ms": 0.0,
        "hook_instance": INSTANCE,
        "client": "unauthenticated",
        "subject": subject,
        "cards": 1,
        "card_ids": ["TN-01"],
        "card_uuids": [card()["uuid"]],
        "indicators": ["info"],
        "incomplete_types": ["Observation"],
        "incomplete_rules": ["TN-20"],
        "broken_rules": ["TN-05"],
        "fhir_requests": 3,
    }
    assert line.items() >= expected.items()
    assert "withheld" not in line


@covers("SEC-26")
def test_a_refused_call_has_its_line_too(client: FlaskClient, log_lines: io.StringIO) -> None:
    client.post(PATHS["patient-view"], json={})
    (line,) = [json.loads(text) for text in log_lines.getvalue().splitlines() if "call answered" in text]
    assert (line["hook"], line["status"]) == ("patient-view", 400)
    assert "subject" not in line
