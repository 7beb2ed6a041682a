"""What the service relies on when it talks to HAPI, seen on the server itself."""

from __future__ import annotations

from typing import Any

import pytest
import requests

pytestmark = pytest.mark.hapi

FHIR_JSON = {"Accept": "application/fhir+json", "Content-Type": "application/fhir+json"}


def get(url: str, **parameters: str | int) -> dict[str, Any]:
    response = requests.get(url, params=parameters, headers=FHIR_JSON, timeout=60)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def put_all(base_url: str, *resources: dict[str, Any]) -> None:
    entries = [
        {"resource": each, "request": {"method": "PUT", "url": f"{each['resourceType']}/{each['id']}"}}
        for each in resources
    ]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    response = requests.post(base_url, json=bundle, headers=FHIR_JSON, timeout=60)
    assert response.status_code == 200, response.text


def order(name: str, *, patient: str, medication: str) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": name,
        "status": "completed",
        "intent": "order",
        "subject": {"reference": f"Patient/{patient}"},
        "medicationReference": {"reference": f"Medication/{medication}"},
    }


def modes(bundle: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted((entry["resource"]["resourceType"], entry["search"]["mode"]) for entry in bundle["entry"])


def test_the_server_speaks_fhir_r4(hapi_base_url: str) -> None:
    assert get(f"{hapi_base_url}/metadata")["fhirVersion"] == "4.0.1"


def test_an_include_brings_the_medication_in_the_same_bundle_and_outside_the_total(
    hapi_base_url: str,
) -> None:
    put_all(
        hapi_base_url,
        {"resourceType": "Patient", "id": "launcher-include"},
        {"resourceType": "Medication", "id": "launcher-drug", "code": {"text": "carbamazepine"}},
        order("launcher-order", patient="launcher-include", medication="launcher-drug"),
    )

    found = get(
        f"{hapi_base_url}/MedicationRequest",
        patient="launcher-include",
        _include="MedicationRequest:medication",
    )

    assert modes(found) == [("Medication", "include"), ("MedicationRequest", "match")]
    assert found["total"] == 1


def test_a_reference_that_leads_nowhere_is_refused(hapi_base_url: str) -> None:
    lost = order("launcher-lost", patient="launcher-nobody", medication="launcher-nothing")

    response = requests.put(
        f"{hapi_base_url}/MedicationRequest/launcher-lost", json=lost, headers=FHIR_JSON, timeout=60
    )

    assert response.status_code == 400
    assert response.json()["resourceType"] == "OperationOutcome"


def test_a_long_history_comes_in_pages_of_at_most_fifty_linked_by_next(hapi_base_url: str) -> None:
    names = [f"launcher-page-{number}" for number in range(120)]
    put_all(
        hapi_base_url,
        {"resourceType": "Patient", "id": "launcher-pages"},
        {"resourceType": "Medication", "id": "launcher-drug", "code": {"text": "carbamazepine"}},
        *(order(name, patient="launcher-pages", medication="launcher-drug") for name in names),
    )

    page = get(f"{hapi_base_url}/MedicationRequest", patient="launcher-pages", _count=500)
    sizes: list[int] = []
    seen: list[str] = []
    while True:
        sizes.append(len(page["entry"]))
        seen.extend(entry["resource"]["id"] for entry in page["entry"])
        following = [link["url"] for link in page["link"] if link["relation"] == "next"]
        if not following:
            break
        page = get(following[0])

    assert sizes == [50, 50, 20]
    assert sorted(seen) == sorted(names)
