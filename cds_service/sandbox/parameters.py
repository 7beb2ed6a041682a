"""The search parameters that the embedded server knows: FHIR R4 names, per resource type, with their paths.

One table feeds search, sorting, ``_include`` and the CapabilityStatement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Kind = Literal["token", "date", "reference", "string"]


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One search parameter: how its values are compared and where they stand in the resource."""

    name: str
    kind: Kind
    paths: tuple[str, ...]
    targets: tuple[str, ...] = ()
    """Resource types that a reference may point at; empty for any."""


def _table(*parameters: Parameter) -> Mapping[str, Parameter]:
    return MappingProxyType({parameter.name: parameter for parameter in parameters})


def _token(name: str, *paths: str) -> Parameter:
    return Parameter(name=name, kind="token", paths=paths)


def _date(name: str, *paths: str) -> Parameter:
    return Parameter(name=name, kind="date", paths=paths)


def _string(name: str, *paths: str) -> Parameter:
    return Parameter(name=name, kind="string", paths=paths)


def _reference(name: str, path: str, *targets: str) -> Parameter:
    return Parameter(name=name, kind="reference", paths=(path,), targets=targets)


_PATIENT = _reference("patient", "subject", "Patient")
_SUBJECT = _reference("subject", "subject")
_STATUS = _token("status", "status")
_CODE = _token("code", "code")
_CATEGORY = _token("category", "category")
_ENCOUNTER = _reference("encounter", "encounter", "Encounter")
_CONTEXT = _reference("context", "context")
_MEDICATION = _reference("medication", "medicationReference", "Medication")
_MEDICATION_CODE = _token("code", "medicationCodeableConcept")
_COMMON = (
    _token("_id", "id"),
    _token("_tag", "meta.tag"),
    _date("_lastUpdated", "meta.lastUpdated"),
    _token("identifier", "identifier"),
)

PARAMETERS: Mapping[str, Mapping[str, Parameter]] = MappingProxyType(
    {
        "AllergyIntolerance": _table(
            *_COMMON,
            _reference("patient", "patient", "Patient"),
            _token("code", "code", "reaction.substance"),
            _token("clinical-status", "clinicalStatus"),
            _token("verification-status", "verificationStatus"),
            _CATEGORY,
            _token("type", "type"),
            _token("criticality", "criticality"),
            _date("date", "recordedDate"),
            _date("onset", "reaction.onset"),
        ),
        "Condition": _table(
            *_COMMON,
            _PATIENT,
            _SUBJECT,
            _ENCOUNTER,
            _CODE,
            _CATEGORY,
            _token("clinical-status", "clinicalStatus"),
            _token("verification-status", "verificationStatus"),
            _token("body-site", "bodySite"),
            _date("onset-date", "onsetDateTime", "onsetPeriod"),
            _date("abatement-date", "abatementDateTime", "abatementPeriod"),
            _date("recorded-date", "recordedDate"),
        ),
        "Device": _table(
            *_COMMON, _reference("patient", "patient", "Patient"), _STATUS, _token("type", "type")
        ),
        "DiagnosticReport": _table(
            *_COMMON,
            _PATIENT,
            _SUBJECT,
            _ENCOUNTER,
            _STATUS,
            _CODE,
            _CATEGORY,
            _token("conclusion", "conclusionCode"),
            _date("date", "effectiveDateTime", "effectivePeriod"),
            _date("issued", "issued"),
            _reference("result", "result", "Observation"),
            _reference("based-on", "basedOn"),
        ),
        "Encounter": _table(
            *_COMMON,
            _PATIENT,
            _SUBJECT,
            _STATUS,
            _token("class", "class"),
            _token("type", "type"),
            _token("reason-code", "reasonCode"),
            _date("date", "period"),
        ),
        "ImagingStudy": _table(
            *_COMMON,
            _PATIENT,
            _SUBJECT,
            _ENCOUNTER,
            _STATUS,
            _token("modality", "modality", "series.modality"),
            _token("bodysite", "series.bodySite"),
            _token("reason", "reasonCode"),
            _date("started", "started"),
            _reference("basedon", "basedOn"),
        ),
        "Location": _table(*_COMMON, _STATUS),
        "Medication": _table(
            *_COMMON, _CODE, _STATUS, _token("ingredient-code", "ingredient.itemCodeableConcept")
        ),
        "MedicationAdministration": _table(
            *_COMMON,
            _PATIENT,
            _SUBJECT,
            _CONTEXT,
            _STATUS,
            _MEDICATION_CODE,
            _MEDICATION,
            _token("reason-given", "reasonCode"),
            _token("reason-not-given", "statusReason"),
            _date("effective-time", "effectiveDateTime", "effectivePeriod"),
            _reference("request", "request", "MedicationRequest"),
        ),
        "MedicationDispense": _table(
            *_COMMON,
            _PATIENT,
            _SUBJECT,
            _CONTEXT,
            _STATUS,
            _MEDICATION_CODE,
            _MEDICATION,
            _date("whenhandedover", "whenHandedOver"),
            _date("whenprepared", "whenPrepared"),
            _reference("prescription", "authorizingPrescription", "MedicationRequest"),
        ),
        "MedicationRequest": _table(
            *_COMMON,
            _PATIENT,
            _SUBJECT,
            _ENCOUNTER,
            _STATUS,
            _token("intent", "intent"),
            _token("priority", "priority"),
            _CATEGORY,
            _MEDICATION_CODE,
            _MEDICATION,
            _date("authoredon", "authoredOn"),
            _date("date", "dosageInstruction.timing.event"),
        ),
        "MedicationStatement": _table(
            *_COMMON,
            _PATIENT,
            _SUBJECT,
            _CONTEXT,
            _STATUS,
            _CATEGORY,
            _MEDICATION_CODE,
            _MEDICATION,
            _date("effective", "effectiveDateTime", "effectivePeriod"),
        ),
        "Observation": _table(
            *_COMMON,
            _PATIENT,
            _SUBJECT,
            _ENCOUNTER,
            _STATUS,
            _CODE,
            _CATEGORY,
            _token("value-concept", "valueCodeableConcept"),
            _date(
                "date", "effectiveDateTime", "effectivePeriod", "effectiveInstant", "effectiveTiming.event"
            ),
        ),
        "Organization": _table(*_COMMON, _string("name", "name")),
        "Patient": _table(
            *_COMMON,
            _token("active", "active"),
            _token("gender", "gender"),
            _date("birthdate", "birthDate"),
            _string("family", "name.family"),
            _string("given", "name.given"),
            _string("name", "name.family", "name.given", "name.text"),
        ),
        "Practitioner": _table(*_COMMON, _string("family", "name.family"), _string("given", "name.given")),
        "Procedure": _table(
            *_COMMON,
            _PATIENT,
            _SUBJECT,
            _ENCOUNTER,
            _STATUS,
            _CODE,
            _CATEGORY,
            _token("reason-code", "reasonCode"),
            _date("date", "performedDateTime", "performedPeriod"),
            _reference("reason-reference", "reasonReference"),
            _reference("based-on", "basedOn"),
        ),
        "ServiceRequest": _table(
            *_COMMON,
            _PATIENT,
            _SUBJECT,
            _ENCOUNTER,
            _STATUS,
            _token("intent", "intent"),
            _token("priority", "priority"),
            _CODE,
            _CATEGORY,
            _date("authored", "authoredOn"),
            _date(
                "occurrence",
                "occurrenceDateTime",
                "occurrencePeriod",
                "occurrenceTiming.event",
                "occurrenceTiming.repeat.boundsPeriod",
            ),
        ),
    }
)
"""Search parameters by resource type; its keys are the resource types that the server accepts."""
