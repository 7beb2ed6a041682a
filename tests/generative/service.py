"""The real service, asked about a chart: with its record as prefetch, or with a FHIR server to fetch it from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from cds_service.app import app_of, shut_down
from cds_service.clock import SystemClock
from cds_service.settings import Settings
from tests.contract.calls import PATHS, bundle
from tests.contract.patients import call_for, prefetch_of
from tests.generative.charts import Chart, Json, reference_of
from tests.generative.world import rules

NOON = time(12, tzinfo=UTC)
MANY = 1000
"""Cards a call: a property wants to see them all."""


class ClockOfCharts(SystemClock):
    """Says that it is the day of the chart in question; time that passes is real."""

    def __init__(self) -> None:
        self.today = date(2026, 6, 15)

    def now(self) -> datetime:
        return datetime.combine(self.today, NOON)


class Service:
    """The service as one client sees it."""

    def __init__(self, client: FlaskClient, clock: ClockOfCharts) -> None:
        self._client = client
        self._clock = clock

    def answer(self, body: bytes, *, hook: str, as_of: date) -> bytes:
        """The answer to a call, byte by byte, on a day."""
        self._clock.today = as_of
        response = self._client.post(PATHS[hook], data=body, content_type="application/json")
        assert response.status_code == 200, response.get_data(as_text=True)
        return bytes(response.data)

    def templates(self, hook: str) -> dict[str, str]:
        """The prefetch templates that discovery publishes for a hook."""
        services = self._client.get("/cds-services").get_json()["services"]
        found: dict[str, str] = next(s["prefetch"] for s in services if s["hook"] == hook)
        return found


@contextmanager
def running(**settings: Any) -> Iterator[Service]:
    """Start the service with the project's rules; it ends with the block."""
    clock = ClockOfCharts()
    merged: dict[str, Any] = {"dev": True, "database": Path(":memory:"), "cards_per_call": MANY} | settings
    app = app_of(rules(), Settings(**merged), clock=clock)
    try:
        yield Service(app.test_client(), clock)
    finally:
        shut_down(app)


def call_of(chart: Chart, *, prefetch: Json | None, **members: Any) -> Json:
    """A call of the chart's hook about the chart's patient."""
    chosen = chart.selected if chart.selected is not None else tuple(map(reference_of, chart.drafts))
    return call_for(
        chart.patient["id"],
        chart.hook,
        prefetch=prefetch,
        drafts=chart.drafts,
        selected=chosen,
        **members,
    )


def whole_prefetch(chart: Chart) -> Json:
    """The whole record under the keys that discovery publishes."""
    return prefetch_of([chart.patient, *chart.resources])


__all__ = ["Service", "bundle", "call_of", "running", "whole_prefetch"]
