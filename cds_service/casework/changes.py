"""Patients as changed copies of others, so that a boundary case shows one visible difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from cds_service.casework.format import Change, PatientSpec, Person
from cds_service.casework.items import Item, RawItem
from cds_service.ruleset.wording import message_of, nearest
from cds_service.ruleset.yaml_file import written


class CannotChange(ValueError):
    """A change names something that the patient does not have, or makes an item that is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A patient with all changes made: the person, and the history by item id in order.

    ``story`` is that of the patient as named; changes leave it as it is.
    """

    person: Person
    history: Mapping[str, Item]
    story: str = ""


def described(name: str, patients: Mapping[str, PatientSpec], *, seen: tuple[str, ...] = ()) -> Described:
    """Return a patient by name, following ``like``. Raises ``CannotChange``."""
    if name not in patients:
        raise CannotChange(f"no patient '{name}'{nearest(name, patients)}")
    if name in seen:
        raise CannotChange(f"circle: {' > '.join([*seen, name])}")
    spec = patients[name]
    own = Person(**_set_words(spec, Person))
    if spec.like is None:
        return Described(person=own, history=with_ids(spec.history), story=spec.story)
    base = described(spec.like, patients, seen=(*seen, name))
    base = Described(person=_updated(base.person, own), history=base.history, story=spec.story)
    return changed(base, spec.change)


def changed(base: Described, changes: Iterable[Change]) -> Described:
    """Return a patient with changes made in order. Raises ``CannotChange``."""
    history = dict(base.history)
    person = base.person
    for change in changes:
        if change.patient is not None:
            person = _updated(person, change.patient)
        elif change.remove is not None:
            del history[_known(change.remove, history)]
        elif change.edit is not None:
            id_ = _known(change.edit, history)
            history[id_] = _edited(history[id_], change.words)
        elif change.add is not None:
            history[_free_id(change.add, history)] = change.add
        elif change.replace is not None:
            id_ = change.replace.id or base_name(change.replace)
            history[_known(id_, history)] = change.replace
    return Described(person=person, history=history, story=base.story)


def with_ids(items: Iterable[Item]) -> dict[str, Item]:
    """Return items by id: their own, or one made from what they are of, numbered from the second on."""
    found: dict[str, Item] = {}
    for item in items:
        found[_free_id(item, found)] = item
    return found


def draft_ids(items: Iterable[Item]) -> dict[str, Item]:
    """Return drafts by id: their own, or ``draft-1``, ``draft-2`` …"""
    return {item.id or f"draft-{number}": item for number, item in enumerate(items, 1)}


def base_name(item: Item) -> str:
    """Return the name from which an item's id is made."""
    if isinstance(item, RawItem):
        return str(item.resource.get("id") or "resource")
    return item.what.name or item.kind.replace("_", "-")


def _free_id(item: Item, taken: Mapping[str, Item]) -> str:
    if item.id is not None:
        if item.id in taken:
            raise CannotChange(f"two items have the id '{item.id}'")
        return item.id
    return next(name for name in _names(base_name(item)) if name not in taken)


def _names(base: str) -> Iterator[str]:
    yield base
    number = 2
    while True:
        yield f"{base}-{number}"
        number += 1


def _known(id_: str, history: Mapping[str, Item]) -> str:
    if id_ not in history:
        have = ", ".join(history) or "no items"
        raise CannotChange(f"no item '{id_}' to change{nearest(id_, history)} (the patient has {have})")
    return id_


def _edited(item: Item, words: Mapping[str, Any]) -> Item:
    """Return an item with some words replaced; a word set to None is taken out (``status`` and ``verification`` become none)."""
    old = item.model_dump(by_alias=True, exclude_unset=True)
    kept = {word: value for word, value in old.items() if word not in words}
    new = {word: value for word, value in words.items() if value is not None or word in _NULLABLE}
    try:
        return type(item).model_validate({**kept, **new})
    except ValidationError as problem:
        faults = (f"{written(e['loc'])}: {message_of(e)}" for e in problem.errors(include_url=False))
        raise CannotChange("; ".join(faults)) from None


_NULLABLE = frozenset({"status", "verification"})


def _updated(person: Person, words: Person) -> Person:
    return person.model_copy(update=_set_words(words, Person))


def _set_words(model: Person, base: type[Person]) -> dict[str, Any]:
    return {name: getattr(model, name) for name in base.model_fields if name in model.model_fields_set}
