"""Which of several things on record decides: codes before words before events before inferences, then the later one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import IntEnum
from typing import Protocol, TypeVar


class Rank(IntEnum):
    """What a statement rests on; the higher outweighs the lower."""

    INFERENCE = 0
    EVENT = 1
    WORDS = 2
    CODE = 3


class Weighed(Protocol):
    """Anything that is weighed."""

    @property
    def rank(self) -> Rank:
        """What it rests on."""

    @property
    def sure(self) -> bool:
        """Whether it is documented: by a verified code, an event or a score."""

    @property
    def day(self) -> date | None:
        """The day that it speaks of."""

    @property
    def is_harm(self) -> bool:
        """Whether it says that the therapy did harm."""


W = TypeVar("W", bound=Weighed)


def decides(things: Sequence[W]) -> W | None:
    """The one that decides: of the highest rank the latest, and of those the first in the list.

    Of two contradictory sources the later one wins: a documented event or score of a later day outweighs even a code.
    Harm is not contradicted by a score.
    """
    if not things:
        return None
    top = max(thing.rank for thing in things)
    chosen = _latest([thing for thing in things if thing.rank is top])
    if chosen.is_harm:
        return chosen
    since = [t for t in things if t.rank is Rank.EVENT and t.sure and _is_later(t.day, chosen.day)]
    return _latest(since) if since else chosen


def _latest(things: Sequence[W]) -> W:
    best = things[0]
    for thing in things[1:]:
        if (thing.day or date.min) > (best.day or date.min):
            best = thing
    return best


def _is_later(day: date | None, than: date | None) -> bool:
    return day is not None and than is not None and day > than
