"""Codes of drugs that no table knows: counted by system, listed by code, never with anything that may be text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app, shut_down
from cds_service.settings import Settings
from tests.contract.calls import PATHS, call, json_of
from tests.unit.rxnorm.small_release import CONCEPTS, write_release

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
NDC = "http://hl7.org/fhir/sid/ndc"
RULES = Path(__file__).parents[2] / "rules"


@pytest.fixture
def client() -> Iterator[FlaskClient]:
    app = create_app(Settings(dev=True, database=Path(":memory:"), rules=RULES))
    yield app.test_client()
    shut_down(app)


def entry(resource: dict[str, Any]) -> dict[str, Any]:
    return {"resource": resource}


def ask(client: FlaskClient, *codings: dict[str, Any]) -> None:
    """One call whose orders carry these codings, one each."""
    orders = [
        {
            "resourceType": "MedicationRequest",
            "id": f"o{number}",
            "status": "active",
            "intent": "order",
            "subject": {"reference": "Patient/1"},
            "authoredOn": "2026-01-05",
            "medicationCodeableConcept": {"coding": [coding]},
        }
        for number, coding in enumerate(codings)
    ]
    templates = json_of(client.get("/cds-services"))["services"][0]["prefetch"]
    prefetch: dict[str, Any] = {key: {"resourceType": "Bundle", "entry": []} for key in templates}
    key = next(k for k, template in templates.items() if template.startswith("MedicationRequest?"))
    prefetch[key] = {"resourceType": "Bundle", "entry": [entry(order) for order in orders]}
    patient = next((k for k, template in templates.items() if template.startswith("Patient/")), None)
    if patient is not None:
        prefetch[patient] = {"resourceType": "Patient", "id": "1", "birthDate": "1960-01-01"}
    body = call("patient-view")
    body["context"] = {**body["context"], "patientId": "1"}
    body["prefetch"] = prefetch
    body.pop("fhirServer", None)
    body.pop("fhirAuthorization", None)
    response = client.post(PATHS["patient-view"], json=body)
    assert response.status_code == 200, response.text


def test_nothing_is_listed_before_the_first_call(client: FlaskClient) -> None:
    assert json_of(client.get("/unknown-codes")) == {"rxnorm": None, "codes": [], "notListed": 0}
    assert json_of(client.get("/readyz"))["terminology"] == {"rxnorm": None}


def test_unknown_codes_are_counted_by_system_and_listed_by_code(client: FlaskClient) -> None:
    unknown = {"system": RXNORM, "code": "99999999"}
    ask(
        client, unknown, unknown, {"system": NDC, "code": "00093-1048-01"}, {"system": RXNORM, "code": "2002"}
    )
    metrics = client.get("/metrics").text
    assert f'cds_unknown_codes_total{{system="{RXNORM}"}} 2.0' in metrics
    assert f'cds_unknown_codes_total{{system="{NDC}"}} 1.0' in metrics
    assert json_of(client.get("/unknown-codes"))["codes"] == [
        {"system": RXNORM, "code": "99999999", "count": 2},
        {"system": NDC, "code": "00093-1048-01", "count": 1},
    ]


def test_local_codes_and_what_has_not_the_shape_of_its_system_are_only_counted(client: FlaskClient) -> None:
    ask(
        client,
        {"system": "http://hospital.example/drugs", "code": "Quackenbush"},
        {"system": RXNORM, "code": "Quackenbush 200"},
    )
    metrics = client.get("/metrics").text
    assert 'cds_unknown_codes_total{system="other"} 1.0' in metrics
    assert f'cds_unknown_codes_total{{system="{RXNORM}"}} 1.0' in metrics
    listed = client.get("/unknown-codes")
    assert json_of(listed)["codes"] == []
    assert "Quackenbush" not in metrics + listed.text


def test_with_an_import_the_service_knows_its_products_and_says_the_release(tmp_path: Path) -> None:
    from cds_service.rxnorm.importing import import_release

    release = write_release(
        tmp_path / "RxNorm_full_06012026",
        concepts=CONCEPTS.replace("6130     IN   ketorolac", "6130     IN   ketamine "),
    )
    import_release(release, to=tmp_path / "to", rules_dir=RULES, released=None, apply=True)
    app = create_app(Settings(dev=True, database=Path(":memory:"), rules=RULES, rxnorm=tmp_path / "to"))
    client = app.test_client()
    assert json_of(client.get("/readyz"))["terminology"] == {"rxnorm": "2026-06-01"}
    ask(
        client,
        {"system": RXNORM, "code": "9000302"},  # a pack that only the import has
        {"system": RXNORM, "code": "9000207"},  # a drug of no interest
        {"system": RXNORM, "code": "9999999"},
    )
    assert json_of(client.get("/unknown-codes")) == {
        "rxnorm": "2026-06-01",
        "codes": [{"system": RXNORM, "code": "9999999", "count": 1}],
        "notListed": 0,
    }
    shut_down(app)
