"""The outcome of holding an attempt against its standard."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from cds_service.evaluate.truth import Truth
from cds_service.ruleset.trials import StandardRow
from cds_service.ruleset.words import Quantity
from cds_service.timeline.amounts import Measure
from cds_service.timeline.events import Missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Adequacy:
    """What the standard says of an attempt.

    ``truth``: adequate or not; ``reason`` the finer word when it is not, or is open. ``time_up``: the required days
    have run. ``low_now``: the dose of today is known to be below the required one. ``judged``: the waiting time of a
    procedure is over. ``spans`` are the days at the required dose.
    """

    row: StandardRow
    truth: Truth
    reason: str | None = None
    missing: tuple[Missing, ...] = ()
    time_up: Truth = Truth.YES
    low_now: bool = False
    dose_unknown: bool = False
    judged: Truth = Truth.YES
    days: Measure | None = None
    dose: Measure | None = None
    sessions: int | None = None
    required_dose: Quantity | None = None
    required_days: int | None = None
    adequate_on: date | None = None
    below_target: bool | None = None
    spans: tuple[tuple[date, date], ...] = ()


def both(one: Truth, other: Truth) -> Truth:
    """And, for two answers."""
    if Truth.NO in (one, other):
        return Truth.NO
    return Truth.UNKNOWN if Truth.UNKNOWN in (one, other) else Truth.YES


__all__ = ["Adequacy", "both"]
