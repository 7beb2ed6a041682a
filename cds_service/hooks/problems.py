"""Every error as an answer: a status and a FHIR OperationOutcome, without traces and without what was sent."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from cds_service.errors import CdsError, StoreUnavailable
from cds_service.ops.metrics import Metrics

logger = logging.getLogger(__name__)

_ISSUE_CODES: Mapping[int, str] = {
    400: "invalid",
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    406: "not-supported",
    412: "incomplete",
    413: "too-long",
    415: "not-supported",
    429: "throttled",
    503: "transient",
}
_OWN_WORDS = frozenset({400, 413, 415})
"""Statuses whose werkzeug descriptions are written by this package; others get the standard phrase."""


def outcome_response(status: int, *, code: str, text: str, diagnostics: str | None = None) -> Response:
    """Return an OperationOutcome of one issue, as ``application/json`` (CDS Hooks 3.0 ballot; harmless before)."""
    issue: dict[str, Any] = {"severity": "error", "code": code, "details": {"text": text}}
    if diagnostics:
        issue["diagnostics"] = diagnostics
    body = orjson.dumps({"resourceType": "OperationOutcome", "issue": [issue]})
    response = Response(body, status=status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def handle_errors(app: Flask, metrics: Metrics) -> None:
    """Make the application answer every error in this way, those of Flask included."""

    @app.errorhandler(CdsError)
    def _own(error: CdsError) -> Response:
        if error.http_status == 500:
            return _unexpected(error)
        response = outcome_response(error.http_status, code=error.issue_code, text=str(error))
        if isinstance(error, StoreUnavailable):
            logger.error("store unavailable", exc_info=error)
            response.headers["Retry-After"] = "30"
        return response

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        status = error.code or 500
        text = error.description if status in _OWN_WORDS and error.description else HTTPStatus(status).phrase
        response = outcome_response(status, code=_ISSUE_CODES.get(status, "processing"), text=text)
        for name, value in error.get_headers():
            if name in ("Allow", "Retry-After"):
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    def _unexpected(error: Exception) -> Response:
        incident = uuid.uuid4().hex
        metrics.unexpected_error()
        logger.error("unexpected error", exc_info=error, extra={"incident": incident})
        return outcome_response(
            500,
            code="exception",
            text="The service failed. The failure is recorded under the reference given.",
            diagnostics=f"reference {incident}",
        )
