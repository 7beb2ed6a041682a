"""A process writes what is left when it ends, whether it is the main one or a worker, and keeps its load uncollected."""

from __future__ import annotations

import subprocess
import sys

import pytest

PLAIN = """
from cds_service.ops.process import at_exit
at_exit(lambda: print("ended", flush=True))
"""
WORKER = """
import multiprocessing
from cds_service.ops.process import at_exit
def work():
    at_exit(lambda: print("ended", flush=True))
if __name__ == "__main__":
    worker = multiprocessing.get_context("fork").Process(target=work)
    worker.start()
    worker.join()
"""
COLLECTOR = """
import gc
from cds_service.ops.process import settle_collector
kept = [[] for _ in range(1000)]
settle_collector()
print(gc.get_freeze_count() > 1000, gc.get_threshold()[0], gc.isenabled())
"""


def output_of(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True).stdout


@pytest.mark.parametrize("program", [PLAIN, WORKER])
def test_the_end_is_called_when_a_process_ends(program: str) -> None:
    assert set(output_of(program).split()) == {"ended"}


def test_what_was_loaded_is_out_of_the_collectors_sight() -> None:
    assert output_of(COLLECTOR).split() == ["True", "50000", "True"]
