"""Comparisons of dates as answers: what leaves one open is named."""

from __future__ import annotations

from datetime import date

from cds_service.evaluate.comparing import dated, within
from cds_service.evaluate.truth import Answer
from cds_service.ruleset.words import Duration
from cds_service.timeline.dates import DateSpan, parse_span
from cds_service.timeline.events import Missing

AS_OF = date(2026, 6, 15)
WINDOW = Duration(90, "day")


def asked(span: DateSpan | None) -> Answer:
    return dated(within(span, WINDOW, AS_OF), span, "the ablation")


def test_an_exact_date_answers_and_misses_nothing() -> None:
    assert asked(parse_span("2026-03-17")).yes
    assert asked(parse_span("2026-03-16")).no
    assert asked(parse_span("2026-03-16")).missing == ()


def test_a_partial_date_that_straddles_the_limit_is_possible_and_says_what_would_settle_it() -> None:
    answer = asked(parse_span("2026-03"))
    assert answer.unknown
    assert answer.possible
    assert answer.missing == (Missing(what="exact date of the ablation", settled_by="a recorded day"),)


def test_no_date_at_all_is_missing_and_not_possible() -> None:
    answer = asked(None)
    assert answer.unknown
    assert not answer.possible
    assert answer.missing == (Missing(what="date of the ablation", settled_by="a recorded date"),)
