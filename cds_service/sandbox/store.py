"""The resources of the embedded FHIR server: in memory, versioned, safe for several threads.

Everything is gone when the process ends. Bodies that the store hands out are to be read, not changed.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cds_service.clock import Clock, SystemClock


@dataclass(frozen=True, kw_only=True)
class Stored:
    """The newest version of a resource; ``body`` is None once it is deleted."""

    type: str
    id: str
    version: int
    changed: datetime
    body: Mapping[str, Any] | None


class ResourceStore:
    """Newest versions of resources by type and id.

    ``clock`` gives the time of a write. With ``referential_integrity`` the server refuses a resource that points
    at one that is not there, and the deletion of one that is pointed at, as many real servers do.
    """

    def __init__(self, *, clock: Clock | None = None, referential_integrity: bool = False) -> None:
        self.referential_integrity = referential_integrity
        self._clock = clock or SystemClock()
        self._lock = threading.RLock()
        self._by_type: dict[str, dict[str, Stored]] = {}

    def find(self, resource_type: str, resource_id: str) -> Stored | None:
        """The newest version, which may be a deletion; None if there never was such a resource."""
        with self._lock:
            return self._by_type.get(resource_type, {}).get(resource_id)

    def body(self, resource_type: str, resource_id: str) -> Mapping[str, Any] | None:
        """The resource, or None if it does not exist or is deleted."""
        found = self.find(resource_type, resource_id)
        return found.body if found else None

    def all_of(self, resource_type: str) -> list[Stored]:
        """Every resource of a type that is not deleted, in order of arrival."""
        with self._lock:
            return [
                stored for stored in self._by_type.get(resource_type, {}).values() if stored.body is not None
            ]

    def everything(self) -> list[Stored]:
        """Every resource of every type that is not deleted."""
        with self._lock:
            return [stored for resource_type in self._by_type for stored in self.all_of(resource_type)]

    def put(self, resource: Mapping[str, Any]) -> Stored:
        """Writes a resource under its own ``id``; version 1, or one more than before.

        The caller's mapping is not changed: the stored body is a copy with ``meta.versionId`` and
        ``meta.lastUpdated`` of this write.
        """
        resource_type, resource_id = str(resource["resourceType"]), str(resource["id"])
        with self._lock:
            earlier = self.find(resource_type, resource_id)
            version = earlier.version + 1 if earlier else 1
            changed = self._clock.now()
            body = {**resource, "meta": _meta(resource, version=version, changed=changed)}
            return self._keep(resource_type, resource_id, version=version, changed=changed, body=body)

    def create(self, resource: Mapping[str, Any]) -> Stored:
        """Writes a resource under a new id of the server's choice."""
        return self.put({**resource, "id": self.new_id()})

    def delete(self, resource_type: str, resource_id: str) -> Stored | None:
        """Deletes a resource; None when there is nothing to delete."""
        with self._lock:
            earlier = self.find(resource_type, resource_id)
            if earlier is None or earlier.body is None:
                return None
            return self._keep(
                resource_type, resource_id, version=earlier.version + 1, changed=self._clock.now(), body=None
            )

    def new_id(self) -> str:
        """An id that no resource has."""
        return str(uuid.uuid4())

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside happen, or none: an exception restores the state from before. Other threads wait."""
        with self._lock:
            before = {resource_type: dict(by_id) for resource_type, by_id in self._by_type.items()}
            try:
                yield
            except BaseException:
                self._by_type = before
                raise

    def _keep(
        self,
        resource_type: str,
        resource_id: str,
        *,
        version: int,
        changed: datetime,
        body: Mapping[str, Any] | None,
    ) -> Stored:
        by_id = self._by_type.setdefault(resource_type, {})
        kept = Stored(type=resource_type, id=resource_id, version=version, changed=changed, body=body)
        by_id[resource_id] = kept
        return kept


def _meta(resource: Mapping[str, Any], *, version: int, changed: datetime) -> dict[str, Any]:
    stamp = changed.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {**resource.get("meta", {}), "versionId": str(version), "lastUpdated": stamp}
