"""Where the service gets the time from: the real clock, or one that tests hold still.

Nothing below the entry points reads the time by itself; whoever needs it is given a ``Clock``.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """The time of day, and a time that only ever runs forward."""

    def now(self) -> datetime:
        """Return the present moment, always with UTC as its zone."""
        ...

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start, for measuring how long something takes."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return the seconds of the machine's monotonic clock."""
        return time.monotonic()


class FixedClock:
    """A clock that stands still until it is told to go on; for tests and for judging a record as of a day."""

    def __init__(self, moment: datetime) -> None:
        """Start at ``moment``, which must carry a time zone."""
        if moment.tzinfo is None:
            raise ValueError("a clock needs a moment with a time zone")
        self._start = moment.astimezone(UTC)
        self._passed = 0.0

    def now(self) -> datetime:
        """Return the moment the clock stands at, in UTC."""
        return self._start + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        """Return the seconds that the clock was advanced by."""
        return self._passed

    def advance(self, seconds: float) -> None:
        """Let ``seconds`` pass; time never runs back."""
        if seconds < 0:
            raise ValueError("time does not run back")
        self._passed += seconds
