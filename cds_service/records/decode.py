"""From the bytes of a call or of a FHIR server's answer to typed records: one fast pass, else a lenient one.

Both ways give the same structs for whatever both can read. What is wrong is counted without its value; members of the
envelope that have the wrong type are named in ``problems``, so that the hooks layer can say which.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from msgspec import Raw

from cds_service.errors import InvalidHookRequest
from cds_service.records.issues import DataIssue, IssueLog
from cds_service.records.lenient import (
    UNKNOWN_TYPE,
    UnreadableResource,
    read_bundle,
    read_resource,
    resource_type_of,
)
from cds_service.records.members import Shape, is_present
from cds_service.records.resources import (
    AnyResource,
    Bundle,
    BundleEntry,
    Context,
    FhirAuthorization,
    HookCall,
)

DRAFT_ORDERS: Final = "draftOrders"
"""The place of unreadable drafts in ``DecodedCall.unreadable``; all other places are prefetch keys."""

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_CALL: Final = msgspec.json.Decoder(HookCall)
_RESOURCE: Final[msgspec.json.Decoder[AnyResource]] = msgspec.json.Decoder(AnyResource)
_BUNDLE: Final = msgspec.json.Decoder(Bundle)
_OBJECT: Final = msgspec.json.Decoder(dict[str, Raw])
_AUTHORIZATION: Final = Shape[FhirAuthorization | None](FhirAuthorization | None, None)
_UNDECODABLE: Final = (msgspec.DecodeError, UnicodeDecodeError)


class NotFhirJson(ValueError):
    """A FHIR server's answer is no FHIR resource in JSON. The message never holds content."""


@dataclass(frozen=True, kw_only=True)
class DecodedCall:
    """A call, what was wrong with it, and what of it could not be read.

    ``problems`` names envelope members of the wrong type (``hook must be a string``); their value in ``call`` is None.
    ``unusable`` are prefetch keys whose value is no resource (treated as absent). ``unreadable`` counts, per prefetch
    key (or ``draftOrders``) and resource type, the resources that were lost; type ``""`` when it could not be told.
    """

    call: HookCall
    problems: tuple[str, ...] = ()
    unusable: frozenset[str] = frozenset()
    unreadable: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    issues: Mapping[DataIssue, int] = field(default_factory=dict)
    lenient: bool = field(default=False, compare=False)
    """True when the fast pass did not accept the body."""
    body: bytes = field(default=b"", compare=False, repr=False)
    """The body itself, for the few answers that must return a resource unchanged; valid JSON."""


@dataclass(frozen=True, kw_only=True)
class DecodedBundle:
    """A Bundle from a FHIR server; ``unreadable`` counts the lost resources by type (``""``: type not told)."""

    bundle: Bundle
    unreadable: Mapping[str, int] = field(default_factory=dict)
    issues: Mapping[DataIssue, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class DecodedResource:
    """A resource from a FHIR server; ``resource`` is None when it is of a type that no rule reads."""

    resource: AnyResource | None
    issues: Mapping[DataIssue, int] = field(default_factory=dict)


def without_mark(body: bytes) -> bytes:
    """Return a body without the byte order mark that some servers put before it."""
    return body.removeprefix(_BYTE_ORDER_MARK)


def decode_call(body: bytes) -> DecodedCall:
    """Decode the body of a hook call.

    Raises:
        InvalidHookRequest: the body is no JSON object, or nested beyond what any client means. The message says
            which, and holds nothing of the body.
    """
    body = without_mark(body)
    try:
        try:
            return DecodedCall(call=_CALL.decode(body), body=body)
        except _UNDECODABLE:
            return decode_call_leniently(body)
    except RecursionError:
        raise InvalidHookRequest("The body is nested too deeply.") from None


def decode_call_leniently(body: bytes) -> DecodedCall:
    """Decode the body of a hook call member by member; equal to ``decode_call`` for every valid body."""
    return _LenientCall(body).decoded()


def decode_bundle(body: bytes) -> DecodedBundle:
    """Decode the answer to a search; a bare resource counts as a Bundle of one (PRE-30).

    Raises:
        NotFhirJson: it is no FHIR resource in JSON.
    """
    log, unreadable = IssueLog(), Counter[str]()
    resource = _read_answer(body, log, unreadable)
    if isinstance(resource, Bundle):
        bundle = resource
    else:
        bundle = Bundle(entry=() if resource is None else (BundleEntry(resource=resource),))
    return DecodedBundle(bundle=bundle, unreadable=dict(unreadable), issues=log.counts())


def decode_resource(body: bytes) -> DecodedResource:
    """Decode the answer to a read.

    Raises:
        NotFhirJson: it is no FHIR resource in JSON, or one that cannot be read.
    """
    log = IssueLog()
    resource = _read_answer(body, log, Counter())
    return DecodedResource(resource=resource, issues=log.counts())


def _read_answer(body: bytes, log: IssueLog, unreadable: Counter[str]) -> AnyResource | None:
    raw = Raw(without_mark(body))
    try:
        try:
            return _RESOURCE.decode(raw)
        except _UNDECODABLE:
            resource_type = resource_type_of(raw)
        if resource_type is None:
            raise NotFhirJson("The answer is not a FHIR resource in JSON.")
        if resource_type == Bundle.__name__:
            return read_bundle(raw, log, unreadable)
        return read_resource(raw, log)
    except RecursionError:
        raise NotFhirJson("The answer is nested too deeply.") from None
    except UnreadableResource:
        raise NotFhirJson("The answer is a FHIR resource that cannot be read.") from None


class _LenientCall:
    """One lenient decoding: collects what is wrong while it goes through the envelope."""

    def __init__(self, body: bytes) -> None:
        try:
            self._members = _OBJECT.decode(body)
        except msgspec.ValidationError:
            raise InvalidHookRequest("The body must be a JSON object.") from None
        except _UNDECODABLE:
            raise InvalidHookRequest("The body is not valid JSON.") from None
        self._body = body
        self._log = IssueLog()
        self._problems: list[str] = []
        self._unusable: set[str] = set()
        self._unreadable: dict[str, Counter[str]] = {}

    def decoded(self) -> DecodedCall:
        call = HookCall(
            hook=self._text(self._members, "hook"),
            hookInstance=self._text(self._members, "hookInstance"),
            context=self._context(),
            prefetch=self._prefetch(),
            fhirServer=self._text(self._members, "fhirServer"),
            fhirAuthorization=self._authorization(),
        )
        return DecodedCall(
            call=call,
            problems=tuple(self._problems),
            unusable=frozenset(self._unusable),
            unreadable={place: dict(counts) for place, counts in self._unreadable.items() if counts},
            issues=self._log.counts(),
            lenient=True,
            body=self._body,
        )

    def _envelope(self, raw: Raw | None, wanted: Any, name: str, said: str) -> Any:
        """Decode an envelope member strictly; None, with a problem, when it has another type."""
        if raw is None:
            return None
        try:
            return msgspec.json.decode(raw, type=wanted)
        except _UNDECODABLE:
            self._problems.append(f"{name} must be {said}")
            return None

    def _text(self, members: dict[str, Raw], name: str, owner: str = "") -> str | None:
        value: str | None = self._envelope(members.get(name), str | None, f"{owner}{name}", "a string")
        return value

    def _context(self) -> Context | None:
        members = self._envelope(self._members.get("context"), dict[str, Raw] | None, "context", "an object")
        if members is None:
            return None
        return Context(
            userId=self._text(members, "userId", "context."),
            patientId=self._text(members, "patientId", "context."),
            encounterId=self._text(members, "encounterId", "context."),
            selections=self._envelope(
                members.get("selections"), tuple[str, ...] | None, "context.selections", "an array of strings"
            ),
            draftOrders=self._draft_orders(members.get("draftOrders")),
        )

    def _draft_orders(self, raw: Raw | None) -> Bundle | None:
        if raw is None or bytes(raw) == b"null":
            return None
        try:
            return _BUNDLE.decode(raw)
        except _UNDECODABLE:
            pass
        try:
            members = _OBJECT.decode(raw)
            if "resourceType" in members and resource_type_of(raw) != Bundle.__name__:
                raise UnreadableResource(UNKNOWN_TYPE)
            return read_bundle(raw, self._log, self._lost_in(DRAFT_ORDERS))
        except (*_UNDECODABLE, UnreadableResource):
            self._problems.append("context.draftOrders must be a Bundle")
            return None

    def _prefetch(self) -> dict[str, AnyResource | None] | None:
        sent = self._envelope(self._members.get("prefetch"), dict[str, Raw] | None, "prefetch", "an object")
        if sent is None:
            return None
        found: dict[str, AnyResource | None] = {}
        for key, raw in sent.items():
            if bytes(raw) == b"null":
                found[key] = None
                continue
            resource = self._prefetched(key, raw)
            if resource is None:
                self._unusable.add(key)
                self._log.note("prefetch", "wrong-type")
            else:
                found[key] = resource
        return found

    def _prefetched(self, key: str, raw: Raw) -> AnyResource | None:
        try:
            return _RESOURCE.decode(raw)
        except _UNDECODABLE:
            pass
        try:
            if resource_type_of(raw) == Bundle.__name__:
                return read_bundle(raw, self._log, self._lost_in(key))
            return read_resource(raw, self._log)
        except UnreadableResource:
            return None

    def _lost_in(self, place: str) -> Counter[str]:
        return self._unreadable.setdefault(place, Counter())

    def _authorization(self) -> FhirAuthorization | None:
        """Read the access token; one that is malformed is ignored as a whole and counted, never trusted in part."""
        raw = self._members.get("fhirAuthorization", Raw())
        before = sum(self._log.counts().values())
        authorization = _AUTHORIZATION.read(raw, self._log, "fhirAuthorization")
        malformed = sum(self._log.counts().values()) > before
        if malformed and is_present(raw):
            return None
        return authorization
