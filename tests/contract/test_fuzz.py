"""Whatever is sent, the answer is a hook answer or an OperationOutcome, never a fault of ours, and the next call works."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from cds_service.app import EXTENSION, shut_down
from cds_service.hooks.services import Services
from tests.contract.calls import (
    PATHS,
    FakeAdviser,
    assert_outcome,
    build,
    bundle,
    call,
    context,
    draft,
    json_of,
)
from tests.contract.cards import assert_answer
from tests.contract.coverage import covers
from tests.contract.patients import CARL, call_for, carbamazepine_for, prefetch_of, records_of

texts = st.text(max_size=20) | st.sampled_from(
    ["", "Patient/1", "MedicationRequest/draft-1", "patient-view", "../x", "\x00"]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
names = texts | st.sampled_from(
    ["resourceType", "entry", "resource", "id", "hook", "context", "feedback", "card"]
)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=20,
)
paths = st.sampled_from([*PATHS.values(), *(path + "/feedback" for path in PATHS.values())])


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[FlaskClient]:
    app = build(FakeAdviser())
    yield app.test_client()
    services: Services = app.extensions[EXTENSION]
    assert services.metrics.value("cds_unexpected_errors_total") == 0
    shut_down(app)


def assert_answered(client: FlaskClient, path: str, body: bytes) -> None:
    response = client.post(path, data=body, content_type="application/json")
    if response.status_code == 200:
        document = json.loads(response.data)
        assert path.endswith("/feedback") or document == {"cards": []}
    else:
        assert_outcome(response, 400)


def full_call(hook: str) -> dict[str, Any]:
    """A call with everything a client may send."""
    token = {"access_token": "t", "token_type": "Bearer", "expires_in": 300, "scope": "s", "subject": "c"}
    fields = context(hook, encounterId="e-1")
    return call(
        hook,
        context=fields,
        fhirServer="https://ehr.example.org",
        fhirAuthorization=token,
        prefetch={"medications": bundle(draft()), "conditions": None},
    )


def full_feedback() -> dict[str, Any]:
    entry = {
        "card": "c",
        "outcome": "overridden",
        "outcomeTimestamp": "2026-03-01T10:00:00Z",
        "acceptedSuggestions": [{"id": "s"}],
        "overrideReason": {"reason": {"code": "a", "system": "b", "display": "c"}, "userComment": "d"},
    }
    return {"feedback": [entry, entry]}


def places(value: object, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where something could be put in place of what is there."""
    if at:
        yield at
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, (*at, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*at, index))


def put(document: dict[str, Any], at: tuple[str | int, ...], value: object) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    holder: Any = changed
    for step in at[:-1]:
        holder = holder[step]
    holder[at[-1]] = value
    return changed


@covers("TV-12", "CALL-40")
@given(path=paths, body=st.binary(max_size=200))
def test_random_bytes(fuzzed: FlaskClient, path: str, body: bytes) -> None:
    assert_answered(fuzzed, path, body)


@covers("TV-12", "CALL-40")
@given(path=paths, value=json_values)
def test_random_json(fuzzed: FlaskClient, path: str, value: object) -> None:
    assert_answered(fuzzed, path, json.dumps(value).encode())


@covers("CALL-40", "PRE-29", "CALL-11", "HOOK-05")
@given(hook=st.sampled_from(sorted(PATHS)), data=st.data(), value=json_values)
def test_one_member_of_a_good_call_replaced(
    fuzzed: FlaskClient, hook: str, data: st.DataObject, value: object
) -> None:
    document = full_call(hook)
    at = data.draw(st.sampled_from(list(places(document))))
    assert_answered(fuzzed, PATHS[hook], json.dumps(put(document, at, value)).encode())


@covers("CALL-40", "FB-09")
@given(data=st.data(), value=json_values)
def test_one_member_of_good_feedback_replaced(
    fuzzed: FlaskClient, data: st.DataObject, value: object
) -> None:
    document = full_feedback()
    at = data.draw(st.sampled_from(list(places(document))))
    assert_answered(fuzzed, PATHS["order-sign"] + "/feedback", json.dumps(put(document, at, value)).encode())


@covers("CALL-40")
@given(hook=st.sampled_from(sorted(PATHS)), cut=st.floats(min_value=0, max_value=1))
def test_a_call_broken_off_anywhere(fuzzed: FlaskClient, hook: str, cut: float) -> None:
    body = json.dumps(full_call(hook)).encode()
    assert_answered(fuzzed, PATHS[hook], body[: int(len(body) * cut)])


@covers("CALL-37", "CALL-40")
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "BREW"]),
    path=st.text(max_size=30),
)
def test_random_paths_and_methods(fuzzed: FlaskClient, method: str, path: str) -> None:
    raw = "/cds-services/" + path.encode("utf-8", "replace").decode("latin-1")
    response = fuzzed.open(method=method, environ_overrides={"PATH_INFO": raw}, json={})
    assert response.status_code in (200, 204, 400, 404, 405)
    assert "Location" not in response.headers


CARLS_CALL = call_for(
    CARL, "order-sign", prefetch=prefetch_of(records_of(CARL)), drafts=[carbamazepine_for(CARL)]
)
CARLS_PLACES = list(places(CARLS_CALL))


@covers("CALL-40", "PRE-29")
@given(at=st.sampled_from(CARLS_PLACES), value=json_values)
def test_one_member_of_a_patients_record_replaced(
    service: FlaskClient, at: tuple[str | int, ...], value: object
) -> None:
    """The real service: whatever one member is, the answer is cards, 400 or 412."""
    response = service.post(PATHS["order-sign"], json=put(CARLS_CALL, at, value))
    if response.status_code == 200:
        assert_answer(json_of(response), patient=CARL)
    else:
        assert_outcome(response, response.status_code)
        assert response.status_code in (400, 412)
