"""Doses of an order per kilogram of body weight: as ordered, or worked out with the latest weight on record."""

from __future__ import annotations

from dataclasses import replace

from cds_service.evaluate.case import Case
from cds_service.evaluate.citing import cite, named
from cds_service.evaluate.comparing import compare, within
from cds_service.evaluate.truth import Answer, Evidence, Truth, all_of, no, yes
from cds_service.ruleset.facts import AgeFact, DraftFact
from cds_service.timeline.amounts import Amount, Measure, UnknownAmount
from cds_service.timeline.events import Order, Result
from cds_service.timeline.units import convert

_PER_KILOGRAM = "/kg"


def is_per_kilogram(draft: Order) -> bool:
    """True when the dose or the rate is ordered by body weight."""
    rate = draft.dose_rate
    by_rate = isinstance(rate, Amount) and _PER_KILOGRAM in rate.unit
    return by_rate or draft.dose_per_kg is not None


def weight_answers(draft: Order, fact: DraftFact, case: Case) -> list[Answer]:
    """Hold dose and rate per kilogram against their limits; a dose that cannot be worked out answers unknown."""
    answers = []
    if fact.per_kg is not None:
        answers.append(yes() if is_per_kilogram(draft) is fact.per_kg else no())
    weight = _weight(fact, case)
    for limit, (measure, proof) in (
        (fact.dose_per_kg_above, _dose(draft, weight)),
        (fact.rate_per_kg_above, _rate(draft, weight)),
    ):
        if limit is None:
            continue
        wanted = AgeFact(above=limit)
        what = "dose per kilogram"
        answer = compare(measure, wanted, rules=case.rules, pathway=case.pathway, what=what)
        shown = f"{measure.low:.2g} {measure.unit}" if isinstance(measure, Amount) else None
        answers.append(all_of([replace(answer, slots={"dose": shown}), yes(*proof)]))
    return answers


def _weight(fact: DraftFact, case: Case) -> tuple[Amount, Result] | None:
    """Return the latest weight in kilograms within the window."""
    if not fact.weight:
        return None
    found = [r for r in case.timeline.results if named(r.concept, fact.weight)]
    if fact.weight_within is not None:
        window = case.rules.window(fact.weight_within, case.pathway)
        found = [r for r in found if within(r.when, window, case.timeline.as_of) is Truth.YES]
    found.sort(key=lambda r: (r.when.last.toordinal() if r.when else 0, r.instant or "", r.reference))
    for result in reversed(found):
        kilograms = convert(result.value, "kg") if result.value is not None else None
        if kilograms is not None and kilograms.low > 0:
            return kilograms, result
    return None


def _dose(draft: Order, weight: tuple[Amount, Result] | None) -> tuple[Measure, tuple[Evidence, ...]]:
    if draft.dose_per_kg is not None:
        return draft.dose_per_kg, ()
    known = [d for d in draft.single_dose.values() if isinstance(d, Amount)]
    if not known:
        return UnknownAmount("dose not stated", "a structured dosage"), ()
    return _by_weight(known[0], "mg", "mg/kg", weight)


def _rate(draft: Order, weight: tuple[Amount, Result] | None) -> tuple[Measure, tuple[Evidence, ...]]:
    rate = draft.dose_rate
    if not isinstance(rate, Amount):
        return rate or UnknownAmount("rate not stated", "the rate of the infusion"), ()
    if _PER_KILOGRAM in rate.unit:
        return rate, ()
    return _by_weight(rate, "mg/h", "mg/kg/h", weight)


def _by_weight(
    amount: Amount, unit: str, per_kg: str, weight: tuple[Amount, Result] | None
) -> tuple[Measure, tuple[Evidence, ...]]:
    in_unit = convert(amount, unit)
    if in_unit is None:
        return UnknownAmount(f"in {amount.unit}, not per kilogram", "a dose in milligrams"), ()
    if weight is None:
        return UnknownAmount("body weight not on record", "a recorded weight"), ()
    kilograms, result = weight
    high = None if in_unit.high is None else in_unit.high / kilograms.low
    proof = cite(result, f"{result.concept.label} {kilograms.low:g} kg", result.when)
    return Amount(in_unit.low / kilograms.low, high, per_kg), (proof,)


__all__ = ["is_per_kilogram", "weight_answers"]
