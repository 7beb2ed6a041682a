"""A drug that is not given every day is told by what is given each time: a share of a day means nothing to a reader."""

from __future__ import annotations

import pytest

from cds_service.evaluate.judging.wording import rarely
from cds_service.timeline.amounts import Amount, UnknownAmount


class Order:
    def __init__(self, single: float | None, unit: str = "mg") -> None:
        self.single_dose = {
            "drug": UnknownAmount("dose not stated") if single is None else Amount.exactly(single, unit)
        }


class Attempt:
    def __init__(self, *orders: Order) -> None:
        self.orders = orders


def words(single: float | None, daily: float, unit: str = "mg") -> str | None:
    return rarely(Attempt(Order(single, unit)), Amount.exactly(daily, "mg"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("single", "days", "said"),
    [
        (140, 30.4375, "140 mg a month"),
        (50, 7, "50 mg a week"),
        (120, 28, "120 mg every 4 weeks"),
        (675, 91.3125, "675 mg every 3 months"),
        (75, 2, "75 mg every 2 days"),
    ],
)
def test_less_often_than_daily(single: float, days: float, said: str) -> None:
    assert words(single, single / days) == said


def test_a_daily_dose_is_left_as_it_is() -> None:
    assert words(400, 800) is None
    assert words(800, 800) is None


def test_without_a_single_dose_or_in_another_unit_nothing_is_said() -> None:
    assert words(None, 4.6) is None
    assert words(2, 4.6, "mL") is None


def test_an_unknown_dose_has_no_words() -> None:
    assert rarely(Attempt(Order(140)), UnknownAmount("dose not stated")) is None  # type: ignore[arg-type]
