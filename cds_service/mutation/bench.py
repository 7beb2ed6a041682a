"""The cases of the rules, ready to be run against many mutants: charts are built once, and only when a case is reached."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cds_service.casework.context import CannotBuild
from cds_service.casework.judge import differences
from cds_service.casework.outcome import Chartwork, awake, chartwork_of, outcome_under
from cds_service.casework.read import WrittenCase
from cds_service.errors import CaseFailed
from cds_service.mutation.likely import Likely
from cds_service.mutation.mutants import Mutant
from cds_service.mutation.watch import Reads, watched, with_watched_profiles
from cds_service.ruleset.profiles import also_under
from cds_service.ruleset.ruleset import Ruleset
from cds_service.ruleset.yaml_file import Place


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of a mutant: the case that noticed it (None: it survived), and how many cases were run."""

    mutant: Mutant
    killed_by: str | None
    problem: str | None
    """What that case found different."""
    cases_run: int


class Bench:
    """Runs cases against mutants. What cases use, and answers that a mutant cannot change, are remembered."""

    def __init__(self, rules: Ruleset, cases: Sequence[WrittenCase], labels: Collection[Place]) -> None:
        """Take the rules as they are, and the labels of all fields that will be changed."""
        self.rules = rules
        self.cases = tuple(cases)
        self._reads = Reads()
        self._watched = watched(rules, self._reads, labels)
        self._seen: set[int] = set()
        self._charts: dict[int, Chartwork] = {}
        self._memos: dict[int, dict[Hashable, Any]] = {}
        self._likely = Likely(rules, cases)

    def verdict(self, mutant: Mutant) -> Verdict:
        """Run the cases that could notice a mutant until one does. Raises ``CaseFailed``; see ``observe``."""
        changed = mutant.apply(self.rules)
        tried = 0
        for at in self._likely.first(mutant):
            self.observe(at)
            if not self.uses(at, mutant):
                continue
            tried += 1
            problems = self._problems_of(mutant, changed, at)
            if problems:
                self._likely.noticed(mutant, at)
                title = self.cases[at].title
                return Verdict(mutant=mutant, killed_by=title, problem=problems[0], cases_run=tried)
        return Verdict(mutant=mutant, killed_by=None, problem=None, cases_run=tried)

    def observe(self, at: int) -> None:
        """Run a case once under the rules as they are, and remember what it uses.

        Raises ``CaseFailed`` when it disagrees before anything is changed.
        """
        if at in self._seen:
            return
        self._seen.add(at)
        problems = self._problems(self._watched, at, watching=True)
        self._reads.finish(at)
        if problems:
            raise CaseFailed(f"{self.cases[at].title} disagrees with the rules as they are: {problems[0]}")

    def uses(self, at: int, mutant: Mutant) -> bool:
        """Return whether a case, once observed, uses what a mutant changes."""
        return self._reads.uses(at, mutant.labels)

    def notices(self, at: int, mutant: Mutant) -> bool:
        """Return whether a case notices a mutant; everything is worked out anew."""
        return bool(self._problems(mutant.apply(self.rules), at))

    # ---------------------------------------------------------------- running

    def _problems(
        self, rules: Ruleset, at: int, *, memo: dict[Hashable, Any] | None = None, watching: bool = False
    ) -> tuple[str, ...]:
        case = self.cases[at]
        adapted = awake(also_under(rules, case.profiles) if case.profiles else rules, case.rule)
        if watching:
            adapted = with_watched_profiles(adapted, self._reads)
        try:
            return differences(case, outcome_under(adapted, self._chart(at), hook=case.hook, memo=memo))
        except Exception as bug:  # noqa: BLE001 (a mutant may break anything; that is noticed)
            return (f"{type(bug).__name__}: {bug}",)

    def _problems_of(self, mutant: Mutant, changed: Ruleset, at: int) -> tuple[str, ...]:
        """Return what a case finds different. Where one card is changed, what the others answered is not asked again."""
        if mutant.card is None or mutant.card in self._asked_by_trials:
            return self._problems(changed, at)
        known = self._memos.setdefault(at, {})
        memo = {key: value for key, value in known.items() if key != ("outcomes", mutant.card)}
        problems = self._problems(changed, at, memo=memo)
        known.update((key, value) for key, value in memo.items() if not _is_of(key, mutant.card))
        return problems

    def _chart(self, at: int) -> Chartwork:
        if at not in self._charts:
            try:
                self._charts[at] = chartwork_of(self.rules.terminology, self.cases[at])
            except CannotBuild as problem:
                raise CaseFailed(f"{self.cases[at].title}: {problem}") from None
        return self._charts[at]

    @cached_property
    def _asked_by_trials(self) -> frozenset[str]:
        """Safety cards that verdicts ask: changing one may change any answer."""
        trials = [p.trials for p in self.rules.pathways.values() if p.trials is not None]
        evidence = [e for t in trials for e in (*t.verdicts.ruled_out, *t.procedures.ruled_out)]
        return frozenset(card for entry in evidence for card in entry.would_fire)


def _is_of(key: Hashable, card: str) -> bool:
    """True for an answer that one card's rule may have a part in: its own, and facts hung on its event."""
    if not isinstance(key, tuple):
        return False
    if key[0] == "fact" and key[-1] is not None:
        return True
    return key == ("outcomes", card)
