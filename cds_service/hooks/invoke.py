"""POST /cds-services/<id>: read this file to learn the whole service."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from cds_service.feedback.shown import shown_cards
from cds_service.hooks.answers import json_response
from cds_service.hooks.body import read_body
from cds_service.hooks.note import begin_note, count_and_log, occasion_of
from cds_service.hooks.request import read_request
from cds_service.hooks.services import Advice, Services


def invoke_blueprint(on: Services) -> Blueprint:
    """Return the routes that answer hook calls."""
    blueprint = Blueprint("invoke", __name__)
    count_and_log(blueprint, on)

    @blueprint.post("/cds-services/<service_id>")
    def _call(service_id: str) -> Response:
        return invoke(service_id, on=on)

    return blueprint


def invoke(service_id: str, *, on: Services) -> Response:
    """Answer one call of a hook with cards.

    :raises UnknownService: no service has the id (404).
    :raises InvalidHookRequest: the body is not a call of this hook (400).
    :raises DataUnavailable: required data can be had neither from prefetch nor from the FHIR server (412).
    """
    hook = on.hook_of(service_id)
    note = begin_note(hook.name, service_id, on=on)

    body = read_body(request, limit=on.max_body_bytes)
    call = read_request(on.decode(body), hook, received_at=on.now(), started=note.started)
    note.request = call

    advice = on.adviser.advise(call)

    note.advice = advice
    if advice.cards:
        on.remember(shown_cards(advice.cards, occasion_of(call, on=on)))
    return json_response(_document(advice))


def _document(advice: Advice) -> dict[str, Any]:
    document: dict[str, Any] = {"cards": advice.cards}
    if advice.extension:
        document["extension"] = advice.extension
    return document
