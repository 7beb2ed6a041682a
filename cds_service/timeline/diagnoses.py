"""Conditions as diagnoses, and allergies: what the patient has, had, or must not have again."""

from __future__ import annotations

from msgspec import Raw

from cds_service.records.members import CONCEPT, CONCEPTS, NOTES, PERIOD, QUANTITY, REACTIONS
from cds_service.records.references import reference_of
from cds_service.records.resources import AllergyIntolerance, CodeableConcept, Condition, Period
from cds_service.terminology import Field, merge
from cds_service.timeline.amounts import Amount
from cds_service.timeline.dates import parse_span
from cds_service.timeline.events import Allergy, Diagnosis
from cds_service.timeline.meaning import concept_from
from cds_service.timeline.medications import note_texts
from cds_service.timeline.reading import Reading, first_code, texts_of
from cds_service.timeline.sites import read_site
from cds_service.timeline.units import amount_of, convert

_NEVER = frozenset({"refuted", "entered-in-error"})
_CURRENT = frozenset({"active", "recurrence", "relapse"})
_SEVERITY = "severity-"
_SEVERITIES = ("severe", "moderate", "mild")


def read_condition(condition: Condition, reading: Reading) -> Diagnosis | None:
    """Return a condition as a diagnosis; None when no rule knows it, it is refuted, or it lies in the future.

    A missing clinicalStatus is active, a missing verificationStatus confirmed. A condition whose abatement lies in the
    future is still active.

    Raises:
        Unusable: a status is there, but cannot be read.
    """
    resolved = reading.meanings.known(condition.code, Field.CONDITION)
    if resolved is None or condition.code is None:
        return None
    log = reading.log
    verification = first_code(CONCEPT.need(condition.verificationStatus, log, "Condition.verificationStatus"))
    if verification in _NEVER:
        return None
    onset_period = PERIOD.read(condition.onsetPeriod, log, "Condition.onsetPeriod") or Period()
    onset = condition.onsetDateTime or onset_period.start
    if reading.is_future(condition.recordedDate) or reading.is_future(onset):
        return None
    abated, still = _abatement(condition, reading)
    clinical = first_code(CONCEPT.need(condition.clinicalStatus, log, "Condition.clinicalStatus")) or "active"
    sites = CONCEPTS.read(condition.bodySite, log, "Condition.bodySite")
    concept = concept_from(resolved, condition.code)
    severity = CONCEPT.read(condition.severity, log, "Condition.severity")
    return Diagnosis(
        reference=reference_of(condition),
        concept=concept,
        clinical="active" if still and clinical not in _CURRENT else clinical,
        verification=verification or "confirmed",
        onset=parse_span(onset),
        onset_age=_years(condition.onsetAge, reading),
        recorded=parse_span(condition.recordedDate),
        abated=None if still else parse_span(abated),
        site=read_site(sites, concept.sets, texts_of(condition.code), reading.meanings),
        severity=_severity_word(severity, reading),
        notes=note_texts(NOTES.read(condition.note, log, "Condition.note")),
    )


def _abatement(condition: Condition, reading: Reading) -> tuple[str | None, bool]:
    """Return the abatement as written, and whether it is still to come."""
    period = PERIOD.read(condition.abatementPeriod, reading.log, "Condition.abatementPeriod") or Period()
    written = condition.abatementDateTime or period.end or period.start
    return written, reading.is_future(written)


def _years(raw: Raw, reading: Reading) -> Amount | None:
    amount = amount_of(QUANTITY.read(raw, reading.log, "Condition.onsetAge"))
    return None if amount is None else convert(amount, "a")


def _severity_word(severity: CodeableConcept | None, reading: Reading) -> str | None:
    """Return ``mild``, ``moderate`` or ``severe``; None when not recorded so."""
    if severity is None:
        return None
    sets = reading.meanings.resolved(severity, Field.OTHER).sets
    words = {s.removeprefix(_SEVERITY) for s in sets if s.startswith(_SEVERITY)}
    written = {text.strip().lower() for text in (severity.text, first_code(severity)) if text}
    return next((word for word in _SEVERITIES if word in words or word in written), None)


def read_allergy(allergy: AllergyIntolerance, reading: Reading) -> Allergy | None:
    """Return an allergy or intolerance to a substance that rules know, by its code or its reactions' substances.

    None when no rule knows the substance, it is refuted, or it lies in the future.

    Raises:
        Unusable: a status is there, but cannot be read.
    """
    log = reading.log
    reactions = REACTIONS.read(allergy.reaction, log, "AllergyIntolerance.reaction")
    written = [c for c in (allergy.code, *(r.substance for r in reactions)) if c is not None]
    resolved = merge(reading.meanings.resolved(c, Field.SUBSTANCE) for c in written)
    if not resolved.is_known:
        return None
    verification = first_code(
        CONCEPT.need(allergy.verificationStatus, log, "AllergyIntolerance.verificationStatus")
    )
    future = reading.is_future(allergy.recordedDate) or reading.is_future(allergy.onsetDateTime)
    if verification in _NEVER or future:
        return None
    clinical = first_code(CONCEPT.need(allergy.clinicalStatus, log, "AllergyIntolerance.clinicalStatus"))
    signs = [m for reaction in reactions for m in reaction.manifestation]
    notes = note_texts(NOTES.read(allergy.note, log, "AllergyIntolerance.note"))
    return Allergy(
        reference=reference_of(allergy),
        concept=concept_from(resolved, written[0]),
        clinical=clinical or "active",
        kind=allergy.type,
        criticality=allergy.criticality,
        manifestations=reading.meanings.all_recorded(signs, Field.CONDITION),
        severities=frozenset(reaction.severity for reaction in reactions if reaction.severity),
        recorded=parse_span(allergy.recordedDate) or parse_span(allergy.onsetDateTime),
        texts=(*texts_of(*written, *signs), *notes),
    )
