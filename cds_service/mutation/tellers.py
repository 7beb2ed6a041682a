"""Values that tell when they are used: numbers when compared or shown, names when found equal, fields when read."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from cds_service.ruleset.words import Duration, Model, Quantity

Tell = Callable[[], None]
"""Tells of the use of one field."""

_TELLS = "_tells"


# ---------------------------------------------------------------- names


class _TellingName(str):
    """A name that tells when it is found equal to another: only then does it matter that it stood there."""

    tell: Tell
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        if str.__eq__(self, other) is not True:
            return False
        self.tell()
        if isinstance(other, _TellingName):
            other.tell()
        return True

    def __ne__(self, other: object) -> bool:
        return not self == other


def telling_name(name: str, tell: Tell) -> str:
    """Return the same name, which tells when it is found equal to another."""
    found = _TellingName(name)
    found.tell = tell
    return found


# ---------------------------------------------------------------- numbers


class _TellingDuration(Duration):
    __slots__ = ("tell",)
    tell: Tell

    def __getattribute__(self, name: str) -> Any:
        if name in {"count", "unit"}:
            object.__getattribute__(self, "tell")()
        return object.__getattribute__(self, name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Duration) and (self.count, self.unit) == (other.count, other.unit)

    def __hash__(self) -> int:
        return hash((self.count, self.unit))


class _TellingQuantity(Quantity):
    __slots__ = ("tell",)
    tell: Tell

    def __getattribute__(self, name: str) -> Any:
        if name in {"value", "unit"}:
            object.__getattribute__(self, "tell")()
        return object.__getattribute__(self, name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quantity) and (self.value, self.unit) == (other.value, other.unit)

    def __hash__(self) -> int:
        return hash((self.value, self.unit))


def telling_number(number: Duration | Quantity, tell: Tell) -> Duration | Quantity:
    """Return the same length or quantity, which tells when its number or unit is looked at."""
    found: Duration | Quantity
    if isinstance(number, Duration):
        found = _TellingDuration(number.count, number.unit)
    else:
        found = _TellingQuantity(number.value, number.unit)
    object.__setattr__(found, "tell", tell)
    return found


# ---------------------------------------------------------------- fields


def telling_model(model: Model, values: Mapping[str, Any], tells: Mapping[str, Tell]) -> Model:
    """Return a copy of a model with other values, which tells when one of some fields is read.

    It is equal to itself alone, so that equal parts at two places stay two parts wherever answers are remembered.
    """
    copy = model.model_copy(update=values)
    copy.__dict__[_TELLS] = tells
    object.__setattr__(copy, "__class__", _telling(type(model), frozenset(tells)))
    return copy


@cache
def _telling(model: type[Model], fields: frozenset[str]) -> type[Model]:
    members = {
        "__module__": __name__,
        "__hash__": object.__hash__,
        "__eq__": lambda self, other: self is other,
    }
    found: type[Model] = types.new_class(
        f"Telling{model.__name__}", (model,), exec_body=lambda body: body.update(members)
    )
    for field in fields:
        setattr(found, field, property(_reader(field)))
    return found


def _reader(field: str) -> Callable[[Model], Any]:
    def read(self: Model) -> Any:
        self.__dict__[_TELLS][field]()
        return self.__dict__[field]

    return read
