"""Tries every mutant of the rules, or a share of them, home by home, and says which of them no case notices."""

from __future__ import annotations

import gc
import math
import random
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cds_service.casework.coverage import files_of
from cds_service.casework.read import WrittenCase, read_cases
from cds_service.mutation.bench import Bench, Verdict
from cds_service.mutation.mutants import Key, Mutant, mutants_of, with_empty_set
from cds_service.mutation.work import side_by_side
from cds_service.ruleset.library import SHARED, read_library
from cds_service.ruleset.load import load_ruleset
from cds_service.ruleset.ruleset import Ruleset

Report = Callable[[Verdict], None]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which mutants are tried: those of some cards (default: all), and of these a share chosen by ``seed``.

    Those with the keys of ``but`` are left out of the share: it takes long to show that no case notices them.
    """

    cards: frozenset[str] = frozenset()
    share: float = 1.0
    seed: int = 0
    but: frozenset[Key] = frozenset()

    def of(self, mutants: Iterable[Mutant]) -> list[Mutant]:
        """Return the chosen mutants, in their order; the same for the same seed."""
        own = [m for m in mutants if not self.cards or m.card in self.cards]
        if self.share >= 1:
            return own
        count = math.ceil(len(own) * self.share)
        places = random.Random(self.seed).sample(range(len(own)), count)  # noqa: S311 (a choice, not a secret)
        return [own[at] for at in sorted(places) if own[at].key not in self.but]


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What came of the mutants of one home: a pathway, or ``shared``. Of ``mutants``, some may not have been tried."""

    home: str
    mutants: tuple[Mutant, ...]
    verdicts: tuple[Verdict, ...]
    seconds: float

    @property
    def survivors(self) -> tuple[Mutant, ...]:
        """Mutants that no case noticed."""
        return tuple(v.mutant for v in self.verdicts if v.killed_by is None)


ALL = Choice()


def homes_of(rules_dir: Path) -> tuple[str, ...]:
    """Return the homes of mutants: the pathways, and the shared part. Faults are left to whoever loads the rules."""
    return (*read_library(rules_dir, faults=[]).pathways, SHARED)


def survey(
    rules_dir: Path,
    home: str,
    *,
    choice: Choice = ALL,
    processes: int = 1,
    on_verdict: Report = lambda _: None,
) -> Survey:
    """Try the mutants that live in a home. Those of a pathway must be noticed by its own cases, shared ones by any.

    Raises ``RuleFileInvalid`` for faults of the files, ``CaseFailed`` when the cases do not hold to begin with.
    """
    started = time.monotonic()
    only = () if home == SHARED else (home,)
    rules = with_empty_set(load_ruleset(rules_dir, only=only))
    mutants = mutants_of(rules, rules_dir, home=home)
    tried = choice.of(mutants)
    written = (c for path in files_of(rules_dir, only=only) for c in read_cases(path, root=rules_dir))
    cases = [case for case in written if _stays_at_home(case, rules)] if tried else []
    bench = Bench(rules, cases, {label for mutant in tried for label in mutant.labels})
    with _left_alone():
        verdicts = _verdicts(bench, tried, processes=processes, on_verdict=on_verdict)
    return Survey(
        home=home,
        mutants=tuple(mutants),
        verdicts=tuple(verdicts),
        seconds=time.monotonic() - started,
    )


def _verdicts(
    bench: Bench, tried: Sequence[Mutant], *, processes: int, on_verdict: Report
) -> Collection[Verdict]:
    found: dict[int, Verdict] = {}
    for at, verdict in side_by_side(bench, tried, processes=processes):
        found[at] = verdict
        on_verdict(verdict)
    return [found[at] for at in sorted(found)]


def _stays_at_home(case: WrittenCase, rules: Ruleset) -> bool:
    """False for a story of several pathways, which needs more rules than those of a home."""
    expect = case.spec.expect
    cards = {*expect.also, *(wanted.card for wanted in expect.cards if wanted.card)}
    pathways = expect.step if isinstance(expect.step, dict) else {}
    return (
        rules.by_id.keys() >= cards
        and rules.available_profiles.keys() >= set(case.profiles)
        and rules.pathways.keys() >= set(pathways)
    )


@contextmanager
def _left_alone() -> Iterator[None]:
    """What lives as long as the survey need not be looked at by the garbage collector again and again."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


__all__ = ["ALL", "Choice", "Survey", "homes_of", "survey"]
