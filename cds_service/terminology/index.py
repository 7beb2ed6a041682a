"""The compiled look-up: (system, code) to the value sets and ingredients that it stands for, in one dictionary step.

Everything is worked out once, when rules load.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cds_service.terminology.compiler import CERTAIN, WEAK, Compiler, Key, only
from cds_service.terminology.drugs import DrugTable, Ingredient
from cds_service.terminology.hits import CodeHit
from cds_service.terminology.systems import SystemTable
from cds_service.terminology.valuesets import ValueSets


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One code or family that a set holds; ``code`` is in the form that is compared."""

    system: str
    code: str
    label: str
    family: bool
    weak: bool
    verified: str
    conditional: bool


class CodeIndex:
    """Answers what a code, an ingredient or a set stands for."""

    def __init__(self, systems: SystemTable, drugs: DrugTable, value_sets: ValueSets) -> None:
        self._systems = systems
        self._drugs = drugs
        self._value_sets = value_sets
        compiler = Compiler(drugs, value_sets)
        self._exact: Mapping[Key, CodeHit] = MappingProxyType(compiler.exact())
        self._families: Mapping[Key, CodeHit] = MappingProxyType(compiler.families())
        release = drugs.release.ndc if drugs.release else {}
        self._ndc: Mapping[str, CodeHit] = MappingProxyType(
            {ndc: self._exact["RXNORM", rxcui] for ndc, rxcui in release.items()}
        )
        self._longest = {
            system: max(len(code) for key, code in self._families if key == system)
            for system in {key for key, _ in self._families}
        }
        found = {name: compiler.sets_of(name) for name in drugs.ingredients}
        self._of_ingredient = MappingProxyType({n: only(sets, CERTAIN) for n, sets in found.items()})
        self._weak_of_ingredient = MappingProxyType({n: only(sets, WEAK) for n, sets in found.items()})
        self._taking_in: Mapping[str, frozenset[str]] = MappingProxyType(
            {name: compiler.taking_in(name) for name in value_sets.by_name}
        )

    def lookup(self, system: str | None, code: str) -> CodeHit | None:
        """What a coding stands for; None for a system or code that is not in the tables.

        A National Drug Code that an RxNorm import holds stands for what its product stands for.
        """
        key = self._systems.key(system)
        if key is None:
            return None
        same = self._systems.same_code(key, code)
        hit = self._exact.get((key, same))
        if hit is None and key == "NDC":
            return self._ndc.get(same)
        if hit is not None or key not in self._longest:
            return hit
        for length in range(min(len(same), self._longest[key]), 0, -1):
            hit = self._families.get((key, same[:length]))
            if hit is not None:
                return hit
        return None

    @property
    def set_names(self) -> frozenset[str]:
        """All names that a rule may use as a set: the files and, for single drugs, the ingredients."""
        return frozenset(self._value_sets.by_name) | frozenset(self._drugs.ingredients)

    @property
    def class_names(self) -> frozenset[str]:
        """The drug classes of the ingredient table."""
        return self._drugs.classes

    def ingredient(self, name: str) -> Ingredient | None:
        """An ingredient by its canonical name."""
        return self._drugs.ingredients.get(name)

    def ingredients_of_class(self, name: str) -> frozenset[str]:
        """The ingredients of a class."""
        return self._drugs.of_class(name)

    def sets_of_ingredient(self, name: str) -> frozenset[str]:
        """The sets that hold an ingredient for certain, among them the set of its own name."""
        return self._of_ingredient.get(name, frozenset())

    def weak_sets_of_ingredient(self, name: str) -> frozenset[str]:
        """The sets that an ingredient supports as weak evidence only."""
        return self._weak_of_ingredient.get(name, frozenset())

    def ingredients_in(self, set_name: str) -> frozenset[str]:
        """The ingredients that a set holds for certain."""
        return frozenset(
            name for name in self._drugs.ingredients if set_name in self.sets_of_ingredient(name)
        )

    def hits(self) -> tuple[CodeHit, ...]:
        """Every answer that ``lookup`` can give."""
        return (*self._exact.values(), *self._families.values())

    def widened(self, set_names: Iterable[str]) -> frozenset[str]:
        """The sets and all sets that take them in: what a name that stands for a set stands for."""
        found: set[str] = set()
        for name in set_names:
            found |= self._taking_in.get(name, frozenset({name}))
        return frozenset(found)

    def members(self, set_name: str) -> tuple[Member, ...]:
        """All codes and families that a set holds, references resolved, in order of system and code."""
        return self.all_members(imported=True).get(set_name, ())

    def all_members(self, *, imported: bool = False) -> Mapping[str, tuple[Member, ...]]:
        """The members of every set; worked out on each call, for pages and checks rather than for requests.

        ``imported``: those too that only an RxNorm import has; without them a rule's hash says what its authors wrote.
        """
        found: dict[str, list[Member]] = {}
        left_out = frozenset() if imported else self._drugs.imported
        for family, hits in ((False, self._exact), (True, self._families)):
            for key, hit in hits.items():
                if key in left_out:
                    continue
                for name, member in _memberships(hit, family=family):
                    found.setdefault(name, []).append(member)
        return {
            name: tuple(sorted(members, key=lambda m: (m.system, m.code, m.family)))
            for name, members in found.items()
        }


def _memberships(hit: CodeHit, *, family: bool) -> Iterable[tuple[str, Member]]:
    conditional = {item.value_set for item in hit.conditional}
    for name in {*hit.sets, *hit.weak_sets, *conditional}:
        yield (
            name,
            Member(
                system=hit.system,
                code=hit.code,
                label=hit.label,
                family=family,
                weak=name in hit.weak_sets,
                verified=hit.verified,
                conditional=name in conditional,
            ),
        )
