"""Of a card the store remembers rule, version, hash and uuids, and nothing of its text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cds_service.feedback.shown import Occasion, explanation_of, shown_cards

OCCASION = Occasion(
    service="failed-therapy-patient-view",
    hook="patient-view",
    hook_instance="3f2504e0-4f89-41d3-9a0c-0305e82c3301",
    client="ehr",
    subject="f" * 32,
    at=datetime(2026, 3, 1, tzinfo=UTC),
)


def card(**changes: Any) -> dict[str, Any]:
    return {
        "uuid": "card-1",
        "summary": "carbamazepine failed for Jane Doe",
        "indicator": "info",
        "suggestions": [{"label": "Order x", "uuid": "s-1"}, {"label": "without uuid"}],
        "extension": {
            "org.cds-service.explanation": {
                "pathway": "trigeminal-neuralgia",
                "rule": "TN-01",
                "card": "TN-01",
                "kind": "next-step",
                "version": 2,
                "hash": "abc",
                "evidence": [{"says": "Jane Doe"}],
            }
        },
    } | changes


def test_a_card_is_remembered_by_its_rule_and_the_call() -> None:
    (shown,) = shown_cards([card()], OCCASION)
    assert (shown.uuid, shown.rule, shown.card, shown.version, shown.hash) == (
        "card-1",
        "TN-01",
        "TN-01",
        "2",
        "abc",
    )
    assert (shown.pathway, shown.kind, shown.indicator) == ("trigeminal-neuralgia", "next-step", "info")
    assert shown.suggestions == ("s-1",)
    assert (shown.subject, shown.hook, shown.client, shown.shown_at) == (
        "f" * 32,
        "patient-view",
        "ehr",
        OCCASION.at,
    )


def test_no_text_of_the_card_is_remembered() -> None:
    assert "Jane" not in repr(shown_cards([card()], OCCASION))


def test_a_card_without_uuid_cannot_get_feedback_and_is_not_remembered() -> None:
    plain = card()
    del plain["uuid"]
    assert shown_cards([plain], OCCASION) == ()


def test_a_card_without_explanation_is_remembered_by_its_uuid() -> None:
    (shown,) = shown_cards([{"uuid": "card-2", "indicator": "info"}], OCCASION)
    assert (shown.uuid, shown.rule) == ("card-2", "")


def test_an_explanation_of_another_shape_is_none() -> None:
    assert explanation_of({"extension": {"org.cds-service.explanation": "x"}}) == {}
