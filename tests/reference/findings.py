"""Results, reports and procedures on record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from tests.reference.codes import in_sets
from tests.reference.courses import OutOfScopeError
from tests.reference.days import Days, back
from tests.reference.files import listed
from tests.reference.record import Json, Record
from tests.reference.therapies import number, value
from tests.reference.truth import Truth, both, either
from tests.reference.words import conclusions

FINAL = {"final", "amended", "corrected"}
LIMITS = {"at_least", "at_most", "above", "below"}
OBSERVATION_WORDS = LIMITS | {"in", "within", "pick", "after", "value_in"}


def results(record: Record, value_sets: Sequence[str]) -> list[tuple[date, Json]]:
    """Final results of some sets with their days, earliest first."""
    found = []
    for result in record.of_type("Observation"):
        days = record.past(result.get("effectiveDateTime"))
        if result["status"] in FINAL and in_sets(result["code"], value_sets) and len(days) == 1:
            found.append((days[0], result))
    return sorted(found, key=lambda pair: (pair[0], _clock(pair[1]), pair[1]["id"]))


def _clock(result: Json) -> str:
    """The time of the day on its own clock; what has no time comes first."""
    known = moment(result)
    return known.isoformat() if known is not None else ""


def moment(result: Json) -> datetime | None:
    """The instant of a result, on its own clock; None when only its day is recorded."""
    text = result["effectiveDateTime"]
    return datetime.fromisoformat(text).replace(tzinfo=None) if "T" in text else None


def scores(record: Record, value_sets: Sequence[str]) -> list[tuple[date, Fraction]]:
    """Numbers of some sets with their days, earliest first."""
    return [(day, amount) for day, r in results(record, value_sets) if (amount := measured(r)) is not None]


def measured(result: Json) -> Fraction | None:
    """The number of a result."""
    if "valueQuantity" in result:
        return Fraction(str(result["valueQuantity"]["value"]))
    return Fraction(result["valueInteger"]) if "valueInteger" in result else None


def ask_observation(record: Record, pathway: str, given: Mapping[str, Any], *, anchor: Days) -> Truth:
    """Whether the latest result (or any) is as asked; open when there is none to compare."""
    found = results(record, listed(given["in"]))
    if found and not set(given) <= OBSERVATION_WORDS:
        raise OutOfScopeError(f"observation words {given}")
    if "within" in given:
        limit = back(record.as_of, value(pathway, given["within"]))
        found = [(day, r) for day, r in found if day >= limit]
    if "after" in given:
        found = [(day, r) for day, r in found if all(day > start for start in anchor)]
    compared = bool(set(given) & (LIMITS | {"value_in"}))
    if not compared:
        return bool(found)
    if not found:
        return None
    picked = found if given.get("pick") == "any" else found[-1:]
    return either([_is_so(r, pathway, given) for _, r in picked])


def _is_so(result: Json, pathway: str, given: Mapping[str, Any]) -> Truth:
    if "value_in" in given:
        return in_sets(result.get("valueCodeableConcept"), listed(given["value_in"]))
    amount = measured(result)
    if amount is None:
        return None
    holds = {
        "at_least": lambda limit: amount >= limit,
        "at_most": lambda limit: amount <= limit,
        "above": lambda limit: amount > limit,
        "below": lambda limit: amount < limit,
    }
    return all(holds[word](number(pathway, given[word])) for word in set(given) & LIMITS)


def ask_report(record: Record, pathway: str, given: Mapping[str, Any]) -> Truth:
    """Whether a report of some sets is on record, and what it found; one without a conclusion leaves that open."""
    if not set(given) <= {"in", "within", "finding", "finding_absent"}:
        raise OutOfScopeError(f"report words {given}")
    answers: list[Truth] = []
    for report in record.of_type("DiagnosticReport"):
        days = record.past(report.get("effectiveDateTime"))
        if report["status"] in FINAL and in_sets(report["code"], listed(given["in"])) and days:
            answers.append(both([_lately(days, record, pathway, given), _found(report, given)]))
    return either(answers)


def _found(report: Json, given: Mapping[str, Any]) -> Truth:
    if not {"finding", "finding_absent"} & set(given):
        return True
    if "conclusion" not in report:
        return None
    said = conclusions()[report["conclusion"]][0]
    if "finding" in given:
        return said in listed(given["finding"])
    return said not in listed(given["finding_absent"])


def ask_procedure(record: Record, pathway: str, given: Mapping[str, Any]) -> Truth:
    """Whether a procedure of some sets was done."""
    answers: list[Truth] = []
    for procedure in record.of_type("Procedure"):
        days = record.past(procedure.get("performedDateTime"))
        if procedure["status"] == "completed" and in_sets(procedure["code"], listed(given["in"])) and days:
            if not set(given) <= {"in", "within", "newer_than"}:
                raise OutOfScopeError(f"procedure words {given}")
            answers.append(_lately(days, record, pathway, given))
    return either(answers)


def _lately(days: Days, record: Record, pathway: str, given: Mapping[str, Any]) -> Truth:
    if "within" in given:
        limit = back(record.as_of, value(pathway, given["within"]))
        answers = {day >= limit for day in days}
    elif "newer_than" in given:
        limit = back(record.as_of, value(pathway, given["newer_than"]))
        answers = {day > limit for day in days}
    else:
        return True
    return answers.pop() if len(answers) == 1 else None
