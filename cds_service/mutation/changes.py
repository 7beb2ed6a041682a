"""The small changes of one authored file: numbers by one, logic swapped or left out, value sets emptied, levels lowered."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from cds_service.ruleset.cards import But, CardFile, FindingVariant
from cds_service.ruleset.facts import Block, Fact, Setting
from cds_service.ruleset.parts import Part, parts
from cds_service.ruleset.references import Names, references_of
from cds_service.ruleset.words import Duration, Model, Quantity, read_duration, read_quantity
from cds_service.ruleset.yaml_file import Place

EMPTY_SET = "emptied"
"""Name of a value set without members, which stands for a set that was emptied."""

LOWER = {"critical": "warning", "warning": "info"}
"""The next level below; nothing is below info but silence."""

ALWAYS = Block.model_construct()
"""Logic without conditions: it holds for everyone."""

NEVER = Block.model_construct(none=(ALWAYS,))
"""Logic that holds for no one."""

_SETS = frozenset({Names.SETS, Names.SETS_OR_DRAFT, Names.SETS_OR_PHRASES, Names.THERAPIES_OR_SETS})
_NO_NUMBERS = frozenset({"version"})
_NUMBER = re.compile(r"-?\d+(?:\.(\d+))?")

Written = Callable[[Place], Any]
"""What the author wrote at a place, for the digits of a number; None when it stands nowhere."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change: ``new`` stands at ``place`` instead of what is there. ``says`` tells it to an author.

    ``fields`` are the places of the fields that hold it: who reads none of them cannot notice.
    """

    place: Place
    says: str
    new: Any
    fields: tuple[Place, ...]


def changes_of(model: Model, written: Written, sets: Collection[str]) -> Iterator[Change]:
    """Yield every change of one authored file. ``sets`` are the names of value sets and finding lists."""
    for part in parts(model):
        yield from _numbers(part, written)
        yield from _logic(part)
        yield from _sets(part, sets)
        yield from _levels(part)


# ---------------------------------------------------------------- numbers


def _numbers(part: Part, written: Written) -> Iterator[Change]:
    model = part.model
    for field in type(model).model_fields:
        if field not in model.model_fields_set or field in _NO_NUMBERS:
            continue
        value, place = getattr(model, field), part.field_place(field)
        if isinstance(model, Setting):
            value = read_setting(value) if field == "value" else None
        entries = (
            [((*place, k), v) for k, v in value.items()] if isinstance(value, dict) else [(place, value)]
        )
        for where, number in entries:
            for new in beside(number, written(where)):
                yield Change(place=where, says=f"{_shown(number)} → {_shown(new)}", new=new, fields=(where,))


def _shown(number: Any) -> str:
    return f"{number:g}" if isinstance(number, float) else str(number)


def read_setting(value: Any) -> Any:
    """Return the duration or quantity that a setting holds; None for words."""
    for read in (read_duration, read_quantity):
        try:
            return read(value)
        except ValueError:
            continue
    return None


def beside(number: Any, raw: Any) -> list[Any]:
    """Return a number one less and one more in its own unit, by the last digit that was written (``raw``)."""
    if isinstance(number, Duration):
        return [Duration(n, number.unit) for n in _steps(number.count, 1) if n >= 0]
    if isinstance(number, Quantity):
        return [Quantity(n, number.unit) for n in _steps(number.value, last_digit(raw, number.value))]
    if isinstance(number, int | float) and not isinstance(number, bool):
        return [type(number)(n) for n in _steps(number, last_digit(raw, number))]
    return []


def _steps(number: float, step: float) -> tuple[Any, Any]:
    if isinstance(number, int) and step == 1:
        return number - 1, number + 1
    return round(number - step, 9), round(number + step, 9)


def last_digit(raw: Any, number: float) -> float:
    """Return the worth of the last digit written: 0.1 for ``3.0 10*9/L``, 1 for ``135 mmol/L``."""
    text = raw if isinstance(raw, str) else f"{number:g}" if raw is None else str(raw)
    match = _NUMBER.match(text)
    return 10.0 ** -len(match[1]) if match is not None and match[1] else 1


# ---------------------------------------------------------------- logic


def _logic(part: Part) -> Iterator[Change]:
    model = part.model
    if not isinstance(model, Block | Fact):
        return
    if len(model.all) > 1 or len(model.any) > 1 or (model.all and model.any):
        swapped = model.model_copy(update={"all": model.any, "any": model.all})
        yield _exchanged(part, "all and any swapped", swapped, ("all", "any"))
    for word in ("none", "unless"):
        items = getattr(model, word)
        for number in range(len(items)):
            less = model.model_copy(update={word: items[:number] + items[number + 1 :]})
            yield _exchanged(part, f"{word}[{number}] left out", _not_empty(less), (word,))


def _not_empty(logic: Block | Fact) -> Block | Fact:
    """Logic of which nothing is left holds for everyone; written so that it is valid."""
    if any(getattr(logic, word) for word in ("all", "any", "none", "unless", "some", "possibly")):
        return logic
    return logic.model_copy(update={"all": (ALWAYS,)})


# ---------------------------------------------------------------- value sets


def _sets(part: Part, sets: Collection[str]) -> Iterator[Change]:
    for reference in references_of(part):
        if reference.kind in _SETS and reference.name in sets:
            place, says = reference.place, f"{reference.name} emptied"
            yield Change(place=place, says=says, new=EMPTY_SET, fields=(place,))


# ---------------------------------------------------------------- levels


def _levels(part: Part) -> Iterator[Change]:
    model = part.model
    if isinstance(model, FindingVariant):
        if model.level in LOWER:
            yield _lowered(part.field_place("level"), model.level, LOWER[model.level])
        else:
            silent = model.model_copy(update={"when": NEVER})
            yield _exchanged(part, f"{model.level} → silent", silent, ("when",))
    elif isinstance(model, But) and model.level != "silent":
        yield _lowered(part.field_place("level"), model.level, LOWER.get(model.level, "silent"))
    elif isinstance(model, CardFile) and not (model.findings or model.rows) and model.show.level in LOWER:
        yield _lowered(("show", "level"), model.show.level, LOWER[model.show.level])


def _lowered(place: Place, level: str, lower: str) -> Change:
    return Change(place=place, says=f"{level} → {lower}", new=lower, fields=(place,))


def _exchanged(part: Part, says: str, new: Model, fields: tuple[str, ...]) -> Change:
    places = tuple(part.field_place(field) for field in fields)
    return Change(place=part.place, says=says, new=new, fields=places)
