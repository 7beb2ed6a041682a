"""How two states of the rules differ: rule by rule, what changed in its own file and in what it shares with others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from cds_service.authoring.compare import Change, changes
from cds_service.authoring.sides import Side
from cds_service.authoring.weight import Weight, heaviest, weight_of_own, weight_of_shared
from cds_service.errors import InputInvalid
from cds_service.ruleset.hashing import plain, read_lock
from cds_service.ruleset.ruleset import Rule, Ruleset

State = Literal["unchanged", "changed", "new", "gone"]

_NOT_CONTENT = ("version", "status")
"""Words of a card that say nothing about what it does; ``hashing`` leaves them out too."""


@dataclass(frozen=True, kw_only=True)
class SharedPart:
    """Something that rules share, and how it changed. ``name`` reads as ``fact medically-refractory (…)``."""

    kind: str
    name: str
    changes: tuple[Change, ...]

    @property
    def weight(self) -> Weight:
        """How much the change weighs."""
        return heaviest(weight_of_shared(self.kind, change.place) for change in self.changes)


@dataclass(frozen=True, kw_only=True)
class RuleDifference:
    """How one rule differs. Versions and statuses are None on the side that lacks the rule.

    ``through`` names the shared parts that changed; ``own`` and ``through`` are empty where only a lock file is known.
    """

    rule: str
    state: State
    old_version: int | None = None
    new_version: int | None = None
    old_status: str | None = None
    new_status: str | None = None
    own: tuple[Change, ...] = ()
    through: tuple[str, ...] = ()
    weight: Weight | None = None

    @property
    def raised(self) -> bool:
        """True when the version was raised, or nothing asks for it."""
        if self.state != "changed":
            return True
        return (self.new_version or 0) > (self.old_version or 0)

    @property
    def suggested(self) -> int | None:
        """The version that a changed rule should have; None when it is right as it is."""
        return None if self.raised else (self.old_version or 0) + 1

    def as_json(self) -> dict[str, Any]:
        """Return the difference as JSON data."""
        return {
            "rule": self.rule,
            "state": self.state,
            "version": {"old": self.old_version, "new": self.new_version, "suggested": self.suggested},
            "status": {"old": self.old_status, "new": self.new_status},
            "weight": self.weight.word if self.weight is not None else None,
            "changes": [change.as_json() for change in self.own],
            "through": list(self.through),
        }


@dataclass(frozen=True, kw_only=True)
class TableDifference:
    """A table of the terminology that changed. Its words belong to no rule, so no version speaks for them."""

    file: str
    added: int
    removed: int

    def __str__(self) -> str:
        return f"terminology/{self.file}: lines added {self.added}, taken out {self.removed}"


@dataclass(frozen=True, kw_only=True)
class Differences:
    """All rules, in the order of the card index, the shared parts that changed, by name, and tables of words."""

    rules: tuple[RuleDifference, ...]
    shared: Mapping[str, SharedPart]
    terminology: tuple[TableDifference, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return everything as JSON data; unchanged rules are counted only."""
        named = [
            rule for rule in self.rules if rule.state != "unchanged" or rule.old_status != rule.new_status
        ]
        return {
            "unchanged": sum(rule.state == "unchanged" for rule in self.rules),
            "rules": [rule.as_json() for rule in named],
            "shared": [
                {
                    "part": part.name,
                    "weight": part.weight.word,
                    "changes": [change.as_json() for change in part.changes],
                    "usedBy": [rule.rule for rule in self.rules if part.name in rule.through],
                }
                for part in self.shared.values()
            ],
            "terminology": [asdict(table) for table in self.terminology],
        }


def against_lock(rules: Ruleset, lock: Path) -> Differences:
    """Return how rules differ from their lock file, which knows versions and hashes alone.

    :raises InputInvalid: there is no lock file.
    :raises LockMismatch: it cannot be read.
    """
    if not lock.exists():
        raise InputInvalid(f"{lock}: there is no lock file; 'rules lock' writes it")
    locked = read_lock(lock)
    found = [_from_lock(rule, locked.get(rule.id)) for rule in rules.rules]
    found += [
        RuleDifference(rule=card, state="gone", old_version=entry["version"])
        for card, entry in locked.items()
        if card not in rules.by_id
    ]
    return Differences(rules=tuple(found), shared={})


def _from_lock(rule: Rule, entry: Mapping[str, Any] | None) -> RuleDifference:
    if entry is None:
        return RuleDifference(rule=rule.id, state="new", new_version=rule.file.version)
    return RuleDifference(
        rule=rule.id,
        state="unchanged" if entry["sha256"] == rule.hash else "changed",
        old_version=entry["version"],
        new_version=rule.file.version,
    )


def between(old: Side, new: Side, *, cards: Sequence[str] = ()) -> Differences:
    """Return how the rules of two sides differ, all or those named."""
    comparing = _Comparing(old, new)
    ids = dict.fromkeys((*new.rules.by_id, *old.rules.by_id))
    found = [comparing.rule(card) for card in ids if not cards or card in cards]
    used = {name for rule in found for name in rule.through}
    shared = {name: part for name, part in comparing.shared.items() if name in used}
    return Differences(rules=tuple(found), shared=shared, terminology=tuple(_tables(old, new)))


def _tables(old: Side, new: Side) -> Iterator[TableDifference]:
    for file in sorted({*old.words, *new.words}):
        before, after = (Counter(side.words.get(file, ())) for side in (old, new))
        if before != after:
            added, removed = (after - before).total(), (before - after).total()
            yield TableDifference(file=file, added=added, removed=removed)


class _Comparing:
    """Compares rule by rule; a shared part is compared once."""

    def __init__(self, old: Side, new: Side) -> None:
        self.old = old
        self.new = new
        self.shared: dict[str, SharedPart] = {}

    def rule(self, card: str) -> RuleDifference:
        before, after = self.old.rules.by_id.get(card), self.new.rules.by_id.get(card)
        if before is None or after is None:
            return self._one_sided(card, before, after)
        known: dict[str, Any] = {
            "rule": card,
            "old_version": before.file.version,
            "new_version": after.file.version,
            "old_status": before.file.status,
            "new_status": after.file.status,
        }
        if before.hash == after.hash:
            return RuleDifference(state="unchanged", **known)
        own = tuple(self._own(before, after))
        through = tuple(self._through(before, after))
        weights = [
            *(weight_of_own(change.place) for change in own),
            *(self.shared[n].weight for n in through),
        ]
        return RuleDifference(state="changed", own=own, through=through, weight=heaviest(weights), **known)

    @staticmethod
    def _one_sided(card: str, before: Rule | None, after: Rule | None) -> RuleDifference:
        if after is not None:
            version, status = after.file.version, after.file.status
            return RuleDifference(
                rule=card, state="new", new_version=version, new_status=status, weight=Weight.REACH
            )
        assert before is not None
        version, status = before.file.version, before.file.status
        return RuleDifference(
            rule=card, state="gone", old_version=version, old_status=status, weight=Weight.REACH
        )

    def _own(self, before: Rule, after: Rule) -> Iterator[Change]:
        yield from changes(_content(self.old, before), _content(self.new, after))

    def _through(self, before: Rule, after: Rule) -> Iterator[str]:
        """Yield the names of shared parts that both use and that differ."""
        used, uses = self.old.uses(before), self.new.uses(after)
        for kind, scope, name in uses.definitions:
            if (kind, scope, name) in used.definitions:
                shown = f"{kind} {name} ({scope})" if name else f"{kind} ({scope})"
                one, other = (side.written(kind, scope, name) for side in (self.old, self.new))
                yield from self._part(kind, shown, one, other)
        for name in sorted(uses.sets & used.sets):
            yield from self._set(name)
        for name in sorted(uses.tables & used.tables):
            one, other = ([dict(row) for row in side.rules.tables[name]] for side in (self.old, self.new))
            yield from self._part("table", f"table {name}", one, other)
        for name in sorted(uses.cards & used.cards):
            one, other = (_content(side, side.rules.by_id[name]) for side in (self.old, self.new))
            yield from self._part("card", f"card {name}", one, other)

    def _part(self, kind: str, name: str, one: Any, other: Any) -> Iterator[str]:
        if name not in self.shared:
            self.shared[name] = SharedPart(kind=kind, name=name, changes=tuple(changes(one, other)))
        if self.shared[name].changes:
            yield name

    def _set(self, name: str) -> Iterator[str]:
        shown = f"value set {name}"
        if shown not in self.shared:
            one, other = (side.members.get(name, frozenset()) for side in (self.old, self.new))
            gone = [Change(place=(), old=code) for code in sorted(one - other)]
            added = [Change(place=(), new=code) for code in sorted(other - one)]
            self.shared[shown] = SharedPart(kind="value set", name=shown, changes=(*gone, *added))
        if self.shared[shown].changes:
            yield shown


def _content(side: Side, rule: Rule) -> dict[str, Any]:
    """Return what a card's file says, with its rows of a family table in the place of the table's name."""
    content = {word: value for word, value in side.cards[rule.id].items() if word not in _NOT_CONTENT}
    if rule.rows:
        content["rows"] = [plain(row, without={"where"}) for row in rule.rows]
    return content
