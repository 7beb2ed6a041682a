"""Strengths as RxNorm writes them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cds_service.rxnorm.strengths import (
    read_strength,
    read_volume,
    same_strength,
    strength_of_name,
    strength_text,
)
from cds_service.terminology.drugs import Strength

MG_200 = Strength(value=Decimal(200), unit="mg")


def per(value: str, unit: str, per_unit: str) -> Strength:
    return Strength(value=Decimal(value), unit=unit, per=Decimal(1), per_unit=per_unit)


@pytest.mark.parametrize(
    ("text", "strength"),
    [
        ("200 MG", MG_200),
        ("0.50 MG", Strength(value=Decimal("0.5"), unit="mg")),
        ("100 UNT", Strength(value=Decimal(100), unit="[U]")),
        ("20 MG/ML", per("20", "mg", "mL")),
        ("0.025 MG/HR", per("0.025", "mg", "h")),
        ("5 MG/ACTUAT", per("5", "mg", "actuation")),
        ("2 MEQ/ML", per("2", "meq", "mL")),
    ],
)
def test_amounts_per_piece_volume_hour_and_spray(text: str, strength: Strength) -> None:
    assert read_strength(text) == strength


@pytest.mark.parametrize("text", ["0.05 MG/MG", "1000 CELLS", "200", "MG", "0 MG", "200 MG Oral Tablet", ""])
def test_what_no_dose_is_counted_in_is_unknown(text: str) -> None:
    assert read_strength(text) is None


@pytest.mark.parametrize(
    ("name", "strength"),
    [
        ("carbamazepine 200 MG", MG_200),
        ("metoprolol succinate 200 MG", MG_200),
        ("penicillin G 20 MG/ML", per("20", "mg", "mL")),
        ("200 MG", None),
        ("carbamazepine", None),
        ("carbamazepine 200 MG [Tegretol]", None),
    ],
)
def test_the_strength_at_the_end_of_a_components_name(name: str, strength: Strength | None) -> None:
    assert strength_of_name(name) == strength


def test_the_content_of_a_piece_is_a_volume_never_a_time() -> None:
    assert read_volume("1.5 ML") == Decimal("1.5")
    assert read_volume("72 HR") is None
    assert read_volume("two ML") is None


def test_the_same_amount_in_other_units_is_the_same() -> None:
    assert same_strength(per("0.025", "mg", "h"), per("25", "ug", "h"))
    assert not same_strength(per("0.025", "mg", "h"), per("25", "ug", "mL"))
    assert not same_strength(MG_200, Strength(value=Decimal(200), unit="[U]"))
    assert not same_strength(MG_200, None)
    assert same_strength(None, None)


def test_in_words() -> None:
    assert strength_text(MG_200) == "200 mg"
    assert strength_text(per("20", "mg", "mL")) == "20 mg/1 mL"
    assert strength_text(None) == "unknown"
