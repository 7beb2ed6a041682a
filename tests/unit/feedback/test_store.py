"""The store keeps cards shown and all feedback, each exact repeat once, and says when it cannot be written."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cds_service.errors import StoreUnavailable
from cds_service.feedback.entries import FeedbackEntry, read_feedback
from cds_service.feedback.migrations import STEPS
from cds_service.feedback.store import IN_MEMORY, FeedbackStore
from tests.unit.feedback.samples import CARD, NOW


def entry(**changes: object) -> FeedbackEntry:
    document = {
        "card": CARD.uuid,
        "outcome": "overridden",
        "outcomeTimestamp": "2026-03-01T10:05:00Z",
    } | changes
    (found,) = read_feedback(json.dumps({"feedback": [document]}).encode()).entries
    return found


@pytest.fixture
def store() -> Iterator[FeedbackStore]:
    opened = FeedbackStore(IN_MEMORY)
    yield opened
    opened.close()


def add(store: FeedbackStore, *entries: FeedbackEntry) -> list[tuple[bool, bool]]:
    kept = store.add_feedback(entries, service=CARD.service, received_at=NOW)
    return [(one.repeated, one.known_card) for one in kept]


def test_a_card_is_kept_with_its_rule_version_hash_and_suggestions(store: FeedbackStore) -> None:
    store.add_cards([CARD])
    (row,) = store.rows("SELECT * FROM card_shown")
    assert dict(row) == dataclasses.asdict(CARD) | {
        "suggestions": '["5a6c3b0e-4b55-4d38-9c5e-6a1f4b5b8a21"]',
        "shown_at": "2026-03-01T10:00:00+00:00",
    }


def test_a_card_of_a_retried_call_stays_as_it_was_first_shown(store: FeedbackStore) -> None:
    store.add_cards([CARD])
    store.add_cards([dataclasses.replace(CARD, indicator="info")])
    assert [row["indicator"] for row in store.rows("SELECT indicator FROM card_shown")] == ["warning"]


def test_feedback_on_a_known_card(store: FeedbackStore) -> None:
    store.add_cards([CARD])
    reason = {"code": "patient-refuses", "system": "urn:x"}
    assert add(store, entry(overrideReason={"reason": reason, "userComment": "because"})) == [(False, True)]
    (row,) = store.rows("SELECT * FROM feedback_entry")
    assert (row["card_uuid"], row["outcome"], row["user_comment"]) == (CARD.uuid, "overridden", "because")
    assert json.loads(row["reasons"]) == [{"system": "urn:x", "code": "patient-refuses", "display": None}]
    assert row["outcome_at"] == "2026-03-01T10:05:00+00:00"
    assert json.loads(row["document"])["overrideReason"]["reason"] == reason


def test_feedback_on_an_unknown_card_is_kept_all_the_same(store: FeedbackStore) -> None:
    assert add(store, entry(card="never-shown")) == [(False, False)]
    assert store.count("feedback_entry") == 1


def test_an_exact_repeat_is_recognised_and_kept_once(store: FeedbackStore) -> None:
    assert add(store, entry()) == [(False, False)]
    assert add(store, entry()) == [(True, False)]
    assert add(store, entry(), entry(overrideReason={"userComment": "x"})) == [(True, False), (False, False)]
    assert store.count("feedback_entry") == 2


def test_all_reports_on_one_card_are_kept(store: FeedbackStore) -> None:
    accepted = {"outcome": "accepted", "acceptedSuggestions": [{"id": "s"}]}
    add(store, entry(), entry(outcomeTimestamp="2026-03-01T10:06:00Z"), entry(**accepted))
    assert store.count("feedback_entry") == 3


def test_the_same_entry_to_two_services_is_no_repeat(store: FeedbackStore) -> None:
    store.add_feedback([entry()], service="one", received_at=NOW)
    store.add_feedback([entry()], service="two", received_at=NOW)
    assert store.count("feedback_entry") == 2


def test_only_the_two_tables_can_be_counted(store: FeedbackStore) -> None:
    with pytest.raises(ValueError, match="no such table"):
        store.count("sqlite_master")


def test_many_threads_may_write_at_once(store: FeedbackStore) -> None:
    def write(name: str) -> None:
        for number in range(25):
            store.add_cards([dataclasses.replace(CARD, uuid=f"{name}-{number}")])

    threads = [threading.Thread(target=write, args=(str(n),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.count("card_shown") == 200


def test_a_file_outlives_the_process_and_several_may_share_it(tmp_path: Path) -> None:
    location = str(tmp_path / "deep" / "feedback.sqlite3")
    one, other = FeedbackStore(location), FeedbackStore(location)
    one.add_cards([CARD])
    assert other.count("card_shown") == 1
    assert add(other, entry()) == [(False, True)]
    assert add(one, entry()) == [(True, True)]
    one.close()
    other.close()
    again = FeedbackStore(location)
    assert again.count("feedback_entry") == 1
    again.close()


def test_only_its_owner_can_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "feedback.sqlite3"
    FeedbackStore(str(path)).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_store_that_can_be_written_says_so(store: FeedbackStore) -> None:
    assert store.writable()


def test_a_store_that_another_process_took_read_only_says_so(tmp_path: Path) -> None:
    store = FeedbackStore(str(tmp_path / "feedback.sqlite3"))
    store.rows("PRAGMA query_only = ON")
    assert not store.writable()
    with pytest.raises(StoreUnavailable, match="cannot be written"):
        store.add_cards([CARD])
    store.rows("PRAGMA query_only = OFF")
    assert store.writable()
    store.close()


def test_a_failed_batch_leaves_nothing_behind(store: FeedbackStore) -> None:
    bad = dataclasses.replace(CARD, uuid="other", kind="\ud800")
    with pytest.raises(StoreUnavailable):
        store.add_cards([CARD, bad])
    assert store.count("card_shown") == 0
    store.add_cards([CARD])
    assert store.count("card_shown") == 1


def test_a_closed_store_is_unavailable(store: FeedbackStore) -> None:
    store.close()
    assert not store.writable()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("these are notes, not a database\n" * 100)
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        FeedbackStore(str(path))


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "feedback.sqlite3"
    FeedbackStore(str(path)).close()
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO migration VALUES (?, 'x')", (len(STEPS) + 1,))
    connection.close()
    with pytest.raises(StoreUnavailable):
        FeedbackStore(str(path))


def test_each_step_of_the_tables_runs_once(tmp_path: Path) -> None:
    path = tmp_path / "feedback.sqlite3"
    FeedbackStore(str(path)).close()
    store = FeedbackStore(str(path))
    assert [row["step"] for row in store.rows("SELECT step FROM migration")] == list(range(1, len(STEPS) + 1))
    store.close()
