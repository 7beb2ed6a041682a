"""Writing to the embedded server: one resource at a time, or a transaction or batch Bundle (FHIR R4 http, 3.1.0).

Everything is checked before anything is written; a transaction that fails leaves no trace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cds_service.sandbox.elements import local_reference, references_in
from cds_service.sandbox.outcomes import fault
from cds_service.sandbox.parameters import PARAMETERS
from cds_service.sandbox.store import ResourceStore, Stored
from cds_service.sandbox.validation import check_resource

_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")


@dataclass(frozen=True, kw_only=True)
class Written:
    """What a write did: ``status`` is the HTTP status that tells it, ``stored`` None where nothing was there."""

    status: int
    stored: Stored | None


def known_type(resource_type: str) -> str:
    """The resource type if the server accepts it; else 404 (type) as for any address that is not there."""
    if resource_type not in PARAMETERS:
        raise fault(404, "not-supported", "Unknown resource type; GET [base]/metadata lists the known ones.")
    return resource_type


def known_id(resource_id: str) -> str:
    """The id if it is a FHIR id; else 400."""
    if not _ID.fullmatch(resource_id):
        raise fault(400, "invalid", "An id has 1 to 64 letters, digits, hyphens and dots.")
    return resource_id


def resource_in(body: Any, resource_type: str, *, at: str) -> Mapping[str, Any]:
    """The body as a resource of the type that the address names; else 400."""
    if not isinstance(body, Mapping) or not isinstance(body.get("resourceType"), str):
        raise fault(400, "structure", f"{at}: a resource is expected, with a resourceType.")
    if body["resourceType"] != resource_type:
        raise fault(400, "invalid", f"{at}: the resourceType differs from the type in the address.")
    return body


def create(store: ResourceStore, resource_type: str, body: Any) -> Written:
    """POST [type]: a new id, whatever id the body has."""
    resource = resource_in(body, resource_type, at=resource_type)
    check_resource(resource, at=resource_type)
    with store.transaction():
        stored = store.create(resource)
        _check_references(store, [stored])
    return Written(status=201, stored=stored)


def update(
    store: ResourceStore, resource_type: str, resource_id: str, body: Any, *, if_match: str = ""
) -> Written:
    """PUT [type]/[id]: creates the resource under the client's id if it is not there."""
    resource = resource_in(body, resource_type, at=resource_type)
    if resource.get("id") != known_id(resource_id):
        raise fault(400, "invalid", f"{resource_type}.id must be there and be the id of the address.")
    check_resource(resource, at=resource_type)
    with store.transaction():
        earlier = store.find(resource_type, resource_id)
        check_version(earlier, if_match)
        stored = store.put(resource)
        _check_references(store, [stored])
    return Written(status=200 if earlier and earlier.body is not None else 201, stored=stored)


def delete(store: ResourceStore, resource_type: str, resource_id: str, *, if_match: str = "") -> Written:
    """DELETE [type]/[id]: succeeds also when nothing is there."""
    with store.transaction():
        check_version(store.find(resource_type, known_id(resource_id)), if_match)
        deleted = store.delete(resource_type, resource_id)
        if deleted is not None:
            _check_not_referenced(store, [deleted])
    return Written(status=204, stored=deleted)


def check_all_references(store: ResourceStore, written: Sequence[Written]) -> None:
    """Referential integrity after several writes: what was written points at something, nothing points at a gap."""
    kept = [w.stored for w in written if w.stored is not None]
    _check_references(store, [stored for stored in kept if stored.body is not None])
    _check_not_referenced(store, [stored for stored in kept if stored.body is None])


def existing(store: ResourceStore, resource_type: str, resource_id: str) -> Stored:
    """The resource at an address; 404 when there never was one, 410 when it was deleted."""
    stored = store.find(resource_type, known_id(resource_id))
    if stored is None:
        raise fault(404, "not-found", "There is no resource at this address.")
    if stored.body is None:
        raise fault(410, "deleted", "The resource at this address was deleted.")
    return stored


def check_version(found: Stored | None, if_match: str) -> None:
    """Refuses with 412 a write that names, in If-Match, another version than the newest."""
    if not if_match:
        return
    if found is None or if_match.removeprefix("W/").strip('"') != str(found.version):
        raise fault(412, "conflict", "If-Match does not name the newest version of this resource.")


def _check_references(store: ResourceStore, written: Sequence[Stored]) -> None:
    if not store.referential_integrity:
        return
    for stored in written:
        for path, target in _local_targets(stored):
            if store.body(*target) is None:
                raise fault(
                    400, "not-found", f"{path} points at a resource that is not here.", expression=path
                )


def _check_not_referenced(store: ResourceStore, deleted: Sequence[Stored]) -> None:
    if not store.referential_integrity or not deleted:
        return
    gone = {(stored.type, stored.id) for stored in deleted}
    for stored in store.everything():
        for path, target in _local_targets(stored):
            if target in gone and store.body(*target) is None:
                raise fault(409, "conflict", f"{path} of another resource still points at this one.")


def _local_targets(stored: Stored) -> Iterator[tuple[str, tuple[str, str]]]:
    for path, reference in references_in(stored.body, stored.type):
        target = local_reference(reference, base="")
        if target is not None and target[0] in PARAMETERS:
            yield path, target
