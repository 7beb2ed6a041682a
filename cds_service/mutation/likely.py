"""In which order cases are tried against a mutant: the sooner one notices, the fewer are run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from cds_service.casework.read import WrittenCase
from cds_service.mutation.mutants import Mutant
from cds_service.ruleset.ruleset import Ruleset
from cds_service.ruleset.uses import Uses, uses_of
from cds_service.ruleset.yaml_file import Place

_KINDS = {"fact": "facts", "setting": "settings", "therapy": "therapies", "order": "orders"}
"""Kinds of definitions, and the words of the files under which they stand."""

Named = tuple[str, str]
"""A word of a file and a name under it: ``("settings", "sodium-low")``."""

_FAR = 10_000


class Likely:
    """Knows which rules use what, and which cases noticed what lately."""

    def __init__(self, rules: Ruleset, cases: Sequence[WrittenCase]) -> None:
        self._rules = rules
        self._cases = cases
        self._lately: dict[str, list[int]] = {}

    def noticed(self, mutant: Mutant, at: int) -> None:
        """Remember that a case noticed a mutant: it may notice its neighbours too."""
        lately = self._lately.setdefault(_neighbourhood(mutant), [])
        if at in lately:
            lately.remove(at)
        lately.append(at)

    def first(self, mutant: Mutant) -> Iterator[int]:
        """Yield all cases, the likely ones first.

        These are those that noticed a neighbour; those of the rule itself, or of the rules that use the changed part,
        those with few uses first; vignettes; the others of its home; the rest.
        """
        lately = self._lately.get(_neighbourhood(mutant), [])
        yield from reversed(lately)
        users = self._users_of(mutant)
        rest = [at for at in range(len(self._cases)) if at not in lately]
        yield from sorted(rest, key=lambda at: (self._distance(mutant, self._cases[at], users), at))

    @staticmethod
    def _distance(mutant: Mutant, case: WrittenCase, users: Mapping[str, int]) -> tuple[int, int]:
        away = 0 if case.file.startswith(f"{mutant.home}/") else 1
        if "trials." in mutant.place and case.spec.expect.trials:
            return away, 0
        if case.rule is not None and case.rule in users:
            return away, users[case.rule]
        return away, _FAR if case.rule is None else _FAR + 1

    def _users_of(self, mutant: Mutant) -> Mapping[str, int]:
        """Return the cards that use what a mutant changes, each with how much else it uses."""
        if mutant.card is not None:
            return {mutant.card: 0}
        named = [_named(label) for label in mutant.labels]
        return {card: size for name in named if name for card, size in self._users.get(name, {}).items()}

    @cached_property
    def _users(self) -> Mapping[Named, Mapping[str, int]]:
        found: dict[Named, dict[str, int]] = {}
        for rule in self._rules.rules:
            uses = uses_of(self._rules, rule)
            for name in _reached(uses):
                found.setdefault(name, {})[rule.id] = len(uses.definitions)
        return found


def _reached(uses: Uses) -> Iterator[Named]:
    for kind, _scope, name in uses.definitions:
        if kind in _KINDS:
            yield _KINDS[kind], name
    for table in uses.tables:
        yield "table", table


def _named(label: Place) -> Named | None:
    """Return what a label is about; None for what has no name, such as standards."""
    match label:
        case ("pathway" | "profile", _, str() as word, str() as name, *_):
            return word, name
        case ("table", str() as name):
            return "table", name
    return None


def _neighbourhood(mutant: Mutant) -> str:
    """Return what mutants near each other have in common: the first two parts of their place."""
    return f"{mutant.file} {'.'.join(mutant.place.split('.')[:2])}"


__all__ = ["Likely"]
