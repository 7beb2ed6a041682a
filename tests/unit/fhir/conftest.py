"""Servers, clients and gatherers that end with their test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cds_service.clock import SystemClock
from cds_service.fhir.client import FhirClient
from cds_service.fhir.gather import Gatherer
from cds_service.settings import Settings
from tests.unit.fhir.support import Answer, Stub, says, searchset, start


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], Stub]]:
    """Start FHIR servers that answer as they are told."""
    running = []

    def begin(answer: Answer) -> Stub:
        stub = Stub(answer)
        running.append((stub, start(stub)))
        return stub

    yield begin
    for stub, server in running:
        stub.over.set()
        server.shutdown()
        server.server_close()


@pytest.fixture
def stub(serve: Callable[[Answer], Stub]) -> Stub:
    """One server; it finds nothing until a test says otherwise."""
    return serve(says(searchset()))


@pytest.fixture
def client() -> Iterator[FhirClient]:
    made = FhirClient(Settings(dev=True), clock=SystemClock())
    yield made
    made.close()


@pytest.fixture
def gatherers() -> Iterator[Callable[..., Gatherer]]:
    """Make gatherers with the settings of a test; development mode unless it says otherwise."""
    made = []

    def make(**settings: Any) -> Gatherer:
        made.append(Gatherer(Settings(**{"dev": True, **settings}), clock=SystemClock()))
        return made[-1]

    yield make
    for gatherer in made:
        gatherer.close()


@pytest.fixture
def gatherer(gatherers: Callable[..., Gatherer]) -> Gatherer:
    return gatherers()
