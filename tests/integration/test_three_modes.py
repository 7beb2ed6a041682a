"""Prefetch, FHIR server and a mixture of both give the same cards, on HAPI as on the embedded server."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from cds_service.app import create_app, shut_down
from cds_service.clock import FixedClock
from cds_service.sandbox.fixture_server import clean_fixtures, load_fixtures
from cds_service.sandbox.fixtures import preload
from cds_service.sandbox.routes import create_fhir_blueprint
from cds_service.sandbox.store import ResourceStore
from cds_service.settings import Settings
from tests.integration.three_modes import answer, body_of, cards_in_all_modes, without_prefix

Json = dict[str, Any]

JUDGED_AT = datetime(2026, 6, 15, 12, tzinfo=UTC)
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
PATIENTS = (
    "new-tn",
    "carbamazepine-failed",
    "hla-b1502",
    "too-short",
    "refractory-classical",
    "after-mvd",
    "ms-secondary",
    "radiosurgery-recent",
    "highly-refractory",
    "long-record",
    "ketamine-two-series",
    "migraine-overuse",
    "ablation-failed",
    "back-surgery-recurrence",
    "migraine-and-neuralgia",
    "ablation-and-radiculopathy",
)


def carbamazepine_for(patient: str) -> Json:
    return {
        "resourceType": "MedicationRequest",
        "id": "draft-carbamazepine",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {
            "coding": [{"system": RXNORM, "code": "308979", "display": "carbamazepine 200 MG Oral Tablet"}],
            "text": "carbamazepine 200 mg",
        },
        "subject": {"reference": f"Patient/{patient}"},
    }


def summaries(document: Json) -> list[tuple[str, str]]:
    return [(card["source"]["topic"]["code"], card["indicator"]) for card in document["cards"]]


@pytest.fixture(scope="module")
def embedded() -> Iterator[str]:
    """The embedded FHIR server with the synthetic patients, on a port of its own."""
    store = ResourceStore()
    preload(store)
    app = Flask("embedded")
    app.register_blueprint(create_fhir_blueprint(store), url_prefix="/fhir")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/fhir"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module")
def loaded(hapi_base_url: str) -> Iterator[tuple[str, str]]:
    """The synthetic patients on HAPI under ids of this run's own, removed afterwards; (base address, prefix)."""
    tag = f"test-{secrets.token_hex(4)}"
    prefix = f"{tag}-"
    load_fixtures(hapi_base_url, tag=tag, prefix=prefix)
    yield hapi_base_url, prefix
    clean_fixtures(hapi_base_url, tag=tag)


def client_for(base_url: str) -> Iterator[FlaskClient]:
    settings = Settings(
        dev=True,
        database=Path(":memory:"),
        fhir_servers=(base_url,),
        call_budget_seconds=60,
        read_timeout_seconds=60,
        connect_timeout_seconds=10,
    )
    app = create_app(settings, clock=FixedClock(JUDGED_AT))
    yield app.test_client()
    shut_down(app)


@pytest.fixture(scope="module")
def client_of_embedded(embedded: str) -> Iterator[FlaskClient]:
    yield from client_for(embedded)


@pytest.fixture(scope="module")
def client_of_hapi(loaded: tuple[str, str]) -> Iterator[FlaskClient]:
    yield from client_for(loaded[0])


@pytest.mark.parametrize("patient", PATIENTS)
@pytest.mark.parametrize("hook", ["patient-view", "order-sign"])
class TestEmbeddedServer:
    def test_the_three_modes_give_the_same_answer(
        self, client_of_embedded: FlaskClient, embedded: str, patient: str, hook: str
    ) -> None:
        drafts = [carbamazepine_for(patient)] if hook == "order-sign" else []
        answers = cards_in_all_modes(client_of_embedded, embedded, hook, patient, drafts)
        assert answers["server"] == answers["prefetch"]
        assert answers["mixture"] == answers["prefetch"]
        assert "extension" not in answers["prefetch"], "an answer from whole data is not incomplete"


@pytest.mark.hapi
@pytest.mark.public
@pytest.mark.parametrize("patient", PATIENTS)
@pytest.mark.parametrize("hook", ["patient-view", "order-sign"])
class TestHapi:
    def test_the_three_modes_give_the_same_answer_as_the_embedded_server(
        self,
        client_of_hapi: FlaskClient,
        client_of_embedded: FlaskClient,
        loaded: tuple[str, str],
        embedded: str,
        patient: str,
        hook: str,
    ) -> None:
        base_url, prefix = loaded
        name = f"{prefix}{patient}"
        drafts = [carbamazepine_for(name)] if hook == "order-sign" else []
        answers = cards_in_all_modes(client_of_hapi, base_url, hook, name, drafts)
        assert answers["server"] == answers["prefetch"]
        assert answers["mixture"] == answers["prefetch"]

        own = [carbamazepine_for(patient)] if hook == "order-sign" else []
        expected = answer(client_of_embedded, body_of(hook, patient, base_url=embedded, drafts=own))
        assert without_prefix(answers["server"], prefix) == without_prefix(expected, "")


def test_ordering_carbamazepine_again_after_it_failed_warns_and_offers_to_remove_the_order(
    client_of_embedded: FlaskClient, embedded: str
) -> None:
    draft = carbamazepine_for("carbamazepine-failed")
    document = answer(
        client_of_embedded, body_of("order-sign", "carbamazepine-failed", base_url=embedded, drafts=[draft])
    )
    card = document["cards"][0]
    explanation = card["extension"]["org.cds-service.explanation"]
    assert (card["indicator"], explanation["kind"], explanation["card"]) == (
        "warning",
        "repeat-of-failed",
        "TN-20",
    )
    deletes = [a for s in card["suggestions"] for a in s["actions"] if a["type"] == "delete"]
    assert {a["resourceId"] for a in deletes} == {"MedicationRequest/draft-carbamazepine"}


def test_carbamazepine_for_a_carrier_of_hla_b_1502_is_critical(
    client_of_embedded: FlaskClient, embedded: str
) -> None:
    draft = carbamazepine_for("hla-b1502")
    document = answer(
        client_of_embedded, body_of("order-sign", "hla-b1502", base_url=embedded, drafts=[draft])
    )
    assert ("TN22", "critical") in summaries(document)


def test_a_long_record_is_read_to_its_last_page(client_of_embedded: FlaskClient, embedded: str) -> None:
    """150 MedicationRequests, 38 % by reference; the trigeminal history is on none of the first pages."""
    document = answer(client_of_embedded, body_of("patient-view", "long-record", base_url=embedded))
    trials = {
        trial["therapy"]
        for card in document["cards"]
        for trial in card["extension"]["org.cds-service.explanation"].get("trials", [])
    }
    assert "carbamazepine" in trials
