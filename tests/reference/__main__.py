"""Compares the engine with the reference evaluator on many made-up patients: ``python -m tests.reference --seeds 10000``."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tests.reference.compare import Opinions, opinions, ruleset
from tests.reference.patients import WRITERS, MadeUp, patient
from tests.reference.shrink import shrunk

SHOWN = 5
"""Disagreements that are shown whole."""


@dataclass(frozen=True)
class Tally:
    """What came of some seeds of one pathway."""

    seeds: int
    verdicts: Counter[str]
    steps: Counter[str]
    disagreements: tuple[int, ...]


def tally(pathway: str, seeds: Sequence[int]) -> Tally:
    """Judge the patients of some seeds twice."""
    verdicts: Counter[str] = Counter()
    steps: Counter[str] = Counter()
    apart = []
    for seed in seeds:
        found = opinions(patient(pathway, seed))
        verdicts.update(said[1] for said in found.reference)
        steps[found.reference_step or "done"] += 1
        if not found.agree:
            apart.append(seed)
    return Tally(len(seeds), verdicts, steps, tuple(apart))


def _part(asked: tuple[str, Sequence[int]]) -> Tally:
    return tally(*asked)


def together(parts: Sequence[Tally]) -> Tally:
    """Several tallies as one."""
    verdicts: Counter[str] = Counter()
    steps: Counter[str] = Counter()
    for part in parts:
        verdicts += part.verdicts
        steps += part.steps
    apart = tuple(sorted(seed for part in parts for seed in part.disagreements))
    return Tally(sum(part.seeds for part in parts), verdicts, steps, apart)


def run(pathway: str, first: int, count: int, workers: int) -> Tally:
    """Judge so many patients of a pathway, in several processes."""
    seeds = range(first, first + count)
    chunks = [(pathway, seeds[n : n + 50]) for n in range(0, count, 50)]
    if workers == 1:
        return together([_part(chunk) for chunk in chunks])
    ruleset()  # loaded once, before the processes part
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        return together(pool.map(_part, chunks, chunksize=1))


def report(pathway: str, found: Tally) -> str:
    """Counts of agreement, verdicts and steps, in words."""
    agreed = found.seeds - len(found.disagreements)
    lines = [f"{pathway}: agree on {agreed} of {found.seeds} seeds"]
    for name, counts in (("trials", found.verdicts), ("step", found.steps)):
        lines.append(f"  {name}: " + ", ".join(f"{word} {n}" for word, n in counts.most_common()))
    return "\n".join(lines)


def disagreement(made_up: MadeUp) -> str:
    """The smallest patient on whom both still disagree, and what each says."""
    small = shrunk(made_up, lambda other: not opinions(other).agree)
    found = opinions(small)
    lines = [f"seed {made_up.seed} of {made_up.pathway}, judged on {small.as_of}:"]
    lines += [f"  {json.dumps(resource)}" for resource in small.resources]
    return "\n".join([*lines, *_apart(found)])


def _apart(found: Opinions) -> list[str]:
    lines = [f"  engine    says {said}" for said in found.only_engine]
    lines += [f"  reference says {said}" for said in found.only_reference]
    if found.engine_step != found.reference_step:
        lines.append(f"  step: engine {found.engine_step}, reference {found.reference_step}")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison; 1 when there is any disagreement."""
    parser = argparse.ArgumentParser(prog="python -m tests.reference", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="patients of each pathway")
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first seed")
    parser.add_argument("--pathway", choices=sorted(WRITERS), action="append", help="default: every pathway")
    parser.add_argument("--workers", type=int, default=multiprocessing.cpu_count())
    given = parser.parse_args(arguments)
    failed = False
    for pathway in given.pathway or WRITERS:
        found = run(pathway, given.first, given.seeds, given.workers)
        sys.stdout.write(report(pathway, found) + "\n")
        for seed in found.disagreements[:SHOWN]:
            sys.stdout.write(disagreement(patient(pathway, seed)) + "\n")
        sys.stdout.flush()
        failed = failed or bool(found.disagreements)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
