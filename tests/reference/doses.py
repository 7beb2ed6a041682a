"""What a list of FHIR dosages gives of one ingredient each day, as the least and the most that it can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.reference.codes import Ingredient
from tests.reference.days import possible_days

Json = Mapping[str, Any]

TIMES = {"QD": 1, "BID": 2, "TID": 3, "QID": 4}
PIECES = {"tablet", "{tablet}", "capsule", "{capsule}", "TAB", "{piece}"}
MILLIGRAMS = {
    "mg": Fraction(1),
    "g": Fraction(1000),
    "ug": Fraction(1, 1000),
    "[U]": Fraction(1),
    "U": Fraction(1),
}
PERIODS = {"h": Fraction(1, 24), "d": Fraction(1), "wk": Fraction(7)}
LENGTHS = {"d": 1, "wk": 7}


@dataclass(frozen=True)
class Amount:
    """Some amount from ``low`` to ``high``; without ``high`` nobody can say how much at most."""

    low: Fraction
    high: Fraction | None

    def plus(self, other: Amount) -> Amount:
        """Both together."""
        high = None if self.high is None or other.high is None else self.high + other.high
        return Amount(self.low + other.low, high)


UNKNOWN = Amount(Fraction(0), None)


@dataclass(frozen=True)
class Phase:
    """So much a day for so many days; without ``days`` to the end of the order."""

    daily: Amount
    days: int | None


def phases(dosages: Sequence[Json], of: Ingredient, *, alone: bool) -> tuple[Phase, ...]:
    """The phases of an order; ``alone`` is False for a product with more than one ingredient."""
    if not dosages:
        return ()
    if _one_after_the_other(dosages):
        ordered = sorted(dosages, key=_place)
        return tuple(Phase(_daily(d, of, alone=alone), _days(d)) for d in ordered)
    total = Amount(Fraction(0), Fraction(0))
    for dosage in dosages:
        total = total.plus(_daily(dosage, of, alone=alone))
    lengths = {_days(d) for d in dosages}
    return (Phase(total, lengths.pop() if len(lengths) == 1 else None),)


def _one_after_the_other(dosages: Sequence[Json]) -> bool:
    """Several dosages of which each but the last says how long it lasts, not all for the same time."""
    numbers = {d.get("sequence") for d in dosages}
    starts = {_repeat(d).get("boundsPeriod", {}).get("start") for d in dosages}
    if len(dosages) == 1:
        return False
    if len(starts) == len(dosages):
        return True
    return len(numbers) == len(dosages) and any("boundsDuration" in _repeat(d) for d in dosages)


def _place(dosage: Json) -> tuple[str, int]:
    return _repeat(dosage).get("boundsPeriod", {}).get("start", ""), dosage.get("sequence", 0)


def _repeat(dosage: Json) -> Json:
    found: Json = dosage.get("timing", {}).get("repeat", {})
    return found


def _days(dosage: Json) -> int | None:
    repeat = _repeat(dosage)
    if "boundsDuration" in repeat:
        lasts = repeat["boundsDuration"]
        return int(lasts["value"] * LENGTHS[lasts["code"]])
    period = repeat.get("boundsPeriod", {})
    if "start" in period and "end" in period:
        first, last = possible_days(period["start"]), possible_days(period["end"])
        if len(first) == 1 and len(last) == 1:
            return (last[0] - first[0]).days + 1
    return None


def _daily(dosage: Json, of: Ingredient, *, alone: bool) -> Amount:
    once, often = single(dosage, of, alone=alone), _times_a_day(dosage.get("timing", {}))
    daily = UNKNOWN
    if once is not None and often is not None:
        daily = Amount(once.low * often[0], None if once.high is None else once.high * often[1])
    if dosage.get("asNeededBoolean"):
        return Amount(Fraction(0), _least(daily.high, _most(dosage, of, alone=alone)))
    return daily


def _least(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    known = [x for x in (one, other) if x is not None]
    return min(known) if known else None


def _most(dosage: Json, of: Ingredient, *, alone: bool) -> Fraction | None:
    limit = dosage.get("maxDosePerPeriod")
    if limit is None:
        return None
    amount = _amount(limit["numerator"], of, alone=alone)
    days = Fraction(str(limit["denominator"]["value"])) * PERIODS[limit["denominator"]["code"]]
    return None if amount is None else amount / days


def single(dosage: Json, of: Ingredient, *, alone: bool) -> Amount | None:
    """What is taken at one time; of several ways to say it the one that was ordered."""
    ways = dosage.get("doseAndRate", [])
    ordered = [way for way in ways if way.get("type", {}).get("coding", [{}])[0].get("code") == "ordered"]
    for way in ordered or ways:
        if "doseQuantity" in way:
            amount = _amount(way["doseQuantity"], of, alone=alone)
            return None if amount is None else Amount(amount, amount)
        if "doseRange" in way:
            low = _amount(way["doseRange"]["low"], of, alone=alone)
            high = _amount(way["doseRange"]["high"], of, alone=alone)
            return None if low is None or high is None else Amount(low, high)
    return None


def _amount(quantity: Json, of: Ingredient, *, alone: bool) -> Fraction | None:
    """Milligrams (or units) of the ingredient; a mass of a product with several belongs to none of them."""
    value = Fraction(str(quantity["value"]))
    unit = quantity.get("code") or quantity.get("unit")
    if unit in MILLIGRAMS:
        return value * MILLIGRAMS[unit] if alone else None
    counted = (unit in PIECES and not of.per) or (unit == "mL" and of.per == "mL")
    if not counted or of.strength is None:
        return None
    return value * of.strength * MILLIGRAMS[of.unit]


def _times_a_day(timing: Json) -> tuple[Fraction, Fraction] | None:
    repeat = timing.get("repeat", {})
    if "frequency" in repeat and "period" in repeat:
        days = Fraction(str(repeat["period"])) * PERIODS[repeat["periodUnit"]]
        return repeat["frequency"] / days, repeat.get("frequencyMax", repeat["frequency"]) / days
    if "when" in repeat:
        return Fraction(len(repeat["when"])), Fraction(len(repeat["when"]))
    for coding in timing.get("code", {}).get("coding", []):
        if coding.get("code") in TIMES:
            return Fraction(TIMES[coding["code"]]), Fraction(TIMES[coding["code"]])
    return None
