"""What the record says of how a course of a drug went: the items of evidence of its pathway, read one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.reference.codes import in_sets, surely_in_sets
from tests.reference.conditions import allergens, allergies, diagnoses, since
from tests.reference.courses import Course, OutOfScopeError, Run
from tests.reference.days import DAY, length, possible_days
from tests.reference.files import listed
from tests.reference.findings import scores
from tests.reference.questions import Questions
from tests.reference.record import Json, status_reasons, texts
from tests.reference.therapies import names_of, number, value
from tests.reference.weighing import Rank
from tests.reference.words import meaning

Item = Mapping[str, Any]


@dataclass(frozen=True)
class Sign:
    """One thing that speaks for a verdict, and the day that it speaks of."""

    verdict: str
    reason: str
    rank: Rank
    sure: bool
    """No part of it is words, an inference, or a code that is not verified."""
    day: date | None
    item: Item

    @property
    def is_harm(self) -> bool:
        """Whether it says that the therapy was not tolerated."""
        return self.verdict == "not-tolerated"


@dataclass(frozen=True)
class Scene:
    """A course in one world, with everything that may speak of it."""

    asks: Questions
    therapy: str
    ingredient: str
    course: Course
    first_start: date
    """The first day on which it can have begun, in any world."""
    holds: Mapping[str, bool]
    """Named facts, as they are in this reading."""
    at_dose: frozenset[date]
    time_needed: int
    """Days that an adequate trial lasts."""
    others: Sequence[tuple[str, date, Json]]
    """Orders of other therapies of the pathway: therapy, first day, resource."""

    @property
    def tellers(self) -> list[Run]:
        """The uses that tell how it ended: the last, and where that is silent what ran beside it."""
        runs = sorted(self.course.runs, key=lambda r: r.span.until, reverse=True)
        if self.course.running:
            return [r for r in runs if not any(_followed_and_outlasted(r, other) for other in runs)]
        last = [r for r in runs if r.span.until == runs[0].span.until]
        if any(_speaks(r.use.resource) for r in last):
            return last
        beside = [r for r in runs if _overlap(r, last[0]) and _speaks(r.use.resource)]
        return beside[:1]


def _speaks(resource: Json) -> bool:
    return bool(status_reasons(resource) or texts(resource))


def _followed_and_outlasted(run: Run, other: Run) -> bool:
    """Whether another use began later than this one and went on after it: then this one tells only of itself."""
    if run.span.state in ("running", "on-hold"):
        return False
    goes_on = other.span.state in ("running", "on-hold") or other.span.until > run.span.until
    return other.span.start > run.span.start and goes_on


def _overlap(one: Run, other: Run) -> bool:
    return one.span.start < other.span.until and other.span.start < one.span.until


def sign(scene: Scene, verdict: str, item: Item, reason: str) -> Sign | None:
    """What an item of evidence says of a course, if all of its words hold."""
    course = scene.course
    if "lasts" in item and course.days < length(item["lasts"]):
        return None
    if "fact" in item and not scene.holds[item["fact"]]:
        return None
    if "then" in item and not any(_happened(scene, item, word) for word in item["then"]):
        return None
    found = [reader(scene, item) for word, reader in READERS.items() if word in item]
    if not found or any(f is None for f in found):
        return None
    told = [f for f in found if f is not None]
    rank = Rank.INFERENCE if item.get("certainty") == "inferred" else max(f.rank for f in told)
    if rank is Rank.INFERENCE and any(run.use.resource.get("statusReason") for run in scene.tellers):
        return None  # whatever reason is recorded beats an inference, even one that no table knows
    sure = all(f.sure for f in told) and rank is not Rank.INFERENCE
    named = next((f.reason for f in told if f.reason), "")
    finer = item.get("reason") or (named if "allergy" in item else "") or reason or named
    days = [f.day for f in told if f.day is not None]
    return Sign(verdict, finer, rank, sure, max(days, default=None), item)


@dataclass(frozen=True)
class Told:
    """What one word of an item found: the day it speaks of, and how it is known."""

    day: date | None
    rank: Rank
    sure: bool
    reason: str = ""


def _stopped_for(scene: Scene, item: Item) -> Told | None:
    """A coded reason; where the item names no word of its own, the set's name says which."""
    for value_set in listed(item["stopped_for"]):
        told = [
            (r, c) for r in scene.tellers for c in status_reasons(r.use.resource) if in_sets(c, [value_set])
        ]
        if told:
            sure = any(surely_in_sets(c, [value_set]) for _, c in told)
            return Told(
                max(_last_day(r) for r, _ in told),
                Rank.CODE,
                sure=sure,
                reason=value_set.removeprefix("reason-"),
            )
    return None


def _text_says(scene: Scene, item: Item) -> Told | None:
    told = [
        r for r in scene.tellers if any(meaning(text) in item["text_says"] for text in texts(r.use.resource))
    ]
    return Told(max(_last_day(r) for r in told), Rank.WORDS, sure=False) if told else None


def _last_day(run: Run) -> date:
    """The day on which a use ended; where nobody recorded it, the day on which it began."""
    return run.span.until if run.use.end_recorded else run.span.start


def _allergy(scene: Scene, item: Item) -> Told | None:
    """An allergy or intolerance to the drug speaks of every course that may have begun when it was recorded."""
    found = []
    for allergy in allergies(scene.asks.record):
        if scene.ingredient not in allergens(allergy):
            continue
        days = possible_days(allergy.get("recordedDate"))
        if len(days) > 1:
            raise OutOfScopeError("an allergy of imprecise date")
        if not days or scene.first_start <= days[0]:
            found.append(Told(days[0] if days else None, Rank.CODE, sure=True, reason=kind_of(allergy)))
    return max(found, key=lambda told: told.day or date.min, default=None)


def kind_of(allergy: Json) -> str:
    """What the record calls it; an allergy where it does not say."""
    return str(allergy.get("type", "allergy"))


def _condition(scene: Scene, item: Item) -> Told | None:
    """A diagnosis within so many days of the end; what began before the drug did is not of its making."""
    if scene.course.running:
        return None
    for condition in diagnoses(scene.asks.record, listed(item["condition"])):
        days = since(condition)
        if len(days) != 1:
            raise OutOfScopeError("a harm of imprecise date")
        near = abs((days[0] - scene.course.until).days) <= length(item["within"])
        if near and days[0] >= scene.course.start:
            return Told(days[0], Rank.CODE, sure=True)
    return None


def _next_ordered_for(scene: Scene, item: Item) -> Told | None:
    """The very next of the other drugs that was begun after this one says why it ended, once this one had run its time."""
    asked, pathway = item["next_ordered_for"], scene.asks.pathway
    names = {name for _, name in names_of(pathway, asked["of"])}
    after = [(day, order) for name, day, order in scene.others if name in names and day > scene.course.start]
    first = min((day for day, _ in after), default=None)
    if first is None or (first - scene.course.start).days < scene.time_needed:
        return None
    for day, order in after:
        if day == first and scene.asks.record.is_for(order, listed(asked["reason"])):
            return Told(day, Rank.INFERENCE, sure=False)
    return None


def _score(scene: Scene, item: Item) -> Told | None:
    asked = item["score"]
    every = scores(scene.asks.record, listed(asked["of"]))
    if "baseline" in asked:
        return _fall(scene, asked, every)
    during = [(day, v) for day, v in every if day in scene.at_dose or day - DAY in scene.at_dose]
    if not during or during[-1][1] < number(scene.asks.pathway, asked["at_least"]):
        return None
    return Told(during[-1][0], Rank.EVENT, sure=True)


def _fall(scene: Scene, asked: Item, every: Sequence[tuple[date, Fraction]]) -> Told | None:
    course = scene.course
    first = course.start - timedelta(days=length(asked["baseline"]))
    before = [v for day, v in every if first <= day < course.start]
    within = [(day, v) for day, v in every if course.start <= day <= course.until]
    if not before or not within or not sum(before):
        return None
    base = sum(before, Fraction(0)) / len(before)
    best = min(v for _, v in within)
    fell = (base - best) / base * 100
    wanted = number(scene.asks.pathway, value(scene.asks.pathway, asked["fell_at_least"]))
    return Told(max(day for day, _ in within), Rank.EVENT, sure=True) if fell >= wanted else None


READERS = {
    "stopped_for": _stopped_for,
    "text_says": _text_says,
    "allergy": _allergy,
    "condition": _condition,
    "next_ordered_for": _next_ordered_for,
    "score": _score,
}


def _happened(scene: Scene, item: Item, word: str) -> bool:
    if word == "stopped":
        return not scene.course.running
    if word == "raised":
        return _was_raised(scene.course, length(item.get("lasts", "0 days")))
    raise OutOfScopeError(f"then {word}")


def _was_raised(course: Course, after: int) -> bool:
    """Whether the dose surely rose, not earlier than so many days after the start."""
    before = None
    for day in sorted(course.amounts):
        if course.is_gap(day):
            continue
        amount = course.amounts[day]
        late = (day - course.start).days >= after
        if late and before is not None and before.high is not None and amount.low > before.high:
            return True
        before = amount
    return False
