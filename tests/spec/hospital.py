"""A hospital for specification tests: it calls the service with a FHIR server, a time zone and an hour of its own.

For the few sentences about what only a call has: where a Medication is found, and what day and hour it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cds_service.app import app_of, shut_down
from cds_service.cards.explanation import EXTENSION
from cds_service.casework.build import build_patient
from cds_service.casework.changes import with_ids
from cds_service.casework.context import PATIENT_ID
from cds_service.casework.format import Person
from cds_service.clock import FixedClock
from cds_service.ruleset.ruleset import Ruleset
from cds_service.settings import Settings
from tests.contract.calls import PATHS
from tests.contract.patients import call_for, prefetch_of
from tests.spec.clinic import item_of
from tests.spec.service import NOON, Answer
from tests.unit.fhir.support import Stub, start, store

VIEW = "patient-view"


@dataclass(frozen=True)
class Hospital:
    """Opens charts; ``rules`` are those of the service that it calls."""

    rules: Ruleset

    def opens(
        self, *history: str, on_server: Sequence[str] = (), at: str = NOON.isoformat(), zone: str = "UTC"
    ) -> Answer:
        """Open a chart. Resources of the types ``on_server`` are not sent: they wait on the hospital's FHIR server."""
        items = with_ids([item_of(text) for text in history])
        built = build_patient(self.rules.terminology, Person(), items, {})
        everything = [built.patient, *built.resources]
        kept = [resource for resource in everything if resource["resourceType"] in on_server]
        sent = [resource for resource in everything if resource not in kept]
        settings = Settings(dev=True, database=Path(":memory:"), time_zone=ZoneInfo(zone))
        app = app_of(self.rules, settings, clock=FixedClock(datetime.fromisoformat(at)))
        try:
            with _server(kept) as base:
                call = call_for(PATIENT_ID, VIEW, prefetch=prefetch_of(sent), fhirServer=base)
                response = app.test_client().post(PATHS[VIEW], json=call)
        finally:
            shut_down(app)
        return Answer(response.status_code, response.get_json())


def explained(answer: Answer, card: str) -> Mapping[str, Any]:
    """The explanation of a card that must be there."""
    explanations = [shown["extension"][EXTENSION] for shown in answer.cards]
    found: Mapping[str, Any] = next(e for e in explanations if e["card"] == card)
    return found


@contextmanager
def _server(resources: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Run a FHIR server that holds some resources; yields its base URL."""
    stub = Stub(store(*resources))
    server = start(stub)
    try:
        yield stub.base
    finally:
        stub.over.set()
        server.shutdown()
        server.server_close()
