"""Hook calls and answers for the tests of the contract, in small pieces."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask

from cds_service.app import assemble
from cds_service.clock import FixedClock
from cds_service.hooks.request import HookRequest
from cds_service.hooks.services import Advice, Adviser
from cds_service.ops.metrics import Metrics
from cds_service.settings import Settings

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
INSTANCE = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
PATIENT = "pat-1"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
TEMPLATES = {
    "patient": "Patient/{{context.patientId}}",
    "conditions": "Condition?patient={{context.patientId}}",
    "medications": "MedicationRequest?patient={{context.patientId}}&_include=MedicationRequest:medication",
    "procedures": "Procedure?patient={{context.patientId}}",
}
PATHS = {
    "patient-view": "/cds-services/failed-therapy-patient-view",
    "order-select": "/cds-services/failed-therapy-order-select",
    "order-sign": "/cds-services/failed-therapy-order-sign",
}


def draft(name: str = "draft-1", **changes: Any) -> dict[str, Any]:
    """An order that is being written."""
    return {
        "resourceType": "MedicationRequest",
        "id": name,
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {
            "coding": [{"system": RXNORM, "code": "2002", "display": "carbamazepine"}],
            "text": "carbamazepine",
        },
        "subject": {"reference": f"Patient/{PATIENT}"},
    } | changes


def bundle(*resources: Mapping[str, Any], kind: str = "searchset") -> dict[str, Any]:
    """A Bundle with these resources."""
    return {
        "resourceType": "Bundle",
        "type": kind,
        "entry": [{"resource": resource} for resource in resources],
    }


def context(hook: str, **changes: Any) -> dict[str, Any]:
    """The smallest context that a hook accepts; a change to None removes a field."""
    found: dict[str, Any] = {"userId": "Practitioner/dr-1", "patientId": PATIENT}
    if hook != "patient-view":
        found["draftOrders"] = bundle(draft(), kind="collection")
    if hook == "order-select":
        found["selections"] = ["MedicationRequest/draft-1"]
    return without_none(found | changes)


def call(hook: str = "patient-view", **changes: Any) -> dict[str, Any]:
    """A call of a hook with exactly the required members; a change to None removes a member."""
    return without_none({"hook": hook, "hookInstance": INSTANCE, "context": context(hook)} | changes)


def without_none(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def card(name: str = "TN-01", **changes: Any) -> dict[str, Any]:
    """A card such as the service gives."""
    return {
        "uuid": "0b7c6a52-6d0f-4a39-9f2e-1f8f4f1b7a10",
        "summary": "Carbamazepine failed; consider oxcarbazepine",
        "indicator": "info",
        "source": {"label": "Failed-therapy advisor", "topic": {"system": "urn:topics", "code": "TN01"}},
        "extension": {
            "org.cds-service.explanation": {
                "pathway": "trigeminal-neuralgia",
                "rule": name,
                "card": name,
                "kind": "next-step",
                "version": 1,
                "hash": "abc",
                "evidence": [{"reference": "MedicationRequest/1", "says": "stopped"}],
            }
        },
    } | changes


class FakeAdviser:
    """Gives the answer it was told to give, and keeps the requests that it was asked."""

    def __init__(self) -> None:
        self.answer: Advice | Exception = Advice(cards=[])
        self.requests: list[HookRequest] = []

    def advise(self, request: HookRequest) -> Advice:
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def build(adviser: Adviser, **changes: Any) -> Flask:
    """An application around an adviser, with a database in memory; ``changes`` are settings."""
    chosen: dict[str, Any] = {"dev": True, "database": Path(":memory:")} | changes
    settings = Settings(**chosen)
    return assemble(
        settings,
        adviser=adviser,
        templates_of=lambda hook: TEMPLATES,
        rules_loaded=9,
        clock=FixedClock(NOW),
        metrics=Metrics(systems=[RXNORM]),
    )


def json_of(response: Any) -> Any:
    """The body of an answer, read as JSON."""
    return json.loads(response.data)


def empties(value: object, path: str = "$") -> Iterator[str]:
    """Where a document has null, "", {} or [], which CDS Hooks forbids except for empty cards and services."""
    if value is None or value in ("", {}, []):
        yield path
    elif isinstance(value, dict):
        for name, inner in value.items():
            if not (path == "$" and name in ("cards", "services") and inner == []):
                yield from empties(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from empties(inner, f"{path}[{index}]")


def assert_outcome(response: Any, status: int) -> str:
    """The answer is an OperationOutcome with this status; return its text."""
    assert response.status_code == status, response.data
    assert response.content_type == "application/json"
    document = json.loads(response.data)
    assert document["resourceType"] == "OperationOutcome"
    assert list(empties(document)) == []
    (issue,) = document["issue"]
    assert issue["severity"] == "error"
    assert issue["code"]
    text: str = issue["details"]["text"]
    assert "Traceback" not in response.text
    assert ".py" not in response.text
    return text
