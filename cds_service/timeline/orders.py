"""MedicationRequests, recorded or drafted, as orders: intent, not intake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cds_service.records.members import DISPENSE_REQUEST, DOSAGES, REFERENCE, Unusable
from cds_service.records.references import normalized, reference_of
from cds_service.records.resources import CodeableConcept, DispenseRequest, Dosage, MedicationRequest
from cds_service.timeline.amounts import Amount
from cds_service.timeline.arithmetic import scaled
from cds_service.timeline.dates import DateSpan, parse_span
from cds_service.timeline.doses import DoseReading
from cds_service.timeline.events import Concept, Order, OrderSource
from cds_service.timeline.medications import after, category_codes, doses_of, drug_of, route_of
from cds_service.timeline.reading import Reading, texts_of
from cds_service.timeline.standing import Weight, is_order, weight_of
from cds_service.timeline.units import amount_of, amount_of_range, days_in

_TYPE = "MedicationRequest"
_NO_AVOIDANCE = frozenset({"cancelled", "stopped"})
"""A ``doNotPerform`` order that is over forbids nothing any more."""


def read_request(request: MedicationRequest, reading: Reading, *, draft: bool = False) -> Order | None:
    """Return a request as an order; None when no rule knows its drug, it never counts, or it lies in the future.

    A draft counts with any status but ``entered-in-error``, any intent and any date.

    Raises:
        Unusable: nobody can tell of which drug it is, or, for a drug that rules know, whether it counts.
    """
    try:
        drug = drug_of(
            request.medicationCodeableConcept,
            request.medicationReference,
            request.contained,
            _TYPE,
            reading,
        )
    except Unusable:
        if _weight(request, draft=draft) is Weight.NOTHING:
            return None
        reading.unresolved += 1
        raise
    if drug is None:
        return None
    weight = _weight(request, draft=draft)
    if weight is Weight.NOTHING or (not draft and reading.is_future(request.authoredOn)):
        return None
    concept = drug.concept(lambda: _reasons(request, reading), reading)
    order = Order.deferred(
        lambda: _details(request, drug.written, concept, reading, draft=draft),
        reference=reference_of(request),
        concept=concept,
        source=OrderSource.REQUEST,
        status=request.status or "draft",
        intent=request.intent or "",
        counts=weight is Weight.COUNTS and not request.doNotPerform,
        avoid=bool(request.doNotPerform),
        is_draft=draft,
        authorized_by=(),
    )
    if not draft and request.authoredOn is None and not order.begun:
        return None  # nothing says that it existed by now
    return order


def _weight(request: MedicationRequest, *, draft: bool) -> Weight:
    if draft:
        return Weight.NOTHING if request.status == "entered-in-error" else Weight.COUNTS
    weight = weight_of(_TYPE, request.status)
    if weight is Weight.NOTHING or not is_order(_TYPE, request.intent):
        return Weight.NOTHING
    if request.doNotPerform and request.status in _NO_AVOIDANCE:
        return Weight.NOTHING
    return weight


def _reasons(request: MedicationRequest, reading: Reading) -> tuple[Concept, ...]:
    return reading.reasons(request.reasonCode, request.reasonReference, _TYPE)


def _details(
    request: MedicationRequest, written: CodeableConcept, concept: Concept, reading: Reading, *, draft: bool
) -> Mapping[str, Any]:
    """Work out everything of an order but its drug and its status."""
    log, other = reading.log, reading.meanings.other
    dosages = DOSAGES.read(request.dosageInstruction, log, f"{_TYPE}.dosageInstruction")
    doses = doses_of(dosages, concept)
    dispense = DISPENSE_REQUEST.read(request.dispenseRequest, log, f"{_TYPE}.dispenseRequest")
    days = _days(request, doses, dispense or DispenseRequest(), reading)
    stop = reading.concept(request.statusReason, f"{_TYPE}.statusReason")
    notes = reading.notes(request.note, f"{_TYPE}.note")
    route, route_sets = route_of([d.route for d in dosages], concept, reading)
    prior = REFERENCE.read(request.priorPrescription, log, f"{_TYPE}.priorPrescription")
    return {
        "start": days.start,
        "ended": days.ended,
        "supply_end": days.supply_end,
        "supply_days": days.supply_days,
        "doses": doses.parts,
        "single_dose": doses.single,
        "ordered_doses": _counted_doses(dosages),
        "dose_per_kg": _dose_per_kg(dosages),
        "dose_rate": doses.rate,
        "as_needed": doses.as_needed,
        "max_daily": doses.most_a_day,
        "quantity": amount_of(dispense.quantity) if dispense else None,
        "fills": days.fills,
        "route": route,
        "reasons": _reasons(request, reading),
        "stop_reasons": other.recorded([stop]),
        "stop_texts": (*texts_of(stop), *notes),
        "categories": category_codes(reading.concepts(request.category, f"{_TYPE}.category")),
        "texts": (*texts_of(written), *(d.text for d in dosages if d.text), *(notes if draft else ())),
        "prior": normalized(prior.reference) if prior else None,
        "begun": draft or days.begun,
        "route_sets": route_sets,
    }


def _dose_per_kg(dosages: Sequence[Dosage]) -> Amount | None:
    """Return the largest dose by body weight, in its own unit (``mg/kg``); None when none is ordered so."""
    found = [
        dose
        for dosage in dosages
        for part in dosage.doseAndRate
        if (dose := amount_of(part.doseQuantity) or amount_of_range(part.doseRange)) is not None
        and dose.unit.endswith("/kg")
    ]
    return max(found, key=lambda dose: dose.low) if found else None


def _counted_doses(dosages: Sequence[Dosage]) -> int | None:
    """Return how many doses the dosages count together; None when one of them is not counted."""
    counts = [d.timing.repeat.count if d.timing and d.timing.repeat else None for d in dosages]
    known = [count for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Days:
    """From when to when a request says that it runs, and how long its supply lasts."""

    start: DateSpan | None
    ended: DateSpan | None
    supply_end: DateSpan | None
    supply_days: Amount | None
    fills: Amount | None
    begun: bool


def _days(
    request: MedicationRequest, doses: DoseReading, dispense: DispenseRequest, reading: Reading
) -> _Days:
    """Start: dosage bounds, else validity, else authoredOn. End: dosage bounds, else validity. Supply: days × fills."""
    validity = dispense.validityPeriod
    authored = parse_span(request.authoredOn)
    start = doses.starts or (parse_span(validity.start) if validity else None) or authored
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
        begun=start is None or start.first <= reading.as_of or start == authored,
    )
