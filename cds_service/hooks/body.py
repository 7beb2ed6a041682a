"""Reading the body of a call: media type, size limit, and no more bytes than needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

if TYPE_CHECKING:
    from _typeshed.wsgi import InputStream, WSGIEnvironment

MEDIA_TYPES = frozenset({"application/json", "application/fhir+json"})

_CHUNK = 65_536


def read_body(request: Request, *, limit: int) -> bytes:
    """Return the whole body.

    A body that announces more than ``limit`` bytes is refused unread; one that does not say its length is refused as
    soon as it has sent more.

    :raises UnsupportedMediaType: not JSON by its media type, or compressed (415).
    :raises RequestEntityTooLarge: longer than ``limit`` (413).
    :raises BadRequest: the connection ended early (400).
    """
    environ = request.environ
    media_type = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if media_type not in MEDIA_TYPES or environ.get("HTTP_CONTENT_ENCODING", "identity") != "identity":
        raise UnsupportedMediaType(
            "The body must be application/json or application/fhir+json, not compressed."
        )
    announced = request.content_length
    if announced is None:
        return _read_unknown(environ, limit)
    if announced > limit:
        raise _too_large(limit)
    return _read_known(environ["wsgi.input"], announced)


def _read_known(stream: InputStream, length: int) -> bytes:
    body = stream.read(length)
    parts = [body]
    missing = length - len(body)
    while missing > 0:
        part = stream.read(missing)
        if not part:
            raise BadRequest("The body is shorter than its Content-Length.")
        parts.append(part)
        missing -= len(part)
    return body if len(parts) == 1 else b"".join(parts)


def _read_unknown(environ: WSGIEnvironment, limit: int) -> bytes:
    if not environ.get("wsgi.input_terminated"):
        return b""
    stream: InputStream = environ["wsgi.input"]
    parts = []
    size = 0
    while part := stream.read(_CHUNK):
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        parts.append(part)
    return b"".join(parts)


def _too_large(limit: int) -> RequestEntityTooLarge:
    return RequestEntityTooLarge(f"The body is larger than {limit} bytes.")
