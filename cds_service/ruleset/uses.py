"""What a rule uses, directly and through the facts, therapies and standards that it names: for hashes, needs and checks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cds_service.ruleset.cards import Suggestion
from cds_service.ruleset.facts import TrialFact
from cds_service.ruleset.parts import Part, parts
from cds_service.ruleset.references import Names, Reference, references_of
from cds_service.ruleset.ruleset import Rule, Ruleset
from cds_service.ruleset.trials import TherapyDefinition
from cds_service.ruleset.words import Model

SHARED = "shared"
VERDICT_WORDS = frozenset({"trial", "step"})
"""Words that read verdicts."""

_SET_KINDS = frozenset({Names.SETS, Names.SETS_OR_DRAFT, Names.SETS_OR_PHRASES, Names.THERAPIES_OR_SETS})
_PHRASE_KINDS = frozenset({Names.PHRASES, Names.SETS_OR_PHRASES, Names.OUTCOMES_OR_PHRASES})
_THERAPY_KINDS = frozenset({Names.THERAPIES, Names.THERAPIES_OR_SETS, Names.THERAPIES_OR_ORDERS})


@dataclass(frozen=True, kw_only=True)
class Uses:
    """Everything reached from a rule. Scoped names carry the scope that defines them.

    ``parts`` are all models reached, with fact words marked. ``definitions`` are the shared pieces: (kind, scope,
    name) to the model or value.
    """

    parts: tuple[Part, ...]
    definitions: dict[tuple[str, str, str], Any] = field(default_factory=dict)
    sets: frozenset[str] = frozenset()
    phrases: frozenset[str] = frozenset()
    tables: frozenset[str] = frozenset()
    cards: frozenset[str] = frozenset()
    """Cards whose firing a verdict asks for."""

    @property
    def words(self) -> frozenset[str]:
        """Fact words reached."""
        return frozenset(p.word for p in self.parts if p.word is not None)


def uses_of(rules: Ruleset, rule: Rule) -> Uses:
    """Return everything that a rule reaches; names that nothing defines are left out (``check`` complains of them).

    The population belongs to it: it gates a rule of scope ``pathway``, and says under which pathway any other is shown.
    """
    collector = _Collector(rules)
    for pathway in rule.pathways:
        collector.add(rule.file, pathway)
        collector.add_rows(rule, pathway)
        if pathway in rules.pathways:
            population = rules.pathways[pathway].population
            collector.define("population", pathway, "", population)
            collector.add(population, pathway)
    return collector.result()


def uses_of_item(rules: Ruleset, item: Any, scope: str) -> Uses:
    """Return everything that one part of a file reaches when names are looked up from ``scope``."""
    collector = _Collector(rules)
    collector.add(item, scope)
    return collector.result()


class _Collector:
    """Follows names until nothing new is reached."""

    def __init__(self, rules: Ruleset) -> None:
        self.rules = rules
        self.parts: dict[tuple[int, str | None], Part] = {}
        self.definitions: dict[tuple[str, str, str], Any] = {}
        self.sets: set[str] = set()
        self.phrases: set[str] = set()
        self.tables: set[str] = set()
        self.cards: set[str] = set()

    def result(self) -> Uses:
        return Uses(
            parts=tuple(self.parts.values()),
            definitions=self.definitions,
            sets=frozenset(self.sets),
            phrases=frozenset(self.phrases),
            tables=frozenset(self.tables),
            cards=frozenset(self.cards),
        )

    def add(self, model: Any, scope: str) -> None:
        """Take in a model and all that it names, looked up from ``scope``."""
        if isinstance(model, str):
            self.add_fact(model, scope)
            return
        for part in parts(model):
            key = (id(part.model), scope)
            if key in self.parts:
                continue
            self.parts[key] = part
            for reference in references_of(part):
                self.follow(reference, scope)
            if part.word in VERDICT_WORDS or _asks_for_verdicts(part.model):
                self.add_standards(scope)

    def add_rows(self, rule: Rule, scope: str) -> None:
        for row in rule.rows:
            self.sets.update(row.draft, row.other)
            for name in (row.if_, row.unless):
                if name is not None:
                    self.add_fact(name, scope)

    def follow(self, reference: Reference, scope: str) -> None:
        name, kind = reference.name, reference.kind
        if kind is Names.FACT:
            self.add_fact(name, scope)
        elif kind in {Names.LIMIT, Names.WINDOW, Names.SETTING}:
            self.add_setting(name, scope)
        elif kind is Names.TABLE:
            self.tables.add(name)
        elif kind is Names.SAFETY_CARDS:
            self.add_card(name)
        if kind in _SET_KINDS and name in self.rules.terminology.index.set_names:
            self.sets.add(name)
        if kind in _PHRASE_KINDS:
            self.phrases.add(name)
        if kind in _THERAPY_KINDS:
            self.add_therapy(name, scope)
        if kind in {Names.ORDER, Names.THERAPIES_OR_ORDERS}:
            self.add_order(name, scope)

    def add_fact(self, name: str, scope: str) -> None:
        home = self.rules.home_of_fact(name, scope)
        fact = self.rules.fact(name, scope)
        if home is None or fact is None:
            return
        # A shared fact looks up the names inside it from the pathway that asks.
        inner = scope if home == SHARED else home
        if self.define("fact", inner, name, fact):
            self.add(fact, inner)

    def add_setting(self, name: str, scope: str) -> None:
        for home in self.rules.scopes(scope):
            if name in self.rules.part(home).settings:
                self.define("setting", home, name, self.rules.setting(name, scope))
                return

    def add_therapy(self, name: str, scope: str) -> None:
        for home in self.rules.scopes(scope):
            definition = self.rules.part(home).therapies.get(name)
            if definition is None:
                continue
            if self.define("therapy", home, name, definition):
                if isinstance(definition, TherapyDefinition):
                    self.add(definition, scope)
                else:
                    for member in definition:
                        self.add_therapy(member, scope)
            return

    def add_order(self, name: str, scope: str) -> None:
        for home in self.rules.scopes(scope):
            template = self.rules.part(home).orders.get(name)
            if template is not None:
                self.define("order", home, name, template)
                return

    def add_standards(self, scope: str) -> None:
        """Verdicts rest on the standards, evidence and ladder of the pathways in scope."""
        for home in self.rules.scopes(scope):
            if home == SHARED:
                continue
            pathway = self.rules.pathways[home]
            if pathway.trials is not None and self.define("trials", home, "", pathway.trials):
                self.add(pathway.trials, home)
                for name in pathway.therapies:
                    self.add_therapy(name, home)
            if pathway.ladder and self.define("ladder", home, "", pathway.ladder):
                for step in pathway.ladder:
                    self.add(step, home)
            if pathway.classes:
                self.define("classes", home, "", pathway.classes)
            if pathway.verdict_groups:
                self.define("verdicts", home, "", pathway.verdict_groups)

    def add_card(self, card: str) -> None:
        if card in self.cards or card not in self.rules.by_id:
            return
        self.cards.add(card)
        rule = self.rules.by_id[card]
        for pathway in rule.pathways:
            self.add(rule.file, pathway)
            self.add_rows(rule, pathway)

    def define(self, kind: str, scope: str, name: str, value: Any) -> bool:
        """Remember a definition; False when it was known already."""
        key = (kind, scope, name)
        if key in self.definitions:
            return False
        self.definitions[key] = value
        return True


def _asks_for_verdicts(model: Model) -> bool:
    """A suggested therapy must not have failed; an anchored trial has a verdict."""
    if isinstance(model, Suggestion):
        return model.delete is None and model.stop is None
    return isinstance(model, TrialFact)
