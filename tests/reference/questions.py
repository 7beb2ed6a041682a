"""Asks the logic of rules of a record: blocks, named facts, and the fact words, each by its plain meaning."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from tests.reference import conditions, drugs_on_record, findings
from tests.reference.courses import OutOfScopeError
from tests.reference.days import Days
from tests.reference.files import listed
from tests.reference.record import Record
from tests.reference.therapies import fact_file
from tests.reference.trials import Trial, ask_trials
from tests.reference.truth import Truth, both, either, enough, opposite

Logic = str | Mapping[str, Any]
BLOCK = {"all", "any", "none", "unless", "some"}
PROSE = {"says", "says_not"}

Judge = Callable[[str], Sequence[Trial]]


def _no_trials(pathway: str) -> Sequence[Trial]:
    raise OutOfScopeError(f"a verdict of {pathway} was asked where none may be")


@dataclass(frozen=True)
class Questions:
    """Questions of one record in one pathway's words.

    ``trials`` judges a pathway; ``anchor`` are the days on which the trial that is judged may have begun; ``draft`` is
    the ingredient of an order under judgement.
    """

    record: Record
    pathway: str
    trials: Judge = field(default=_no_trials)
    anchor: Days = ()
    draft: str | None = None

    def anchored(self, start: date) -> Questions:
        """The same for a trial that began on this day."""
        return replace(self, anchor=(start,))

    def drafting(self, ingredient: str) -> Questions:
        """The same for an order of this ingredient."""
        return replace(self, draft=ingredient)

    def fact(self, name: str) -> Truth:
        """Whether a named fact holds."""
        place, body = fact_file(self.pathway, name)
        return replace(self, pathway=place).block({k: v for k, v in body.items() if k not in PROSE})

    def ask(self, item: Logic) -> Truth:
        """Whether an item of logic holds: the name of a fact, a fact word, or a block."""
        if isinstance(item, str):
            return self.fact(item)
        if set(item) <= BLOCK:
            return self.block(item)
        ((word, given),) = item.items()
        return self._word(word, given)

    def block(self, block: Mapping[str, Any]) -> Truth:
        """The words of a block, and-ed."""
        return both(self._part(word, block[word]) for word in block)

    def _part(self, word: str, items: Any) -> Truth:
        if word == "some":
            every = [self.ask(item) for item in listed(items["of"])]
            sure, open_ = every.count(True), every.count(None)
            return enough(sure, sure + open_, least=items["at_least"])
        answers = (self.ask(item) for item in (items if isinstance(items, list) else [items]))
        if word == "all":
            return both(answers)
        if word == "any":
            return either(answers)
        if word == "none":
            return opposite(either(answers))
        if word == "unless":
            return either(answers) is not True
        raise OutOfScopeError(f"block word {word}")

    def _word(self, word: str, given: Mapping[str, Any]) -> Truth:
        asked = self._of_orders(given).get(word) or self._of_record(given).get(word)
        if asked is None:
            raise OutOfScopeError(f"fact word {word}")
        return asked()

    def _of_record(self, given: Mapping[str, Any]) -> dict[str, Callable[[], Truth]]:
        record, pathway = self.record, self.pathway
        return {
            "condition": lambda: conditions.ask_condition(record, pathway, given),
            "observation": lambda: findings.ask_observation(record, pathway, given, anchor=self.anchor),
            "report": lambda: findings.ask_report(record, pathway, given),
            "procedure": lambda: findings.ask_procedure(record, pathway, given),
            "device": self._no_device,
            "phrase": lambda: False,  # no sentence that is written here says anything of the kind
        }

    def _of_orders(self, given: Mapping[str, Any]) -> dict[str, Callable[[], Truth]]:
        record, pathway, draft = self.record, self.pathway, self.draft
        return {
            "medication": lambda: drugs_on_record.ask_medication(record, pathway, given, draft=draft),
            "with": lambda: drugs_on_record.ask_partner(record, pathway, given, draft=draft),
            "allergy": lambda: conditions.ask_allergy(record, given, draft=draft),
            "draft": lambda: drugs_on_record.ask_draft(given, draft=draft),
            "trial": lambda: ask_trials(pathway, given, self.trials),
        }

    def _no_device(self) -> Truth:
        if self.record.of_type("Device"):
            raise OutOfScopeError("a device on record")
        return False
