"""Resources as a hospital sends them, for what the short items of a case cannot say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
CARBAMAZEPINE = "2002"
UCUM = "http://unitsofmeasure.org"


def concept(code: str, *, system: str = RXNORM, **more: str) -> dict[str, Any]:
    """A CodeableConcept with one coding; ``display`` and ``text`` may come along."""
    coding = {"system": system, "code": code}
    if "display" in more:
        coding["display"] = more.pop("display")
    return {"coding": [coding], **more}


def item(resource: Mapping[str, Any]) -> str:
    """A history item; members that are None are left out."""
    return "resource: " + json.dumps({name: value for name, value in resource.items() if value is not None})


def request(**members: Any) -> str:
    """An active order of carbamazepine since 1 March 2026, with some members replaced, or left out when None."""
    order = {
        "resourceType": "MedicationRequest",
        "id": "carbamazepine",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": concept(CARBAMAZEPINE),
        "authoredOn": "2026-03-01",
    }
    return item({**order, **members})


def dosage(value: float, unit: str = "mg", **repeat: Any) -> dict[str, Any]:
    """A Dosage of so much at one time; ``repeat`` are members of its timing (once a day when there are none)."""
    often = repeat or {"frequency": 1, "period": 1, "periodUnit": "d"}
    return {"timing": {"repeat": often}, "doseAndRate": [{"doseQuantity": quantity(value, unit)}]}


def quantity(value: float, unit: str = "mg") -> dict[str, Any]:
    """A Quantity; pieces such as tablets have no code."""
    coded = {"system": UCUM, "code": unit} if unit in {"mg", "g", "ug", "mL", "d", "wk"} else {}
    return {"value": value, "unit": unit, **coded}
