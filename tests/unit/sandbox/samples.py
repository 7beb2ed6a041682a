"""Small valid resources, and a client that speaks FHIR to an embedded server."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

Resource = dict[str, Any]
FHIR_JSON = "application/fhir+json"


class Server:
    """Speaks FHIR JSON to the embedded server and hands out answers; the base address is /fhir."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(f"/fhir{path}", headers=_dashed(headers))

    def post(self, path: str, body: Any, **headers: str) -> Any:
        return self.client.post(f"/fhir{path}", json=body, content_type=FHIR_JSON, headers=_dashed(headers))

    def put(self, path: str, body: Any, **headers: str) -> Any:
        return self.client.put(f"/fhir{path}", json=body, content_type=FHIR_JSON, headers=_dashed(headers))

    def delete(self, path: str, **headers: str) -> Any:
        return self.client.delete(f"/fhir{path}", headers=_dashed(headers))

    def load(self, *resources: Resource) -> None:
        for resource in resources:
            answer = self.put(f"/{resource['resourceType']}/{resource['id']}", resource)
            assert answer.status_code == 201, answer.json

    def found(self, path: str) -> list[str]:
        """Ids of the matches on the first page of a search, in its order."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.json
        return [e["resource"]["id"] for e in answer.json.get("entry", []) if e["search"]["mode"] == "match"]


def _dashed(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def patient(patient_id: str = "p1", **more: Any) -> Resource:
    return {"resourceType": "Patient", "id": patient_id, **more}


def order(order_id: str, *, of: str = "p1", **more: Any) -> Resource:
    """A MedicationRequest of carbamazepine, unless ``more`` names another drug."""
    drug = {} if "medicationReference" in more else {"medicationCodeableConcept": {"text": "carbamazepine"}}
    return {
        "resourceType": "MedicationRequest",
        "id": order_id,
        "status": "active",
        "intent": "order",
        "subject": {"reference": f"Patient/{of}"},
        **drug,
        **more,
    }


def condition(condition_id: str, *, of: str = "p1", **more: Any) -> Resource:
    return {
        "resourceType": "Condition",
        "id": condition_id,
        "subject": {"reference": f"Patient/{of}"},
        **more,
    }


def medication(medication_id: str, **more: Any) -> Resource:
    return {"resourceType": "Medication", "id": medication_id, "code": {"text": "carbamazepine"}, **more}


def concept(*codes: tuple[str, str]) -> Resource:
    return {"coding": [{"system": system, "code": code} for system, code in codes]}
