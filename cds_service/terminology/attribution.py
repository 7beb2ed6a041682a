"""Says which therapy a phrase speaks of: the one in its words, the one before it, or the resource itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cds_service.terminology.cues import TARGET, CueMatch
from cds_service.terminology.names import NameMatch
from cds_service.terminology.text import Tokens

_SLOT_IS_THE_OTHER = frozenset({"switch-other", "interaction"})
_JOINERS = frozenset({"and", "or"})
_LINKS = frozenset({"from", "with", "on", "to", "of", "after"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One thing a text says of a therapy.

    ``about`` is the canonical name of the therapy, None when the text names none and speaks of the resource itself;
    ``own`` whether it is about the resource's own therapy: only those count for the resource.
    """

    category: str
    strength: str
    about: str | None
    own: bool
    quote: str

    @property
    def is_strong(self) -> bool:
        """Whether it may support an inferred verdict where the pathway allows text at all."""
        return self.strength == "strong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """What a pattern of ``phrases.csv`` says."""

    category: str
    strength: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhraseMatch:
    """A phrase found in a text, by its words, with the first words of the names in its slots."""

    start: int
    end: int
    phrase: Phrase
    slots: tuple[int, ...]


class Attribution:
    """Says which therapy a match is about."""

    def __init__(
        self,
        tokens: Tokens,
        names: Sequence[NameMatch],
        cues: Sequence[CueMatch],
        own: str | None,
        broader: Mapping[str, frozenset[str]],
    ) -> None:
        self._tokens = tokens
        self._names = names
        self._own = own
        self._broader = broader
        self._targets = [cue for cue in cues if cue.cue.effect == TARGET]

    def statements(self, match: PhraseMatch) -> Iterable[Statement]:
        """One statement for every therapy that the match speaks of."""
        for about in self._subjects(match):
            yield Statement(
                category=match.phrase.category,
                strength=match.phrase.strength,
                about=about,
                own=about is None or self._is_own(about),
                quote=self._tokens.quote(match.start, match.end),
            )

    def _is_own(self, name: str) -> bool:
        """The resource's therapy itself, or one of the two is a kind of the other."""
        own = self._own
        if own is None:
            return False
        return name == own or name in self._broader.get(own, ()) or own in self._broader.get(name, ())

    def _subjects(self, match: PhraseMatch) -> Sequence[str | None]:
        if match.slots:
            if match.phrase.category in _SLOT_IS_THE_OTHER:
                others = [self._names[n].alias.canonical for n in self._numbers(match.slots)]
                return [] if all(self._is_own(other) for other in others) else [None]
            return [self._names[n].alias.canonical for n in self._joined(self._numbers(match.slots))]
        return [self._nearest(match)]

    def _numbers(self, starts: Sequence[int]) -> list[int]:
        return [n for n, name in enumerate(self._names) if name.start in starts]

    def _joined(self, numbers: list[int]) -> list[int]:
        """Names joined to these by and, or, or a comma."""
        found = set(numbers)
        for step in (-1, 1):
            for number in numbers:
                here = number
                while 0 <= here + step < len(self._names) and self._are_joined(here, here + step):
                    here += step
                    found.add(here)
        return sorted(found)

    def _are_joined(self, one: int, other: int) -> bool:
        left, right = (self._names[n] for n in sorted((one, other)))
        tokens = self._tokens
        if tokens.sentence[left.start] != tokens.sentence[right.start]:
            return False
        between = tokens.words[left.end : right.start]
        comma = tokens.clause[left.end - 1] != tokens.clause[right.start]
        return all(word in _JOINERS for word in between) and (bool(between) or comma)

    def _nearest(self, match: PhraseMatch) -> str | None:
        """The name inside the words, before them, right behind them, or of the sentence before."""
        sentence = self._tokens.sentence
        usable = [name for name in self._names if not self._is_target(name)]
        inside = [n for n in self._names if match.start <= n.start and n.end <= match.end]
        if inside:
            return inside[0].alias.canonical
        here = sentence[match.start]
        before = [n for n in usable if n.end <= match.start and sentence[n.start] == here]
        if before:
            return before[-1].alias.canonical
        after = [n for n in usable if self._is_right_behind(match, n)]
        if after:
            return after[0].alias.canonical
        previous = [n for n in usable if sentence[n.start] == here - 1]
        return previous[-1].alias.canonical if previous else None

    def _is_right_behind(self, match: PhraseMatch, name: NameMatch) -> bool:
        tokens = self._tokens
        if name.start < match.end or tokens.sentence[name.start] != tokens.sentence[match.start]:
            return False
        between = tokens.words[match.end : name.start]
        return 1 <= len(between) <= 2 and any(word in _LINKS for word in between)

    def _is_target(self, name: NameMatch) -> bool:
        """A name under a target cue is a new or concurrent therapy, unless it is the resource's own."""
        if self._is_own(name.alias.canonical):
            return False
        sentence = self._tokens.sentence
        return any(
            0 <= name.start - cue.end < cue.cue.reach and sentence[cue.start] == sentence[name.start]
            for cue in self._targets
        )
