"""Reads why a therapy ended from free text: categories such as inefficacy or intolerance, each with its subject.

A statement found here is evidence of last resort. Weak ones alone never make a failure: they make the verdict
*ended, reason unknown* with the text quoted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from cds_service.errors import Complaint
from cds_service.terminology.attribution import Attribution, Phrase, PhraseMatch, Statement
from cds_service.terminology.csvfile import read_table
from cds_service.terminology.cues import (
    CONDITIONAL,
    COPIED,
    FAMILY,
    IGNORE,
    NEGATE,
    OFF_DRUG,
    PAST_SUCCESS,
    PLAN,
    QUESTION,
    TEMPLATE,
    UNCERTAIN,
    Claim,
    CueMatch,
    CueTable,
    acts_on,
)
from cds_service.terminology.names import THERAPY_KINDS, NameIndex
from cds_service.terminology.patterns import PatternFault, PatternSet, Span, compile_pattern
from cds_service.terminology.text import Tokens, tokenize

__all__ = ["CATEGORY_ORDER", "Phrase", "PhraseMatch", "PhraseTable", "Statement", "load_phrases"]

CATEGORY_ORDER = (
    "allergy",
    "contraindicated",
    "interaction",
    "pregnancy",
    "intolerance",
    "cost-or-supply",
    "adherence",
    "dose-limited",
    "waned",
    "inefficacy",
    "partial",
    "declined",
    "not-started",
    "switch-other",
    "remission-or-success",
)
"""The rank of categories among statements of one strength: the first decides, all are reported."""

_VOIDS_ALL = frozenset({NEGATE, UNCERTAIN, QUESTION, FAMILY, CONDITIONAL, PLAN, COPIED, TEMPLATE})
_VOIDS_SOME = {PAST_SUCCESS: ("remission-or-success", "partial"), OFF_DRUG: ("waned", "inefficacy")}


class PhraseTable:
    """All phrases, cues and therapy names."""

    def __init__(
        self,
        phrases: PatternSet[Phrase],
        cues: CueTable,
        names: NameIndex,
        broader: Mapping[str, frozenset[str]],
    ) -> None:
        self._phrases = phrases
        self._cues = cues
        self._names = names
        self._broader = broader

    def classify_stop(self, text: str, *, resource_therapy: str | None) -> tuple[Statement, ...]:
        """Everything a text says of why a therapy ended, the deciding statement first.

        ``resource_therapy`` is the canonical name of the therapy that the text's resource is about.
        """
        tokens = tokenize(text)
        if not tokens.words:
            return ()
        names = self._names.find(tokens, THERAPY_KINDS)
        by_start = {name.start: name.end for name in names}
        cues = self._cues.find(tokens, by_start)
        matches, cues = self._kept(tokens, by_start, cues)
        matches = _not_voided(tokens, matches, cues)
        reader = Attribution(tokens, names, cues, resource_therapy, self._broader)
        found = [statement for match in matches for statement in reader.statements(match)]
        return tuple(sorted(dict.fromkeys(found), key=_rank))

    def _kept(
        self, tokens: Tokens, names: Mapping[int, int], cues: Sequence[CueMatch]
    ) -> tuple[list[PhraseMatch], list[CueMatch]]:
        """The longest of overlapping phrases and ignore cues.

        Words under an ignore cue are no cues, nor does a negation count that is itself part of a phrase.
        """
        spans: list[tuple[Span, Phrase | None]] = list(self._phrases.find(tokens, names))
        spans += [
            (Span(start=c.start, end=c.end, listed=c.end - c.start), None)
            for c in cues
            if c.cue.effect == IGNORE
        ]
        chosen = _longest(spans)
        ignored = [span for span, phrase in chosen if phrase is None]
        matches = [
            PhraseMatch(start=span.start, end=span.end, phrase=phrase, slots=span.slots)
            for span, phrase in chosen
            if phrase is not None
        ]
        taken = [span for span, phrase in chosen if phrase is not None]
        left = [
            cue
            for cue in cues
            if cue.cue.effect != IGNORE
            and not _inside_any(cue, ignored)
            and not (cue.cue.effect == NEGATE and _inside_any(cue, taken))
        ]
        return sorted(matches, key=lambda m: (m.start, m.end)), left


def _longest(spans: Sequence[tuple[Span, Phrase | None]]) -> list[tuple[Span, Phrase | None]]:
    def key(item: tuple[Span, Phrase | None]) -> tuple[int, int, int, int]:
        span, phrase = item
        weak = phrase is not None and phrase.strength == "weak"
        return (-span.listed, phrase is not None, weak, span.start)

    chosen: list[tuple[Span, Phrase | None]] = []
    for span, phrase in sorted(spans, key=key):
        rivals = [(other, its) for other, its in chosen if other.start < span.end and span.start < other.end]
        same_words = all((other.start, other.end) == (span.start, span.end) for other, _ in rivals)
        said = any(its is None or (phrase and its.category == phrase.category) for _, its in rivals)
        if not rivals or (same_words and not said):
            chosen.append((span, phrase))
    return chosen


def _inside_any(cue: CueMatch, spans: Iterable[Span]) -> bool:
    return any(span.start <= cue.start and cue.end <= span.end for span in spans)


def _not_voided(
    tokens: Tokens, matches: Sequence[PhraseMatch], cues: Sequence[CueMatch]
) -> list[PhraseMatch]:
    claims = [Claim(start=m.start, end=m.end, category=m.phrase.category) for m in matches]
    void: set[int] = set()
    for cue in cues:
        effect = cue.cue.effect
        if effect in _VOIDS_ALL:
            void |= acts_on(tokens, cues, cue, claims)
        elif effect in _VOIDS_SOME:
            hit = acts_on(tokens, cues, cue, claims)
            void |= {number for number in hit if claims[number].category in _VOIDS_SOME[effect]}
    return [match for number, match in enumerate(matches) if number not in void]


def _rank(statement: Statement) -> tuple[bool, bool, int]:
    return (not statement.own, not statement.is_strong, CATEGORY_ORDER.index(statement.category))


def load_phrases(path: Path, *, faults: list[Complaint]) -> PatternSet[Phrase]:
    """Read ``phrases.csv``."""
    table = read_table(
        path, required=("category", "pattern", "strength", "note"), shown_as=f"terminology/{path.name}"
    )
    faults.extend(table.faults)
    entries = []
    for row in table.rows:
        before = len(faults)
        if row["category"] not in CATEGORY_ORDER:
            faults.append(row.complaint("category", f"{row['category']} is not a known category"))
        if row["strength"] not in ("strong", "weak"):
            faults.append(row.complaint("strength", f"{row['strength']!r} is not strong or weak"))
        try:
            pattern = compile_pattern(row["pattern"])
        except PatternFault as fault:
            faults.append(row.complaint("pattern", str(fault)))
            continue
        if len(faults) == before:
            entries.append((pattern, Phrase(category=row["category"], strength=row["strength"])))
    return PatternSet(entries)
