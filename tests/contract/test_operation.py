"""What operators see: alive, ready, numbers; and what the service counts."""

from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from cds_service.app import EXTENSION, ensure_may_serve, shut_down
from cds_service.clock import FixedClock
from cds_service.errors import CdsError, DataUnavailable
from cds_service.hooks.request import HookRequest
from cds_service.hooks.services import Advice, Services
from cds_service.settings import Settings
from tests.contract.calls import PATHS, FakeAdviser, build, call, card, json_of


def test_alive_as_long_as_the_process_is(client: FlaskClient) -> None:
    response = client.get("/healthz")
    assert response.status_code == 200
    assert json_of(response)["status"] == "alive"


def test_ready_with_rules_and_a_store(client: FlaskClient) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert json_of(response)["status"] == "ready"
    assert json_of(response)["rules"] == {"loaded": 9, "broken": 0}
    assert json_of(response)["store"] == {"writable": True}
    assert json_of(response)["counters"]["calls"] == 0


def test_not_ready_when_the_store_cannot_be_written(client: FlaskClient, services: Services) -> None:
    services.store.rows("PRAGMA query_only = ON")
    response = client.get("/readyz")
    assert (response.status_code, json_of(response)["status"]) == (503, "not-ready")
    services.store.rows("PRAGMA query_only = OFF")
    assert client.get("/readyz").status_code == 200


def test_a_broken_rule_is_listed_by_id_and_the_others_go_on(
    client: FlaskClient, adviser: FakeAdviser
) -> None:
    adviser.answer = Advice(cards=[card()], broken=["TN-05"])
    for _ in range(2):
        assert client.post(PATHS["patient-view"], json=call()).status_code == 200
    response = client.get("/readyz")
    assert (response.status_code, json_of(response)["status"]) == (200, "degraded")
    assert json_of(response)["rules"]["brokenRules"] == [{"rule": "TN-05", "times": 2}]
    assert json_of(response)["counters"]["cards"] == 2


def test_the_metrics_name_calls_cards_gaps_and_unknown_codes(
    client: FlaskClient, adviser: FakeAdviser, services: Services
) -> None:
    adviser.answer = Advice(
        cards=[card("TN-01"), card("TN-20", indicator="critical")],
        extension={"org.cds-service.incomplete": {"types": ["Observation"], "rules": ["TN-22"]}},
        broken=["TN-05"],
        unknown_codes={"http://www.nlm.nih.gov/research/umls/rxnorm": 4, "urn:other": 1},
    )
    client.post(PATHS["order-sign"], json=call("order-sign"))
    adviser.answer = DataUnavailable("Condition")
    client.post(PATHS["order-sign"], json=call("order-sign"))
    client.post(PATHS["order-sign"], json={})
    text = client.get("/metrics").text
    found = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    for status in ("200", "412", "400"):
        assert found["cds_hook_calls_total", ("hook", "order-sign"), ("status", status)] == 1
    assert found["cds_hook_duration_seconds_count", ("hook", "order-sign")] == 3
    assert found["cds_cards_total", ("indicator", "info"), ("rule", "TN-01")] == 1
    assert found["cds_cards_total", ("indicator", "critical"), ("rule", "TN-20")] == 1
    assert found["cds_incomplete_answers_total", ("type", "Observation")] == 1
    assert found["cds_incomplete_rules_total", ("rule", "TN-22")] == 1
    assert found["cds_rule_failures_total", ("rule", "TN-05")] == 1
    assert found["cds_rules_broken",] == 1
    assert found["cds_rules_loaded",] == 9
    assert found["cds_unknown_codes_total", ("system", "http://www.nlm.nih.gov/research/umls/rxnorm")] == 4
    assert found["cds_unknown_codes_total", ("system", "other")] == 1


class SlowAdviser(FakeAdviser):
    """Takes two seconds of the clock that it is given."""

    clock: FixedClock

    def advise(self, request: HookRequest) -> Advice:
        self.clock.advance(2)
        return super().advise(request)


def test_a_call_is_timed_by_the_clock() -> None:
    adviser = SlowAdviser()
    app = build(adviser)
    services: Services = app.extensions[EXTENSION]
    assert isinstance(services.clock, FixedClock)
    adviser.clock = services.clock
    app.test_client().post(PATHS["patient-view"], json=call())
    assert services.metrics.value("cds_hook_duration_seconds_sum", {"hook": "patient-view"}) == 2
    shut_down(app)


def test_unexpected_errors_are_counted(client: FlaskClient, adviser: FakeAdviser, services: Services) -> None:
    adviser.answer = ValueError("x")
    client.post(PATHS["patient-view"], json=call())
    assert services.metrics.value("cds_unexpected_errors_total") == 1
    assert services.metrics.value("cds_hook_calls_total", {"hook": "patient-view", "status": "500"}) == 1


def test_operators_pages_are_not_cached(client: FlaskClient) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        assert client.get(path).headers["Cache-Control"] == "no-store"


def test_outside_development_the_service_refuses_to_serve() -> None:
    with pytest.raises(CdsError, match="CDS_DEV=1") as caught:
        ensure_may_serve(Settings(dev=False))
    assert caught.value.exit_code == 2
    ensure_may_serve(Settings(dev=True))


def test_shutting_down_writes_the_cards_that_were_shown(
    adviser: FakeAdviser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    database = tmp_path_factory.mktemp("store") / "cds.sqlite3"
    adviser.answer = Advice(cards=[card()])
    app = build(adviser, database=database)
    app.test_client().post(PATHS["patient-view"], json=call())
    shut_down(app)
    again = build(adviser, database=database)
    services: Services = again.extensions[EXTENSION]
    (row,) = services.store.rows("SELECT * FROM card_shown")
    assert (row["uuid"], row["card"], json.loads(row["suggestions"])) == (card()["uuid"], "TN-01", [])
    assert row["subject"] == services.pseudonymiser.subject("pat-1", client="unauthenticated")
    shut_down(again)
