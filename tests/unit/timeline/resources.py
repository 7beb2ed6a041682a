"""Short ways to write FHIR resources and to build timelines from them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from cds_service.records.patient import PatientRecords
from cds_service.records.references import reference_of
from cds_service.records.resources import AnyResource, Bundle, Medication
from cds_service.timeline.build import build_timeline
from cds_service.timeline.events import Timeline
from tests.unit.timeline.lookup import LOINC, RXNORM, SNOMED, SmallTerminology

AS_OF = date(2026, 6, 15)
Json = dict[str, Any]


def coded(code: str, system: str = SNOMED, **more: Any) -> Json:
    """A CodeableConcept of one coding."""
    return {"coding": [{"system": system, "code": code}], **more}


def status(code: str) -> Json:
    """A coded status."""
    return {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/x", "code": code}]}


def resource(resource_type: str, **members: Any) -> Json:
    """A resource of the patient; members given as None are left out."""
    about = "patient" if resource_type in {"AllergyIntolerance", "Device"} else "subject"
    sent = {"resourceType": resource_type, "id": "1", about: {"reference": "Patient/p1"}, **members}
    return {name: value for name, value in sent.items() if value is not None}


def condition(**members: Any) -> Json:
    return resource("Condition", **{"code": coded("31681005"), "onsetDateTime": "2024-01-01", **members})


def request(**members: Any) -> Json:
    drug = {} if "medicationReference" in members else {"medicationCodeableConcept": coded("308979", RXNORM)}
    return resource(
        "MedicationRequest",
        **{"status": "active", "intent": "order", "authoredOn": "2026-01-01", **drug, **members},
    )


def statement(**members: Any) -> Json:
    drug = {"medicationCodeableConcept": coded("2002", RXNORM)}
    return resource(
        "MedicationStatement", **{"status": "active", "effectiveDateTime": "2026-01-01", **drug, **members}
    )


def administration(**members: Any) -> Json:
    drug = {"medicationCodeableConcept": coded("2002", RXNORM)}
    return resource(
        "MedicationAdministration",
        **{"status": "completed", "effectiveDateTime": "2026-01-01", **drug, **members},
    )


def dispense(**members: Any) -> Json:
    drug = {"medicationCodeableConcept": coded("2002", RXNORM)}
    return resource(
        "MedicationDispense", **{"status": "completed", "whenHandedOver": "2026-01-01", **drug, **members}
    )


def procedure(**members: Any) -> Json:
    return resource(
        "Procedure",
        **{"status": "completed", "code": coded("736132002"), "performedDateTime": "2026-01-01", **members},
    )


def observation(**members: Any) -> Json:
    return resource(
        "Observation",
        **{
            "status": "final",
            "code": coded("2951-2", LOINC),
            "effectiveDateTime": "2026-06-01",
            "valueQuantity": {"value": 131, "unit": "mmol/L"},
            **members,
        },
    )


def report(**members: Any) -> Json:
    return resource(
        "DiagnosticReport",
        **{"status": "final", "code": coded("mri"), "effectiveDateTime": "2026-03-01", **members},
    )


def service_request(**members: Any) -> Json:
    return resource(
        "ServiceRequest",
        **{
            "status": "active",
            "intent": "order",
            "code": coded("mri"),
            "authoredOn": "2026-05-01",
            **members,
        },
    )


def allergy(**members: Any) -> Json:
    return resource(
        "AllergyIntolerance", **{"code": coded("2002", RXNORM), "recordedDate": "2020-01-01", **members}
    )


def read(sent: Json) -> AnyResource:
    """Decode one resource."""
    found: AnyResource = msgspec.json.decode(json.dumps(sent), type=AnyResource)
    return found


def bundle(*sent: Json) -> Bundle:
    """A Bundle of drafts."""
    return msgspec.json.decode(
        json.dumps({"resourceType": "Bundle", "entry": [{"resource": r} for r in sent]}), type=Bundle
    )


def timeline(
    *sent: Json,
    drafts: Bundle | None = None,
    selections: Sequence[str] | None = None,
    medications: Mapping[str, Json] | None = None,
    incomplete: frozenset[str] = frozenset(),
    as_of: date = AS_OF,
    now: datetime | None = None,
) -> Timeline:
    """Build the timeline of patient p1 from resources as they are sent."""
    by_type: dict[str, tuple[AnyResource, ...]] = {}
    for each in map(read, sent):
        name = reference_of(each).partition("/")[0]
        by_type[name] = (*by_type.get(name, ()), each)
    known: dict[str, Medication] = {}
    for reference, medication in (medications or {}).items():
        found = read(medication)
        assert isinstance(found, Medication)
        known[reference] = found
    records = PatientRecords(patient_id="p1", resources=by_type, medications=known, incomplete=incomplete)
    return build_timeline(
        records, drafts=drafts, selections=selections, meaning=SmallTerminology(), as_of=as_of, now=now
    )
