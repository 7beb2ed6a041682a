"""Applications: one around an adviser that says what a test wants, one with the project's rules, and a FHIR server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cds_service.app import EXTENSION, app_of, shut_down
from cds_service.clock import SystemClock
from cds_service.hooks.services import Services
from cds_service.ruleset.load import load_ruleset
from cds_service.ruleset.ruleset import Ruleset
from cds_service.settings import Settings
from tests.contract.calls import FakeAdviser, build
from tests.unit.fhir.support import Stub, says, searchset
from tests.unit.fhir.support import start as start_server


@pytest.fixture
def adviser() -> FakeAdviser:
    return FakeAdviser()


@pytest.fixture
def app(adviser: FakeAdviser) -> Iterator[Flask]:
    built = build(adviser)
    yield built
    shut_down(built)


@pytest.fixture
def services(app: Flask) -> Services:
    found: Services = app.extensions[EXTENSION]
    return found


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session")
def rules() -> Ruleset:
    """The rules of the project, loaded once."""
    return load_ruleset(Path(__file__).resolve().parents[2] / "rules")


class Starter(Protocol):
    """Starts the real service with the settings of a test."""

    def __call__(self, **settings: object) -> FlaskClient: ...


@pytest.fixture(scope="module")
def start(rules: Ruleset) -> Iterator[Starter]:
    """Start the real service with the project's rules; settings are those of development unless a test says otherwise."""
    started: list[Flask] = []

    def begin(**settings: Any) -> FlaskClient:
        merged: dict[str, Any] = {"dev": True, "database": Path(":memory:")} | settings
        started.append(app_of(rules, Settings(**merged), clock=ClockOfFixtures()))
        return started[-1].test_client()

    yield begin
    for app in started:
        shut_down(app)


@pytest.fixture(scope="module")
def service(start: Starter) -> FlaskClient:
    """The real service with the project's rules."""
    return start()


class ClockOfFixtures(SystemClock):
    """The day on which the stories of the synthetic patients are told; time that passes is real."""

    def now(self) -> datetime:
        return datetime(2026, 6, 15, 12, tzinfo=UTC)


@pytest.fixture
def fhir() -> Iterator[Stub]:
    """A FHIR server that finds nothing until a test says otherwise."""
    stub = Stub(says(searchset()))
    server = start_server(stub)
    yield stub
    stub.over.set()
    server.shutdown()
    server.server_close()
