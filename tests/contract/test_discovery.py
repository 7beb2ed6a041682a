"""What GET /cds-services answers."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cds_service.app import shut_down
from cds_service.hooks.discovery import build_discovery
from tests.contract.calls import FakeAdviser, build, call, empties
from tests.contract.coverage import covers


def services_of(client: FlaskClient) -> list[dict[str, Any]]:
    document = json.loads(client.get("/cds-services").data)
    assert isinstance(document, dict)
    found: list[dict[str, Any]] = document["services"]
    return found


@covers("TV-01", "DISC-01", "DISC-02", "DISC-04", "DISC-05")
def test_discovery_lists_each_hook_with_description_id_and_title(client: FlaskClient) -> None:
    response = client.get("/cds-services")
    assert response.status_code == 200
    services = services_of(client)
    assert [service["hook"] for service in services] == ["patient-view", "order-select", "order-sign"]
    for service in services:
        for name in ("hook", "id", "title", "description", "usageRequirements"):
            assert isinstance(service[name], str)
            assert service[name].strip()


@covers("DISC-11", "HOOK-14")
def test_usage_requirements_say_which_fhir_and_what_is_needed_without_prefetch(client: FlaskClient) -> None:
    for service in services_of(client):
        assert "FHIR R4" in service["usageRequirements"]
        assert "fhirServer" in service["usageRequirements"]


@covers("DISC-06", "DISC-09")
def test_the_id_is_the_last_segment_of_the_url_that_answers(client: FlaskClient) -> None:
    ids = [service["id"] for service in services_of(client)]
    assert len(set(ids)) == len(ids)
    for service in services_of(client):
        response = client.post(f"/cds-services/{service['id']}", json=call(service["hook"]))
        assert response.status_code == 200


@covers("DISC-07")
def test_ids_once_published_do_not_change(client: FlaskClient) -> None:
    ids = {service["hook"]: service["id"] for service in services_of(client)}
    assert ids == {
        "patient-view": "failed-therapy-patient-view",
        "order-select": "failed-therapy-order-select",
        "order-sign": "failed-therapy-order-sign",
    }
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in ids.values())


@covers("DISC-10")
def test_prefetch_is_an_object_of_texts(client: FlaskClient) -> None:
    for service in services_of(client):
        assert service["prefetch"]
        assert all(isinstance(template, str) for template in service["prefetch"].values())


@covers("DISC-03", "DISC-13")
def test_nothing_to_offer_is_an_empty_array_and_nothing_else_is_empty(client: FlaskClient) -> None:
    assert build_discovery([], lambda hook: {}).body == b'{"services":[]}'
    assert list(empties(json.loads(client.get("/cds-services").data))) == []


@covers("DISC-10", "DISC-13")
def test_a_hook_without_templates_has_no_prefetch_member() -> None:
    from cds_service.hooks.table import HOOKS

    (service,) = json.loads(build_discovery(HOOKS[:1], lambda hook: {}).body)["services"]
    assert "prefetch" not in service


@covers("DISC-16")
@pytest.mark.parametrize("accept", ["application/json", "*/*", None, "text/html"])
def test_discovery_is_json_whatever_the_client_accepts(client: FlaskClient, accept: str | None) -> None:
    response = client.get("/cds-services", headers={} if accept is None else {"Accept": accept})
    assert response.status_code == 200
    assert response.content_type == "application/json"
    json.loads(response.data.decode("utf-8"))


def at(path: str) -> dict[str, str]:
    """The path as a server hands it on; a test client would take a leading ``//`` for a host."""
    return {"PATH_INFO": path}


@covers("DISC-17")
@pytest.mark.parametrize(
    "path", ["/cds-services/", "/cds-services//", "//cds-services", "///cds-services///"]
)
def test_sloppy_slashes_in_discovery_work_without_redirect(client: FlaskClient, path: str) -> None:
    assert client.get(environ_overrides=at(path)).status_code == 200


@covers("DISC-17")
@pytest.mark.parametrize("path", ["/cds-services/{}/", "//cds-services//{}", "/cds-services//{}//"])
def test_sloppy_slashes_in_calls_work_without_redirect(client: FlaskClient, path: str) -> None:
    path = path.format("failed-therapy-patient-view")
    assert client.post(environ_overrides=at(path), json=call()).status_code == 200
    assert client.post(environ_overrides=at(f"{path}//feedback/"), json={"feedback": []}).status_code == 200


@covers("DISC-18")
def test_no_member_of_later_versions_is_sent(client: FlaskClient) -> None:
    for service in services_of(client):
        assert service.keys() <= {"hook", "title", "description", "id", "prefetch", "usageRequirements"}


@covers("DISC-19")
def test_discovery_is_cacheable_and_the_same_for_everybody(client: FlaskClient) -> None:
    first = client.get("/cds-services")
    other = client.get("/cds-services", headers={"Authorization": "Bearer x", "User-Agent": "other"})
    assert first.data == other.data
    assert "public" in first.headers["Cache-Control"]
    again = client.get("/cds-services", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    changed = client.get("/cds-services", headers={"If-None-Match": '"other"'})
    assert changed.status_code == 200


@covers("DISC-19")
def test_two_starts_with_the_same_rules_give_the_same_bytes(client: FlaskClient) -> None:
    other: Flask = build(FakeAdviser())
    assert (
        other.test_client().get("/cds-services").headers["ETag"]
        == client.get("/cds-services").headers["ETag"]
    )
    shut_down(other)


def test_head_is_answered_like_get_without_a_body(client: FlaskClient) -> None:
    response = client.head("/cds-services")
    assert (response.status_code, response.data) == (200, b"")
    assert int(response.headers["Content-Length"]) > 100
