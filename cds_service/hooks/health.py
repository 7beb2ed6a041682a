"""What operators ask: alive, ready, the numbers, and the codes that no table knows."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from cds_service import __version__
from cds_service.hooks.answers import json_response
from cds_service.hooks.services import Services
from cds_service.ops.disabled import DisabledLook
from cds_service.ops.metrics import CONTENT_TYPE


def health_blueprint(on: Services) -> Blueprint:
    """Return the routes ``/healthz``, ``/readyz``, ``/metrics`` and ``/unknown-codes``."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def _alive() -> Response:
        return json_response({"status": "alive", "version": __version__})

    @blueprint.get("/readyz")
    def _ready() -> Response:
        return ready(on)

    @blueprint.get("/metrics")
    def _metrics() -> Response:
        on.health.look()  # what was disabled meanwhile is counted though no call came
        response = Response(on.metrics.exposition(), content_type=CONTENT_TYPE)
        response.headers["Cache-Control"] = "no-store"
        return response

    @blueprint.get("/unknown-codes")
    def _unknown_codes() -> Response:
        return unknown_codes(on)

    return blueprint


def ready(on: Services) -> Response:
    """Answer 200 when calls may be sent here, else 503; broken rules are named, and degrade the service only."""
    seen = on.health.look()
    rules: dict[str, Any] = {"loaded": seen.rules_loaded, "broken": len(seen.broken_rules)}
    if seen.broken_rules:
        rules["brokenRules"] = [{"rule": rule, "times": times} for rule, times in seen.broken_rules.items()]
    rules |= _disabled(seen.disabled)
    document = {
        "status": seen.word,
        "version": __version__,
        "rules": rules,
        "store": {"writable": seen.store_writable},
        "terminology": {"rxnorm": seen.rxnorm},
        "counters": on.metrics.summary(),
    }
    return json_response(document, status=200 if seen.ready else 503)


def _disabled(seen: DisabledLook) -> dict[str, Any]:
    """Name the disabled rules and since when; who disabled them and why is for ``rules disabled``, not for callers."""
    shown: dict[str, Any] = {}
    if seen.rules:
        shown["disabled"] = [
            {"rule": rule, "since": seen.by_file[rule].at} if rule in seen.by_file else {"rule": rule}
            for rule in sorted(seen.rules)
        ]
    if seen.unknown:
        shown["disabledUnknown"] = list(seen.unknown)
    if seen.problem is not None or seen.failures:
        shown["disabledFile"] = {"problem": seen.problem, "failures": seen.failures}
    return shown


def unknown_codes(on: Services) -> Response:
    """List the codes of drugs that this process met and no table knows; codes only, never text."""
    seen = on.unknown_codes.look()
    codes = [{"system": system, "code": code, "count": count} for system, code, count in seen.codes]
    return json_response({"rxnorm": on.health.look().rxnorm, "codes": codes, "notListed": seen.beyond})
