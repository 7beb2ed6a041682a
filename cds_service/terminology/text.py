"""Cuts free text into words, clauses and sentences: the one tokeniser of names, phrases and findings.

Words are runs of letters and runs of digits in lower case; apostrophes are dropped; hyphens, slashes, colons and
brackets are blanks; ``%``, ``<``, ``>`` and ``?`` stand for themselves, and so do the marks of forms (``___``,
``***``, ``[ ]``, ``( )``, ``[x]``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PIECE = re.compile(
    r"""(?P<mark>\[\s*[xX]\s*\]|\(\s*[xX]\s*\)|\[\s*\]|\(\s*\)|_{2,}|\*{3,})
      | (?P<word>[^\W\d_]+(?:['’`][^\W\d_]+)*)
      | (?P<digits>\d+)
      | (?P<sign>[%<>?])
      | (?P<stop>[.;!\n\r])
      | (?P<comma>,)""",
    re.VERBOSE,
)
_APOSTROPHES = re.compile(r"['’`]")
_NOT_AN_END_AFTER = frozenset({"dr", "pt", "hx", "vs"})
_PERCENT = frozenset({"percent", "pc"})


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text in words; ``sentence`` and ``clause`` number the part each word stands in, counting up."""

    text: str
    words: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    sentence: tuple[int, ...]
    clause: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.words)

    def quote(self, start: int, end: int) -> str:
        """The text of the words from ``start`` up to, not including, ``end``."""
        return self.text[self.starts[start] : self.ends[end - 1]]


class _Cutter:
    def __init__(self, text: str) -> None:
        self.text = text
        self.words: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.sentences: list[int] = []
        self.clauses: list[int] = []
        self.sentence = 0
        self.clause = 0

    def add(self, word: str, start: int, end: int) -> None:
        if word == "cent" and self.words and self.words[-1] == "per" and self.clauses[-1] == self.clause:
            self.words[-1] = "%"
            self.ends[-1] = end
            return
        self.words.append("%" if word in _PERCENT else word)
        self.starts.append(start)
        self.ends.append(end)
        self.sentences.append(self.sentence)
        self.clauses.append(self.clause)

    def end_sentence(self) -> None:
        if self.sentences and self.sentences[-1] == self.sentence:
            self.sentence += 1
            self.clause += 1

    def end_clause(self) -> None:
        self.clause += 1

    def following(self, place: int) -> str:
        return self.text[place : place + 1]


def tokenize(text: str) -> Tokens:
    """Cut a text into words."""
    cut = _Cutter(text)
    for piece in _PIECE.finditer(text):
        kind, value, start, end = piece.lastgroup, piece.group(), piece.start(), piece.end()
        if kind == "word":
            word = _APOSTROPHES.sub("", value) if len(value) > 2 else value
            cut.add(word.lower(), start, end)
        elif kind == "digits":
            cut.add(value, start, end)
        elif kind == "mark":
            cut.add(_mark(value), start, end)
        elif kind == "sign":
            cut.add(value, start, end)
            if value == "?" and not cut.following(end).isalpha():
                cut.end_sentence()
        elif kind == "comma":
            if not _joins_letters(text, start, end):
                cut.end_clause()
        elif _is_end(cut, value, start, end):
            cut.end_sentence()
    return Tokens(
        text,
        tuple(cut.words),
        tuple(cut.starts),
        tuple(cut.ends),
        tuple(cut.sentences),
        tuple(cut.clauses),
    )


def _mark(value: str) -> str:
    if "x" in value.lower():
        return "[x]"
    if value.startswith("["):
        return "[ ]"
    if value.startswith("("):
        return "( )"
    return "___" if value.startswith("_") else "***"


def _joins_letters(text: str, start: int, end: int) -> bool:
    """A comma inside a name, as in R,S-ketamine: one letter on its left, a letter right after it."""
    before = text[max(0, start - 2) : start]
    return text[end : end + 1].isalpha() and before[-1:].isalpha() and not before[:-1].isalnum()


def _is_end(cut: _Cutter, value: str, start: int, end: int) -> bool:
    if value != ".":
        return True
    before, after = cut.text[start - 1 : start], cut.following(end)
    if before.isdigit() and after.isdigit():
        return False
    if before.isalpha() and after.isalpha():
        return False
    touching = bool(cut.ends) and cut.ends[-1] == start
    return not (touching and cut.words[-1] in _NOT_AN_END_AFTER)
