"""Reading search values out of stored resources: elements by path, codes, day spans and local references.

Used by search, by the integrity check and by transactions; knows nothing of HTTP.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

_INSTANT = re.compile(
    r"(?P<year>\d{4})(-(?P<month>\d{2})(-(?P<day>\d{2})"
    r"(T(?P<hour>\d{2}):(?P<minute>\d{2})(:(?P<second>\d{2})(\.(?P<fraction>\d+))?)?"
    r"(?P<zone>Z|[+-]\d{2}:\d{2})?)?)?)?"
)
_REFERENCE = re.compile(
    r"(?P<base>https?://.*/)?(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9.-]{1,64})(/_history/[^/]+)?"
)
EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Span:
    """All instants that a FHIR date, dateTime, instant or Period may mean: ``start`` included, ``end`` not."""

    start: datetime
    end: datetime


@dataclass(frozen=True, kw_only=True)
class Code:
    """One searchable token of a resource; ``system`` is empty where the element has none."""

    system: str
    value: str


def elements(resource: Any, path: str) -> Iterator[Any]:
    """Every value at a dotted path such as ``dosageInstruction.timing.event``; lists are entered."""
    head, _, rest = path.partition(".")
    if isinstance(resource, list):
        for item in resource:
            yield from elements(item, path)
    elif isinstance(resource, Mapping) and head in resource:
        found = resource[head]
        if rest:
            yield from elements(found, rest)
        elif isinstance(found, list):
            yield from found
        else:
            yield found


def codes_of(value: Any) -> Iterator[Code]:
    """The tokens of a code, boolean, Coding, CodeableConcept or Identifier."""
    if isinstance(value, bool):
        yield Code(system="", value=str(value).lower())
    elif isinstance(value, str):
        yield Code(system="", value=value)
    elif isinstance(value, Mapping) and "coding" in value:
        for coding in value["coding"]:
            yield from codes_of(coding)
    elif isinstance(value, Mapping):
        token = value.get("code", value.get("value"))
        if isinstance(token, str):
            yield Code(system=str(value.get("system", "")), value=token)


def span_of(value: Any) -> Span | None:
    """The span of a date, dateTime, instant or Period; None when it is none of these.

    A missing end of a Period is open. A time without an offset, which FHIR does not allow in resources but
    does in searches, is read as UTC.
    """
    if isinstance(value, str):
        return _span_of_text(value)
    if not isinstance(value, Mapping) or not ({"start", "end"} & value.keys()):
        return None
    start = span_of(value["start"]) if "start" in value else Span(start=EARLIEST, end=EARLIEST)
    end = span_of(value["end"]) if "end" in value else Span(start=LATEST, end=LATEST)
    return Span(start=start.start, end=end.end) if start and end else None


def local_reference(reference: str, *, base: str) -> tuple[str, str] | None:
    """Type and id of a relative reference, or of an absolute one to this server; None for any other.

    ``base`` is the server's own base address without a slash at its end.
    """
    match = _REFERENCE.fullmatch(reference)
    if match is None or match["base"] not in (None, f"{base}/"):
        return None
    return match["type"], match["id"]


def references_in(node: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every literal reference below ``node`` with its path; references to contained resources are left out."""
    if isinstance(node, Mapping):
        for key, child in node.items():
            if key == "reference" and isinstance(child, str):
                if not child.startswith("#"):
                    yield path, child
            else:
                yield from references_in(child, f"{path}.{key}")
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from references_in(child, f"{path}[{index}]")


def _span_of_text(text: str) -> Span | None:
    match = _INSTANT.fullmatch(text)
    if match is None:
        return None
    try:
        start = _first_instant(match)
        return Span(start=start, end=start + _length(match))
    except (ValueError, OverflowError):
        return None


def _first_instant(match: re.Match[str]) -> datetime:
    fraction = (match["fraction"] or "")[:6].ljust(6, "0")
    wall = datetime(
        int(match["year"]),
        int(match["month"] or 1),
        int(match["day"] or 1),
        int(match["hour"] or 0),
        int(match["minute"] or 0),
        int(match["second"] or 0),
        int(fraction),
        tzinfo=UTC,
    )
    return wall - _offset(match["zone"])


def _offset(zone: str | None) -> timedelta:
    if zone in (None, "Z"):
        return timedelta()
    hours, minutes = zone[1:].split(":")
    size = timedelta(hours=int(hours), minutes=int(minutes))
    return -size if zone[0] == "-" else size


def _length(match: re.Match[str]) -> timedelta:
    if match["fraction"]:
        return timedelta(microseconds=10 ** max(0, 6 - len(match["fraction"])))
    for part, length in (("second", "seconds"), ("minute", "minutes"), ("day", "days")):
        if match[part]:
            return timedelta(**{length: 1})
    year = int(match["year"])
    if match["month"]:
        return timedelta(days=calendar.monthrange(year, int(match["month"]))[1])
    return timedelta(days=366 if calendar.isleap(year) else 365)
