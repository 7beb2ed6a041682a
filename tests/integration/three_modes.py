"""The same patient asked for in the three ways that a client may choose: prefetch, FHIR server, or a mixture."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import requests
from flask.testing import FlaskClient

Json = dict[str, Any]

FHIR_JSON = {"Accept": "application/fhir+json"}
INSTANCE = "9b1de0a2-3f0a-4a7a-8f5e-1d2c3b4a5e6f"
MIXTURE = ("patient", "conditions", "medications", "observations")
"""The keys that the mixed client sends; the service has to ask for the rest itself."""


def templates(client: FlaskClient, hook: str) -> Mapping[str, str]:
    """The prefetch templates that discovery publishes for a hook."""
    services = client.get("/cds-services").get_json()["services"]
    found: Mapping[str, str] = next(s["prefetch"] for s in services if s["hook"] == hook)
    return found


def prefetch_from(
    base_url: str, wanted: Mapping[str, str], patient: str, keys: Iterable[str] | None = None
) -> Json:
    """What a client sends: each template filled in and asked of its FHIR server, all pages in one Bundle."""
    return {
        key: _answer(f"{base_url}/{template.replace('{{context.patientId}}', patient)}")
        for key, template in wanted.items()
        if keys is None or key in keys
    }


def _answer(url: str) -> Json:
    first = _get(url)
    page = first
    while (following := _next(page)) is not None:
        page = _get(following)
        first.setdefault("entry", []).extend(page.get("entry", []))
    first.pop("link", None)
    first.pop("total", None)
    return first


def _next(page: Json) -> str | None:
    return next((link["url"] for link in page.get("link", []) if link["relation"] == "next"), None)


def _get(url: str) -> Json:
    response = requests.get(url, headers=FHIR_JSON, timeout=60)
    assert response.status_code == 200, f"{response.status_code} for a prefetch template"
    body: Json = response.json()
    return body


def body_of(
    hook: str,
    patient: str,
    *,
    base_url: str | None = None,
    prefetch: Json | None = None,
    drafts: Iterable[Json] = (),
) -> Json:
    """A call of a hook."""
    context: Json = {"userId": "Practitioner/test", "patientId": patient}
    if hook != "patient-view":
        context["draftOrders"] = {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"resource": draft} for draft in drafts],
        }
    body: Json = {"hook": hook, "hookInstance": INSTANCE, "context": context}
    if base_url is not None:
        body["fhirServer"] = base_url
    if prefetch is not None:
        body["prefetch"] = prefetch
    return body


def answer(client: FlaskClient, body: Json) -> Json:
    """The service's whole answer."""
    response = client.post(f"/cds-services/failed-therapy-{body['hook']}", json=body)
    assert response.status_code == 200, response.get_data(as_text=True)
    document: Json = response.get_json()
    return document


def cards_in_all_modes(
    client: FlaskClient, base_url: str, hook: str, patient: str, drafts: Iterable[Json] = ()
) -> dict[str, Json]:
    """The answers of the three modes, by the mode's name."""
    drafts = list(drafts)
    wanted = templates(client, hook)
    whole = prefetch_from(base_url, wanted, patient)
    some = prefetch_from(base_url, wanted, patient, MIXTURE)
    return {
        "prefetch": answer(client, body_of(hook, patient, prefetch=whole, drafts=drafts)),
        "server": answer(client, body_of(hook, patient, base_url=base_url, drafts=drafts)),
        "mixture": answer(client, body_of(hook, patient, base_url=base_url, prefetch=some, drafts=drafts)),
    }


def without_prefix(document: Json, prefix: str) -> str:
    """An answer in words that can be compared: ids without the run's prefix, uuids left out."""
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "uuid", repr(document))
    return text.replace(prefix, "") if prefix else text
