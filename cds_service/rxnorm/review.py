"""The reviewable difference between the tables in use and those that a release would give, code by code and set by set."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cds_service.rxnorm.database import Concept, Database
from cds_service.rxnorm.reading import RXNORM, Reading
from cds_service.rxnorm.strengths import same_strength, strength_text
from cds_service.terminology import Terminology
from cds_service.terminology.drugs import DrugCode, IngredientStrength

KINDS: Mapping[str, str] = {
    "other-name": "the release gives our code to something else: correct the rules; nothing is built on it",
    "missing": "code of ours that the release does not have",
    "merged": "code of ours that the release merged into another",
    "obsolete": "code of ours that is obsolete in the release",
    "suppressed": "code of ours that the editors of the release suppressed",
    "changed": "other ingredients, strength, form, route or content than now",
    "removed": "no longer in the table",
    "verified": "state of verification",
    "found": "ingredient that the rules have no RxNorm code for, found by its name",
    "added": "new in the table",
}
"""Kinds of change, what asks for a decision first."""

_STATES = {"O": "obsolete", "Y": "suppressed"}
COLUMNS = (
    "change",
    "system",
    "code",
    "kind",
    "label",
    "ingredients",
    "before",
    "after",
    "sets_gained",
    "sets_lost",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One code that would change, or one of our codes that the release speaks of; ``change`` is a key of ``KINDS``."""

    change: str
    system: str
    code: str
    kind: str
    label: str
    ingredients: tuple[str, ...]
    before: str
    after: str
    sets_gained: tuple[str, ...] = ()
    sets_lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetChange:
    """How many codes a value set (or the set of a single drug) holds before and after, and which come and go."""

    name: str
    before: int
    after: int
    gained: tuple[str, ...]
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """All changes, in a stable order."""

    changes: tuple[Change, ...]
    sets: tuple[SetChange, ...]

    def of_kind(self, kind: str) -> tuple[Change, ...]:
        """Return the changes of one kind."""
        return tuple(change for change in self.changes if change.change == kind)


def review(
    reading: Reading, database: Database, *, rules: Terminology, now: Terminology, then: Terminology
) -> Review:
    """Hold a release against the tables.

    ``rules`` is the terminology without any import, ``now`` what the service uses, ``then`` what it would use.
    """
    moved = _moved_sets(now, then)
    changes = [
        *_own_codes(reading, database, rules),
        *(_named(concept, reading) for concept in reading.named.found),
        *_differences(now, then, moved),
    ]
    order = list(KINDS)
    return Review(
        changes=tuple(sorted(changes, key=lambda c: (order.index(c.change), c.system, len(c.code), c.code))),
        sets=tuple(_set_changes(now, then)),
    )


def write_review(found: Review, path: Path) -> None:
    """Write one row a change."""
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(COLUMNS)
        for change in found.changes:
            cells = (getattr(change, column) for column in COLUMNS)
            writer.writerow([";".join(cell) if isinstance(cell, tuple) else cell for cell in cells])


# ---------------------------------------------------------------- our own codes


def _own_codes(reading: Reading, database: Database, rules: Terminology) -> Iterator[Change]:
    """What the release says of every RxNorm code that the rules name, drugs and value sets alike."""
    misnamed = {ours.code: concept for ours, concept in reading.named.misnamed}
    for code, label in sorted(_rxnorm_codes(rules).items()):
        ours = rules.drugs.codes.get((RXNORM, code))
        concept = database.concept(code)
        if code in misnamed:
            yield _own("other-name", code, label, ours, after=misnamed[code].name)
        elif concept is None:
            into = database.merged_into(code)
            kind = "merged" if into else "missing"
            yield _own(kind, code, label, ours, after="; ".join(into))
        elif concept.suppress in _STATES:
            yield _own(_STATES[concept.suppress], code, label, ours, after=concept.name)


def _rxnorm_codes(rules: Terminology) -> dict[str, str]:
    found = {
        row.code: row.label
        for value_set in rules.value_sets.by_name.values()
        for row in value_set.codes
        if row.system == RXNORM
    }
    return found | {
        code: drug.label for (system, code), drug in rules.drugs.codes.items() if system == RXNORM
    }


def _own(change: str, code: str, label: str, ours: DrugCode | None, *, after: str) -> Change:
    return Change(
        change=change,
        system=RXNORM,
        code=code,
        kind=ours.kind if ours else "",
        label=label,
        ingredients=_ingredients(ours),
        before=label,
        after=after,
    )


def _named(concept: Concept, reading: Reading) -> Change:
    return Change(
        change="found",
        system=RXNORM,
        code=concept.rxcui,
        kind=concept.tty,
        label=concept.name,
        ingredients=(reading.named.codes[concept.rxcui],),
        before="",
        after=concept.name,
    )


# ---------------------------------------------------------------- tables


def _differences(
    now: Terminology, then: Terminology, moved: Mapping[tuple[str, str], tuple[list[str], list[str]]]
) -> Iterator[Change]:
    for key in sorted({*now.drugs.codes, *then.drugs.codes}):
        old, new = now.drugs.codes.get(key), then.drugs.codes.get(key)
        gained, lost = moved.get(key, ([], []))
        for kind, before, after in _kinds(old, new):
            shown = new or old
            assert shown is not None
            yield Change(
                change=kind,
                system=key[0],
                code=key[1],
                kind=shown.kind,
                label=shown.label,
                ingredients=_ingredients(shown),
                before=before,
                after=after,
                sets_gained=tuple(sorted(gained)),
                sets_lost=tuple(sorted(lost)),
            )


def _kinds(old: DrugCode | None, new: DrugCode | None) -> Iterator[tuple[str, str, str]]:
    """The kinds of change of one code, with its state before and after."""
    if old is None or new is None:
        yield ("added", "", _text(new)) if new is not None else ("removed", _text(old), "")
        return
    if not _same(old, new):
        yield "changed", _text(old), _text(new)
    if old.verified != new.verified:
        yield "verified", old.verified, new.verified


def _same(old: DrugCode, new: DrugCode) -> bool:
    one = {part.ingredient: part.strength for part in old.ingredients}
    two = {part.ingredient: part.strength for part in new.ingredients}
    if one.keys() != two.keys() or not all(same_strength(one[name], two[name]) for name in one):
        return False
    return all(
        getattr(old, name) == getattr(new, name)
        for name in ("combination", "form", "route", "release", "pack", "pack_unit")
    )


def _text(drug: DrugCode | None) -> str:
    """A product in words: ingredients with strength, then what else is known of it."""
    if drug is None:
        return ""
    said = [_part(part) for part in drug.ingredients]
    if drug.combination and len(said) == 1:
        said.append("others")
    pack = f"{drug.pack} {drug.pack_unit}" if drug.pack is not None else None
    rest = [word for word in (drug.form, drug.route, drug.release, pack) if word]
    return " + ".join(said) + (f"; {', '.join(rest)}" if rest else "")


def _part(part: IngredientStrength) -> str:
    return f"{part.ingredient} {strength_text(part.strength)}" if part.strength else part.ingredient


def _ingredients(drug: DrugCode | None) -> tuple[str, ...]:
    return tuple(part.ingredient for part in drug.ingredients) if drug else ()


# ---------------------------------------------------------------- value sets


def _members(terminology: Terminology) -> dict[str, frozenset[tuple[str, str]]]:
    return {
        name: frozenset((m.system, m.code) for m in members)
        for name, members in terminology.index.all_members(imported=True).items()
    }


def _set_changes(now: Terminology, then: Terminology) -> Iterator[SetChange]:
    before, after = _members(now), _members(then)
    none: frozenset[tuple[str, str]] = frozenset()
    for name in sorted({*before, *after}):
        old, new = before.get(name, none), after.get(name, none)
        if old != new:
            yield SetChange(
                name=name,
                before=len(old),
                after=len(new),
                gained=_ordered(new - old),
                lost=_ordered(old - new),
            )


def _ordered(keys: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(f"{system} {code}" for system, code in sorted(keys, key=lambda k: (k[0], len(k[1]), k[1])))


def _moved_sets(now: Terminology, then: Terminology) -> dict[tuple[str, str], tuple[list[str], list[str]]]:
    """For each code the sets that it would join and leave."""
    before, after = _members(now), _members(then)
    none: frozenset[tuple[str, str]] = frozenset()
    moved: dict[tuple[str, str], tuple[list[str], list[str]]] = {}
    for name in {*before, *after}:
        old, new = before.get(name, none), after.get(name, none)
        for key in new - old:
            moved.setdefault(key, ([], []))[0].append(name)
        for key in old - new:
            moved.setdefault(key, ([], []))[1].append(name)
    return moved
