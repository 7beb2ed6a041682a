"""Doses as cases write them (``2 tablets twice a day``), as FHIR Dosage."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cds_service.ruleset.words import Duration, Quantity, read_duration, read_quantity

UCUM = "http://unitsofmeasure.org"
PIECES = frozenset(
    {
        "tablet",
        "capsule",
        "patch",
        "spray",
        "puff",
        "drop",
        "vial",
        "suppository",
        "syringe",
        "pen",
        "lozenge",
        "ampoule",
    }
)
"""Dose forms that are counted: they have no UCUM code."""

_PERIOD_UNITS = {"hour": "h", "day": "d", "week": "wk", "month": "mo", "year": "a"}
_TIMES = {"once": 1, "twice": 2}
_AMOUNT = re.compile(r"(?P<low>\d+(?:\.\d+)?)(?:-(?P<high>\d+(?:\.\d+)?))? (?P<unit>\S+)\Z")
_OFTEN = re.compile(
    r"(?P<up>up to )?(?:(?P<word>once|twice)|(?P<low>\d+)(?:-(?P<high>\d+))? times) a (?P<unit>day|week|month)\Z"
)
_EVERY = re.compile(r"every (?:(?P<count>\d+) )?(?P<unit>hour|day|week|month)s?\Z")
_EXPECTED = "expected a dose such as '2 tablets twice a day', '200 mg every 8 hours' or '1-2 capsules up to 3 times a day'"


def dosage_of_take(text: str) -> dict[str, Any]:
    """Return the Dosage of ``take``. Raises ValueError with what was expected."""
    words = text.strip()
    as_needed = words.endswith("as needed")
    words = words.removesuffix("as needed").rstrip(" ,")
    at_night = words.endswith("at night")
    if at_night:
        words = words.removesuffix("at night").rstrip()
    amount, often = _split(words, at_night)
    dosage: dict[str, Any] = {"timing": {"repeat": repeat_of(often)}, "doseAndRate": [dose_of(amount)]}
    return {**dosage, "asNeededBoolean": True} if as_needed else dosage


def _split(words: str, at_night: bool) -> tuple[str, str]:
    parts = words.split(" ", 2)
    if len(parts) < 2:
        raise ValueError(_EXPECTED)
    often = parts[2] if len(parts) > 2 else ""
    if not often and not at_night:
        raise ValueError(_EXPECTED)
    return " ".join(parts[:2]), often or "once a day"


def dosage_of_daily(text: str, times: int) -> dict[str, Any]:
    """Return the Dosage of ``daily`` in so many parts."""
    quantity = read_quantity(text)
    dose = quantity_of(Quantity(quantity.value / times, quantity.unit))
    repeat = {"frequency": times, "period": 1, "periodUnit": "d"}
    return {"timing": {"repeat": repeat}, "doseAndRate": [{"doseQuantity": dose}]}


def dose_of(text: str) -> dict[str, Any]:
    """Return the dose of an amount or a range of amounts (``1-2 tablets``)."""
    match = _AMOUNT.match(text)
    if match is None:
        raise ValueError(_EXPECTED)
    low = quantity_of(Quantity(float(match["low"]), match["unit"]))
    if match["high"] is None:
        return {"doseQuantity": low}
    return {"doseRange": {"low": low, "high": quantity_of(Quantity(float(match["high"]), match["unit"]))}}


def repeat_of(text: str) -> dict[str, Any]:
    """Return the repeat of a timing (``twice a day``, ``every 8 hours``, ``up to 3 times a day``)."""
    every = _EVERY.match(text)
    if every is not None:
        return {
            "frequency": 1,
            "period": int(every["count"] or 1),
            "periodUnit": _PERIOD_UNITS[every["unit"]],
        }
    often = _OFTEN.match(text)
    if often is None:
        raise ValueError(_EXPECTED)
    count = _TIMES.get(often["word"] or "") or int(often["low"])
    repeat: dict[str, Any] = {"frequency": count, "period": 1, "periodUnit": _PERIOD_UNITS[often["unit"]]}
    if often["high"] is not None:
        repeat["frequencyMax"] = int(often["high"])
    if often["up"]:
        repeat |= {"frequency": 1, "frequencyMax": count}
    return repeat


def quantity_of(quantity: Quantity) -> dict[str, Any]:
    """Return a FHIR Quantity; counted dose forms have only a unit in words."""
    value: float | int = int(quantity.value) if quantity.value == int(quantity.value) else quantity.value
    unit = quantity.unit
    singular = unit.removesuffix("es") if unit in {"patches"} else unit.removesuffix("s")
    if not unit:
        return {"value": value}
    if unit in PIECES or singular in PIECES:
        return {"value": value, "unit": singular}
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def duration_of(text: str) -> dict[str, Any]:
    """Return a FHIR Duration of ``30 days``."""
    duration = read_duration(text)
    return {
        "value": duration.count,
        "unit": str(Duration(duration.count, duration.unit)).split(" ")[1],
        "system": UCUM,
        "code": _PERIOD_UNITS[duration.unit],
    }


def rate_of(text: str) -> Mapping[str, Any]:
    """Return the rate of an infusion (``0.5 mg/kg/h``)."""
    return {"rateQuantity": quantity_of(read_quantity(text))}
