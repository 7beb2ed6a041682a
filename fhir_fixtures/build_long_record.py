"""Writes ``patients/long-record/bundle.json``: a trigeminal history buried in years of unrelated refills.

Run it from the repository after changing it: ``python fhir_fixtures/build_long_record.py``. The same input always
gives the same file, and a test compares the two.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent / "patients" / "long-record" / "bundle.json"
SLUG = "long-record"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
UCUM = "http://unitsofmeasure.org"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
OWN = "https://cds-service.example/fhir"
BY_REFERENCE = 57
"""Orders that name their drug by ``medicationReference``: 38 % of 150, as in records that real systems produce."""

Resource = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Drug:
    """A product as the orders of this patient name it."""

    key: str
    rxnorm: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Refills:
    """A drug renewed every ``days`` days, ``times`` times, the last time on ``last``."""

    drug: Drug
    last: date
    times: int
    days: int = 90
    still_active: bool = False


@dataclass(frozen=True, kw_only=True)
class Order:
    """One MedicationRequest; ``tablets`` of the drug are taken ``per_day`` times a day until ``end``, included."""

    drug: Drug
    start: date
    end: date
    status: str = "completed"
    intent: str = "order"
    tablets: int = 1
    per_day: int = 1
    reason_stopped: Resource | None = None
    for_neuralgia: bool = False


CARBAMAZEPINE = Drug(key="carbamazepine-200", rxnorm="308979", name="carbamazepine 200 MG Oral Tablet")
OXCARBAZEPINE = Drug(key="oxcarbazepine-300", rxnorm="312137", name="oxcarbazepine 300 MG Oral Tablet")
LAMOTRIGINE = Drug(key="lamotrigine-25", rxnorm="282401", name="lamotrigine 25 MG Oral Tablet")

REFILLS = (
    Refills(
        drug=Drug(key="lisinopril", rxnorm="29046", name="lisinopril"),
        last=date(2026, 4, 20),
        times=28,
        still_active=True,
    ),
    Refills(
        drug=Drug(key="hydrochlorothiazide", rxnorm="5487", name="hydrochlorothiazide"),
        last=date(2021, 9, 13),
        times=10,
    ),
    Refills(
        drug=Drug(key="simvastatin", rxnorm="36567", name="simvastatin"), last=date(2021, 3, 22), times=12
    ),
    Refills(
        drug=Drug(key="atorvastatin", rxnorm="83367", name="atorvastatin"),
        last=date(2026, 5, 4),
        times=20,
        still_active=True,
    ),
    Refills(
        drug=Drug(key="metformin", rxnorm="6809", name="metformin"),
        last=date(2026, 3, 30),
        times=24,
        still_active=True,
    ),
    Refills(
        drug=Drug(key="levothyroxine", rxnorm="10582", name="levothyroxine"),
        last=date(2026, 5, 18),
        times=22,
        still_active=True,
    ),
    Refills(drug=Drug(key="amlodipine", rxnorm="17767", name="amlodipine"), last=date(2024, 2, 12), times=10),
    Refills(
        drug=Drug(key="omeprazole", rxnorm="7646", name="omeprazole"), last=date(2023, 6, 5), times=6, days=30
    ),
    Refills(
        drug=Drug(key="metoprolol-er-50", rxnorm="866436", name="metoprolol succinate ER 50 mg tablet"),
        last=date(2020, 8, 3),
        times=4,
    ),
    Refills(
        drug=Drug(key="sertraline", rxnorm="36437", name="sertraline"),
        last=date(2022, 5, 9),
        times=3,
        days=30,
    ),
    Refills(
        drug=Drug(key="ibuprofen-400", rxnorm="197805", name="ibuprofen 400 mg tablet"),
        last=date(2023, 1, 16),
        times=2,
        days=10,
    ),
    Refills(
        drug=Drug(key="acetaminophen", rxnorm="161", name="acetaminophen"),
        last=date(2025, 10, 6),
        times=1,
        days=10,
    ),
)

HISTORY = (
    Order(drug=CARBAMAZEPINE, start=date(2023, 2, 6), end=date(2023, 2, 19), per_day=2, for_neuralgia=True),
    Order(
        drug=CARBAMAZEPINE,
        start=date(2023, 2, 20),
        end=date(2023, 3, 21),
        tablets=2,
        per_day=2,
        for_neuralgia=True,
    ),
    Order(
        drug=CARBAMAZEPINE,
        start=date(2023, 3, 22),
        end=date(2023, 4, 20),
        tablets=2,
        per_day=2,
        for_neuralgia=True,
    ),
    Order(
        drug=CARBAMAZEPINE,
        start=date(2023, 4, 21),
        end=date(2023, 5, 15),
        status="stopped",
        tablets=2,
        per_day=2,
        reason_stopped={
            "coding": [{"system": SNOMED, "code": "266721009", "display": "Absent response to treatment"}]
        },
        for_neuralgia=True,
    ),
    Order(
        drug=CARBAMAZEPINE,
        start=date(2023, 9, 4),
        end=date(2023, 12, 3),
        status="entered-in-error",
        tablets=3,
        per_day=2,
    ),
    Order(drug=OXCARBAZEPINE, start=date(2024, 6, 3), end=date(2024, 6, 16), per_day=2, for_neuralgia=True),
    Order(
        drug=OXCARBAZEPINE,
        start=date(2024, 6, 17),
        end=date(2024, 7, 29),
        status="stopped",
        tablets=2,
        per_day=2,
        reason_stopped={
            "coding": [{"system": f"{TERMINOLOGY}/medicationrequest-status-reason", "code": "sintol"}],
            "text": "Unsteady and drowsy, stopped",
        },
        for_neuralgia=True,
    ),
    Order(
        drug=LAMOTRIGINE,
        start=date(2024, 9, 2),
        end=date(2024, 9, 15),
        status="active",
        intent="proposal",
        for_neuralgia=True,
    ),
)


def build() -> Resource:
    """The transaction Bundle: what others point at comes first."""
    orders = _orders()
    referenced = _by_reference(len(orders))
    drugs = {order.drug.key: order.drug for place, order in enumerate(orders) if place in referenced}
    resources = [
        _patient(),
        *(_medication(drug) for drug in drugs.values()),
        *_conditions(),
        *(_request(order, place, by_reference=place in referenced) for place, order in enumerate(orders)),
        *_reviews(),
        _sodium(),
        _imaging(),
    ]
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [_entry(resource) for resource in resources],
    }


def _orders() -> list[Order]:
    """All orders by date, so that the trigeminal ones lie in the middle of the pages."""
    refills = [
        Order(
            drug=series.drug,
            start=(start := series.last - timedelta(days=series.days * back)),
            end=start + timedelta(days=series.days - 1),
            status="active" if series.still_active and back == 0 else "completed",
        )
        for series in REFILLS
        for back in range(series.times)
    ]
    return sorted([*refills, *HISTORY], key=lambda order: (order.start, order.drug.key))


def _by_reference(total: int) -> frozenset[int]:
    """The places of the orders that use a reference, spread evenly over all."""
    return frozenset(i for i in range(total) if (i + 1) * BY_REFERENCE // total > i * BY_REFERENCE // total)


def _subject() -> Resource:
    return {"reference": f"Patient/{SLUG}"}


def _patient() -> Resource:
    return {
        "resourceType": "Patient",
        "id": SLUG,
        "identifier": [{"use": "usual", "system": f"{OWN}/identifier/fixture", "value": SLUG}],
        "active": True,
        "name": [{"use": "official", "family": "Fixture", "given": ["Lena"]}],
        "gender": "female",
        "birthDate": "1952-10-14",
    }


def _concept(drug: Drug) -> Resource:
    return {
        "coding": [
            {"system": f"{OWN}/CodeSystem/local-drugs", "code": drug.key},
            {"system": RXNORM, "code": drug.rxnorm, "display": drug.name},
        ],
        "text": drug.name,
    }


def _medication(drug: Drug) -> Resource:
    return {
        "resourceType": "Medication",
        "id": f"{SLUG}-{drug.key}",
        "code": _concept(drug),
        "status": "active",
    }


def _request(order: Order, place: int, *, by_reference: bool) -> Resource:
    period = {"start": order.start.isoformat(), "end": order.end.isoformat()}
    amount = {"value": order.tablets, "unit": "tablet", "system": UCUM, "code": "{tablet}"}
    days = (order.end - order.start).days + 1
    request: Resource = {
        "resourceType": "MedicationRequest",
        "id": f"{SLUG}-order-{place + 1:03d}",
        "status": order.status,
        "intent": order.intent,
        "subject": _subject(),
        "authoredOn": f"{order.start.isoformat()}T09:00:00Z" if place % 2 else order.start.isoformat(),
        "dosageInstruction": [
            {
                "text": f"{order.tablets} tablet(s) {order.per_day} time(s) a day",
                "timing": {
                    "repeat": {
                        "boundsPeriod": period,
                        "frequency": order.per_day,
                        "period": 1,
                        "periodUnit": "d",
                    }
                },
                "doseAndRate": [{"doseQuantity": amount}],
            }
        ],
        "dispenseRequest": {
            "validityPeriod": period,
            "numberOfRepeatsAllowed": 0,
            "expectedSupplyDuration": {"value": days, "unit": "day", "system": UCUM, "code": "d"},
        },
    }
    if by_reference:
        request["medicationReference"] = {"reference": f"Medication/{SLUG}-{order.drug.key}"}
    else:
        request["medicationCodeableConcept"] = _concept(order.drug)
    if order.reason_stopped:
        request["statusReason"] = order.reason_stopped
    if order.for_neuralgia:
        request["reasonReference"] = [{"reference": f"Condition/{SLUG}-tn"}]
    return request


def _conditions() -> list[Resource]:
    neuralgia = _condition(
        "tn",
        [
            {"system": ICD, "code": "G50.0", "display": "Trigeminal neuralgia"},
            {"system": SNOMED, "code": "31681005", "display": "Trigeminal neuralgia (disorder)"},
        ],
        text="Trigeminal neuralgia, left V2",
        onset="2022-12",
    )
    neuralgia["bodySite"] = [
        {
            "coding": [{"system": SNOMED, "code": "7771000", "display": "Left"}],
            "text": "Left side of the face, second division",
        }
    ]
    hypertension = _condition(
        "hypertension",
        [
            {"system": SNOMED, "code": "38341003", "display": "Hypertensive disorder"},
            {"system": ICD, "code": "I10", "display": "Essential (primary) hypertension"},
        ],
        text="Hypertension",
        onset="2016",
    )
    return [neuralgia, hypertension]


def _condition(key: str, coding: list[Resource], *, text: str, onset: str) -> Resource:
    return {
        "resourceType": "Condition",
        "id": f"{SLUG}-{key}",
        "clinicalStatus": {"coding": [{"system": f"{TERMINOLOGY}/condition-clinical", "code": "active"}]},
        "verificationStatus": {
            "coding": [{"system": f"{TERMINOLOGY}/condition-ver-status", "code": "confirmed"}]
        },
        "category": [
            {"coding": [{"system": f"{TERMINOLOGY}/condition-category", "code": "problem-list-item"}]}
        ],
        "code": {"coding": coding, "text": text},
        "subject": _subject(),
        "onsetDateTime": onset,
    }


def _reviews() -> list[Resource]:
    return [
        {
            "resourceType": "Procedure",
            "id": f"{SLUG}-review-{year}",
            "status": "completed",
            "code": {
                "coding": [{"system": SNOMED, "code": "430193006", "display": "Medication reconciliation"}]
            },
            "subject": _subject(),
            "performedDateTime": f"{year}-01",
        }
        for year in (2019, 2020, 2021)
    ]


def _sodium() -> Resource:
    return {
        "resourceType": "Observation",
        "id": f"{SLUG}-sodium",
        "status": "final",
        "category": [{"coding": [{"system": f"{TERMINOLOGY}/observation-category", "code": "laboratory"}]}],
        "code": {"coding": [{"system": LOINC, "code": "2951-2"}], "text": "Sodium"},
        "subject": _subject(),
        "effectiveDateTime": "2024-07-22T08:00:00Z",
        "valueQuantity": {"value": 137, "unit": "mmol/L", "system": UCUM, "code": "mmol/L"},
    }


def _imaging() -> Resource:
    return {
        "resourceType": "DiagnosticReport",
        "id": f"{SLUG}-mri",
        "status": "final",
        "category": [{"coding": [{"system": f"{TERMINOLOGY}/v2-0074", "code": "RAD"}]}],
        "code": {"coding": [{"system": LOINC, "code": "24587-8"}], "text": "MRI brain, trigeminal protocol"},
        "subject": _subject(),
        "effectiveDateTime": "2024-10-15",
        "issued": "2024-10-16T12:00:00Z",
        "conclusion": "Neurovascular compression of the left trigeminal nerve by the superior cerebellar artery.",
    }


def _entry(resource: Resource) -> Resource:
    address = f"{resource['resourceType']}/{resource['id']}"
    return {
        "fullUrl": f"{OWN}/{address}",
        "resource": resource,
        "request": {"method": "PUT", "url": address},
    }


def main() -> None:
    """Write the file."""
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(json.dumps(build(), indent=2) + "\n")


if __name__ == "__main__":
    main()
