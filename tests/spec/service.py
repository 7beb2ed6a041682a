"""The service for specification tests: real calls over HTTP, with the patient's record as prefetch.

For sentences about what an answer carries beside its cards, and about data that could not be had.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from cds_service.app import app_of, shut_down
from cds_service.cards.explanation import EXTENSION
from cds_service.casework.build import build_patient
from cds_service.casework.changes import draft_ids, with_ids
from cds_service.casework.context import PATIENT_ID
from cds_service.casework.format import Person
from cds_service.clock import FixedClock
from cds_service.hooks.services import INCOMPLETE
from cds_service.ruleset.ruleset import Ruleset
from cds_service.settings import Settings
from tests.contract.calls import INSTANCE, PATHS
from tests.contract.patients import KEYS, call_for, prefetch_of
from tests.spec.clinic import item_of
from tests.unit.fhir.support import next_link, outcome

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Answer:
    """What the service answered."""

    status: int
    document: Mapping[str, Any]

    @property
    def cards(self) -> Sequence[Mapping[str, Any]]:
        """The cards, as the client gets them."""
        found: Sequence[Mapping[str, Any]] = self.document["cards"]
        return found

    @property
    def ids(self) -> list[str]:
        """Ids of the cards, in order."""
        return [card["extension"][EXTENSION]["card"] for card in self.cards]

    @property
    def incomplete(self) -> Mapping[str, Any] | None:
        """What the answer says it had to do without; None when it was complete."""
        found: Mapping[str, Any] | None = self.document.get("extension", {}).get(INCOMPLETE)
        return found


@dataclass(frozen=True)
class Service:
    """A running service and the rules that it works with."""

    rules: Ruleset
    client: FlaskClient

    def call(
        self,
        *history: str,
        drafts: Sequence[str] = (),
        hook: str = "patient-view",
        left_out: Sequence[str] = (),
        failed: Sequence[str] = (),
        next_page: Sequence[str] = (),
        instance: str = INSTANCE,
    ) -> Answer:
        """Call a hook, without a FHIR server that could be asked for what is not sent.

        Types that are ``left_out`` are not sent; those that ``failed`` come as an OperationOutcome; those with a
        ``next_page`` come with a link to one.
        """
        items = with_ids([item_of(text) for text in history])
        built = build_patient(
            self.rules.terminology, Person(), items, draft_ids([item_of(text) for text in drafts])
        )
        prefetch = prefetch_of([built.patient, *built.resources])
        prefetch = {key: value for key, value in prefetch.items() if key not in {KEYS[t] for t in left_out}}
        prefetch |= {KEYS[t]: outcome("error") for t in failed}
        for key in (KEYS[t] for t in next_page):
            prefetch[key]["link"] = next_link("https://ehr.example.org/fhir?page=2")
        body = call_for(
            PATIENT_ID, hook, prefetch=prefetch, drafts=built.drafts, selected=list(built.references.values())
        )
        response = self.client.post(PATHS[hook], json=body | {"hookInstance": instance})
        return Answer(response.status_code, response.get_json())

    def get(self, path: str) -> str:
        """The text at another address of the service."""
        return self.client.get(path).text


@contextmanager
def running(rules: Ruleset, **settings: Any) -> Iterator[Service]:
    """Run a service on 15 June 2026, with settings of its own."""
    app = app_of(rules, Settings(dev=True, database=Path(":memory:"), **settings), clock=FixedClock(NOON))
    try:
        yield Service(rules, app.test_client())
    finally:
        shut_down(app)
