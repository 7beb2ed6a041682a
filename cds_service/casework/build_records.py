"""Builders of everything that is not a medication: diagnoses, procedures, results, reports, allergies, requests, visits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cds_service.casework.context import Builder, Resource, period
from cds_service.casework.doses import quantity_of
from cds_service.casework.items import (
    AllergyItem,
    Concept,
    ConditionItem,
    DeviceItem,
    DeviceRequestItem,
    EncounterItem,
    ImagingItem,
    Item,
    ObservationItem,
    ProcedureItem,
    ReportItem,
    RequestItem,
)
from cds_service.ruleset.words import read_quantity

HL7 = "http://terminology.hl7.org/CodeSystem"


def code_of(item: Item, builder: Builder) -> Resource:
    """Return the CodeableConcept of what an item is of."""
    return builder.codes.concept(item.what, text=item.text, text_only=item.text_only)


def _status(system: str, code: str | None) -> Resource | None:
    return None if code is None else {"coding": [{"system": f"{HL7}/{system}", "code": code}]}


def condition(item: ConditionItem, builder: Builder) -> Resource:
    """Build a Condition."""
    return {
        "code": code_of(item, builder),
        "clinicalStatus": _status("condition-clinical", item.status),
        "verificationStatus": _status("condition-ver-status", item.verification),
        "onsetDateTime": item.onset,
        "onsetAge": quantity_of(read_quantity(item.onset_age)) if item.onset_age else None,
        "abatementDateTime": item.abated,
        "recordedDate": item.recorded,
        "severity": builder.concept(item.severity),
        "bodySite": builder.site(item.site, item.side) or None,
    }


def procedure(item: ProcedureItem, builder: Builder) -> Resource:
    """Build a Procedure."""
    return {
        "status": item.status,
        "code": code_of(item, builder),
        "performedDateTime": item.at,
        "performedPeriod": period(item.from_, item.to),
        "outcome": builder.concept(item.outcome, item.outcome_text),
        "statusReason": builder.concept(item.because, item.because_text),
        "reasonCode": builder.concepts(item.reason, item.reason_text),
        "bodySite": builder.site(item.site, item.side) or None,
        "complication": builder.concepts(item.complication),
    }


def observation(item: ObservationItem, builder: Builder) -> Resource:
    """Build an Observation."""
    high = quantity_of(read_quantity(item.reference_high)) if item.reference_high else None
    site = builder.site(item.site, item.side)
    return {
        "status": item.status,
        "code": code_of(item, builder),
        "effectiveDateTime": item.at,
        **value_of(item.value, builder),
        "component": [
            {"code": builder.codes.concept(Concept(codes=(name,))), **value_of(value, builder)}
            for name, value in item.components.items()
        ]
        or None,
        "referenceRange": [{"high": high}] if high else None,
        "interpretation": [_status("v3-ObservationInterpretation", item.interpretation)]
        if item.interpretation
        else None,
        "bodySite": site[0] if site else None,
    }


def value_of(value: Any, builder: Builder) -> Resource:
    """Return the value of an Observation or component: number with unit, bare number, code, text or range."""
    if value is None:
        return {}
    if isinstance(value, bool):
        return {"valueBoolean": value}
    if isinstance(value, int):
        return {"valueInteger": value}
    if isinstance(value, Mapping):
        return _special_value(value, builder)
    return {"valueQuantity": quantity_of(read_quantity(value))}


def _special_value(value: Mapping[str, Any], builder: Builder) -> Resource:
    match dict(value):
        case {"code": code, **rest} if rest.keys() <= {"text"}:
            concept = Concept.model_validate(code)
            return {"valueCodeableConcept": builder.codes.concept(concept, text=rest.get("text"))}
        case {"text": str(text), **rest} if not rest:
            return {"valueString": text}
        case {"range": [low, high], **rest} if not rest:
            return {
                "valueRange": {
                    "low": quantity_of(read_quantity(low)),
                    "high": quantity_of(read_quantity(high)),
                }
            }
    raise ValueError("value: expected a number with its unit, {code: …}, {text: …} or {range: [low, high]}")


def report(item: ReportItem, builder: Builder) -> Resource:
    """Build a DiagnosticReport."""
    return {
        "status": item.status,
        "code": code_of(item, builder),
        "effectiveDateTime": item.at,
        "conclusion": item.conclusion,
        "conclusionCode": builder.concepts(item.finding),
    }


def imaging(item: ImagingItem, builder: Builder) -> Resource:
    """Build an ImagingStudy."""
    return {
        "status": item.status,
        "procedureCode": [code_of(item, builder)],
        "started": item.at,
        "description": item.description,
    }


def allergy(item: AllergyItem, builder: Builder) -> Resource:
    """Build an AllergyIntolerance."""
    manifestation = builder.concepts(item.reaction, item.reaction_text)
    reaction = {"manifestation": manifestation or [{"text": "not stated"}], "severity": item.severity}
    has_reaction = manifestation is not None or item.severity is not None
    return {
        "clinicalStatus": _status("allergyintolerance-clinical", item.status),
        "verificationStatus": _status("allergyintolerance-verification", item.verification),
        "code": code_of(item, builder),
        "type": item.kind_,
        "criticality": item.criticality,
        "recordedDate": item.recorded,
        "reaction": [{k: v for k, v in reaction.items() if v is not None}] if has_reaction else None,
    }


def service_request(item: RequestItem, builder: Builder) -> Resource:
    """Build a ServiceRequest."""
    return {
        "status": item.status,
        "intent": item.intent,
        "code": code_of(item, builder),
        "authoredOn": item.at,
        "occurrenceDateTime": item.planned,
        "bodySite": builder.site(item.site, item.side) or None,
        "reasonCode": builder.concepts(item.reason, item.reason_text),
        "reasonReference": builder.references_to(item.reason_condition),
        "category": [{"coding": [{"code": code}], "text": code} for code in item.category] or None,
        "priority": item.priority,
        "orderDetail": builder.concepts(item.detail),
        "doNotPerform": item.do_not_perform,
    }


def device_request(item: DeviceRequestItem, builder: Builder) -> Resource:
    """Build a DeviceRequest."""
    return {
        "status": item.status,
        "intent": item.intent,
        "codeCodeableConcept": code_of(item, builder),
        "authoredOn": item.at,
        "reasonCode": builder.concepts(item.reason, item.reason_text),
        "reasonReference": builder.references_to(item.reason_condition),
    }


def device(item: DeviceItem, builder: Builder) -> Resource:
    """Build a Device."""
    return {"status": item.status, "type": code_of(item, builder)}


def encounter(item: EncounterItem, builder: Builder) -> Resource:
    """Build an Encounter."""
    act_code = {"system": f"{HL7}/v3-ActCode", "code": item.visit_class} if item.visit_class else None
    return {
        "status": item.status,
        "class": act_code,
        "type": [code_of(item, builder)],
        "period": period(item.from_, item.to),
        "reasonCode": builder.concepts(item.reason),
    }
