"""What the cases of each card cover, and the holes that they leave: for ``rules coverage`` and for the test suite.

Cases count by what they expect; whether they hold is for ``rules test`` to say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from cds_service.casework.coverage import files_of
from cds_service.casework.format import ExpectedCard
from cds_service.casework.read import CASES, WrittenCase, read_cases
from cds_service.ruleset.ruleset import Rule, Ruleset

_LINT = "none"
"""The indicator in the card index of an entry that is a lint and gives no card."""


class Hole(Enum):
    """What the cases of a card lack. The value says what to do about it."""

    NOT_WRITTEN = "no rule is written"
    NO_CASES = "no case"
    NO_FIRING = "no case in which the card comes"
    FEW_SILENT = "fewer silent cases than firing ones: add patients who differ in one fact and get no card"
    NO_UNKNOWN = "no case that says what is missing, or in which a search failed"
    NO_FAILED_SEARCH = "fires on an absence, and in no case a search failed: add one with 'unavailable'"


@dataclass(frozen=True, kw_only=True)
class CardCoverage:
    """The cases of one card. ``note`` says why an entry of the card index needs none."""

    card: str
    firing: int = 0
    silent: int = 0
    unknown: int = 0
    """Cases, firing or silent, that say what is missing or in which a search failed."""
    holes: tuple[Hole, ...] = ()
    note: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the coverage as JSON data."""
        return {
            "card": self.card,
            "firing": self.firing,
            "silent": self.silent,
            "unknown": self.unknown,
            "holes": [hole.name.lower().replace("_", "-") for hole in self.holes],
            "note": self.note,
        }


def card_coverage(
    rules: Ruleset, rules_dir: Path, *, cards: Collection[str] = (), only: Collection[str] = ()
) -> tuple[CardCoverage, ...]:
    """Return the coverage of every card of the index and of every rule, or of some rules or pathways.

    Raises ``RuleFileInvalid`` when a case file is wrong.
    """
    cases = _cases_by_rule(rules_dir, only)
    ids = dict.fromkeys((*rules.index, *rules.by_id))
    wanted = (card for card in ids if not cards or card in cards)
    return tuple(
        _of_card(rules, card, cases.get(card, ()))
        for card in wanted
        if not only or set(_pathways(rules, card)) & set(only)
    )


def _cases_by_rule(rules_dir: Path, only: Collection[str]) -> Mapping[str, Sequence[WrittenCase]]:
    found: dict[str, list[WrittenCase]] = {}
    for path in files_of(rules_dir, only=only):
        if path.name.endswith(CASES):
            for case in read_cases(path, root=rules_dir):
                found.setdefault(case.rule or "", []).append(case)
    return found


def _pathways(rules: Ruleset, card: str) -> Sequence[str]:
    """Return the folder of a written rule, or the pathways that the index names for one that is not."""
    if card in rules.by_id:
        return (rules.by_id[card].home,)
    return rules.index[card]["pathway"].split(";")


def _of_card(rules: Ruleset, card: str, cases: Sequence[WrittenCase]) -> CardCoverage:
    rule = rules.by_id.get(card)
    if rule is None and rules.index[card]["indicator"] == _LINT:
        return CardCoverage(card=card, note="a lint, not a card")
    return CardCoverage(
        card=card,
        firing=sum(map(_fires, cases)),
        silent=sum(map(_is_silent, cases)),
        unknown=sum(map(_rests_on_unknown, cases)),
        holes=tuple(holes_of(rule, cases)),
    )


def holes_of(rule: Rule | None, cases: Sequence[WrittenCase]) -> Iterator[Hole]:
    """Yield what the cases of a card lack; ``rule`` is None for a card that is planned only."""
    if rule is None:
        yield Hole.NOT_WRITTEN
        return
    if not cases:
        yield Hole.NO_CASES
        return
    firing, silent = sum(map(_fires, cases)), sum(map(_is_silent, cases))
    if not firing:
        yield Hole.NO_FIRING
    if silent < max(firing, 1):
        yield Hole.FEW_SILENT
    if not any(map(_rests_on_unknown, cases)):
        yield Hole.NO_UNKNOWN
    if _fires_on_absence(rule) and not any(case.spec.unavailable for case in cases):
        yield Hole.NO_FAILED_SEARCH


def _fires(case: WrittenCase) -> bool:
    return isinstance(case.spec.expect.card, ExpectedCard)


def _is_silent(case: WrittenCase) -> bool:
    return case.spec.expect.card == "none"


def _rests_on_unknown(case: WrittenCase) -> bool:
    expect = case.spec.expect
    on_card = isinstance(expect.card, ExpectedCard) and bool(expect.card.missing)
    return bool(case.spec.unavailable or expect.missing or on_card)


def _fires_on_absence(rule: Rule) -> bool:
    """Unknown is never no: what is absent only because a search failed must not make a card."""
    return rule.file.when is not None and bool(rule.file.when.none)
