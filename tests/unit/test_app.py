"""The application as a whole: from settings to answers, and to a tidy end."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from cds_service.app import EXTENSION, app_of, create_app, shut_down, worker_app
from cds_service.clock import SystemClock
from cds_service.errors import InputInvalid, RuleFileInvalid, StoreUnavailable
from cds_service.hooks.services import Services
from cds_service.ruleset.load import load_ruleset
from cds_service.ruleset.ruleset import Ruleset
from cds_service.settings import Settings
from tests.contract.calls import PATHS, json_of
from tests.contract.patients import CARL, call_for, carbamazepine_for, prefetch_of, records_of

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "rules"

WORKER = """
import json, os, sys
from cds_service.app import worker_app
client = worker_app(os.environ).test_client()
path, body = json.loads(sys.stdin.read())
print(client.post(path, json=body).text)
"""


def settings(**changes: object) -> Settings:
    chosen: dict[str, object] = {"dev": True, "database": Path(":memory:"), "rules": RULES}
    return Settings(**(chosen | changes))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def rules() -> Ruleset:
    """The rules of the project."""
    return load_ruleset(RULES)


def loaded(app: Flask) -> int:
    ready = json_of(app.test_client().get("/readyz"))
    assert ready["status"] == "ready"
    count: int = ready["rules"]["loaded"]
    return count


def test_the_service_loads_the_rules_of_its_folder_without_the_disabled_ones(rules: Ruleset) -> None:
    app = create_app(settings(disable_rules=("TN-20",)))
    assert loaded(app) == len(rules.rules) - 1
    shut_down(app)


def test_rules_with_faults_are_refused_at_start(tmp_path: Path) -> None:
    with pytest.raises(RuleFileInvalid):
        create_app(settings(rules=tmp_path / "no-such-folder"))


def test_a_database_that_cannot_be_opened_is_refused_at_start(rules: Ruleset, tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        app_of(rules, settings(database=tmp_path), clock=SystemClock())


def test_shutting_down_twice_does_nothing_more(rules: Ruleset) -> None:
    app = app_of(rules, settings(), clock=SystemClock())
    shut_down(app)
    shut_down(app)
    services: Services = app.extensions[EXTENSION]
    assert not services.store.writable()


@pytest.mark.parametrize("environment", [{}, {"CDS_DEV": "0"}, {"CDS_DEV": "1", "CDS_PORTT": "1"}])
def test_a_worker_refuses_to_start_outside_development_or_with_unusable_settings(
    environment: dict[str, str],
) -> None:
    with pytest.raises(InputInvalid):
        worker_app(environment)


def test_a_worker_answers_logs_json_and_keeps_what_it_showed(tmp_path: Path) -> None:
    body = call_for(
        CARL, "order-sign", prefetch=prefetch_of(records_of(CARL)), drafts=[carbamazepine_for(CARL)]
    )
    database = tmp_path / "cds.sqlite3"
    environment = {
        "CDS_DEV": "1",
        "CDS_DATABASE": str(database),
        "CDS_RULES": str(RULES),
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-c", WORKER],
        input=json.dumps([PATHS["order-sign"], body]),
        env=os.environ | environment,
        capture_output=True,
        check=True,
        text=True,
    )
    (card,) = json.loads(done.stdout)["cards"]
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    (line,) = [line for line in lines if line.get("event") == "call answered"]
    assert (line["status"], line["card_uuids"]) == (200, [card["uuid"]])
    assert CARL not in done.stderr
    with sqlite3.connect(database) as connection:
        rows = connection.execute("SELECT uuid, card, subject FROM card_shown").fetchall()
    connection.close()
    assert rows == [(card["uuid"], "TN-20", line["subject"])]
