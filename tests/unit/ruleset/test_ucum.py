"""Units that rules may write."""

from __future__ import annotations

import pytest

from cds_service.ruleset.ucum import is_unit


@pytest.mark.parametrize(
    "unit",
    ["", "mg", "mmol/L", "10*9/L", "mL/min/{1.73_m2}", "mL/min/1.73m2", "mm[Hg]", "mg/kg/h", "%", "MME/d", "{score}", "d/mo", "U/L", "a", "years"],
)  # fmt: skip
def test_units_that_can_be_compared(unit: str) -> None:
    assert is_unit(unit)


@pytest.mark.parametrize("unit", ["mgs", "mcg", "tablets", "mg/foo", "mg/", "/L", "mm Hg", "pills a day"])
def test_misspelt_units(unit: str) -> None:
    assert not is_unit(unit)
