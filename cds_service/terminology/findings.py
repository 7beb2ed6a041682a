"""Reads findings from reports and orders: compression on MRI, candidacy, pulsed mode, side, level, relief.

Every finding is a list of phrases that say it (positive) and of phrases that say its opposite or only look like it
(negative). What is found here is inferred, and never drives a warning or critical card alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from cds_service.errors import Complaint
from cds_service.terminology.csvfile import read_table
from cds_service.terminology.cues import (
    CONDITIONAL,
    COPIED,
    FAMILY,
    NEGATE,
    PLAN,
    QUESTION,
    TEMPLATE,
    UNCERTAIN,
    Claim,
    CueMatch,
    CueTable,
    acts_on,
)
from cds_service.terminology.patterns import SLOT, PatternFault, PatternSet, Span, compile_pattern
from cds_service.terminology.text import Tokens, tokenize

REPORT, ORDER = "report", "order"
_VOIDS = frozenset({NEGATE, UNCERTAIN, QUESTION, FAMILY, CONDITIONAL, COPIED, TEMPLATE})
_VALUE = re.compile(r"^value=([^|]*)(?:\||$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingList:
    """One finding that texts are searched for.

    ``kind`` is report or order: intentions void only what reports say. ``suspicion_counts``: a red flag that is only
    suspected or asked about is said all the same.
    """

    name: str
    kind: str
    suspicion_counts: bool
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundText:
    """The words that say a finding, the sentence they stand in and, for a level, its value."""

    quote: str
    sentence: str
    value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingMatch:
    """What a text says of one list: that it is so, that it is not, or both in different places."""

    positive: tuple[FoundText, ...]
    negative: tuple[FoundText, ...]

    @property
    def polarity(self) -> str:
        """``pos`` or ``neg``; where a text says both, the positive finding counts."""
        return "pos" if self.positive else "neg"

    @property
    def values(self) -> tuple[str, ...]:
        """The values said, such as spine levels, each once, in text order."""
        return tuple(dict.fromkeys(text.value for text in self.positive if text.value is not None))

    @property
    def quote(self) -> str:
        """The first words that decided."""
        return (self.positive or self.negative)[0].quote


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    list_name: str
    positive: bool
    value: str | None


class FindingTable:
    """All finding lists."""

    def __init__(self, lists: Mapping[str, FindingList], entries: PatternSet[_Entry], cues: CueTable) -> None:
        self.lists = lists
        self._entries = entries
        self._cues = cues

    def findings(self, text: str) -> Mapping[str, FindingMatch]:
        """Everything a text says, by list; a list of which it says nothing is absent."""
        tokens = tokenize(text)
        by_list: dict[str, list[tuple[Span, _Entry]]] = {}
        for span, entry in self._entries.find(tokens, {}):
            by_list.setdefault(entry.list_name, []).append((span, entry))
        if not by_list:
            return MappingProxyType({})
        cues = self._cues.find(tokens, {})
        found: dict[str, FindingMatch] = {}
        for name, spans in by_list.items():
            match = self._judge(tokens, name, _longest(spans), cues)
            if match is not None:
                found[name] = match
        return MappingProxyType(found)

    def says(self, list_name: str, text: str) -> bool:
        """Whether a text says what the list is called."""
        match = self.findings(text).get(list_name)
        return match is not None and match.polarity == "pos"

    def _judge(
        self,
        tokens: Tokens,
        name: str,
        spans: Sequence[tuple[Span, _Entry]],
        cues: Sequence[CueMatch],
    ) -> FindingMatch | None:
        inside = [span for span, _ in spans]
        live = [
            cue
            for cue in cues
            if not (
                cue.cue.effect == NEGATE and any(s.start <= cue.start and cue.end <= s.end for s in inside)
            )
        ]
        positive = [(span, entry) for span, entry in spans if entry.positive]
        claims = [Claim(start=span.start, end=span.end, category=name) for span, _ in positive]
        effects = _effects(self.lists[name])
        void: set[int] = set()
        for cue in live:
            if cue.cue.effect in effects:
                void |= acts_on(tokens, live, cue, claims)
        said = [_text(tokens, *pair) for number, pair in enumerate(positive) if number not in void]
        denied = [_text(tokens, span, entry) for span, entry in spans if not entry.positive]
        if not said and not denied:
            return None
        return FindingMatch(positive=tuple(said), negative=tuple(denied))


def _effects(finding: FindingList) -> frozenset[str]:
    effects = _VOIDS | {PLAN} if finding.kind == REPORT else _VOIDS
    return effects - {UNCERTAIN, QUESTION} if finding.suspicion_counts else effects


def _text(tokens: Tokens, span: Span, entry: _Entry) -> FoundText:
    here = tokens.sentence[span.start]
    first = tokens.sentence.index(here)
    last = len(tokens) - tokens.sentence[::-1].index(here)
    return FoundText(
        quote=tokens.quote(span.start, span.end), sentence=tokens.quote(first, last), value=entry.value
    )


def _longest(spans: Sequence[tuple[Span, _Entry]]) -> list[tuple[Span, _Entry]]:
    """The longest of overlapping matches; on equal length the negative one."""
    chosen: list[tuple[Span, _Entry]] = []
    for span, entry in sorted(spans, key=lambda item: (-item[0].listed, item[1].positive, item[0].start)):
        if all(other.end <= span.start or span.end <= other.start for other, _ in chosen):
            chosen.append((span, entry))
    return sorted(chosen, key=lambda item: item[0].start)


def load_findings(folder: Path, cues: CueTable, *, faults: list[Complaint]) -> FindingTable:
    """Read ``finding_lists.csv`` and ``findings.csv``."""
    lists: dict[str, FindingList] = {}
    table = read_table(
        folder / "finding_lists.csv",
        required=("list", "kind", "suspicion_counts", "meaning"),
        shown_as="terminology/finding_lists.csv",
    )
    faults.extend(table.faults)
    for row in table.rows:
        if row["kind"] not in (REPORT, ORDER):
            faults.append(row.complaint("kind", f"{row['kind']!r} is not report or order"))
        lists[row["list"]] = FindingList(
            name=row["list"],
            kind=row["kind"],
            suspicion_counts=row.flag("suspicion_counts"),
            meaning=row["meaning"],
        )
    table = read_table(
        folder / "findings.csv",
        required=("list", "pattern", "polarity", "note"),
        shown_as="terminology/findings.csv",
    )
    faults.extend(table.faults)
    entries = []
    for row in table.rows:
        before = len(faults)
        if row["list"] not in lists:
            faults.append(row.complaint("list", f"{row['list']} is not in finding_lists.csv"))
        if row["polarity"] not in ("pos", "neg"):
            faults.append(row.complaint("polarity", f"{row['polarity']!r} is not pos or neg"))
        if SLOT in row["pattern"] or "..." in row["pattern"]:
            faults.append(row.complaint("pattern", "slots and gaps are not for findings"))
        try:
            pattern = compile_pattern(row["pattern"])
        except PatternFault as fault:
            faults.append(row.complaint("pattern", str(fault)))
            continue
        if len(faults) == before:
            value = _VALUE.match(row["note"])
            entry = _Entry(
                list_name=row["list"],
                positive=row["polarity"] == "pos",
                value=value.group(1).strip() if value else None,
            )
            entries.append((pattern, entry))
    return FindingTable(MappingProxyType(lists), PatternSet(entries), cues)
