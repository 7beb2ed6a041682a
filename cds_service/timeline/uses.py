"""MedicationStatements, administrations and dispenses as orders: use of a therapy, stronger than an order of it."""

from __future__ import annotations

from msgspec import Raw

from cds_service.records.members import (
    ADMINISTERED_DOSE,
    CONCEPT,
    CONCEPTS,
    DOSAGES,
    NOTES,
    PERIOD,
    QUANTITY,
    REFERENCES,
)
from cds_service.records.references import normalized, reference_of
from cds_service.records.resources import (
    AdministrationDosage,
    MedicationAdministration,
    MedicationDispense,
    MedicationStatement,
    Period,
    Quantity,
)
from cds_service.terminology import Field
from cds_service.timeline.amounts import Amount, Measure
from cds_service.timeline.dates import parse_span
from cds_service.timeline.events import Concept, Order, OrderSource
from cds_service.timeline.intake import amount_of_ingredient, rate_amount
from cds_service.timeline.medications import doses_of, drug_of, note_texts, route_of
from cds_service.timeline.orders import after, reasons_of
from cds_service.timeline.reading import Reading, texts_of
from cds_service.timeline.standing import Weight, weight_of
from cds_service.timeline.units import amount_of, days_in

_STATEMENT, _ADMINISTRATION, _DISPENSE = (
    "MedicationStatement",
    "MedicationAdministration",
    "MedicationDispense",
)


def read_statement(statement: MedicationStatement, reading: Reading) -> Order | None:
    """Return a statement as use of its drug; None when no rule knows the drug, it never counts, or lies in the future.

    Raises:
        Unusable: whether it counts, or of which drug it speaks, cannot be told.
    """
    drug = drug_of(
        statement.medicationCodeableConcept,
        statement.medicationReference,
        statement.contained,
        _STATEMENT,
        reading,
        counts=lambda: weight_of(_STATEMENT, statement.status) is Weight.COUNTS,
    )
    if drug is None:
        return None
    weight = weight_of(_STATEMENT, statement.status)
    period = _period(statement.effectivePeriod, statement.effectiveDateTime, _STATEMENT, reading)
    if (
        weight is Weight.NOTHING
        or reading.is_future(period.start)
        or reading.is_future(statement.dateAsserted)
    ):
        return None
    reasons = reasons_of(
        CONCEPTS.read(statement.reasonCode, reading.log, f"{_STATEMENT}.reasonCode"),
        REFERENCES.read(statement.reasonReference, reading.log, f"{_STATEMENT}.reasonReference"),
        reading,
    )
    concept = drug.concept(reasons, reading)
    dosages = DOSAGES.read(statement.dosage, reading.log, f"{_STATEMENT}.dosage")
    doses = doses_of(dosages, concept)
    stop = CONCEPTS.read(statement.statusReason, reading.log, f"{_STATEMENT}.statusReason")
    notes = note_texts(NOTES.read(statement.note, reading.log, f"{_STATEMENT}.note"))
    route, route_sets = route_of([d.route for d in dosages], concept, reading)
    return Order(
        reference=reference_of(statement),
        concept=concept,
        source=OrderSource.STATEMENT,
        status=statement.status or "",
        intent="",
        counts=weight is Weight.COUNTS,
        start=parse_span(period.start),
        ended=parse_span(period.end),
        supply_end=None,
        supply_days=None,
        doses=doses.parts,
        single_dose=doses.single,
        dose_rate=doses.rate,
        as_needed=doses.as_needed,
        max_daily=doses.most_a_day,
        route=route,
        route_sets=route_sets,
        reasons=reasons,
        stop_reasons=reading.meanings.all_recorded(stop, Field.OTHER),
        stop_texts=(*texts_of(*stop), *notes),
        texts=(*texts_of(drug.written), *(d.text for d in dosages if d.text)),
    )


def read_administration(administration: MedicationAdministration, reading: Reading) -> Order | None:
    """Return an administration as use of its drug on its days; its dose is a single dose, never a daily one.

    Raises:
        Unusable: whether it counts, or of which drug it speaks, cannot be told.
    """
    drug = drug_of(
        administration.medicationCodeableConcept,
        administration.medicationReference,
        administration.contained,
        _ADMINISTRATION,
        reading,
        counts=lambda: weight_of(_ADMINISTRATION, administration.status) is Weight.COUNTS,
    )
    if drug is None:
        return None
    weight = weight_of(_ADMINISTRATION, administration.status)
    period = _period(
        administration.effectivePeriod, administration.effectiveDateTime, _ADMINISTRATION, reading
    )
    if weight is Weight.NOTHING or reading.is_future(period.start):
        return None
    coded = CONCEPTS.read(administration.reasonCode, reading.log, f"{_ADMINISTRATION}.reasonCode")
    reasons = reasons_of(coded, (), reading)
    concept = drug.concept(reasons, reading)
    given = ADMINISTERED_DOSE.read(administration.dosage, reading.log, f"{_ADMINISTRATION}.dosage")
    given = given or AdministrationDosage()
    stop = CONCEPTS.read(administration.statusReason, reading.log, f"{_ADMINISTRATION}.statusReason")
    notes = note_texts(NOTES.read(administration.note, reading.log, f"{_ADMINISTRATION}.note"))
    route, route_sets = route_of([given.route], concept, reading)
    return Order(
        reference=reference_of(administration),
        concept=concept,
        source=OrderSource.ADMINISTRATION,
        status=administration.status or "",
        intent="",
        counts=weight is Weight.COUNTS,
        start=parse_span(period.start),
        ended=parse_span(period.end),
        supply_end=None,
        supply_days=None,
        single_dose=_single_dose(given, concept),
        dose_rate=rate_amount(given.rateQuantity, None, given.rateRatio),
        route=route,
        route_sets=route_sets,
        reasons=reasons,
        stop_reasons=reading.meanings.all_recorded(stop, Field.OTHER),
        stop_texts=(*texts_of(*stop), *notes),
        texts=tuple(text for text in (*texts_of(drug.written), given.text) if text),
    )


def read_dispense(dispense: MedicationDispense, reading: Reading) -> Order | None:
    """Return a dispense as supply of its drug, from the day that it was handed over.

    Raises:
        Unusable: whether it counts, or of which drug it speaks, cannot be told.
    """
    drug = drug_of(
        dispense.medicationCodeableConcept,
        dispense.medicationReference,
        dispense.contained,
        _DISPENSE,
        reading,
        counts=lambda: weight_of(_DISPENSE, dispense.status) is Weight.COUNTS,
    )
    if drug is None:
        return None
    weight = weight_of(_DISPENSE, dispense.status)
    handed = dispense.whenHandedOver or dispense.whenPrepared
    if weight is Weight.NOTHING or reading.is_future(handed):
        return None
    concept = drug.concept((), reading)
    dosages = DOSAGES.read(dispense.dosageInstruction, reading.log, f"{_DISPENSE}.dosageInstruction")
    doses = doses_of(dosages, concept)
    supply = _days_supply(QUANTITY.read(dispense.daysSupply, reading.log, f"{_DISPENSE}.daysSupply"))
    stop = CONCEPT.read(dispense.statusReasonCodeableConcept, reading.log, f"{_DISPENSE}.statusReason")
    requests = REFERENCES.read(
        dispense.authorizingPrescription, reading.log, f"{_DISPENSE}.authorizingPrescription"
    )
    start = parse_span(handed)
    route, route_sets = route_of([d.route for d in dosages], concept, reading)
    return Order(
        reference=reference_of(dispense),
        concept=concept,
        source=OrderSource.DISPENSE,
        status=dispense.status or "",
        intent="",
        counts=weight is Weight.COUNTS,
        start=start,
        ended=None,
        supply_end=after(start, supply),
        supply_days=supply,
        doses=doses.parts,
        single_dose=doses.single,
        as_needed=doses.as_needed,
        max_daily=doses.most_a_day,
        quantity=amount_of(QUANTITY.read(dispense.quantity, reading.log, f"{_DISPENSE}.quantity")),
        route=route,
        route_sets=route_sets,
        stop_reasons=reading.meanings.all_recorded([stop] if stop else [], Field.OTHER),
        stop_texts=(
            *texts_of(stop),
            *note_texts(NOTES.read(dispense.note, reading.log, f"{_DISPENSE}.note")),
        ),
        texts=(*texts_of(drug.written), *(d.text for d in dosages if d.text)),
        authorized_by=tuple(r for ref in requests if (r := normalized(ref.reference)) is not None),
    )


def _period(period: Raw, moment: str | None, owner: str, reading: Reading) -> Period:
    """Return the effective period; a moment is a start without an end."""
    found = PERIOD.read(period, reading.log, f"{owner}.effectivePeriod")
    if found is not None and (found.start or found.end):
        return found
    return Period(start=moment)


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
