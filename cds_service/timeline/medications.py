"""Medication resources as orders: which drug, what counts, and the parts that all four resource types share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from msgspec import Raw

from cds_service.records.lenient import read_contained
from cds_service.records.members import Unusable
from cds_service.records.references import normalized
from cds_service.records.resources import (
    Annotation,
    CodeableConcept,
    Dosage,
    Medication,
    MedicationIngredient,
    Reference,
)
from cds_service.terminology import Basis, Field, Resolved, merge
from cds_service.timeline.amounts import Amount
from cds_service.timeline.doses import DoseReading, read_doses
from cds_service.timeline.events import Concept, Ingredient
from cds_service.timeline.intake import quotient
from cds_service.timeline.meaning import concept_from, named_only
from cds_service.timeline.reading import Reading, reason_sets
from cds_service.timeline.units import unit_named

_ROUTE: Final = "route-"
_WIDE_ROUTES: Final = frozenset({"parenteral", "unsupervised"})
"""Route sets that hold other routes: known, but never *the* route of an order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drug:
    """The drug of a medication resource: what it means, and what its Medication resource adds."""

    resolved: Resolved
    written: CodeableConcept | None
    by_display: bool = False
    ingredients: tuple[MedicationIngredient, ...] = ()

    def concept(self, reasons: tuple[Concept, ...], reading: Reading) -> Concept:
        """Return the drug as the concept of an event; ``reasons`` settle what depends on them."""
        found = concept_from(
            self.resolved,
            self.written,
            reasons=reason_sets(reasons),
            has_condition=reading.has_condition,
        )
        found = replace(
            found,
            ingredients=tuple(self._with_strength(i, reading) for i in found.ingredients),
            combination=found.combination or len(self.ingredients) > 1,
        )
        return named_only(found) if self.by_display else found

    def _with_strength(self, ingredient: Ingredient, reading: Reading) -> Ingredient:
        """Take a strength that only the Medication resource states."""
        if ingredient.strength is not None:
            return ingredient
        for part in self.ingredients:
            known = reading.meanings.known(part.itemCodeableConcept, Field.MEDICATION)
            names = {i.ingredient for i in known.ingredients} if known else set()
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
    *,
    counts: Callable[[], bool],
) -> Drug | None:
    """Return the drug of a medication resource; None when no rule knows it.

    A reference is resolved as contained, then among ``reading.medications``, then by its display (inferred). One that
    leads nowhere is an unknown drug: counted, and, as it may be any drug, ``Unusable`` when the resource ``counts``.
    """
    if concept is not None and (concept.coding or concept.text):
        resolved = reading.meanings.resolved(concept, Field.MEDICATION)
        reading.meanings.count_unknown(resolved)
        return Drug(resolved=resolved, written=concept) if resolved.is_known else None
    medication = _referred(reference, contained, owner, reading)
    if medication is not None:
        return _of_medication(medication, reading)
    if reference is not None and reference.display:
        written = CodeableConcept(text=reference.display)
        resolved = reading.meanings.resolved(written, Field.MEDICATION)
        return Drug(resolved=resolved, written=written, by_display=True) if resolved.is_known else None
    if counts():
        reading.unresolved += 1
        raise Unusable(f"{owner}.medication")
    return None


def _referred(reference: Reference | None, contained: Raw, owner: str, reading: Reading) -> Medication | None:
    target = normalized(reference.reference) if reference else None
    if reference is None or reference.reference is None or target is None:
        return None
    if target.startswith("#"):
        inside = read_contained(contained, reading.log, f"{owner}.contained")
        return next((m for m in inside if isinstance(m, Medication) and f"#{m.id}" == target), None)
    return reading.medications.get(reference.reference) or reading.medications.get(target)


def _of_medication(medication: Medication, reading: Reading) -> Drug | None:
    own = medication.code
    parts = [] if own is None else [reading.meanings.resolved(own, Field.MEDICATION)]
    parts += [
        reading.meanings.resolved(part.itemCodeableConcept, Field.MEDICATION)
        for part in medication.ingredient
        if part.itemCodeableConcept is not None
    ]
    resolved = merge(parts)
    if resolved.basis is Basis.NONE:
        for part in parts:
            reading.meanings.count_unknown(part)
        return None
    reading.meanings.count_unknown(resolved)
    written = own
    if written is None or not (written.coding or written.text):
        written = next((p.itemCodeableConcept for p in medication.ingredient if p.itemCodeableConcept), None)
    return Drug(resolved=resolved, written=written, ingredients=medication.ingredient)


def doses_of(dosages: Sequence[Dosage], concept: Concept) -> DoseReading:
    """Work out the dosages of an order of a drug."""
    return read_doses(dosages, concept.ingredients, combination=concept.combination)


def route_of(
    dosages: Sequence[CodeableConcept | None], concept: Concept, reading: Reading
) -> tuple[str | None, frozenset[str]]:
    """Return the route as a word (``oral``) and as value sets; from the dosages, else from the product.

    None when nothing says it, or when dosages name different routes.
    """
    sets: set[str] = set()
    for written in dosages:
        known = reading.meanings.known(written, Field.OTHER)
        sets |= {s for s in known.sets if s.startswith(_ROUTE)} if known else set()
    if not sets and concept.implied_route:
        sets = {_ROUTE + concept.implied_route}
    words = {s.removeprefix(_ROUTE) for s in sets} - _WIDE_ROUTES
    return (next(iter(words)) if len(words) == 1 else None), frozenset(sets)


def note_texts(notes: Sequence[Annotation]) -> tuple[str, ...]:
    """Return the texts of notes."""
    return tuple(note.text for note in notes if note.text)


def category_codes(categories: Sequence[CodeableConcept]) -> frozenset[str]:
    """Return the codes of categories (``community``, ``inpatient`` …), in lower case."""
    return frozenset(c.code.lower() for category in categories for c in category.coding if c.code)
