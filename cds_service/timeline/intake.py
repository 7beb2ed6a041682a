"""The amount of each ingredient in one intake, from a FHIR doseAndRate and the strength of the product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cds_service.records.resources import DoseAndRate, Quantity, Range, Ratio
from cds_service.timeline.amounts import Amount, Measure, UnknownAmount
from cds_service.timeline.arithmetic import scaled, spanning, times
from cds_service.timeline.events import Ingredient
from cds_service.timeline.units import (
    COUNT,
    PUFF,
    amount_of,
    amount_of_range,
    base_unit,
    convert,
    unit_named,
    unit_of,
)

CONTINUOUS: Final = "mg/h"
"""The unit of an intake that goes on releasing: a patch whose strength is per hour."""

_AMOUNTS: Final = frozenset({"mg", "U"})
"""Base units in which an ingredient itself is measured."""
_PREFERRED: Final = ("ordered", "calculated", "")


def intake_of(alternatives: Sequence[DoseAndRate], ingredient: Ingredient, *, alone: bool) -> Measure:
    """Return how much of an ingredient one intake holds: ``mg``, ``U``, or ``mg/h`` for a patch.

    Several doseAndRate of one dosage are the same dose said in several ways (ordered, calculated), never a sum: what
    was ordered counts if it can be computed, else what was calculated, else all untyped ones as an interval.
    ``alone`` is False for a combination: a mass then belongs to no single ingredient.
    """
    if not alternatives:
        return UnknownAmount("dose is not recorded", "dose")
    first_unknown: UnknownAmount | None = None
    for kind in _PREFERRED:
        found = [_one(a, ingredient, alone=alone) for a in alternatives if _kind(a) == kind]
        known = [m for m in found if isinstance(m, Amount)]
        if known:
            return spanning(known)
        unknown = [m for m in found if isinstance(m, UnknownAmount)]
        first_unknown = first_unknown or (unknown[0] if unknown else None)
    return first_unknown or UnknownAmount("dose is not recorded", "dose")


def amount_of_ingredient(dose: Amount, ingredient: Ingredient, *, alone: bool) -> Measure:
    """Return how much of an ingredient a dose in mass, volume, pieces or biological units holds.

    Pieces and volumes need the product's strength; without it, or with a unit that cannot be converted, the amount is
    unknown with that reason.
    """
    if dose.low < 0:
        return UnknownAmount("dose is recorded as a negative number", "dose")
    if not dose.unit:
        return UnknownAmount("unit of the dose is not recorded", "unit of the dose")
    kind = base_unit(dose.unit)
    if kind in _AMOUNTS:
        in_base = convert(dose, kind or "")
        if in_base is None or not alone:
            return UnknownAmount(
                "dose of a combination is not recorded per ingredient", "strength of the product"
            )
        return in_base
    if kind in {COUNT, PUFF, "mL"}:
        in_base = convert(dose, kind or "")
        return _by_strength(in_base or dose, ingredient)
    if "/kg" in dose.unit:
        return UnknownAmount("dose depends on body weight", "dose in milligrams")
    return UnknownAmount(f"dose in {dose.unit} cannot be converted", "dose in milligrams")


def rate_of(alternatives: Sequence[DoseAndRate]) -> Measure | None:
    """Return the rate of an infusion in its own unit (``mg/kg/h``, ``mg/h``, ``mL/h``); None when none is recorded."""
    found = [rate for a in alternatives if (rate := rate_amount(a.rateQuantity, a.rateRange, a.rateRatio))]
    return spanning(found) if found else None


def rate_amount(quantity: Quantity | None, given: Range | None, ratio: Ratio | None) -> Amount | None:
    """Return a rate said as a quantity, a range or a ratio (5 mg in 1 h is 5 ``mg/h``); None without one."""
    return amount_of(quantity) or amount_of_range(given) or quotient(ratio)


def quotient(ratio: Ratio | None) -> Amount | None:
    """Return a Ratio as an amount per one of its denominator's units; None when it is incomplete."""
    if ratio is None or ratio.numerator is None or ratio.denominator is None:
        return None
    top, bottom = amount_of(ratio.numerator), ratio.denominator.value
    if top is None or not bottom or bottom < 0:
        return None
    high = None if top.high is None else top.high / bottom
    return Amount(top.low / bottom, high, f"{top.unit}/{unit_of(ratio.denominator) or COUNT}")


def _kind(alternative: DoseAndRate) -> str:
    if alternative.type is None:
        return ""
    said = {(coding.code or "").lower() for coding in alternative.type.coding}
    said.add((alternative.type.text or "").lower())
    return next((kind for kind in _PREFERRED if kind and kind in said), "")


def _one(alternative: DoseAndRate, ingredient: Ingredient, *, alone: bool) -> Measure:
    dose = amount_of(alternative.doseQuantity) or amount_of_range(alternative.doseRange)
    if dose is None:
        return UnknownAmount("dose is not recorded", "dose")
    return amount_of_ingredient(dose, ingredient, alone=alone)


def _by_strength(dose: Amount, ingredient: Ingredient) -> Measure:
    strength = ingredient.strength
    counted = _in_units_of_strength(dose, ingredient)
    if strength is None or counted is None:
        return UnknownAmount("strength of the product is not known", "product code with strength")
    for unit in (*sorted(_AMOUNTS), CONTINUOUS):
        in_base = convert(strength, unit)
        if in_base is not None:
            return times(counted, in_base, unit)
    return UnknownAmount(f"strength in {strength.unit} cannot be converted", "dose in milligrams")


def _in_units_of_strength(dose: Amount, ingredient: Ingredient) -> Amount | None:
    """Return the dose counted as the strength is: in pieces or millilitres, one into the other by the pack."""
    per = unit_named(ingredient.strength_per)
    if dose.unit == per or {dose.unit, per} <= {COUNT, PUFF}:
        return dose
    pack = convert(ingredient.pack, "mL") if ingredient.pack is not None else None
    if pack is None or pack.high != pack.low or pack.low <= 0:
        return None
    if (dose.unit, per) == (COUNT, "mL"):
        return scaled(dose, pack.low, "mL")
    return scaled(dose, 1 / pack.low, COUNT) if (dose.unit, per) == ("mL", COUNT) else None
