"""A clinic for specification tests: items of a record in short, through the whole chain, under a few rules of its own.

Items are written as in ``docs/cases.md``; they become FHIR R4 resources that are decoded, put on a timeline and judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from cds_service.cards.build import most_urgent
from cds_service.cards.explanation import EXTENSION
from cds_service.casework.changes import Described, draft_ids, with_ids
from cds_service.casework.codebook import CodeBook
from cds_service.casework.format import CaseSpec, Person
from cds_service.casework.items import Concept, Item, read_entry
from cds_service.casework.outcome import Outcome, outcome_of
from cds_service.casework.read import WrittenCase
from cds_service.evaluate.findings import Finding, Trial
from cds_service.ruleset.ruleset import Ruleset
from cds_service.ruleset.yaml_file import parse_yaml
from cds_service.timeline.amounts import Measure, UnknownAmount

AS_OF = "2026-06-15"
PATHWAY = "facial-pain"
BACK = "back-pain"
FACIAL_PAIN = "condition: trigeminal-neuralgia"
BACK_PAIN = "condition: radiculopathy"


@dataclass(frozen=True)
class Judged:
    """What came of one patient."""

    outcome: Outcome

    @cached_property
    def trials(self) -> tuple[Trial, ...]:
        """All trials of the pathway."""
        return self.outcome.engine.trials(PATHWAY)

    def trials_of(self, therapy: str, *, pathway: str = PATHWAY) -> tuple[Trial, ...]:
        """The trials of one therapy, earliest first."""
        found = [t for t in self.outcome.engine.trials(pathway) if t.therapy == therapy]
        return tuple(sorted(found, key=lambda t: (t.start is not None, t.start.first if t.start else None)))

    def trial(self, therapy: str = "carbamazepine", *, pathway: str = PATHWAY) -> Trial:
        """The one trial of a therapy."""
        (trial,) = self.trials_of(therapy, pathway=pathway)
        return trial

    def verdict(self, therapy: str = "carbamazepine", *, pathway: str = PATHWAY) -> str:
        """The verdict of the one trial of a therapy."""
        return self.trial(therapy, pathway=pathway).verdict.value

    def verdicts(self, therapy: str = "carbamazepine", *, pathway: str = PATHWAY) -> tuple[str, ...]:
        """The verdicts of all trials of a therapy, earliest first."""
        return tuple(trial.verdict.value for trial in self.trials_of(therapy, pathway=pathway))

    def dose(self, therapy: str = "carbamazepine", *, pathway: str = PATHWAY) -> str:
        """The daily dose of the one trial: ``600 mg``, ``0 to 600 mg``, ``600 mg or more``, ``unknown: why``."""
        return in_words(self.trial(therapy, pathway=pathway).daily_dose)

    def days(self, therapy: str = "carbamazepine", *, pathway: str = PATHWAY) -> str:
        """The days of the one trial that count, in words as ``dose``, without a unit."""
        return in_words(self.trial(therapy, pathway=pathway).days).removesuffix(" d")

    def dates(self, therapy: str = "carbamazepine", *, pathway: str = PATHWAY) -> str:
        """First and last day of the one trial: ``2026-03-01 to 2026-05-01``; ``?`` where none is known."""
        trial = self.trial(therapy, pathway=pathway)
        return f"{trial.start or '?'} to {'now' if trial.running else trial.end or '?'}"

    def says(self, *cards: str) -> list[str]:
        """What the findings of some cards say that hold; nothing of a card that does not come."""
        found = [f for f in self.outcome.evaluation.findings if f.card in cards]
        return [say for finding in found for say, _ in finding.reasons]

    @property
    def foreign(self) -> int:
        """Resources discarded because they are of another patient."""
        return self.outcome.engine.timeline.foreign

    @property
    def unreadable(self) -> Mapping[str, int]:
        """Resources that could not be read, by type."""
        return self.outcome.engine.timeline.unreadable

    @property
    def step(self) -> str | None:
        """The step of the ladder that the patient stands on."""
        return self.step_of(PATHWAY)

    def step_of(self, pathway: str) -> str | None:
        """The step of a pathway's ladder that the patient stands on; None when all are passed."""
        return self.outcome.engine.stand(pathway).step

    @property
    def fired(self) -> list[str]:
        """Ids of the cards, most urgent first."""
        return [finding.card for finding in self.outcome.evaluation.findings]

    def finding(self, card: str) -> Finding:
        """The finding of a card that must be there."""
        return next(f for f in self.outcome.evaluation.findings if f.card == card)

    def card(self, card: str) -> Mapping[str, Any]:
        """The card of a rule as the client gets it."""
        return next(shown for finding, shown in self.outcome.shown if finding.card == card)

    def level(self, card: str) -> str | None:
        """How urgent a card is; None when it did not come."""
        return next((f.level for f in self.outcome.evaluation.findings if f.card == card), None)

    def explanation(self, card: str) -> Mapping[str, Any]:
        """The machine-readable explanation of a card."""
        found: Mapping[str, Any] = self.card(card)["extension"][EXTENSION]
        return found

    def offers(self, card: str) -> list[str]:
        """The words on the buttons of a card."""
        return [str(suggestion["label"]) for suggestion in self.card(card).get("suggestions", ())]

    def shown(self, most: int) -> list[str]:
        """Ids of the cards that are left when a call may have so many."""
        kept = most_urgent(self.outcome.evaluation.findings, self.outcome.engine, most)
        return [finding.card for finding in kept]

    def answer(self, card: str, say: str) -> str:
        """Whether a finding of a card holds: yes, no, or unknown when the rule could not be decided."""
        if say in self.says(card):
            return "yes"
        return "unknown" if card in self.outcome.evaluation.undecided else "no"

    def undecided(self, card: str) -> list[str]:
        """What a rule that could not be decided names as missing."""
        return [m.what for m in self.outcome.evaluation.undecided.get(card, ())]


@dataclass(frozen=True)
class Clinic:
    """Judges patients under one set of rules."""

    rules: Ruleset

    def code(self, name: str) -> dict[str, Any]:
        """A CodeableConcept with the first code of a value set."""
        return CodeBook(self.rules.terminology).concept(Concept.model_validate(name))

    def where(self, pathway: str, *, text_counts: str, text_cap: str) -> Clinic:
        """The same clinic, but for what its pathway makes of trials and cards that only words tell."""
        file = self.rules.pathways[pathway]
        trials = file.trials.model_copy(update={"text_counts": text_counts}) if file.trials else None
        changed = file.model_copy(update={"trials": trials, "text_cap": text_cap})
        return Clinic(replace(self.rules, pathways={**self.rules.pathways, pathway: changed}))

    def judge(
        self,
        *history: str,
        drafts: Sequence[str] = (),
        as_of: str = AS_OF,
        hook: str = "patient-view",
        unavailable: Sequence[str] = (),
        selections: Sequence[str] | None = None,
        **person: Any,
    ) -> Judged:
        """Judge a patient. An item is the inside of a flow mapping: ``order: carbamazepine, daily: 600 mg``."""
        spec = CaseSpec.model_validate(
            {
                "name": "specification",
                "patient": "someone",
                "drafts": [item_of(text) for text in drafts],
                "unavailable": list(unavailable),
                "selections": selections,
                "expect": {},
            }
        )
        described = Described(person=Person(**person), history=with_ids([item_of(text) for text in history]))
        draft_ids(spec.drafts)
        case = WrittenCase(
            file="specification",
            line=1,
            rule=None,
            spec=spec,
            described=described,
            as_of=as_of,
            hook=hook,
            profiles=(),
        )
        return Judged(outcome_of(self.rules, case))


def in_words(measure: Measure | None) -> str:
    """Return an amount as the page shows it."""
    if measure is None:
        return "–"
    if isinstance(measure, UnknownAmount):
        return f"unknown: {measure.reason}"
    low = f"{measure.low:g}"
    if measure.high is None:
        return f"{low} {measure.unit} or more"
    return f"{low} {measure.unit}" if measure.is_exact else f"{low} to {measure.high:g} {measure.unit}"


def item_of(text: str) -> Item:
    """Read an item as the tests write it."""
    return read_entry(parse_yaml("{" + text + "}", name="item").data)
