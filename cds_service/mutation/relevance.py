"""Which cases could notice a change, those that most likely do first: so that most mutants fall to the first case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from cds_service.casework.read import WrittenCase
from cds_service.mutation.mutants import Touch
from cds_service.ruleset.ruleset import Rule, Ruleset
from cds_service.ruleset.uses import Uses, uses_of

_OF_VERDICTS = frozenset({"trials", "ladder", "verdicts"})


@dataclass(frozen=True)
class Relevance:
    """What each rule reaches, and by that the cases in which a change could show."""

    rules: Ruleset

    @cached_property
    def uses(self) -> Mapping[str, Uses]:
        """Everything that each rule reaches, by card id."""
        return {rule.id: uses_of(self.rules, rule) for rule in self.rules.rules}

    @cached_property
    def _touched(self) -> Mapping[Touch, frozenset[str]]:
        found: dict[Touch, set[str]] = {}
        for card, uses in self.uses.items():
            touches = {("card", card), *(("card", c) for c in uses.cards), *(("table", t) for t in uses.tables)}
            for kind, _, name in uses.definitions:
                touches.add((kind, name if kind in {"fact", "setting", "therapy"} else ""))
            for touch in touches:
                found.setdefault(touch, set()).add(card)
        return {touch: frozenset(cards) for touch, cards in found.items()}

    def affected(self, touch: Touch) -> frozenset[str]:
        """Return the cards whose answer could change."""
        return self._touched.get(touch, frozenset())

    def ordered(self, touch: Touch, cases: Sequence[WrittenCase]) -> list[int]:
        """Return the places (in ``cases``) of the cases that could notice, the likeliest first.

        Those of the changed rule come first, then those that rest on it, then vignettes, then cases of rules that speak
        beside it or ask it about their suggestions.
        """
        affected = self.affected(touch)
        verdicts = touch[0] in _OF_VERDICTS | {"therapy"} or any(
            self.uses[card].words & {"trial", "step"} for card in affected
        )
        ranked = [(self._rank(touch, affected, case, verdicts), at) for at, case in enumerate(cases)]
        return [at for rank, at in sorted((r, at) for r, at in ranked if r is not None)]

    def _rank(
        self, touch: Touch, affected: frozenset[str], case: WrittenCase, verdicts: bool
    ) -> int | None:
        expect = case.spec.expect
        if touch == ("card", case.rule):
            return 0
        if case.rule in affected:
            return 1
        if case.rule is None:
            return 2
        named = {*expect.also, *(expect.absent if expect.absent != "all" else ()), *(c.card for c in expect.cards)}
        if named & affected or expect.absent == "all" or expect.missing:
            return 2
        if verdicts and (expect.trials or expect.step is not None):
            return 2
        return 3 if self._beside(case, affected) else None

    def _beside(self, case: WrittenCase, affected: frozenset[str]) -> bool:
        own = self.rules.by_id.get(case.rule or "")
        if own is None:
            return True
        others = [self.rules.by_id[card] for card in affected]
        if case.spec.expect.card not in {None, "none"} and own.file.suggest:
            if any("order-sign" in other.file.show.hooks for other in others):
                return True
        return any(case.hook in other.file.show.hooks and _meet(own, other) for other in others)


def _meet(own: Rule, other: Rule) -> bool:
    """True when one of two cards may silence, replace or lead the other."""
    mine, theirs = own.file, other.file
    named = (
        {own.id} & {*theirs.replaces, *theirs.gives_way_to, *theirs.twin_of}
        or {other.id} & {*mine.replaces, *mine.gives_way_to, *mine.twin_of}
        or mine.only_alone
    )
    silenced = theirs.show.kind in mine.silences or mine.show.kind in theirs.silences
    return bool(named) or silenced or (own.is_safety and other.is_safety)
