"""Records by name, for the tables of the chapter on which resources count: one of each type, settled facts, odd ones."""

from __future__ import annotations

from typing import Any

from tests.spec.raw import concept, item, request

RESOURCES = {
    "MedicationRequest": "order: carbamazepine, daily: 800 mg, from: 2026-03-01",
    "MedicationStatement": "statement: carbamazepine, from: 2026-03-01",
    "MedicationAdministration": "administration: carbamazepine, at: 2026-03-01",
    "MedicationDispense": "dispense: carbamazepine, at: 2026-03-01, days: 30",
    "Procedure": "procedure: trigeminal-mvd, at: 2026-03-01",
    "Condition": "condition: trigeminal-neuralgia",
    "AllergyIntolerance": "allergy: carbamazepine",
    "Observation": "observation: pain-score, value: 8, at: 2026-06-01",
    "DiagnosticReport": "report: brain-mri, at: 2026-05-01",
    "ImagingStudy": "imaging: brain-mri, at: 2026-05-01",
    "ServiceRequest": "request: physical-therapy, at: 2026-05-01",
    "Device": "device: pacemaker",
    "Encounter": "encounter: {text: admission}, visit_class: IMP, from: 2026-05-01",
}

AMOUNT = {"doseQuantity": {"value": 400, "unit": "mg"}}
TWICE = {"code": {"text": "BID"}}
ODD_DOSAGES: dict[str, Any] = {
    "the 400 is a text": [
        {"timing": TWICE, "doseAndRate": [{"doseQuantity": {"value": "400", "unit": "mg"}}]}
    ],
    "one dosage stands where a list is due": {"timing": TWICE, "doseAndRate": AMOUNT},
    "the timing is a list": [{"timing": [TWICE], "doseAndRate": [AMOUNT]}],
    "the code of the timing is a plain text": [{"timing": {"code": "BID"}, "doseAndRate": [AMOUNT]}],
    "the dose is a plain 400": [{"timing": TWICE, "doseAndRate": [{"doseQuantity": 400}]}],
    "the timing is a plain text": [{"timing": "BID", "doseAndRate": [AMOUNT]}],
    "the dosage is a plain text": "400 mg twice a day",
}

FACTS = {
    "Observation": ("observation: pain-score, value: 8, at: 2026-06-01", "severe pain"),
    "DiagnosticReport": ("report: brain-mri, at: 2026-05-01", "a brain MRI"),
    "ImagingStudy": ("imaging: brain-mri, at: 2026-05-01", "a brain MRI"),
    "ServiceRequest": ("request: physical-therapy, at: 2026-05-01", "physical therapy"),
    "Device": ("device: pacemaker", "a pacemaker"),
    "Encounter": (
        "encounter: {text: admission}, visit_class: IMP, from: 2026-05-01, to: 2026-05-04",
        "a hospital stay",
    ),
}

UNREADABLE = {
    "an order of carbamazepine without a status": request(status=None),
    "an order of carbamazepine with status perhaps": request(status="perhaps"),
    "an order of carbamazepine without an intent": request(intent=None),
    "an order of nothing": request(medicationCodeableConcept=None),
    "an order of a drug that cannot be found": request(
        medicationCodeableConcept=None, medicationReference={"reference": "Medication/gone"}
    ),
    "a statement of carbamazepine without a status": item(
        {
            "resourceType": "MedicationStatement",
            "id": "said",
            "medicationCodeableConcept": concept("2002"),
        }
    ),
    "a decompression without a status": "procedure: trigeminal-mvd, at: 2026-03-01, status: null",
}
