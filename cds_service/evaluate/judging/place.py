"""Where a judgement stands: one pathway's settings, one patient's case, and the ways to ask about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from cds_service.evaluate.case import AnchorEvent, Ask, Case
from cds_service.evaluate.truth import Answer
from cds_service.ruleset.facts import Item
from cds_service.ruleset.ruleset import Ruleset
from cds_service.ruleset.trials import TherapyDefinition, Trials
from cds_service.ruleset.words import Quantity
from cds_service.timeline.dates import DateSpan
from cds_service.timeline.events import Timeline

WouldFire = Callable[[str, tuple[str, ...]], Answer]
"""``would_fire(therapy, cards)``: would one of these safety cards be critical for the therapy now?"""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Everything that judging one pathway's trials may look at."""

    pathway: str
    case: Case
    trials: Trials
    ask: Ask
    would_fire: WouldFire

    @property
    def rules(self) -> Ruleset:
        """The rules in force."""
        return self.case.rules

    @property
    def timeline(self) -> Timeline:
        """The patient's history."""
        return self.case.timeline

    @property
    def as_of(self) -> date:
        """The day of judgement."""
        return self.case.timeline.as_of

    @property
    def therapies(self) -> tuple[str, ...]:
        """Return the therapies that the pathway judges: its own, and the shared ones that it names, in order."""
        return self.once(("therapies",), lambda: _judged(self.rules, self.pathway))

    def definition(self, therapy: str) -> TherapyDefinition:
        """Return what a therapy is."""
        return self.rules.therapy(therapy, self.pathway)

    def expand(self, names: Sequence[str]) -> tuple[str, ...]:
        """Expand groups to therapies."""
        return self.rules.therapies(names, self.pathway)

    def limit(self, value: Quantity | str) -> Quantity:
        """Return a limit as a quantity: as written, or a setting's."""
        return self.rules.limit(value, self.pathway)

    def label(self, therapy: str) -> str:
        """Return the name of a therapy for people."""
        return self.definition(therapy).label or therapy.replace("-", " ")

    def fact(self, item: Item, *, key: str, when: DateSpan | None = None) -> Answer:
        """Answer a fact of the record, hung on the trial's date; facts that read verdicts are refused.

        ``key`` tells apart questions that hang on different dates.
        """
        anchor = AnchorEvent(when=when, evidence=(), reference=key) if when is not None else None
        case = replace(self.case, pathway=self.pathway, draft=None, anchor=anchor, stratum="safety")
        return self.ask(item, case)

    def once(self, key: tuple[object, ...], compute: Callable[[], T]) -> T:
        """Return a value worked out once a call and pathway."""
        return self.case.once(("judging", self.pathway, *key), compute)


def _judged(rules: Ruleset, pathway: str) -> tuple[str, ...]:
    """A therapy of a pathway that this one uses is judged there, by that pathway's standards."""
    file = rules.pathways[pathway]
    named = [*file.therapies, *(name for step in file.ladder for name in step.therapies)]
    if file.trials is not None:
        for row in file.trials.adequate:
            named += [*row.therapy, *row.daily_dose]
    elsewhere = {
        name
        for used in file.uses
        for name, definition in rules.pathways[used].therapies.items()
        if isinstance(definition, TherapyDefinition) and name not in file.therapies
    }
    return tuple(name for name in rules.therapies(named, pathway) if name not in elsewhere)


__all__ = ["Place", "WouldFire"]
