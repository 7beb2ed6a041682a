"""How often a day: stated, counted or abbreviated; unknown with a reason where nobody can say."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cds_service.records.resources import Timing
from cds_service.timeline.amounts import Amount, UnknownAmount
from cds_service.timeline.timing import times_a_day


def often(**timing: Any) -> tuple[float, float | None] | str:
    found = times_a_day(msgspec.convert(timing, Timing))
    if isinstance(found, UnknownAmount):
        return found.reason
    assert found.unit == "1/d"
    return pytest.approx(found.low), pytest.approx(found.high)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("repeat", "low", "high"),
    [
        ({"frequency": 2, "period": 1, "periodUnit": "d"}, 2, 2),
        ({"frequency": 1, "period": 8, "periodUnit": "h"}, 3, 3),
        ({"frequency": 1, "period": 1, "periodUnit": "wk"}, 1 / 7, 1 / 7),
        ({"frequency": 1, "period": 2, "periodUnit": "d"}, 0.5, 0.5),
        ({"period": 12, "periodUnit": "h"}, 2, 2),
        ({"frequency": 2, "frequencyMax": 3, "period": 1, "periodUnit": "d"}, 2, 3),
        ({"frequency": 1, "period": 4, "periodMax": 6, "periodUnit": "h"}, 4, 6),
        ({"timeOfDay": ["08:00:00", "20:00:00"]}, 2, 2),
        ({"when": ["MORN", "NOON", "HS"]}, 3, 3),
        ({"dayOfWeek": ["mon", "wed", "fri"], "when": ["MORN"]}, 3 / 7, 3 / 7),
        ({"dayOfWeek": ["mon", "thu"]}, 2 / 7, 2 / 7),
        ({"frequency": 2, "period": 1, "periodUnit": "d", "dayOfWeek": ["sat", "sun"]}, 4 / 7, 4 / 7),
    ],
)
def test_structured_timings(repeat: dict[str, Any], low: float, high: float) -> None:
    assert often(repeat=repeat) == (low, high)


@pytest.mark.parametrize(
    ("repeat", "low", "high"),
    [
        ({"frequency": 1, "period": 1, "periodUnit": "d", "timeOfDay": ["08:00:00", "20:00:00"]}, 1, 2),
        ({"frequency": 3, "period": 1, "periodUnit": "d", "when": ["MORN"]}, 1, 3),
        ({"frequency": 1, "period": 1, "periodUnit": "wk", "dayOfWeek": ["mon", "wed", "fri"]}, 1 / 7, 3 / 7),
    ],
)
def test_where_the_parts_disagree_the_interval_spans_both(
    repeat: dict[str, Any], low: float, high: float
) -> None:
    assert often(repeat=repeat) == (low, high)


@pytest.mark.parametrize(
    ("code", "times"),
    [
        ("QD", 1),
        ("BID", 2),
        ("TID", 3),
        ("QID", 4),
        ("QHS", 1),
        ("BED", 1),
        ("AM", 1),
        ("QOD", 0.5),
        ("Q6H", 4),
        ("Q12H", 2),
        ("b.i.d.", 2),
    ],
)
def test_abbreviations(code: str, times: float) -> None:
    assert often(code={"coding": [{"code": code}]}) == (times, times)
    assert often(code={"text": code}) == (times, times)


def test_a_structured_timing_comes_before_its_code() -> None:
    assert often(
        repeat={"frequency": 3, "period": 1, "periodUnit": "d"}, code={"coding": [{"code": "BID"}]}
    ) == (3, 3)


@pytest.mark.parametrize(
    ("timing", "reason"),
    [
        ({}, "how often is not recorded"),
        ({"repeat": {"frequency": 2}}, "how often is not recorded"),
        ({"repeat": {"frequency": 2, "period": 0, "periodUnit": "d"}}, "how often is not recorded"),
        ({"repeat": {"frequency": 2, "period": 1, "periodUnit": "moon"}}, "how often is not recorded"),
        ({"code": {"text": "twice on good days"}}, "how often is not recorded"),
        ({"repeat": {"when": ["PC"]}}, "ordered with meals; how many is not recorded"),
        ({"repeat": {"count": 1}}, "ordered for a number of doses, not by day"),
        ({"event": ["2026-01-01"]}, "ordered for listed dates, not by day"),
    ],
)
def test_unknown_with_its_reason(timing: dict[str, Any], reason: str) -> None:
    assert often(**timing) == reason


def test_no_timing_at_all_is_unknown() -> None:
    assert times_a_day(None) == UnknownAmount("how often is not recorded", "frequency of the dose")


def test_once_is_one_a_day_only_when_a_day_is_said() -> None:
    assert times_a_day(msgspec.convert({"repeat": {"period": 1, "periodUnit": "d"}}, Timing)) == Amount(
        1, 1, "1/d"
    )
