"""A judged trial, and questions about several of them: how many therapies, ingredients or classes have a verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.reference.courses import OutOfScopeError
from tests.reference.files import listed, pathway_file
from tests.reference.therapies import names_of, therapies, value, verdicts_of
from tests.reference.truth import Truth, enough

Stretch = tuple[date, date]


@dataclass(frozen=True)
class Trial:
    """One trial as this evaluator judges it.

    ``start`` and ``end`` are the first and last day that they can be; ``reason`` None where the meaning names none.
    """

    pathway: str
    therapy: str
    verdict: str
    reason: str | None = None
    start: Stretch | None = None
    end: Stretch | None = None
    certainty: str = "documented"
    by_text: bool = False
    ingredient: str | None = None
    running: bool = False

    @property
    def finer(self) -> str:
        """The verdict as rules name it: a failure is absent or waned."""
        if self.verdict != "failed":
            return self.verdict
        return "failed-waned" if self.reason in ("waned", "short-lived") else "failed-absent"


HANDLED = {"of", "verdict", "distinct", "at_least", "reason", "pick", "below"}


def ask_trials(pathway: str, given: Mapping[str, Any], judge: Callable[[str], Sequence[Trial]]) -> Truth:
    """Whether enough trials have one of the verdicts (and reasons)."""
    if not set(given) <= HANDLED:
        raise OutOfScopeError(f"trial words {sorted(set(given) - HANDLED)}")
    asked = names_of(pathway, given["of"])
    every = [
        t
        for home in dict.fromkeys(p for p, _ in asked)
        for t in judge(home)
        if (t.pathway, t.therapy) in asked
    ]
    chosen = [t for t in every if not (t.by_text and text_never_counts(t.pathway))]
    if given.get("pick") == "latest":
        chosen = _latest(chosen)
    verdicts, reasons = verdicts_of(pathway, given["verdict"]), listed(given.get("reason"))
    answers = [(_counted_as(t, given.get("distinct")), _has(t, verdicts, reasons)) for t in chosen]
    sure = {key for key, answer in answers if answer is True}
    possible = sure | {key for key, answer in answers if answer is None}
    if "below" in given:
        least = int(value(pathway, given["below"]))
        return _opposite(enough(len(sure), len(possible), least=least))
    return enough(len(sure), len(possible), least=int(value(pathway, given.get("at_least", 1))))


def _opposite(answer: Truth) -> Truth:
    return None if answer is None else not answer


def text_never_counts(pathway: str) -> bool:
    """Whether trials known only from words count for nothing in this pathway."""
    return bool(pathway_file(pathway)["trials"].get("text_counts") == "never")


def _has(trial: Trial, verdicts: frozenset[str], reasons: Sequence[str]) -> Truth:
    """Whether a trial has one of the verdicts; an unknown one may have any that is a use."""
    if trial.finer in verdicts:
        return not reasons or trial.reason in reasons
    return None if trial.verdict == "unknown" else False


def _counted_as(trial: Trial, distinct: str | None) -> object:
    if distinct is None:
        return (trial.pathway, trial.therapy)
    if distinct == "ingredient":
        return trial.ingredient or trial.therapy
    if distinct == "trial":
        return trial
    own = therapies(trial.pathway)[trial.therapy]
    return own.get(distinct) or trial.therapy


def _latest(trials: Sequence[Trial]) -> list[Trial]:
    """The trial that began last; one that never ran is none."""
    dated = [t for t in trials if t.start is not None]
    return [max(dated, key=lambda t: t.start or (date.min, date.min))] if dated else []
