"""Partial dates are spans of days; what is no date is none."""

from __future__ import annotations

from datetime import date

import pytest

from cds_service.timeline.dates import DateSpan, days_between, parse_span


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024-02-29", date(2024, 2, 29), date(2024, 2, 29)),
        ("2024-05-17T23:30:00-08:00", date(2024, 5, 17), date(2024, 5, 17)),
    ],
)
def test_a_date_is_every_day_that_it_can_be(written: str, first: date, last: date) -> None:
    found = parse_span(written)
    assert found == DateSpan(first, last)
    assert str(found) == written[:10]


@pytest.mark.parametrize(
    "written", [None, "", "yesterday", "2024-13", "2024-02-30", "0000", "24-05-17", "2024-5-1", "2024-00"]
)
def test_what_is_no_date_is_none(written: str | None) -> None:
    assert parse_span(written) is None


def test_days_between_spans_are_the_fewest_and_the_most() -> None:
    march, may = parse_span("2024-03"), parse_span("2024-05")
    assert march is not None
    assert may is not None
    assert days_between(march, may) == (31, 91)
    assert days_between(may, march) == (0, 0)


def test_a_span_across_years_is_written_with_both_ends() -> None:
    assert str(DateSpan(date(2023, 12, 30), date(2024, 1, 2))) == "2023-12-30..2024-01-02"
    assert str(DateSpan.of(date(2024, 1, 1)).plus(31)) == "2024-02-01"
