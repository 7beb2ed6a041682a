"""Runs the application under granian: the service as it is, or the demo with its embedded FHIR server."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask

from cds_service.app import worker_app
from cds_service.ruleset.load import load_ruleset
from cds_service.settings import Settings

DEMO_PATIENT = "refractory-classical"
"""The synthetic patient of the ready-made call."""

_DEMO = "cds_service.serving:demo_service"
_THREADS = 16
"""Enough that a call can wait for the embedded FHIR server, which answers in the same process."""


_STOP_WITHIN = 5
"""Seconds that a worker has to finish its calls when the service is stopped."""


def service() -> Flask:
    """Return the application for a worker process, from the environment."""
    _leave_signals_to_the_main_process()
    return worker_app(os.environ)


def _leave_signals_to_the_main_process() -> None:
    """Keep a terminal's Ctrl-C from a worker: the main process stops it, and two signals at once can lock it."""
    if multiprocessing.parent_process() is not None:
        os.setpgrp()


def demo_service() -> Flask:
    """Return the application with the embedded FHIR server under ``/fhir``."""
    from cds_service.sandbox.fixtures import preload
    from cds_service.sandbox.routes import create_fhir_blueprint
    from cds_service.sandbox.store import ResourceStore

    app = service()
    store = ResourceStore()
    preload(store)
    app.register_blueprint(create_fhir_blueprint(store), url_prefix="/fhir")
    return app


def run(
    target: str, *, host: str, port: int, workers: int, say: Callable[[str], None], settings: Settings
) -> None:
    """Serve until the process is asked to stop (SIGINT, SIGTERM)."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    say(f"Service    http://{host}:{port}/cds-services")
    server = Granian(
        target,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=_THREADS,
        factory=True,
        websockets=False,
        log_level=LogLevels(settings.log_level),
        log_access=False,
        backpressure=256,
        workers_kill_timeout=_STOP_WITHIN,
    )
    server.serve()


def run_demo(*, port: int | None, say: Callable[[str], None], environment: Mapping[str, str]) -> None:
    """Serve the demo on loopback, in development mode, with a database in memory unless one is named.

    The rules are checked first, so that a fault in them is shown here and not in the log of a worker.
    """
    demo_environment = {"CDS_DEV": "1", "CDS_DATABASE": ":memory:", **environment}
    demo_environment["CDS_DEV"] = "1"
    os.environ.update({k: v for k, v in demo_environment.items() if k.startswith("CDS_")})
    settings = Settings.from_environment(os.environ)
    load_ruleset(
        settings.rules,
        profiles=settings.profiles,
        disabled=frozenset(settings.disable_rules),
        rxnorm=settings.rxnorm,
    )
    chosen = port or settings.port
    base = f"http://127.0.0.1:{chosen}"
    for line in _greeting(base):
        say(line)
    run(_DEMO, host="127.0.0.1", port=chosen, workers=1, say=lambda _line: None, settings=settings)


def _greeting(base: str) -> list[str]:
    return [
        "Failed-therapy decision support, demo with synthetic patients. Not for clinical use.",
        "",
        f"  CDS Hooks discovery   {base}/cds-services",
        f"  FHIR R4 server        {base}/fhir/Patient",
        f"  Health                {base}/healthz   {base}/readyz   {base}/metrics",
        "",
        f"Cards for the patient {DEMO_PATIENT}:",
        "",
        f"  {demo_call(base)}",
        "",
        "Ctrl-C stops it.",
        "",
    ]


def demo_call(base: str) -> str:
    """Return the ready-made ``curl`` line."""
    body: dict[str, Any] = {
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "fhirServer": f"{base}/fhir",
        "context": {"userId": "Practitioner/demo", "patientId": DEMO_PATIENT},
    }
    return (
        f"curl -s {base}/cds-services/failed-therapy-patient-view "
        f"-H 'Content-Type: application/json' -d '{json.dumps(body, separators=(',', ':'))}'"
    )
