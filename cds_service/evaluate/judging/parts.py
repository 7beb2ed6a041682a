"""What one word of an evidence item finds in the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cds_service.evaluate.judging.signs import Source
from cds_service.evaluate.truth import Evidence
from cds_service.timeline.dates import DateSpan
from cds_service.timeline.events import Certainty, Concept, Missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One word of an item that holds, or (``possible``) that imprecise dates leave open.

    ``when`` is the day that it speaks of. A word that only narrows another (a duration, a stop) has no source.
    """

    source: Source | None = None
    when: DateSpan | None = None
    evidence: tuple[Evidence, ...] = ()
    possible: bool = False
    missing: tuple[Missing, ...] = ()


HOLDS = Part()
"""A narrowing word that holds."""


def is_in(concepts: Sequence[Concept], sets: Sequence[str]) -> Concept | None:
    """Return the first of some concepts that belongs to one of the sets, codes before words."""
    found = [narrowed(c, sets) for c in concepts if not c.sets.isdisjoint(sets)]
    return min(found, key=lambda c: c.inferred) if found else None


def narrowed(concept: Concept, sets: Sequence[str]) -> Concept:
    """Return a concept as it speaks of some sets: verified when a verified code supports one of them."""
    if concept.verified or not concept.unverified_sets:
        return concept
    supported = concept.sets - concept.unverified_sets
    return concept if supported.isdisjoint(sets) else replace(concept, verified=True)


def code_evidence(reference: str, says: str, when: DateSpan | None, concept: Concept) -> Evidence:
    """Return the evidence of a coded statement, no surer than how the code was recognised."""
    return Evidence(
        reference=reference,
        says=says,
        date=str(when) if when else None,
        certainty=concept.certainty,
        verified=concept.verified,
        by_text=concept.inferred,
    )


def text_evidence(reference: str, quote: str, when: DateSpan | None) -> Evidence:
    """Return the evidence of words: always inferred."""
    return Evidence(
        reference=reference,
        says=f"the record says “{quote}”",
        date=str(when) if when else None,
        certainty=Certainty.INFERRED,
        by_text=True,
    )


def source_of(concept: Concept) -> Source:
    """Return how strong a coded field is: as a code, or as words when only its text was recognised."""
    return Source.TEXT if concept.inferred else Source.CODE


def best_part(parts: Sequence[Part]) -> Part | None:
    """Return the best of several findings of one word: firm before possible, then the stronger, then the latest."""
    return min(parts, key=_rank) if parts else None


def _rank(part: Part) -> tuple[bool, int, int, tuple[str, ...]]:
    """Sort key; the references at its end keep the choice independent of the order of records."""
    source = part.source if part.source is not None else Source.CODE
    latest = part.when.last.toordinal() if part.when is not None else 0
    return (part.possible, source, -latest, tuple(e.reference for e in part.evidence))


__all__ = ["HOLDS", "Part", "best_part", "code_evidence", "is_in", "narrowed", "source_of", "text_evidence"]
