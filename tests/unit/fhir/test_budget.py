"""Time that is spent does not come back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cds_service.clock import FixedClock
from cds_service.fhir.budget import Budget


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 3, 1, tzinfo=UTC))


def test_a_budget_runs_down_to_nothing(clock):
    budget = Budget(clock, 3.0)
    clock.advance(1.0)
    assert budget.remaining() == pytest.approx(2.0)
    assert not budget.spent
    clock.advance(2.5)
    assert budget.remaining() == 0.0
    assert budget.spent


def test_a_budget_counts_from_the_receipt_of_the_call(clock):
    received = clock.monotonic()
    clock.advance(1.0)
    assert Budget(clock, 3.0, since=received).remaining() == pytest.approx(2.0)


def test_a_share_leaves_time_for_the_rest(clock):
    budget = Budget(clock, 2.0)
    share = budget.share(0.5)
    clock.advance(1.0)
    assert share.spent
    assert budget.remaining() == pytest.approx(1.0)


def test_the_shorter_of_two_budgets_holds(clock):
    short, long = Budget(clock, 1.0), Budget(clock, 2.0)
    assert long.cut_to(short) is short
    assert short.cut_to(long) is short
