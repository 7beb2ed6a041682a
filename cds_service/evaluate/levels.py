"""How urgent a finding may look: one ordered list of caps, each named on the explanation."""

from __future__ import annotations

from collections.abc import Iterable

from cds_service.evaluate.truth import Evidence

LEVELS = ("info", "warning", "critical")

PROVISIONAL = "the diagnosis is provisional"
"""Why a card is lowered to information when no more than a provisional diagnosis is on record."""


def rank(level: str) -> int:
    """Return 0 for info, 1 for warning, 2 for critical."""
    return LEVELS.index(level)


def lower(level: str) -> str:
    """Return the next level down; info stays info."""
    return LEVELS[max(0, rank(level) - 1)]


def highest(levels: Iterable[str]) -> str:
    """Return the most urgent of some levels."""
    return max(levels, key=rank)


def capped(
    level: str,
    evidence: Iterable[Evidence],
    *,
    provisional: bool,
    imprecise: bool,
    text_cap: str,
    order_text_cap: str,
    orders: frozenset[str],
) -> tuple[str, tuple[str, ...]]:
    """Apply every cap in order and say which ones bit.

    Provisional diagnoses, codes marked unverified, words instead of codes (as far as the pathway allows), and
    imprecise data may each lower a finding; nothing raises it. ``orders`` are references of orders, drafted or in use,
    for which ``order_text_cap`` holds when they are known by words.
    """
    evidence = tuple(evidence)
    caps: list[str] = []

    def cap(to: str, why: str) -> None:
        nonlocal level
        if rank(to) < rank(level):
            level = to
            caps.append(why)

    if provisional:
        cap("info", PROVISIONAL)
    if any(not e.verified for e in evidence):
        cap("info", "a code that it rests on is not verified")
    by_words = {e.reference for e in evidence if e.by_text}
    if by_words:
        cap(order_text_cap if by_words <= orders else text_cap, "recognised by words, not by a code")
    if imprecise:
        cap(lower(level), "dates or amounts are not exact")
    return level, tuple(caps)
