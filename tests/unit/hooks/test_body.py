"""Bodies are read to their end or refused early: never more than the limit, never half of one."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from cds_service.hooks.body import read_body


class Stream(io.RawIOBase):
    """A body that comes in pieces of at most ``piece`` bytes, as from a network, and counts what was taken."""

    def __init__(self, body: bytes, piece: int = 7) -> None:
        self._rest = body
        self._piece = piece
        self.taken = 0

    def read(self, size: int = -1) -> bytes:
        size = self._piece if size < 0 else min(size, self._piece)
        part, self._rest = self._rest[:size], self._rest[size:]
        self.taken += len(part)
        return part


def request(stream: object, **environ: Any) -> Request:
    base = {
        "REQUEST_METHOD": "POST",
        "wsgi.input": stream,
        "CONTENT_TYPE": "application/json",
        "SERVER_NAME": "x",
    }
    return Request(base | {"SERVER_PORT": "80", "wsgi.url_scheme": "http"} | environ)


def test_a_body_in_pieces_is_put_together() -> None:
    body = bytes(range(100))
    assert read_body(request(Stream(body), CONTENT_LENGTH="100"), limit=100) == body


def test_no_byte_beyond_the_announced_length_is_read() -> None:
    stream = Stream(b"x" * 50)
    assert read_body(request(stream, CONTENT_LENGTH="20"), limit=100) == b"x" * 20
    assert stream.taken == 20


def test_an_announced_length_over_the_limit_is_refused_unread() -> None:
    stream = Stream(b"x" * 101)
    with pytest.raises(RequestEntityTooLarge):
        read_body(request(stream, CONTENT_LENGTH="101"), limit=100)
    assert stream.taken == 0


def test_a_body_of_unknown_length_is_read_to_its_end() -> None:
    chunked = request(Stream(b"x" * 100), **{"wsgi.input_terminated": True})
    assert read_body(chunked, limit=100) == b"x" * 100


def test_a_body_of_unknown_length_is_refused_as_soon_as_it_is_too_long() -> None:
    stream = Stream(b"x" * 10_000)
    with pytest.raises(RequestEntityTooLarge):
        read_body(request(stream, **{"wsgi.input_terminated": True}), limit=100)
    assert stream.taken <= 107


def test_where_the_end_cannot_be_told_nothing_is_read() -> None:
    stream = Stream(b"x" * 10)
    assert read_body(request(stream), limit=100) == b""
    assert stream.taken == 0


def test_a_body_that_breaks_off_is_refused() -> None:
    with pytest.raises(BadRequest):
        read_body(request(Stream(b"x" * 10), CONTENT_LENGTH="20"), limit=100)


def test_an_empty_body_is_an_empty_body() -> None:
    assert read_body(request(Stream(b""), CONTENT_LENGTH="0"), limit=100) == b""


@pytest.mark.parametrize(
    "environ", [{"CONTENT_TYPE": "text/json"}, {"CONTENT_TYPE": ""}, {"HTTP_CONTENT_ENCODING": "gzip"}]
)
def test_other_media_types_and_compression_are_refused_unread(environ: dict[str, str]) -> None:
    stream = Stream(b"x" * 10)
    with pytest.raises(UnsupportedMediaType):
        read_body(request(stream, CONTENT_LENGTH="10", **environ), limit=100)
    assert stream.taken == 0
