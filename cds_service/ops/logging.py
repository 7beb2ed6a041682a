"""Logs as JSON lines that cannot carry patient data.

A record of our own loggers shows its message template (never the arguments) and those of its ``extra`` fields that are
on the list below. A record of a library shows neither message nor fields, because libraries put URLs and values into
them. Exceptions show as types and places, without their messages.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import TextIO

import orjson

OWN_LOGGERS = "cds_service"

ALLOWED_FIELDS = frozenset(
    {
        "attempt",
        "broken_rules",
        "card_ids",
        "card_uuids",
        "cards",
        "client",
        "complaints",
        "count",
        "discarded",
        "duration_ms",
        "exception",
        "fhir_ms",
        "fhir_requests",
        "fields",
        "file",
        "foreign",
        "hook",
        "hook_instance",
        "incident",
        "incomplete_rules",
        "incomplete_types",
        "indicators",
        "mode",
        "notes",
        "outcome",
        "pages",
        "place",
        "problem",
        "reason",
        "refused",
        "resource_type",
        "resource_types",
        "rule",
        "rules",
        "service",
        "status",
        "stored",
        "subject",
        "system",
        "unreadable",
        "version",
    }
)
"""Names, counts, codes of our own and pseudonyms: nothing that comes from a patient's record."""

NOT_A_UUID = "not-a-uuid:"
"""How a logged hookInstance begins that is none."""

_LONGEST_TEXT = 200
_LONGEST_LIST = 50
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_STANDARD = frozenset(vars(logging.LogRecord("", 0, "", 0, "", None, None))) | {
    "message",
    "asctime",
    "taskName",
}


class JsonLines(logging.Formatter):
    """Format each record as one line of JSON; what is not on the list is withheld and named."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line for a record."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if record.name.partition(".")[0] == OWN_LOGGERS:
            line["event"] = str(record.msg)
            line.update(_fields_of(record))
        if record.exc_info and record.exc_info[0] is not None:
            line.update(exception_fields(record.exc_info[1]))
        return orjson.dumps(line).decode()


def exception_fields(error: BaseException | None) -> dict[str, object]:
    """Return the type of an error, of what caused it, and the last places it passed; never its message."""
    if error is None:
        return {}
    types: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(types) < 5:
        types.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    return {"exception": types, "place": _places(error.__traceback__)}


def loggable_instance(hook_instance: str) -> str:
    """Return a hookInstance fit for a log: itself when it is a UUID, else a digest, since it could say anything."""
    if _UUID.fullmatch(hook_instance):
        return hook_instance
    try:
        return str(uuid.UUID(hook_instance))
    except ValueError:
        return NOT_A_UUID + sha256(hook_instance.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def configure_logging(level: str, *, stream: TextIO | None = None) -> None:
    """Send every record of the process as JSON lines to ``stream`` (standard error when not given)."""
    handler = logging.StreamHandler(stream if stream is not None else sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(True)


def _fields_of(record: logging.LogRecord) -> Mapping[str, object]:
    fields: dict[str, object] = {}
    withheld = []
    for name, value in vars(record).items():
        if name in _STANDARD or value is None:
            continue
        if name in ALLOWED_FIELDS and (shown := _shown(value)) is not None:
            fields[name] = shown
        else:
            withheld.append(name)
    if withheld:
        fields["withheld"] = sorted(withheld)
    return fields


def _shown(value: object) -> object | None:
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return value[:_LONGEST_TEXT]
    if isinstance(value, Mapping):
        items = list(value.items())[:_LONGEST_LIST]
        return {str(key) if _NAME.fullmatch(str(key)) else "?": _shown(item) for key, item in items}
    if isinstance(value, list | tuple | set | frozenset):
        members = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [_shown(item) for item in list(members)[:_LONGEST_LIST]]
    return None


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-4:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
