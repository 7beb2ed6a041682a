"""Runs mutants on a bench, in this process or in several that are forked from it."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait

from cds_service.errors import EvaluationBug
from cds_service.mutation.bench import Bench, Verdict
from cds_service.mutation.mutants import Mutant

BLOCK = 20
"""Mutants that one process tries one after the other: what killed a mutant often kills its neighbour."""

_Found = tuple[int, str | None, str | None, int]
"""Number of a mutant, and its verdict without it: mutants need not travel between processes."""


def side_by_side(bench: Bench, mutants: Sequence[Mutant], *, processes: int) -> Iterator[tuple[int, Verdict]]:
    """Yield the number of each mutant with its verdict, as they come. Raises ``CaseFailed``."""
    if processes <= 1:
        for at, mutant in enumerate(mutants):
            yield at, bench.verdict(mutant)
        return
    for at in range(len(bench.cases)):
        bench.observe(at)  # once, before the fork, instead of once in each process
    for at, killed_by, problem, cases_run in _forked(bench, mutants, processes):
        yield (
            at,
            Verdict(mutant=mutants[at], killed_by=killed_by, problem=problem, cases_run=cases_run),
        )


def _forked(bench: Bench, mutants: Sequence[Mutant], processes: int) -> Iterator[_Found]:
    fork = multiprocessing.get_context("fork")
    workers = []
    waiting: set[Connection] = set()
    for number in range(processes):
        ours, theirs = fork.Pipe(duplex=False)
        mine = [at for at in range(len(mutants)) if at // BLOCK % processes == number]
        worker = fork.Process(target=_work, args=(bench, mutants, mine, theirs), daemon=True)
        worker.start()
        theirs.close()
        workers.append(worker)
        waiting.add(ours)
    while waiting:
        for ready in wait(list(waiting)):
            assert isinstance(ready, Connection)
            try:
                yield from ready.recv()
            except EOFError:
                waiting.remove(ready)
    for worker in workers:
        worker.join()
        if worker.exitcode:
            raise EvaluationBug(f"a process that tried mutants ended with exit code {worker.exitcode}")


def _work(bench: Bench, mutants: Sequence[Mutant], mine: Sequence[int], out: Connection) -> None:
    for at in mine:
        verdict = bench.verdict(mutants[at])
        found: _Found = (at, verdict.killed_by, verdict.problem, verdict.cases_run)
        out.send([found])
    out.close()


__all__ = ["side_by_side"]
