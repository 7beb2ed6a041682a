"""Remembering cards happens in the background: it never waits, never raises, and counts what it drops."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Iterator, Sequence

import pytest

from cds_service.errors import StoreUnavailable
from cds_service.feedback.recorder import CardRecorder
from cds_service.feedback.shown import ShownCard
from cds_service.feedback.store import IN_MEMORY, FeedbackStore
from cds_service.ops.metrics import Metrics
from tests.unit.feedback.samples import CARD


class HeldStore:
    """A store that writes nothing until it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.batches: list[list[str]] = []

    def add_cards(self, cards: Sequence[ShownCard]) -> None:
        self.go.wait(10)
        self.batches.append([card.uuid for card in cards])


class BrokenStore:
    """A store that fails, first as a store may, then as nobody foresaw."""

    def __init__(self) -> None:
        self.errors: Iterator[Exception] = iter([StoreUnavailable("full"), RuntimeError("odd")])
        self.written = 0

    def add_cards(self, cards: Sequence[ShownCard]) -> None:
        error = next(self.errors, None)
        if error is not None:
            raise error
        self.written += len(cards)


def card(name: str) -> tuple[ShownCard, ...]:
    return (dataclasses.replace(CARD, uuid=name),)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def dropped(metrics: Metrics, reason: str) -> float:
    return metrics.value("cds_cards_not_remembered_total", {"reason": reason})


def test_cards_reach_the_store(metrics: Metrics) -> None:
    store = FeedbackStore(IN_MEMORY)
    recorder = CardRecorder(store, metrics)
    recorder.remember(card("a"))
    recorder.remember(card("b"))
    assert recorder.flush(5)
    assert [row["uuid"] for row in store.rows("SELECT uuid FROM card_shown ORDER BY uuid")] == ["a", "b"]
    assert metrics.value("cds_cards_remembered_total") == 2
    recorder.close()
    store.close()


def test_a_slow_store_does_not_hold_up_the_answer_and_drops_are_counted(metrics: Metrics) -> None:
    store = HeldStore()
    recorder = CardRecorder(store, metrics, capacity=3)
    began = time.monotonic()
    for number in range(20):
        recorder.remember(card(str(number)))
    assert time.monotonic() - began < 2
    assert not recorder.flush(0.01)
    store.go.set()
    recorder.close()
    written = sum(map(len, store.batches))
    assert written + dropped(metrics, "queue-full") == 20
    assert dropped(metrics, "queue-full") >= 15


def test_a_failing_store_costs_its_cards_only(metrics: Metrics) -> None:
    store = BrokenStore()
    recorder = CardRecorder(store, metrics)
    for name in "abc":
        recorder.remember(card(name))
        assert recorder.flush(5)
    assert dropped(metrics, "store-failed") == 2
    assert store.written == 1
    recorder.close()


def test_closing_writes_what_is_left(metrics: Metrics) -> None:
    store = HeldStore()
    recorder = CardRecorder(store, metrics)
    for name in "abcde":
        recorder.remember(card(name))
    store.go.set()
    recorder.close()
    assert sorted(uuid for batch in store.batches for uuid in batch) == list("abcde")


def test_after_closing_cards_are_dropped_and_counted(metrics: Metrics) -> None:
    recorder = CardRecorder(BrokenStore(), metrics)
    recorder.close()
    recorder.close()
    recorder.remember(card("late"))
    assert dropped(metrics, "closed") == 1


def test_closing_gives_up_on_a_store_that_hangs(metrics: Metrics) -> None:
    store = HeldStore()
    recorder = CardRecorder(store, metrics, capacity=1)
    recorder.remember(card("a"))
    deadline = time.monotonic() + 5
    while dropped(metrics, "queue-full") == 0 and time.monotonic() < deadline:
        recorder.remember(card("b"))
    began = time.monotonic()
    recorder.close(seconds=0.1)
    assert time.monotonic() - began < 2
    store.go.set()


def test_nothing_to_remember_starts_nothing(metrics: Metrics) -> None:
    before = threading.active_count()
    recorder = CardRecorder(BrokenStore(), metrics)
    recorder.remember(())
    assert threading.active_count() == before
    assert recorder.flush(0)
