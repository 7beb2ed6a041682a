"""Remembers the cards of an answer in the background, so that the store never delays or breaks an answer."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Sequence
from typing import Protocol

from cds_service.feedback.shown import ShownCard
from cds_service.ops.metrics import Metrics

logger = logging.getLogger(__name__)

_BATCH = 200


class CardStore(Protocol):
    """Where cards go."""

    def add_cards(self, cards: Sequence[ShownCard]) -> None:
        """Write cards; raises StoreUnavailable when they cannot be written."""


class CardRecorder:
    """A bounded queue and one writing thread, started with the first card.

    When the queue is full, or the store fails, cards are dropped and counted. ``capacity`` counts answers.
    """

    def __init__(self, store: CardStore, metrics: Metrics, *, capacity: int = 1_000) -> None:
        self._store = store
        self._metrics = metrics
        self._queue: queue.Queue[tuple[ShownCard, ...] | None] = queue.Queue(capacity)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False

    def remember(self, cards: tuple[ShownCard, ...]) -> None:
        """Hand cards over; returns at once and never raises."""
        if not cards:
            return
        if self._closed:
            self._metrics.cards_forgotten(len(cards), reason="closed")
            return
        if self._thread is None:
            self._start()
        try:
            self._queue.put_nowait(cards)
        except queue.Full:
            self._metrics.cards_forgotten(len(cards), reason="queue-full")

    def flush(self, seconds: float) -> bool:
        """Wait until everything handed over is written or dropped, at most ``seconds``; True when it is."""
        settled = self._queue.all_tasks_done
        with settled:
            return settled.wait_for(lambda: self._queue.unfinished_tasks == 0, seconds)

    def close(self, seconds: float = 5.0) -> None:
        """Write what is left, at most for ``seconds``, and stop the thread; later cards are dropped and counted."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            thread = self._thread
        if thread is None:
            return
        try:
            self._queue.put(None, timeout=seconds)
        except queue.Full:
            return
        thread.join(seconds)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="card-recorder", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            first = self._queue.get()
            answers = [first]
            while first is not None and len(answers) < _BATCH:
                try:
                    answers.append(self._queue.get_nowait())
                except queue.Empty:
                    break
                if answers[-1] is None:
                    break
            self._write([card for answer in answers if answer is not None for card in answer])
            for _ in answers:
                self._queue.task_done()
            if answers[-1] is None:
                return

    def _write(self, cards: list[ShownCard]) -> None:
        if not cards:
            return
        try:
            self._store.add_cards(cards)
        except Exception:
            self._metrics.cards_forgotten(len(cards), reason="store-failed")
            logger.exception("cards not remembered", extra={"count": len(cards)})
        else:
            self._metrics.cards_remembered(len(cards))
