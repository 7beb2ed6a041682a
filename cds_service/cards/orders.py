"""Draft orders that suggestions create: complete, unsigned FHIR R4 resources for this patient, and how rules read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from cds_service.evaluate.hypothetical import REFERENCE
from cds_service.records.decode import decode_resource
from cds_service.ruleset.pathway import OrderTemplate
from cds_service.ruleset.ruleset import Ruleset
from cds_service.timeline.drafts import read_draft
from cds_service.timeline.events import Draft, Timeline
from cds_service.timeline.meaning import Meanings
from cds_service.timeline.reading import Reading

Json = dict[str, Any]


def order_resource(
    template: OrderTemplate,
    rules: Ruleset,
    *,
    patient_id: str,
    encounter_id: str | None,
    reason: str | None,
    priority: str | None = None,
) -> Json:
    """Return a draft MedicationRequest or ServiceRequest; ``reason`` is the reference of the patient's diagnosis."""
    concept = _concept(template, rules)
    resource: Json = {"resourceType": template.resource, "status": "draft", "intent": "proposal"}
    if priority is not None:
        resource["priority"] = priority
    resource["medicationCodeableConcept" if template.resource == "MedicationRequest" else "code"] = concept
    resource["subject"] = {"reference": f"Patient/{patient_id}"}
    if encounter_id is not None:
        resource["encounter"] = {"reference": f"Encounter/{encounter_id}"}
    if reason is not None:
        resource["reasonReference"] = [{"reference": reason}]
    if template.dosage_text is not None:
        resource["dosageInstruction"] = [{"text": template.dosage_text}]
    if template.note is not None:
        resource["note"] = [{"text": template.note}]
    return resource


def as_draft(resource: Mapping[str, Any], timeline: Timeline, rules: Ruleset) -> Draft | None:
    """Read an order as it would be read if it were sent back as a draft; None when no rule knows what it orders."""
    sent = decode_resource(msgspec.json.encode({**resource, "id": REFERENCE})).resource
    reading = Reading(
        as_of=timeline.as_of,
        now=None,
        meanings=Meanings(rules.terminology),
        medications={},
        diagnoses={d.reference: d for d in timeline.diagnoses},
    )
    return None if sent is None else read_draft(sent, reading)


def _concept(template: OrderTemplate, rules: Ruleset) -> Json:
    systems = rules.terminology.systems
    codings = []
    for ref in template.codes:
        coding = {"system": systems.by_key[ref.system].uri, "code": ref.code}
        if ref.display is not None:
            coding["display"] = ref.display
        codings.append(coding)
    concept: Json = {"text": template.text}
    return {"coding": codings, **concept} if codings else concept


def stopped(original: Mapping[str, Any]) -> Json:
    """Return a whole order with nothing changed but its status: stopped."""
    return {**original, "status": "stopped"}
