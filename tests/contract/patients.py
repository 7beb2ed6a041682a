"""The synthetic patients as calls of a client: their records as prefetch, and drafts to be judged."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.contract.calls import INSTANCE, RXNORM, bundle, without_none

Json = dict[str, Any]

FIXTURES = Path(__file__).resolve().parents[2] / "fhir_fixtures" / "patients"
CARL = "carbamazepine-failed"
"""Carbamazepine failed after an adequate trial; nothing else was tried."""
NORA = "new-tn"
"""Trigeminal neuralgia since last month; nothing was tried, and there is no MRI."""

KEYS: Mapping[str, str] = {
    "Patient": "patient",
    "Condition": "conditions",
    "MedicationRequest": "medications",
    "Procedure": "procedures",
    "MedicationStatement": "statements",
    "MedicationAdministration": "administrations",
    "MedicationDispense": "dispenses",
    "AllergyIntolerance": "allergies",
    "Observation": "observations",
    "DiagnosticReport": "reports",
    "ImagingStudy": "imaging",
    "ServiceRequest": "requests",
    "Device": "devices",
    "Encounter": "encounters",
}
REQUIRED = ("conditions", "medications", "procedures")


def records_of(patient: str) -> list[Json]:
    """All resources of a synthetic patient."""
    document = json.loads((FIXTURES / patient / "bundle.json").read_text(encoding="utf-8"))
    return [entry["resource"] for entry in document["entry"]]


def prefetch_of(records: Iterable[Json], keys: Iterable[str] = KEYS.values()) -> Json:
    """What a client sends under the keys that discovery publishes; every search is answered, with nothing if need be."""
    by_type: dict[str, list[Json]] = {}
    for resource in records:
        by_type.setdefault(resource["resourceType"], []).append(copy.deepcopy(resource))
    sent: Json = {}
    for resource_type, key in KEYS.items():
        if key not in keys:
            continue
        found = by_type.get(resource_type, [])
        if resource_type == "Patient":
            sent[key] = found[0] if found else None
        else:
            included = by_type.get("Medication", []) if resource_type.startswith("Medication") else []
            sent[key] = bundle(*found, *included)
    return sent


def order_for(patient: str, code: str, text: str, name: str = "draft-1", **changes: Any) -> Json:
    """A draft order of a drug by its RxNorm code."""
    return without_none(
        {
            "resourceType": "MedicationRequest",
            "id": name,
            "status": "draft",
            "intent": "order",
            "medicationCodeableConcept": {
                "coding": [{"system": RXNORM, "code": code, "display": text}],
                "text": text,
            },
            "subject": {"reference": f"Patient/{patient}"},
        }
        | changes
    )


def carbamazepine_for(patient: str, name: str = "draft-1", **changes: Any) -> Json:
    """A draft order of carbamazepine 200 mg tablets."""
    return order_for(patient, "308979", "carbamazepine 200 MG Oral Tablet", name, **changes)


def paracetamol_for(patient: str, name: str = "draft-2", **changes: Any) -> Json:
    """A draft order of acetaminophen, to which no rule objects."""
    return order_for(patient, "161", "acetaminophen", name, **changes)


def call_for(
    patient: str,
    hook: str,
    *,
    prefetch: Json | None = None,
    drafts: Sequence[Json] = (),
    selected: Sequence[str] | None = None,
    **members: Any,
) -> Json:
    """A call of a hook for a patient."""
    context: Json = {"userId": "Practitioner/dr-1", "patientId": patient}
    if hook != "patient-view":
        context["draftOrders"] = bundle(*drafts, kind="collection")
    if hook == "order-select":
        context["selections"] = list(selected or ())
    return without_none(
        {"hook": hook, "hookInstance": INSTANCE, "context": context, "prefetch": prefetch} | members
    )
