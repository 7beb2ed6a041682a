"""POST /cds-services/<id>/feedback: what became of cards (CDS Hooks 2.0.1, Feedback)."""

from __future__ import annotations

import logging
from typing import Any

from flask import Blueprint, Response, request

from cds_service.feedback.entries import FeedbackDocument, read_feedback
from cds_service.feedback.store import Kept
from cds_service.hooks.answers import json_response
from cds_service.hooks.body import read_body
from cds_service.hooks.services import Services

logger = logging.getLogger(__name__)

MAX_BYTES = 1_000_000
_WAIT_FOR_CARDS = 0.5
"""Seconds to let cards be written that were shown just now, so that feedback on them is not taken for unknown."""


def feedback_blueprint(on: Services) -> Blueprint:
    """Return the route that takes feedback."""
    blueprint = Blueprint("feedback", __name__)

    @blueprint.post("/cds-services/<service_id>/feedback")
    def _feedback(service_id: str) -> Response:
        return take_feedback(service_id, on=on)

    return blueprint


def take_feedback(service_id: str, *, on: Services) -> Response:
    """Store the readable entries of a feedback document and answer 200, naming those that were not readable.

    :raises UnknownService: no service has the id (404).
    :raises InvalidHookRequest: not one entry could be read (400).
    :raises StoreUnavailable: nothing could be stored; the sender may try again (503).
    """
    on.hook_of(service_id)
    document = read_feedback(read_body(request, limit=min(MAX_BYTES, on.max_body_bytes)))
    on.recorder.flush(_WAIT_FOR_CARDS)
    kept = on.store.add_feedback(document.entries, service=service_id, received_at=on.now())
    _count(document, kept, on)
    logger.info(
        "feedback taken",
        extra={
            "service": service_id,
            "stored": sum(not one.repeated for one in kept),
            "refused": len(document.refused),
            "notes": sorted({"unknown card" for one in kept if not one.known_card}),
        },
    )
    return json_response(_answer(document))


def _count(document: FeedbackDocument, kept: tuple[Kept, ...], on: Services) -> None:
    for one in kept:
        if not one.repeated:
            on.metrics.feedback_taken(one.entry.outcome, known_card=one.known_card)
    on.metrics.feedback_repeated(sum(one.repeated for one in kept))
    on.metrics.feedback_refused(len(document.refused))


def _answer(document: FeedbackDocument) -> dict[str, Any]:
    if not document.refused:
        return {}
    return {
        "stored": len(document.entries),
        "refused": [{"index": bad.index, "problem": bad.problem} for bad in document.refused],
    }
