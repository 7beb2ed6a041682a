"""Which names exist: by kind, as seen from a pathway or from the shared part."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from functools import cached_property

from cds_service.ruleset.library import SHARED, Library
from cds_service.ruleset.pathway import PathwayFile, SharedFile
from cds_service.ruleset.references import Names, Reference
from cds_service.ruleset.ruleset import BUILT_IN_GROUPS, Ruleset
from cds_service.ruleset.trials import TherapyDefinition
from cds_service.ruleset.ucum import is_unit
from cds_service.ruleset.vocabulary import Vocabulary
from cds_service.ruleset.wording import nearest
from cds_service.ruleset.words import read_duration, read_quantity

VERDICTS: frozenset[str] = (
    frozenset(BUILT_IN_GROUPS) | frozenset().union(*BUILT_IN_GROUPS.values()) | {"ruled-out"}
)
"""Verdicts, and the groups of them that every pathway may name."""

_Part = PathwayFile | SharedFile


def _definitions(part: _Part) -> list[TherapyDefinition]:
    return [d for d in part.therapies.values() if isinstance(d, TherapyDefinition)]


_DEFINED: Mapping[Names, Callable[[_Part], Set[str]]] = {
    Names.FACT: lambda part: set(part.facts),
    Names.LIMIT: lambda part: set(part.settings),
    Names.WINDOW: lambda part: set(part.settings),
    Names.SETTING: lambda part: set(part.settings),
    Names.THERAPIES: lambda part: set(part.therapies),
    Names.THERAPIES_OR_SETS: lambda part: set(part.therapies),
    Names.THERAPIES_OR_ORDERS: lambda part: {*part.therapies, *part.orders},
    Names.ORDER: lambda part: set(part.orders),
    Names.CLASSES: lambda part: {d.class_ for d in _definitions(part) if d.class_},
    Names.VERDICTS: lambda part: set(part.verdict_groups) if isinstance(part, PathwayFile) else set(),
}
"""Names that a pathway or the shared part defines."""


@dataclass(frozen=True, kw_only=True)
class KnownNames:
    """Answers whether a name may stand where it stands."""

    rules: Ruleset
    library: Library
    vocabulary: Vocabulary

    @property
    def scopes(self) -> frozenset[str]:
        """Pathways that could be read, and the shared part."""
        return frozenset(self.rules.pathways) | {SHARED}

    def fault(self, reference: Reference, scope: str) -> str | None:
        """Return what is wrong with a name that is looked up from a scope, or None."""
        valid = self.valid(reference.kind, scope)
        if reference.name not in valid:
            where = f" in {scope}" if reference.kind in _DEFINED and scope != SHARED else ""
            return f"no {reference.kind} '{reference.name}'{where}{nearest(reference.name, sorted(valid))}"
        if reference.kind is Names.LIMIT and not is_quantity(self.rules.setting(reference.name, scope)):
            return f"setting '{reference.name}' holds no number with a unit"
        if reference.kind is Names.WINDOW and not is_duration(self.rules.setting(reference.name, scope)):
            return f"setting '{reference.name}' holds no duration"
        return None

    def valid(self, kind: Names, scope: str) -> Set[str]:
        """Return every name of a kind, as seen from a scope."""
        everywhere = self._everywhere.get(kind, frozenset())
        if kind is Names.STEPS:
            pathway = self.rules.pathways.get(scope)
            return frozenset(step.step for step in pathway.ladder) if pathway else frozenset()
        if kind in _DEFINED:
            seen = (self.rules.part(s) for s in self.rules.scopes(scope) if s in self.scopes)
            return everywhere.union(*(_DEFINED[kind](part) for part in seen))
        return everywhere

    @cached_property
    def _everywhere(self) -> Mapping[Names, frozenset[str]]:
        """Names that mean the same from every scope."""
        words, rules = self.vocabulary, self.rules
        return {
            Names.SETS: words.sets,
            Names.SETS_OR_DRAFT: words.sets | {"draft"},
            Names.SETS_OR_PHRASES: words.sets | words.phrases,
            Names.THERAPIES_OR_SETS: words.sets,
            Names.PHRASES: words.phrases,
            Names.OUTCOMES: words.outcomes,
            Names.OUTCOMES_OR_PHRASES: words.outcomes | words.phrases,
            Names.ROUTES: words.routes,
            Names.TABLE: frozenset(rules.tables),
            Names.OVERRIDES: frozenset(rules.overrides),
            Names.PATHWAYS: frozenset(rules.pathways),
            Names.CARDS: frozenset(rules.by_id) | frozenset(self.library.index),
            Names.SAFETY_CARDS: frozenset(r.id for r in rules.rules if r.is_safety),
            Names.VERDICTS: VERDICTS,
        }


def is_quantity(value: object) -> bool:
    """Return whether a setting's value is a number with a readable unit."""
    try:
        return is_unit(read_quantity(value).unit)
    except ValueError:
        return False


def is_duration(value: object) -> bool:
    """Return whether a setting's value is a duration."""
    try:
        read_duration(value)
    except ValueError:
        return False
    return True
