"""Rules that operators disable while the service runs: a small file, written by the command line, watched by every process.

A disabled rule gives no card. What it knows of a drug still keeps other rules from suggesting that drug.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from cds_service.clock import Clock
from cds_service.errors import InputInvalid

logger = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 1.0
"""How often, at most, a process looks whether the file changed."""

DISABLED, ENABLED = "disabled", "enabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One decision: what was done with which rule, by whom, when (UTC, ISO 8601) and why."""

    what: str
    rule: str
    by: str
    at: str
    because: str


@dataclass(frozen=True, kw_only=True)
class DisabledFile:
    """What the file says: every decision, oldest first. The latest of a rule holds."""

    log: tuple[Entry, ...] = ()

    @property
    def disabled(self) -> Mapping[str, Entry]:
        """The rules that are disabled now, each with the decision, by id."""
        latest = {entry.rule: entry for entry in self.log}
        return {rule: latest[rule] for rule in sorted(latest) if latest[rule].what == DISABLED}


def read_disabled(path: Path | None) -> DisabledFile:
    """Read the file; where there is none, nothing is disabled.

    :raises InputInvalid: it cannot be read, or is no such file.
    """
    if path is None or not path.exists():
        return DisabledFile()
    try:
        return _parsed(path.read_bytes())
    except OSError as problem:
        raise InputInvalid(f"{path}: {problem.strerror}") from None
    except (ValueError, TypeError, KeyError):
        raise InputInvalid(f"{path}: is no list of disabled rules") from None


def _parsed(text: bytes) -> DisabledFile:
    document = json.loads(text)
    entries = tuple(Entry(**entry) for entry in document["log"])
    for entry in entries:
        if entry.what not in {DISABLED, ENABLED} or not all(
            isinstance(v, str) for v in asdict(entry).values()
        ):
            raise ValueError("no entry of the log")
    return DisabledFile(log=entries)


def record(path: Path, entry: Entry) -> None:
    """Add a decision to the file. Readers see it whole or not at all; writers wait for each other.

    :raises InputInvalid: the file cannot be read or written.
    """
    try:
        with _alone(path):
            log = (*read_disabled(path).log, entry)
            _replace(path, {"log": [asdict(each) for each in log]})
    except OSError as problem:
        raise InputInvalid(f"{path}: {problem.strerror}") from None


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _replace(path: Path, document: Mapping[str, Any]) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8") as file:
            json.dump(document, file, indent=2, ensure_ascii=False)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@dataclass(frozen=True, kw_only=True)
class DisabledLook:
    """One look. ``by_setting`` and ``by_file`` hold known rules only, each rule in one of them.

    ``unknown`` are ids in the file that no rule has. While ``problem`` is set, the file cannot be read and what it last
    said stays in force; ``failures`` counts how often that began since the start.
    """

    by_setting: frozenset[str] = frozenset()
    by_file: Mapping[str, Entry] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    problem: str | None = None
    failures: int = 0

    @property
    def rules(self) -> frozenset[str]:
        """All disabled rules."""
        return self.by_setting | self.by_file.keys()


Stamp = tuple[int, int, int] | None
"""Inode, size and time of change of the file; None while there is none."""


class DisabledRules:
    """Watches the file; safe for many threads. A file that breaks changes nothing until it can be read again.

    ``known`` are the ids of all rules, ``by_setting`` those that are disabled for as long as the process runs.
    ``observe`` is called with each new look.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        known: Collection[str],
        by_setting: frozenset[str],
        clock: Clock,
        observe: Callable[[DisabledLook], None] = lambda _look: None,
    ) -> None:
        """Read the file once.

        :raises InputInvalid: it cannot be read now: nobody knows which rules must be silent.
        """
        self._path = path
        self._known = frozenset(known)
        self._clock = clock
        self._observe = observe
        self._lock = threading.Lock()
        self._stamp: Stamp = _stamp(path)
        self._next = clock.monotonic() + LOOK_EVERY_SECONDS
        self._look = self._seen(read_disabled(path), DisabledLook(by_setting=by_setting))
        observe(self._look)

    def look(self) -> DisabledLook:
        """Return what is disabled now; looks at the file when that was not done within the last second."""
        if self._clock.monotonic() >= self._next and self._lock.acquire(blocking=False):
            try:
                self._next = self._clock.monotonic() + LOOK_EVERY_SECONDS
                self._look_again()
            finally:
                self._lock.release()
        return self._look

    def rules(self) -> frozenset[str]:
        """Return the ids of the rules that are disabled now."""
        return self.look().rules

    def _look_again(self) -> None:
        try:
            stamp = _stamp(self._path)
            if stamp == self._stamp and self._look.problem is None:
                return
            if stamp is None and self._stamp is not None:
                raise InputInvalid("the file of disabled rules is gone")
            self._changed(self._seen(read_disabled(self._path), self._look))
            self._stamp = stamp
        except (InputInvalid, OSError) as problem:
            self._failed(problem)

    def _seen(self, file: DisabledFile, last: DisabledLook) -> DisabledLook:
        disabled = file.disabled
        return replace(
            last,
            by_file={r: e for r, e in disabled.items() if r in self._known and r not in last.by_setting},
            unknown=tuple(rule for rule in disabled if rule not in self._known),
            problem=None,
        )

    def _changed(self, look: DisabledLook) -> None:
        if look == self._look:
            return
        self._look = look
        self._observe(look)
        logger.warning("disabled rules changed", extra={"rules": look.rules, "count": len(look.rules)})

    def _failed(self, problem: Exception) -> None:
        if self._look.problem is not None:
            return
        self._look = replace(
            self._look,
            problem="cannot be read; what it last said stays in force",
            failures=self._look.failures + 1,
        )
        self._observe(self._look)
        logger.error("disabled rules cannot be read", extra={"reason": type(problem).__name__})


def _stamp(path: Path | None) -> Stamp:
    if path is None:
        return None
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return (found.st_ino, found.st_size, found.st_mtime_ns)
