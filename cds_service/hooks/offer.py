"""GET /cds-services: what discovery built, with an entity tag, the same for every caller."""

from __future__ import annotations

from flask import Blueprint, Response, request

from cds_service.hooks.discovery import Discovery

_CACHE_SECONDS = 300


def discovery_blueprint(discovery: Discovery) -> Blueprint:
    """Return the route of discovery."""
    blueprint = Blueprint("discovery", __name__)

    @blueprint.get("/cds-services")
    def _discovery() -> Response:
        response = Response(discovery.body, mimetype="application/json")
        response.headers["ETag"] = discovery.etag
        response.headers["Cache-Control"] = f"public, max-age={_CACHE_SECONDS}"
        response.make_conditional(request)
        return response

    return blueprint
