"""Was anything recorded on or after an event: a delivery that ends a pregnancy, a scan that answers a red flag."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cds_service.evaluate.case import Case
from cds_service.evaluate.citing import cite, named, settled
from cds_service.evaluate.comparing import dated, later
from cds_service.evaluate.truth import Answer, Truth, all_of, any_of, negate, yes
from cds_service.timeline.dates import DateSpan
from cds_service.timeline.events import Concept, Event

FOLLOWING = ("Condition", "DiagnosticReport", "ImagingStudy", "Observation", "Procedure")
"""Types that are looked through; one of them unread leaves absence open."""


def not_followed(event: Event, when: DateSpan | None, sets: Sequence[str], case: Case) -> Answer:
    """Yes when nothing of ``sets`` is on record on the event's day or later; open while a date decides it.

    A result counts by what it is of and by its value (a status "not pregnant").
    """
    found = []
    for other, concepts, day in _records(case):
        if other.reference == event.reference or not any(named(c, sets) for c in concepts):
            continue
        words = f"{other.concept.label} recorded later"
        found.append(
            all_of([yes(cite(other, words, day)), dated(_not_earlier(day, when), day, other.concept.label)])
        )
    return negate(settled(found, case, FOLLOWING, f"later records ({' or '.join(sets)})"))


def followed(event: Event, when: DateSpan | None, sets: Sequence[str], case: Case) -> Answer:
    """Yes when something of ``sets`` is on record after the event's day; a diagnosis by its onset or its recording."""
    found = []
    for other, concepts, day in _records(case):
        if other.reference == event.reference or not any(named(c, sets) for c in concepts):
            continue
        days = [d for d in (getattr(other, "recorded", None), day) if d is not None]
        words = f"{other.concept.label} recorded later"
        after = any_of([dated(later(d, when), d, other.concept.label) for d in days or [None]])
        found.append(all_of([yes(cite(other, words, day)), after]))
    return settled(found, case, FOLLOWING, f"later records ({' or '.join(sets)})")


def _records(case: Case) -> Iterable[tuple[Event, tuple[Concept, ...], DateSpan | None]]:
    line = case.timeline
    yield from ((d, (d.concept,), d.since) for d in line.diagnoses)
    yield from ((p, (p.concept,), p.when) for p in line.procedures if p.done)
    yield from ((r, (r.concept,), r.when) for r in line.reports)
    yield from ((r, (r.concept, r.coded) if r.coded else (r.concept,), r.when) for r in line.results)


def _not_earlier(day: DateSpan | None, when: DateSpan | None) -> Truth:
    if day is None or when is None:
        return Truth.UNKNOWN
    if day.first >= when.last:
        return Truth.YES
    return Truth.NO if day.last < when.first else Truth.UNKNOWN
