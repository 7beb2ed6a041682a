"""Builds the FHIR R4 resources of a case: what a hospital's server would hold of such a patient."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cds_service.casework import build_medications as medications
from cds_service.casework import build_records as records
from cds_service.casework.codebook import CodeBook, UnknownConcept
from cds_service.casework.context import PATIENT_ID, Builder, CannotBuild, Resource
from cds_service.casework.format import Person
from cds_service.casework.items import Item, RawItem
from cds_service.terminology import Terminology

RACE_URL = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race"
"""US Core race extension (http://hl7.org/fhir/us/core/StructureDefinition-us-core-race.html)."""

_SUBJECT_WORD = {"AllergyIntolerance": "patient", "Device": "patient"}

_BUILDERS: Mapping[str, Callable[[Any, Builder], Resource]] = {
    "condition": records.condition,
    "order": medications.request,
    "statement": medications.statement,
    "administration": medications.administration,
    "dispense": medications.dispense,
    "procedure": records.procedure,
    "observation": records.observation,
    "report": records.report,
    "imaging": records.imaging,
    "allergy": records.allergy,
    "request": records.service_request,
    "device_request": records.device_request,
    "device": records.device,
    "encounter": records.encounter,
}


@dataclass(frozen=True, kw_only=True)
class BuiltPatient:
    """Everything of one case as FHIR JSON.

    ``references`` maps the id of an item, as the case names it, to its relative FHIR reference.
    """

    patient: Resource
    resources: tuple[Resource, ...]
    drafts: tuple[Resource, ...]
    references: Mapping[str, str]


def build_patient(
    terminology: Terminology, person: Person, history: Mapping[str, Item], drafts: Mapping[str, Item]
) -> BuiltPatient:
    """Build a patient's resources. Raises ``CannotBuild`` with the item's id and what is wrong with it."""
    references = {id_: reference_of(item, id_) for id_, item in (*history.items(), *drafts.items())}
    builder = Builder(codes=CodeBook(terminology), references=references, extra=[])
    built = [_resource(item, id_, builder) for id_, item in history.items()]
    drafted = [_drafted(_resource(item, id_, builder)) for id_, item in drafts.items()]
    return BuiltPatient(
        patient=patient_resource(person, builder),
        resources=(*built, *builder.extra),
        drafts=tuple(drafted),
        references=references,
    )


def reference_of(item: Item, id_: str) -> str:
    """Return the relative reference of an item."""
    if isinstance(item, RawItem):
        return f"{item.resource.get('resourceType', 'Basic')}/{item.resource.get('id', id_)}"
    return f"{RESOURCE_TYPES[item.kind]}/{id_}"


RESOURCE_TYPES: Mapping[str, str] = {
    "condition": "Condition",
    "order": "MedicationRequest",
    "statement": "MedicationStatement",
    "administration": "MedicationAdministration",
    "dispense": "MedicationDispense",
    "procedure": "Procedure",
    "observation": "Observation",
    "report": "DiagnosticReport",
    "imaging": "ImagingStudy",
    "allergy": "AllergyIntolerance",
    "request": "ServiceRequest",
    "device_request": "DeviceRequest",
    "device": "Device",
    "encounter": "Encounter",
}


def patient_resource(person: Person, builder: Builder) -> Resource:
    """Build the Patient; what the case leaves out is not on record."""
    resource: Resource = {"resourceType": "Patient", "id": PATIENT_ID}
    if person.born is not None:
        resource["birthDate"] = person.born
    if person.sex is not None:
        resource["gender"] = person.sex
    if person.deceased is not None:
        resource["deceasedBoolean"] = person.deceased
    if person.ancestry:
        codings = [{"url": "detailed", "valueCoding": builder.coding(c)} for c in person.ancestry]
        resource["extension"] = [{"url": RACE_URL, "extension": codings}]
    return resource


def _resource(item: Item, id_: str, builder: Builder) -> Resource:
    try:
        if isinstance(item, RawItem):
            return _raw(item, id_)
        resource = _BUILDERS[item.kind](item, builder)
    except (UnknownConcept, ValueError) as problem:
        raise CannotBuild(id_, str(problem)) from None
    kind = RESOURCE_TYPES[item.kind]
    whose = {"reference": f"Patient/{'someone-else' if item.of_other_patient else PATIENT_ID}"}
    found = {"resourceType": kind, "id": id_, _SUBJECT_WORD.get(kind, "subject"): whose, **resource}
    if item.note:
        found["note"] = [{"text": text} for text in item.note]
    return _without_none(found)


def _raw(item: RawItem, id_: str) -> Resource:
    kind = item.resource.get("resourceType")
    if not isinstance(kind, str):
        raise ValueError("a resource needs its resourceType")
    subject = (
        {}
        if kind == "Medication"
        else {_SUBJECT_WORD.get(kind, "subject"): {"reference": f"Patient/{PATIENT_ID}"}}
    )
    return {"id": id_, **subject, **item.resource}


def _drafted(resource: Resource) -> Resource:
    return {**resource, "status": "draft"} if resource.get("status") in {"active", None} else resource


def _without_none(resource: Resource) -> Resource:
    return {key: value for key, value in resource.items() if value is not None}


def bundle_of(resources: Iterable[Mapping[str, Any]]) -> Resource:
    """Return resources as a collection Bundle, as ``context.draftOrders`` carries them."""
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in resources]}


__all__: Sequence[str] = ["BuiltPatient", "build_patient", "bundle_of", "patient_resource", "reference_of"]
