"""Watches which parts of the rules each case uses: only those cases could notice that a part was changed.

The cases are run once under rules that tell of every use. A number is used when it is compared, a name when it is found
equal to another, logic when it is asked. What a case never used cannot change its outcome, so leaving such cases out
loses nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from cds_service.mutation.tellers import Tell, telling_model, telling_name, telling_number
from cds_service.ruleset.facts import Ask
from cds_service.ruleset.parts import author_word
from cds_service.ruleset.ruleset import PairRow, Ruleset
from cds_service.ruleset.words import Duration, Model, Quantity
from cds_service.ruleset.yaml_file import Place


@dataclass
class Reads:
    """Which cases use which fields. A field is labelled by its owner (pathway, card, row, table, profile) and place."""

    cases: dict[Place, set[int]] = field(default_factory=dict)
    told: set[Place] = field(default_factory=set)
    """What the case that is being run has used so far."""

    def finish(self, case: int) -> None:
        """Remember what was told as used by a case, and start afresh."""
        for label in self.told:
            self.cases.setdefault(label, set()).add(case)
        self.told.clear()

    def uses(self, case: int, labels: Sequence[Place]) -> bool:
        """Return whether a case uses any of some fields."""
        return any(case in self.cases.get(label, ()) for label in labels)


def watched(rules: Ruleset, reads: Reads, labels: Collection[Place]) -> Ruleset:
    """Return the same rules, which tell ``reads`` of every use of the fields with these labels."""
    watch = _Watch(labels, reads)
    return replace(
        rules,
        pathways={n: watch.part(p, ("pathway", n)) for n, p in rules.pathways.items()},
        shared=watch.part(rules.shared, ("pathway", "shared")),
        rules=tuple(
            replace(
                rule,
                file=watch.part(rule.file, ("card", rule.id)),
                rows=tuple(watch.row(row) for row in rule.rows),
            )
            for rule in rules.rules
        ),
        tables=_Tables(rules.tables, reads),
    )


def with_watched_profiles(rules: Ruleset, reads: Reads) -> Ruleset:
    """Return rules whose profiles' values tell of their use; profiles are put in force for each case anew."""
    labels = {
        (pathway, setting): ("profile", rules.profiles[pathway], "settings", setting)
        for pathway, setting in rules.replaced_settings
    }
    return replace(rules, replaced_settings=_Settings(rules.replaced_settings, labels, reads))


class _Watch:
    """Copies what holds a watched field; everything else stays the object that it is."""

    def __init__(self, labels: Collection[Place], reads: Reads) -> None:
        self.labels = frozenset(labels)
        self.above = {label[:n] for label in labels for n in range(len(label))}
        self.told = reads.told

    def teller(self, label: Place) -> Tell:
        return partial(self.told.add, label)

    def part(self, value: Any, label: Place) -> Any:
        if label in self.labels:
            return self.field(value, label)
        return self.inside(value, label) if label in self.above else value

    def field(self, value: Any, label: Place) -> Any:
        """Return a watched field's value, which tells of its use where it can; see ``tells_itself``."""
        if isinstance(value, Duration | Quantity):
            return telling_number(value, self.teller(label))
        if isinstance(value, str):
            return telling_name(value, self.teller(label))
        if _are_names(value):
            return tuple(telling_name(name, self.teller(label)) for name in value)
        return self.inside(value, label)

    def inside(self, value: Any, label: Place) -> Any:
        if isinstance(value, Ask):
            return value.model_copy(update={"fact": self.part(value.fact, (*label, value.word))})
        if isinstance(value, Model):
            return self.model(value, label)
        if isinstance(value, tuple):
            return tuple(self.part(entry, (*label, at)) for at, entry in enumerate(value))
        if isinstance(value, dict):
            return {key: self.part(entry, (*label, key)) for key, entry in value.items()}
        return value

    def model(self, value: Model, label: Place) -> Model:
        """Return a copy that is equal to itself alone, so that equal parts at two places stay two parts."""
        new: dict[str, Any] = {}
        tells: dict[str, Tell] = {}
        for name in type(value).model_fields:
            place = (*label, author_word(type(value), name))
            new[name] = self.part(getattr(value, name), place)
            if place in self.labels and not tells_itself(getattr(value, name)):
                tells[name] = self.teller(place)
        return telling_model(value, new, tells)

    def row(self, row: PairRow) -> PairRow:
        """Return a row whose names and windows tell of their use, and which is equal to itself alone."""
        words = PairRow.__dataclass_fields__
        return _OneRow(**{w: self.part(getattr(row, w), ("row", row.where, w)) for w in words})


def tells_itself(value: Any) -> bool:
    """True for values that tell when they are used; for others, having them read counts as use."""
    return isinstance(value, Duration | Quantity | dict) or _are_names(value)


def _are_names(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and all(isinstance(entry, str) for entry in value)


class _OneRow(PairRow):
    """A row that is equal to itself alone."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


class _Tables(dict[str, Sequence[Mapping[str, str]]]):
    """Look-up tables that tell which of them is read."""

    def __init__(self, tables: Mapping[str, Sequence[Mapping[str, str]]], reads: Reads) -> None:
        super().__init__(tables)
        self._reads = reads

    def __getitem__(self, name: str) -> Sequence[Mapping[str, str]]:
        self._reads.told.add(("table", name))
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """Return a table's rows."""
        self._reads.told.add(("table", name))
        return super().get(name, default)


class _Settings(dict[tuple[str, str], Any]):
    """A profile's values that tell which of them is read."""

    def __init__(
        self, values: Mapping[tuple[str, str], Any], labels: Mapping[tuple[str, str], Place], reads: Reads
    ) -> None:
        super().__init__(values)
        self._labels = labels
        self._reads = reads

    def __getitem__(self, key: tuple[str, str]) -> Any:
        self._reads.told.add(self._labels[key])
        return super().__getitem__(key)
