"""Drugs in use, lately ended, or drafted: the questions that safety rules and standards ask of orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

from tests.reference.codes import classes, in_sets, member
from tests.reference.courses import OutOfScopeError, worlds
from tests.reference.days import back, length
from tests.reference.files import has_value_set, listed, rows
from tests.reference.record import Json, Record
from tests.reference.therapies import value
from tests.reference.truth import Truth, either
from tests.reference.uses import TYPES, Use, counts, goes_in_by, read_use

FAR = 10**6
MEDICATION_WORDS = {"in", "state", "route", "same", "lasted"}


@cache
def ingredient_in_sets(name: str, value_sets: tuple[str, ...] | Sequence[str]) -> bool:
    """Whether an ingredient belongs to any of the sets: by its name, its class, or one of its codes."""
    for value_set in value_sets:
        if not has_value_set(value_set):
            if name == value_set:
                return True
            continue
        own = rows(f"valuesets/{value_set}.csv")
        if any(
            r["system"] == "CLASS" and r["code"] in classes(name) and r.get("exclude") != "yes" for r in own
        ):
            return True
        codes = [
            (r["system"], r["code"].upper())
            for r in rows("terminology/ingredient_codes.csv")
            if r["ingredient"] == name
        ]
        if any(member(code, value_set)[0] for code in codes):
            return True
    return False


def drug_in_sets(record: Record, resource: Json, value_sets: Sequence[str]) -> bool:
    """Whether the drug of a medication resource belongs to any of the sets."""
    drug = record.drug(resource)
    if drug is None:
        return False
    if in_sets(resource.get("medicationCodeableConcept"), value_sets) and not drug.by_text:
        return True
    return any(ingredient_in_sets(name, tuple(value_sets)) for name in drug.names)


def orders_of(record: Record, value_sets: Sequence[str]) -> list[Json]:
    """Counting orders and other uses of drugs of some sets."""
    return [r for r in record.of_type(*TYPES) if counts(r) and drug_in_sets(record, r, value_sets)]


def uses_of(record: Record, resource: Json) -> list[Use]:
    """The uses of every ingredient of a resource; none for one that lies in the future."""
    drug = record.drug(resource)
    parts = drug.parts if drug is not None else ()
    found = [read_use(record, resource, drug, part, lapsed_after=FAR) for part in parts if drug is not None]
    return [use for use in found if use is not None]


def in_use(use: Use, as_of: date) -> bool:
    """An active or paused order is current whatever its supply, unless it is over; others while they run."""
    if use.resource["status"] in ("active", "on-hold"):
        return not use.spans or any(span.state != "ended" for span in use.spans)
    return any(span.state == "running" for span in use.spans) and as_of is not None


def ask_medication(record: Record, pathway: str, given: Mapping[str, Any], *, draft: str | None) -> Truth:
    """Whether a drug of a set is in use (or was ever ordered)."""
    found = orders_of(record, listed(given["in"]))
    if found and not set(given) <= MEDICATION_WORDS:
        raise OutOfScopeError(f"medication words {given} of {draft}")
    answers: list[Truth] = []
    for resource in found:
        if "same" in given and (draft is None or draft not in _names(record, resource)):
            continue
        if "route" in given and goes_in_by(resource, listed(given["route"])) is False:
            continue
        for use in uses_of(record, resource):
            answers.append(given.get("state") == "any" or in_use(use, record.as_of))
    if "lasted" in given and either(answers) is not False:
        return _lasted(record, found, str(draft), length(value(pathway, given["lasted"])), pathway)
    return either(answers)


def _names(record: Record, resource: Json) -> tuple[str, ...]:
    drug = record.drug(resource)
    return drug.names if drug is not None else ()


def _lasted(record: Record, resources: Sequence[Json], ingredient: str, days: int, pathway: str) -> Truth:
    """Whether any course of the drug lasted so long."""
    uses = [u for r in resources for u in uses_of(record, r) if u.ingredient.name == ingredient and u.spans]
    gap = length(value(pathway, "course-gap"))
    answers: list[Truth] = []
    for ways in worlds(uses, gap):
        long = {course.days >= days for course in ways}
        answers.append(long.pop() if len(long) == 1 else None)
    return either(answers)


def ask_partner(record: Record, pathway: str, given: Mapping[str, Any], *, draft: str | None) -> Truth:
    """Whether a partner of the drafted drug is in use, or ended lately."""
    if not set(given) <= {"in", "ended_within"}:
        raise OutOfScopeError(f"partner words {given}")
    answers: list[Truth] = []
    for resource in orders_of(record, listed(given["in"])):
        for use in uses_of(record, resource):
            if draft in use.drug.names:
                continue
            answers.append(in_use(use, record.as_of) or _ended_lately(use, record, pathway, given))
    return either(answers)


def _ended_lately(use: Use, record: Record, pathway: str, given: Mapping[str, Any]) -> Truth:
    if "ended_within" not in given:
        return False
    limit = back(record.as_of, value(pathway, given["ended_within"]))
    answers = {span.until > limit for span in use.spans}
    return answers.pop() if len(answers) == 1 else None


def ask_draft(given: Mapping[str, Any], *, draft: str | None) -> Truth:
    """Whether the drafted drug belongs to a set."""
    if draft is None or not set(given) <= {"in", "first_in"}:
        raise OutOfScopeError(f"draft words {given}")
    return ingredient_in_sets(draft, tuple(listed(given["in"])))
