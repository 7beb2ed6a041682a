"""The order in which a server or a client lists resources never changes a card: not one byte of it."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.timeline import build
from tests.generative.charts import Chart, cards_of
from tests.generative.patients import charts
from tests.generative.runs import examples, is_noticed


def assert_the_same_in_any_order(chart: Chart, seed: int = 0) -> None:
    chance = random.Random(seed)
    resources = chance.sample(chart.resources, len(chart.resources))
    drafts = chance.sample(chart.drafts, len(chart.drafts))

    shuffled = chart.with_(resources=tuple(resources), drafts=tuple(drafts))

    assert cards_of(shuffled) == cards_of(chart)


@examples(150)
@given(chart=charts(), seed=st.integers(0, 1000))
def test_order_of_resources_never_changes_cards(chart: Chart, seed: int) -> None:
    assert_the_same_in_any_order(chart, seed)


def test_a_timeline_in_the_order_of_its_records_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "_by_reference", tuple)

    assert is_noticed(charts(), assert_the_same_in_any_order, within=200)
