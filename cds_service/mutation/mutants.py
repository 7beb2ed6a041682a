"""All mutants of the loaded rules: every change of every file, table row and table cell, ready to be put in force."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from cds_service.errors import Complaint, RuleFileInvalid
from cds_service.mutation.changes import EMPTY_SET, Change, beside, changes_of, read_setting
from cds_service.mutation.places import put
from cds_service.mutation.rows import RowChange, row_changes, table_changes
from cds_service.ruleset.authored import Authored, as_written
from cds_service.ruleset.cards import CardFile
from cds_service.ruleset.library import SHARED, Library, narrowed, read_library
from cds_service.ruleset.profiles import under
from cds_service.ruleset.ruleset import PairRow, Ruleset
from cds_service.ruleset.yaml_file import Place, written
from cds_service.terminology.valuesets import ValueSet

Key = tuple[str, str, str]
"""File, place and change of a mutant."""


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """The rules with one change. ``home`` is the pathway (or ``shared``) that it belongs to."""

    home: str
    file: str
    line: int
    place: str
    says: str
    labels: tuple[Place, ...]
    """Labels of the fields that the change is in, as the watch tells of their use."""
    apply: Callable[[Ruleset], Ruleset]
    card: str | None = None
    """The only card whose rule is changed; None when facts, trials or populations may be too."""

    @property
    def key(self) -> Key:
        """What names the mutant in the list of accepted survivors; lines move, so they are no part of it."""
        return (self.file, self.place, self.says)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.place}: {self.says}"


def mutants_of(rules: Ruleset, rules_dir: Path, *, home: str) -> list[Mutant]:
    """Return the mutants of what lives in a home: a pathway's folder with its profiles, or the shared part.

    ``rules`` are the rules of the home and what they use. Raises ``RuleFileInvalid`` when the files have faults.
    """
    library = _library(rules_dir, home)
    found: list[Mutant] = []
    if home in library.pathways:
        found += _of_file(rules, library.pathways[home], ("pathway", home), partial(_in_pathway, home))
        found += _of_profiles(rules, library, home)
    for card in library.cards:
        if card.home == home:
            found += _of_card(rules, card)
    if home == SHARED:
        for shared in library.shared:
            found += _of_file(rules, shared, ("pathway", SHARED), _in_shared)
        found += _of_tables(rules, rules_dir)
    return found


def _library(rules_dir: Path, home: str) -> Library:
    faults: list[Complaint] = []
    library = read_library(rules_dir, faults=faults)
    if home != SHARED:
        narrowed(
            library, [home], faults=faults
        )  # takes out the faults of folders that are no concern of the home
    if faults:
        raise RuleFileInvalid(faults)
    return library


def _of_card(rules: Ruleset, card: Authored[CardFile]) -> Iterator[Mutant]:
    id_ = card.model.card
    for mutant in _of_file(rules, card, ("card", id_), partial(_in_card, id_)):
        yield replace(mutant, card=id_)
    yield from _of_rows(rules, id_)


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
    rules: Ruleset, file: Authored[Any], owner: Place, put_in: Callable[[Change, Ruleset], Ruleset]
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
            labels=tuple((*owner, *field) for field in change.fields),
            apply=partial(put_in, change),
        )


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
                labels=(("row", row.where, *change.field),),
                apply=partial(_with_row, card, row, change),
                card=card,
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
            labels=(("table", change.table),),
            apply=partial(_with_table, change.table, change.rows),
        )


def _with_table(table: str, rows: Any, rules: Ruleset) -> Ruleset:
    return replace(rules, tables={**rules.tables, table: rows})


def _of_profiles(rules: Ruleset, library: Library, home: str) -> Iterator[Mutant]:
    """Yield the mutants of each profile's numbers in the first of its pathways that has the setting."""
    for name, file in library.profiles.items():
        for setting, value in file.model.settings.items():
            having = [p for p in file.model.pathways if setting in library.pathways[p].model.settings]
            if next(iter(having or file.model.pathways)) != home:
                continue
            where = file.complaint(("settings", setting), "")
            for new in beside(read_setting(value), value):
                yield Mutant(
                    home=home,
                    file=where.file,
                    line=where.line,
                    place=where.path,
                    says=f"{value} → {new}",
                    labels=(("profile", name, "settings", setting),),
                    apply=partial(_with_profile, name, setting, new),
                )


def _with_profile(profile: str, setting: str, value: Any, rules: Ruleset) -> Ruleset:
    changed = put(rules.available_profiles[profile], ("settings", setting), value)
    return under(
        replace(rules, available_profiles={**rules.available_profiles, profile: changed}), rules.profiles
    )
