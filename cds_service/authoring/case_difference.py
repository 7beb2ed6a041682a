"""What a change of rules does to the patients of the cases: the same histories under both states, card by card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cds_service.authoring.compare import Change, changes
from cds_service.casework.context import CannotBuild
from cds_service.casework.outcome import Chartwork, Outcome, awake, chartwork_of, outcome_under
from cds_service.casework.read import WrittenCase
from cds_service.ruleset.profiles import also_under
from cds_service.ruleset.ruleset import Ruleset

Shown = Mapping[str, Mapping[str, Any]]
"""What is shown, by card (the second one of a card as ``TN-05 (2)``): level, summary, detail, suggestions, with whom."""


@dataclass(frozen=True, kw_only=True)
class CardDifference:
    """One card that a case gains, loses or sees changed. ``level`` and ``summary`` are those of the side that has it."""

    card: str
    what: str
    """``gained``, ``lost`` or ``changed``."""
    level: str
    summary: str
    changes: tuple[Change, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the difference as JSON data."""
        return {
            "card": self.card,
            "what": self.what,
            "level": self.level,
            "summary": self.summary,
            "changes": [change.as_json() for change in self.changes],
        }


@dataclass(frozen=True, kw_only=True)
class CaseDifference:
    """A case whose cards differ; ``problem`` says why it could not be run under both states."""

    case: WrittenCase
    cards: tuple[CardDifference, ...] = ()
    problem: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the difference as JSON data."""
        return {
            "file": self.case.file,
            "line": self.case.line,
            "case": self.case.title,
            "problem": self.problem,
            "cards": [card.as_json() for card in self.cards],
        }


@dataclass(frozen=True, kw_only=True)
class CaseDifferences:
    """How many cases were run, and those that differ."""

    cases: int
    differing: tuple[CaseDifference, ...]

    @property
    def totals(self) -> Mapping[str, Mapping[str, int]]:
        """How many cases gain, lose or see changed each card."""
        counts: dict[str, Counter[str]] = {}
        for case in self.differing:
            for card in case.cards:
                counts.setdefault(card.card.partition(" ")[0], Counter())[card.what] += 1
        return {card: dict(count) for card, count in sorted(counts.items())}

    def as_json(self) -> dict[str, Any]:
        """Return everything as JSON data."""
        return {
            "run": self.cases,
            "cards": {card: dict(count) for card, count in self.totals.items()},
            "differing": [case.as_json() for case in self.differing],
        }


def case_differences(old: Ruleset, new: Ruleset, cases: Sequence[WrittenCase]) -> CaseDifferences:
    """Run cases under both states of the rules and return those whose cards differ."""
    differing = [found for case in cases if (found := _difference(old, new, case)) is not None]
    return CaseDifferences(cases=len(cases), differing=tuple(differing))


def _difference(old: Ruleset, new: Ruleset, case: WrittenCase) -> CaseDifference | None:
    for name in case.profiles:
        if name not in old.available_profiles:
            return CaseDifference(case=case, problem=f"no profile '{name}' before")
    try:
        work = chartwork_of(new.terminology, case)
        same = old.terminology is new.terminology
        before = _shown(old, case, work if same else chartwork_of(old.terminology, case))
        after = _shown(new, case, work)
    except CannotBuild as problem:
        return CaseDifference(case=case, problem=str(problem))
    cards = tuple(_cards(before, after))
    return CaseDifference(case=case, cards=cards) if cards else None


def _shown(rules: Ruleset, case: WrittenCase, work: Chartwork) -> Shown:
    adapted = awake(also_under(rules, case.profiles) if case.profiles else rules, case.rule)
    outcome = outcome_under(adapted, work, hook=case.hook)
    shown: dict[str, Mapping[str, Any]] = {}
    counted: Counter[str] = Counter()
    for card, content in _contents(outcome):
        counted[card] += 1
        shown[card if counted[card] == 1 else f"{card} ({counted[card]})"] = content
    return shown


def _contents(outcome: Outcome) -> Iterable[tuple[str, Mapping[str, Any]]]:
    for finding, card in outcome.shown:
        yield (
            finding.card,
            {
                "level": finding.level,
                "summary": card["summary"],
                "detail": str(card.get("detail", "")).splitlines(),
                "suggestions": [str(s["label"]) for s in card.get("suggestions", ())],
                "together with": sorted(f.card for f in finding.also),
            },
        )


def _cards(before: Shown, after: Shown) -> Iterator[CardDifference]:
    for card in dict.fromkeys((*before, *after)):
        if card not in after:
            yield _one_sided(card, "lost", before[card])
        elif card not in before:
            yield _one_sided(card, "gained", after[card])
        elif found := tuple(changes(before[card], after[card])):
            level, summary = after[card]["level"], after[card]["summary"]
            yield CardDifference(card=card, what="changed", level=level, summary=summary, changes=found)


def _one_sided(card: str, what: str, content: Mapping[str, Any]) -> CardDifference:
    return CardDifference(card=card, what=what, level=content["level"], summary=content["summary"])
