"""All mutants of the loaded rules: every change of every file, table row and table cell, ready to be put in force."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from cds_service.errors import Complaint, RuleFileInvalid
from cds_service.mutation.changes import EMPTY_SET, Change, beside, changes_of, read_setting
from cds_service.mutation.places import put
from cds_service.mutation.rows import RowChange, row_changes, table_changes
from cds_service.ruleset.authored import Authored, as_written
from cds_service.ruleset.library import SHARED, Library, narrowed, read_library
from cds_service.ruleset.pathway import ProfileFile
from cds_service.ruleset.profiles import under
from cds_service.ruleset.ruleset import PairRow, Ruleset
from cds_service.ruleset.words import Model
from cds_service.ruleset.yaml_file import Place, written
from cds_service.terminology.valuesets import ValueSet

Touch = tuple[str, str]
"""What is changed: ``("card", "TN-05")``, ``("fact", name)``, ``("setting", name)``, ``("trials", "")`` …"""

_KINDS = {
    "facts": "fact",
    "settings": "setting",
    "therapies": "therapy",
    "trials": "trials",
    "ladder": "ladder",
    "population": "population",
}
"""Part of a pathway's file to the kind of definition that rules reach it by."""


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """The rules with one change. ``home`` is the pathway (or ``shared``) that it belongs to."""

    home: str
    file: str
    line: int
    place: str
    says: str
    touch: Touch
    apply: Callable[[Ruleset], Ruleset]

    @property
    def key(self) -> tuple[str, str, str]:
        """What names the mutant in the list of accepted survivors; lines move, so they are no part of it."""
        return (self.file, self.place, self.says)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.place}: {self.says}"


def mutants_of(rules: Ruleset, rules_dir: Path, *, only: Collection[str] = ()) -> list[Mutant]:
    """Return the mutants of all rules, or of some pathways and the rules that live there.

    Raises ``RuleFileInvalid`` when the files have faults.
    """
    library = _library(rules_dir, only)
    found: list[Mutant] = []
    for name, pathway in library.pathways.items():
        if not only or name in only:
            found += _of_file(rules, pathway, name, partial(_in_pathway, name))
    for card in library.cards:
        if not only or card.home in only:
            found += _of_file(rules, card, card.model.card, partial(_in_card, card.model.card))
            found += _of_rows(rules, card.model.card)
    if not only:
        for shared in library.shared:
            found += _of_file(rules, shared, SHARED, _in_shared)
        found += _of_tables(rules, rules_dir)
    for name in sorted(set(rules.profiles.values())):
        homes = [p for p, profile in rules.profiles.items() if profile == name]
        if not only or set(homes) & set(only):
            found += _of_profile(library.profiles[name], homes[0])
    return found


def _library(rules_dir: Path, only: Collection[str]) -> Library:
    faults: list[Complaint] = []
    library = read_library(rules_dir, faults=faults)
    if only:
        library = narrowed(library, only, faults=faults)
    if faults:
        raise RuleFileInvalid(faults)
    return library


def with_empty_set(rules: Ruleset) -> Ruleset:
    """Return the rules with a value set that has no members, which a mutant may name."""
    nothing: frozenset[str] = frozenset()
    empty = ValueSet(
        name=EMPTY_SET,
        meaning="nothing",
        file="",
        codes=(),
        includes=(),
        excludes=(),
        ingredients=nothing,
        weak_ingredients=nothing,
        without_ingredients=nothing,
    )
    sets = replace(
        rules.terminology.value_sets,
        by_name={**rules.terminology.value_sets.by_name, EMPTY_SET: empty},
    )
    return replace(rules, terminology=replace(rules.terminology, value_sets=sets))


# ---------------------------------------------------------------- files


def _of_file(
    rules: Ruleset, file: Authored[Any], owner: str, put_in: Callable[[Change, Ruleset], Ruleset]
) -> Iterator[Mutant]:
    sets = {*rules.terminology.index.set_names, *rules.terminology.finding_table.lists}
    for change in changes_of(file.model, partial(_raw, file), sets):
        where = file.complaint(change.place, change.says)
        yield Mutant(
            home=file.home,
            file=where.file,
            line=where.line,
            place=written(change.place),
            says=change.says,
            touch=_touch(file.model, owner, change.place),
            apply=partial(put_in, change),
        )


def _touch(model: Model, owner: str, place: Place) -> Touch:
    kind = _KINDS.get(str(place[0])) if place and not hasattr(model, "card") else None
    if kind is None:
        return ("card", owner)
    return (kind, str(place[1]) if kind in {"fact", "setting", "therapy"} else "")


def _raw(file: Authored[Any], place: Place) -> Any:
    """Return what the author wrote at a place; None when it stands nowhere."""
    value = file.source.data
    for part in as_written(file.source, place):
        value = value[part]
    return value if isinstance(value, str | int | float) else None


def _in_pathway(name: str, change: Change, rules: Ruleset) -> Ruleset:
    changed = put(rules.pathways[name], change.place, change.new)
    return replace(rules, pathways={**rules.pathways, name: changed})


def _in_shared(change: Change, rules: Ruleset) -> Ruleset:
    return replace(rules, shared=put(rules.shared, change.place, change.new))


def _in_card(card: str, change: Change, rules: Ruleset) -> Ruleset:
    changed = replace(rules.by_id[card], file=put(rules.by_id[card].file, change.place, change.new))
    return replace(rules, rules=tuple(changed if r.id == card else r for r in rules.rules))


# ---------------------------------------------------------------- rows, tables, profiles


def _of_rows(rules: Ruleset, card: str) -> Iterator[Mutant]:
    rule = rules.by_id[card]
    for row in rule.rows:
        file, _, line = row.where.rpartition(":")
        for change in row_changes(row):
            yield Mutant(
                home=rule.home,
                file=file,
                line=int(line),
                place=change.place,
                says=change.says,
                touch=("card", card),
                apply=partial(_with_row, card, row, change),
            )


def _with_row(card: str, row: PairRow, change: RowChange, rules: Ruleset) -> Ruleset:
    new = () if change.new is None else (change.new,)
    rule = rules.by_id[card]
    at = rule.rows.index(row)
    changed = replace(rule, rows=(*rule.rows[:at], *new, *rule.rows[at + 1 :]))
    return replace(rules, rules=tuple(changed if r.id == card else r for r in rules.rules))


def _of_tables(rules: Ruleset, rules_dir: Path) -> Iterator[Mutant]:
    for change in table_changes(rules_dir, rules.tables):
        yield Mutant(
            home=SHARED,
            file=change.file,
            line=change.line,
            place=change.place,
            says=change.says,
            touch=("table", change.table),
            apply=partial(_with_table, change.table, change.rows),
        )


def _with_table(table: str, rows: Any, rules: Ruleset) -> Ruleset:
    return replace(rules, tables={**rules.tables, table: rows})


def _of_profile(file: Authored[ProfileFile], home: str) -> Iterator[Mutant]:
    for name, value in file.model.settings.items():
        for new in beside(read_setting(value), value):
            where = file.complaint(("settings", name), "")
            yield Mutant(
                home=home,
                file=where.file,
                line=where.line,
                place=where.path,
                says=f"{value} → {new}",
                touch=("setting", name),
                apply=partial(_with_profile, file.model.profile, name, new),
            )


def _with_profile(profile: str, setting: str, value: Any, rules: Ruleset) -> Ruleset:
    changed = put(rules.available_profiles[profile], ("settings", setting), value)
    return under(
        replace(rules, available_profiles={**rules.available_profiles, profile: changed}), rules.profiles
    )
