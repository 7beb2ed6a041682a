"""Signs: what the record says of how an attempt went, and which of several contradictory signs decides.

Strongest first: a coded reason or outcome; reviewed words; dated events and scores; an inference from what was ordered
next. A phrase never outweighs a code and an inference never outweighs a recorded reason. Of two sources of the same
strength the later one wins, and a documented event or score after the deciding sign supersedes it, unless that is harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from cds_service.evaluate.findings import Verdict
from cds_service.evaluate.truth import Evidence
from cds_service.timeline.dates import DateSpan
from cds_service.timeline.events import Certainty, Missing


class Source(IntEnum):
    """What a sign rests on, strongest first."""

    CODE = 0
    TEXT = 1
    EVENT = 2
    INFERENCE = 3


PRECEDENCE: Sequence[tuple[Verdict, str | None]] = (
    (Verdict.NOT_TOLERATED, None),
    (Verdict.FAILED, "waned"),
    (Verdict.FAILED, None),
    (Verdict.RULED_OUT, None),
    (Verdict.EFFECTIVE, None),
    (Verdict.STOPPED_OTHER, None),
    (Verdict.UNKNOWN, None),
)
"""Which sign decides when strength and date are equal: harm first, then the more telling reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One reason to give a verdict.

    ``when`` is the day that it speaks of; ``possible`` marks what imprecise dates leave open. ``after_use`` says, for
    ``ruled-out``, how much use it tolerates. ``order`` is its place in the rule, for a stable choice.
    """

    verdict: Verdict
    reason: str
    source: Source
    when: DateSpan | None = None
    evidence: tuple[Evidence, ...] = ()
    needs_adequate: bool = False
    after_use: str = "never"
    possible: bool = False
    missing: tuple[Missing, ...] = ()
    order: int = 0


def deciding(signs: Iterable[Sign]) -> Sign | None:
    """Return the sign that decides; None when there is none. Open signs never decide."""
    firm = [s for s in signs if not s.possible]
    if not firm:
        return None
    strongest = min(s.source for s in firm)
    chosen = min((s for s in firm if s.source is strongest), key=_rank)
    if chosen.verdict is Verdict.NOT_TOLERATED:  # a score does not contradict a recorded harm
        return chosen
    later = [s for s in firm if s.source is Source.EVENT and _documented(s) and _after(s, chosen)]
    return min(later, key=_rank) if later else chosen


def _rank(sign: Sign) -> tuple[int, int, int, int]:
    last, first = (sign.when.last.toordinal(), sign.when.first.toordinal()) if sign.when else (0, 0)
    return (-last, -first, _precedence(sign), sign.order)


def _precedence(sign: Sign) -> int:
    for place, (verdict, reason) in enumerate(PRECEDENCE):
        if sign.verdict is verdict and reason in (None, sign.reason):
            return place
    return len(PRECEDENCE)


def _documented(sign: Sign) -> bool:
    """What was only inferred (months without drugs), or rests on a code not verified, overturns nothing recorded."""
    return all(e.certainty is Certainty.DOCUMENTED and e.verified for e in sign.evidence)


def _after(sign: Sign, other: Sign) -> bool:
    return sign.when is not None and other.when is not None and sign.when.first > other.when.last


def contrary(signs: Iterable[Sign], chosen: Sign | None) -> tuple[Sign, ...]:
    """Return the signs that speak for another verdict than the deciding one; a card shows them too."""
    if chosen is None:
        return ()
    return tuple(s for s in signs if not s.possible and s.verdict is not chosen.verdict)


__all__ = ["PRECEDENCE", "Sign", "Source", "contrary", "deciding"]
