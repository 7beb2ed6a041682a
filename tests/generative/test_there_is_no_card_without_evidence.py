"""Every card says on what it rests: resources with words of their own, from the record up to that day or from the drafts."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given

from cds_service.evaluate import firing
from cds_service.timeline.dates import parse_span
from tests.generative.charts import EXPLANATION, Chart, cards_of, named, reference_of
from tests.generative.patients import charts
from tests.generative.runs import examples, is_noticed


def assert_every_card_has_evidence(chart: Chart) -> None:
    drafts = {reference_of(draft) for draft in chart.drafts}
    for card in cards_of(chart):
        explained = card["extension"][EXPLANATION]
        assert explained["evidence"], named(card)
        for line in explained["evidence"]:
            assert line["reference"], named(card)
            assert line["says"].strip(), named(card)
            assert line["certainty"] in {"documented", "inferred", "reported"}
            assert line["reference"] in drafts or not is_future(line.get("date"), chart.as_of), line


def is_future(written: str | None, as_of: date) -> bool:
    """True when all of a date, or its first day, lies after the day of judgement."""
    span = parse_span(written[:10]) if written else None
    return span is not None and span.first > as_of


@examples(120)
@given(chart=charts())
def test_there_is_no_card_without_evidence(chart: Chart) -> None:
    assert_every_card_has_evidence(chart)


def test_a_rule_that_fires_without_saying_why_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(firing, "_evidence", lambda *_: ())

    assert is_noticed(charts(), lambda chart: _evidence_is_written(chart), within=100)


def _evidence_is_written(chart: Chart) -> None:
    """``evidence`` is left out when it is empty, so the member itself must be there."""
    for card in cards_of(chart):
        assert "evidence" in card["extension"][EXPLANATION]
