"""What every reader of a resource needs while one timeline is built: the day, the meanings, the books of what is odd."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from msgspec import Raw

from cds_service.records.issues import IssueLog
from cds_service.records.members import CONCEPT, CONCEPTS, NOTES, PERIOD, REFERENCES
from cds_service.records.references import normalized
from cds_service.records.resources import CodeableConcept, Medication, Period, Reference
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

    def __post_init__(self) -> None:
        self._long_past = (self.as_of - timedelta(days=2)).isoformat()
        self._statuses: dict[Raw | bytes, str | None] = {}

    def is_future(self, written: str | None) -> bool:
        """True when a date certainly lies after ``as_of``; a full timestamp only when it lies after ``now``."""
        if not written or (written[:4].isdigit() and written[4:5] == "-" and written[:10] < self._long_past):
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

    def status_code(self, raw: Raw, where: str) -> str | None:
        """Return the code of a coded status such as clinicalStatus, whatever its system; None when it is absent.

        Raises:
            Unusable: it is there, but cannot be read.
        """
        if not raw:
            return None
        written = bytes(raw)
        if written not in self._statuses:
            self._statuses[written] = first_code(CONCEPT.need(raw, self.log, where))
        return self._statuses[written]

    def concepts(self, raw: Raw, where: str) -> tuple[CodeableConcept, ...]:
        """Read a list of concepts."""
        return CONCEPTS.read(raw, self.log, where) if raw else ()

    def concept(self, raw: Raw, where: str) -> CodeableConcept | None:
        """Read a concept."""
        return CONCEPT.read(raw, self.log, where) if raw else None

    def period(self, raw: Raw, where: str) -> Period:
        """Read a period; an absent one has neither start nor end."""
        return (PERIOD.read(raw, self.log, where) if raw else None) or Period()

    def notes(self, raw: Raw, where: str) -> tuple[str, ...]:
        """Read the texts of notes."""
        if not raw:
            return ()
        return tuple(note.text for note in NOTES.read(raw, self.log, where) if note.text)

    def reasons(self, codes: Raw, references: Raw, owner: str) -> tuple[Concept, ...]:
        """Read the reasons of a resource: its coded ones and the diagnoses that it refers to."""
        if not codes and not references:
            return ()
        coded = self.meanings.condition.recorded(self.concepts(codes, f"{owner}.reasonCode"))
        referred = REFERENCES.read(references, self.log, f"{owner}.reasonReference")
        return (*coded, *(c for reference in referred if (c := self._reason_from(reference)) is not None))

    def _reason_from(self, reference: Reference) -> Concept | None:
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
