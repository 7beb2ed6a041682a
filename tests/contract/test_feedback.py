"""What becomes of feedback."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.hooks.services import Advice, Services
from tests.contract.calls import PATHS, FakeAdviser, assert_outcome, call, card, json_of
from tests.contract.coverage import covers

SERVICE = PATHS["patient-view"]
FEEDBACK = SERVICE + "/feedback"
CARD = str(card()["uuid"])
REASON = {
    "code": "patient-refuses",
    "system": "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes",
}


def overridden(**changes: Any) -> dict[str, Any]:
    return {"card": CARD, "outcome": "overridden", "outcomeTimestamp": "2026-03-01T10:00:00Z"} | changes


def accepted(**changes: Any) -> dict[str, Any]:
    return overridden(outcome="accepted", acceptedSuggestions=[{"id": "s-1"}]) | changes


def show_a_card(client: FlaskClient, adviser: FakeAdviser) -> None:
    adviser.answer = Advice(cards=[card()])
    assert client.post(SERVICE, json=call()).status_code == 200


def stored(services: Services) -> list[dict[str, Any]]:
    return [dict(row) for row in services.store.rows("SELECT * FROM feedback_entry ORDER BY id")]


@covers("FB-01", "FB-08", "FB-02", "TV-18")
@pytest.mark.parametrize("path", sorted(PATHS.values()))
def test_every_service_takes_feedback(client: FlaskClient, services: Services, path: str) -> None:
    response = client.post(path + "/feedback", json={"feedback": [overridden()]})
    assert (response.status_code, response.data) == (200, b"{}")
    assert response.content_type == "application/json"
    assert [row["service"] for row in stored(services)] == [path.rpartition("/")[2]]


@covers("TV-18", "FB-03", "FB-04", "FB-05", "FB-06", "FB-10")
@pytest.mark.parametrize(
    "entry",
    [
        accepted(),
        accepted(acceptedSuggestions=[{"id": "s-1"}, {"id": "s-2"}]),
        overridden(),
        overridden(overrideReason={"reason": REASON}),
        overridden(overrideReason={"userComment": "later"}),
        overridden(
            overrideReason={"reason": REASON | {"display": "Patient refuses"}, "userComment": "later"}
        ),
        overridden(overrideReason={"reason": {"code": "added-by-the-site", "system": "urn:site"}}),
        overridden(overrideReason={}),
        overridden(outcomeTimestamp="2020-12-11T00:00:28.5Z"),
        overridden(outcomeTimestamp="2020-12-11T00:00:00+00:00"),
        overridden(card="BPA-17"),
        overridden(
            overrideReasons=[{"reason": REASON, "extension": {"com.epic.x": 1}}], extension={"com.epic.y": 2}
        ),
        overridden(source={"topic": {"code": "TN01"}}, junk=None),
    ],
)
def test_feedback_that_is_taken(client: FlaskClient, services: Services, entry: dict[str, Any]) -> None:
    response = client.post(FEEDBACK, json={"feedback": [entry]})
    assert (response.status_code, response.data) == (200, b"{}")
    (row,) = stored(services)
    assert json.loads(row["document"]) == entry


@covers("TV-19", "FB-02", "FB-03", "FB-04", "FB-08")
@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        "text",
        overridden(),
        {"feedback": overridden()},
        {"feedback": None},
        {"feedback": [overridden(outcome="ignored")]},
        {"feedback": [accepted(acceptedSuggestions=None)]},
        {"feedback": [accepted(acceptedSuggestions=[])]},
        {"feedback": [overridden(outcomeTimestamp="yesterday")]},
        {"feedback": [overridden(outcomeTimestamp=None)]},
        {"feedback": [overridden(card=None)]},
    ],
)
def test_feedback_that_is_refused(client: FlaskClient, services: Services, body: object) -> None:
    assert_outcome(client.post(FEEDBACK, json=body), 400)
    assert stored(services) == []


@covers("FB-08")
def test_feedback_that_is_not_json_is_refused(client: FlaskClient) -> None:
    assert_outcome(client.post(FEEDBACK, data=b"{", content_type="application/json"), 400)
    assert_outcome(client.post(FEEDBACK, data=b"{}", content_type="text/plain"), 415)
    assert_outcome(client.post("/cds-services/other/feedback", json={"feedback": []}), 404)


def test_feedback_of_more_than_a_megabyte_gives_413(client: FlaskClient) -> None:
    assert_outcome(client.post(FEEDBACK, json={"feedback": [], "junk": "x" * 1_000_001}), 413)


@covers("FB-09", "TV-18")
def test_a_mixed_batch_is_taken_as_far_as_it_can_be_read(client: FlaskClient, services: Services) -> None:
    batch = [
        accepted(),
        overridden(outcome="?"),
        overridden(card="never-shown"),
        overridden(outcomeTimestamp="?"),
    ]
    response = client.post(FEEDBACK, json={"feedback": batch})
    assert response.status_code == 200
    assert json_of(response)["stored"] == 2
    assert [bad["index"] for bad in json_of(response)["refused"]] == [1, 3]
    assert [row["card_uuid"] for row in stored(services)] == [CARD, "never-shown"]
    assert services.metrics.value("cds_feedback_entries_total", {"outcome": "refused"}) == 2


@covers("FB-09")
def test_an_empty_batch_is_fine(client: FlaskClient) -> None:
    response = client.post(FEEDBACK, json={"feedback": []})
    assert (response.status_code, response.data) == (200, b"{}")


@covers("FB-07", "TV-18")
def test_all_reports_are_kept_and_exact_repeats_once(client: FlaskClient, services: Services) -> None:
    for entry in (
        overridden(),
        overridden(),
        accepted(),
        overridden(outcomeTimestamp="2026-03-02T10:00:00Z"),
    ):
        assert client.post(FEEDBACK, json={"feedback": [entry]}).status_code == 200
    assert [row["outcome"] for row in stored(services)] == ["overridden", "accepted", "overridden"]
    assert services.metrics.value("cds_feedback_entries_total", {"outcome": "overridden"}) == 2
    assert services.metrics.value("cds_feedback_entries_total", {"outcome": "repeated"}) == 1


@covers("FB-09")
def test_feedback_finds_the_card_that_was_shown_a_moment_ago(
    client: FlaskClient, adviser: FakeAdviser, services: Services
) -> None:
    show_a_card(client, adviser)
    client.post(FEEDBACK, json={"feedback": [overridden()]})
    assert services.metrics.value("cds_feedback_unknown_cards_total") == 0
    client.post(FEEDBACK, json={"feedback": [overridden(card="never-shown")]})
    assert services.metrics.value("cds_feedback_unknown_cards_total") == 1


@covers("FB-11")
def test_a_card_without_feedback_counts_neither_way(
    client: FlaskClient, adviser: FakeAdviser, services: Services
) -> None:
    show_a_card(client, adviser)
    services.recorder.flush(5)
    assert services.store.count("card_shown") == 1
    assert services.store.count("feedback_entry") == 0
    for outcome in ("accepted", "overridden"):
        assert services.metrics.value("cds_feedback_entries_total", {"outcome": outcome}) == 0


def test_a_store_that_fails_makes_the_sender_try_again(client: FlaskClient, services: Services) -> None:
    services.store.rows("PRAGMA query_only = ON")
    response = client.post(FEEDBACK, json={"feedback": [overridden()]})
    assert_outcome(response, 503)
    assert int(response.headers["Retry-After"]) > 0
    services.store.rows("PRAGMA query_only = OFF")
    assert client.post(FEEDBACK, json={"feedback": [overridden()]}).status_code == 200
    assert len(stored(services)) == 1


def test_a_store_that_fails_does_not_touch_the_answer_to_a_call(
    client: FlaskClient, adviser: FakeAdviser, services: Services
) -> None:
    services.store.rows("PRAGMA query_only = ON")
    show_a_card(client, adviser)
    services.recorder.flush(5)
    assert services.metrics.value("cds_cards_not_remembered_total", {"reason": "store-failed"}) == 1
