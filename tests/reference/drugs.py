"""All trials of one drug therapy: one for each course, one more for what rules it out, or none tried at all."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from tests.reference.courses import Course, OutOfScopeError, Run, worlds
from tests.reference.days import length
from tests.reference.drugs_on_record import ingredient_in_sets
from tests.reference.files import listed, pathway_file
from tests.reference.questions import Questions
from tests.reference.record import Json
from tests.reference.ruling_out import Bar, bars
from tests.reference.signs import Item, Scene, sign
from tests.reference.standards import Facts, Held, gap_of, held, rows_for
from tests.reference.therapies import group_of, therapies
from tests.reference.trials import Trial
from tests.reference.uses import TYPES, Span, Use, counts, goes_in_by, read_use
from tests.reference.verdicts import Outcome, judge_ended, judge_running, together
from tests.reference.weighing import decides

Body = Mapping[str, Any]


def drug_trials(asks: Questions, therapy: str) -> list[Trial]:
    """The trials of a therapy that is a drug."""
    return DrugTherapy(asks, therapy).trials()


@dataclass(frozen=True)
class Stretch:
    """From when to when a drug was ordered; ``by_text`` where any order of it is known from words alone."""

    start: date
    until: date
    by_text: bool


@dataclass(frozen=True)
class _Reading:
    """One way to read a course and the facts that it is held against, and how it did with doses read low and high."""

    course: Course
    first_start: date
    holds: Mapping[str, bool]
    low: Held
    high: Held


class DrugTherapy:
    """One drug therapy of a pathway, in one record."""

    def __init__(self, asks: Questions, therapy: str) -> None:
        self.asks, self.therapy, self.pathway = asks, therapy, asks.pathway
        self.body: Body = therapies(asks.pathway)[therapy]
        self.settings: Body = pathway_file(asks.pathway)["trials"]
        self.lapsed_after = length(self.settings["lapsed_after"])

    def trials(self) -> list[Trial]:
        """Every trial, for each ingredient that the record names."""
        by_ingredient = self._resources()
        names = list(by_ingredient) or self._own_ingredients()
        found = [t for name in names for t in self._of_ingredient(name, by_ingredient.get(name, []))]
        tried = [t for t in found if t.verdict != "not-tried"]
        return tried or found[:1] or [Trial(self.pathway, self.therapy, "not-tried")]

    def _resources(self) -> dict[str, list[Json]]:
        """The medication resources of the therapy, for each ingredient that they name."""
        found: dict[str, list[Json]] = {}
        for resource in self.asks.record.of_type(*TYPES):
            drug = self.asks.record.drug(resource)
            for part in drug.parts if drug is not None else ():
                if self._is_of_it(part.name) and self._goes_the_right_way(resource):
                    found.setdefault(part.name, []).append(resource)
        return found

    def stretches(self) -> list[Stretch]:
        """From when to when it was ordered, course by course; up to today while it runs or nobody recorded its end."""
        found = []
        for name, resources in self._resources().items():
            uses = self._uses(name, resources)
            if any(not use.spans for use in uses):
                raise OutOfScopeError("an undated drug beside a procedure")
            for ways in worlds(uses, gap_of(self.pathway, self.therapy)):
                starts, ends = {c.start for c in ways}, {c.until for c in ways}
                open_ = ways[0].running or not all(run.use.end_recorded for run in ways[0].runs)
                if len(starts) > 1 or (len(ends) > 1 and not open_):
                    raise OutOfScopeError("a drug of imprecise dates beside a procedure")
                by_text = any(run.use.drug.by_text for run in ways[0].runs)
                found.append(Stretch(min(starts), self.asks.record.as_of if open_ else max(ends), by_text))
        return found

    def _own_ingredients(self) -> list[str]:
        return [str(name) for name in listed(self.body["medication"])]

    def _is_of_it(self, ingredient: str) -> bool:
        return ingredient_in_sets(ingredient, tuple(listed(self.body["medication"])))

    def _goes_the_right_way(self, resource: Json) -> bool:
        if "route" in self.body and goes_in_by(resource, listed(self.body["route"])) is False:
            return False
        if "not_route" in self.body and goes_in_by(resource, listed(self.body["not_route"])) is True:
            return False
        as_needed = any(d.get("asNeededBoolean") for d in resource.get("dosageInstruction", []))
        return not (self.body.get("use") == "regular" and as_needed)

    def _uses(self, name: str, resources: Sequence[Json]) -> list[Use]:
        """The uses of one ingredient."""
        found = []
        for resource in resources:
            drug = self.asks.record.drug(resource)
            if drug is not None and counts(resource):
                part = next(p for p in drug.parts if p.name == name)
                use = read_use(self.asks.record, resource, drug, part, lapsed_after=self.lapsed_after)
                found += [use] if use is not None else []
        return found

    def _of_ingredient(self, name: str, resources: Sequence[Json]) -> list[Trial]:
        uses = self._uses(name, resources)
        dated = [use for use in uses if use.spans]
        courses = worlds(dated, gap_of(self.pathway, self.therapy))
        found = [self._judged(name, ways) for ways in courses]
        undated = [use for use in uses if not use.spans]
        found += [self._undated(name, undated)] if undated else []
        return found + self._ruled_out(name, resources, found)

    def _judged(self, name: str, ways: Sequence[Course]) -> Trial:
        outcome = together(self._in_each_world(name, ways))
        by_text = all(run.use.drug.by_text for run in ways[0].runs)
        starts, ends = [c.start for c in ways], [c.until for c in ways]
        ended = not ways[0].running
        inferred = outcome.inferred or any(run.use.drug.by_text for run in ways[0].runs) or ways[0].lapsed
        return Trial(
            self.pathway,
            self.therapy,
            outcome.verdict,
            outcome.reason,
            start=(min(starts), max(starts)),
            end=(min(ends), max(ends)) if ended else None,
            certainty="open" if outcome.open else "inferred" if inferred else "documented",
            by_text=by_text,
            ingredient=name,
            running=not ended,
        )

    def _in_each_world(self, name: str, ways: Sequence[Course]) -> list[Outcome]:
        """The outcome of every way that a course can be read, under every reading of its doses and of open facts."""
        first = min(date.min if course.undated else course.start for course in ways)
        every = [self._reading(course, first, holds) for course in ways for holds in self._readings(course)]
        sure = frozenset.intersection(*(reading.low.at_dose for reading in every))
        return [self._outcome(name, reading, sure, high=high) for reading in every for high in (False, True)]

    def _reading(self, course: Course, first_start: date, holds: Mapping[str, bool]) -> _Reading:
        low, high = (self._held(course, Facts(holds, high=high)) for high in (False, True))
        return _Reading(course, first_start, holds, low, high)

    def _readings(self, course: Course) -> list[dict[str, bool]]:
        """The facts that standards and evidence ask for; one that is open is read both ways."""
        asks = self.asks.anchored(course.start)
        answers = {fact: asks.fact(fact) for fact in self._facts_asked(rows_for(self.pathway, self.therapy))}
        open_ = [fact for fact, answer in answers.items() if answer is None]
        known = {fact: bool(answer) for fact, answer in answers.items()}
        guesses = itertools.product((True, False), repeat=len(open_))
        return [known | dict(zip(open_, guess, strict=True)) for guess in guesses]

    def _facts_asked(self, rows: Sequence[Body]) -> list[str]:
        facts = [row[word] for row in rows for word in ("if", "or_level") if word in row]
        for items in self.settings["verdicts"].values():
            facts += [item["fact"] for item in items if "fact" in item and self._is_mine(item)]
        return list(dict.fromkeys(facts))

    def _is_mine(self, item: Item) -> bool:
        return "of" not in item or any(group_of(self.pathway, n, self.therapy) for n in listed(item["of"]))

    def _outcome(self, name: str, reading: _Reading, sure_days: frozenset[date], *, high: bool) -> Outcome:
        course, enough = reading.course, reading.high if high else reading.low
        verdicts = {
            v: [i for i in items if self._is_mine(i)] for v, items in self.settings["verdicts"].items()
        }
        rows = rows_for(self.pathway, self.therapy)
        needed = length(rows[-1].get("lasts", "0 days")) if rows else 0
        asks = self.asks.anchored(course.start)
        scene = Scene(
            asks,
            self.therapy,
            name,
            course,
            reading.first_start,
            reading.holds,
            sure_days,
            needed,
            self._others,
        )
        if course.running:
            return judge_running(scene, verdicts, enough)
        excused = reading.low.long_enough and not reading.low.adequate and self._excused(scene)
        outcome = judge_ended(scene, verdicts, enough, excused=excused)
        return replace(outcome, inferred=outcome.inferred or (excused and outcome.verdict == "failed"))

    def _excused(self, scene: Scene) -> bool:
        """No dose is recorded, but it ran long enough and was stopped for a reason that says that it did not work."""
        rule = self.settings.get("unknown_dose")
        if rule is None or any(amount.high is not None for amount in scene.course.amounts.values()):
            return False
        sign_of_it = {"stopped_for": rule["stopped_for"]}, {"text_says": rule.get("text_says", [])}
        told = any(sign(scene, "failed-absent", item, "absent") is not None for item in sign_of_it)
        return told and scene.course.days >= length(rule["lasts"])

    def _held(self, course: Course, facts: Facts) -> Held:
        """How the course did; what nobody can say is read both ways, as adequate where doses are read high."""
        rows = rows_for(self.pathway, self.therapy)
        whole = held(rows, course, self.therapy, facts)
        if whole is None or course.undated:
            return Held(
                adequate=facts.high, why="", long_enough=facts.high, at_dose=frozenset(), reachable=True
            )
        if not any(len(run.use.drug.parts) > 1 for run in course.runs) or self.settings.get(
            "combination_adequate"
        ):
            return whole
        alone = course.alone()
        apart = held(rows, alone, self.therapy, facts) if alone is not None else None
        if apart is not None and apart.adequate:
            return apart
        # A combination never proves a trial of one drug; it is no proof either that the trial was inadequate.
        return replace(whole, adequate=whole.adequate and facts.high and not course.running, reachable=True)

    @cached_property
    def _others(self) -> list[tuple[str, date, Json]]:
        """Counting orders of the pathway's other drugs, with the first day of each."""
        found = []
        for name, body in therapies(self.pathway).items():
            if name == self.therapy or "medication" not in body:
                continue
            other = DrugTherapy(self.asks, name)
            for ingredient, resources in other._resources().items():
                for use in other._uses(ingredient, resources):
                    found += [(name, use.spans[0].start, use.resource)] if use.spans else []
        return found

    def _undated(self, name: str, uses: Sequence[Use]) -> Trial:
        """Undated history counts as tried, and never towards a duration."""
        today = self.asks.record.as_of
        spans = [Span(today, today, _stands(use)) for use in uses]
        ways = [Course(tuple(Run(use, span) for use, span in zip(uses, spans, strict=True)), undated=True)]
        judged = self._judged(name, ways)
        return replace(judged, start=None, end=None)

    def _ruled_out(self, name: str, resources: Sequence[Json], trials: Sequence[Trial]) -> list[Trial]:
        items = self.settings["verdicts"].get("ruled-out", [])
        found = bars(self.asks, self.therapy, name, resources, items)
        best = decides([bar for bar in found if _still_bars(bar, trials)])
        if best is None or any(t.running for t in trials) or _already_told(best, trials):
            return []
        certainty = "documented" if best.sure else "inferred"
        return [
            Trial(self.pathway, self.therapy, "ruled-out", best.reason, certainty=certainty, ingredient=name)
        ]


def _stands(use: Use) -> str:
    status = str(use.resource["status"])
    return {"active": "running", "in-progress": "running", "on-hold": "on-hold"}.get(status, "ended")


def _still_bars(bar: Bar, trials: Sequence[Trial]) -> bool:
    """What was used after all is not ruled out by an earlier order; a lasting reason stays."""
    if bar.by not in ("order", "avoid") or bar.day is None:
        return True
    return not any(t.start is not None and t.start[0] > bar.day for t in trials)


def _already_told(bar: Bar, trials: Sequence[Trial]) -> bool:
    """Whether a trial is ruled out itself, or failed or was not tolerated with this allergy on record."""
    if any(t.verdict == "ruled-out" for t in trials):
        return True
    against = [t for t in trials if t.verdict in ("not-tolerated", "failed") and t.start is not None]
    return bar.by == "allergy" and any(bar.day is None or t.start[0] <= bar.day for t in against if t.start)
