"""The rule book: a page for each pathway and each rule, in the order in which a reviewer asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cds_service.authoring.ladder import ladder_of
from cds_service.authoring.svg import svg_of
from cds_service.casework.read import CASES, WrittenCase, case_files, read_cases
from cds_service.errors import Complaint
from cds_service.rulebook.gallery import gallery_anchor
from cds_service.rulebook.heads import SHARED_TITLE, levels_of
from cds_service.rulebook.logic import Says, flow, in_words
from cds_service.rulebook.pages import cell, filled
from cds_service.rulebook.standards import standard_rows
from cds_service.ruleset.authored import Authored
from cds_service.ruleset.cards import CardFile
from cds_service.ruleset.library import SHARED, Library, read_library
from cds_service.ruleset.ruleset import Rule, Ruleset
from cds_service.ruleset.uses import uses_of

UNKNOWN: Mapping[str, str] = {
    "silent": "no card.",
    "mention": "the card comes, and says what is missing.",
    "ask": "the card asks for what is missing.",
    "lower": "the card comes one level lower, and says what is missing.",
}


def book_pages(rules: Ruleset, rules_dir: Path, *, gallery: str = "../../cards") -> dict[str, str]:
    """Return every page by its path below the book's folder. ``gallery`` is where cards are, seen from a rule's page."""
    book = _Book(rules, read_library(rules_dir, faults=_none()), _cases(rules_dir), gallery)
    return dict(book.pages())


def _none() -> list[Complaint]:
    """Faults of the files; rules that are loaded have none."""
    return []


def _cases(rules_dir: Path) -> dict[str, list[WrittenCase]]:
    found: dict[str, list[WrittenCase]] = {}
    for path in case_files(rules_dir):
        if path.name.endswith(CASES):
            for case in read_cases(path, root=rules_dir):
                found.setdefault(case.rule or "", []).append(case)
    return found


@dataclass(frozen=True)
class _Book:
    rules: Ruleset
    library: Library
    cases: Mapping[str, Sequence[WrittenCase]]
    gallery: str

    def pages(self) -> Iterator[tuple[str, str]]:
        homes = [*self.rules.pathways, SHARED]
        yield "index.md", filled("index.md.j2", rows=[self._row(home) for home in homes])
        for home in homes:
            yield f"{home}/index.md", self._pathway(home)
            if home != SHARED and self.rules.pathways[home].ladder:
                yield f"{home}/{home}.svg", svg_of(ladder_of(self.rules, home))
        for card in self.library.cards:
            yield f"{card.home}/{card.model.card}.md", self._rule(card)

    def _row(self, home: str) -> dict[str, Any]:
        cards = self._cards(home)
        return {
            "home": home,
            "title": self._title(home),
            "rules": len(cards),
            "cases": sum(len(self.cases.get(card.card, ())) for card in cards),
        }

    def _title(self, home: str) -> str:
        return SHARED_TITLE if home == SHARED else self.rules.pathways[home].title

    def _cards(self, home: str) -> list[CardFile]:
        return [card.model for card in self.library.cards if card.home == home]

    def _says(self, home: str) -> Says:
        def says(name: str) -> str | None:
            fact = self.rules.fact(name, home)
            return fact.says if fact is not None else None

        return says

    # ------------------------------------------------------------ a pathway

    def _pathway(self, home: str) -> str:
        part, source = self.rules.part(home), self._source(home)
        says = self._says(home)
        profiles = [p for p in self.rules.available_profiles.values() if home in p.pathways]
        trials = source.get("trials") or {}
        return filled(
            "pathway.md.j2",
            title=self._title(home),
            pathway=self.rules.pathways.get(home),
            source=source,
            ladder=f"![The ladder]({home}.svg)",
            standards=list(standard_rows(trials, says)),
            verdicts=_verdicts(trials),
            settings=part.settings,
            profiles=profiles,
            facts=source.get("facts") or {},
            cards=self._cards(home),
            levels=lambda card: levels_of(self.rules.by_id[card.card]),
            words=partial(in_words, says=says),
            inline=partial(_inline, says=says),
            flow=flow,
            cell=cell,
        )

    def _source(self, home: str) -> Mapping[str, Any]:
        """What the authors wrote for a pathway; of the shared part, all of its files together."""
        if home != SHARED:
            written: Mapping[str, Any] = self.library.pathways[home].source.data
            return written
        together: dict[str, Any] = {}
        for file in self.library.shared:
            for word, entries in file.source.data.items():
                together.setdefault(word, {}).update(entries)
        return together

    # ------------------------------------------------------------ a rule

    def _rule(self, card: Authored[CardFile]) -> str:
        rule = self.rules.by_id[card.model.card]
        says = self._says(rule.pathways[0])
        return filled(
            "rule.md.j2",
            card=card.model,
            levels=levels_of(rule),
            source=card.source.data,
            path=rule.path,
            gallery=f"{self.gallery}/{card.home}.md#{gallery_anchor(rule.id)}",
            unknown=UNKNOWN[card.model.if_unknown],
            reasons=[self.rules.overrides[name] for name in card.model.overrides],
            rows=rule.rows,
            sets=list(self._sets(rule)),
            cases=[
                {"name": case.spec.name, "fires": case.spec.expect.card != "none"}
                for case in self.cases.get(rule.id, ())
            ],
            words=partial(in_words, says=says),
            flow=flow,
            cell=cell,
        )

    def _sets(self, rule: Rule) -> Iterator[dict[str, Any]]:
        by_name = self.rules.terminology.value_sets.by_name
        for name in sorted(uses_of(self.rules, rule).sets):
            if (found := by_name.get(name)) is not None:
                yield {
                    "name": name,
                    "meaning": found.meaning,
                    "codes": len(found.codes),
                    "unverified": sum(row.verified != "yes" for row in found.codes),
                }


def _verdicts(trials: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = dict(trials.get("verdicts") or {})
    for word, entries in (trials.get("procedures") or {}).items():
        found[f"{word} (procedures)"] = entries
    return found


def _inline(logic: Any, says: Says) -> str:
    """Return logic on one line, for a table."""
    return " ".join(line.strip() for line in in_words(logic, says).replace("- ", "").splitlines())
