"""What operators ask: alive, ready, and the numbers."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from cds_service import __version__
from cds_service.hooks.answers import json_response
from cds_service.hooks.services import Services
from cds_service.ops.metrics import CONTENT_TYPE


def health_blueprint(on: Services) -> Blueprint:
    """Return the routes ``/healthz``, ``/readyz`` and ``/metrics``."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def _alive() -> Response:
        return json_response({"status": "alive", "version": __version__})

    @blueprint.get("/readyz")
    def _ready() -> Response:
        return ready(on)

    @blueprint.get("/metrics")
    def _metrics() -> Response:
        response = Response(on.metrics.exposition(), content_type=CONTENT_TYPE)
        response.headers["Cache-Control"] = "no-store"
        return response

    return blueprint


def ready(on: Services) -> Response:
    """Answer 200 when calls may be sent here, else 503; broken rules are named, and degrade the service only."""
    seen = on.health.look()
    rules: dict[str, Any] = {"loaded": seen.rules_loaded, "broken": len(seen.broken_rules)}
    if seen.broken_rules:
        rules["brokenRules"] = [{"rule": rule, "times": times} for rule, times in seen.broken_rules.items()]
    document = {
        "status": seen.word,
        "version": __version__,
        "rules": rules,
        "store": {"writable": seen.store_writable},
        "counters": on.metrics.summary(),
    }
    return json_response(document, status=200 if seen.ready else 503)
