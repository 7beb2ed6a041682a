"""Log lines are JSON, and what is not on the list of allowed fields never reaches them."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from cds_service.ops.logging import JsonLines, configure_logging, loggable_instance


class Lines:
    """A logger tree of its own with our formatter, and what it wrote."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.handler = logging.StreamHandler(self.stream)
        self.handler.setFormatter(JsonLines())

    def logger(self, name: str) -> logging.Logger:
        logger = logging.Logger(name)  # noqa: LOG001 (apart from the loggers of the process)
        logger.addHandler(self.handler)
        return logger

    def one(self) -> dict[str, Any]:
        (line,) = self.stream.getvalue().splitlines()
        found: dict[str, Any] = json.loads(line)
        return found


@pytest.fixture
def lines() -> Lines:
    return Lines()


def test_a_line_says_when_where_and_what(lines: Lines) -> None:
    lines.logger("cds_service.hooks").info("call answered", extra={"hook": "order-sign", "status": 200})
    line = lines.one()
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "cds_service.hooks",
        "event": "call answered",
        "hook": "order-sign",
        "status": 200,
    }


def test_a_field_that_is_not_allowed_is_withheld_and_named(lines: Lines) -> None:
    lines.logger("cds_service.fhir").warning("odd", extra={"patient": "Jane Doe", "count": 2})
    assert "Jane Doe" not in lines.stream.getvalue()
    assert lines.one()["withheld"] == ["patient"]
    assert lines.one()["count"] == 2


def test_an_allowed_field_of_an_odd_type_is_withheld(lines: Lines) -> None:
    lines.logger("cds_service.fhir").warning("odd", extra={"reason": object()})
    assert lines.one()["withheld"] == ["reason"]


def test_arguments_of_a_message_are_never_filled_in(lines: Lines) -> None:
    lines.logger("cds_service.fhir").warning("query for %s failed", "Jane Doe")
    assert lines.one()["event"] == "query for %s failed"
    assert "Jane" not in lines.stream.getvalue()


def test_a_library_shows_neither_message_nor_fields(lines: Lines) -> None:
    lines.logger("urllib3").warning("GET /Patient/123", extra={"reason": "Jane Doe"})
    line = lines.one()
    assert set(line) == {"time", "level", "logger"}


def test_an_exception_shows_its_types_and_place_without_message(lines: Lines) -> None:
    try:
        try:
            raise KeyError("Jane Doe")
        except KeyError as inner:
            raise ValueError("born 1961-04-12") from inner
    except ValueError:
        lines.logger("cds_service.cards").exception("card broke")
    line = lines.one()
    assert line["exception"] == ["ValueError", "KeyError"]
    assert line["place"][-1].startswith("test_logging.py:")
    assert "Jane" not in lines.stream.getvalue()
    assert "1961" not in lines.stream.getvalue()


def test_an_exception_of_a_library_is_shown_in_the_same_way(lines: Lines) -> None:
    try:
        raise OSError("https://ehr.example.org/Patient/123")
    except OSError:
        lines.logger("werkzeug").exception("failed")
    assert lines.one()["exception"] == ["OSError"]
    assert "ehr.example.org" not in lines.stream.getvalue()


def test_long_texts_and_lists_are_cut(lines: Lines) -> None:
    lines.logger("cds_service").info("long", extra={"reason": "x" * 500, "rules": ["r"] * 500})
    assert len(lines.one()["reason"]) == 200
    assert len(lines.one()["rules"]) == 50


def test_a_name_that_a_client_made_up_is_not_shown_as_a_key(lines: Lines) -> None:
    lines.logger("cds_service").info("odd", extra={"unreadable": {"Jane Doe, 1961": 1, "Condition": 2}})
    assert lines.one()["unreadable"] == {"?": 1, "Condition": 2}


def test_sets_are_shown_in_order(lines: Lines) -> None:
    lines.logger("cds_service").info("set", extra={"rules": frozenset({"b", "a"})})
    assert lines.one()["rules"] == ["a", "b"]


@pytest.mark.parametrize(
    "text", ["3F2504E0-4F89-41D3-9A0C-0305E82C3301", "urn:uuid:3f2504e0-4f89-41d3-9a0c-0305e82c3301"]
)
def test_a_hook_instance_that_is_a_uuid_is_logged_in_one_form(text: str) -> None:
    assert loggable_instance(text) == "3f2504e0-4f89-41d3-9a0c-0305e82c3301"


def test_another_hook_instance_is_logged_as_a_digest() -> None:
    shown = loggable_instance("Jane Doe, born 1961")
    assert shown.startswith("not-a-uuid:")
    assert "Jane" not in shown
    assert shown == loggable_instance("Jane Doe, born 1961")
    assert shown != loggable_instance("John Doe, born 1961")


@pytest.fixture
def root_logger_restored() -> Iterator[None]:
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    yield
    logging.captureWarnings(False)
    root.setLevel(before[0])
    root.handlers[:] = before[1]


@pytest.mark.usefixtures("root_logger_restored")
def test_the_whole_process_logs_in_this_way_from_the_chosen_level_on() -> None:
    stream = io.StringIO()
    configure_logging("warning", stream=stream)
    logging.getLogger("cds_service.test").info("quiet")
    logging.getLogger("cds_service.test").warning("loud")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["loud"]
