"""The time that one call may spend on reading FHIR data."""

from __future__ import annotations

from cds_service.clock import Clock


class Budget:
    """Seconds that are left of a call's allowance; it only ever shrinks."""

    def __init__(self, clock: Clock, seconds: float, *, since: float | None = None) -> None:
        """Start with ``seconds`` to spend, counted from the monotonic time ``since``, or from now."""
        self._clock = clock
        self._end = (clock.monotonic() if since is None else since) + seconds

    def remaining(self) -> float:
        """Return the seconds left, never below zero."""
        return max(0.0, self._end - self._clock.monotonic())

    @property
    def spent(self) -> bool:
        """True when nothing is left."""
        return self.remaining() <= 0.0

    def share(self, part: float) -> Budget:
        """Return a budget of ``part`` (0 to 1) of what is left, for a step that must leave time for the next."""
        return Budget(self._clock, self.remaining() * part)

    def cut_to(self, other: Budget) -> Budget:
        """Return whichever of two budgets ends sooner."""
        return other if other.remaining() < self.remaining() else self
