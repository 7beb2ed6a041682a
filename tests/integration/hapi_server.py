"""Starts the project's HAPI launcher for a test run and makes sure that it ends with it."""

from __future__ import annotations

import os
import queue
import shlex
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

HAPI = Path(__file__).resolve().parents[2] / "hapi"
CLASSPATH = HAPI / "target" / "classpath.txt"
JAVA_OPTIONS = "-Xmx600m -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
READY_WITHIN = 180.0
"""Seconds; the server needs 10 to 20 on an idle machine with two cores."""
STOPPED_WITHIN = 15.0
"""Seconds."""


class HapiDidNotStart(Exception):
    """The server ended, or said nothing in time; the message holds the end of its log."""


@contextmanager
def running_hapi() -> Iterator[str]:
    """The base address of a fresh, empty server with an in-memory database.

    Skips the test when Java or the compiled launcher is missing.
    """
    command = _command()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
        )
        try:
            yield _base_url_of(process, log)
        finally:
            _stop(process)


def _command() -> list[str]:
    java = shutil.which("java")
    if java is None:
        pytest.skip("Java is not installed (make system-deps)")
    if not CLASSPATH.exists():
        pytest.skip("the HAPI launcher is not built (make hapi/target/classpath.txt, needs Maven)")
    options = shlex.split(os.environ.get("HAPI_JAVA_OPTS", JAVA_OPTIONS))
    classpath = f"{HAPI / 'target' / 'classes'}{os.pathsep}{CLASSPATH.read_text().strip()}"
    return [
        java,
        *options,
        "-Dport=0",
        "-DstopOnEof=true",
        "-cp",
        classpath,
        "org.cdsservice.hapi.HapiLauncher",
    ]


def _base_url_of(process: subprocess.Popen[str], log: IO[bytes]) -> str:
    assert process.stdout is not None
    lines: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_read_all, args=(process.stdout, lines), daemon=True).start()
    deadline = time.monotonic() + READY_WITHIN
    while True:
        try:
            line = lines.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise HapiDidNotStart(f"nothing within {READY_WITHIN:.0f} s:\n{_end_of(log)}") from None
        if line is None:
            raise HapiDidNotStart(f"ended with {process.wait()}:\n{_end_of(log)}")
        if line.startswith("READY "):
            return line.split()[1]


def _read_all(stream: IO[str], lines: queue.Queue[str | None]) -> None:
    for line in stream:
        lines.put(line)
    lines.put(None)


def _end_of(log: IO[bytes], characters: int = 4000) -> str:
    log.seek(0)
    return log.read().decode(errors="replace")[-characters:]


def _stop(process: subprocess.Popen[str]) -> None:
    """Closing its input asks the server to end; one that does not is killed."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(STOPPED_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    assert process.stdout is not None
    process.stdout.close()
