"""How bytes travel to FHIR servers: pooled connections that refuse private addresses and can be hung up from outside."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http.cookiejar import DefaultCookiePolicy

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError
from urllib3.response import HTTPResponse

from cds_service.fhir.origins import is_public, origin_of
from cds_service.settings import Settings


class AddressNotPublic(Exception):
    """A host has an address inside a private network and is not listed; nothing was sent to it."""


class Line:
    """The connection that one query is using right now, so that its call can hang up when the time is over.

    Time-outs of a socket count from one byte to the next; a server that sends a byte now and then would hold a thread
    for ever. Hanging up ends the query wherever it stands.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._closed = False

    @property
    def is_closed(self) -> bool:
        """True after it was hung up."""
        return self._closed

    @contextmanager
    def open(self) -> Iterator[None]:
        """Make this the line of whatever is requested inside."""
        token = _line.set(self)
        try:
            yield
        finally:
            _line.reset(token)
            # From here on the connection may serve another call: this line must not cut it.
            self.carry(None)

    def carry(self, connected: socket.socket | None) -> None:
        """Remember the socket in use; cut it at once when the line was hung up before."""
        with self._lock:
            self._socket = connected
            if self._closed and connected is not None:
                _cut(connected)

    def hang_up(self) -> None:
        """End whatever goes over this line, now and later."""
        with self._lock:
            self._closed = True
            if self._socket is not None:
                _cut(self._socket)


_line: ContextVar[Line | None] = ContextVar("fhir_line", default=None)


def new_session(settings: Settings) -> requests.Session:
    """Return the process's session: no cookies, no proxies or passwords from the environment, no repeats of its own."""
    session = _Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.update({"Accept": "application/fhir+json", "User-Agent": "cds-service"})
    if settings.fhir_ca_bundle is not None:
        session.verify = str(settings.fhir_ca_bundle)
    size = settings.fhir_threads
    session.mount("https://", _Adapter(size, private=settings.dev))
    session.mount("http://", _Adapter(size, private=settings.dev))
    for base in settings.fhir_servers:
        if (origin := origin_of(base)) is not None:
            session.mount(f"{origin}/", _Adapter(size, private=True))
    _silence_library()
    return session


class _Session(requests.Session):
    """Knows no redirects.

    A session that is told not to follow one would still read its whole body, however long, to see where it leads.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class _Carried(HTTPConnection):
    """Tells the line of the running query which socket carries it."""

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as in urllib3 itself
        line = _line.get()
        if line is not None:
            line.carry(self.sock)
        return super().getresponse()


class _Guarded(_Carried):
    """Connects to public addresses only.

    The address is judged twice: before connecting, and as connected to, because a name may resolve differently
    the second time.
    """

    def _new_conn(self) -> socket.socket:
        try:
            found = socket.getaddrinfo(self.host.strip("[]"), self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise NewConnectionError(self, "name not resolved") from error
        if not all(is_public(str(address[0])) for *_, address in found):
            raise AddressNotPublic
        connected = super()._new_conn()
        if not is_public(connected.getpeername()[0]):
            connected.close()
            raise AddressNotPublic
        return connected


class _CarriedTls(_Carried, HTTPSConnection):
    """The same over TLS."""


class _GuardedTls(_Guarded, HTTPSConnection):
    """The same over TLS."""


class _CarriedPool(HTTPConnectionPool):
    ConnectionCls = _Carried


class _CarriedTlsPool(HTTPSConnectionPool):
    ConnectionCls = _CarriedTls


class _GuardedPool(HTTPConnectionPool):
    ConnectionCls = _Guarded


class _GuardedTlsPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedTls


class _Adapter(HTTPAdapter):
    """Pools of such connections, one for each server."""

    def __init__(self, size: int, *, private: bool) -> None:
        super().__init__(pool_connections=size, pool_maxsize=size)
        self.poolmanager.pool_classes_by_scheme = (
            {"http": _CarriedPool, "https": _CarriedTlsPool}
            if private
            else {"http": _GuardedPool, "https": _GuardedTlsPool}
        )


def _cut(connected: socket.socket) -> None:
    try:
        # The plain socket's method also for TLS: its own would wait for the other side.
        socket.socket.shutdown(connected, socket.SHUT_RDWR)
    except OSError:
        return  # already closed: nothing is left to end


def _silence_library() -> None:
    """Keep the library's log records, which hold whole URLs and so patient ids, out of every log."""
    for part in ("connection", "connectionpool", "poolmanager", "response", "util.retry"):
        logger = logging.getLogger(f"urllib3.{part}")
        if _withhold not in logger.filters:
            logger.addFilter(_withhold)


def _withhold(record: logging.LogRecord) -> bool:
    return False
