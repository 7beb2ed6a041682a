"""How much a change of a rule weighs for those who get its card: its words, its logic, or whom it reaches and how hard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum

from cds_service.ruleset.yaml_file import Place


class Weight(IntEnum):
    """Versions of rules are whole numbers: any of these raises one by one, and a reviewer looks as closely as it weighs.

    ``WORDS`` is what semantic versions call a patch, ``LOGIC`` a minor and ``REACH`` a major change.
    """

    WORDS = 1
    LOGIC = 2
    REACH = 3

    @property
    def word(self) -> str:
        """``words``, ``logic`` or ``reach``."""
        return self.name.lower()


_REACH = frozenset({"card", "pathways", "for_each", "silences", "never_silenced", "gives_way_to", "replaces"})
"""Words of a card that decide for whom it comes, and beside which others."""
_LEVELS = frozenset({"but", "findings", "rows"})
"""Words whose entries have a level."""
_WORDS = frozenset({"title", "owner", "about", "detail", "sources", "seed", "known_gaps"})
_TEXTS: Mapping[str, frozenset[str]] = {
    "card": frozenset({"say", "summary", "label"}),
    "fact": frozenset({"says", "says_not"}),
    "therapy": frozenset({"label"}),
    "ladder": frozenset({"name"}),
    "order": frozenset({"text", "dosage_text", "note", "label", "display"}),
}
"""Words that hold nothing but text, by the kind of part that they stand in."""


def weight_of_own(place: Place) -> Weight:
    """Return the weight of a change at a place of a card's own file (``rows`` for its rows of a table)."""
    first = place[0]
    if first == "show" or first in _REACH:
        return Weight.REACH
    if first in _LEVELS and (len(place) <= 2 or place[-1] == "level"):
        return Weight.REACH
    if first in _WORDS or _is_text("card", place):
        return Weight.WORDS
    return Weight.LOGIC


def weight_of_shared(kind: str, place: Place) -> Weight:
    """Return the weight of a change inside a shared part of some kind (``fact``, ``population``, ``value set`` …)."""
    if kind == "population":
        return Weight.REACH
    if kind == "card":
        return min(weight_of_own(place), Weight.LOGIC)
    return Weight.WORDS if _is_text(kind, place) else Weight.LOGIC


def _is_text(kind: str, place: Place) -> bool:
    return bool(place) and place[-1] in _TEXTS.get(kind, ())


def heaviest(weights: Iterable[Weight]) -> Weight:
    """Return the greatest weight; a change that shows nowhere counts as one of logic."""
    return max(weights, default=Weight.LOGIC)
