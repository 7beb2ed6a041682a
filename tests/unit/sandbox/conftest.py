"""Embedded FHIR servers: on a test client, and on a port."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from cds_service.sandbox.routes import create_fhir_blueprint
from cds_service.sandbox.store import ResourceStore
from tests.unit.sandbox.samples import Server


@pytest.fixture
def store() -> ResourceStore:
    return ResourceStore()


@pytest.fixture
def make_fhir_server() -> Callable[..., Server]:
    def make(store: ResourceStore, **options: Any) -> Server:
        app = Flask(__name__)
        app.register_blueprint(create_fhir_blueprint(store, **options), url_prefix="/fhir")
        return Server(app.test_client())

    return make


@pytest.fixture
def server(store: ResourceStore, make_fhir_server: Callable[..., Server]) -> Server:
    return make_fhir_server(store)


@pytest.fixture
def on_a_port() -> Callable[[ResourceStore], Any]:
    """A context manager that serves a store over real HTTP and gives the base address."""

    @contextmanager
    def serve(store: ResourceStore) -> Iterator[str]:
        app = Flask(__name__)
        app.register_blueprint(create_fhir_blueprint(store), url_prefix="/fhir")
        http = make_server("127.0.0.1", 0, app, threaded=True)
        thread = Thread(target=http.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_port}/fhir"
        finally:
            http.shutdown()
            thread.join()
            http.server_close()

    return serve
