"""Draft orders of a hook's context: read like recorded orders, whatever their status, and kept apart from history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cds_service.records.references import normalized, reference_of
from cds_service.records.resources import (
    AnyResource,
    Bundle,
    DeviceRequest,
    Medication,
    MedicationRequest,
    ServiceRequest,
)
from cds_service.timeline.events import Draft
from cds_service.timeline.orders import read_request
from cds_service.timeline.reading import Reading
from cds_service.timeline.requests import read_device_request, read_service_request


def resources_of(drafts: Bundle | None) -> list[AnyResource]:
    """Return the resources of a Bundle of drafts that have an id: no card could say which of the others it is about."""
    return (
        []
        if drafts is None
        else [e.resource for e in drafts.entry if e.resource is not None and e.resource.id]
    )


def medications_of(drafts: Bundle | None) -> Mapping[str, Medication]:
    """Return the Medications that travel with the drafts, by every form of reference to them."""
    found: dict[str, Medication] = {}
    for entry in drafts.entry if drafts is not None else ():
        if isinstance(entry.resource, Medication):
            if entry.fullUrl:
                found[entry.fullUrl] = entry.resource
                found[normalized(entry.fullUrl) or entry.fullUrl] = entry.resource
            if entry.resource.id:
                found[reference_of(entry.resource)] = entry.resource
    return found


def read_draft(resource: AnyResource, reading: Reading) -> Draft | None:
    """Return a draft of a kind that rules judge; None for others, and when no rule knows what it orders.

    Raises:
        Unusable: a member that decides what it orders cannot be read.
    """
    if isinstance(resource, MedicationRequest):
        return read_request(resource, reading, draft=True)
    if isinstance(resource, ServiceRequest):
        return read_service_request(resource, reading, draft=True)
    if isinstance(resource, DeviceRequest):
        return read_device_request(resource, reading, draft=True)
    return None


def selected_drafts(selections: Sequence[str] | None, drafts: Sequence[Draft]) -> frozenset[str] | None:
    """Return the drafts that order-select asks about, as they name themselves; None when it asks about all.

    Selections that are not among the drafts are left out; a bare id is taken for any draft with that id.
    """
    if selections is None:
        return None
    wanted = {normalized(selection) for selection in selections}
    return frozenset(
        d.reference for d in drafts if d.reference in wanted or d.reference.partition("/")[2] in wanted
    )
