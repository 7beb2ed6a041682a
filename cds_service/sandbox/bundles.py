"""Transaction and batch Bundles: POST to the base address (FHIR R4 http, 3.1.0.11).

A transaction is carried out in the order delete, create, update, read, as a whole or not at all; references to a
``fullUrl`` of the Bundle become references to what the server made of that entry. In a batch every entry stands alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cds_service.sandbox import writes
from cds_service.sandbox.elements import references_in
from cds_service.sandbox.outcomes import FhirFault, fault, operation_outcome
from cds_service.sandbox.search import PageSizes, search
from cds_service.sandbox.store import ResourceStore, Stored
from cds_service.sandbox.validation import check_resource

_ORDER = ("DELETE", "POST", "PUT", "GET")
_PHRASES = {200: "200 OK", 201: "201 Created", 204: "204 No Content"}


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """One request of a Bundle. ``id`` is empty for a search and, until one is chosen, for a create."""

    at: str
    method: str
    type: str
    id: str
    query: str
    full_url: str
    if_match: str
    body: Any


def process_bundle(store: ResourceStore, body: Any, *, base: str, sizes: PageSizes) -> dict[str, Any]:
    """The transaction-response or batch-response Bundle; faults of a transaction are raised, of a batch are entries."""
    if not isinstance(body, Mapping) or body.get("resourceType") != "Bundle":
        raise fault(400, "invalid", "A Bundle is expected at the base address.")
    kind, entries = body.get("type"), body.get("entry", [])
    if kind not in ("transaction", "batch"):
        raise fault(400, "invalid", "Bundle.type must be transaction or batch.", expression="Bundle.type")
    if not isinstance(entries, list):
        raise fault(400, "structure", "Bundle.entry must be a list.", expression="Bundle.entry")
    run = _transaction if kind == "transaction" else _batch
    answers = run(store, entries, base=base, sizes=sizes)
    return {"resourceType": "Bundle", "type": f"{kind}-response", "entry": answers}


def put_all(store: ResourceStore, bundle: Mapping[str, Any]) -> None:
    """Puts every resource of a trusted Bundle into the store as it is, together or not at all."""
    with store.transaction():
        for entry in bundle["entry"]:
            store.put(entry["resource"])


def _transaction(
    store: ResourceStore, entries: Sequence[Any], *, base: str, sizes: PageSizes
) -> list[dict[str, Any]]:
    read = [_read_entry(entry, f"Bundle.entry[{index}]") for index, entry in enumerate(entries)]
    named = [replace(e, id=store.new_id()) if e.method == "POST" else e for e in read]
    _check_distinct(named)
    resolved = _resolve(named)
    for entry in resolved:
        if entry.method in ("POST", "PUT"):
            check_resource(entry.body, at=f"{entry.at}.resource")
    answers: dict[str, dict[str, Any]] = {}
    with store.transaction():
        written = []
        for entry in sorted(resolved, key=lambda e: _ORDER.index(e.method)):
            if entry.method == "GET":
                continue
            done = _write(store, entry)
            written.append(done)
            answers[entry.at] = _answer(done, base)
        writes.check_all_references(store, written)
        for entry in resolved:
            if entry.method == "GET":
                answers[entry.at] = _read(store, entry, base=base, sizes=sizes)
    return [answers[entry.at] for entry in resolved]


def _batch(
    store: ResourceStore, entries: Sequence[Any], *, base: str, sizes: PageSizes
) -> list[dict[str, Any]]:
    answers = []
    for index, raw in enumerate(entries):
        try:
            answers.append(_one_of_batch(store, raw, f"Bundle.entry[{index}]", base=base, sizes=sizes))
        except FhirFault as refused:
            answers.append(
                {
                    "response": {
                        "status": str(refused.http_status),
                        "outcome": operation_outcome(refused.issues),
                    }
                }
            )
    return answers


def _one_of_batch(store: ResourceStore, raw: Any, at: str, *, base: str, sizes: PageSizes) -> dict[str, Any]:
    entry = _read_entry(raw, at)
    if entry.method == "GET":
        return _read(store, entry, base=base, sizes=sizes)
    if entry.method == "POST":
        return _answer(writes.create(store, entry.type, entry.body), base)
    if entry.method == "PUT":
        return _answer(writes.update(store, entry.type, entry.id, entry.body, if_match=entry.if_match), base)
    return _answer(writes.delete(store, entry.type, entry.id, if_match=entry.if_match), base)


def _read_entry(entry: Any, at: str) -> _Entry:
    request = entry.get("request") if isinstance(entry, Mapping) else None
    if not isinstance(entry, Mapping) or not isinstance(request, Mapping):
        raise fault(400, "required", f"{at}.request is missing.", expression=f"{at}.request")
    method, url = request.get("method"), request.get("url")
    if method not in _ORDER or not isinstance(url, str):
        raise fault(400, "not-supported", f"{at}.request: GET, POST, PUT or DELETE with a url is expected.")
    if request.get("ifNoneExist") or (method != "GET" and "?" in url):
        raise fault(400, "not-supported", f"{at}.request: conditional writes are not supported.")
    resource_type, resource_id, query = _address(url, at)
    if method != "GET" and (method == "POST") == bool(resource_id):
        raise fault(400, "invalid", f"{at}.request.url does not fit the method.")
    body: Any = None
    if method in ("POST", "PUT"):
        body = writes.resource_in(entry.get("resource"), resource_type, at=f"{at}.resource")
    if method == "PUT" and body.get("id") != resource_id:
        raise fault(400, "invalid", f"{at}.resource.id must be there and be the id of the request's url.")
    return _Entry(
        at=at,
        method=method,
        type=resource_type,
        id=resource_id,
        query=query,
        full_url=str(entry.get("fullUrl") or ""),
        if_match=str(request.get("ifMatch") or ""),
        body=body,
    )


def _address(url: str, at: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    path = parts.path.strip("/").split("/")
    if parts.scheme or parts.netloc or len(path) > 2:
        raise fault(400, "invalid", f"{at}.request.url must be [type] or [type]/[id].")
    resource_type = writes.known_type(path[0])
    return resource_type, writes.known_id(path[1]) if len(path) == 2 else "", parts.query


def _check_distinct(entries: Sequence[_Entry]) -> None:
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        if entry.method == "GET":
            continue
        if (entry.type, entry.id) in seen:
            raise fault(
                400, "duplicate", f"{entry.at}: another entry of this transaction has the same identity."
            )
        seen.add((entry.type, entry.id))


def _resolve(entries: Sequence[_Entry]) -> list[_Entry]:
    """The entries with references to a fullUrl of the Bundle replaced by Type/id."""
    made = {e.full_url: f"{e.type}/{e.id}" for e in entries if e.full_url and e.method in ("POST", "PUT")}
    resolved = [
        replace(e, body=_replaced(e.body, made)) if e.method in ("POST", "PUT") else e for e in entries
    ]
    for entry in resolved:
        for path, reference in references_in(entry.body, f"{entry.at}.resource"):
            if reference.startswith("urn:"):
                raise fault(400, "not-found", f"{path}: no entry has this fullUrl.", expression=path)
    return resolved


def _replaced(node: Any, made: Mapping[str, str]) -> Any:
    if isinstance(node, Mapping):
        return {
            key: made.get(child, child)
            if key == "reference" and isinstance(child, str)
            else _replaced(child, made)
            for key, child in node.items()
        }
    return [_replaced(child, made) for child in node] if isinstance(node, list) else node


def _write(store: ResourceStore, entry: _Entry) -> writes.Written:
    earlier = store.find(entry.type, entry.id)
    writes.check_version(earlier, entry.if_match)
    if entry.method == "DELETE":
        return writes.Written(status=204, stored=store.delete(entry.type, entry.id))
    stored = store.put({**entry.body, "id": entry.id})
    return writes.Written(status=200 if earlier and earlier.body is not None else 201, stored=stored)


def _read(store: ResourceStore, entry: _Entry, *, base: str, sizes: PageSizes) -> dict[str, Any]:
    if not entry.id:
        pairs = parse_qsl(entry.query, keep_blank_values=True)
        found = search(store, entry.type, pairs, base=base, sizes=sizes)
        return {"resource": found, "response": {"status": _PHRASES[200]}}
    stored = writes.existing(store, entry.type, entry.id)
    return {"resource": stored.body, "response": {"status": _PHRASES[200], **_version(stored)}}


def _answer(done: writes.Written, base: str) -> dict[str, Any]:
    response: dict[str, Any] = {"status": _PHRASES[done.status]}
    if done.stored is None or done.stored.body is None:
        return {"response": response}
    stored = done.stored
    response["location"] = f"{base}/{stored.type}/{stored.id}/_history/{stored.version}"
    return {"response": {**response, **_version(stored)}}


def _version(stored: Stored) -> dict[str, str]:
    meta = (stored.body or {}).get("meta", {})
    return {"etag": f'W/"{stored.version}"', "lastModified": meta["lastUpdated"]}
