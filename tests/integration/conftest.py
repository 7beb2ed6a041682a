"""A real FHIR server for the integration tests: one per test run, or the one that HAPI_BASE names."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.integration.hapi_server import running_hapi


@pytest.fixture(scope="session")
def hapi_base_url() -> Iterator[str]:
    """Base address without a trailing slash, such as ``http://127.0.0.1:18280/fhir``.

    The server is shared by the whole run: a test uses ids of its own and removes nothing that it did not create.
    """
    given = os.environ.get("HAPI_BASE")
    if given:
        yield given.rstrip("/")
        return
    with running_hapi() as base_url:
        yield base_url
