"""Finds names of drugs, procedures, devices and conditions in text: whole words, the longest alias first.

Aliases are kept by their first word, so that a text without a known word costs one dictionary look-up a word.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from cds_service.errors import Complaint
from cds_service.terminology.csvfile import Row, read_table
from cds_service.terminology.drugs import DrugTable
from cds_service.terminology.text import Tokens, tokenize

DRUG, PROCEDURE, DEVICE, CONDITION, OBSERVATION, CLASS, OTHER = (
    "drug",
    "procedure",
    "device",
    "condition",
    "observation",
    "class",
    "other",
)
_LETTERS_OR_DIGITS = re.compile(r"[^\W\d_]+|\d+")
KINDS = frozenset({DRUG, PROCEDURE, DEVICE, CONDITION, OBSERVATION, CLASS, OTHER})
THERAPY_KINDS = frozenset({DRUG, PROCEDURE, DEVICE, CLASS, OTHER})
"""Kinds that a statement in a text can be about; classes and others are for attribution only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """One name as it is written, and what it stands for.

    ``ambiguous`` names have another common meaning. ``certain_in_field``: in a field that holds a drug or procedure the
    name is certain all the same, and only its use or form is not. ``route`` and ``use`` are what the name says of them.
    """

    kind: str
    canonical: str
    ingredients: tuple[str, ...]
    name: str
    words: tuple[str, ...]
    ambiguous: bool
    upper_only: bool
    certain_in_field: bool
    combination: bool
    route: str | None
    use: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NameMatch:
    """An alias found in a text, by its words from ``start`` up to ``end``; ``voided_by`` is the guard that voids it."""

    alias: Alias
    start: int
    end: int
    quote: str
    voided_by: str | None = None

    @property
    def is_certain_in_field(self) -> bool:
        """Whether the name may count when the text is a drug, procedure or condition field."""
        return not self.alias.ambiguous or self.alias.certain_in_field


@dataclass(frozen=True, slots=True, kw_only=True)
class _Guard:
    words: tuple[str, ...]
    label: str
    within: int
    kinds: frozenset[str] | None


class NameIndex:
    """All aliases by first word, and the guard words that void a name near them."""

    def __init__(
        self, aliases: Sequence[Alias], before: Sequence[_Guard] = (), after: Sequence[_Guard] = ()
    ) -> None:
        by_first: dict[str, list[Alias]] = {}
        for alias in aliases:
            by_first.setdefault(alias.words[0], []).append(alias)
        self._by_first: Mapping[str, tuple[Alias, ...]] = MappingProxyType(
            {
                word: tuple(sorted(group, key=lambda alias: -len(alias.words)))
                for word, group in by_first.items()
            }
        )
        self._before = _by_word(before, place=-1)
        self._after = _by_word(after, place=0)
        self._reach_before = max((g.within for g in before), default=0)
        self._reach_after = max((g.within for g in after), default=0)
        self._first_words = frozenset(self._by_first)
        self.canonicals = frozenset(alias.canonical for alias in aliases)

    def may_hold_a_name(self, text: str) -> bool:
        """A quick look: False when no word of a text begins any name."""
        return not self._first_words.isdisjoint(_LETTERS_OR_DIGITS.findall(text.lower()))

    def find(self, tokens: Tokens, kinds: Collection[str] = KINDS) -> tuple[NameMatch, ...]:
        """All names of the given kinds, from left to right, none inside another; guards are not applied."""
        found: list[NameMatch] = []
        place, words = 0, tokens.words
        while place < len(words):
            candidates = self._by_first.get(words[place])
            match = self._at(tokens, place, candidates, kinds) if candidates else None
            if match is None:
                place += 1
            else:
                found.append(match)
                place = match.end
        return tuple(found)

    def find_in_field(self, tokens: Tokens, kinds: Collection[str], field: str) -> tuple[NameMatch, ...]:
        """Names in a coded field's text; ``field`` is a value of ``resolved.Field``."""
        matches = self.find(tokens, kinds)
        return tuple(self._guarded(tokens, match, field) for match in matches)

    @staticmethod
    def _at(
        tokens: Tokens, place: int, candidates: Sequence[Alias], kinds: Collection[str]
    ) -> NameMatch | None:
        words, clause = tokens.words, tokens.clause
        for alias in candidates:
            end = place + len(alias.words)
            if alias.kind not in kinds or words[place:end] != alias.words:
                continue
            if clause[end - 1] != clause[place]:
                continue
            quote = tokens.quote(place, end)
            if alias.upper_only and quote != quote.upper():
                continue
            return NameMatch(alias=alias, start=place, end=end, quote=quote)
        return None

    def _guarded(self, tokens: Tokens, match: NameMatch, field: str) -> NameMatch:
        guard = self._guard_before(tokens, match, field) or self._guard_after(tokens, match, field)
        if guard is None:
            return match
        return NameMatch(
            alias=match.alias, start=match.start, end=match.end, quote=match.quote, voided_by=guard
        )

    def _guard_before(self, tokens: Tokens, match: NameMatch, field: str) -> str | None:
        words, clause = tokens.words, tokens.clause
        for distance in range(self._reach_before):
            last = match.start - 1 - distance
            if last < 0 or clause[last] != clause[match.start]:
                return None
            for guard in self._before.get(words[last], ()):
                first = last + 1 - len(guard.words)
                fits = first >= 0 and words[first : last + 1] == guard.words
                if fits and distance < guard.within and _applies(guard, field):
                    return guard.label
        return None

    def _guard_after(self, tokens: Tokens, match: NameMatch, field: str) -> str | None:
        words, sentence = tokens.words, tokens.sentence
        for distance in range(self._reach_after):
            first = match.end + distance
            if first >= len(words) or sentence[first] != sentence[match.start]:
                return None
            for guard in self._after.get(words[first], ()):
                fits = words[first : first + len(guard.words)] == guard.words
                if fits and distance < guard.within and _applies(guard, field):
                    return guard.label
        return None


def _applies(guard: _Guard, field: str) -> bool:
    return guard.kinds is None or field in guard.kinds


def _by_word(guards: Sequence[_Guard], *, place: int) -> Mapping[str, tuple[_Guard, ...]]:
    found: dict[str, list[_Guard]] = {}
    for guard in guards:
        found.setdefault(guard.words[place], []).append(guard)
    return MappingProxyType({word: tuple(group) for word, group in found.items()})


_NAME_COLUMNS = (
    "kind",
    "canonical",
    "ingredients",
    "name",
    "type",
    "ambiguous",
    "case",
    "certain_in_field",
    "combination",
    "route",
    "use",
    "note",
)


def load_names(folder: Path, drugs: DrugTable, *, faults: list[Complaint]) -> NameIndex:
    """Read ``names.csv`` and ``name_guards.csv``."""
    table = read_table(folder / "names.csv", required=_NAME_COLUMNS, shown_as="terminology/names.csv")
    faults.extend(table.faults)
    aliases: list[Alias] = []
    seen: dict[tuple[str, tuple[str, ...], bool], int] = {}
    for row in table.rows:
        alias = _alias(row, drugs, faults)
        if alias is None:
            continue
        key = (alias.kind, alias.words, alias.upper_only)
        if key in seen and alias.kind != CLASS:
            faults.append(row.complaint("name", f"{alias.name} is already in line {seen[key]}"))
        seen.setdefault(key, row.line)
        aliases.append(alias)
    before, after = _load_guards(folder / "name_guards.csv", faults)
    return NameIndex(aliases, before, after)


def _alias(row: Row, drugs: DrugTable, faults: list[Complaint]) -> Alias | None:
    words = tokenize(row["name"]).words
    before = len(faults)
    if row["kind"] not in KINDS:
        faults.append(row.complaint("kind", f"{row['kind']} is not one of {', '.join(sorted(KINDS))}"))
    if not words:
        faults.append(row.complaint("name", "has no word"))
    if row["ambiguous"] not in ("yes", "no"):
        faults.append(row.complaint("ambiguous", f"{row['ambiguous']!r} is not yes or no"))
    if row["case"] not in ("", "upper"):
        faults.append(row.complaint("case", f"{row['case']!r} is not upper or empty"))
    for name in row.parts("ingredients"):
        if name not in drugs.ingredients:
            faults.append(row.complaint("ingredients", f"{name} is not a known ingredient"))
    if row["kind"] == CLASS and row["ingredients"]:
        faults.append(row.complaint("ingredients", "a class never stands for an ingredient"))
    if len(faults) > before:
        return None
    return Alias(
        kind=row["kind"],
        canonical=row["canonical"],
        ingredients=row.parts("ingredients"),
        name=row["name"],
        words=words,
        ambiguous=row.flag("ambiguous"),
        upper_only=row["case"] == "upper",
        certain_in_field=row.flag("certain_in_field"),
        combination=row.flag("combination") or len(row.parts("ingredients")) > 1,
        route=row["route"] or None,
        use=row["use"] or None,
    )


def _load_guards(path: Path, faults: list[Complaint]) -> tuple[list[_Guard], list[_Guard]]:
    columns = ("guard", "side", "within", "kinds", "note")
    table = read_table(path, required=columns, shown_as=f"terminology/{path.name}")
    faults.extend(table.faults)
    sides: dict[str, list[_Guard]] = {"before": [], "after": []}
    for row in table.rows:
        words = tuple(re.findall(r"\S+", row["guard"].lower()))
        if row["side"] not in sides:
            faults.append(row.complaint("side", f"{row['side']!r} is not before or after"))
        elif not row["within"].isdecimal() or not words:
            faults.append(row.complaint("within", "needs a number of words and the words of the guard"))
        else:
            kinds = None if row["kinds"] == "all" else frozenset(row["kinds"].split())
            guard = _Guard(words=words, label=row["guard"], within=int(row["within"]), kinds=kinds)
            sides[row["side"]].append(guard)
    return sides["before"], sides["after"]
