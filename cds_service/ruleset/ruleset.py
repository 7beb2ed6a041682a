"""All rules, loaded and checked: what evaluation, discovery and the command line work with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from cds_service.ruleset.cards import CardFile
from cds_service.ruleset.facts import Fact
from cds_service.ruleset.pathway import OrderTemplate, PathwayFile, ProfileFile, SharedFile
from cds_service.ruleset.trials import TherapyDefinition
from cds_service.ruleset.words import Duration, Quantity, read_duration, read_quantity
from cds_service.terminology import Terminology

SAFETY_KINDS = frozenset({"contraindication", "interaction", "duplicate"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRow:
    """One row of a family table: an ordered set, what it meets, and how bad that is.

    ``other`` are value sets of drugs (``interactions``) or diagnoses (``contraindications``). ``if_`` names a fact that
    must hold too. ``state`` and ``within`` narrow a diagnosis.
    """

    card: str
    draft: tuple[str, ...]
    other: tuple[str, ...]
    level: str
    say: str
    summary: str | None = None
    ended_within: Duration | None = None
    state: str = "current"
    within: Duration | None = None
    if_: str | None = None
    unless: str | None = None
    where: str = ""
    """``file:line`` for messages and coverage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: its file, the pathway folder that it lives in (``shared`` for both spine pathways), its content hash."""

    file: CardFile
    home: str
    path: str
    hash: str
    """SHA-256 over the rule and the shared parts that it uses."""
    rows: tuple[PairRow, ...] = ()

    @property
    def id(self) -> str:
        """The card id."""
        return self.file.card

    @property
    def pathways(self) -> tuple[str, ...]:
        """Pathways under which the rule may be shown, in order."""
        return self.file.pathways or (self.home,)

    @property
    def is_safety(self) -> bool:
        """True for rules that never read a verdict and that what-if checks ask."""
        return self.file.show.kind in SAFETY_KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class HookNeeds:
    """What the rules of one hook can read of a patient: FHIR types, and codes of Observations (none: all of them)."""

    types: frozenset[str] = frozenset()
    observation_codes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Ruleset:
    """Every pathway, shared part, rule, table and value set, with one profile applied.

    ``tables`` maps a table's name to its rows (dicts of strings); pair tables live in the rules.
    ``rules`` stand in the order of the card index, which breaks ties between merged cards.
    """

    pathways: Mapping[str, PathwayFile]
    shared: SharedFile
    rules: tuple[Rule, ...]
    tables: Mapping[str, Sequence[Mapping[str, str]]]
    terminology: Terminology
    overrides: Mapping[str, str]
    profiles: Mapping[str, str] = field(default_factory=dict)
    """Pathway to the profile in force."""
    replaced_settings: Mapping[tuple[str, str], Any] = field(default_factory=dict)
    """(pathway, setting) to the profile's value."""
    disabled: frozenset[str] = frozenset()
    available_profiles: Mapping[str, ProfileFile] = field(default_factory=dict)
    """Every profile that could be put in force, by name."""
    index: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Rows of the card index (``rules/card-index.csv``) by card id: every card that is planned, written or not."""
    needs: Mapping[str, HookNeeds] = field(default_factory=dict)
    """What the rules of each hook can read, worked out when they are loaded."""
    types_by_rule: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """FHIR types that each rule can read, by card id."""

    def types_of(self, rule: Rule) -> frozenset[str]:
        """Return the FHIR types that a rule can read."""
        return self.types_by_rule.get(rule.id, frozenset())

    def resource_types(self, hook: str) -> frozenset[str]:
        """Return the FHIR types that the rules of a hook can read."""
        return self.needs.get(hook, HookNeeds()).types

    def observation_codes(self, hook: str) -> tuple[str, ...]:
        """Return the codes, without systems, of the Observations that they can read; none means all Observations."""
        return self.needs.get(hook, HookNeeds()).observation_codes

    @cached_property
    def by_id(self) -> Mapping[str, Rule]:
        """Rules by card id."""
        return {rule.id: rule for rule in self.rules}

    def for_hook(self, hook: str) -> tuple[Rule, ...]:
        """Rules that answer a hook, in the order of the card index; drafts, retired and disabled ones left out."""
        return self._by_hook.get(hook, ())

    @cached_property
    def objecting(self) -> tuple[Rule, ...]:
        """Rules that may object to an order that a card would suggest: those of signing, also when they are disabled.

        A card that is not shown takes nothing away from the danger that it warns of.
        """
        return replace(self, disabled=frozenset()).for_hook("order-sign")

    @cached_property
    def _by_hook(self) -> Mapping[str, tuple[Rule, ...]]:
        hooks: dict[str, list[Rule]] = {}
        for rule in self.rules:
            if rule.file.status in {"draft", "retired"} or rule.id in self.disabled:
                continue
            for hook in rule.file.show.hooks:
                hooks.setdefault(hook, []).append(rule)
        return {hook: tuple(rules) for hook, rules in hooks.items()}

    def scopes(self, pathway: str) -> tuple[str, ...]:
        """Where names are looked up for a pathway: itself, what it uses, then the shared part (``shared``)."""
        if pathway == "shared" or pathway not in self.pathways:
            return ("shared",)
        return (pathway, *self.pathways[pathway].uses, "shared")

    def part(self, scope: str) -> PathwayFile | SharedFile:
        """Return what a scope defines: a pathway's file, or the shared part."""
        return self.shared if scope == "shared" else self.pathways[scope]

    def fact(self, name: str, pathway: str) -> Fact | None:
        """Return the named fact as seen from a pathway."""
        for scope in self.scopes(pathway):
            if (found := self.part(scope).facts.get(name)) is not None:
                return found
        return None

    def home_of_fact(self, name: str, pathway: str) -> str | None:
        """Return the scope that defines a fact, as seen from a pathway."""
        return next((s for s in self.scopes(pathway) if name in self.part(s).facts), None)

    def setting(self, name: str, pathway: str) -> Any:
        """Return a setting's value as seen from a pathway, the profile's first; KeyError when there is none."""
        for scope in self.scopes(pathway):
            if (scope, name) in self.replaced_settings:
                return self.replaced_settings[scope, name]
            if (found := self.part(scope).settings.get(name)) is not None:
                return found.value
        raise KeyError(name)

    def limit(self, value: Quantity | str, pathway: str) -> Quantity:
        """Resolve a comparison's limit: a quantity as written, or a setting."""
        return value if isinstance(value, Quantity) else read_quantity(self.setting(value, pathway))

    def window(self, value: Duration | str, pathway: str) -> Duration:
        """Resolve a window: a duration as written, or a setting."""
        return value if isinstance(value, Duration) else read_duration(self.setting(value, pathway))

    def therapies(self, names: Sequence[str], pathway: str) -> tuple[str, ...]:
        """Expand therapy and group names to therapies, each once, in order."""
        found: dict[str, None] = {}
        for name in names:
            for scope in self.scopes(pathway):
                definition = self.part(scope).therapies.get(name)
                if isinstance(definition, TherapyDefinition):
                    found[name] = None
                elif definition is not None:
                    found.update(dict.fromkeys(self.therapies(definition, pathway)))
                else:
                    continue
                break
            else:
                raise KeyError(name)
        return tuple(found)

    def therapy(self, name: str, pathway: str) -> TherapyDefinition:
        """Return one therapy's definition; KeyError when there is none."""
        for scope in self.scopes(pathway):
            definition = self.part(scope).therapies.get(name)
            if isinstance(definition, TherapyDefinition):
                return definition
        raise KeyError(name)

    def class_words(self, name: str, pathway: str) -> str:
        """Return a class of therapies in words."""
        return self.pathways[pathway].classes.get(name) or name.replace("-", " ")

    def all_therapies(self, pathway: str) -> tuple[str, ...]:
        """Return every therapy (groups left out) that a pathway can name, in order."""
        return tuple(
            name
            for scope in self.scopes(pathway)
            for name, definition in self.part(scope).therapies.items()
            if isinstance(definition, TherapyDefinition)
        )

    def is_order_of(self, therapy: str, pathway: str, sets: frozenset[str]) -> bool:
        """True when a concept of these value sets is an order of the therapy."""
        definition = self.therapy(therapy, pathway)
        return not sets.isdisjoint((*definition.medication, *definition.procedure, *definition.conditional))

    def verdicts(self, names: Sequence[str], pathway: str) -> frozenset[str]:
        """Expand verdicts and named groups of verdicts; ``failed`` covers both of its forms."""
        found: set[str] = set()
        for name in names:
            for scope in self.scopes(pathway):
                part = self.part(scope)
                if isinstance(part, PathwayFile) and name in part.verdict_groups:
                    found |= self.verdicts(part.verdict_groups[name], pathway)
                    break
            else:
                found |= BUILT_IN_GROUPS.get(name, frozenset({name}))
        return frozenset(found)

    def order_template(self, name: str, pathway: str) -> OrderTemplate | None:
        """Return the order template that a suggestion names, as seen from a pathway."""
        for scope in self.scopes(pathway):
            if (found := self.part(scope).orders.get(name)) is not None:
                return found
        return None

    def set_names(self, names: Sequence[str]) -> frozenset[str]:
        """Return value-set names as the set that concepts are compared with."""
        return frozenset(names)


BUILT_IN_GROUPS: Mapping[str, frozenset[str]] = {
    "failed": frozenset({"failed-absent", "failed-waned"}),
    "any-use": frozenset(
        {
            "ongoing",
            "ongoing-adequate",
            "inadequate",
            "failed-absent",
            "failed-waned",
            "not-tolerated",
            "effective",
            "stopped-other",
            "ended-unknown",
            "unknown",
        }
    ),
    "adequate": frozenset({"ongoing-adequate", "failed-absent", "failed-waned", "effective"}),
    "untried": frozenset({"not-tried"}),
}
"""Groups of verdicts that every pathway may name; ``any-use`` is everything but not-tried and ruled-out."""
