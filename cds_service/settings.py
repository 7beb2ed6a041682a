"""Settings of the service, read once from environment variables with the prefix ``CDS_`` and never changed afterwards."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, tzinfo
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, get_type_hints
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cds_service.errors import InputInvalid

PREFIX = "CDS_"
MEGABYTE = 1_000_000
_IN_MEMORY = ":memory:"
"""The database that leaves nothing behind, as SQLite names it."""


class _Fault(ValueError):
    """A value that cannot be read; its text says what was expected."""


def _boolean(text: str) -> bool:
    word = text.strip().lower()
    if word in {"1", "true", "yes", "on"}:
        return True
    if word in {"0", "false", "no", "off"}:
        return False
    raise _Fault("expected 1 or 0")


def _whole(*, lowest: int, highest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise _Fault(f"expected a whole number from {lowest} to {highest}") from None
        if not lowest <= number <= highest:
            raise _Fault(f"expected a whole number from {lowest} to {highest}")
        return number

    return read


def _seconds(*, lowest: float, highest: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            raise _Fault(f"expected seconds from {lowest} to {highest}") from None
        if not lowest <= number <= highest:
            raise _Fault(f"expected seconds from {lowest} to {highest}")
        return number

    return read


def _text(text: str) -> str:
    if not text.strip():
        raise _Fault("expected a value")
    return text.strip()


def _path(text: str) -> Path:
    return Path(_text(text)).expanduser()


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for part in text.split(",") if (word := part.strip())))


def _level(text: str) -> str:
    level = text.strip().lower()
    if level not in {"debug", "info", "warning", "error"}:
        raise _Fault("expected debug, info, warning or error")
    return level


def _url(text: str) -> str:
    url = text.strip().rstrip("/")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _Fault("expected an http or https URL without query") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise _Fault("expected an http or https URL without query")
    if "@" in parts.netloc:
        raise _Fault("expected a URL without user name and password")
    return url


def _urls(text: str) -> tuple[str, ...]:
    return tuple(_url(word) for word in _words(text))


def _origins(text: str) -> tuple[str, ...]:
    origins = _words(text)
    for origin in origins:
        if origin != "*" and urlsplit(_url(origin)).path:
            raise _Fault("expected origins such as https://ehr.example.org, or *")
    return tuple(origin.rstrip("/") for origin in origins)


def _zone(name: str) -> tzinfo:
    if name.strip().upper() == "UTC":
        return UTC
    try:
        return ZoneInfo(name.strip())
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _Fault("expected an IANA time zone such as Europe/Berlin") from None


def _zones(text: str) -> Mapping[str, tzinfo]:
    zones = {}
    for pair in _words(text):
        client, separator, zone = pair.rpartition("=")
        if not separator:
            raise _Fault("expected pairs such as https://ehr.example.org/fhir=Europe/Berlin")
        zones[_url(client)] = _zone(zone)
    return MappingProxyType(zones)


@dataclass(frozen=True)
class _From:
    """How a setting is read from its text, and what it means."""

    read: Callable[[str], object]
    says: str


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that may be set from outside; each field ``name`` is read from ``CDS_NAME``.

    None of them is a secret. Lists are separated by commas.
    """

    dev: Annotated[
        bool,
        _From(
            _boolean,
            "development: no client authentication, FHIR servers over http on loopback without a token",
        ),
    ] = False
    host: Annotated[str, _From(_text, "address to listen on")] = "127.0.0.1"
    port: Annotated[int, _From(_whole(lowest=1, highest=65535), "port to listen on")] = 8080
    public_base_url: Annotated[str | None, _From(_url, "URL under which clients reach the service")] = None
    database: Annotated[Path, _From(_path, "file of the embedded database")] = Path("cds-service.sqlite3")
    rules: Annotated[Path, _From(_path, "folder of the rules")] = Path("rules")
    rxnorm: Annotated[
        Path | None, _From(_path, "folder that 'terminology import-rxnorm' wrote; production needs it")
    ] = None
    code_systems_base: Annotated[
        str, _From(_url, "base of the service's own code systems: topics, override reasons, observations")
    ] = "https://cds-service.example/fhir"
    profiles: Annotated[
        tuple[str, ...], _From(_words, "profiles that adapt the rules to a site, by name")
    ] = ()
    disable_rules: Annotated[tuple[str, ...], _From(_words, "ids of rules that give no card")] = ()
    disabled_rules_file: Annotated[
        Path | None,
        _From(_path, "file of the rules disabled while the service runs; beside the database by default"),
    ] = None
    cards_per_call: Annotated[int, _From(_whole(lowest=1, highest=50), "most cards in one answer")] = 5
    allowed_origins: Annotated[tuple[str, ...], _From(_origins, "browser origins that may call (CORS)")] = ()
    max_body_bytes: Annotated[
        int, _From(_whole(lowest=1_000, highest=1_000 * MEGABYTE), "largest body of a call, in bytes")
    ] = 20 * MEGABYTE
    call_budget_seconds: Annotated[
        float, _From(_seconds(lowest=0.05, highest=60), "time that one call may spend on reading FHIR data")
    ] = 3.0
    connect_timeout_seconds: Annotated[
        float, _From(_seconds(lowest=0.05, highest=60), "longest wait for a connection")
    ] = 1.0
    read_timeout_seconds: Annotated[
        float, _From(_seconds(lowest=0.05, highest=60), "longest wait for the next bytes of a FHIR answer")
    ] = 2.5
    fhir_servers: Annotated[
        tuple[str, ...],
        _From(
            _urls, "base URLs of the only FHIR servers that may be read; these may be on a private network"
        ),
    ] = ()
    fhir_page_size: Annotated[
        int, _From(_whole(lowest=1, highest=1000), "resources asked for per page of a FHIR search")
    ] = 200
    fhir_max_pages: Annotated[
        int, _From(_whole(lowest=1, highest=10_000), "most pages read of one FHIR search")
    ] = 100
    fhir_max_body_bytes: Annotated[
        int, _From(_whole(lowest=1_000, highest=1_000 * MEGABYTE), "largest single FHIR answer, in bytes")
    ] = 20 * MEGABYTE
    fhir_retries: Annotated[
        int, _From(_whole(lowest=0, highest=5), "repeats of a FHIR read that failed in passing")
    ] = 2
    fhir_threads: Annotated[
        int, _From(_whole(lowest=1, highest=256), "FHIR reads at a time in one process")
    ] = 16
    fhir_ca_bundle: Annotated[
        Path | None, _From(_path, "certificates to trust on FHIR servers instead of the built-in ones")
    ] = None
    time_zone: Annotated[tzinfo, _From(_zone, "time zone of clients that have none of their own below")] = UTC
    time_zones: Annotated[
        Mapping[str, tzinfo], _From(_zones, "time zones per client, as fhirServer=zone")
    ] = field(default_factory=lambda: MappingProxyType({}))
    log_level: Annotated[str, _From(_level, "least severe level that is logged")] = "info"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the settings; an empty value is the same as none.

        Raises one ``InputInvalid`` that names all names and values that cannot be used.
        """
        known = _sources()
        values: dict[str, Any] = {}
        faults = []
        for name in sorted(n for n, text in environment.items() if n.startswith(PREFIX) and text.strip()):
            if name not in known:
                faults.append(f"{name}: no such setting{_nearest(name, known)}")
                continue
            try:
                values[name.removeprefix(PREFIX).lower()] = known[name].read(environment[name])
            except _Fault as fault:
                faults.append(f"{name}: {fault}")
        if faults:
            raise InputInvalid("\n".join(faults))
        return cls(**values)

    def disabled_rules_path(self) -> Path | None:
        """Return the file of the rules disabled while the service runs; None when the database is in memory."""
        if self.disabled_rules_file is not None or str(self.database) == _IN_MEMORY:
            return self.disabled_rules_file
        return self.database.with_name(f"{self.database.name}.disabled-rules.json")

    def zone_of(self, client: str | None) -> tzinfo:
        """Return the time zone of a client known by its FHIR server's base URL; the general one when it has none."""
        if client is None:
            return self.time_zone
        return self.time_zones.get(client.rstrip("/"), self.time_zone)

    def describe(self) -> str:
        """Return every setting with its value and meaning, one a line, ready to print at the start."""
        return "\n".join(
            f"{name}={_shown(getattr(self, name.removeprefix(PREFIX).lower()))}  # {source.says}"
            for name, source in _sources().items()
        )


def _sources() -> dict[str, _From]:
    hints = get_type_hints(Settings, include_extras=True)
    return {PREFIX + f.name.upper(): hints[f.name].__metadata__[0] for f in fields(Settings)}


def _nearest(name: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    if isinstance(value, Mapping):
        return ",".join(f"{client}={_shown(zone)}" for client, zone in value.items())
    return str(value)
