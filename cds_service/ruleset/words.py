"""Scalars of the rule language: durations, quantities, names; one strict base model for everything authors write."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from cds_service.ruleset.wording import clearer

_DURATION = re.compile(r"(\d+) (day|days|week|weeks|month|months|year|years|hour|hours)\Z")
_QUANTITY = re.compile(r"(-?\d+(?:\.\d+)?)(?: (\S.*))?\Z")
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}


class Model(BaseModel):
    """Base of all authored models: no unknown words, no silent conversions, immutable."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=False, arbitrary_types_allowed=True, use_attribute_docstrings=True
    )

    @model_validator(mode="wrap")
    @classmethod
    def _in_words_for_authors(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(value)
        except ValidationError as problem:
            raise clearer(cls, problem) from None


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time as written: ``28 days``, ``12 weeks``, ``6 months``, ``5 years``, ``8 hours``."""

    count: int
    unit: str

    @property
    def days(self) -> int:
        """Length in days; a month counts 30 days and a year 365 when a length (not a window) is compared."""
        return self.count * _DAYS.get(self.unit, 0)

    @property
    def hours(self) -> int:
        """Length in hours."""
        return self.count if self.unit == "hour" else self.days * 24

    def before(self, day: date) -> date:
        """Return the calendar day this long before ``day``; months and years by the calendar."""
        if self.unit in {"month", "year"}:
            months = self.count * (12 if self.unit == "year" else 1)
            index = day.year * 12 + day.month - 1 - months
            year, month = divmod(index, 12)
            return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
        return day - timedelta(days=self.days)

    def __str__(self) -> str:
        return f"{self.count} {self.unit}" + ("s" if self.count != 1 else "")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit as written: ``600 mg``, ``135 mmol/L``, ``7`` (no unit), ``30 %``."""

    value: float
    unit: str

    def __str__(self) -> str:
        number = f"{self.value:g}"
        return f"{number} {self.unit}" if self.unit else number


def read_duration(value: Any) -> Duration:
    """Read ``12 weeks``; raise ValueError with what was expected."""
    if isinstance(value, Duration):
        return value
    match = _DURATION.match(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("expected a duration such as '28 days', '12 weeks', '6 months' or '5 years'")
    return Duration(int(match[1]), match[2].removesuffix("s"))


def read_quantity(value: Any) -> Quantity:
    """Read ``600 mg`` or a bare number; raise ValueError with what was expected."""
    if isinstance(value, Quantity):
        return value
    if isinstance(value, bool):
        raise ValueError("expected a number with its unit, such as '600 mg'")
    if isinstance(value, int | float):
        return Quantity(float(value), "")
    match = _QUANTITY.match(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("expected a number with its unit, such as '600 mg'")
    return Quantity(float(match[1]), match[2] or "")


def _limit(value: Any) -> Any:
    if isinstance(value, str) and re.match(r"[a-z][a-z0-9-]*\Z", value):
        return value
    return read_quantity(value)


def _window(value: Any) -> Any:
    if isinstance(value, str) and re.match(r"[a-z][a-z0-9-]*\Z", value):
        return value
    return read_duration(value)


def _many(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


_NAME = r"^[a-z0-9][a-zA-Z0-9-]*$"
_CARD_ID = r"^[A-Z]{2,3}-[0-9A-Z]+[a-z]?$"


def _name(value: str) -> str:
    if re.match(_NAME, value) is None:
        raise ValueError(f"'{value}' is not a name: small letters, digits and hyphens, such as 'first-line'")
    return value


def _card_id(value: str) -> str:
    if re.match(_CARD_ID, value) is None:
        raise ValueError(f"'{value}' is not a card id such as TN-05")
    return value


def _or_setting(what: str, example: str) -> dict[str, Any]:
    return {
        "description": f"{what}, such as {example!r}, or the name of a setting",
        "type": ["string", "number"],
    }


def _one_or_many(pattern: str) -> dict[str, Any]:
    one = {"type": "string", "pattern": pattern}
    return {"anyOf": [one, {"type": "array", "items": one}]}


_DURATION_SCHEMA = {"type": "string", "pattern": r"^\d+ (hour|day|week|month|year)s?$"}

Name = Annotated[str, AfterValidator(_name), WithJsonSchema({"type": "string", "pattern": _NAME})]
"""A kebab-case name of a fact, setting, therapy, value set or order template."""

CardId = Annotated[str, AfterValidator(_card_id), WithJsonSchema({"type": "string", "pattern": _CARD_ID})]

Names = Annotated[tuple[Name, ...], BeforeValidator(_many), WithJsonSchema(_one_or_many(_NAME))]
"""One name or a list of names."""

CardIds = Annotated[tuple[CardId, ...], BeforeValidator(_many), WithJsonSchema(_one_or_many(_CARD_ID))]
Length = Annotated[Duration, BeforeValidator(read_duration), WithJsonSchema(_DURATION_SCHEMA)]
Measure = Annotated[
    Quantity,
    BeforeValidator(read_quantity),
    WithJsonSchema({"description": "a number with its unit, such as '600 mg'", "type": ["string", "number"]}),
]
Limit = Annotated[
    Quantity | str, BeforeValidator(_limit), WithJsonSchema(_or_setting("a number with its unit", "600 mg"))
]
"""A quantity, or the name of a setting that holds one."""

Window = Annotated[
    Duration | str, BeforeValidator(_window), WithJsonSchema(_or_setting("a duration", "12 weeks"))
]
"""A duration, or the name of a setting that holds one."""
