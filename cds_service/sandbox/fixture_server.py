"""Sends the synthetic patients to a FHIR server under a run's tag, and removes what carries that tag.

Meant for servers that others use too: nothing without the tag is ever deleted, and a busy server is waited for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests

from cds_service.errors import DataUnavailable
from cds_service.sandbox.fixtures import (
    RUN_TAG_SYSTEM,
    check_tag,
    chosen_slugs,
    fixture_folder,
    personalise,
    read_fixture,
)
from cds_service.sandbox.polite import PoliteClient, check_base_url, next_page, read_json

DELETION_ORDER = (
    "DiagnosticReport",
    "ImagingStudy",
    "MedicationAdministration",
    "MedicationDispense",
    "MedicationStatement",
    "MedicationRequest",
    "Procedure",
    "Observation",
    "ServiceRequest",
    "AllergyIntolerance",
    "Device",
    "Condition",
    "Encounter",
    "Medication",
    "Patient",
)
"""Resource types of the fixtures, those that point at others first, for servers with referential integrity."""
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_GONE = frozenset({200, 202, 204, 404, 410})
_CONFLICT = 409
_MOST_PAGES = 1000


@dataclass(frozen=True, kw_only=True)
class LoadedPatient:
    """One patient on the server: its Patient id there, and how many resources were new or replaced."""

    slug: str
    patient_id: str
    created: int
    updated: int


@dataclass(frozen=True, kw_only=True)
class LoadReport:
    """What a load did. ``tag`` is what to clean by."""

    base_url: str
    tag: str
    prefix: str
    patients: tuple[LoadedPatient, ...]


@dataclass(frozen=True, kw_only=True)
class CleanReport:
    """What a clean did: deleted resources by type, in the order of deletion."""

    base_url: str
    tag: str
    deleted: tuple[tuple[str, int], ...]


def load_fixtures(
    base_url: str,
    *,
    tag: str,
    prefix: str = "",
    patients: Sequence[str] = (),
    folder: Path | None = None,
    client: PoliteClient | None = None,
) -> LoadReport:
    """Posts one transaction per patient (all of them when ``patients`` is empty); loading again replaces.

    Raises ``InputInvalid`` for an unknown patient or an unusable tag, prefix or address, before anything is sent;
    ``DataUnavailable`` when the server refuses or does not answer. Patients sent before that stay, under the tag.
    """
    base = check_base_url(base_url)
    where = fixture_folder(folder)
    bundles = {
        slug: personalise(read_fixture(where, slug), tag=tag, prefix=prefix)
        for slug in chosen_slugs(where, patients)
    }
    with _sender(client) as sender:
        loaded = tuple(_load(sender, base, slug, bundle, prefix) for slug, bundle in bundles.items())
    return LoadReport(base_url=base, tag=tag, prefix=prefix, patients=loaded)


def clean_fixtures(base_url: str, *, tag: str, client: PoliteClient | None = None) -> CleanReport:
    """Deletes every resource that carries the run's tag, found by search over all pages; nothing else.

    A server that ignores the tag in searches answers with other people's resources: the first one that lacks the
    tag stops the whole run before anything is deleted (``DataUnavailable``).
    """
    base = check_base_url(base_url)
    check_tag(tag)
    with _sender(client) as sender:
        found = [(kind, one) for kind in DELETION_ORDER for one in _tagged_ids(sender, base, kind, tag)]
        _delete_all(sender, base, found)
    counts = ((kind, sum(1 for found_kind, _ in found if found_kind == kind)) for kind in DELETION_ORDER)
    return CleanReport(base_url=base, tag=tag, deleted=tuple((kind, n) for kind, n in counts if n))


@contextmanager
def _sender(client: PoliteClient | None) -> Iterator[PoliteClient]:
    if client is not None:
        yield client
        return
    with requests.Session() as session:
        yield PoliteClient(session=session)


def _delete_all(sender: PoliteClient, base: str, found: Sequence[tuple[str, str]]) -> None:
    """Deletes in rounds, for what the others in ``found`` still pointed at in the round before."""
    left = list(found)
    while left:
        refused = [(kind, one) for kind, one in left if not _delete(sender, base, kind, one)]
        if len(refused) == len(left):
            raise DataUnavailable(
                f"{len(left)} resources are still referenced by others and were not deleted."
            )
        left = refused


def _load(sender: PoliteClient, base: str, slug: str, bundle: dict[str, Any], prefix: str) -> LoadedPatient:
    doing = f"loading patient {slug}"
    answer = read_json(sender.send("POST", base, body=bundle, doing=doing), doing=doing)
    statuses = [_status(entry) for entry in answer.get("entry", [])]
    if len(statuses) != len(bundle["entry"]) or not set(statuses) <= {"200", "201"}:
        raise DataUnavailable(f"The FHIR server did not take every resource while {doing}.")
    return LoadedPatient(
        slug=slug, patient_id=prefix + slug, created=statuses.count("201"), updated=statuses.count("200")
    )


def _status(entry: Any) -> str:
    response = entry.get("response") if isinstance(entry, dict) else None
    return str(response.get("status", "")).partition(" ")[0] if isinstance(response, dict) else ""


def _tagged_ids(sender: PoliteClient, base: str, kind: str, tag: str) -> list[str]:
    doing = f"searching tagged {kind} resources"
    query = urlencode({"_tag": f"{RUN_TAG_SYSTEM}|{tag}", "_count": "50"})
    url: str | None = f"{base}/{kind}?{query}"
    ids: dict[str, None] = {}
    seen: set[str] = set()
    while url:
        if url in seen or len(seen) == _MOST_PAGES:
            raise DataUnavailable(f"The FHIR server's pages do not end while {doing}.")
        seen.add(url)
        bundle = read_json(sender.send("GET", url, doing=doing), doing=doing)
        ids.update(dict.fromkeys(_ids_on_page(bundle, kind, tag)))
        url = next_page(bundle, current=url)
    return list(ids)


def _ids_on_page(bundle: dict[str, Any], kind: str, tag: str) -> Iterable[str]:
    for entry in bundle.get("entry") or []:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict) or resource.get("resourceType") != kind:
            continue
        resource_id = resource.get("id")
        if not isinstance(resource_id, str) or not _ID.fullmatch(resource_id) or not _carries(resource, tag):
            raise DataUnavailable("The FHIR server does not search by tag; nothing was deleted.")
        yield resource_id


def _carries(resource: dict[str, Any], tag: str) -> bool:
    meta = resource.get("meta")
    tags = meta.get("tag") if isinstance(meta, dict) else None
    return any(
        isinstance(one, dict) and one.get("system") == RUN_TAG_SYSTEM and one.get("code") == tag
        for one in (tags if isinstance(tags, list) else ())
    )


def _delete(sender: PoliteClient, base: str, kind: str, resource_id: str) -> bool:
    """Whether the resource is gone; False when another one still points at it."""
    doing = f"deleting tagged {kind} resources"
    response = sender.send("DELETE", f"{base}/{kind}/{resource_id}", doing=doing)
    if response.status_code == _CONFLICT:
        return False
    if response.status_code not in _GONE:
        raise DataUnavailable(f"The FHIR server answered {response.status_code} while {doing}.")
    return True
