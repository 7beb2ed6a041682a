"""Diagnoses and allergies on record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from tests.reference.codes import codes_of, in_sets, ingredients
from tests.reference.courses import OutOfScopeError
from tests.reference.days import Days, back, possible_days
from tests.reference.drugs_on_record import ingredient_in_sets
from tests.reference.files import listed
from tests.reference.record import Json, Record
from tests.reference.therapies import value
from tests.reference.truth import Truth, both, either

CURRENT = {"active", "recurrence", "relapse", None}
NOT_SURE = {"provisional", "differential"}
CONDITION_WORDS = {"in", "except", "state", "certainty", "within", "onset_before"}
ALLERGY_WORDS = {"to", "severe", "kind", "state", "reaction"}


def status(resource: Json, member: str) -> str | None:
    """A coded status; None when it is not recorded."""
    codings = resource.get(member, {}).get("coding", [])
    return str(codings[0]["code"]) if codings else None


def is_diagnosis(condition: Json) -> bool:
    """Not refuted, not entered in error."""
    return status(condition, "verificationStatus") not in ("refuted", "entered-in-error")


def since(condition: Json) -> Days:
    """The days on which a diagnosis may have begun: its onset, else the day it was recorded."""
    return possible_days(condition.get("onsetDateTime") or condition.get("recordedDate"))


def exists(condition: Json, as_of: date) -> bool:
    """Whether it is not dated after the day of judgement."""
    days = since(condition)
    return not days or days[0] <= as_of


def diagnoses(record: Record, value_sets: Sequence[str]) -> list[Json]:
    """All diagnoses of some sets, in any clinical status."""
    return [
        c
        for c in record.of_type("Condition")
        if is_diagnosis(c) and exists(c, record.as_of) and in_sets(c["code"], value_sets)
    ]


def ask_condition(record: Record, pathway: str, given: Mapping[str, Any]) -> Truth:
    """Whether a diagnosis is on record as asked."""
    found = diagnoses(record, listed(given["in"]))
    if (found and not set(given) <= CONDITION_WORDS) or given.get("state") not in (None, "ever", "current"):
        raise OutOfScopeError(f"condition words {given}")
    answers: list[Truth] = []
    for condition in found:
        if in_sets(condition["code"], listed(given.get("except"))):
            continue
        parts: list[Truth] = [given.get("state") == "ever" or status(condition, "clinicalStatus") in CURRENT]
        if status(condition, "verificationStatus") in NOT_SURE and given.get("certainty") != "any":
            parts.append(None)
        if "within" in given:
            parts.append(_on_or_after(since(condition), back(record.as_of, value(pathway, given["within"]))))
        if "onset_before" in given:
            limit = back(record.as_of, value(pathway, given["onset_before"]))
            parts.append(_on_or_before(since(condition), limit))
        answers.append(both(parts))
    return either(answers)


def _on_or_after(days: Days, limit: date) -> Truth:
    answers = {day >= limit for day in days}
    return answers.pop() if len(answers) == 1 else None


def _on_or_before(days: Days, limit: date) -> Truth:
    answers = {day <= limit for day in days}
    return answers.pop() if len(answers) == 1 else None


def ask_allergy(record: Record, given: Mapping[str, Any], *, draft: str | None) -> Truth:
    """Whether an allergy or intolerance is on record as asked."""
    if not set(given) <= ALLERGY_WORDS:
        raise OutOfScopeError(f"allergy words {given}")
    answers: list[Truth] = []
    for allergy in allergies(record, ever=given.get("state") == "ever"):
        if not _is_to(allergy, given["to"], draft):
            continue
        answers.append(
            both([_severe_enough(allergy, given), _of_kind(allergy, given), _reacted(allergy, given)])
        )
    return either(answers)


def allergies(record: Record, *, ever: bool = False) -> list[Json]:
    """Allergies and intolerances that are not refuted; with ``ever`` also those that are no longer active."""
    found = [a for a in record.of_type("AllergyIntolerance") if is_diagnosis(a)]
    dated = [a for a in found if not possible_days(a.get("recordedDate")) or record.past(a["recordedDate"])]
    return [a for a in dated if ever or status(a, "clinicalStatus") in ("active", None)]


def allergens(allergy: Json) -> list[str]:
    """The ingredients that an allergy names."""
    return [part.name for code in codes_of(allergy["code"]) for part in ingredients(code)]


def _is_to(allergy: Json, to: Any, draft: str | None) -> bool:
    if to == "draft":
        return draft in allergens(allergy)
    return any(ingredient_in_sets(name, tuple(listed(to))) for name in allergens(allergy))


def _severe_enough(allergy: Json, given: Mapping[str, Any]) -> Truth:
    if "severe" not in given:
        return True
    reactions = allergy.get("reaction", [])
    severe = allergy.get("criticality") == "high" or any(r.get("severity") == "severe" for r in reactions)
    grave = any(
        in_sets(m, ["anaphylaxis", "sjs-ten-dress"]) for r in reactions for m in r.get("manifestation", [])
    )
    return severe or grave


def _of_kind(allergy: Json, given: Mapping[str, Any]) -> Truth:
    if "kind" not in given:
        return True
    return bool(allergy.get("type") == given["kind"])


def _reacted(allergy: Json, given: Mapping[str, Any]) -> Truth:
    if "reaction" not in given:
        return True
    reactions = allergy.get("reaction", [])
    return any(in_sets(m, listed(given["reaction"])) for r in reactions for m in r.get("manifestation", []))
