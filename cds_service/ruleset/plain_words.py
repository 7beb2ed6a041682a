"""What clinicians read: lints of authored texts for words that praise, riddles, missing units and more than one request.

The words themselves are content: ``rules/wording.csv``. Names quoted from a record are no text of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cds_service.ruleset.cards import CardFile
from cds_service.ruleset.facts import Fact
from cds_service.ruleset.slots import texts_of
from cds_service.ruleset.yaml_file import Place
from cds_service.terminology.csvfile import read_table

WORDING = "wording.csv"
MOST_WORDS = 25
"""Words of a sentence at most."""

INTAKE = re.compile(r"\b(took|taken|takes|has been taking|swallowed)\b", re.IGNORECASE)
"""Words that claim intake where the record shows only orders."""

_SENTENCE = re.compile(r"(?<=[.!?:;])\s+")
_CLAUSE = re.compile(r"[.:;]\s+")
_ABBREVIATION = re.compile(r"(?<![\w*:{])[A-Z][A-Za-z]*[A-Z][A-Za-z]*\b(?![:*\d])")
_BARE_NUMBER = re.compile(
    r"(?<!age )\b(?:below|under|above|over|at least|at most|more than|less than)\s+\d[\d.,]*(?=[;).,]\s|[;).,]?$)"
)
_ROMAN = re.compile(r"[IVX]+\Z")


@dataclass(frozen=True)
class Wording:
    """The words that texts are held against."""

    banned: re.Pattern[str] | None
    terms: frozenset[str]
    abbreviations: frozenset[str]
    actions: re.Pattern[str] | None


def read_wording(rules_dir: Path) -> Wording:
    """Read ``wording.csv``; without the file nothing is banned."""
    path = rules_dir / WORDING
    table = read_table(path, required=("kind", "word", "note")) if path.exists() else None
    words: dict[str, list[str]] = {}
    for row in table.rows if table else ():
        words.setdefault(row["kind"], []).append(row["word"])
    return Wording(
        banned=_any_of(words.get("banned", ()), r"\b{}\b"),
        terms=frozenset(words.get("term", ())),
        abbreviations=frozenset(words.get("abbreviation", ())),
        actions=_any_of(words.get("action", ()), r"\A{}\b"),
    )


def _any_of(words: Sequence[str], frame: str) -> re.Pattern[str] | None:
    if not words:
        return None
    return re.compile(frame.format(f"(?:{'|'.join(map(re.escape, words))})"), re.IGNORECASE)


def complaints_of_texts(card: CardFile, wording: Wording) -> Iterator[tuple[Place, str]]:
    """Yield what a clinician would stumble over, with its place in the card's file."""
    shown = list(texts_of(card))
    together = " ".join(text for _, text in shown)
    for place, text in shown:
        yield from ((place, said) for said in (*_intake(text), *_units(text)))
        yield from ((place, said) for said in _stumbles(text, together, wording))
        if "summary" in place:
            yield from ((place, said) for said in _requests(text, wording))
    for place, text in (*shown, *_asides(card)):
        yield from ((place, said) for said in _long_sentences(text))


def complaints_of_facts(facts: Mapping[str, Fact]) -> Iterator[tuple[Place, str]]:
    """The same for the sentences of facts, which cards show as their reasons."""
    for name, fact in facts.items():
        for said in (*_intake(fact.says), *_units(fact.says), *_long_sentences(fact.says)):
            yield ("facts", name, "says"), said


def _asides(card: CardFile) -> Iterator[tuple[Place, str]]:
    for word in ("when", "then", "not_for"):
        yield ("about", word), getattr(card.about, word)
    for number, gap in enumerate(card.known_gaps):
        yield ("known_gaps", number), gap


def _stumbles(text: str, together: str, wording: Wording) -> Iterator[str]:
    without = text.lower()
    for term in wording.terms:
        without = without.replace(term, "")
    for word in wording.banned.findall(without) if wording.banned else ():
        yield f"says '{word}', a banned word"
    for word in dict.fromkeys(_ABBREVIATION.findall(text)):
        if word not in wording.abbreviations and not _ROMAN.match(word) and not _is_explained(word, together):
            yield f"'{word}' is not explained (write what it is in the detail, or list it in {WORDING})"


def _intake(text: str) -> Iterator[str]:
    for word in INTAKE.findall(text):
        yield f"says '{word}': the record shows what was ordered, not what was taken"


def _units(text: str) -> Iterator[str]:
    for words in _BARE_NUMBER.findall(text):
        yield f"'{words}' has no unit"


def _is_explained(word: str, together: str) -> bool:
    name = re.escape(word)
    said = rf"\({name}\)|\b{name}[-\w*:]* (?:is|are|means|stands for|the)\b|(?:,| and) {name} \w"
    return bool(re.search(said, together))


def _requests(text: str, wording: Wording) -> Iterator[str]:
    if wording.actions is None:
        return
    asked = [clause for clause in _CLAUSE.split(text) if wording.actions.match(clause.strip())]
    if len(asked) > 1:
        yield f"asks for more than one action: {' / '.join(asked)}"


def _long_sentences(text: str) -> Iterator[str]:
    for sentence in _SENTENCE.split(text):
        words = len(sentence.split())
        if words > MOST_WORDS:
            yield f"a sentence of {words} words (at most {MOST_WORDS}): {sentence[:40]}…"
