"""MedicationRequests, recorded or drafted, as orders: intent, not intake."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.records.members import (
    CONCEPT,
    CONCEPTS,
    DISPENSE_REQUEST,
    DOSAGES,
    NOTES,
    REFERENCE,
    REFERENCES,
)
from cds_service.records.references import normalized, reference_of
from cds_service.records.resources import (
    CodeableConcept,
    DispenseRequest,
    MedicationRequest,
    Reference,
)
from cds_service.terminology import Field
from cds_service.timeline.amounts import Amount
from cds_service.timeline.arithmetic import scaled
from cds_service.timeline.dates import DateSpan, parse_span
from cds_service.timeline.doses import DoseReading
from cds_service.timeline.events import Concept, Order, OrderSource
from cds_service.timeline.medications import (
    category_codes,
    doses_of,
    drug_of,
    note_texts,
    route_of,
)
from cds_service.timeline.reading import Reading, texts_of
from cds_service.timeline.standing import Weight, is_order, weight_of
from cds_service.timeline.units import amount_of, days_in

_TYPE = "MedicationRequest"
_NO_AVOIDANCE = frozenset({"cancelled", "stopped"})
"""A ``doNotPerform`` order that is over forbids nothing any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Days:
    """From when to when a request says that it runs, and how long its supply lasts."""

    start: DateSpan | None
    ended: DateSpan | None
    supply_end: DateSpan | None
    supply_days: Amount | None
    fills: Amount | None
    begun: bool


def read_request(request: MedicationRequest, reading: Reading, *, draft: bool = False) -> Order | None:
    """Return a request as an order; None when no rule knows its drug, it never counts, or it lies in the future.

    A draft counts with any status but ``entered-in-error``, any intent and any date.

    Raises:
        Unusable: it is of a drug that rules know (or that nobody can tell), and whether it counts cannot be told.
    """
    drug = drug_of(
        request.medicationCodeableConcept,
        request.medicationReference,
        request.contained,
        _TYPE,
        reading,
        counts=lambda: draft or _weight(request) is Weight.COUNTS,
    )
    if drug is None:
        return None
    weight = _draft_weight(request) if draft else _weight(request)
    if weight is Weight.NOTHING or (not draft and reading.is_future(request.authoredOn)):
        return None
    reasons = _reasons(request, reading)
    concept = drug.concept(reasons, reading)
    dosages = DOSAGES.read(request.dosageInstruction, reading.log, f"{_TYPE}.dosageInstruction")
    doses = doses_of(dosages, concept)
    dispense = DISPENSE_REQUEST.read(request.dispenseRequest, reading.log, f"{_TYPE}.dispenseRequest")
    days = _days(request, doses, dispense or DispenseRequest(), reading)
    if not draft and not days.begun and parse_span(request.authoredOn) is None:
        return None  # nothing says that it existed by now
    stop = CONCEPT.read(request.statusReason, reading.log, f"{_TYPE}.statusReason")
    notes = note_texts(NOTES.read(request.note, reading.log, f"{_TYPE}.note"))
    route, route_sets = route_of([d.route for d in dosages], concept, reading)
    prior = REFERENCE.read(request.priorPrescription, reading.log, f"{_TYPE}.priorPrescription")
    return Order(
        reference=reference_of(request),
        concept=concept,
        source=OrderSource.REQUEST,
        status=request.status or "draft",
        intent=request.intent or "",
        counts=weight is Weight.COUNTS and not request.doNotPerform,
        avoid=bool(request.doNotPerform),
        start=days.start,
        ended=days.ended,
        supply_end=days.supply_end,
        supply_days=days.supply_days,
        doses=doses.parts,
        single_dose=doses.single,
        dose_rate=doses.rate,
        as_needed=doses.as_needed,
        max_daily=doses.most_a_day,
        quantity=amount_of(dispense.quantity) if dispense else None,
        fills=days.fills,
        route=route,
        reasons=reasons,
        stop_reasons=reading.meanings.all_recorded([stop] if stop else [], Field.OTHER),
        stop_texts=(*texts_of(stop), *notes),
        categories=category_codes(CONCEPTS.read(request.category, reading.log, f"{_TYPE}.category")),
        texts=(*texts_of(drug.written), *(d.text for d in dosages if d.text), *(notes if draft else ())),
        prior=normalized(prior.reference) if prior else None,
        is_draft=draft,
        begun=draft or days.begun,
        route_sets=route_sets,
    )


def _weight(request: MedicationRequest) -> Weight:
    weight = weight_of(_TYPE, request.status)
    if weight is Weight.NOTHING or not is_order(_TYPE, request.intent):
        return Weight.NOTHING
    if request.doNotPerform and request.status in _NO_AVOIDANCE:
        return Weight.NOTHING
    return weight


def _draft_weight(request: MedicationRequest) -> Weight:
    return Weight.NOTHING if request.status == "entered-in-error" else Weight.COUNTS


def _reasons(request: MedicationRequest, reading: Reading) -> tuple[Concept, ...]:
    return reasons_of(
        CONCEPTS.read(request.reasonCode, reading.log, f"{_TYPE}.reasonCode"),
        REFERENCES.read(request.reasonReference, reading.log, f"{_TYPE}.reasonReference"),
        reading,
    )


def reasons_of(
    codes: tuple[CodeableConcept, ...], references: tuple[Reference, ...], reading: Reading
) -> tuple[Concept, ...]:
    """Return the reasons of a resource: its coded ones and the diagnoses that it refers to."""
    referred = (reading.reason_from(reference) for reference in references)
    coded = reading.meanings.all_recorded(codes, Field.CONDITION)
    return (*coded, *(concept for concept in referred if concept is not None))


def _days(
    request: MedicationRequest, doses: DoseReading, dispense: DispenseRequest, reading: Reading
) -> _Days:
    """Start: dosage bounds, else validity, else authoredOn. End: dosage bounds, else validity. Supply: days × fills."""
    validity = dispense.validityPeriod
    start = (
        doses.starts or (parse_span(validity.start) if validity else None) or parse_span(request.authoredOn)
    )
    ended = doses.ends or after(start, doses.lasts) or (parse_span(validity.end) if validity else None)
    fills = 1.0 + max(0, dispense.numberOfRepeatsAllowed or 0)
    one_fill = days_in(dispense.expectedSupplyDuration)
    supply = None if one_fill is None or one_fill.low <= 0 else scaled(one_fill, fills, "d")
    return _Days(
        start=start,
        ended=ended,
        supply_end=after(start, supply),
        supply_days=Amount(one_fill.low, supply.high, "d") if one_fill and supply else None,
        fills=Amount(1.0, fills, "1"),
        begun=start is None or start.first <= reading.as_of or start == parse_span(request.authoredOn),
    )


def after(start: DateSpan | None, lasts: Amount | None) -> DateSpan | None:
    """Return the day so many days after a start; None beyond the calendar."""
    if start is None or lasts is None or lasts.high is None:
        return None
    try:
        return DateSpan(start.plus(int(lasts.low)).first, start.plus(int(lasts.high)).last)
    except OverflowError:
        return None
