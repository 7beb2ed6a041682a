"""A patient's raw FHIR resources, and the few plain questions that everything else asks of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from tests.reference.codes import Ingredient, codes_of, drug_of_name, in_sets, ingredients
from tests.reference.days import Days, possible_days

Json = Mapping[str, Any]
PATIENT = "Patient/p"


@dataclass(frozen=True)
class Drug:
    """What a medication resource is of; ``by_text`` when only its words say so."""

    parts: tuple[Ingredient, ...]
    by_text: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Names of its ingredients."""
        return tuple(part.name for part in self.parts)


@dataclass(frozen=True)
class Record:
    """Everything on record about one patient, on one day of judgement."""

    resources: tuple[Json, ...]
    as_of: date

    def of_type(self, *types: str) -> list[Json]:
        """The patient's own resources of these types."""
        return [r for r in self.resources if r["resourceType"] in types and _is_about(r)]

    def find(self, reference: str) -> Json | None:
        """The resource that a reference leads to."""
        return self._by_reference.get(reference)

    @cached_property
    def _by_reference(self) -> Mapping[str, Json]:
        return {f"{r['resourceType']}/{r['id']}": r for r in self.resources}

    def drug(self, resource: Json) -> Drug | None:
        """The drug of a medication resource: by its codes, else by its words; None for one that no table has."""
        concepts = self._concepts(resource)
        by_name: dict[str, Ingredient] = {}
        for concept in concepts:
            for code in codes_of(concept):
                for part in ingredients(code):
                    if part.name not in by_name or by_name[part.name].strength is None:
                        by_name[part.name] = part
        if by_name:
            return Drug(tuple(by_name.values()), by_text=False)
        for concept in concepts:
            words = [concept.get("text", ""), *(c.get("display", "") for c in concept.get("coding", []))]
            for text in words:
                name = drug_of_name(text)
                if name is not None:
                    return Drug((Ingredient(name),), by_text=True)
        return None

    def _concepts(self, resource: Json) -> list[Json]:
        if "medicationCodeableConcept" in resource:
            return [resource["medicationCodeableConcept"]]
        reference = resource["medicationReference"]["reference"]
        if reference.startswith("#"):
            found = next((c for c in resource["contained"] if c["id"] == reference[1:]), None)
        else:
            found = self.find(reference)
        return [found["code"]] if found is not None else []

    def reasons(self, resource: Json) -> list[Json]:
        """What a resource is for: its coded reasons, and the codes of the diagnoses that it refers to."""
        found = list(resource.get("reasonCode", []))
        for reference in resource.get("reasonReference", []):
            condition = self.find(reference["reference"])
            if condition is not None:
                found.append(condition["code"])
        return found

    def is_for(self, resource: Json, value_sets: Sequence[str]) -> bool:
        """Whether a stated reason is of one of these sets."""
        return any(in_sets(reason, value_sets) for reason in self.reasons(resource))

    def past(self, text: str | None) -> Days:
        """The days up to the day of judgement that a date can be."""
        return tuple(day for day in possible_days(text) if day <= self.as_of)


def _is_about(resource: Json) -> bool:
    whose = resource.get("subject") or resource.get("patient") or {}
    return whose.get("reference") == PATIENT


def texts(resource: Json) -> list[str]:
    """Why it ended, in words: the text of the status reason and the notes."""
    reasons = resource.get("statusReason", [])
    concepts = reasons if isinstance(reasons, list) else [reasons]
    found = [concept["text"] for concept in concepts if "text" in concept]
    return found + [note["text"] for note in resource.get("note", [])]


def status_reasons(resource: Json) -> list[Json]:
    """Why it ended, coded."""
    reasons = resource.get("statusReason", [])
    concepts = reasons if isinstance(reasons, list) else [reasons]
    return [concept for concept in concepts if concept.get("coding")]


def exact(days: Days) -> date | None:
    """The one day that a date is, if it is exact."""
    return days[0] if len(days) == 1 else None
