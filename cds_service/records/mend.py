"""Repair of one JSON value that does not have the shape FHIR R4 gives it, as real clients send them.

Used by the lenient path only. A value that cannot be repaired is dropped, alone; every repair is counted.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, Final

import msgspec.inspect as mi

from cds_service.records.issues import IssueLog
from cds_service.records.resources import Annotation, CodeableConcept, Quantity, Reference

DROPPED: Final = object()
"""Stands for a value that could not be repaired."""

_WRITTEN_AS_TEXT: dict[type, Callable[[str], dict[str, Any]]] = {
    CodeableConcept: lambda text: {
        "coding": [{"code": text}],
        "text": text,
    },  # DSTU2 and STU3 statuses were plain codes
    Reference: lambda text: {"reference": text},
    Annotation: lambda text: {"text": text},
}


def mend(value: object, wanted: type | mi.Type, log: IssueLog, where: str) -> Any:
    """Return ``value`` repaired so that ``msgspec.convert`` to ``wanted`` succeeds, or ``DROPPED``.

    Repairs: one element where an array is expected and the reverse (the first element is taken), numbers written as
    text and the reverse, a plain text where a CodeableConcept, Reference or Annotation is expected, a plain number
    where a Quantity is. Anything else that is wrong is dropped. ``where`` is the place for the log.
    """
    node = wanted if isinstance(wanted, mi.Type) else _type_info(wanted)
    if isinstance(node, mi.UnionType):
        return _mend_optional(value, node, log, where)
    if isinstance(node, mi.VarTupleType):
        return _mend_array(value, node, log, where)
    if isinstance(value, list):
        return _mend_first(value, node, log, where)
    if isinstance(node, mi.StructType):
        return _mend_object(value, node, log, where)
    return _mend_primitive(value, node, log, where)


@functools.cache
def _type_info(wanted: type) -> mi.Type:
    return mi.type_info(wanted)


def _mend_optional(value: object, node: mi.UnionType, log: IssueLog, where: str) -> Any:
    if value is None:
        return None
    inner = next(option for option in node.types if not isinstance(option, mi.NoneType))
    return mend(value, inner, log, where)


def _mend_array(value: object, node: mi.VarTupleType, log: IssueLog, where: str) -> Any:
    if value is None:
        log.note(where, "wrong-type")
        return []
    if not isinstance(value, list):
        log.note(where, "single-for-array")
        value = [value]
    mended = (mend(item, node.item_type, log, where) for item in value)
    return [item for item in mended if item is not DROPPED]


def _mend_first(value: list[Any], node: mi.Type, log: IssueLog, where: str) -> Any:
    log.note(where, "array-for-single")
    return mend(value[0], node, log, where) if value else DROPPED


def _mend_object(value: object, node: mi.StructType, log: IssueLog, where: str) -> Any:
    if isinstance(value, str) and node.cls in _WRITTEN_AS_TEXT:
        log.note(where, "text-for-object")
        return _WRITTEN_AS_TEXT[node.cls](value)
    if node.cls is Quantity and _number(value) is not None:
        log.note(where, "text-for-object")
        return {"value": _number(value)}
    if not isinstance(value, dict):
        return _drop(log, where)
    mended = {}
    for field in node.fields:
        if field.encode_name in value:
            inner = mend(value[field.encode_name], field.type, log, f"{where}.{field.encode_name}")
            if inner is not DROPPED:
                mended[field.encode_name] = inner
    return mended


def _mend_primitive(value: object, node: mi.Type, log: IssueLog, where: str) -> Any:
    if isinstance(node, mi.StrType):
        return _mend_text(value, log, where)
    if isinstance(node, mi.BoolType):
        return _mend_truth(value, log, where)
    number = _number(value)
    if number is None or (isinstance(node, mi.IntType) and number != int(number)):
        return _drop(log, where)
    if isinstance(value, str):
        log.note(where, "text-for-number")
    return int(number) if isinstance(node, mi.IntType) else float(number)


def _mend_text(value: object, log: IssueLog, where: str) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        log.note(where, "number-for-text")
        return str(value)
    return _drop(log, where)


def _mend_truth(value: object, log: IssueLog, where: str) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
        log.note(where, "wrong-type")
        return value.strip().lower() == "true"
    return _drop(log, where)


def _number(value: object) -> float | int | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(number):
        return None
    return value if isinstance(value, int) else number


def _drop(log: IssueLog, where: str) -> Any:
    log.note(where, "wrong-type")
    return DROPPED
