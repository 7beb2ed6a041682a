"""``python -m bench``: requests a second of the service over the floor, interleaved, for three sizes.

Both servers run one worker on one core, the client on the other. Machines differ and are noisy: read the ratios.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bench.load import Run, measure, prepared
from bench.payloads import body

SIZES = (20, 200, 2000)
PATH = "/cds-services/failed-therapy-patient-view"
FLOOR_PORT, SERVICE_PORT = 18191, 18192


def main() -> None:
    """Run the benchmark and print a table in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--bodies", type=int, default=500, help="different bodies a size (default 500)")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a round (default 3)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each server (default 5)")
    parser.add_argument("--connections", type=int, default=4)
    options = parser.parse_args()
    _pin(1)
    with _server(_floor(), FLOOR_PORT, "/"), _server(_service(), SERVICE_PORT, "/healthz"):
        for line in _table(options):
            print(line, flush=True)


def _table(options: argparse.Namespace) -> Iterator[str]:
    yield "| resources | patient | service req/s | floor req/s | service / floor | service p50 / p99 ms |"
    yield "| ---: | --- | ---: | ---: | ---: | ---: |"
    for size in SIZES:
        for condition in (True, False):
            bodies = [body(size, number=n, condition=condition) for n in range(options.bodies)]
            service, floor = _interleaved(bodies, options)
            yield _row(size, condition, service, floor)


def _interleaved(bodies: Sequence[bytes], options: argparse.Namespace) -> tuple[list[Run], list[Run]]:
    rounds: dict[int, list[Run]] = {SERVICE_PORT: [], FLOOR_PORT: []}
    requests = {port: prepared(PATH, bodies, port) for port in rounds}
    for port in rounds:
        measure(requests[port], port=port, seconds=1, connections=options.connections)
    for _ in range(options.rounds):
        for port, runs in rounds.items():
            runs.append(
                measure(requests[port], port=port, seconds=options.seconds, connections=options.connections)
            )
    return rounds[SERVICE_PORT], rounds[FLOOR_PORT]


def _row(size: int, condition: bool, service: Sequence[Run], floor: Sequence[Run]) -> str:
    errors = sum(r.errors for r in (*service, *floor))
    if errors:
        raise SystemExit(f"{errors} answers were not 200")
    ours = statistics.median(r.rate for r in service)
    theirs = statistics.median(r.rate for r in floor)
    ratio = statistics.median(s.rate / f.rate for s, f in zip(service, floor, strict=True))
    p50 = statistics.median(r.percentile(0.5) for r in service)
    p99 = statistics.median(r.percentile(0.99) for r in service)
    patient = "with the condition" if condition else "without"
    return f"| {size} | {patient} | {ours:.0f} | {theirs:.0f} | {ratio:.2f} | {p50:.2f} / {p99:.2f} |"


def _floor() -> list[str]:
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "-w",
        "1",
        "-b",
        f"127.0.0.1:{FLOOR_PORT}",
        "--log-level",
        "error",
        "bench.floor:app",
    ]


def _service() -> list[str]:
    return [sys.executable, "-m", "cds_service", "serve", "--port", str(SERVICE_PORT), "--workers", "1"]


@contextmanager
def _server(command: Sequence[str], port: int, probe: str) -> Iterator[None]:
    environment = {**os.environ, "CDS_DEV": "1", "CDS_DATABASE": ":memory:", "CDS_LOG_LEVEL": "error"}
    process = subprocess.Popen(
        command, env=environment, preexec_fn=lambda: _pin(0), stdout=subprocess.DEVNULL
    )
    try:
        _await(port, probe, process)
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)


def _await(port: int, probe: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{probe}", timeout=1):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            if process.poll() is not None:
                raise SystemExit("a server did not start") from None
            time.sleep(0.1)
    raise SystemExit("a server did not start in time")


def _pin(core: int) -> None:
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cores) > 1:
        os.sched_setaffinity(0, {cores[min(core, len(cores) - 1)]})


if __name__ == "__main__":
    main()
