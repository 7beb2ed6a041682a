"""Writes raw FHIR R4 resources of one made-up patient."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from tests.reference.chance import Chance
from tests.reference.codes import uri_of
from tests.reference.files import rows

Resource = dict[str, Any]
PATIENT = {"reference": "Patient/p"}


@dataclass
class Page:
    """A record being written: who, on which day it will be judged, and what stands in it so far."""

    chance: Chance
    as_of: date
    resources: list[Resource] = field(default_factory=list)
    open_end: bool = False
    """An order was written of which nobody can say when it ended."""

    def add(self, kind: str, **members: Any) -> Resource:
        """Write a resource of the patient; a member without a value is left out."""
        owner = "patient" if kind == "AllergyIntolerance" else "subject"
        resource: Resource = {"resourceType": kind, "id": f"r{len(self.resources)}", owner: dict(PATIENT)}
        resource.update({name: value for name, value in members.items() if value is not None})
        self.resources.append(resource)
        return resource

    def ago(self, days: int) -> date:
        """The day so many days before the day of judgement."""
        return self.as_of - timedelta(days=days)


def coded(*codes: tuple[str, str], text: str | None = None, display: str | None = None) -> Resource:
    """A CodeableConcept with codes of systems by their short names."""
    concept: Resource = {}
    if codes:
        concept["coding"] = [{"system": uri_of(system), "code": code} for system, code in codes]
        if display is not None:
            concept["coding"][0]["display"] = display
    if text is not None:
        concept["text"] = text
    return concept


def any_code(chance: Chance, value_set: str, *, verified: bool = False) -> tuple[str, str]:
    """A code that a value set lists itself, or one of a set that it takes in."""
    own = [
        row
        for row in rows(f"valuesets/{value_set}.csv")
        if row.get("exclude") != "yes" and not row.get("weak")
    ]
    if verified:
        own = [row for row in own if row["verified"] == "yes" or row["system"] == "VALUESET"]
    row = chance.of(own)
    if row["system"] == "VALUESET":
        return any_code(chance, row["code"], verified=verified)
    return row["system"], row["code"]


def of_set(chance: Chance, value_set: str) -> Resource:
    """A concept with a code of a value set."""
    return coded(any_code(chance, value_set))


def quantity(value: float, unit: str) -> Resource:
    """A quantity in UCUM; a whole number is written as one."""
    number = int(value) if float(value).is_integer() else value
    return {"value": number, "unit": unit, "system": uri_of("UCUM"), "code": unit}


def status(code: str) -> Resource:
    """A coded status of a condition or allergy."""
    return {"coding": [{"code": code}]}


def iso(day: date | None) -> str | None:
    """A day as FHIR writes it."""
    return day.isoformat() if day is not None else None


def condition(page: Page, value_set: str, onset: date | str | None, **members: Any) -> Resource:
    """A diagnosis, active and confirmed unless said otherwise."""
    members = {"clinicalStatus": status("active"), "verificationStatus": status("confirmed"), **members}
    text = iso(onset) if isinstance(onset, date) else onset
    return page.add("Condition", code=of_set(page.chance, value_set), onsetDateTime=text, **members)


def score(
    page: Page, value_set: str, value: float, day: date, unit: str = "{score}", clock: str = ""
) -> Resource:
    """A result."""
    return page.add(
        "Observation",
        status="final",
        code=of_set(page.chance, value_set),
        effectiveDateTime=f"{day.isoformat()}{clock}",
        valueQuantity=quantity(value, unit),
    )
