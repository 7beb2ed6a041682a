"""The lenient reading of resources that the typed pass rejects: same structs, one resource and one member at a time.

A member that cannot be repaired is left out and counted. A resource that cannot be read at all, or that lost a member
without which it has no safe meaning, costs that resource only and is counted as unreadable.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable
from typing import Any, Final, cast, get_args

import msgspec
from msgspec import Raw

from cds_service.records.issues import IssueLog
from cds_service.records.members import Shape, Unusable, is_present
from cds_service.records.resources import (
    AnyResource,
    Bundle,
    BundleEntry,
    BundleLink,
    Resource,
)

UNKNOWN_TYPE: Final = ""
"""Stands for the type of a resource that does not even tell its type."""

_CLASSES: Final[dict[str, type[Resource]]] = {cls.__name__: cls for cls in get_args(AnyResource)}
_ANY_RESOURCE: Final[msgspec.json.Decoder[AnyResource]] = msgspec.json.Decoder(AnyResource)
_ENTRY: Final = msgspec.json.Decoder(BundleEntry)
_OBJECT: Final = msgspec.json.Decoder(dict[str, Raw])
_ARRAY: Final = msgspec.json.Decoder(tuple[Raw, ...])
_TEXT: Final = msgspec.json.Decoder(str)

_DECISIVE: Final = frozenset(
    {"status", "intent", "doNotPerform", "code", "codeCodeableConcept", "medicationCodeableConcept"}
    | {"medicationReference", "subject", "patient"}
)
"""Members without which nobody can tell whether, or about what or whom, a resource speaks."""

_UNDECODABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class UnreadableResource(Exception):
    """A resource that cannot be read at all; ``resource_type`` is ``UNKNOWN_TYPE`` when it does not tell."""

    def __init__(self, resource_type: str) -> None:
        self.resource_type = resource_type
        super().__init__(resource_type)


def resource_type_of(raw: Raw) -> str | None:
    """Return the ``resourceType`` of a JSON value, None when it is no object or does not tell."""
    try:
        return _TEXT.decode(_OBJECT.decode(raw)["resourceType"])
    except (*_UNDECODABLE, KeyError):
        return None


def read_resource(raw: Raw, log: IssueLog) -> AnyResource | None:
    """Read one resource, typed if possible, else member by member; None when its type is none that rules read.

    Raises:
        UnreadableResource: it is not a resource, or lost a member that decides what it means.
    """
    try:
        return _ANY_RESOURCE.decode(raw)
    except _UNDECODABLE:
        resource_type = resource_type_of(raw)
    if resource_type is None:
        raise UnreadableResource(UNKNOWN_TYPE)
    if resource_type not in _CLASSES:
        return None
    if resource_type == Bundle.__name__:
        raise UnreadableResource(resource_type)
    return read_member_by_member(raw, resource_type, log)


def read_member_by_member(raw: Raw, resource_type: str, log: IssueLog) -> AnyResource:
    """Read a resource of a known type one member at a time, repairing or leaving out what is odd.

    Raises:
        UnreadableResource: it lost a member that decides what it means.
    """
    members = _OBJECT.decode(raw)
    values: dict[str, Any] = {}
    for sent_name, attribute, shape in _members_of(resource_type):
        sent = members.get(sent_name)
        if sent is None or bytes(sent) == b"null":
            continue
        if shape is None:
            values[attribute] = sent
            continue
        read = shape.need if sent_name in _DECISIVE else shape.read
        try:
            values[attribute] = read(sent, log, f"{resource_type}.{sent_name}")
        except Unusable:
            raise UnreadableResource(resource_type) from None
    build = cast(Callable[..., AnyResource], _CLASSES[resource_type])
    return build(**values)


def read_bundle(raw: Raw, log: IssueLog, unreadable: Counter[str]) -> Bundle:
    """Read a Bundle entry by entry; entries without a resource or of other types are left out.

    Unreadable entries are counted in ``unreadable`` by resource type.

    Raises:
        UnreadableResource: ``entry`` is there, but is no list of entries.
    """
    members = _OBJECT.decode(raw)
    return Bundle(
        id=_member(members, "id", _STRING, log),
        type=_member(members, "type", _STRING, log),
        total=_member(members, "total", _WHOLE_NUMBER, log),
        link=_member(members, "link", _LINKS, log),
        entry=_read_entries(members.get("entry", Raw()), log, unreadable),
    )


def read_contained(raw: Raw, log: IssueLog, where: str) -> tuple[AnyResource, ...]:
    """Read the contained resources of a resource; those that cannot be read are counted and left out."""
    found = []
    try:
        items = _items(raw)
    except UnreadableResource:
        log.note(where, "wrong-type")
        return ()
    for item in items:
        try:
            resource = read_resource(item, log)
        except UnreadableResource:
            log.note(where, "wrong-type")
            continue
        if resource is not None:
            found.append(resource)
    return tuple(found)


def _read_entries(raw: Raw, log: IssueLog, unreadable: Counter[str]) -> tuple[BundleEntry, ...]:
    entries = []
    for item in _items(raw):
        entry = _read_entry(item, log, unreadable)
        if entry is not None:
            entries.append(entry)
    return tuple(entries)


def _read_entry(raw: Raw, log: IssueLog, unreadable: Counter[str]) -> BundleEntry | None:
    try:
        return _ENTRY.decode(raw)
    except _UNDECODABLE:
        pass
    try:
        members = _OBJECT.decode(raw)
    except _UNDECODABLE:
        unreadable[UNKNOWN_TYPE] += 1
        return None
    body = members.get("resource", Raw())
    if not is_present(body):
        return None
    try:
        resource = read_resource(body, log)
    except UnreadableResource as lost:
        unreadable[lost.resource_type] += 1
        return None
    return BundleEntry(fullUrl=_member(members, "fullUrl", _STRING, log, "Bundle.entry"), resource=resource)


def _items(raw: Raw) -> tuple[Raw, ...]:
    """Return the elements of an array; a single object counts as an array of one.

    Raises:
        UnreadableResource: it is neither.
    """
    if not is_present(raw):
        return ()
    try:
        return _ARRAY.decode(raw)
    except _UNDECODABLE:
        pass
    try:
        _OBJECT.decode(raw)
    except _UNDECODABLE:
        raise UnreadableResource(Bundle.__name__) from None
    return (raw,)


@functools.cache
def _members_of(resource_type: str) -> tuple[tuple[str, str, Shape[Any] | None], ...]:
    """Return name in JSON, name in the struct and shape of each member; no shape for those that stay bytes."""
    fields = msgspec.structs.fields(_CLASSES[resource_type])
    return tuple(
        (f.encode_name, f.name, None if f.type is Raw else Shape[Any](f.type, f.default)) for f in fields
    )


_STRING: Final = Shape[str | None](str | None, None)
_WHOLE_NUMBER: Final = Shape[int | None](int | None, None)
_LINKS: Final = Shape[tuple[BundleLink, ...]](tuple[BundleLink, ...], ())


def _member(
    members: dict[str, Raw], name: str, shape: Shape[Any], log: IssueLog, owner: str = Bundle.__name__
) -> Any:
    return shape.read(members.get(name, Raw()), log, f"{owner}.{name}")
