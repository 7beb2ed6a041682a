"""Exchanges one part of an authored model for another, by its place; the model itself stays as it is."""

from __future__ import annotations

from typing import Any

from cds_service.ruleset.facts import Ask
from cds_service.ruleset.parts import author_word
from cds_service.ruleset.words import Model
from cds_service.ruleset.yaml_file import Place


def put(model: Any, place: Place, new: Any) -> Any:
    """Return ``model`` with the part at ``place`` exchanged; nothing is validated. Raises KeyError for no such place."""
    if not place:
        return new
    first, rest = place[0], place[1:]
    if isinstance(model, tuple):
        if not isinstance(first, int) or first >= len(model):
            raise KeyError(first)
        return (*model[:first], put(model[first], rest, new), *model[first + 1 :])
    if isinstance(model, dict):
        return {**model, first: put(model[first], rest, new)}
    if isinstance(model, Ask):
        return model.model_copy(update={"fact": put(model.fact, rest, new)})
    if not isinstance(model, Model):
        raise KeyError(first)
    field = _field(type(model), first)
    return model.model_copy(update={field: put(getattr(model, field), rest, new)})


def _field(model: type[Model], word: str | int) -> str:
    for field in model.model_fields:
        if author_word(model, field) == word:
            return field
    raise KeyError(word)
