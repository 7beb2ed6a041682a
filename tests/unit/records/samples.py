"""Synthetic calls and resources for the decoding tests."""

from __future__ import annotations

import json
from typing import Any

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"

Json = dict[str, Any]


def body(value: object) -> bytes:
    """Compact JSON bytes."""
    return json.dumps(value, separators=(",", ":")).encode()


def condition(**members: Any) -> Json:
    return {
        "resourceType": "Condition",
        "id": "c1",
        "code": {"coding": [{"system": SNOMED, "code": "31681005"}]},
        "subject": {"reference": "Patient/p1"},
        "onsetDateTime": "2023-06-01",
        **members,
    }


def request(**members: Any) -> Json:
    return {
        "resourceType": "MedicationRequest",
        "id": "m1",
        "status": "stopped",
        "intent": "order",
        "medicationCodeableConcept": {
            "coding": [{"system": RXNORM, "code": "2002"}],
            "text": "carbamazepine",
        },
        "subject": {"reference": "Patient/p1"},
        "authoredOn": "2024-01-10",
        "dosageInstruction": [
            {"text": "200 mg twice daily", "timing": {"repeat": {"frequency": 2, "period": 1}}}
        ],
        **members,
    }


def bundle(*resources: object, **members: Any) -> Json:
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(resources),
        "entry": [{"fullUrl": "https://ehr.example.org/r4/x", "resource": r} for r in resources],
        **members,
    }


def call(**members: Any) -> Json:
    return {
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/1", "patientId": "p1"},
        **members,
    }


def prefetched(**prefetch: Any) -> bytes:
    return body(call(prefetch=prefetch))
