"""Medication resources as orders: which drug, and the parts that all four resource types share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from msgspec import Raw

from cds_service.records.lenient import read_contained
from cds_service.records.members import Unusable
from cds_service.records.references import normalized
from cds_service.records.resources import (
    CodeableConcept,
    Dosage,
    Medication,
    MedicationIngredient,
    Reference,
)
from cds_service.terminology import Basis, Resolved, merge
from cds_service.timeline.amounts import Amount
from cds_service.timeline.dates import DateSpan
from cds_service.timeline.doses import DoseReading, read_doses
from cds_service.timeline.events import Concept, Ingredient
from cds_service.timeline.intake import quotient
from cds_service.timeline.meaning import concept_from
from cds_service.timeline.reading import Reading, reason_sets
from cds_service.timeline.units import unit_named

_ROUTE: Final = "route-"
_WIDE_ROUTES: Final = frozenset({"parenteral", "unsupervised"})
"""Route sets that hold other routes: known, but never *the* route of an order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drug:
    """The drug of a medication resource: what it means, and what its Medication resource adds."""

    resolved: Resolved
    written: CodeableConcept
    by_display: bool = False
    ingredients: tuple[MedicationIngredient, ...] = ()

    def concept(self, reasons: Callable[[], tuple[Concept, ...]], reading: Reading) -> Concept:
        """Return the drug as the concept of an event; ``reasons`` are asked only when they settle what it means."""
        if not self.resolved.conditional and not self.ingredients and not self.by_display:
            return reading.meanings.medication.of(self.written).concept
        found = concept_from(
            self.resolved,
            self.written,
            reasons=reason_sets(reasons()) if self.resolved.conditional else None,
            has_condition=reading.has_condition,
        )
        if self.by_display:
            return replace(found, basis=Basis.DISPLAY.value)
        return replace(
            found,
            ingredients=tuple(self._with_strength(i, reading) for i in found.ingredients),
            combination=found.combination or len(self.ingredients) > 1,
        )

    def _with_strength(self, ingredient: Ingredient, reading: Reading) -> Ingredient:
        """Take a strength that only the Medication resource states."""
        if ingredient.strength is not None:
            return ingredient
        for part in self.ingredients:
            written = part.itemCodeableConcept
            known = reading.meanings.medication.of(written).resolved.ingredients if written else ()
            names = {i.ingredient for i in known}
            strength = quotient(part.strength)
            if ingredient.name in names and strength is not None:
                unit, _, per = strength.unit.rpartition("/")
                return replace(
                    ingredient,
                    strength=Amount(strength.low, strength.high, unit),
                    strength_per=unit_named(per) or "1",
                )
        return ingredient


def drug_of(
    concept: CodeableConcept | None,
    reference: Reference | None,
    contained: Raw,
    owner: str,
    reading: Reading,
) -> Drug | None:
    """Return the drug of a medication resource; None when no rule knows it.

    A reference is resolved as contained, then among ``reading.medications``, then by its display (inferred).

    Raises:
        Unusable: the reference leads nowhere, or there is no medication at all: it may be any drug.
    """
    if concept is not None and (concept.coding or concept.text):
        meaning = reading.meanings.medication.of(concept)
        if meaning.resolved.unknown_codes:
            reading.meanings.count_unknown(meaning.resolved)
        return Drug(resolved=meaning.resolved, written=concept) if meaning.known else None
    medication = _referred(reference, contained, owner, reading)
    if medication is not None:
        return _of_medication(medication, reading)
    if reference is not None and reference.display:
        written = CodeableConcept(text=reference.display)
        meaning = reading.meanings.medication.of(written)
        return Drug(resolved=meaning.resolved, written=written, by_display=True) if meaning.known else None
    raise Unusable(f"{owner}.medication")


def _referred(reference: Reference | None, contained: Raw, owner: str, reading: Reading) -> Medication | None:
    target = normalized(reference.reference) if reference else None
    if reference is None or reference.reference is None or target is None:
        return None
    if target.startswith("#"):
        inside = read_contained(contained, reading.log, f"{owner}.contained")
        return next((m for m in inside if isinstance(m, Medication) and f"#{m.id}" == target), None)
    return reading.medications.get(reference.reference) or reading.medications.get(target)


def _of_medication(medication: Medication, reading: Reading) -> Drug | None:
    written = [medication.code, *(part.itemCodeableConcept for part in medication.ingredient)]
    said = [c for c in written if c is not None and (c.coding or c.text)]
    if not said:
        raise Unusable("Medication.code")
    parts = [reading.meanings.medication.of(c).resolved for c in said]
    resolved = merge(parts)
    if resolved.basis is not Basis.CODE:
        for part in parts:
            reading.meanings.count_unknown(part)
    if not resolved.is_known:
        return None
    return Drug(resolved=resolved, written=said[0], ingredients=medication.ingredient)


def doses_of(dosages: Sequence[Dosage], concept: Concept) -> DoseReading:
    """Work out the dosages of an order of a drug."""
    return read_doses(dosages, concept.ingredients, combination=concept.combination)


def route_of(
    written: Sequence[CodeableConcept | None], concept: Concept, reading: Reading
) -> tuple[str | None, frozenset[str]]:
    """Return the route as a word (``oral``) and as value sets; from the dosages, else from the product.

    No word when nothing says it, or when dosages name different routes.
    """
    sets: set[str] = set()
    for route in written:
        if route is not None:
            known = reading.meanings.other.of(route).resolved.sets
            sets |= {s for s in known if s.startswith(_ROUTE)}
    if not sets and concept.implied_route:
        sets = {_ROUTE + concept.implied_route}
    words = {s.removeprefix(_ROUTE) for s in sets} - _WIDE_ROUTES
    return (next(iter(words)) if len(words) == 1 else None), frozenset(sets)


def category_codes(categories: Sequence[CodeableConcept]) -> frozenset[str]:
    """Return the codes of categories (``community``, ``inpatient`` …), in lower case."""
    return frozenset(c.code.lower() for category in categories for c in category.coding if c.code)


def after(start: DateSpan | None, lasts: Amount | None) -> DateSpan | None:
    """Return the day so many days after a start; None beyond the calendar."""
    if start is None or lasts is None or lasts.high is None:
        return None
    try:
        return DateSpan(start.plus(int(lasts.low)).first, start.plus(int(lasts.high)).last)
    except OverflowError:
        return None
