"""Conditions as diagnoses, and allergies: what the patient has, had, or must not have again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Raw

from cds_service.records.members import QUANTITY, REACTIONS
from cds_service.records.references import reference_of
from cds_service.records.resources import AllergyIntolerance, CodeableConcept, Condition
from cds_service.terminology import merge
from cds_service.timeline.amounts import Amount
from cds_service.timeline.dates import parse_span
from cds_service.timeline.events import Allergy, Concept, Diagnosis
from cds_service.timeline.meaning import concept_from
from cds_service.timeline.reading import Reading, first_code, texts_of
from cds_service.timeline.sites import read_site
from cds_service.timeline.units import amount_of, convert

_CONDITION, _ALLERGY = "Condition", "AllergyIntolerance"
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
    code = condition.code
    if code is None:
        return None
    meaning = reading.meanings.condition.of(code)
    if not meaning.known:
        return None
    verification = reading.status_code(condition.verificationStatus, f"{_CONDITION}.verificationStatus")
    if verification in _NEVER or reading.is_future(condition.recordedDate):
        return None
    onset = (
        condition.onsetDateTime or reading.period(condition.onsetPeriod, f"{_CONDITION}.onsetPeriod").start
    )
    if reading.is_future(onset):
        return None
    abated = condition.abatementDateTime or _end_of(condition.abatementPeriod, reading)
    still = reading.is_future(abated)
    clinical = reading.status_code(condition.clinicalStatus, f"{_CONDITION}.clinicalStatus") or "active"
    concept = meaning.concept
    return Diagnosis.deferred(
        lambda: _details(condition, code, concept, onset, None if still else abated, reading),
        reference=reference_of(condition),
        concept=concept,
        clinical="active" if still and clinical not in _CURRENT else clinical,
        verification=verification or "confirmed",
    )


def _details(
    condition: Condition,
    code: CodeableConcept,
    concept: Concept,
    onset: str | None,
    abated: str | None,
    reading: Reading,
) -> Mapping[str, Any]:
    sites = reading.concepts(condition.bodySite, f"{_CONDITION}.bodySite")
    severity = reading.concept(condition.severity, f"{_CONDITION}.severity")
    age = amount_of(QUANTITY.read(condition.onsetAge, reading.log, f"{_CONDITION}.onsetAge"))
    return {
        "onset": parse_span(onset),
        "onset_age": _years(age),
        "recorded": parse_span(condition.recordedDate),
        "abated": parse_span(abated),
        "site": read_site(sites, concept.sets, texts_of(code), reading.meanings),
        "severity": _severity_word(severity, reading),
        "notes": reading.notes(condition.note, f"{_CONDITION}.note"),
    }


def _end_of(period: Raw, reading: Reading) -> str | None:
    found = reading.period(period, f"{_CONDITION}.abatementPeriod")
    return found.end or found.start


def _years(age: Amount | None) -> Amount | None:
    return None if age is None else convert(age, "a")


def _severity_word(severity: CodeableConcept | None, reading: Reading) -> str | None:
    """Return ``mild``, ``moderate`` or ``severe``; None when not recorded so."""
    if severity is None:
        return None
    sets = reading.meanings.other.of(severity).resolved.sets
    words = {s.removeprefix(_SEVERITY) for s in sets if s.startswith(_SEVERITY)}
    written = {text.strip().lower() for text in (severity.text, first_code(severity)) if text}
    return next((word for word in _SEVERITIES if word in words or word in written), None)


def read_allergy(allergy: AllergyIntolerance, reading: Reading) -> Allergy | None:
    """Return an allergy or intolerance to a substance that rules know, by its code or its reactions' substances.

    None when no rule knows the substance, it is refuted, or it lies in the future.

    Raises:
        Unusable: a status is there, but cannot be read.
    """
    reactions = REACTIONS.read(allergy.reaction, reading.log, f"{_ALLERGY}.reaction")
    written = [c for c in (allergy.code, *(r.substance for r in reactions)) if c is not None]
    resolved = merge(reading.meanings.substance.of(c).resolved for c in written)
    if not resolved.is_known:
        return None
    verification = reading.status_code(allergy.verificationStatus, f"{_ALLERGY}.verificationStatus")
    future = reading.is_future(allergy.recordedDate) or reading.is_future(allergy.onsetDateTime)
    if verification in _NEVER or future:
        return None
    clinical = reading.status_code(allergy.clinicalStatus, f"{_ALLERGY}.clinicalStatus")
    signs = [m for reaction in reactions for m in reaction.manifestation]
    notes = reading.notes(allergy.note, f"{_ALLERGY}.note")
    return Allergy(
        reference=reference_of(allergy),
        concept=concept_from(resolved, written[0]),
        clinical=clinical or "active",
        kind=allergy.type,
        criticality=allergy.criticality,
        manifestations=reading.meanings.condition.recorded(signs),
        severities=frozenset(reaction.severity for reaction in reactions if reaction.severity),
        recorded=parse_span(allergy.recordedDate) or parse_span(allergy.onsetDateTime),
        texts=(*texts_of(*written, *signs), *notes),
    )
