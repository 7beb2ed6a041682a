"""Builders of medication orders, statements, administrations and dispenses, with doses, supply and the drug itself."""

from __future__ import annotations

from typing import Any, Protocol

from cds_service.casework.build_records import HL7
from cds_service.casework.context import Builder, Resource, period
from cds_service.casework.doses import (
    dosage_of_daily,
    dosage_of_take,
    duration_of,
    quantity_of,
    rate_of,
)
from cds_service.casework.items import (
    AdministrationItem,
    Concept,
    DispenseItem,
    OrderItem,
    Phase,
    StatementItem,
)
from cds_service.ruleset.words import read_quantity


class _Drug(Protocol):
    """What the items of medications have in common."""

    @property
    def what(self) -> Concept: ...
    @property
    def product(self) -> Concept | None: ...
    @property
    def text(self) -> str | None: ...
    @property
    def text_only(self) -> bool: ...
    @property
    def by_reference(self) -> str | None: ...


def request(item: OrderItem, builder: Builder) -> Resource:
    """Build a MedicationRequest."""
    status = item.status if item.says("status") else _status_of(item.to, item.because, item.because_text)
    bounds = period(item.from_, item.to) if item.to is not None else None
    return {
        "status": status,
        "intent": item.intent,
        **drug_of(item, builder),
        "authoredOn": item.written or item.from_,
        "dosageInstruction": dosages_of(item, builder, bounds) or None,
        "dispenseRequest": _supply_of(item),
        "statusReason": builder.concept(item.because, item.because_text),
        "reasonCode": builder.concepts(item.reason, item.reason_text),
        "reasonReference": builder.references_to(item.reason_condition),
        "category": [_category(code) for code in item.category] or None,
        "priority": item.priority,
        "doNotPerform": item.do_not_perform,
        "priorPrescription": builder.reference(item.prior),
    }


def _status_of(to: str | None, because: Concept | None, because_text: str | None) -> str:
    if because is not None or because_text is not None:
        return "stopped"
    return "completed" if to is not None else "active"


def _category(code: str) -> Resource:
    return {"coding": [{"system": f"{HL7}/medicationrequest-category", "code": code}]}


def _supply_of(item: OrderItem) -> Resource | None:
    # Bounds belong to one dosage; of several phases the whole has a validity.
    end = item.valid_until or (item.to if item.phases else None)
    found: dict[str, Any] = {
        "validityPeriod": period(item.from_, end) if end is not None else None,
        "numberOfRepeatsAllowed": item.repeats,
        "quantity": quantity_of(read_quantity(item.quantity)) if item.quantity else None,
        "expectedSupplyDuration": duration_of(item.supply) if item.supply else None,
    }
    return {key: value for key, value in found.items() if value is not None} or None


def statement(item: StatementItem, builder: Builder) -> Resource:
    """Build a MedicationStatement."""
    status = item.status if item.says("status") else _status_of(item.to, item.because, item.because_text)
    return {
        "status": status,
        **drug_of(item, builder),
        "effectiveDateTime": item.at,
        "effectivePeriod": period(item.from_, item.to),
        "dosage": dosages_of(item, builder, None) or None,
        "statusReason": builder.concepts(item.because, item.because_text),
        "reasonCode": builder.concepts(item.reason, item.reason_text),
    }


def administration(item: AdministrationItem, builder: Builder) -> Resource:
    """Build a MedicationAdministration."""
    dosage: dict[str, Any] = {
        "dose": quantity_of(read_quantity(item.dose)) if item.dose else None,
        "route": builder.concept(_route(item.route)),
        **(rate_of(item.rate) if item.rate else {}),
    }
    dosage = {key: value for key, value in dosage.items() if value is not None}
    return {
        "status": item.status,
        **drug_of(item, builder),
        "effectiveDateTime": item.at,
        "effectivePeriod": period(item.from_, item.to),
        "dosage": dosage or None,
        "statusReason": builder.concepts(item.because),
        "reasonCode": builder.concepts(item.reason, item.reason_text),
    }


def dispense(item: DispenseItem, builder: Builder) -> Resource:
    """Build a MedicationDispense."""
    days = {"value": item.days, "unit": "days", "system": "http://unitsofmeasure.org", "code": "d"}
    return {
        "status": item.status,
        **drug_of(item, builder),
        "whenHandedOver": item.at,
        "daysSupply": days if item.days is not None else None,
        "quantity": quantity_of(read_quantity(item.quantity)) if item.quantity else None,
        "authorizingPrescription": builder.references_to(item.for_order),
        "dosageInstruction": dosages_of(item, builder, None) or None,
    }


def drug_of(item: _Drug, builder: Builder) -> Resource:
    """Return the drug as a concept, or as a reference to a contained or separate Medication."""
    concept = builder.codes.concept(item.product or item.what, text=item.text, text_only=item.text_only)
    if item.by_reference is None:
        return {"medicationCodeableConcept": concept}
    if item.by_reference == "contained":
        return {
            "contained": [{"resourceType": "Medication", "id": "drug", "code": concept}],
            "medicationReference": {"reference": "#drug"},
        }
    id_ = f"medication-{len(builder.extra) + 1}"
    builder.extra.append({"resourceType": "Medication", "id": id_, "code": concept})
    return {"medicationReference": {"reference": f"Medication/{id_}"}}


def dosages_of(
    item: OrderItem | StatementItem | DispenseItem, builder: Builder, bounds: Resource | None
) -> list[Resource]:
    """Return the dosages of an item; ``bounds`` are the days for which the whole of it is meant."""
    dosages = [_phase(phase) for phase in item.phases] or _single(item)
    if bounds is not None:
        dosages = dosages or [{}]
        if not item.phases:
            dosages[0] = _bounded(dosages[0], {"boundsPeriod": bounds})
    common: dict[str, Any] = {
        "text": item.dosage_text,
        "asNeededBoolean": True if item.as_needed else None,
        "route": builder.concept(_route(item.route)),
        "maxDosePerPeriod": _max_daily(item.max_daily) if item.max_daily else None,
    }
    common = {key: value for key, value in common.items() if value is not None}
    if common and not dosages:
        dosages = [{}]
    numbered = len(dosages) > 1
    return [
        {**({"sequence": number} if numbered else {}), **dosage, **common}
        for number, dosage in enumerate(dosages, 1)
    ]


def _single(item: OrderItem | StatementItem | DispenseItem) -> list[Resource]:
    if item.daily is not None:
        dosage = dosage_of_daily(item.daily, item.times)
    elif item.take is not None:
        dosage = dosage_of_take(item.take)
    elif item.rate is not None:
        return [{"doseAndRate": [dict(rate_of(item.rate))]}]
    else:
        return []
    if item.rate is not None:
        dosage["doseAndRate"][0] |= rate_of(item.rate)
    return [dosage]


def _phase(phase: Phase) -> Resource:
    if phase.take is not None:
        dosage = dosage_of_take(phase.take)
    elif phase.daily is not None:
        dosage = dosage_of_daily(phase.daily, phase.times)
    else:
        raise ValueError("a phase needs 'take' or 'daily'")
    return _bounded(dosage, {"boundsDuration": duration_of(phase.lasts)}) if phase.lasts else dosage


def _bounded(dosage: Resource, bounds: Resource) -> Resource:
    timing = dosage.get("timing", {})
    return {**dosage, "timing": {**timing, "repeat": {**timing.get("repeat", {}), **bounds}}}


def _max_daily(text: str) -> Resource:
    day = {"value": 1, "unit": "d", "system": "http://unitsofmeasure.org", "code": "d"}
    return {"numerator": quantity_of(read_quantity(text)), "denominator": day}


def _route(route: Concept | None) -> Concept | None:
    """A route may be written without the prefix of its value set: ``oral``."""
    if route is None or route.name is None or route.name.startswith("route-"):
        return route
    return Concept(codes=(f"route-{route.name}",), text=route.text)
