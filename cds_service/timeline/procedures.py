"""Procedures: what was done, attempted or not done, where, and with which outcome."""

from __future__ import annotations

from cds_service.records.members import CONCEPT, CONCEPTS, NOTES, PERIOD, REFERENCES
from cds_service.records.references import reference_of
from cds_service.records.resources import Period, Procedure
from cds_service.terminology import Field
from cds_service.timeline.dates import DateSpan, parse_span
from cds_service.timeline.events import Performed
from cds_service.timeline.meaning import concept_from
from cds_service.timeline.medications import note_texts
from cds_service.timeline.orders import reasons_of
from cds_service.timeline.reading import Reading, reason_sets, texts_of
from cds_service.timeline.sites import read_site
from cds_service.timeline.standing import Weight, weight_of

_TYPE = "Procedure"


def read_procedure(procedure: Procedure, reading: Reading) -> Performed | None:
    """Return a procedure; None when no rule knows it, its status says nothing, or it lies in the future.

    ``not-done`` and ``stopped`` are kept for their reasons and complications, ``unknown`` to be asked about.

    Raises:
        Unusable: its status is missing or none of FHIR's.
    """
    if procedure.code is None or reading.meanings.known(procedure.code, Field.PROCEDURE) is None:
        return None
    log = reading.log
    weight = weight_of(_TYPE, procedure.status)
    period = PERIOD.read(procedure.performedPeriod, log, f"{_TYPE}.performedPeriod") or Period()
    if weight is Weight.NOTHING or reading.is_future(procedure.performedDateTime or period.start):
        return None
    reasons = reasons_of(
        CONCEPTS.read(procedure.reasonCode, log, f"{_TYPE}.reasonCode"),
        REFERENCES.read(procedure.reasonReference, log, f"{_TYPE}.reasonReference"),
        reading,
    )
    sites = CONCEPTS.read(procedure.bodySite, log, f"{_TYPE}.bodySite")
    outcome = CONCEPT.read(procedure.outcome, log, f"{_TYPE}.outcome")
    status_reason = CONCEPT.read(procedure.statusReason, log, f"{_TYPE}.statusReason")
    complications = CONCEPTS.read(procedure.complication, log, f"{_TYPE}.complication")
    notes = note_texts(NOTES.read(procedure.note, log, f"{_TYPE}.note"))
    own_words = texts_of(procedure.code, *sites)
    context = (*own_words, *(reason.label for reason in reasons), *notes)
    concept = concept_from(
        reading.meanings.in_context(procedure.code, Field.PROCEDURE, context),
        procedure.code,
        reasons=reason_sets(reasons),
        has_condition=reading.has_condition,
    )
    return Performed(
        reference=reference_of(procedure),
        concept=concept,
        status=procedure.status or "",
        when=_day(procedure, period, reading),
        site=read_site(sites, concept.sets, own_words, reading.meanings),
        outcomes=reading.meanings.all_recorded([outcome] if outcome else [], Field.OTHER),
        reasons=reasons,
        status_reasons=reading.meanings.all_recorded([status_reason] if status_reason else [], Field.OTHER),
        complications=reading.meanings.all_recorded(complications, Field.CONDITION),
        texts=(*texts_of(procedure.code, outcome, status_reason, *complications), *notes),
    )


def _day(procedure: Procedure, period: Period, reading: Reading) -> DateSpan | None:
    """Return the day it ended, else the day it began; an end in the future has not come."""
    if procedure.performedDateTime:
        return parse_span(procedure.performedDateTime)
    return reading.past(period.end) or parse_span(period.start)
