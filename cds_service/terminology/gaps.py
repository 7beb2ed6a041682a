"""Finds the codes of a record that no table knows, for whoever connects a site: codes and counts, never a text.

Works on resources as plain JSON, so that exports of whole populations can be read one resource at a time.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from cds_service.terminology.load import Terminology
from cds_service.terminology.resolved import Basis, Coding, Field

NOT_SHOWN = "(not shown)"
"""Stands for a system or code that does not look like one: it may be text of a record."""

_SYSTEM = re.compile(r"(?:https?://|urn:)[\w.:/#%~+-]{1,200}")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/^|+-]{0,39}")
"""One word of letters, digits and few signs."""

_READ: Mapping[str, tuple[tuple[str, Field], ...]] = MappingProxyType(
    {
        "MedicationRequest": (("medicationCodeableConcept", Field.MEDICATION),),
        "MedicationStatement": (("medicationCodeableConcept", Field.MEDICATION),),
        "MedicationAdministration": (("medicationCodeableConcept", Field.MEDICATION),),
        "MedicationDispense": (("medicationCodeableConcept", Field.MEDICATION),),
        "Medication": (("code", Field.MEDICATION),),
        "AllergyIntolerance": (("code", Field.SUBSTANCE),),
        "Condition": (("code", Field.CONDITION),),
        "Procedure": (("code", Field.PROCEDURE),),
        "ServiceRequest": (("code", Field.PROCEDURE),),
        "Observation": (("code", Field.OBSERVATION),),
        "DiagnosticReport": (("code", Field.OBSERVATION),),
    }
)
"""The coded fields that rules are built on, by resource type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A code that no table knows, in one kind of field.

    ``system_known`` is whether the code system is in ``systems.csv``. ``unread`` of the ``count`` times nothing else of
    the concept was understood either, neither another code nor its text: there the rules are blind.
    """

    system: str
    code: str
    field: str
    system_known: bool
    count: int
    unread: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GapReport:
    """All gaps, the most often unread first. ``beyond`` is how often a code was met for which there was no room."""

    gaps: tuple[Gap, ...]
    concepts: int
    beyond: int


_Key = tuple[str, str, Field, bool]


class GapCounter:
    """Counts gaps, at most ``most`` different ones."""

    def __init__(self, terminology: Terminology, *, everything: bool = False, most: int = 10_000) -> None:
        """``everything``: also codes of known systems outside drugs, most of which are of no interest to any rule."""
        self._terminology = terminology
        self._everything = everything
        self._most = most
        self._met: Counter[_Key] = Counter()
        self._unread: Counter[_Key] = Counter()
        self._concepts = 0
        self._beyond = 0

    def add(self, resource: Mapping[str, Any]) -> None:
        """Count the codes of one resource; of a Bundle, those of its entries."""
        for found in _resources(resource):
            for member, field in _READ.get(str(found.get("resourceType")), ()):
                concept = found.get(member)
                if isinstance(concept, dict):
                    self._concept(concept, field)

    def report(self) -> GapReport:
        """Return what was counted so far."""
        gaps = [
            Gap(
                system=key[0],
                code=key[1],
                field=key[2].value,
                system_known=key[3],
                count=count,
                unread=self._unread[key],
            )
            for key, count in self._met.items()
        ]
        gaps.sort(key=lambda g: (-g.unread, -g.count, g.system, g.code, g.field))
        return GapReport(gaps=tuple(gaps), concepts=self._concepts, beyond=self._beyond)

    def _concept(self, concept: Mapping[str, Any], field: Field) -> None:
        codings = list(_codings(concept.get("coding")))
        self._concepts += 1
        text = concept.get("text")
        resolved = self._terminology.resolve(codings, text if isinstance(text, str) else None, field)
        known = [c for c in codings if c[1] and self._terminology.index.lookup(c[0], c[1]) is not None]
        for system, code, _ in codings:
            if code and not known:
                self._count(system, code, field, unread=resolved.basis is Basis.NONE)

    def _count(self, system: str | None, code: str, field: Field, *, unread: bool) -> None:
        key = self._terminology.systems.key(system)
        if key is not None and field is not Field.MEDICATION and not self._everything:
            return
        if key == "RXNORM" and code in self._terminology.other_drugs:
            return
        shown = self._terminology.systems.by_key[key].uri if key else _shown(system, _SYSTEM)
        place = (shown, _shown(code, _CODE), field, key is not None)
        if place not in self._met and len(self._met) >= self._most:
            self._beyond += 1
            return
        self._met[place] += 1
        self._unread[place] += unread


def _shown(text: str | None, shape: re.Pattern[str]) -> str:
    return text if text is not None and shape.fullmatch(text) else NOT_SHOWN


def _resources(resource: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The resource, or those of a Bundle, with what they contain."""
    open_: list[Any] = [resource]
    while open_:
        found = open_.pop()
        if not isinstance(found, dict):
            continue
        if found.get("resourceType") == "Bundle":
            open_ += [e.get("resource") for e in _list(found.get("entry")) if isinstance(e, dict)]
            continue
        yield found
        open_ += _list(found.get("contained"))


def _codings(value: Any) -> Iterable[Coding]:
    for coding in _list(value):
        if isinstance(coding, dict):
            yield _text(coding.get("system")), _text(coding.get("code")), _text(coding.get("display"))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
