"""The synthetic patients of ``fhir_fixtures``: reading their Bundles, making them one's own, filling the store.

A fixture is a folder ``<slug>/bundle.json`` with one transaction Bundle that puts a patient, whose id is the slug,
and everything that belongs to it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from cds_service.errors import InputInvalid
from cds_service.sandbox.bundles import put_all
from cds_service.sandbox.store import ResourceStore

RUN_TAG_SYSTEM = "https://cds-service.example/fhir/CodeSystem/fixture-run"
_FOLDER = Path("fhir_fixtures") / "patients"
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_PREFIX = re.compile(r"[A-Za-z0-9.-]*")
_TAG = re.compile(r"[A-Za-z0-9._-]{1,64}")
_RELATIVE = re.compile(r"(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9.-]+)")


def fixture_folder(given: Path | None = None) -> Path:
    """The folder of the fixtures: the given one, else ``fhir_fixtures/patients`` here or beside the package."""
    beside = Path(__file__).resolve().parents[2]
    for folder in [given] if given else [Path.cwd() / _FOLDER, beside / _FOLDER]:
        if folder.is_dir():
            return folder
    raise InputInvalid("The folder of the synthetic patients is not there; name it.")


def fixture_slugs(folder: Path) -> tuple[str, ...]:
    """The names of all patients in the folder, sorted."""
    return tuple(sorted(path.parent.name for path in folder.glob("*/bundle.json")))


def chosen_slugs(folder: Path, patients: Sequence[str] = ()) -> tuple[str, ...]:
    """The asked patients, or all; ``InputInvalid`` names those that are not there."""
    known = fixture_slugs(folder)
    unknown = [slug for slug in patients if slug not in known]
    if unknown or not known:
        raise InputInvalid(f"No such patient: {', '.join(unknown)}. There are: {', '.join(known) or 'none'}.")
    return tuple(dict.fromkeys(patients)) or known


def read_fixture(folder: Path, slug: str) -> dict[str, Any]:
    """The transaction Bundle of one patient."""
    try:
        bundle = orjson.loads((folder / slug / "bundle.json").read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise InputInvalid(f"The Bundle of patient {slug} cannot be read.") from error
    if not isinstance(bundle, dict) or not isinstance(bundle.get("entry"), list):
        raise InputInvalid(f"The Bundle of patient {slug} is not a Bundle with entries.")
    return bundle


def preload(
    store: ResourceStore, *, folder: Path | None = None, patients: Sequence[str] = ()
) -> tuple[str, ...]:
    """Puts the patients into the store, without the checks of a request, and tells their Patient ids.

    The fixtures are checked by the tests; checking them again at every start would only make it slow.
    """
    where = fixture_folder(folder)
    slugs = chosen_slugs(where, patients)
    for slug in slugs:
        put_all(store, read_fixture(where, slug))
    return slugs


def check_tag(tag: str) -> str:
    """The run's tag, if it can be one; a tag is what ``clean`` finds its resources by, so it must be a plain word."""
    if not _TAG.fullmatch(tag):
        raise InputInvalid("A tag has 1 to 64 letters, digits, dots, hyphens and underscores.")
    return tag


def personalise(bundle: Mapping[str, Any], *, tag: str, prefix: str) -> dict[str, Any]:
    """A copy of the Bundle with the prefix on every id and reference and the run's tag on every resource.

    The prefix is put in front as it is (``run7-`` makes ``run7-new-tn``); references to contained resources and to
    other servers stay.
    """
    check_tag(tag)
    if not _PREFIX.fullmatch(prefix):
        raise InputInvalid("A prefix has letters, digits, hyphens and dots only.")
    entries = [_personal_entry(entry, tag=tag, prefix=prefix) for entry in bundle["entry"]]
    return {**bundle, "entry": entries}


def _personal_entry(entry: Mapping[str, Any], *, tag: str, prefix: str) -> dict[str, Any]:
    resource = _prefixed(entry["resource"], prefix)
    resource["id"] = prefix + resource["id"]
    if not _ID.fullmatch(resource["id"]):
        raise InputInvalid("The prefix makes an id longer than the 64 characters that FHIR allows.")
    meta = resource.get("meta", {})
    resource["meta"] = {**meta, "tag": [*meta.get("tag", []), {"system": RUN_TAG_SYSTEM, "code": tag}]}
    address = f"{resource['resourceType']}/{resource['id']}"
    base = str(entry["fullUrl"]).rsplit("/", 2)[0]
    return {
        **entry,
        "fullUrl": f"{base}/{address}",
        "resource": resource,
        "request": {**entry["request"], "url": address},
    }


def _prefixed(node: Any, prefix: str) -> Any:
    if isinstance(node, Mapping):
        return {
            key: _prefixed_reference(child, prefix)
            if key == "reference" and isinstance(child, str)
            else _prefixed(child, prefix)
            for key, child in node.items()
        }
    return [_prefixed(child, prefix) for child in node] if isinstance(node, list) else node


def _prefixed_reference(reference: str, prefix: str) -> str:
    match = _RELATIVE.fullmatch(reference)
    return f"{match['type']}/{prefix}{match['id']}" if match else reference
