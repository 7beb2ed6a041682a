"""Feedback documents as clients send them, read liberally (CDS Hooks 2.0.1, Feedback).

A batch keeps its good entries when others are bad. What a client adds, such as extensions or Epic's plural
``overrideReasons``, is kept with the entry. No message repeats what was sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from cds_service.errors import InvalidHookRequest

ACCEPTED = "accepted"
OVERRIDDEN = "overridden"

_INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)",
    re.ASCII,
)
_LONGEST_COMMENT = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideReason:
    """Why a card was overridden, as a Coding; ``display`` and ``system`` may be missing."""

    code: str
    system: str | None = None
    display: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackEntry:
    """What became of one card. ``comment`` is free text and may hold patient data: stored, never logged.

    ``at`` is the client's outcomeTimestamp in UTC. ``document`` is the whole entry as canonical JSON.
    """

    card: str
    outcome: str
    at: datetime
    accepted_suggestions: tuple[str, ...] = ()
    reasons: tuple[OverrideReason, ...] = ()
    comment: str | None = None
    document: bytes = b"{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedEntry:
    """An entry that could not be read: its place in the array, from 0, and what is wrong with it."""

    index: int
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackDocument:
    """All entries of one POST, good and bad."""

    entries: tuple[FeedbackEntry, ...]
    refused: tuple[RefusedEntry, ...]


class _Bad(Exception):
    """What is wrong with one entry, in words that repeat nothing of it."""


def read_feedback(body: bytes) -> FeedbackDocument:
    """Read the body of a feedback call.

    :raises InvalidHookRequest: not JSON, no ``feedback`` array, or not a single readable entry in it.
    """
    entries: list[FeedbackEntry] = []
    refused: list[RefusedEntry] = []
    for index, item in enumerate(_array_of(body)):
        try:
            entries.append(_entry(item))
        except _Bad as bad:
            refused.append(RefusedEntry(index=index, problem=str(bad)))
    if refused and not entries:
        raise InvalidHookRequest("; ".join(f"feedback[{bad.index}]: {bad.problem}" for bad in refused[:20]))
    return FeedbackDocument(entries=tuple(entries), refused=tuple(refused))


def _array_of(body: bytes) -> list[object]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise InvalidHookRequest("The body is not JSON.") from None
    if not isinstance(document, dict) or not isinstance(document.get("feedback"), list):
        raise InvalidHookRequest("The body must be an object with an array named feedback.")
    return list(document["feedback"])


def _entry(item: object) -> FeedbackEntry:
    if not isinstance(item, dict):
        raise _Bad("an entry must be an object")
    outcome = item.get("outcome")
    if outcome not in (ACCEPTED, OVERRIDDEN):
        raise _Bad("outcome must be accepted or overridden")
    suggestions = _suggestions(item.get("acceptedSuggestions"))
    if outcome == ACCEPTED and not suggestions:
        raise _Bad("accepted needs acceptedSuggestions with at least one id")
    reasons, comment = _override(item)
    return FeedbackEntry(
        card=_text(item.get("card"), "card"),
        outcome=outcome,
        at=_instant(item.get("outcomeTimestamp")),
        accepted_suggestions=suggestions,
        reasons=reasons,
        comment=comment,
        document=_canonical(item),
    )


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _Bad(f"{name} must be a text that is not empty")
    return value


def _instant(value: object) -> datetime:
    match = _INSTANT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise _Bad("outcomeTimestamp must be a date and time with a zone (RFC 3339), in UTC")
    day, minute, second, fraction, zone = match.groups()
    second = "59" if second == "60" else second  # a leap second is legal in RFC 3339, unknown to datetime
    fraction = (fraction or ".0")[:7]
    zone = "+00:00" if zone in "Zz" else zone
    try:
        return datetime.fromisoformat(f"{day}T{minute}:{second}{fraction.ljust(7, '0')}{zone}").astimezone(
            UTC
        )
    except (ValueError, OverflowError):
        raise _Bad("outcomeTimestamp names a day or an hour that does not exist") from None


def _suggestions(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise _Bad("acceptedSuggestions must be an array")
    ids = [item.get("id") if isinstance(item, dict) else None for item in value]
    return tuple(_text(found, "acceptedSuggestions.id") for found in ids)


def _override(item: Mapping[str, Any]) -> tuple[tuple[OverrideReason, ...], str | None]:
    given = item.get("overrideReason")
    if given is None:
        given = item.get("overrideReasons")  # the plural of Epic's examples
    if given is None:
        return (), None
    parts = given if isinstance(given, list) else [given]
    if not all(isinstance(part, dict) for part in parts):
        raise _Bad("overrideReason must be an object")
    reasons = tuple(_reason(part["reason"]) for part in parts if part.get("reason") is not None)
    comments = [_comment(part["userComment"]) for part in parts if part.get("userComment") is not None]
    return reasons, "\n".join(filter(None, comments)) or None


def _reason(value: object) -> OverrideReason:
    if not isinstance(value, dict):
        raise _Bad("overrideReason.reason must be a Coding")
    return OverrideReason(
        code=_text(value.get("code"), "overrideReason.reason.code"),
        system=_optional(value.get("system"), "overrideReason.reason.system"),
        display=_optional(value.get("display"), "overrideReason.reason.display"),
    )


def _optional(value: object, name: str) -> str | None:
    if value is None or value == "":
        return None
    return _text(value, name)


def _comment(value: object) -> str:
    if not isinstance(value, str):
        raise _Bad("overrideReason.userComment must be a text")
    if len(value) > _LONGEST_COMMENT:
        raise _Bad(f"overrideReason.userComment is longer than {_LONGEST_COMMENT} characters")
    return value


def _canonical(item: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(item, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        raise _Bad("an entry must not be nested so deeply") from None
