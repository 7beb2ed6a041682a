"""An application around an adviser that says what a test wants."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cds_service.app import EXTENSION, shut_down
from cds_service.hooks.services import Services
from tests.contract.calls import FakeAdviser, build


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
