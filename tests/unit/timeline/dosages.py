"""Short ways to write FHIR dosages in tests."""

from __future__ import annotations

from typing import Any

import msgspec

from cds_service.records.resources import Dosage
from cds_service.timeline.amounts import Amount
from cds_service.timeline.events import Ingredient

UCUM = "http://unitsofmeasure.org"
TABLET_200 = Ingredient(name="carbamazepine", strength=Amount.exactly(200, "mg"))
NO_STRENGTH = Ingredient(name="carbamazepine")
SUSPENSION = Ingredient(name="carbamazepine", strength=Amount.exactly(20, "mg"), strength_per="mL")


def quantity(value: float | None, unit: str) -> dict[str, Any]:
    found: dict[str, Any] = {"unit": unit, "system": UCUM, "code": unit}
    return found if value is None else {"value": value, **found}


def dosage(dose: dict[str, Any] | list[dict[str, Any]] | None = None, **members: Any) -> Dosage:
    """A Dosage; ``dose`` is a doseQuantity or a list of doseAndRate; ``repeat`` goes into its timing."""
    sent = dict(members)
    if isinstance(dose, dict):
        sent["doseAndRate"] = [{"doseQuantity": dose}]
    elif dose is not None:
        sent["doseAndRate"] = dose
    if "repeat" in sent:
        sent["timing"] = {"repeat": sent.pop("repeat")}
    return msgspec.convert(sent, Dosage)


def a_day(times: int, **members: Any) -> dict[str, Any]:
    """A repeat: so many times a day."""
    return {"frequency": times, "period": 1, "periodUnit": "d", **members}
