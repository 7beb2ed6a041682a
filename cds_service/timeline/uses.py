"""MedicationStatements, administrations and dispenses as orders: use of a therapy, stronger than an order of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Raw

from cds_service.records.members import (
    ADMINISTERED_DOSE,
    DOSAGES,
    QUANTITY,
    REFERENCES,
    Unusable,
)
from cds_service.records.references import normalized, reference_of
from cds_service.records.resources import (
    AdministrationDosage,
    CodeableConcept,
    MedicationAdministration,
    MedicationDispense,
    MedicationStatement,
    Period,
    Quantity,
)
from cds_service.timeline.amounts import Amount, Measure
from cds_service.timeline.dates import parse_span
from cds_service.timeline.events import Concept, Order, OrderSource
from cds_service.timeline.intake import amount_of_ingredient, rate_amount
from cds_service.timeline.medications import Drug, after, doses_of, drug_of, route_of
from cds_service.timeline.reading import Reading, texts_of
from cds_service.timeline.standing import Weight, weight_of
from cds_service.timeline.units import amount_of, days_in

_STATEMENT, _ADMINISTRATION, _DISPENSE = (
    "MedicationStatement",
    "MedicationAdministration",
    "MedicationDispense",
)
_NOT_SAID: Mapping[str, Any] = {
    "supply_end": None,
    "supply_days": None,
    "doses": (),
    "single_dose": {},
    "ordered_doses": None,
    "dose_per_kg": None,
    "dose_rate": None,
    "as_needed": False,
    "max_daily": {},
    "quantity": None,
    "fills": None,
    "reasons": (),
    "categories": frozenset(),
    "prior": None,
    "begun": True,
    "authorized_by": (),
}
"""What most resources of use do not say."""

_Use = MedicationStatement | MedicationAdministration | MedicationDispense


def read_statement(statement: MedicationStatement, reading: Reading) -> Order | None:
    """Return a statement as use of its drug; None when no rule knows the drug, it never counts, or lies in the future.

    Raises:
        Unusable: whether it counts, or of which drug it speaks, cannot be told.
    """
    drug = _drug(statement, _STATEMENT, reading)
    if drug is None:
        return None
    weight = weight_of(_STATEMENT, statement.status)
    period = _period(statement.effectivePeriod, statement.effectiveDateTime, _STATEMENT, reading)
    future = reading.is_future(period.start) or reading.is_future(statement.dateAsserted)
    if weight is Weight.NOTHING or future:
        return None

    def reasons() -> tuple[Concept, ...]:
        return reading.reasons(statement.reasonCode, statement.reasonReference, _STATEMENT)

    concept = drug.concept(reasons, reading)
    return Order.deferred(
        lambda: {
            **_NOT_SAID,
            **_statement_details(statement, drug.written, concept, period, reading),
            "reasons": reasons(),
        },
        **_known(statement, OrderSource.STATEMENT, concept, weight),
    )


def _statement_details(
    statement: MedicationStatement,
    written: CodeableConcept,
    concept: Concept,
    period: Period,
    reading: Reading,
) -> Mapping[str, Any]:
    dosages = DOSAGES.read(statement.dosage, reading.log, f"{_STATEMENT}.dosage")
    doses = doses_of(dosages, concept)
    stop = reading.concepts(statement.statusReason, f"{_STATEMENT}.statusReason")
    notes = reading.notes(statement.note, f"{_STATEMENT}.note")
    route, route_sets = route_of([d.route for d in dosages], concept, reading)
    return {
        "start": parse_span(period.start),
        "ended": parse_span(period.end),
        "doses": doses.parts,
        "single_dose": doses.single,
        "dose_rate": doses.rate,
        "as_needed": doses.as_needed,
        "max_daily": doses.most_a_day,
        "route": route,
        "route_sets": route_sets,
        "stop_reasons": reading.meanings.other.recorded(stop),
        "stop_texts": (*texts_of(*stop), *notes),
        "texts": (*texts_of(written), *(d.text for d in dosages if d.text)),
    }


def read_administration(administration: MedicationAdministration, reading: Reading) -> Order | None:
    """Return an administration as use of its drug on its days; its dose is a single dose, never a daily one.

    Raises:
        Unusable: whether it counts, or of which drug it speaks, cannot be told.
    """
    drug = _drug(administration, _ADMINISTRATION, reading)
    if drug is None:
        return None
    weight = weight_of(_ADMINISTRATION, administration.status)
    moment = administration.effectiveDateTime
    period = _period(administration.effectivePeriod, moment, _ADMINISTRATION, reading)
    if weight is Weight.NOTHING or reading.is_future(period.start):
        return None

    def reasons() -> tuple[Concept, ...]:
        return reading.reasons(administration.reasonCode, Raw(), _ADMINISTRATION)

    concept = drug.concept(reasons, reading)
    return Order.deferred(
        lambda: {
            **_NOT_SAID,
            **_administration_details(administration, drug.written, concept, period, reading),
            "reasons": reasons(),
        },
        **_known(administration, OrderSource.ADMINISTRATION, concept, weight),
    )


def _administration_details(
    administration: MedicationAdministration,
    written: CodeableConcept,
    concept: Concept,
    period: Period,
    reading: Reading,
) -> Mapping[str, Any]:
    given = ADMINISTERED_DOSE.read(administration.dosage, reading.log, f"{_ADMINISTRATION}.dosage")
    given = given or AdministrationDosage()
    stop = reading.concepts(administration.statusReason, f"{_ADMINISTRATION}.statusReason")
    notes = reading.notes(administration.note, f"{_ADMINISTRATION}.note")
    route, route_sets = route_of([given.route], concept, reading)
    return {
        "start": parse_span(period.start),
        "ended": parse_span(period.end),
        "single_dose": _single_dose(given, concept),
        "dose_rate": rate_amount(given.rateQuantity, None, given.rateRatio),
        "route": route,
        "route_sets": route_sets,
        "stop_reasons": reading.meanings.other.recorded(stop),
        "stop_texts": (*texts_of(*stop), *notes),
        "texts": tuple(text for text in (*texts_of(written), given.text) if text),
    }


def read_dispense(dispense: MedicationDispense, reading: Reading) -> Order | None:
    """Return a dispense as supply of its drug, from the day that it was handed over.

    Raises:
        Unusable: whether it counts, or of which drug it speaks, cannot be told.
    """
    drug = _drug(dispense, _DISPENSE, reading)
    if drug is None:
        return None
    weight = weight_of(_DISPENSE, dispense.status)
    handed = dispense.whenHandedOver or dispense.whenPrepared
    if weight is Weight.NOTHING or reading.is_future(handed):
        return None
    concept = drug.concept(lambda: (), reading)
    return Order.deferred(
        lambda: {**_NOT_SAID, **_dispense_details(dispense, drug.written, concept, handed, reading)},
        **_known(dispense, OrderSource.DISPENSE, concept, weight),
    )


def _dispense_details(
    dispense: MedicationDispense,
    written: CodeableConcept,
    concept: Concept,
    handed: str | None,
    reading: Reading,
) -> Mapping[str, Any]:
    log = reading.log
    dosages = DOSAGES.read(dispense.dosageInstruction, log, f"{_DISPENSE}.dosageInstruction")
    doses = doses_of(dosages, concept)
    supply = _days_supply(QUANTITY.read(dispense.daysSupply, log, f"{_DISPENSE}.daysSupply"))
    stop = reading.concept(dispense.statusReasonCodeableConcept, f"{_DISPENSE}.statusReason")
    notes = reading.notes(dispense.note, f"{_DISPENSE}.note")
    requests = REFERENCES.read(dispense.authorizingPrescription, log, f"{_DISPENSE}.authorizingPrescription")
    start = parse_span(handed)
    route, route_sets = route_of([d.route for d in dosages], concept, reading)
    return {
        "start": start,
        "ended": None,
        "supply_end": after(start, supply),
        "supply_days": supply,
        "doses": doses.parts,
        "single_dose": doses.single,
        "as_needed": doses.as_needed,
        "max_daily": doses.most_a_day,
        "quantity": amount_of(QUANTITY.read(dispense.quantity, log, f"{_DISPENSE}.quantity")),
        "route": route,
        "route_sets": route_sets,
        "stop_reasons": reading.meanings.other.recorded([stop]),
        "stop_texts": (*texts_of(stop), *notes),
        "texts": (*texts_of(written), *(d.text for d in dosages if d.text)),
        "authorized_by": tuple(r for ref in requests if (r := normalized(ref.reference)) is not None),
    }


def _drug(use: _Use, owner: str, reading: Reading) -> Drug | None:
    try:
        return drug_of(use.medicationCodeableConcept, use.medicationReference, use.contained, owner, reading)
    except Unusable:
        if weight_of(owner, use.status) is Weight.NOTHING:
            return None
        reading.unresolved += 1
        raise


def _known(use: _Use, source: OrderSource, concept: Concept, weight: Weight) -> dict[str, Any]:
    return {
        "reference": reference_of(use),
        "concept": concept,
        "source": source,
        "status": use.status or "",
        "intent": "",
        "counts": weight is Weight.COUNTS,
        "avoid": False,
        "is_draft": False,
    }


def _period(period: Raw, moment: str | None, owner: str, reading: Reading) -> Period:
    """Return the effective period; a moment is a start without an end."""
    found = reading.period(period, f"{owner}.effectivePeriod")
    return found if found.start or found.end else Period(start=moment)


def _days_supply(quantity: Quantity | None) -> Amount | None:
    """Return the days supplied; a number without any unit is days, as the member's name says."""
    if quantity is not None and not (quantity.unit or quantity.code):
        quantity = Quantity(value=quantity.value, unit="d")
    days = days_in(quantity)
    return days if days is not None and days.low > 0 else None


def _single_dose(given: AdministrationDosage, concept: Concept) -> dict[str, Measure]:
    dose = amount_of(given.dose)
    if dose is None:
        return {}
    alone = len(concept.ingredients) == 1 and not concept.combination
    return {i.name: amount_of_ingredient(dose, i, alone=alone) for i in concept.ingredients}
