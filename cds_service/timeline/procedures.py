"""Procedures: what was done, attempted or not done, where, and with which outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cds_service.records.references import reference_of
from cds_service.records.resources import CodeableConcept, Period, Procedure
from cds_service.timeline.dates import DateSpan, parse_span
from cds_service.timeline.events import Concept, Performed
from cds_service.timeline.meaning import concept_from
from cds_service.timeline.reading import Reading, reason_sets, texts_of
from cds_service.timeline.sites import read_site, with_region_of
from cds_service.timeline.standing import Weight, weight_of

_TYPE = "Procedure"


def read_procedure(procedure: Procedure, reading: Reading) -> Performed | None:
    """Return a procedure; None when no rule knows it, its status says nothing, or it lies in the future.

    ``not-done`` and ``stopped`` are kept for their reasons and complications, ``unknown`` to be asked about.

    Raises:
        Unusable: its status is missing or none of FHIR's.
    """
    code = procedure.code
    if code is None:
        return None
    meaning = reading.meanings.procedure.of(code)
    if not meaning.known and not meaning.needs_context:
        return None
    weight = weight_of(_TYPE, procedure.status)
    period = reading.period(procedure.performedPeriod, f"{_TYPE}.performedPeriod")
    if weight is Weight.NOTHING or reading.is_future(procedure.performedDateTime or period.start):
        return None
    concept = meaning.concept
    if meaning.needs_context:
        settled = _concept_in_context(procedure, code, reading)
        if settled is None:
            return None
        concept = settled
    return Performed.deferred(
        lambda: _details(procedure, code, concept, period, reading),
        reference=reference_of(procedure),
        concept=concept,
        status=procedure.status or "",
    )


def _reasons(procedure: Procedure, reading: Reading) -> tuple[Concept, ...]:
    return reading.reasons(procedure.reasonCode, procedure.reasonReference, _TYPE)


def _concept_in_context(procedure: Procedure, code: CodeableConcept, reading: Reading) -> Concept | None:
    sites = reading.concepts(procedure.bodySite, f"{_TYPE}.bodySite")
    notes = reading.notes(procedure.note, f"{_TYPE}.note")
    return concept_beside(code, _reasons(procedure, reading), (*texts_of(*sites), *notes), reading)


def concept_beside(
    code: CodeableConcept, reasons: tuple[Concept, ...], texts: Sequence[str], reading: Reading
) -> Concept | None:
    """Return what a code means beside the reasons and texts of its resource; None when it means nothing to any rule."""
    meaning = reading.meanings.procedure.of(code)
    if not meaning.needs_context:
        return meaning.concept
    resolved = meaning.beside((*texts, *(reason.label for reason in reasons)))
    if not resolved.is_known:
        return None
    return concept_from(resolved, code, reasons=reason_sets(reasons), has_condition=reading.has_condition)


def _details(
    procedure: Procedure, code: CodeableConcept, concept: Concept, period: Period, reading: Reading
) -> Mapping[str, Any]:
    other = reading.meanings.other
    sites = reading.concepts(procedure.bodySite, f"{_TYPE}.bodySite")
    outcome = reading.concept(procedure.outcome, f"{_TYPE}.outcome")
    status_reason = reading.concept(procedure.statusReason, f"{_TYPE}.statusReason")
    complications = reading.concepts(procedure.complication, f"{_TYPE}.complication")
    notes = reading.notes(procedure.note, f"{_TYPE}.note")
    reasons = _reasons(procedure, reading)
    return {
        "when": _day(procedure, period, reading),
        "site": with_region_of(read_site(sites, concept.sets, texts_of(code), reading.meanings), reasons),
        "outcomes": other.recorded([outcome]),
        "reasons": reasons,
        "status_reasons": other.recorded([status_reason]),
        "complications": reading.meanings.condition.recorded(complications),
        "texts": (*texts_of(code, outcome, status_reason, *complications), *notes),
    }


def _day(procedure: Procedure, period: Period, reading: Reading) -> DateSpan | None:
    """Return the day it ended, else the day it began; an end in the future has not come."""
    if procedure.performedDateTime:
        return parse_span(procedure.performedDateTime)
    return reading.past(period.end) or parse_span(period.start)
