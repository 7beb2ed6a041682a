"""What is remembered of one call while it is answered, to count and log it afterwards."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, g

from cds_service.feedback.shown import Occasion, explanation_of
from cds_service.hooks.request import HookRequest
from cds_service.hooks.services import INCOMPLETE, Advice, Services

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class CallNote:
    """One call under way; gone when it is answered."""

    hook: str
    service: str
    started: float
    request: HookRequest | None = None
    advice: Advice | None = None


def begin_note(hook: str, service: str, *, on: Services) -> CallNote:
    """Start the note of the current request."""
    note = CallNote(hook=hook, service=service, started=on.clock.monotonic())
    g.call_note = note
    return note


def occasion_of(request: HookRequest, *, on: Services) -> Occasion:
    """Return who was shown cards, when and where, under a pseudonym."""
    return Occasion(
        service=request.service_id,
        hook=request.hook,
        hook_instance=request.log_instance,
        client=request.client,
        subject=_subject(request, on),
        at=request.received_at,
    )


def _subject(request: HookRequest, on: Services) -> str:
    return on.pseudonymiser.subject(request.patient_id, client=request.client)


def count_and_log(blueprint: Blueprint, on: Services) -> None:
    """Count every answer of the blueprint's calls, errors included, and write one line for each."""

    @blueprint.after_request
    def _done(response: Response) -> Response:
        note: CallNote | None = g.pop("call_note", None)
        if note is None:
            return response
        seconds = on.clock.monotonic() - note.started
        on.metrics.call_answered(note.hook, response.status_code, seconds)
        if note.advice is not None:
            _count_advice(note.advice, on)
        if logger.isEnabledFor(logging.INFO):
            logger.info("call answered", extra=_line(note, response.status_code, seconds, on))
        return response


def _count_advice(advice: Advice, on: Services) -> None:
    for card in advice.cards:
        on.metrics.card_returned(str(explanation_of(card).get("rule", "")), str(card.get("indicator", "")))
    if advice.extension:
        incomplete = advice.extension.get(INCOMPLETE, {})
        on.metrics.answer_incomplete(incomplete.get("types", ()), incomplete.get("rules", ()))
    if advice.unknown_codes:
        on.metrics.codes_unknown(advice.unknown_codes)
        on.unknown_codes.met(advice.unknown_listed)
    for rule in advice.broken:
        on.metrics.rule_broke(rule, distinct=on.health.rule_broke(rule))


def _line(note: CallNote, status: int, seconds: float, on: Services) -> dict[str, object]:
    line: dict[str, object] = {
        "hook": note.hook,
        "service": note.service,
        "status": status,
        "duration_ms": round(seconds * 1000, 2),
    }
    if note.request is not None:
        line |= {
            "hook_instance": note.request.log_instance,
            "client": note.request.client,
            "subject": _subject(note.request, on),
            "notes": note.request.notes or None,
        }
    if note.advice is not None:
        line |= _advice_fields(note.advice)
    return line


def _advice_fields(advice: Advice) -> Mapping[str, object]:
    cards: Sequence[Mapping[str, Any]] = advice.cards
    fields: dict[str, object] = {**advice.log, "cards": len(cards)}
    if cards:
        fields["card_ids"] = [explanation_of(card).get("card") for card in cards]
        fields["card_uuids"] = [card.get("uuid") for card in cards]
        fields["indicators"] = [card.get("indicator") for card in cards]
    if advice.extension and (incomplete := advice.extension.get(INCOMPLETE)):
        fields["incomplete_types"] = incomplete.get("types")
        fields["incomplete_rules"] = incomplete.get("rules")
    if advice.broken:
        fields["broken_rules"] = list(advice.broken)
    return fields
