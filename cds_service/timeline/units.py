"""Units as clients write them, reduced to few: what a quantity measures, and conversion within one kind of unit.

UCUM (https://ucum.org) codes, RxNorm spellings and the plain words of doses and laboratories are read alike. Conversion
stays within mass, amount of substance, volume, time, count or biological units: never mass to mole, never volume to mass
without a strength.
"""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import Final

from cds_service.records.resources import Quantity, Range
from cds_service.timeline.amounts import Amount

COUNT: Final = "1"
"""Pieces of a dose form: tablets, capsules, patches, vials."""
PUFF: Final = "{actuation}"
_BODY_SURFACE: Final = "{1.73_m2}"

_UNITS: Final[dict[str, tuple[str, float]]] = {
    "kg": ("mg", 1e6),
    "g": ("mg", 1e3),
    "mg": ("mg", 1.0),
    "ug": ("mg", 1e-3),
    "ng": ("mg", 1e-6),
    "L": ("mL", 1e3),
    "dL": ("mL", 1e2),
    "mL": ("mL", 1.0),
    "uL": ("mL", 1e-3),
    "a": ("d", 365.25),
    "mo": ("d", 30.4375),
    "wk": ("d", 7.0),
    "d": ("d", 1.0),
    "h": ("d", 1 / 24),
    "min": ("d", 1 / 1440),
    "s": ("d", 1 / 86400),
    "cm": ("mm", 10.0),
    "mm": ("mm", 1.0),
    "U": ("U", 1.0),
    # Equal for ions of one charge (sodium), the only ones that rules compare.
    "mmol": ("mmol", 1.0),
    "meq": ("mmol", 1.0),
    "10*12": (COUNT, 1e12),
    "10*9": (COUNT, 1e9),
    "10*6": (COUNT, 1e6),
    "10*3": (COUNT, 1e3),
    COUNT: (COUNT, 1.0),
    PUFF: (PUFF, 1.0),
    "mol": ("mmol", 1e3),
    "umol": ("mmol", 1e-3),
    "nmol": ("mmol", 1e-6),
    "mm[Hg]": ("mm[Hg]", 1.0),
    "{1.73_m2}": ("{1.73_m2}", 1.0),
}
"""Each unit as a multiple of the base unit of its kind."""

_WORDS: Final[dict[str, str]] = {
    "kg": "kg kilogram kilograms",
    "g": "g gm gram grams",
    "mg": "mg milligram milligrams",
    "ug": "ug mcg µg μg microgram micrograms",
    "ng": "ng nanogram nanograms",
    "L": "l liter liters litre litres",
    "dL": "dl deciliter decilitre",
    "mL": "ml milliliter milliliters millilitre millilitres cc cm3",
    "uL": "ul microliter microlitre mm3 mm^3 cumm cmm",
    "a": "a y yr yrs year years",
    "mo": "mo month months",
    "wk": "wk wks week weeks",
    "d": "d day days",
    "h": "h hr hrs hour hours",
    "min": "min mins minute minutes",
    "s": "s sec second seconds",
    "mmol": "mmol millimole millimoles",
    "meq": "meq milliequivalent milliequivalents",
    "10*12": "10*12 10^12 10e12 x10*12 x10^12 x10e12",
    "10*9": "10*9 10^9 10e9 x10*9 x10^9 x10e9",
    "10*6": "10*6 10^6 10e6 x10*6 x10^6 x10e6 {mill} million",
    "10*3": "10*3 10^3 10e3 x10*3 x10^3 x10e3 k thou thousand {thou}",
    "U": "u unt unit units iu [iu] [u] [usp'u] {unit} {units} international unit(s)",
    COUNT: "1 {tablet} {tablets} {tbl} {tab} tab tabs tablet tablets tablet(s) {capsule} {capsules} {cap} cap caps capsule "
    "capsules capsule(s) each {each} ea {ea} piece pieces pill pills {pill} lozenge lozenges troche troches "
    "patch patches {patch} vial vials {vial} ampule ampoule suppository suppositories film films syringe syringes "
    "{syringe} pen pens {dose} erecap ertab tabcap tbcap tbec tber chewtab capsprinkle",
    "umol": "umol µmol μmol micromole",
    "mm[Hg]": "mm[hg] mmhg",
    "{1.73_m2}": "{1.73_m2} {1.73m2} 1.73m2 1.73_m2 1.73.m2 1.73m^2 1.73",
    PUFF: "actuat actuation actuations {actuation} {actuat} puff puffs {puff} spray sprays {spray}",
}

_SPELLINGS: Final = MappingProxyType(
    {spelling: unit for unit, spellings in _WORDS.items() for spelling in spellings.split(" ")}
)


def unit_named(text: str | None) -> str:
    """Return the one spelling of a unit that the code uses; an unknown one as it is, ``""`` when absent.

    Quotients (``mg/kg/h``, ``mg/d``) are read part by part.
    """
    written = (text or "").strip()
    if not written:
        return ""
    if written in _SPELLINGS:
        return _SPELLINGS[written]
    parts = (part.strip() for part in written.split("/"))
    return "/".join(_SPELLINGS.get(part.lower().replace(" ", ""), part) for part in parts)


def unit_of(quantity: Quantity) -> str:
    """Return the unit of a quantity: its code when that is a known unit, else what its text says, else the code."""
    coded = unit_named(quantity.code)
    if all(part in _UNITS for part in coded.split("/")):
        return coded
    written = unit_named(quantity.unit)
    if written and (not coded or all(part in _UNITS for part in written.split("/"))):
        return written
    return coded


def amount_of(quantity: Quantity | None) -> Amount | None:
    """Return a quantity as an interval: ``<5`` is 0 to 5, ``>5`` has no upper bound; None without a value.

    Below a negative number nothing bounds it from below: None too.
    """
    if quantity is None or quantity.value is None:
        return None
    unit = unit_of(quantity)
    if quantity.comparator in {"<", "<="}:
        return Amount(0.0, quantity.value, unit) if quantity.value >= 0 else None
    if quantity.comparator in {">", ">="}:
        return Amount(quantity.value, None, unit)
    return Amount.exactly(quantity.value, unit)


def amount_of_range(given: Range | None) -> Amount | None:
    """Return a Range as an interval; a missing low end is 0, a missing high end no bound; None without both."""
    if given is None:
        return None
    low, high = amount_of(given.low), amount_of(given.high)
    if high is None:
        return None if low is None else Amount(low.low, None, low.unit)
    if low is None:
        return Amount(0.0, high.high, high.unit)
    converted = convert(low, high.unit)
    return None if converted is None else Amount(converted.low, high.high, high.unit)


def convert(amount: Amount, unit: str) -> Amount | None:
    """Return the amount in another unit of the same kind; None when it cannot be converted (or grows beyond all bounds)."""
    if amount.unit == unit:
        return amount
    factor = _factor(amount.unit, unit)
    if factor is None or math.isinf(max(amount.low, amount.high or 0.0) * factor):
        return None
    high = None if amount.high is None else round(amount.high * factor, 9)
    return Amount(round(amount.low * factor, 9), high, unit)


def base_unit(unit: str) -> str | None:
    """Return the base unit of a unit's kind (``mg``, ``mL``, ``d``, ``U``, ``1``); None when unknown."""
    found = _UNITS.get(unit)
    return None if found is None else found[0]


def days_in(quantity: Quantity | None) -> Amount | None:
    """Return a duration in days; None when absent, without a value, or not a time."""
    amount = amount_of(quantity)
    return None if amount is None else convert(amount, "d")


def days_in_unit(unit: str) -> float | None:
    """Return how many days one hour, day, week … is, not rounded, so that what is divided by it stays exact; else None."""
    return _factor(unit, "d")


def _parts(unit: str) -> list[str]:
    """Split a quotient; ``/uL`` and ``{cells}/uL`` count pieces, and a body surface below the line is an annotation.

    UCUM: what stands in braces does not change a unit. Labels give renal limits by either measure.
    """
    top, *below = unit.split("/")
    kept = [part for part in below if part != _BODY_SURFACE]
    return [COUNT if below and (not top or top.startswith("{")) else top, *kept]


def _factor(unit: str, wanted: str) -> float | None:
    parts, wanted_parts = _parts(unit), _parts(wanted)
    if len(parts) != len(wanted_parts):
        return None
    factor = 1.0
    for position, (one, other) in enumerate(zip(parts, wanted_parts, strict=True)):
        if one == other:
            continue
        if one not in _UNITS or other not in _UNITS or _UNITS[one][0] != _UNITS[other][0]:
            return None
        step = _UNITS[one][1] / _UNITS[other][1]
        factor = factor * step if position == 0 else factor / step
    return factor
