"""Each error leaves as an OperationOutcome with its own status; only words of our own are in it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException, NotFound, ServiceUnavailable, TooManyRequests

from cds_service.errors import (
    CdsError,
    DataUnavailable,
    EvaluationBug,
    InvalidHookRequest,
    NotTrusted,
    RuleFileInvalid,
    StoreUnavailable,
    UnknownService,
)
from cds_service.hooks.problems import handle_errors
from cds_service.ops.metrics import Metrics
from tests.contract.calls import assert_outcome, json_of
from tests.contract.coverage import covers


def answer_to(error: Exception) -> tuple[Any, Metrics]:
    metrics = Metrics()
    app = Flask(__name__)
    handle_errors(app, metrics)

    @app.get("/")
    def fail() -> str:
        raise error

    return app.test_client().get("/"), metrics


@covers("CALL-34", "CALL-37", "CALL-31", "CALL-42")
@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (InvalidHookRequest("said"), 400, "invalid"),
        (NotTrusted("said"), 401, "login"),
        (UnknownService("said"), 404, "not-found"),
        (DataUnavailable("said"), 412, "incomplete"),
        (StoreUnavailable("said"), 503, "transient"),
    ],
)
def test_an_error_of_our_tree_has_its_status_code_and_words(error: CdsError, status: int, code: str) -> None:
    response, metrics = answer_to(error)
    assert assert_outcome(response, status) == "said"
    assert json_of(response)["issue"][0]["code"] == code
    assert metrics.value("cds_unexpected_errors_total") == 0


@covers("CALL-40")
@pytest.mark.parametrize(
    "error",
    [
        EvaluationBug("Jane"),
        CdsError("Jane"),
        RuleFileInvalid([]),
        ValueError("Jane"),
        RecursionError("Jane"),
    ],
)
def test_what_is_our_own_fault_says_nothing_but_a_reference(error: Exception) -> None:
    response, metrics = answer_to(error)
    assert "Jane" not in assert_outcome(response, 500)
    assert json_of(response)["issue"][0]["diagnostics"].startswith("reference ")
    assert metrics.value("cds_unexpected_errors_total") == 1


@covers("CALL-42")
@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (TooManyRequests(retry_after=7), 429, "throttled"),
        (ServiceUnavailable(retry_after=7), 503, "transient"),
    ],
)
def test_overload_says_when_to_come_back(error: HTTPException, status: int, code: str) -> None:
    response, _ = answer_to(error)
    assert_outcome(response, status)
    assert response.headers["Retry-After"] == "7"
    assert json_of(response)["issue"][0]["code"] == code


def test_a_description_that_is_not_ours_is_not_repeated() -> None:
    response, _ = answer_to(NotFound("no Jane Doe here"))
    assert assert_outcome(response, 404) == "Not Found"
