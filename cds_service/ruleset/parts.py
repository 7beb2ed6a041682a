"""Walks an authored model part by part, so that checks, hashes and data needs see every word with its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from cds_service.ruleset.facts import Ask
from cds_service.ruleset.words import Model
from cds_service.ruleset.yaml_file import Place


@dataclass(frozen=True, slots=True)
class Part:
    """One model inside an authored file, and its place there. ``word`` is set for the filters of a fact word."""

    place: Place
    model: Model
    word: str | None = None

    def field_place(self, field: str) -> Place:
        """Return the place of one of the part's fields."""
        return (*self.place, author_word(type(self.model), field))


def parts(value: Any, place: Place = ()) -> Iterator[Part]:
    """Yield every model in ``value``, itself first. Fact words stand under their word, as authors write them."""
    if isinstance(value, Ask):
        for part in parts(value.fact, (*place, value.word)):
            yield Part(part.place, part.model, value.word) if part.model is value.fact else part
    elif isinstance(value, Model):
        yield Part(place, value)
        for field in type(value).model_fields:
            yield from parts(getattr(value, field), (*place, author_word(type(value), field)))
    elif isinstance(value, tuple):
        for position, entry in enumerate(value):
            yield from parts(entry, (*place, position))
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from parts(entry, (*place, key))


@cache
def author_word(model: type[Model], field: str) -> str:
    """Return a field's name as authors write it (``in`` for ``in_``)."""
    return model.model_fields[field].alias or field
