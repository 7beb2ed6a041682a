"""Which FHIR server a call may be answered from, and with which token: the rules against being sent astray.

CDS Hooks 2.0.1, FHIR resource access and Security: https only, the token only to the origin of ``fhirServer``, never
after it has expired; hosts inside a private network only when the site lists them.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urljoin

from cds_service.records.resources import FhirAuthorization
from cds_service.settings import Settings

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?(?:[/?][!-~]*)?",
    re.IGNORECASE | re.ASCII,
)
_TOKEN = re.compile(r"[!-~]+", re.ASCII)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")


class NoServer(StrEnum):
    """Why a call has no FHIR server that may be used."""

    NOT_GIVEN = "no-fhir-server"
    NOT_A_BASE = "fhir-server-not-a-base-url"
    NOT_HTTPS = "fhir-server-not-https"
    NOT_LISTED = "fhir-server-not-listed"
    PRIVATE = "fhir-server-private-address"
    NO_TOKEN = "no-access-token"  # noqa: S105 (a reason, not a token)
    BAD_TOKEN = "access-token-unusable"  # noqa: S105
    OTHER_PATIENT = "access-token-for-another-patient"


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port of a URL."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FhirServer:
    """A FHIR server that this call may read, with the token that it was given for it."""

    base: str
    origin: Origin
    token: str | None = field(default=None, repr=False)
    expires_in: float | None = None
    """Seconds, from the receipt of the call, for which the token may be used."""

    def url(self, path: str) -> str:
        """Return the address of a query relative to the base."""
        return f"{self.base}/{path}"

    def next_page(self, current: str, link: str) -> str | None:
        """Return the address of a ``next`` link, which may be relative; None when it leads to another origin."""
        try:
            url = urljoin(current, link).partition("#")[0]
        except ValueError:
            return None
        return url if origin_of(url) == self.origin else None


def origin_of(url: str) -> Origin | None:
    """Return the origin of an http or https URL; None for anything that two parsers could read in two ways.

    User names, spaces, fragments, and anything but a plain name or address as host make a URL unreadable here.
    """
    match = _URL.fullmatch(url)
    if match is None or "#" in url:
        return None
    scheme = match["scheme"].lower()
    port = int(match["port"]) if match["port"] else _DEFAULT_PORTS[scheme]
    return Origin(scheme, match["host"].lower().rstrip("."), port) if 0 < port < 65536 else None


def server_of(
    url: str | None, authorization: FhirAuthorization | None, *, patient_id: str, settings: Settings
) -> FhirServer | NoServer:
    """Return the server that a call may be answered from, or why there is none.

    A token that is malformed or meant for another patient is not used: then there is no server, as without a token.
    """
    if not url:
        return NoServer.NOT_GIVEN
    base, origin = _normal(url), origin_of(url)
    if base is None or origin is None or "?" in base:
        return NoServer.NOT_A_BASE
    if (refusal := _refusal(base, origin, settings)) is not None:
        return refusal
    return _with_token(base, origin, authorization, patient_id=patient_id, settings=settings)


def is_public(address: str) -> bool:
    """True for an IP address that anybody on the internet could reach; addresses wrapped in IPv6 are unwrapped."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is not None:
            ip = inner
        elif ip in _TRANSLATED or ip.teredo is not None:
            return False
    return ip.is_global and not ip.is_multicast


def _refusal(base: str, origin: Origin, settings: Settings) -> NoServer | None:
    listed = base in _listed_bases(settings)
    near = settings.dev and (listed or _is_loopback(origin.host))
    if origin.scheme != "https" and not near:
        return NoServer.NOT_HTTPS
    if settings.fhir_servers and not (listed or near):
        return NoServer.NOT_LISTED
    if not settings.dev and not listed and _is_known_private(origin.host):
        return NoServer.PRIVATE
    return None


def _with_token(
    base: str, origin: Origin, authorization: FhirAuthorization | None, *, patient_id: str, settings: Settings
) -> FhirServer | NoServer:
    if authorization is None:
        open_to_all = settings.dev and (base in _listed_bases(settings) or _is_loopback(origin.host))
        return FhirServer(base=base, origin=origin) if open_to_all else NoServer.NO_TOKEN
    if authorization.patient not in {None, "", patient_id, f"Patient/{patient_id}"}:
        return NoServer.OTHER_PATIENT
    token, expires_in = authorization.access_token, authorization.expires_in
    is_bearer = (authorization.token_type or "").lower() == "bearer"
    if not token or not is_bearer or expires_in is None or expires_in <= 0 or not _TOKEN.fullmatch(token):
        return NoServer.BAD_TOKEN
    return FhirServer(base=base, origin=origin, token=token, expires_in=float(expires_in))


def _listed_bases(settings: Settings) -> frozenset[str]:
    return frozenset(base for url in settings.fhir_servers if (base := _normal(url)))


def _normal(url: str) -> str | None:
    """The base URL as it is compared and used: host in lower case, no default port, no slash at the end."""
    origin = origin_of(url)
    if origin is None:
        return None
    _, slash, path = url.rstrip("/").partition("://")[2].partition("/")
    return f"{origin}{slash}{path}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_known_private(host: str) -> bool:
    """True for addresses and names that need no look-up to be known as private."""
    bare = host.strip("[]")
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        return False
    return not is_public(bare)
