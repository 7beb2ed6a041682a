"""Successful answers: JSON by orjson, never cached, because they are about a patient."""

from __future__ import annotations

import orjson
from flask import Response

JSON = "application/json"
_NOT_CACHED = {"Cache-Control": "no-store"}


def json_response(document: object, *, status: int = 200) -> Response:
    """Return a document as ``application/json``; members keep their order, so equal documents give equal bytes."""
    return Response(orjson.dumps(document), status=status, headers=_NOT_CACHED, content_type=JSON)
