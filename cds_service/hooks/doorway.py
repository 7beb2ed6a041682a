"""The WSGI layer in front of Flask: doubled slashes in paths, and cross-origin rules for browser clients.

Clients join base and path carelessly, and browsers follow no redirect of a preflight, so ``//`` is read as ``/``.
Cross-origin headers go on every answer, errors included (Fetch standard); credentials are never allowed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATHS = "/cds-services"
METHODS = "GET, POST, OPTIONS"
HEADERS = "Authorization, Content-Type, Accept"

_ANY = "*"
_PREFLIGHT_SECONDS = "600"
_SLASHES = re.compile(r"/{2,}")


class Doorway:
    """WSGI middleware. ``origins`` are the web pages that may call everything under ``/cds-services``; ``*`` is all.

    A preflight needs no authentication. A page of another origin gets an answer that its browser will not show it.
    """

    def __init__(self, application: WSGIApplication, origins: Collection[str]) -> None:
        self._application = application
        self._origins = frozenset(origins)
        self._any = _ANY in self._origins

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass a request on, or answer it here when it is a preflight."""
        path = environ.get("PATH_INFO", "")
        if "//" in path:
            path = environ["PATH_INFO"] = _SLASHES.sub("/", path)
        if not self._origins or not (path == PATHS or path.startswith(PATHS + "/")):
            return self._application(environ, start_response)
        headers = self._headers(environ.get("HTTP_ORIGIN"))
        if environ["REQUEST_METHOD"] == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ:
            start_response("204 No Content", [*headers, *_PREFLIGHT] if _allowed(headers) else headers)
            return [b""]
        return self._application(environ, _adding(start_response, headers) if headers else start_response)

    def _headers(self, origin: str | None) -> list[tuple[str, str]]:
        if self._any:
            allowed = [] if origin is None else [("Access-Control-Allow-Origin", _ANY)]
        elif origin in self._origins:
            allowed = [("Vary", "Origin"), ("Access-Control-Allow-Origin", origin or "")]
        else:
            return [("Vary", "Origin")]
        return [*allowed, ("Access-Control-Expose-Headers", "ETag, Retry-After")] if allowed else []


_PREFLIGHT = (
    ("Access-Control-Allow-Methods", METHODS),
    ("Access-Control-Allow-Headers", HEADERS),
    ("Access-Control-Max-Age", _PREFLIGHT_SECONDS),
)


def _allowed(headers: list[tuple[str, str]]) -> bool:
    return any(name == "Access-Control-Allow-Origin" for name, _ in headers)


def _adding(start_response: StartResponse, added: list[tuple[str, str]]) -> StartResponse:
    def start(status: str, headers: list[tuple[str, str]], error: Any = None) -> Callable[[bytes], object]:
        return start_response(status, [*headers, *added], error)

    return start
