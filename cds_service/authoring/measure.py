"""How wide text will be in a picture, and where its lines break, without knowing the reader's font."""

from __future__ import annotations

from collections.abc import Callable

_NARROW = frozenset("iljtfr.,:;'|!()[]-· ")
_WIDE = frozenset("mwMW%@—…")


def width_of(text: str, size: float) -> float:
    """Return a cautious width of text in a sans-serif font of a size, both in the same unit."""
    return sum(map(_ems, text)) * size


def _ems(character: str) -> float:
    if character in _NARROW:
        return 0.36
    if character in _WIDE:
        return 0.95
    return 0.72 if character.isupper() else 0.62


def wrapped(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """Break text into lines of at most a width; a word that is wider stands alone."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and measure(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
