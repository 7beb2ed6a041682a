"""HTTP to a FHIR server that others use too: time limits, waiting when it asks for it, and no values in errors."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import orjson
import requests

from cds_service.clock import Clock, SystemClock
from cds_service.errors import DataUnavailable, InputInvalid

_FHIR_JSON = "application/fhir+json"
_BUSY = frozenset({429, 503})


def check_base_url(base_url: str) -> str:
    """The base address of a FHIR server without a slash at its end; ``InputInvalid`` if it cannot be one."""
    address = base_url.rstrip("/")
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise InputInvalid("The FHIR server is named by an http or https address without query.")
    if "@" in parts.netloc:
        raise InputInvalid("The address of the FHIR server must not hold a user name or password.")
    return address


@dataclass(frozen=True, kw_only=True)
class PoliteClient:
    """Sends requests and waits as long as the server asks (429 and 503, ``Retry-After``), up to a limit.

    Seconds throughout: ``longest_wait`` for one wait, after ``attempts`` tries the server is given up.
    """

    session: requests.Session
    connect_timeout: float = 5.0
    read_timeout: float = 120.0
    attempts: int = 6
    longest_wait: float = 120.0
    sleep: Callable[[float], None] = field(default=time.sleep)
    clock: Clock = field(default_factory=SystemClock)

    def send(self, method: str, url: str, *, body: Any = None, doing: str) -> requests.Response:
        """The first answer that is not "busy"; ``DataUnavailable`` when there is none. Redirects are not followed.

        ``doing`` says in words what the request is for, for the error message. Only requests that may be repeated
        without harm are to be sent this way.
        """
        for attempt in range(self.attempts):
            response = self._once(method, url, body=body, doing=doing)
            if response.status_code not in _BUSY:
                return response
            if attempt + 1 < self.attempts:
                self.sleep(self._wait(response, attempt))
        raise DataUnavailable(f"The FHIR server stayed busy while {doing}.")

    def _once(self, method: str, url: str, *, body: Any, doing: str) -> requests.Response:
        headers = {"Accept": _FHIR_JSON, "Cache-Control": "no-cache"}
        if body is not None:
            headers["Content-Type"] = _FHIR_JSON
        try:
            return self.session.request(
                method,
                url,
                data=None if body is None else orjson.dumps(body),
                headers=headers,
                timeout=(self.connect_timeout, self.read_timeout),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            # The library's message holds the address with ids in it, so only its kind is passed on.
            raise DataUnavailable(
                f"No answer from the FHIR server while {doing}: {type(error).__name__}."
            ) from None

    def _wait(self, response: requests.Response, attempt: int) -> float:
        asked = _retry_after(response.headers.get("Retry-After", ""), now=self.clock.now())
        wait = float(2**attempt) if asked is None else asked
        if wait > self.longest_wait:
            raise DataUnavailable(f"The FHIR server asks to come back in {wait:.0f} seconds.")
        return wait


def read_json(response: requests.Response, *, doing: str) -> dict[str, Any]:
    """The JSON object of a successful answer; ``DataUnavailable`` with the status, never the body, for any other."""
    if not response.ok or response.is_redirect:
        raise DataUnavailable(f"The FHIR server answered {response.status_code} while {doing}.")
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise DataUnavailable(f"The FHIR server did not answer in FHIR JSON while {doing}.")
    return body


def next_page(bundle: dict[str, Any], *, current: str) -> str | None:
    """The address of the next page, if there is one; ``DataUnavailable`` if it leads to another origin."""
    links = bundle.get("link") or []
    urls = [link.get("url") for link in links if isinstance(link, dict) and link.get("relation") == "next"]
    if not urls:
        return None
    following = urljoin(current, str(urls[0]))
    if urlsplit(following)[:2] != urlsplit(current)[:2]:
        raise DataUnavailable("The FHIR server's next page lies on another server; it is not followed.")
    return following


def _retry_after(value: str, *, now: datetime) -> float | None:
    """Seconds to wait, from a number or an HTTP date (RFC 9110 section 10.2.3); None when it is neither."""
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())
