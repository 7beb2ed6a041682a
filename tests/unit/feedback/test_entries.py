"""Feedback documents are read liberally: what is unambiguous is taken, what is not is named by its place."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from cds_service.errors import InvalidHookRequest
from cds_service.feedback.entries import FeedbackEntry, OverrideReason, read_feedback

CARD = "0b7c6a52-6d0f-4a39-9f2e-1f8f4f1b7a10"
SUGGESTION = "5a6c3b0e-4b55-4d38-9c5e-6a1f4b5b8a21"


def overridden(**changes: Any) -> dict[str, Any]:
    return {"card": CARD, "outcome": "overridden", "outcomeTimestamp": "2026-03-01T10:00:00Z"} | changes


def accepted(**changes: Any) -> dict[str, Any]:
    return overridden(outcome="accepted", acceptedSuggestions=[{"id": SUGGESTION}]) | changes


def body(*entries: object) -> bytes:
    return json.dumps({"feedback": list(entries)}).encode()


def read_one(entry: dict[str, Any]) -> FeedbackEntry:
    document = read_feedback(body(entry))
    assert document.refused == ()
    (found,) = document.entries
    return found


def problem_with(entry: object) -> str:
    with pytest.raises(InvalidHookRequest) as caught:
        read_feedback(body(entry))
    return str(caught.value)


def test_a_plain_dismissal() -> None:
    entry = read_one(overridden())
    assert (entry.card, entry.outcome, entry.reasons, entry.comment) == (CARD, "overridden", (), None)


def test_an_accepted_suggestion() -> None:
    assert read_one(accepted()).accepted_suggestions == (SUGGESTION,)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2020-12-11T00:00:00Z", datetime(2020, 12, 11, tzinfo=UTC)),
        ("2020-12-11t00:00:00z", datetime(2020, 12, 11, tzinfo=UTC)),
        ("2020-12-11T00:00:28.5Z", datetime(2020, 12, 11, 0, 0, 28, 500_000, tzinfo=UTC)),
        ("2020-12-11T00:00:28.123456789Z", datetime(2020, 12, 11, 0, 0, 28, 123_456, tzinfo=UTC)),
        ("2020-12-11T00:00:00+00:00", datetime(2020, 12, 11, tzinfo=UTC)),
        ("2020-12-11T02:00:00+02:00", datetime(2020, 12, 11, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_moment_with_a_zone_is_read_and_kept_in_utc(text: str, moment: datetime) -> None:
    assert read_one(overridden(outcomeTimestamp=text)).at == moment


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "2020-12-11",
        "2020-12-11T00:00:00",
        "2020-12-11 00:00:00Z",
        "2020-13-11T00:00:00Z",
        "2020-12-11T25:00:00Z",
        "0001-01-01T00:00:00+10:00",
        "\uff12020-12-11T00:00:00Z",
        "",
        None,
        1_607_644_800,
    ],
)
def test_a_timestamp_that_names_no_moment_is_refused(text: object) -> None:
    assert "outcomeTimestamp" in problem_with(overridden(outcomeTimestamp=text))


@pytest.mark.parametrize("outcome", ["ignored", "ACCEPTED", "", None, 1, ["accepted"]])
def test_only_two_outcomes_exist(outcome: object) -> None:
    assert "outcome must be accepted or overridden" in problem_with(accepted(outcome=outcome))


@pytest.mark.parametrize("suggestions", [None, [], [{}], [{"id": ""}], ["x"], {"id": "x"}])
def test_accepted_needs_the_suggestions(suggestions: object) -> None:
    assert "acceptedSuggestions" in problem_with(accepted(acceptedSuggestions=suggestions))


@pytest.mark.parametrize("card", [None, "", " ", 7, {"id": CARD}])
def test_the_card_must_be_named(card: object) -> None:
    assert "card must be a text" in problem_with(overridden(card=card))


def test_a_card_need_not_be_a_uuid() -> None:
    assert read_one(overridden(card="BPA-17/2")).card == "BPA-17/2"


@pytest.mark.parametrize(
    ("reason", "comment"),
    [
        (None, None),
        ({"code": "patient-refuses", "system": "http://example.org/reasons"}, None),
        (None, "discussed with the patient"),
        ({"code": "patient-refuses"}, "discussed with the patient"),
    ],
)
def test_reason_and_comment_may_each_be_missing(reason: dict[str, str] | None, comment: str | None) -> None:
    given = {
        key: value for key, value in {"reason": reason, "userComment": comment}.items() if value is not None
    }
    entry = read_one(overridden(overrideReason=given))
    assert entry.comment == comment
    assert entry.reasons == (
        () if reason is None else (OverrideReason(code="patient-refuses", system=reason.get("system")),)
    )


def test_a_reason_that_was_never_offered_is_kept_as_it_is() -> None:
    reason = {"code": "site-77", "system": "urn:site", "display": "Seen by pain clinic"}
    entry = read_one(overridden(overrideReason={"reason": reason}))
    assert entry.reasons == (
        OverrideReason(code="site-77", system="urn:site", display="Seen by pain clinic"),
    )


@pytest.mark.parametrize(
    "plural",
    [{"reason": {"code": "a"}, "userComment": "why"}, [{"reason": {"code": "a"}, "userComment": "why"}]],
)
def test_the_plural_of_epics_examples_is_understood(plural: object) -> None:
    entry = read_one(overridden(overrideReasons=plural))
    assert (entry.reasons, entry.comment) == ((OverrideReason(code="a"),), "why")


@pytest.mark.parametrize(
    "reason",
    [
        "text",
        {"reason": "text"},
        {"reason": {"display": "no code"}},
        {"reason": {"code": 5}},
        {"userComment": 5},
        {"userComment": "x" * 20_001},
        ["text"],
    ],
)
def test_an_override_reason_of_another_shape_is_refused(reason: object) -> None:
    assert "overrideReason" in problem_with(overridden(overrideReason=reason))


def test_null_members_count_as_missing() -> None:
    entry = read_one(
        overridden(acceptedSuggestions=None, overrideReason={"reason": None, "userComment": None})
    )
    assert (entry.accepted_suggestions, entry.reasons, entry.comment) == ((), (), None)


def test_the_whole_entry_is_kept_with_its_extensions() -> None:
    extension = {"com.example.row": {"id": 3}}
    entry = read_one(overridden(extension=extension, source={"topic": {"code": "TN01"}}))
    kept = json.loads(entry.document)
    assert kept["extension"] == extension
    assert kept["source"] == {"topic": {"code": "TN01"}}


def test_members_in_another_order_make_the_same_document() -> None:
    entry = overridden()
    backwards = dict(reversed(entry.items()))
    assert read_one(entry).document == read_one(backwards).document


def test_a_batch_keeps_its_good_entries_and_names_the_bad_ones_by_index() -> None:
    document = read_feedback(body(accepted(), overridden(outcome="?"), overridden(), "junk"))
    assert [entry.outcome for entry in document.entries] == ["accepted", "overridden"]
    assert [(bad.index, bad.problem) for bad in document.refused] == [
        (1, "outcome must be accepted or overridden"),
        (3, "an entry must be an object"),
    ]


def test_an_empty_array_says_nothing_and_is_fine() -> None:
    document = read_feedback(body())
    assert (document.entries, document.refused) == ((), ())


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"not json",
        b"[]",
        b"null",
        b"{}",
        b'{"feedback": {}}',
        b'{"feedback": null}',
        b'{"card": "x", "outcome": "accepted"}',
        b'{"feedback": [' + b"[" * 100_000,
        b'{"feedback": ["\\ud800"]}',
        b"\xff\xfe",
    ],
)
def test_what_is_no_feedback_document_is_refused(junk: bytes) -> None:
    with pytest.raises(InvalidHookRequest):
        read_feedback(junk)


def test_an_entry_nested_too_deeply_to_keep_is_refused() -> None:
    deep: Any = "x"
    for _ in range(400):
        deep = [deep]
    assert "nested" in problem_with(overridden(extension={"deep": deep}))


def test_no_problem_repeats_what_was_sent() -> None:
    secret = "Jane Doe 1961"
    for entry in (
        overridden(outcome=secret),
        overridden(outcomeTimestamp=secret),
        overridden(card={"name": secret}),
        overridden(overrideReason=secret),
        secret,
    ):
        assert secret not in problem_with(entry)
