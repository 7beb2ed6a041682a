"""Where the record comes from says nothing of the patient: sent along, fetched in stages, or half of each."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from werkzeug.serving import make_server

from cds_service import advice
from cds_service.casework.read import WrittenCase
from cds_service.sandbox.routes import create_fhir_blueprint
from cds_service.sandbox.store import ResourceStore
from tests.generative.charts import Chart, Json, chart_of, of_patient, subject_of
from tests.generative.runs import DEEP
from tests.generative.service import Service, call_of, running, whole_prefetch
from tests.generative.world import FILES, all_cases, cases_of, some_cases

SAMPLE = 40
MIXTURE = ("patient", "conditions", "medications", "observations")
"""What the mixed client sends; the rest is fetched."""


@dataclass(frozen=True)
class Hospital:
    """A service, the FHIR server that it may ask, and the patients on it."""

    service: Service
    base_url: str
    charts: tuple[Chart, ...]

    def answers(self, chart: Chart) -> dict[str, Json]:
        """The answer of each way to get at the record."""
        whole = whole_prefetch(chart)
        some = {key: value for key, value in whole.items() if key in MIXTURE}
        return {
            "prefetched": self._answer(chart, call_of(chart, prefetch=whole)),
            "fetched": self._answer(chart, call_of(chart, prefetch=None, fhirServer=self.base_url)),
            "mixed": self._answer(chart, call_of(chart, prefetch=some, fhirServer=self.base_url)),
        }

    def _answer(self, chart: Chart, call: Json) -> Json:
        body = json.dumps(call).encode()
        found: Json = json.loads(self.service.answer(body, hook=chart.hook, as_of=chart.as_of))
        return found


@pytest.fixture(scope="module")
def hospital() -> Iterator[Hospital]:
    """All patients on one server, each under ids of its own."""
    cases = all_cases() if DEEP else [*some_cases(SAMPLE, seed="modes"), *_with_two_drugs()]
    store = ResourceStore()
    charts = tuple(_stored(of_patient(chart_of(case), f"p{n}"), store) for n, case in enumerate(cases))
    app = Flask("embedded")
    app.register_blueprint(create_fhir_blueprint(store), url_prefix="/fhir")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    base_url = f"http://127.0.0.1:{server.server_port}/fhir"
    with running(
        fhir_servers=(base_url,), call_budget_seconds=60, read_timeout_seconds=60, connect_timeout_seconds=10
    ) as service:
        yield Hospital(service, base_url, charts)
    server.shutdown()
    thread.join()


def _with_two_drugs() -> tuple[WrittenCase, ...]:
    """Patients who may stop the drug that they have: the answer returns an order of the record as it is."""
    (path,) = (path for path in FILES if path.name.startswith("TN-32-"))
    return cases_of(path)[:4]


def _stored(chart: Chart, store: ResourceStore) -> Chart:
    """Put a patient on the server; the chart as the server would send it, without what it would never find for them."""
    own = [r for r in chart.resources if _is_found(r, chart.patient["id"])]
    stored = [dict(store.put(resource).body or {}) for resource in (chart.patient, *own)]
    return chart.with_(patient=stored[0], resources=tuple(stored[1:]))


def _is_found(resource: Json, patient_id: str) -> bool:
    whose = resource.get(subject_of(resource))
    return whose is None or whose.get("reference") == f"Patient/{patient_id}"


def assert_the_same_in_every_mode(hospital: Hospital) -> tuple[int, int]:
    """Hold the answers of all patients against each other; return how many have cards, and how many an order to stop."""
    with_cards = with_orders_to_stop = 0
    for chart in hospital.charts:
        answers = hospital.answers(chart)
        assert answers["fetched"] == answers["prefetched"], chart
        assert answers["mixed"] == answers["prefetched"], chart
        with_cards += bool(answers["prefetched"]["cards"])
        with_orders_to_stop += '"stopped"' in json.dumps(answers["prefetched"])
    return with_cards, with_orders_to_stop


def test_prefetched_and_fetched_records_give_the_same_answer(hospital: Hospital) -> None:
    with_cards, with_orders_to_stop = assert_the_same_in_every_mode(hospital)

    assert with_cards >= len(hospital.charts) // 3
    assert with_orders_to_stop >= 1


def test_a_service_that_fetches_too_little_is_noticed(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(advice, "further_types", lambda *_, **__: frozenset())

    with pytest.raises(AssertionError):
        assert_the_same_in_every_mode(hospital)
