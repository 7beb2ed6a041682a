"""The HTTP client of FHIR servers: GET only, one origin, bounded in time, size and pages.

Nothing that it raises or logs holds a URL, an id, a token or a body.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from enum import StrEnum

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from cds_service.clock import Clock
from cds_service.fhir.budget import Budget
from cds_service.fhir.origins import FhirServer, origin_of
from cds_service.fhir.pages import Page, read_page
from cds_service.fhir.transport import AddressNotPublic, Line, new_session
from cds_service.records.decode import NotFhirJson
from cds_service.settings import Settings

_CHUNK = 65_536
_FIRST_PAUSE_SECONDS = 0.1
_WORTH_REPEATING = frozenset({429, 502, 503, 504})


class Trouble(StrEnum):
    """Why a query gave nothing, or not everything. Fixed words: fit for logs, metrics and messages."""

    OVER_TIME = "over-time"
    NO_CONNECTION = "no-connection"
    NOT_TRUSTED = "certificate-not-trusted"
    PRIVATE_ADDRESS = "private-address"
    REFUSED = "access-refused"
    NOT_FOUND = "not-found"
    BUSY = "server-busy"
    SERVER_FAILED = "server-failed"
    NOT_ACCEPTED = "query-not-accepted"
    REDIRECTED = "redirected"
    TOO_LARGE = "answer-too-large"
    BROKEN_OFF = "answer-broken-off"
    NOT_FHIR = "answer-not-fhir-json"
    OUTCOME = "operation-outcome"
    OTHER_ORIGIN = "next-page-on-another-server"
    LOOP = "next-pages-in-a-circle"
    TOO_MANY_PAGES = "too-many-pages"
    BROKE = "internal-error"


class QueryFailed(Exception):
    """A query could not be answered, or not to its end.

    ``status`` is the HTTP status when there was one. ``passing`` marks failures that a repeat may mend, ``retry_after``
    the seconds that the server asked to wait.
    """

    def __init__(
        self,
        trouble: Trouble,
        *,
        status: int | None = None,
        passing: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble
        self.status = status
        self.passing = passing
        self.retry_after = retry_after


class FhirClient:
    """Reads from FHIR servers over one pooled session; safe for many threads."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock,
        session: requests.Session | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._session = session if session is not None else new_session(settings)
        self._pause = pause

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def pages(
        self, server: FhirServer, url: str, *, budget: Budget, line: Line | None = None
    ) -> Iterator[Page]:
        """Yield the answer to a query page by page, following ``next`` on the server's own origin.

        :raises QueryFailed: at the page that could not be had, or after one that says that it failed; the pages
            before have been yielded.
        """
        seen: set[str] = set()
        for _ in range(self._settings.fhir_max_pages):
            if url in seen:
                raise QueryFailed(Trouble.LOOP)
            seen.add(url)
            page = _page(self.get(server, url, budget=budget, line=line))
            yield page
            if page.failed:
                raise QueryFailed(Trouble.OUTCOME)
            if page.next_link is None:
                return
            following = server.next_page(url, page.next_link)
            if following is None:
                raise QueryFailed(Trouble.OTHER_ORIGIN)
            url = following
        raise QueryFailed(Trouble.TOO_MANY_PAGES)

    def get(self, server: FhirServer, url: str, *, budget: Budget, line: Line | None = None) -> bytes:
        """Return the body of one answer, repeating what failed in passing as long as there is time.

        :raises QueryFailed: there is no answer with status 200.
        """
        line = line if line is not None else Line()
        repeats = 0
        while not line.is_closed:
            try:
                with line.open():
                    return self._once(server, url, budget)
            except QueryFailed as failure:
                wait = (
                    _FIRST_PAUSE_SECONDS * 2**repeats if failure.retry_after is None else failure.retry_after
                )
                if (
                    not failure.passing
                    or repeats >= self._settings.fhir_retries
                    or wait >= budget.remaining()
                ):
                    raise
            self._pause(wait)
            repeats += 1
        raise QueryFailed(Trouble.OVER_TIME)

    def _once(self, server: FhirServer, url: str, budget: Budget) -> bytes:
        if origin_of(url) != server.origin:
            raise QueryFailed(Trouble.OTHER_ORIGIN)
        left = budget.remaining()
        if left <= 0:
            raise QueryFailed(Trouble.OVER_TIME)
        limits = (
            min(left, self._settings.connect_timeout_seconds),
            min(left, self._settings.read_timeout_seconds),
        )
        headers = {} if server.token is None else {"Authorization": f"Bearer {server.token}"}
        try:
            with self._session.get(
                url, headers=headers, timeout=limits, allow_redirects=False, stream=True
            ) as response:
                self._check_status(response)
                return self._body(response, budget)
        except AddressNotPublic:
            raise QueryFailed(Trouble.PRIVATE_ADDRESS) from None
        except (requests.RequestException, HTTPError, OSError) as error:
            # The library's errors hold URLs and headers: they end here.
            raise _failure_of(error, budget) from None

    def _check_status(self, response: requests.Response) -> None:
        status = response.status_code
        if status == 200:
            return
        if status in _WORTH_REPEATING:
            raise QueryFailed(
                Trouble.BUSY, status=status, passing=True, retry_after=self._retry_after(response)
            )
        raise QueryFailed(_trouble_of(status), status=status)

    def _body(self, response: requests.Response, budget: Budget) -> bytes:
        most = self._settings.fhir_max_body_bytes
        announced = response.headers.get("Content-Length", "")
        if announced.isdecimal() and float(announced) > most:
            raise QueryFailed(Trouble.TOO_LARGE)
        body = bytearray()
        try:
            for chunk in response.iter_content(_CHUNK):
                body += chunk
                if len(body) > most:
                    raise QueryFailed(Trouble.TOO_LARGE)
                if budget.spent:
                    break
        except (requests.RequestException, HTTPError, OSError) as error:
            late = budget.spent or any(isinstance(cause, ReadTimeoutError) for cause in error.args)
            raise QueryFailed(Trouble.OVER_TIME if late else Trouble.BROKEN_OFF) from None
        if budget.spent:
            # A connection that was hung up may look like an answer that came to its end.
            raise QueryFailed(Trouble.OVER_TIME)
        return bytes(body)

    def _retry_after(self, response: requests.Response) -> float | None:
        """Return the seconds of ``Retry-After``, which is a number or a date (RFC 9110)."""
        text = response.headers.get("Retry-After", "").strip()
        if text.isdecimal():
            return float(text)
        try:
            moment = parsedate_to_datetime(text)
            return max(0.0, (moment - self._clock.now()).total_seconds())
        except (ValueError, TypeError):
            return None


def _page(body: bytes) -> Page:
    try:
        return read_page(body)
    except NotFhirJson:
        raise QueryFailed(Trouble.NOT_FHIR) from None


def _trouble_of(status: int) -> Trouble:
    if status in {401, 403}:
        return Trouble.REFUSED
    if status in {404, 410}:
        return Trouble.NOT_FOUND
    if 300 <= status < 400:
        return Trouble.REDIRECTED
    return Trouble.SERVER_FAILED if status >= 500 or status < 300 else Trouble.NOT_ACCEPTED


def _failure_of(error: Exception, budget: Budget) -> QueryFailed:
    if budget.spent or isinstance(error, requests.ReadTimeout):
        return QueryFailed(Trouble.OVER_TIME)
    if isinstance(error, requests.exceptions.SSLError):
        return QueryFailed(Trouble.NOT_TRUSTED)
    return QueryFailed(Trouble.NO_CONNECTION, passing=isinstance(error, requests.ConnectionError))
