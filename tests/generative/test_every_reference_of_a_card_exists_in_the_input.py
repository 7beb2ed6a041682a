"""A card points to nothing that the client did not send: evidence, trials, orders it is about, what its buttons change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from cds_service.cards import explanation
from cds_service.evaluate.truth import Evidence
from tests.generative.charts import EXPLANATION, Chart, cards_of, leaves, reference_of
from tests.generative.patients import charts
from tests.generative.runs import examples, is_noticed


def references_of(card: Mapping[str, Any]) -> Iterator[str]:
    """Everything that a card points to."""
    explained = card["extension"][EXPLANATION]
    yield from (line["reference"] for line in explained["evidence"])
    yield from (
        reference for trial in explained.get("trials", ()) for reference in trial.get("references", ())
    )
    yield from explained.get("about", ())
    yield from explained.get("partners", ())
    for suggestion in card.get("suggestions", ()):
        for action in suggestion["actions"]:
            yield from _references_of_action(action)


def _references_of_action(action: Mapping[str, Any]) -> Iterator[str]:
    match action["type"]:
        case "delete":
            yield action["resourceId"]
        case "update":
            yield reference_of(action["resource"])
        case _:
            yield from (value for name, value in leaves(action["resource"]) if name == "reference")


def assert_every_reference_exists(chart: Chart) -> None:
    for card in cards_of(chart):
        assert set(references_of(card)) <= chart.references


@examples(120)
@given(chart=charts())
def test_every_reference_of_a_card_exists_in_the_input(chart: Chart) -> None:
    assert_every_reference_exists(chart)


def test_a_card_that_cites_what_nobody_sent_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = explanation.evidence_json

    def invented(item: Evidence) -> dict[str, Any]:
        return real(
            replace(item, reference=f"{item.reference}-x") if "Condition/" in item.reference else item
        )

    monkeypatch.setattr(explanation, "evidence_json", invented)

    assert is_noticed(charts(), assert_every_reference_exists, within=100)
