"""Units as they are written, and what can be converted into what."""

from __future__ import annotations

import pytest

from cds_service.records.resources import Quantity, Range
from cds_service.timeline.amounts import Amount
from cds_service.timeline.units import (
    amount_of,
    amount_of_range,
    base_unit,
    convert,
    days_in,
    unit_named,
    unit_of,
)


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("mg", "mg"), ("MG", "mg"), ("milligrams", "mg"), ("mcg", "ug"), ("µg", "ug"), ("mL", "mL"), ("cc", "mL"),
        ("TAB", "1"), ("{tablet}", "1"), ("tablets", "1"), ("Capsule(s)", "1"), ("each", "1"), ("1", "1"),
        ("puffs", "{actuation}"), ("[iU]", "U"), ("units", "U"), ("[U]", "U"), ("days", "d"), ("mg/kg/hr", "mg/kg/h"),
        ("mmol/L", "mmol/L"), ("%", "%"), ("", ""), (None, ""), ("mmHg", "mm[Hg]"), ("K/uL", "10*3/uL"),
        ("x10^9/L", "10*9/L"), ("mL/min/1.73 m2", "mL/min/{1.73_m2}"), ("meq/L", "meq/L"),
    ],
)  # fmt: skip
def test_spellings(written: str | None, unit: str) -> None:
    assert unit_named(written) == unit


def test_a_known_code_comes_before_the_text_and_a_known_text_before_an_unknown_code() -> None:
    assert unit_of(Quantity(code="mg", unit="tablet")) == "mg"
    assert unit_of(Quantity(code="415215001", unit="tablet")) == "1"
    assert unit_of(Quantity(code="mm[Hg]", unit="mmHg")) == "mm[Hg]"
    assert unit_of(Quantity(code="odd", unit="odder")) == "odd"


@pytest.mark.parametrize(
    ("amount", "unit", "expected"),
    [
        (Amount(0.4, 0.4, "g"), "mg", Amount(400, 400, "mg")),
        (Amount(250, None, "ug"), "mg", Amount(0.25, None, "mg")),
        (Amount(2, 3, "wk"), "d", Amount(14, 21, "d")),
        (Amount(24, 24, "h"), "d", Amount(1, 1, "d")),
        (Amount(1, 1, "mg/min"), "mg/h", Amount(60, 60, "mg/h")),
        (Amount(1, 1, "g/L"), "mg/mL", Amount(1, 1, "mg/mL")),
        (Amount(2.9, 2.9, "10*3/uL"), "10*9/L", Amount(2.9, 2.9, "10*9/L")),
        (Amount(2900, 2900, "{cells}/uL"), "10*9/L", Amount(2.9, 2.9, "10*9/L")),
        (Amount(2900, 2900, "/uL"), "10*9/L", Amount(2.9, 2.9, "10*9/L")),
        (Amount(131, 131, "meq/L"), "mmol/L", Amount(131, 131, "mmol/L")),
        (Amount(45, 45, "mm"), "cm", Amount(4.5, 4.5, "cm")),
        (Amount(88, 88, "umol/L"), "mmol/L", Amount(0.088, 0.088, "mmol/L")),
        (Amount(5, 5, "x"), "x", Amount(5, 5, "x")),
        (Amount(45, 45, "mL/min"), "mL/min/{1.73_m2}", Amount(45, 45, "mL/min/{1.73_m2}")),
        (Amount(0.75, 0.75, "mL/s/{1.73_m2}"), "mL/min", Amount(45, 45, "mL/min")),
    ],
)
def test_conversion_within_one_kind(amount: Amount, unit: str, expected: Amount) -> None:
    assert convert(amount, unit) == expected


@pytest.mark.parametrize(
    ("unit", "wanted"),
    [("mg", "mmol"), ("mL", "mg"), ("mg", "mg/d"), ("mg/kg", "mg/d"), ("U", "mg"), ("", "mg")],
)
def test_never_mass_to_mole_and_never_across_kinds(unit: str, wanted: str) -> None:
    assert convert(Amount(1, 1, unit), wanted) is None


def test_what_grows_beyond_all_bounds_is_not_converted() -> None:
    assert convert(Amount(1e308, 1e308, "a"), "d") is None


def test_kinds() -> None:
    assert [base_unit(u) for u in ("ug", "L", "wk", "U", "1", "meq", "furlong")] == [
        "mg",
        "mL",
        "d",
        "U",
        "1",
        "mmol",
        None,
    ]


def test_quantities_are_intervals() -> None:
    assert amount_of(Quantity(value=5, unit="mg")) == Amount(5, 5, "mg")
    assert amount_of(Quantity(value=5, unit="mg", comparator="<=")) == Amount(0, 5, "mg")
    assert amount_of(Quantity(value=5, unit="mg", comparator=">")) == Amount(5, None, "mg")
    assert amount_of(Quantity(value=-5, unit="mg", comparator="<")) is None
    assert amount_of(Quantity(value=-5, unit="mmol/L")) == Amount(-5, -5, "mmol/L")
    assert amount_of(Quantity(unit="mg")) is None
    assert amount_of(None) is None


def test_ranges_are_intervals() -> None:
    low, high = Quantity(value=1, unit="g"), Quantity(value=2000, unit="mg")
    assert amount_of_range(Range(low=low, high=high)) == Amount(1000, 2000, "mg")
    assert amount_of_range(Range(high=high)) == Amount(0, 2000, "mg")
    assert amount_of_range(Range(low=low)) == Amount(1, None, "g")
    assert amount_of_range(Range(low=Quantity(value=1, unit="mL"), high=high)) is None
    assert amount_of_range(Range()) is None
    assert amount_of_range(None) is None


def test_durations() -> None:
    assert days_in(Quantity(value=6, unit="wk")) == Amount(42, 42, "d")
    assert days_in(Quantity(value=6, unit="mg")) is None
    assert days_in(None) is None
