"""What every reader of a resource needs while one timeline is built: the day, the meanings, the books of what is odd."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from cds_service.records.issues import IssueLog
from cds_service.records.references import normalized
from cds_service.records.resources import CodeableConcept, Medication, Reference
from cds_service.timeline.dates import DateSpan, parse_span
from cds_service.timeline.events import Concept, Diagnosis
from cds_service.timeline.meaning import NO_TABLE, Meanings


@dataclass(kw_only=True)
class Reading:
    """One build of a timeline.

    ``medications`` answers references by every form under which they may be asked for. ``diagnoses`` is filled first: later
    readers ask which conditions the patient has. ``unresolved`` counts orders of which nobody can say what drug they are.
    """

    as_of: date
    now: datetime | None
    meanings: Meanings
    medications: Mapping[str, Medication]
    log: IssueLog = field(default_factory=IssueLog)
    diagnoses: dict[str, Diagnosis] = field(default_factory=dict)
    unresolved: int = 0

    def is_future(self, written: str | None) -> bool:
        """True when a date certainly lies after ``as_of``; a full timestamp only when it lies after ``now``."""
        if not written:
            return False
        instant = _instant(written) if self.now is not None else None
        if instant is not None and self.now is not None:
            return instant > self.now
        span = parse_span(written)
        return span is not None and span.first > self.as_of

    def past(self, written: str | None) -> DateSpan | None:
        """Return a date that is not in the future, else None."""
        return None if self.is_future(written) else parse_span(written)

    def has_condition(self, value_set: str) -> bool:
        """True when any diagnosis on record, whatever its status, is of a value set."""
        return any(value_set in d.concept.sets for d in self.diagnoses.values())

    def reason_from(self, reference: Reference) -> Concept | None:
        """Return the diagnosis that a reason refers to; a bare concept when it is none that rules know."""
        if reference.reference is None and not reference.display:
            return None
        diagnosis = self.diagnoses.get(normalized(reference.reference) or "")
        if diagnosis is not None:
            return diagnosis.concept
        return Concept(label=reference.display or "", basis=NO_TABLE)


def reason_sets(reasons: tuple[Concept, ...]) -> frozenset[str] | None:
    """Return the value sets of a resource's reasons; None when it gives no reason at all."""
    if not reasons:
        return None
    return frozenset().union(*(reason.sets for reason in reasons))


def texts_of(*concepts: CodeableConcept | None) -> tuple[str, ...]:
    """Return the free texts of concepts."""
    return tuple(c.text for c in concepts if c is not None and c.text)


def first_code(concept: CodeableConcept | None) -> str | None:
    """Return the code of a required-binding element such as clinicalStatus, whatever its system."""
    if concept is None:
        return None
    return next((coding.code for coding in concept.coding if coding.code), concept.text)


def _instant(written: str) -> datetime | None:
    if "T" not in written:
        return None
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
