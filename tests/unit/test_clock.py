"""Time is something that is handed in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from cds_service.clock import FixedClock, SystemClock


def test_the_system_clock_tells_utc():
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert before <= now <= datetime.now(UTC)


def test_the_system_clock_runs_forward():
    clock = SystemClock()
    first = clock.monotonic()
    assert clock.monotonic() >= first


def test_a_fixed_clock_stands_still_until_it_is_advanced():
    clock = FixedClock(datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2))))
    assert clock.now() == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert clock.now().tzinfo is UTC
    clock.advance(1.5)
    assert clock.now() == datetime(2026, 3, 1, 10, 0, 1, 500_000, tzinfo=UTC)
    assert clock.monotonic() == 1.5


def test_a_fixed_clock_needs_a_zone_and_never_runs_back():
    with pytest.raises(ValueError, match="zone"):
        FixedClock(datetime(2026, 3, 1))  # noqa: DTZ001 - that is the fault
    with pytest.raises(ValueError, match="back"):
        FixedClock(datetime(2026, 3, 1, tzinfo=UTC)).advance(-1)
