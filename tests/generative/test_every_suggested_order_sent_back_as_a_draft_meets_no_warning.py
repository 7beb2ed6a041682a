"""The closed loop: nobody is warned of an order that the service itself suggested.

Each suggestion is taken as a client would take it: what it deletes and stops is gone, and the order that it creates comes
back among the drafts. No critical or warning card may be about it, and none about anything else that was not there before.
"""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given

from cds_service.evaluate.engine import Engine
from tests.generative.charts import Chart, chart_of
from tests.generative.loop import new_objections, taken_of
from tests.generative.patients import charts
from tests.generative.runs import DEEP, examples, is_noticed
from tests.generative.world import all_cases, some_cases

SAMPLE = 250
"""Cases of an ordinary run: each file has its turn; ``make generative`` takes every case."""


def assert_no_suggestion_meets_a_warning(chart: Chart) -> None:
    for taken in taken_of(chart):
        assert new_objections(taken) == [], str(taken)


@examples(60)
@given(chart=charts())
def test_every_suggested_order_sent_back_as_a_draft_meets_no_warning(chart: Chart) -> None:
    assert_no_suggestion_meets_a_warning(chart)


def test_the_same_holds_for_the_patients_of_the_cases() -> None:
    taken = Counter[str]()
    for case in all_cases() if DEEP else some_cases(SAMPLE, seed="closed loop"):
        for suggestion in taken_of(chart_of(case)):
            assert new_objections(suggestion) == [], f"{case.file}:{case.line}: {suggestion}"
            taken[suggestion.order] += 1

    assert taken["MedicationRequest/taken"] >= 60, "drugs are suggested"
    assert taken["ServiceRequest/taken"] >= 120, "tests and referrals are suggested"


def test_suggestions_that_nobody_objects_to_beforehand_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Engine, "objections", lambda *_, **__: ())

    assert is_noticed(charts(), assert_no_suggestion_meets_a_warning, within=300)
