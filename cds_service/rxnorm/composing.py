"""What a concept of a release consists of: its ingredients with strengths, dose form, brand and content of one piece.

Products are followed down their relationships (pack, branded drug, clinical drug, component, ingredient); strengths
stand at the components.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from cds_service.rxnorm.database import Concept, Database
from cds_service.rxnorm.strengths import read_strength, read_volume, same_strength, strength_of_name
from cds_service.terminology.drugs import Strength
from cds_service.terminology.rxtext import DoseForm

Step = tuple[tuple[str, ...], frozenset[str]]
"""Kinds of relationship to follow, and the term types that they may lead to."""


def _step(kinds: str, types: str) -> Step:
    return tuple(kinds.split()), frozenset(types.split())


_DOWN: Mapping[str, tuple[Step, ...]] = {
    "PIN": (_step("form_of", "IN"),),
    "MIN": (_step("has_part", "IN PIN"),),
    "BN": (_step("tradename_of", "IN PIN MIN"),),
    "SCDC": (_step("has_ingredient has_precise_ingredient", "IN PIN"),),
    "SBDC": (_step("consists_of tradename_of", "SCDC"),),
    "SCDF": (_step("has_ingredient has_ingredients", "IN PIN MIN"),),
    "SCDG": (_step("has_ingredient has_ingredients", "IN PIN MIN"),),
    "SBDF": (_step("tradename_of", "SCDF"), _step("has_ingredient", "BN")),
    "SBDG": (_step("tradename_of", "SCDG"), _step("has_ingredient", "BN")),
    "SCD": (_step("consists_of", "SCDC"),),
    "SBD": (
        _step("tradename_of", "SCD"),
        _step("consists_of", "SCDC"),
        _step("consists_of", "SBDC"),
    ),
    "GPCK": (_step("contains", "SCD SBD"),),
    "BPCK": (_step("contains", "SCD SBD"), _step("tradename_of", "GPCK")),
}
"""How to come from a concept to what it is made of; the first step that leads anywhere is taken. Types only descend."""

_PACKS = frozenset({"GPCK", "BPCK"})
_BRANDED = frozenset({"SBD", "SBDC", "SBDF", "SBDG", "BPCK"})
_BRAND_OF_NAME = re.compile(r".*\[([^\[\]]+)\]")
_VOLUME_OF_NAME = re.compile(r"(\d+(?:\.\d+)? ML) .*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One ingredient of a concept: its RxNorm ingredient, the name that the rules give it (None: no rule knows it)."""

    rxcui: str
    name: str | None
    strength: Strength | None = None

    @property
    def who(self) -> str:
        """What tells it from other ingredients: salts and other codes of one ingredient of the rules are one."""
        return self.name or self.rxcui


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """What a concept is: ``parts`` of all ingredients, those unknown to the rules included; ``pack`` in mL."""

    concept: Concept
    parts: tuple[Part, ...]
    form: DoseForm | None = None
    brand: str | None = None
    pack: Decimal | None = None

    @property
    def known(self) -> tuple[Part, ...]:
        """The parts that rules know."""
        return tuple(part for part in self.parts if part.name is not None)

    @property
    def combination(self) -> bool:
        """Whether there is more than one ingredient, known or not."""
        return len(self.parts) > 1


class Composer:
    """Works out compositions; counts what it could not read."""

    def __init__(self, database: Database, names: Mapping[str, str], forms: Mapping[str, DoseForm]) -> None:
        """``names``: RxNorm ingredient code to the ingredient of the rules; ``forms``: dose forms by lower-case name."""
        self._db = database
        self._names = names
        self._forms = forms
        self.unread_forms: dict[str, set[str]] = {}
        """Dose forms that no row of ``rxnorm_words.csv`` explains, with the products that have them."""
        self.unread_strengths: set[str] = set()
        """Components whose strength is in no unit of doses, or told in two ways."""

    def compose(self, concept: Concept) -> Composition:
        """Return what a concept is; no parts when the release does not tell."""
        parts = self._parts(concept)
        if not any(part.name is not None for part in parts):
            return Composition(concept=concept, parts=parts)
        return Composition(
            concept=concept,
            parts=parts,
            form=self._form(concept),
            brand=self._brand(concept),
            pack=self._volume(concept),
        )

    # -- ingredients

    def _parts(self, concept: Concept) -> tuple[Part, ...]:
        if concept.tty == "IN":
            return (Part(rxcui=concept.rxcui, name=self._names.get(concept.rxcui)),)
        parts = _united(part for below in self._below(concept) for part in self._parts(below))
        own = self._names.get(concept.rxcui)
        if concept.tty == "PIN" and own is not None:
            return (Part(rxcui=concept.rxcui, name=own),)
        if concept.tty != "SCDC" or len(parts) != 1:
            return parts
        strength = self._strength(concept) if parts[0].name is not None else None
        return (Part(rxcui=parts[0].rxcui, name=parts[0].name, strength=strength),)

    def _below(self, concept: Concept) -> tuple[Concept, ...]:
        for kinds, types in _DOWN.get(concept.tty, ()):
            near = (self._db.concept(code) for code in self._db.objects(concept.rxcui, *kinds))
            found = tuple(c for c in near if c is not None and c.tty in types)
            if found:
                return found
        return ()

    def _strength(self, component: Concept) -> Strength | None:
        """The strength of a component: its attribute and its name must not contradict each other."""
        said = self._db.attributes(component.rxcui, "RXN_STRENGTH")
        by_name = strength_of_name(component.name)
        found = read_strength(said[0]) if len(said) == 1 else by_name
        if found is None or (by_name is not None and not same_strength(found, by_name)):
            self.unread_strengths.add(component.rxcui)
            return None
        return found

    # -- what else a product says

    def _form(self, concept: Concept) -> DoseForm | None:
        """The dose form; that of a pack when everything in it has the same."""
        if concept.tty in _PACKS:
            forms = {self._form(below) for below in self._below(concept)}
            return forms.pop() if len(forms) == 1 else None
        names = [
            c.name
            for code in self._db.objects(concept.rxcui, "has_dose_form")
            if (c := self._db.concept(code))
        ]
        if not names:
            clinical = [c for c in self._below(concept) if c.tty in {"SCD", "SCDF", "SCDG"}]
            return self._form(clinical[0]) if len(clinical) == 1 else None
        form = self._forms.get(names[0].lower()) if len(names) == 1 else None
        if form is None:
            for name in names:
                self.unread_forms.setdefault(name, set()).add(concept.rxcui)
        return form

    def _brand(self, concept: Concept) -> str | None:
        if concept.tty == "BN":
            return concept.name
        if concept.tty not in _BRANDED:
            return None
        near = (self._db.concept(code) for code in self._db.objects(concept.rxcui, "has_ingredient"))
        brands = [c.name for c in near if c is not None and c.tty == "BN"]
        if len(brands) == 1:
            return brands[0]
        written = _BRAND_OF_NAME.fullmatch(concept.name)
        return written[1] if written else None

    def _volume(self, concept: Concept) -> Decimal | None:
        for said in self._db.attributes(concept.rxcui, "RXN_QUANTITY"):
            if (volume := read_volume(said)) is not None:
                return volume
        written = _VOLUME_OF_NAME.fullmatch(concept.name)
        return read_volume(written[1]) if written else None


def _united(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Each ingredient once, in order; strengths that differ (titration packs, two salts) are unknown."""
    found: dict[str, Part] = {}
    for part in parts:
        old = found.get(part.who)
        if old is None:
            found[part.who] = part
        elif not same_strength(old.strength, part.strength):
            found[part.who] = Part(rxcui=old.rxcui, name=old.name)
    return tuple(found.values())
