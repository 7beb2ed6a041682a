"""Seeded random patients around the therapies of a pathway: realistic, and as near to the limits as can be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.reference import trigeminal
from tests.reference.chance import Chance
from tests.reference.writing import Page

WRITERS = {"trigeminal-neuralgia": trigeminal.write}


@dataclass(frozen=True)
class MadeUp:
    """A made-up patient: raw FHIR resources, and the day of judgement."""

    pathway: str
    seed: int
    as_of: date
    resources: tuple[dict[str, Any], ...]


def patient(pathway: str, seed: int) -> MadeUp:
    """The patient of a seed: always the same one."""
    chance = Chance(f"{pathway}/{seed}")
    page = Page(chance, date(2026, chance.between(1, 12), chance.between(1, 28)))
    WRITERS[pathway](page)
    return MadeUp(pathway, seed, page.as_of, tuple(page.resources))
