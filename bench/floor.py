"""The floor: the least that a Flask service can do with such a body, orjson and one toy rule over plain dicts."""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson
from flask import Flask, Response, request

TARGETS = {"308979": "carbamazepine", "312137": "oxcarbazepine"}
MINIMUM_DAYS = 28

app = Flask(__name__)


@app.post("/cds-services/<service_id>")
def call(service_id: str) -> Response:
    """Answer with at most one card."""
    prefetch = orjson.loads(request.get_data(cache=False))["prefetch"]
    return Response(orjson.dumps({"cards": cards(prefetch)}), mimetype="application/json")


def cards(prefetch: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one card when two first-line drugs were stopped after at least four weeks."""
    conditions = prefetch["conditions"].get("entry", ())
    if not any(_has(e["resource"]["code"], {"31681005"}) for e in conditions):
        return []
    failed = set()
    for entry in prefetch["medications"].get("entry", ()):
        order = entry["resource"]
        if order["status"] != "stopped" or not _has(order["medicationCodeableConcept"], TARGETS.keys()):
            continue
        period = order["dispenseRequest"]["validityPeriod"]
        if (date.fromisoformat(period["end"]) - date.fromisoformat(period["start"])).days >= MINIMUM_DAYS:
            failed.add(order["medicationCodeableConcept"]["text"])
    if len(failed) < len(TARGETS):
        return []
    return [
        {
            "summary": f"{len(failed)} first-line drugs failed",
            "detail": ", ".join(sorted(failed)),
            "indicator": "warning",
            "source": {"label": "floor"},
        }
    ]


def _has(concept: dict[str, Any], codes: Any) -> bool:
    return any(coding["code"] in codes for coding in concept["coding"])
