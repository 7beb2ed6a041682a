"""Answers any item of the rule language for a case: a fact by name, a fact word with its filters, or a block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from cds_service.evaluate import (
    medication_facts,
    procedure_facts,
    quantity_facts,
    record_facts,
    result_facts,
    trial_facts,
)
from cds_service.evaluate.case import Case
from cds_service.evaluate.findings import StepState, Trial
from cds_service.evaluate.truth import Answer, Truth, all_of, any_of, at_least_of, negate
from cds_service.ruleset.facts import Ask, Block, Fact

RECORD_WORDS: dict[str, Callable[[Any, Case], Answer]] = {
    "condition": record_facts.condition,
    "observation": result_facts.observation,
    "monthly": result_facts.monthly,
    "response": result_facts.response,
    "report": result_facts.report,
    "allergy": record_facts.allergy,
    "care": record_facts.care,
    "device": record_facts.device,
    "encounter": record_facts.encounter,
    "age": record_facts.age,
    "sex": record_facts.sex,
    "ancestry": record_facts.ancestry,
    "medication": medication_facts.medication,
    "with": medication_facts.with_partner,
    "draft": medication_facts.draft_fact,
    "procedure": procedure_facts.procedure,
    "phrase": procedure_facts.phrase,
    "daily_total": quantity_facts.daily_total,
    "treatment_days": quantity_facts.treatment_days,
    "table_limit": quantity_facts.table_limit,
    "setting": record_facts.setting,
}
"""Words that read the record alone; safety rules may use only these."""

_BOUND_TO_DRAFT = frozenset({"draft", "with", "daily_total", "treatment_days", "table_limit"})


class Asker:
    """Answers items; holds how trials and ladder steps are had, so that this module needs to know neither.

    ``trials(pathway, case)`` are a pathway's judged trials and ``ladder(pathway, case)`` its steps.
    """

    def trials(self, pathway: str, case: Case) -> tuple[Trial, ...]:
        """Return the judged trials of a pathway."""
        return self._trials(pathway, case)

    def __init__(
        self,
        *,
        trials: Callable[[str, Case], tuple[Trial, ...]],
        ladder: Callable[[str, Case], tuple[StepState, ...]],
    ) -> None:
        self._trials = trials
        self._ladder = ladder

    def ask(self, item: str | Ask | Block, case: Case) -> Answer:
        """Answer one item of the language."""
        if isinstance(item, str):
            return self.fact(item, case)
        if isinstance(item, Block):
            return self.block(item, case)
        return self._word(item, case)

    def fact(self, name: str, case: Case) -> Answer:
        """Answer a named fact, once a call where neither draft nor anchor can change it."""
        home = case.rules.home_of_fact(name, case.pathway)
        fact = case.rules.fact(name, case.pathway)
        if fact is None or home is None:
            raise KeyError(f"no fact named {name}")
        place = case.pathway if home == "shared" else home
        draft = case.draft.reference if case.draft is not None else None
        anchor = case.anchor.reference if case.anchor is not None else None
        return case.once(
            ("fact", place, name, draft, anchor), lambda: self._fact(fact, case.within_scope(place))
        )

    def _fact(self, fact: Fact, case: Case) -> Answer:
        answer = self.block(fact.block, case)
        if (
            answer.yes
        ):  # of several ways to hold, say which one it was; of parts that all hold, the whole is enough
            inner = answer.says if fact.any or fact.some is not None or fact.possibly else ()
            return replace(answer, says=(fact.says, *inner))
        if answer.no and fact.says_not:
            return replace(answer, says=(fact.says_not,))
        return answer

    def block(self, block: Block, case: Case) -> Answer:
        """And together everything that the block says; ``unless`` blocks only when known yes.

        Parts are asked in the order written, and no further once one is known not to hold.
        """
        parts: list[Answer] = []
        for part in self._parts(block, case):
            if part.no:
                return all_of([part])
            parts.append(part)
        blockers: list[Answer] = []
        for item in block.unless:
            blocker = self.ask(item, case)
            if blocker.yes:
                return all_of([negate(blocker)])
            blockers.append(blocker)
        joined = all_of(parts)
        open_ = tuple(m for b in blockers if b.unknown for m in b.missing)
        return replace(joined, missing=(*joined.missing, *open_)) if open_ else joined

    def _parts(self, block: Block, case: Case) -> Iterator[Answer]:
        """Everything that must hold, each worked out when it is its turn."""
        yield from (self.ask(item, case) for item in block.all)
        yield from (negate(self.ask(item, case)) for item in block.none)
        if block.any:
            yield any_of([self.ask(item, case) for item in block.any])
        if block.some is not None:
            yield at_least_of(block.some.at_least, [self.ask(i, case) for i in block.some.of])
        if block.possibly:
            yield any_of([_possibly(self.ask(item, case)) for item in block.possibly])

    def _word(self, item: Ask, case: Case) -> Answer:
        return self.ask_word(item.word, item.fact, case)

    def ask_word(self, word: str, fact: Any, case: Case) -> Answer:
        """Answer one fact word with its filters."""
        if word == "trial":
            return trial_facts.trial(fact, case, lambda scope: self._trials(scope, case))
        if word == "step":
            return trial_facts.step(fact, case, lambda: self._ladder(case.pathway, case))
        if word in _BOUND_TO_DRAFT or case.anchor is not None or case.draft is not None:
            return RECORD_WORDS[word](fact, case)
        return case.once((word, case.pathway, fact), lambda: RECORD_WORDS[word](fact, case))


def _possibly(answer: Answer) -> Answer:
    return replace(answer, truth=Truth.YES) if answer.unknown and answer.possible else answer
