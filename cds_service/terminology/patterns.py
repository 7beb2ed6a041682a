"""The small pattern language of the phrase tables: ``[a|b|]``, ``{drug}`` and ``...`` over the words of a text.

A pattern is compiled once into steps; patterns are kept by the words they may begin with, so that a text is walked
once, and only patterns that can start at a word are tried there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Generic, TypeVar

from cds_service.terminology.text import Tokens, tokenize

SLOT = "{drug}"
GAP = "..."
GAP_WORDS = 3
_MARKS = frozenset({"___", "***", "[ ]", "( )", "[x]"})
_ELEMENT = re.compile(r"\[x\]|\[ \]|\( \)|___|\*{3}|\.\.\.|\{drug\}|\[[^\]]*\]|[^\s\[\]{}]+")

Payload = TypeVar("Payload")

_Alternatives = Mapping[str, tuple[tuple[str, ...], ...]]


class PatternFault(ValueError):
    """A pattern that does not follow the syntax; the message says how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    """One of several word sequences, by first word, the longest first; perhaps a name, perhaps nothing."""

    words: _Alternatives
    slot: bool
    optional: bool


@dataclass(frozen=True, slots=True)
class _Gap:
    """Up to three words that are not listed."""


_Step = _Choice | _Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A compiled pattern; ``first`` are the words it may begin with, ``first_slot`` whether a name may be first."""

    text: str
    steps: tuple[_Step, ...]
    first: frozenset[str]
    first_slot: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Where a pattern matched: words from ``start`` up to ``end``, and the names in its slots by their first word.

    ``listed`` counts the words that the pattern or a name lists, without those of a gap.
    """

    start: int
    end: int
    listed: int
    slots: tuple[int, ...] = ()


def compile_pattern(text: str) -> Pattern:
    """Compile one pattern; raises ``PatternFault``."""
    elements = _ELEMENT.findall(text)
    if not elements or re.sub(r"\s", "", "".join(elements)) != re.sub(r"\s", "", text):
        raise PatternFault(f"cannot be read: {text}")
    steps = tuple(_step(element) for element in elements)
    if isinstance(steps[0], _Gap) or isinstance(steps[-1], _Gap):
        raise PatternFault("a gap stands between words")
    first: set[str] = set()
    first_slot = False
    for step in steps:
        if isinstance(step, _Gap):
            raise PatternFault("a gap follows words that may all be absent")
        first.update(step.words)
        first_slot = first_slot or step.slot
        if not step.optional:
            return Pattern(text=text, steps=steps, first=frozenset(first), first_slot=first_slot)
    raise PatternFault("every part of the pattern may be absent")


def _step(element: str) -> _Step:
    if element == GAP:
        return _Gap()
    if element == SLOT:
        return _Choice(words=MappingProxyType({}), slot=True, optional=False)
    if element in _MARKS or not element.startswith("["):
        return _choice([element])
    return _choice(element[1:-1].split("|"))


def _choice(alternatives: Sequence[str]) -> _Choice:
    by_first: dict[str, set[tuple[str, ...]]] = {}
    slot = optional = False
    for alternative in alternatives:
        text = alternative.strip()
        if not text:
            optional = True
        elif text == SLOT:
            slot = True
        else:
            words = (text,) if text in _MARKS else tokenize(text).words
            if not words:
                raise PatternFault(f"{text!r} has no word")
            by_first.setdefault(words[0], set()).add(words)
    sorted_words = {
        word: tuple(sorted(options, key=lambda option: (-len(option), option)))
        for word, options in by_first.items()
    }
    return _Choice(words=MappingProxyType(sorted_words), slot=slot, optional=optional)


class PatternSet(Generic[Payload]):
    """Patterns with what each stands for, found in a text in one walk."""

    def __init__(self, entries: Iterable[tuple[Pattern, Payload]]) -> None:
        by_first: dict[str, list[tuple[Pattern, Payload]]] = {}
        slot_first: list[tuple[Pattern, Payload]] = []
        for pattern, payload in entries:
            for word in pattern.first:
                by_first.setdefault(word, []).append((pattern, payload))
            if pattern.first_slot:
                slot_first.append((pattern, payload))
        self._by_first = MappingProxyType({word: tuple(group) for word, group in by_first.items()})
        self._slot_first = tuple(slot_first)

    def find(self, tokens: Tokens, names: Mapping[int, int]) -> list[tuple[Span, Payload]]:
        """The longest match of every pattern at every word; matches of different patterns may overlap.

        ``names`` maps the first word of each name in the text to the word behind its last.
        """
        found: list[tuple[Span, Payload]] = []
        walk = _Walk(tokens, names)
        for place, word in enumerate(tokens.words):
            tried = self._by_first.get(word, ())
            if place in names:
                tried = (*tried, *(entry for entry in self._slot_first if word not in entry[0].first))
            for pattern, payload in tried:
                span = walk.longest(pattern, place)
                if span is not None:
                    found.append((span, payload))
        return found


class _Walk:
    """Tries patterns at the words of one text."""

    def __init__(self, tokens: Tokens, names: Mapping[int, int]) -> None:
        self._words = tokens.words
        self._names = names
        self._stops = _sentence_ends(tokens.sentence)
        self._steps: tuple[_Step, ...] = ()
        self._start = self._stop = 0
        self._best: Span | None = None

    def longest(self, pattern: Pattern, place: int) -> Span | None:
        self._steps = pattern.steps
        self._start = place
        self._stop = self._stops[place]
        self._best = None
        self._from(0, place, 0, ())
        return self._best

    def _from(self, number: int, place: int, listed: int, slots: tuple[int, ...]) -> None:
        if number == len(self._steps):
            self._end(place, listed, slots)
            return
        step = self._steps[number]
        if isinstance(step, _Gap):
            for skipped in range(min(GAP_WORDS + 1, self._stop - place)):
                self._from(number + 1, place + skipped, listed, slots)
            return
        if place < self._stop:
            for words in step.words.get(self._words[place], ()):
                end = place + len(words)
                if end <= self._stop and self._words[place:end] == words:
                    self._from(number + 1, end, listed + end - place, slots)
            name_end = self._names.get(place) if step.slot else None
            if name_end is not None and name_end <= self._stop:
                self._from(number + 1, name_end, listed + name_end - place, (*slots, place))
        if step.optional:
            self._from(number + 1, place, listed, slots)

    def _end(self, place: int, listed: int, slots: tuple[int, ...]) -> None:
        best = self._best
        if listed and (best is None or (listed, -place) > (best.listed, -best.end)):
            self._best = Span(start=self._start, end=place, listed=listed, slots=slots)


def _sentence_ends(sentence: tuple[int, ...]) -> list[int]:
    """For every word, the word behind the last of its sentence."""
    ends = [0] * len(sentence)
    end = len(sentence)
    for place in range(len(sentence) - 1, -1, -1):
        if place + 1 < len(sentence) and sentence[place] != sentence[place + 1]:
            end = place + 1
        ends[place] = end
    return ends
