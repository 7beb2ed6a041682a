"""What the codes and words of one patient's record mean to the rules, looked up once for each distinct concept.

Lives as long as one timeline is built: nothing of a patient outlives the call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from cds_service.records.resources import CodeableConcept, Coding
from cds_service.terminology import Coding as PlainCoding
from cds_service.terminology import Field, FindingMatch, IngredientStrength, Resolved
from cds_service.timeline.amounts import Amount
from cds_service.timeline.events import Concept, Ingredient
from cds_service.timeline.units import unit_named

NO_TABLE = "none"
"""The basis of a concept that is recorded, but in no table."""


class Lookup(Protocol):
    """What a timeline asks of the terminology (``Terminology`` answers it)."""

    def resolve(
        self,
        codings: Sequence[PlainCoding],
        text: str | None,
        field: Field,
        *,
        context_text: str | None = None,
    ) -> Resolved:
        """What a concept of a record stands for."""

    def findings(self, text: str) -> Mapping[str, FindingMatch]:
        """What a text says, by finding list."""


class Meanings:
    """Resolves the concepts of one record; counts product codes that no table knows."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._resolved: dict[tuple[CodeableConcept, Field], Resolved] = {}
        self.unknown_products: Counter[str] = Counter()

    def resolved(self, concept: CodeableConcept, field: Field) -> Resolved:
        """Return what a concept stands for; equal concepts are looked up once."""
        key = (concept, field)
        found = self._resolved.get(key)
        if found is None:
            found = self._lookup.resolve(_plain(concept.coding), concept.text, field)
            self._resolved[key] = found
        return found

    def in_context(self, concept: CodeableConcept, field: Field, texts: Sequence[str]) -> Resolved:
        """Return what a concept stands for, given other texts of its resource (for codes that need words)."""
        words = ". ".join(text for text in texts if text)
        if not words:
            return self.resolved(concept, field)
        return self._lookup.resolve(_plain(concept.coding), concept.text, field, context_text=words)

    def known(self, concept: CodeableConcept | None, field: Field) -> Resolved | None:
        """Return what a concept stands for, None when no rule knows it."""
        if concept is None:
            return None
        found = self.resolved(concept, field)
        return found if found.is_known else None

    def recorded(self, concept: CodeableConcept | None, field: Field) -> Concept | None:
        """Return a concept that matters whether or not a table knows it, such as a reason; None when it says nothing."""
        if concept is None or not (concept.coding or concept.text):
            return None
        return concept_from(self.resolved(concept, field), concept)

    def all_recorded(self, concepts: Sequence[CodeableConcept], field: Field) -> tuple[Concept, ...]:
        """Return every concept that says something."""
        return tuple(c for concept in concepts if (c := self.recorded(concept, field)) is not None)

    def count_unknown(self, resolved: Resolved) -> None:
        """Count the product codes of a resource that no table knows, by system."""
        for system, _ in resolved.unknown_products:
            self.unknown_products[system] += 1

    def said(self, text: str) -> frozenset[tuple[str, str]]:
        """Return the findings that a text states, as list and value (``""`` for lists without values)."""
        if not text:
            return frozenset()
        stated = {
            name: match for name, match in self._lookup.findings(text).items() if match.polarity == "pos"
        }
        return frozenset((name, value) for name, match in stated.items() for value in match.values or ("",))


def concept_from(
    resolved: Resolved,
    written: CodeableConcept | None,
    *,
    reasons: frozenset[str] | None = None,
    has_condition: Callable[[str], bool] = lambda _: False,
) -> Concept:
    """Return the concept of an event: its sets, once its reasons and the patient's conditions are known."""
    sets = resolved.settle(reasons, has_condition)
    return Concept(
        sets=sets,
        ingredients=tuple(_ingredient(part, resolved) for part in resolved.ingredients),
        label=label_of(written) or resolved.matched_text or "",
        basis=resolved.basis.value,
        verified=not resolved.unverified_sets,
        codes=_codes(written),
        implied_route=resolved.route,
        weak_sets=resolved.weak_sets - sets,
        unverified_sets=resolved.unverified_sets,
        combination=resolved.combination,
        use=resolved.use,
    )


def named_only(concept: Concept) -> Concept:
    """Return the same concept as one that only the display of a reference names."""
    return replace(concept, basis="display")


def label_of(concept: CodeableConcept | None) -> str:
    """Return what the record calls a concept: its text, else the first display, else the first code."""
    if concept is None:
        return ""
    displays = (coding.display for coding in concept.coding)
    codes = (coding.code for coding in concept.coding)
    return next((text.strip() for text in (concept.text, *displays, *codes) if text and text.strip()), "")


def _plain(codings: Sequence[Coding]) -> list[PlainCoding]:
    return [(coding.system, coding.code, coding.display) for coding in codings]


def _codes(concept: CodeableConcept | None) -> tuple[tuple[str, str], ...]:
    if concept is None:
        return ()
    return tuple((coding.system or "", coding.code) for coding in concept.coding if coding.code)


def _ingredient(part: IngredientStrength, resolved: Resolved) -> Ingredient:
    pack = None
    if resolved.pack is not None and resolved.pack_unit:
        pack = Amount.exactly(float(resolved.pack), unit_named(resolved.pack_unit))
    strength = part.strength
    if strength is None:
        return Ingredient(name=part.ingredient, pack=pack)
    value, unit, per = float(strength.value), unit_named(strength.unit), unit_named(strength.per_unit) or "1"
    value /= float(strength.per or 1)
    if per == "h":
        return Ingredient(name=part.ingredient, strength=Amount.exactly(value, f"{unit}/h"), pack=pack)
    return Ingredient(name=part.ingredient, strength=Amount.exactly(value, unit), strength_per=per, pack=pack)
