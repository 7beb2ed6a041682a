"""Strengths as RxNorm writes them (``20 MG/ML``), as the tables of the rules write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from cds_service.terminology.drugs import Strength

_STRENGTH = re.compile(r"(?P<value>\d+(?:\.\d+)?|\.\d+) (?P<unit>[A-Z]+)(?:/(?P<per>[A-Z]+))?")
_QUANTITY = re.compile(r"(?P<value>\d+(?:\.\d+)?|\.\d+) (?P<unit>[A-Z]+)")

_UNITS: Mapping[str, str] = {
    "MG": "mg",
    "MCG": "ug",
    "G": "g",
    "UNT": "[U]",
    "MEQ": "meq",
    "MMOL": "mmol",
}
_PER: Mapping[str, str] = {"ML": "mL", "HR": "h", "ACTUAT": "actuation"}


def read_strength(text: str) -> Strength | None:
    """Return the strength that a text is; None for units that doses are not counted in (``MG/MG``, ``CELLS``)."""
    return _read(_STRENGTH.fullmatch(text.strip()))


def strength_of_name(name: str) -> Strength | None:
    """Return the strength at the end of a component's name (``carbamazepine 200 MG``)."""
    found = re.fullmatch(rf".+? ({_STRENGTH.pattern})", name.strip())
    return read_strength(found[1]) if found else None


def read_volume(text: str) -> Decimal | None:
    """Return the content of one piece in mL (``1.5 ML``); None for anything else (``72 HR``)."""
    found = _QUANTITY.fullmatch(text.strip())
    return _number(found["value"]) if found and found["unit"] == "ML" else None


def same_strength(one: Strength | None, other: Strength | None) -> bool:
    """Whether two strengths are the same amount: 0.025 mg per hour is 25 ug per hour."""
    if one is None or other is None:
        return one is other
    return _plain(one) == _plain(other)


def strength_text(strength: Strength | None) -> str:
    """Return a strength in words for a person: ``20 mg/1 mL``; ``unknown`` for none."""
    if strength is None:
        return "unknown"
    per = f"/{strength.per or 1} {strength.per_unit}" if strength.per_unit else ""
    return f"{strength.value} {strength.unit}{per}"


def _read(found: re.Match[str] | None) -> Strength | None:
    if found is None or found["unit"] not in _UNITS:
        return None
    value = _number(found["value"])
    if value <= 0:
        return None
    if found["per"] is None:
        return Strength(value=value, unit=_UNITS[found["unit"]])
    if found["per"] not in _PER:
        return None
    return Strength(value=value, unit=_UNITS[found["unit"]], per=Decimal(1), per_unit=_PER[found["per"]])


def _number(text: str) -> Decimal:
    """A number without zeros that say nothing: 0.50 is 0.5, 200 stays 200."""
    number = Decimal(text)
    return number.quantize(Decimal(1)) if number == number.to_integral() else number.normalize()


_IN_MG: Mapping[str, Decimal] = {"g": Decimal(1000), "mg": Decimal(1), "ug": Decimal("0.001")}


def _plain(strength: Strength) -> tuple[Decimal, str, str | None]:
    factor = _IN_MG.get(strength.unit)
    unit = "mg" if factor is not None else strength.unit
    return strength.value * (factor or 1) / (strength.per or 1), unit, strength.per_unit
