"""A card as shown, shared by the tests of the store."""

from __future__ import annotations

from datetime import UTC, datetime

from cds_service.feedback.shown import ShownCard

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
CARD = ShownCard(
    uuid="0b7c6a52-6d0f-4a39-9f2e-1f8f4f1b7a10",
    service="failed-therapy-order-sign",
    hook="order-sign",
    hook_instance="3f2504e0-4f89-41d3-9a0c-0305e82c3301",
    client="ehr",
    subject="a" * 32,
    indicator="warning",
    pathway="trigeminal-neuralgia",
    rule="TN-20",
    card="TN-20",
    kind="repeat-of-failed",
    version="1",
    hash="abc",
    suggestions=("5a6c3b0e-4b55-4d38-9c5e-6a1f4b5b8a21",),
    shown_at=NOW,
)
