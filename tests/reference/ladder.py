"""A whole opinion of one patient on one pathway: every trial, and the step of the ladder that the patient stands on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.reference.drugs import drug_trials
from tests.reference.files import listed, pathway_file
from tests.reference.procedures import procedure_trials
from tests.reference.questions import Questions
from tests.reference.record import Record
from tests.reference.series import is_series, series_trials
from tests.reference.therapies import therapies
from tests.reference.trials import Trial
from tests.reference.truth import both


@dataclass(frozen=True)
class Opinion:
    """Trials by pathway and therapy, and the first step that is not passed (None: all are)."""

    trials: tuple[Trial, ...]
    step: str | None


@dataclass
class Patient:
    """One record, judged pathway by pathway; a pathway is judged once."""

    record: Record
    judged: dict[str, list[Trial]] = field(default_factory=dict)

    def trials(self, pathway: str) -> Sequence[Trial]:
        """All trials of a pathway's own therapies."""
        if pathway not in self.judged:
            asks = Questions(self.record, pathway)
            self.judged[pathway] = [t for name in therapies(pathway) for t in _trials_of(asks, name)]
        return self.judged[pathway]

    def opinion(self, pathway: str) -> Opinion:
        """Judge the pathway and stand the patient on its ladder."""
        asks = Questions(self.record, pathway, trials=self.trials)
        steps = pathway_file(pathway).get("ladder", [])
        standing = next((s["step"] for s in steps if _passed(asks, s["passed_when"]) is not True), None)
        return Opinion(tuple(self.trials(pathway)), standing)


def _passed(asks: Questions, items: object) -> bool | None:
    return both([asks.ask(item) for item in listed(items)])


def _trials_of(asks: Questions, name: str) -> list[Trial]:
    body = therapies(asks.pathway)[name]
    if is_series(asks.pathway, name):
        return series_trials(asks, name)
    if "procedure" in body or "conditional" in body:
        return procedure_trials(asks, name)
    return drug_trials(asks, name)
