"""Turns what a case names (a value set, an ingredient, ``SYSTEM CODE``) into FHIR codings, by the terminology tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cds_service.casework.items import Concept
from cds_service.ruleset.wording import nearest
from cds_service.terminology import Terminology
from cds_service.terminology.valuesets import CodeRow

_PREFERRED_DRUG_SYSTEM = "RXNORM"


class UnknownConcept(ValueError):
    """A case names something that no table knows; the message names the nearest that is known."""


@dataclass(frozen=True, slots=True)
class Code:
    """One code with its FHIR system URI and our label."""

    system: str
    code: str
    label: str

    @property
    def coding(self) -> dict[str, str]:
        """The FHIR Coding."""
        found = {"system": self.system, "code": self.code}
        return {**found, "display": self.label} if self.label else found


class CodeBook:
    """Finds the code that stands for a name."""

    def __init__(self, terminology: Terminology) -> None:
        self._terminology = terminology

    def concept(
        self, concept: Concept, *, text: str | None = None, text_only: bool = False
    ) -> dict[str, Any]:
        """Return the CodeableConcept of a concept. Raises ``UnknownConcept``."""
        codes = [self.code(name) for name in concept.codes]
        words = text or concept.text
        if text_only:
            return {"text": words or (codes[0].label if codes else "")}
        codings = [code.coding for code in codes]
        if codings and concept.display is not None:
            codings[0]["display"] = concept.display
        found: dict[str, Any] = {"coding": codings} if codings else {}
        return {**found, "text": words} if words else found

    def coding(self, concept: Concept) -> dict[str, str]:
        """Return the first coding of a concept. Raises ``UnknownConcept`` when it has none."""
        if not concept.codes:
            raise UnknownConcept("expected a code")
        return self.code(concept.codes[0]).coding

    def code(self, name: str) -> Code:
        """Return the code that a name stands for, or the code written as ``SYSTEM CODE``."""
        system, separator, code = name.partition(" ")
        if separator:
            return self._written(system, code.strip())
        return self._of_set(name)

    def label(self, concept: Concept) -> str:
        """Return our words for a concept."""
        if concept.text:
            return concept.text
        return self.code(concept.codes[0]).label if concept.codes else ""

    def _written(self, system: str, code: str) -> Code:
        systems = self._terminology.systems
        if system in systems.by_key:
            uri = systems.by_key[system].uri
            hit = self._terminology.index.lookup(uri, code)
            return Code(uri, code, hit.label if hit is not None else "")
        if ":" in system:
            return Code(system, code, "")
        if system == "LOCAL":
            return Code("urn:local:case", code, "")
        raise UnknownConcept(f"no code system '{system}'{nearest(system, [*systems.by_key, 'LOCAL'])}")

    def _of_set(self, name: str) -> Code:
        if name in self._terminology.drugs.ingredients:
            return self._of_ingredient(name)
        if name not in self._terminology.value_sets.by_name:
            names = [*self._terminology.index.set_names]
            raise UnknownConcept(f"no value set or ingredient '{name}'{nearest(name, sorted(names))}")
        candidates = list(self._candidates(name, frozenset()))
        if not candidates:
            raise UnknownConcept(f"value set '{name}' has no code that stands for it: write SYSTEM CODE")
        return candidates[0]

    def _candidates(self, name: str, seen: frozenset[str]) -> Iterator[Code]:
        """Yield codes of a set, the best first.

        Its own verified single codes, then its ingredients and the sets it takes in, then families of codes, codes
        that mean the set only in a context, and codes that nobody verified.
        """
        value_set = self._terminology.value_sets.by_name.get(name)
        if value_set is None or name in seen:
            return
        own = [row for row in value_set.codes if not (row.exclude or row.weak)]
        yield from (self._row(row) for row in own if _is_plain(row))
        for ingredient in sorted(value_set.ingredients):
            yield from self._ingredient_codes(ingredient)
        for included in value_set.includes:
            yield from self._candidates(included, seen | {name})
        others = [row for row in own if not _is_plain(row)]
        others.sort(key=lambda row: (row.verified != "yes", row.context is not None))
        yield from map(self._row, others)

    def _row(self, row: CodeRow) -> Code:
        return Code(
            self._terminology.systems.by_key[row.system].uri, _dotted(row.system, row.code), row.label
        )

    def _of_ingredient(self, name: str) -> Code:
        codes = list(self._ingredient_codes(name))
        if not codes:
            raise UnknownConcept(
                f"ingredient '{name}' has no code of its own: write a product, such as RXNORM 308979"
            )
        return codes[0]

    def _ingredient_codes(self, name: str) -> Iterator[Code]:
        drugs = self._terminology.drugs
        codes = [
            code
            for code in drugs.codes.values()
            if len(code.ingredients) == 1
            and code.ingredients[0].ingredient == name
            and code.ingredients[0].strength is None
        ]
        codes.sort(key=lambda code: (code.system != _PREFERRED_DRUG_SYSTEM, code.kind != "IN", code.code))
        for code in codes:
            uri = self._terminology.systems.by_key[code.system].uri
            yield Code(uri, code.code, drugs.ingredients[name].label)


def _is_plain(row: CodeRow) -> bool:
    return row.verified == "yes" and not row.family and row.context is None


def _dotted(system: str, code: str) -> str:
    """Return an ICD-10-CM code with the dot that records write (tables compare codes without it)."""
    if system == "ICD10CM" and len(code) > 3 and "." not in code:
        return f"{code[:3]}.{code[3:]}"
    return code
