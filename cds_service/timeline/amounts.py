"""Numbers as intervals with a unit: a range, a partial supply and a partial date need no words of their own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Amount:
    """A number known to lie between ``low`` and ``high`` (``None`` = no upper bound known), in ``unit`` (UCUM)."""

    low: float
    high: float | None
    unit: str

    @classmethod
    def exactly(cls, value: float, unit: str) -> Amount:
        """Return an amount that is known exactly."""
        return cls(value, value, unit)

    @property
    def is_exact(self) -> bool:
        """True when both bounds agree."""
        return self.high == self.low


@dataclass(frozen=True, slots=True)
class UnknownAmount:
    """A number that the record cannot tell; ``reason`` says why and ``settled_by`` which datum would settle it."""

    reason: str
    settled_by: str = ""


Measure = Amount | UnknownAmount
