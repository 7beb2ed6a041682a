"""Browser clients: preflights without authentication, and headers on every answer, errors included."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from cds_service.app import shut_down
from cds_service.errors import DataUnavailable
from tests.contract.calls import PATHS, FakeAdviser, build, call
from tests.contract.coverage import covers

ORIGIN = "https://sandbox.example.org"
ASKING = {
    "Origin": ORIGIN,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type",
}
THREE_PATHS = ["/cds-services", PATHS["order-sign"], PATHS["order-sign"] + "/feedback"]


@pytest.fixture
def listed(adviser: FakeAdviser) -> Iterator[FlaskClient]:
    """A service that lists one origin."""
    app = build(adviser, allowed_origins=(ORIGIN,))
    yield app.test_client()
    shut_down(app)


@covers("TV-02", "SEC-22", "SEC-23", "SEC-24", "FB-14")
@pytest.mark.parametrize("path", [*THREE_PATHS, "/cds-services/no-such-service"])
def test_a_preflight_is_answered_on_all_paths_without_authentication(listed: FlaskClient, path: str) -> None:
    response = listed.options(path, headers=ASKING)
    assert response.status_code == 204
    assert response.data == b""
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert set(response.headers["Access-Control-Allow-Methods"].split(", ")) == {"GET", "POST", "OPTIONS"}
    allowed = {name.lower() for name in response.headers["Access-Control-Allow-Headers"].split(", ")}
    assert allowed == {"authorization", "content-type", "accept"}


@covers("TV-02", "SEC-23")
@pytest.mark.parametrize("path", THREE_PATHS)
def test_a_preflight_to_a_sloppy_path_is_not_redirected(listed: FlaskClient, path: str) -> None:
    response = listed.options(environ_overrides={"PATH_INFO": path.replace("/", "//")}, headers=ASKING)
    assert response.status_code == 204


@covers("SEC-24")
def test_every_answer_carries_the_origin(listed: FlaskClient, adviser: FakeAdviser) -> None:
    origin = {"Origin": ORIGIN}
    answers = [
        listed.get("/cds-services", headers=origin),
        listed.post(PATHS["patient-view"], json=call(), headers=origin),
        listed.post(PATHS["patient-view"] + "/feedback", json={"feedback": []}, headers=origin),
        listed.post(PATHS["patient-view"], json={}, headers=origin),
        listed.post("/cds-services/no-such-service", json=call(), headers=origin),
        listed.get(PATHS["patient-view"], headers=origin),
        listed.post(PATHS["patient-view"], data="x", content_type="text/plain", headers=origin),
        listed.post(
            PATHS["patient-view"],
            data=b"{" + b" " * 21_000_000,
            content_type="application/json",
            headers=origin,
        ),
    ]
    for error in (DataUnavailable("nothing"), ValueError("bug")):
        adviser.answer = error
        answers.append(listed.post(PATHS["patient-view"], json=call(), headers=origin))
    assert [answer.status_code for answer in answers] == [200, 200, 200, 400, 404, 405, 415, 413, 412, 500]
    for answer in answers:
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "Origin" in answer.headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in answer.headers


@covers("SEC-25")
@pytest.mark.parametrize("origin", ["https://evil.example.org", "null", ORIGIN + ".evil.org", ORIGIN.upper()])
def test_a_page_of_an_unlisted_origin_is_not_let_in(listed: FlaskClient, origin: str) -> None:
    for response in (
        listed.options(THREE_PATHS[1], headers=ASKING | {"Origin": origin}),
        listed.post(PATHS["patient-view"], json=call(), headers={"Origin": origin}),
    ):
        assert not [name for name, _ in response.headers if name.startswith("Access-Control-")]
        assert "Origin" in response.headers["Vary"]


@covers("SEC-25")
def test_without_an_origin_caches_still_learn_that_it_matters(listed: FlaskClient) -> None:
    assert "Origin" in listed.get("/cds-services").headers["Vary"]


@covers("SEC-25")
def test_outside_development_no_origin_is_let_in_unless_listed(adviser: FakeAdviser) -> None:
    app = build(adviser, dev=False)
    response = app.test_client().options(THREE_PATHS[0], headers=ASKING)
    assert "Access-Control-Allow-Origin" not in response.headers
    shut_down(app)


@covers("SEC-22")
def test_in_development_every_page_may_call(client: FlaskClient) -> None:
    response = client.options(THREE_PATHS[1], headers=ASKING)
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert (
        client.get("/cds-services", headers={"Origin": "null"}).headers["Access-Control-Allow-Origin"] == "*"
    )


def test_operators_pages_are_not_for_browsers_of_others(client: FlaskClient) -> None:
    for path in ("/healthz", "/readyz", "/metrics", "/cds-servicesx"):
        assert "Access-Control-Allow-Origin" not in client.get(path, headers={"Origin": ORIGIN}).headers
