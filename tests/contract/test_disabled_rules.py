"""A rule that an operator disables gives no card from the next second on, in a service that goes on running."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app import app_of, shut_down
from cds_service.clock import FixedClock
from cds_service.ops.disabled import DISABLED, ENABLED, Entry, record
from cds_service.ruleset.ruleset import Ruleset
from cds_service.settings import Settings
from tests.contract.calls import PATHS, json_of
from tests.contract.cards import EXPLANATION
from tests.contract.patients import CARL, call_for, carbamazepine_for, prefetch_of, records_of

AT = "2026-06-15T10:00:00Z"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "disabled.json"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 6, 15, 12, tzinfo=UTC))


@pytest.fixture
def running(rules: Ruleset, path: Path, clock: FixedClock) -> Iterator[FlaskClient]:
    settings = Settings(dev=True, database=Path(":memory:"), disabled_rules_file=path)
    app = app_of(rules, settings, clock=clock)
    yield app.test_client()
    shut_down(app)


def decide(path: Path, clock: FixedClock, what: str, rule: str) -> None:
    record(path, Entry(what=what, rule=rule, by="ada", at=AT, because="misfires"))
    clock.advance(1)


def cards(client: FlaskClient) -> list[str]:
    """The cards for signing the drug that failed."""
    body = call_for(
        CARL, "order-sign", prefetch=prefetch_of(records_of(CARL)), drafts=[carbamazepine_for(CARL)]
    )
    answer: dict[str, Any] = json_of(client.post(PATHS["order-sign"], json=body))
    return [card["extension"][EXPLANATION]["card"] for card in answer["cards"]]


def test_a_disabled_rule_gives_no_card_until_it_is_enabled(
    running: FlaskClient, path: Path, clock: FixedClock
) -> None:
    assert cards(running) == ["TN-20"]
    decide(path, clock, DISABLED, "TN-20")
    assert cards(running) == []
    decide(path, clock, ENABLED, "TN-20")
    assert cards(running) == ["TN-20"]


def test_operators_see_which_rules_are_disabled_and_not_who_or_why(
    running: FlaskClient, rules: Ruleset, path: Path, clock: FixedClock
) -> None:
    decide(path, clock, DISABLED, "TN-20")

    ready = running.get("/readyz")

    assert json_of(ready)["status"] == "ready"
    assert json_of(ready)["rules"] == {
        "loaded": len(rules.rules) - 1,
        "broken": 0,
        "disabled": [{"rule": "TN-20", "since": AT}],
    }
    assert "misfires" not in ready.text
    assert "ada" not in ready.text


def test_the_metrics_name_disabled_rules_though_no_call_came(
    running: FlaskClient, rules: Ruleset, path: Path, clock: FixedClock
) -> None:
    decide(path, clock, DISABLED, "TN-20")
    text = running.get("/metrics").text
    assert 'cds_rule_disabled{rule="TN-20"} 1.0' in text
    assert f"cds_rules_loaded {len(rules.rules) - 1:.1f}" in text


def test_a_broken_file_is_seen_and_what_it_said_stays_in_force(
    running: FlaskClient, path: Path, clock: FixedClock
) -> None:
    decide(path, clock, DISABLED, "TN-20")
    assert cards(running) == []
    path.write_text("{", encoding="utf-8")
    clock.advance(1)

    assert cards(running) == []
    ready = json_of(running.get("/readyz"))
    assert ready["status"] == "degraded"
    assert ready["rules"]["disabledFile"] == {
        "problem": "cannot be read; what it last said stays in force",
        "failures": 1,
    }
    assert "cds_disabled_rules_failures 1.0" in running.get("/metrics").text


def test_a_rule_that_is_not_there_is_named(running: FlaskClient, path: Path, clock: FixedClock) -> None:
    decide(path, clock, DISABLED, "TN-99")
    assert json_of(running.get("/readyz"))["rules"]["disabledUnknown"] == ["TN-99"]
