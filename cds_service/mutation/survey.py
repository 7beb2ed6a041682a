"""Runs the cases against each mutant and says which mutants no case notices."""

from __future__ import annotations

import gc
import math
import random
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cds_service.casework.context import CannotBuild
from cds_service.casework.coverage import files_of
from cds_service.casework.judge import differences
from cds_service.casework.outcome import Chartwork, awake, chartwork_of, outcome_under
from cds_service.casework.read import WrittenCase, read_cases
from cds_service.errors import CaseFailed
from cds_service.mutation.mutants import Mutant, mutants_of, with_empty_set
from cds_service.mutation.relevance import Relevance
from cds_service.ruleset.load import load_ruleset
from cds_service.ruleset.profiles import also_under
from cds_service.ruleset.ruleset import Ruleset


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of a mutant: the case that noticed it (None: it survived), and how many cases were run."""

    mutant: Mutant
    killed_by: str | None
    problem: str | None
    """What that case found different."""
    cases_run: int


@dataclass(frozen=True, kw_only=True)
class Survey:
    """All mutants that were tried. ``mutants`` are those that exist; a share of them may have been tried."""

    mutants: tuple[Mutant, ...]
    verdicts: tuple[Verdict, ...]
    cases: int
    seconds: float

    @property
    def survivors(self) -> tuple[Mutant, ...]:
        """Mutants that no case noticed."""
        return tuple(v.mutant for v in self.verdicts if v.killed_by is None)


@dataclass(frozen=True)
class Bench:
    """The cases with their charts, built once, and the rules that are changed."""

    rules: Ruleset
    cases: tuple[WrittenCase, ...]
    charts: tuple[Chartwork, ...]
    relevance: Relevance = field(repr=False)

    @classmethod
    def prepared(cls, rules: Ruleset, cases: Sequence[WrittenCase]) -> Bench:
        """Build all charts. Raises ``CaseFailed`` when a case disagrees before anything is changed."""
        rules = with_empty_set(rules)
        try:
            charts = tuple(chartwork_of(rules.terminology, case) for case in cases)
        except CannotBuild as problem:
            raise CaseFailed(str(problem)) from None
        bench = cls(rules, tuple(cases), charts, Relevance(rules))
        failing = [case.title for at, case in enumerate(cases) if bench.problems(rules, at)]
        if failing:
            raise CaseFailed(f"{len(failing)} cases disagree with the rules as they are: {'; '.join(failing)}")
        return bench

    def problems(self, rules: Ruleset, at: int) -> tuple[str, ...]:
        """Return what one case finds different under some rules; rules that break are different too."""
        case = self.cases[at]
        adapted = awake(also_under(rules, case.profiles) if case.profiles else rules, case.rule)
        try:
            return differences(case, outcome_under(adapted, self.charts[at], hook=case.hook))
        except Exception as bug:  # noqa: BLE001 (a mutant may break anything; that is noticed)
            return (f"{type(bug).__name__}: {bug}",)

    def verdict(self, mutant: Mutant) -> Verdict:
        """Run the cases that could notice a mutant until one does."""
        changed = mutant.apply(self.rules)
        tried = 0
        for at in self.relevance.ordered(mutant.touch, self.cases):
            tried += 1
            problems = self.problems(changed, at)
            if problems:
                title = self.cases[at].title
                return Verdict(mutant=mutant, killed_by=title, problem=problems[0], cases_run=tried)
        return Verdict(mutant=mutant, killed_by=None, problem=None, cases_run=tried)


def survey(
    rules_dir: Path,
    *,
    only: Collection[str] = (),
    share: float = 1.0,
    seed: int = 0,
    on_verdict: Callable[[Verdict], None] = lambda _verdict: None,
) -> Survey:
    """Try every mutant of some pathways (default: of all rules), or a share of them chosen by ``seed``.

    Raises ``RuleFileInvalid`` for faults of the files, ``CaseFailed`` when the cases do not hold to begin with.
    """
    started = time.monotonic()
    rules = load_ruleset(rules_dir, only=only)
    cases = [c for path in files_of(rules_dir, only=only) for c in read_cases(path, root=rules_dir)]
    bench = Bench.prepared(rules, cases)
    mutants = mutants_of(bench.rules, rules_dir, only=only)
    verdicts = []
    gc.collect()
    gc.freeze()  # what lives as long as the survey need not be looked at again and again
    try:
        for mutant in chosen(mutants, share=share, seed=seed):
            verdicts.append(bench.verdict(mutant))
            on_verdict(verdicts[-1])
    finally:
        gc.unfreeze()
    seconds = time.monotonic() - started
    return Survey(mutants=tuple(mutants), verdicts=tuple(verdicts), cases=len(cases), seconds=seconds)


def chosen(mutants: Sequence[Mutant], *, share: float, seed: int) -> list[Mutant]:
    """Return a share of the mutants, in their order; the same for the same seed."""
    if share >= 1:
        return list(mutants)
    count = math.ceil(len(mutants) * share)
    places = random.Random(seed).sample(range(len(mutants)), count)  # noqa: S311 (a choice, not a secret)
    return [mutants[at] for at in sorted(places)]
