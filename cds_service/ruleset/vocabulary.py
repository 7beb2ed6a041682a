"""The names that terminology and shared facts lend to rules: what a name in a rule or table may refer to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cds_service.ruleset.ucum import is_unit
from cds_service.ruleset.wording import nearest

ROUTE_PREFIX = "route-"
"""A route is named by its value set without this prefix: ``oral`` for ``route-oral``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Valid names, by what they name."""

    sets: frozenset[str]
    ingredients: frozenset[str] = frozenset()
    phrases: frozenset[str] = frozenset()
    """Lists of findings: what reports, orders and notes may say."""
    outcomes: frozenset[str] = frozenset()
    """Categories of phrases that say why a therapy ended."""
    drug_sets: frozenset[str] = frozenset()
    """Value sets that hold drugs."""
    systems: frozenset[str] = frozenset()
    """Short names of code systems."""
    shared_facts: frozenset[str] = frozenset()

    @property
    def routes(self) -> frozenset[str]:
        """Names of routes of administration."""
        return frozenset(s.removeprefix(ROUTE_PREFIX) for s in self.sets if s.startswith(ROUTE_PREFIX))

    def knows_unit(self, text: str) -> bool:
        """Return whether a unit of measure can be read."""
        return is_unit(text)

    def unknown_in(self, what: str, names: Iterable[str], valid: Iterable[str]) -> str | None:
        """Return the complaint about the first name that is not valid, with the nearest valid one; else None."""
        known = frozenset(valid)
        for name in names:
            if name not in known:
                return f"no {what} '{name}'{nearest(name, sorted(known))}"
        return None
