"""What the codes and words of one patient's record mean to the rules, looked up once for each distinct concept.

Lives as long as one timeline is built: nothing of a patient outlives the call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from cds_service.records.resources import CodeableConcept, Coding
from cds_service.terminology import CodeHit, Field, FindingMatch, IngredientStrength, Resolved
from cds_service.terminology import Coding as PlainCoding
from cds_service.timeline.amounts import Amount
from cds_service.timeline.events import Concept, Ingredient
from cds_service.timeline.units import unit_named

NO_TABLE = "none"
"""The basis of a concept that is recorded, but in no table."""


class Codes(Protocol):
    """One look-up of one code."""

    def lookup(self, system: str | None, code: str) -> CodeHit | None:
        """What a coding stands for; None when no table has it."""


class Lookup(Protocol):
    """What a timeline asks of the terminology (``Terminology`` answers it)."""

    @property
    def index(self) -> Codes:
        """The codes."""

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


class Meaning:
    """What one written concept stands for by itself; ``known`` when any rule knows it."""

    __slots__ = ("_concept", "_field", "_lookup", "_needs_context", "known", "resolved", "written")

    def __init__(self, written: CodeableConcept, lookup: Lookup, field: Field) -> None:
        self.written = written
        self.resolved = lookup.resolve(_plain(written.coding), written.text, field)
        self.known = self.resolved.is_known
        self._lookup = lookup
        self._field = field
        self._concept: Concept | None = None
        self._needs_context: bool | None = None

    @property
    def concept(self) -> Concept:
        """The concept, when its meaning depends on nothing else; whether or not a table knows it."""
        if self._concept is None:
            self._concept = concept_from(self.resolved, self.written)
        return self._concept

    @property
    def needs_context(self) -> bool:
        """True for codes and names that mean something only with certain words or reasons beside them."""
        if self._needs_context is None:
            codings = (c for c in self.written.coding if c.code)
            hits = (self._lookup.index.lookup(c.system, c.code or "") for c in codings)
            by_code = any(hit is not None and hit.conditional for hit in hits)
            self._needs_context = by_code or bool(self.resolved.conditional)
        return self._needs_context

    def beside(self, texts: Sequence[str]) -> Resolved:
        """Return what it stands for beside other texts of its resource."""
        words = ". ".join(text for text in texts if text)
        if not words or not self.needs_context:
            return self.resolved
        return self._lookup.resolve(
            _plain(self.written.coding), self.written.text, self._field, context_text=words
        )


class FieldMeanings:
    """The concepts of one kind of field; equal concepts are looked up once."""

    def __init__(self, lookup: Lookup, field: Field) -> None:
        self._lookup = lookup
        self._field = field
        self._found: dict[CodeableConcept, Meaning] = {}

    def of(self, written: CodeableConcept) -> Meaning:
        """Return what a concept stands for."""
        found = self._found.get(written)
        if found is None:
            found = self._found[written] = Meaning(written, self._lookup, self._field)
        return found

    def recorded(self, concepts: Sequence[CodeableConcept | None]) -> tuple[Concept, ...]:
        """Return every concept that says something, such as reasons and outcomes, whether or not a table knows it."""
        return tuple(self.of(c).concept for c in concepts if c is not None and (c.coding or c.text))

    def first_known(self, concepts: Iterable[CodeableConcept]) -> Concept | None:
        """Return the first concept that rules know."""
        return next((found.concept for c in concepts if (found := self.of(c)).known), None)


class Meanings:
    """The meanings of one record, by kind of field; counts codes of drugs that no table knows."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self.medication = FieldMeanings(lookup, Field.MEDICATION)
        self.substance = FieldMeanings(lookup, Field.SUBSTANCE)
        self.condition = FieldMeanings(lookup, Field.CONDITION)
        self.procedure = FieldMeanings(lookup, Field.PROCEDURE)
        self.observation = FieldMeanings(lookup, Field.OBSERVATION)
        self.other = FieldMeanings(lookup, Field.OTHER)
        self.unknown_codes: Counter[tuple[str, str]] = Counter()

    def count_unknown(self, resolved: Resolved) -> None:
        """Count the codes of a resource's drug that no table knows, by system and code."""
        self.unknown_codes.update(resolved.unknown_codes)

    def said(self, text: str) -> frozenset[tuple[str, str]]:
        """Return the findings that a text states, as list and value (``""`` for lists without values)."""
        if not text:
            return frozenset()
        found = self._lookup.findings(text)
        return frozenset(
            (name, value)
            for name, match in found.items()
            if match.polarity == "pos"
            for value in match.values or ("",)
        )


def concept_from(
    resolved: Resolved,
    written: CodeableConcept | None,
    *,
    reasons: frozenset[str] | None = None,
    has_condition: Callable[[str], bool] = lambda _: False,
) -> Concept:
    """Return the concept of an event: its sets, once its reasons and the patient's conditions are known."""
    sets = resolved.settle(reasons, has_condition) if resolved.conditional else resolved.sets
    unverified = resolved.unverified_among(sets) if resolved.conditional else resolved.unverified_sets
    return Concept(
        sets=sets,
        ingredients=tuple(_ingredient(part, resolved) for part in resolved.ingredients),
        label=label_of(written) or resolved.matched_text or "",
        basis=resolved.basis.value,
        verified=not unverified,
        codes=_codes(written),
        implied_route=resolved.route,
        weak_sets=resolved.weak_sets - sets,
        unverified_sets=unverified,
        combination=resolved.combination,
        use=resolved.use,
    )


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
    value, unit = float(strength.value) / float(strength.per or 1), unit_named(strength.unit)
    per = unit_named(strength.per_unit) or "1"
    if per == "h":
        return Ingredient(name=part.ingredient, strength=Amount.exactly(value, f"{unit}/h"), pack=pack)
    return Ingredient(name=part.ingredient, strength=Amount.exactly(value, unit), strength_per=per, pack=pack)
