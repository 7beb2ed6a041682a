"""The patients of the other tests have something wrong with them: rules of every pathway and kind speak of them."""

from __future__ import annotations

from collections import Counter
from typing import get_args

import pytest
from hypothesis import Phase, given, settings

from cds_service.ruleset.cards import Kind
from tests.generative.charts import EXPLANATION, Chart, cards_of
from tests.generative.patients import case_charts, written_charts
from tests.generative.runs import UNHURRIED
from tests.generative.world import rules

PATIENTS = 200


class Spoken:
    """What was said of some patients."""

    def __init__(self) -> None:
        self.patients = self.with_cards = self.with_suggestions = self.with_trials = 0
        self.pathways: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self.hooks: Counter[str] = Counter()

    def of(self, chart: Chart) -> None:
        cards = cards_of(chart)
        self.patients += 1
        self.with_cards += bool(cards)
        self.with_suggestions += any("suggestions" in card for card in cards)
        self.hooks[chart.hook] += 1
        for card in cards:
            explained = card["extension"][EXPLANATION]
            self.pathways[explained["pathway"]] += 1
            self.kinds[explained["kind"]] += 1
            self.with_trials += bool(explained.get("trials"))


@pytest.fixture(scope="module", params=["written from the rules", "taken from cases"])
def spoken(request: pytest.FixtureRequest) -> Spoken:
    found = Spoken()
    drawn = written_charts() if request.param.startswith("written") else case_charts()

    @settings(
        max_examples=PATIENTS,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=UNHURRIED,
    )
    @given(chart=drawn)
    def look(chart: Chart) -> None:
        found.of(chart)

    look()
    return found


def test_of_most_patients_rules_have_something_to_say(spoken: Spoken) -> None:
    assert spoken.patients == PATIENTS
    assert spoken.with_cards > PATIENTS * 0.35
    assert spoken.with_suggestions > PATIENTS * 0.25
    assert spoken.with_trials > PATIENTS * 0.1


def test_cards_of_every_pathway_are_among_them(spoken: Spoken) -> None:
    assert all(spoken.pathways[name] >= 3 for name in rules().pathways), spoken.pathways


def test_cards_of_most_kinds_are_among_them(spoken: Spoken) -> None:
    assert len(spoken.kinds) >= len(get_args(Kind)) - 2, spoken.kinds


def test_every_hook_is_called(spoken: Spoken) -> None:
    assert all(spoken.hooks[hook] >= 3 for hook in ("patient-view", "order-select", "order-sign")), (
        spoken.hooks
    )
