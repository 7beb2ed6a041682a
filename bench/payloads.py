"""Bodies of patient-view calls of a given size: synthetic, deterministic, each different.

Of S resources half are MedicationRequests, a fifth Procedures, one the Patient and the rest Conditions. The patient has
trigeminal neuralgia with one failed and one not tolerated first-line drug, or (``condition=False``) has neither the
diagnosis nor the drugs. The rest is everyday noise.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import orjson

Json = dict[str, Any]

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
BASE = "https://ehr.example.org/r4"

TARGETS = (("308979", "carbamazepine 200 MG Oral Tablet"), ("312137", "oxcarbazepine 300 MG Oral Tablet"))
NOISE = (
    ("29046", "lisinopril"),
    ("83367", "atorvastatin"),
    ("6809", "metformin"),
    ("17767", "amlodipine"),
    ("7646", "omeprazole"),
    ("161", "acetaminophen"),
    ("10582", "levothyroxine"),
    ("6918", "metoprolol"),
    ("5487", "hydrochlorothiazide"),
)
PROCEDURES = (
    ("73761001", "Colonoscopy"),
    ("80146002", "Appendectomy"),
    ("76601001", "Intramuscular injection"),
    ("710824005", "Assessment of health and social care needs"),
)
CONDITIONS = (
    ("38341003", "I10", "Hypertensive disorder"),
    ("44054006", "E11.9", "Type 2 diabetes mellitus"),
    ("195967001", "J45.909", "Asthma"),
    ("55822004", "E78.5", "Hyperlipidemia"),
)
FIRST_DAY = date(2018, 1, 1)


def body(size: int, *, number: int, condition: bool = True) -> bytes:
    """Return one body of ``size`` resources; the same ``number`` gives the same bytes."""
    rng = random.Random(f"{size}-{number}-{condition}")
    patient = f"pt-{number:05d}"
    orders, procedures = size // 2, size // 5
    conditions = size - 1 - orders - procedures
    meds = [_order(i, *rng.choice(NOISE), rng, patient) for i in range(orders - 2 * condition)]
    found = [_condition(i, *rng.choice(CONDITIONS), rng, patient) for i in range(conditions - condition)]
    if condition:
        meds += _history(patient, rng)
        found.append(_condition(90_000, "31681005", "G50.0", "Trigeminal neuralgia", rng, patient))
    done = [_procedure(i, *rng.choice(PROCEDURES), rng, patient) for i in range(procedures)]
    for group in (meds, found, done):
        rng.shuffle(group)
    return orjson.dumps(
        {
            "hook": "patient-view",
            "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
            "context": {"userId": "Practitioner/prac-1", "patientId": patient, "encounterId": "enc-1"},
            "prefetch": {
                "patient": _patient(patient),
                "medications": _bundle(meds),
                "procedures": _bundle(done),
                "conditions": _bundle(found),
                **{key: _bundle([]) for key in EMPTY_KEYS},
            },
        }
    )


EMPTY_KEYS = (
    "statements",
    "administrations",
    "dispenses",
    "allergies",
    "observations",
    "reports",
    "imaging",
    "requests",
    "devices",
    "encounters",
)


def _patient(patient: str) -> Json:
    return {
        "resourceType": "Patient",
        "id": patient,
        "active": True,
        "name": [{"use": "official", "family": "Example", "given": ["Pat", "Q"]}],
        "gender": "female",
        "birthDate": "1961-04-12",
        "address": [{"use": "home", "line": ["1 Test St"], "city": "Springfield", "postalCode": "01101"}],
    }


def _history(patient: str, rng: random.Random) -> list[Json]:
    failed = _order(
        90_000, *TARGETS[0], rng, patient, start=date(2024, 1, 10), days=90, status="stopped", take=4
    )
    failed["statusReason"] = {"coding": [{"system": SNOMED, "code": "266721009"}]}
    intolerant = _order(
        90_001, *TARGETS[1], rng, patient, start=date(2024, 5, 1), days=60, status="stopped", take=3
    )
    intolerant["statusReason"] = {"coding": [{"system": SNOMED, "code": "407563006"}]}
    return [failed, intolerant]


def _order(
    number: int,
    code: str,
    display: str,
    rng: random.Random,
    patient: str,
    *,
    start: date | None = None,
    days: int | None = None,
    status: str | None = None,
    take: int = 1,
) -> Json:
    start = start or FIRST_DAY + timedelta(days=rng.randrange(2400))
    days = days or rng.choice((30, 60, 90))
    period = {"start": start.isoformat(), "end": (start + timedelta(days=days)).isoformat()}
    return {
        "resourceType": "MedicationRequest",
        "id": f"mr-{number:05d}",
        "meta": {"versionId": "1", "lastUpdated": f"{start.isoformat()}T08:00:00Z"},
        "status": status or rng.choice(("active", "completed", "stopped")),
        "intent": "order",
        "category": [{"coding": [{"code": "outpatient", "display": "Outpatient"}]}],
        "medicationCodeableConcept": {
            "coding": [{"system": RXNORM, "code": code, "display": display}],
            "text": display,
        },
        "subject": {"reference": f"Patient/{patient}"},
        "encounter": {"reference": f"Encounter/enc-{number:05d}"},
        "authoredOn": f"{start.isoformat()}T08:00:00Z",
        "requester": {"reference": "Practitioner/prac-1", "display": "Dr. A. Example"},
        "dosageInstruction": [
            {
                "text": "Take by mouth twice daily",
                "timing": {
                    "repeat": {"frequency": 2, "period": 1.0, "periodUnit": "d", "boundsPeriod": period}
                },
                "route": {"coding": [{"system": SNOMED, "code": "26643006", "display": "Oral route"}]},
                "doseAndRate": [{"doseQuantity": {"value": take, "unit": "tablet"}}],
            }
        ],
        "dispenseRequest": {
            "validityPeriod": period,
            "numberOfRepeatsAllowed": 2,
            "expectedSupplyDuration": {"value": days, "unit": "day", "code": "d"},
        },
    }


def _procedure(number: int, code: str, display: str, rng: random.Random, patient: str) -> Json:
    when = (FIRST_DAY + timedelta(days=rng.randrange(2400))).isoformat()
    return {
        "resourceType": "Procedure",
        "id": f"pr-{number:05d}",
        "status": "completed",
        "code": {"coding": [{"system": SNOMED, "code": code, "display": display}], "text": display},
        "subject": {"reference": f"Patient/{patient}"},
        "performedPeriod": {"start": f"{when}T09:00:00Z", "end": f"{when}T09:30:00Z"},
        "performer": [{"actor": {"reference": "Practitioner/prac-2", "display": "Dr. B. Example"}}],
    }


def _condition(number: int, snomed: str, icd: str, display: str, rng: random.Random, patient: str) -> Json:
    onset = (FIRST_DAY + timedelta(days=rng.randrange(2400))).isoformat()
    return {
        "resourceType": "Condition",
        "id": f"co-{number:05d}",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "category": [{"coding": [{"code": "problem-list-item", "display": "Problem List Item"}]}],
        "code": {
            "coding": [
                {"system": SNOMED, "code": snomed, "display": display},
                {"system": ICD10CM, "code": icd, "display": display},
            ],
            "text": display,
        },
        "subject": {"reference": f"Patient/{patient}"},
        "onsetDateTime": onset,
        "recordedDate": onset,
    }


def _bundle(resources: list[Json]) -> Json:
    return (
        {
            "resourceType": "Bundle",
            "type": "searchset",
            "total": len(resources),
            "entry": [
                {
                    "fullUrl": f"{BASE}/{r['resourceType']}/{r['id']}",
                    "resource": r,
                    "search": {"mode": "match"},
                }
                for r in resources
            ],
        }
        if resources
        else {"resourceType": "Bundle", "type": "searchset", "total": 0}
    )
