"""Which orders safety rules take as in use, and until when a drug can have been taken."""

from __future__ import annotations

import pytest

from cds_service.timeline.courses import is_current, last_possible_day
from cds_service.timeline.dates import DateSpan
from cds_service.timeline.events import OrderSource
from tests.unit.timeline.orders import AS_OF, course, order, span


@pytest.mark.parametrize("source", [OrderSource.REQUEST, OrderSource.STATEMENT])
@pytest.mark.parametrize("status", ["active", "on-hold"])
def test_an_active_or_paused_order_is_current_whatever_its_supply(status: str, source: OrderSource) -> None:
    assert is_current(order("2020-01-01", status=status, supply=30, source=source), AS_OF)


def test_an_order_that_starts_next_week_is_current() -> None:
    assert is_current(order("2026-06-20", status="active", begun=False), AS_OF)


@pytest.mark.parametrize("status", ["stopped", "cancelled", "completed"])
def test_an_order_that_is_over_is_not(status: str) -> None:
    assert not is_current(order("2026-06-01", "2026-06-10", status=status), AS_OF)


def test_a_completed_request_is_current_while_its_supply_lasts() -> None:
    assert is_current(order("2026-05-16", status="completed", supply=30), AS_OF)
    assert not is_current(order("2026-05-15", status="completed", supply=30), AS_OF)


def test_a_stopped_request_is_not_current_whatever_is_left_of_its_supply() -> None:
    assert not is_current(order("2026-06-01", status="stopped", supply=30), AS_OF)


def test_dispenses_drafts_and_what_does_not_count_are_never_current() -> None:
    assert not is_current(order("2026-06-01", supply=90, source=OrderSource.DISPENSE), AS_OF)
    assert not is_current(order("2026-06-01", status="active", is_draft=True), AS_OF)
    assert not is_current(order("2026-06-01", status="active", counts=False), AS_OF)
    assert not is_current(order("2026-06-01", status="active", avoid=True), AS_OF)


def test_an_infusion_under_way_is_current() -> None:
    assert is_current(order("2026-06-15", status="in-progress", source=OrderSource.ADMINISTRATION), AS_OF)


class TestLastPossibleDay:
    def test_the_recorded_end_where_there_is_one(self) -> None:
        assert last_possible_day(order("2026-01-01", "2026-06-05", status="stopped", supply=365)) == span(
            "2026-06-05"
        )

    def test_without_it_the_last_day_that_the_supply_could_reach(self) -> None:
        assert last_possible_day(order("2026-01-01", status="stopped", supply=30, fills=3)) == span(
            "2026-04-01"
        )

    def test_the_day_of_an_administration(self) -> None:
        assert last_possible_day(order("2026-01-01", source=OrderSource.ADMINISTRATION)) == span("2026-01-01")

    def test_nothing_recorded_is_not_known(self) -> None:
        assert last_possible_day(order("2026-01-01", status="stopped")) is None

    def test_an_order_stopped_before_its_planned_end_may_have_been_stopped_on_any_day(self) -> None:
        stopped = order("2026-05-01", "2026-12-31", status="stopped")
        assert last_possible_day(stopped, as_of=AS_OF) == DateSpan(span("2026-05-01").first, AS_OF)

    def test_of_a_course_the_latest_of_its_orders(self) -> None:
        found = course(order("2026-01-01", "2026-02-01"), order("2026-02-02", "2026-03-01"))
        assert last_possible_day(found) == span("2026-03-01")

    def test_of_a_course_whose_last_order_has_no_end_it_is_not_known(self) -> None:
        found = course(order("2026-01-01", "2026-02-01"), order("2026-02-02", status="stopped"))
        assert last_possible_day(found) is None

    def test_of_a_course_an_early_order_without_end_does_not_matter(self) -> None:
        found = course(order("2026-01-01"), order("2026-01-20", "2026-03-01"))
        assert last_possible_day(found) == span("2026-03-01")
