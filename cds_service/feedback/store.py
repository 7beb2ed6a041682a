"""SQLite store of cards shown and feedback entries: one file, one connection per process, safe for many threads.

Write-ahead logging lets several processes share the file. The file is readable by its owner only, because comments
are free text.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import orjson

from cds_service.errors import StoreUnavailable
from cds_service.feedback.entries import FeedbackEntry
from cds_service.feedback.migrations import migrate
from cds_service.feedback.shown import ShownCard

IN_MEMORY = ":memory:"

_BUSY_MS = 5_000

_INSERT_CARD = """
    INSERT OR IGNORE INTO card_shown (uuid, service, hook, hook_instance, client, subject, indicator, pathway, rule,
        card, kind, version, hash, suggestions, shown_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_INSERT_ENTRY = """
    INSERT OR IGNORE INTO feedback_entry (digest, service, card_uuid, outcome, outcome_at, accepted_suggestions, reasons,
        user_comment, document, received_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What became of one entry: stored now, or a repeat; and whether its card is on record."""

    entry: FeedbackEntry
    repeated: bool
    known_card: bool


class FeedbackStore:
    """The database. ``location`` is a file path or ``:memory:``; opening creates it and brings its tables up to date.

    :raises StoreUnavailable: the file cannot be opened, is not ours, or cannot be written.
    """

    def __init__(self, location: str) -> None:
        self._lock = threading.Lock()
        try:
            self._connection = _open(location)
            migrate(self._connection)
        except (sqlite3.Error, OSError) as error:
            raise StoreUnavailable("The feedback store cannot be opened.") from error

    def add_cards(self, cards: Sequence[ShownCard]) -> None:
        """Remember cards; a card that is known already (a retried call) stays as it was first shown."""
        rows = [_card_row(card) for card in cards]
        with self._transaction() as connection:
            connection.executemany(_INSERT_CARD, rows)

    def add_feedback(
        self, entries: Sequence[FeedbackEntry], *, service: str, received_at: datetime
    ) -> tuple[Kept, ...]:
        """Store entries, all or none; an exact repeat of a stored entry is recognised and not stored again."""
        with self._transaction() as connection:
            return tuple(_keep(connection, entry, service, received_at) for entry in entries)

    def writable(self) -> bool:
        """Try a write; False when it fails, for readiness."""
        try:
            with self._transaction() as connection:
                connection.execute("UPDATE store_probe SET count = count + 1")
        except StoreUnavailable:
            return False
        return True

    def count(self, table: str) -> int:
        """Return how many rows ``card_shown`` or ``feedback_entry`` holds."""
        if table not in ("card_shown", "feedback_entry"):
            raise ValueError(f"no such table: {table}")
        return int(self.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"])  # noqa: S608 (name checked above)

    def rows(self, query: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        """Return all rows of a reading query."""
        with self._lock, closing(self._connection.execute(query, tuple(values))) as cursor:
            return cursor.fetchall()

    def close(self) -> None:
        """Close the connection; the store cannot be used afterwards."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._lock:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    self._connection.commit()
                except BaseException:
                    self._connection.rollback()
                    raise
        except (sqlite3.Error, UnicodeError) as error:
            raise StoreUnavailable("The feedback store cannot be written now.") from error


def _open(location: str) -> sqlite3.Connection:
    if location != IN_MEMORY:
        path = Path(location)
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(
        location, timeout=_BUSY_MS / 1000, isolation_level=None, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _card_row(card: ShownCard) -> tuple[object, ...]:
    return (
        card.uuid,
        card.service,
        card.hook,
        card.hook_instance,
        card.client,
        card.subject,
        card.indicator,
        card.pathway,
        card.rule,
        card.card,
        card.kind,
        card.version,
        card.hash,
        _json(card.suggestions),
        card.shown_at.isoformat(),
    )


def _keep(connection: sqlite3.Connection, entry: FeedbackEntry, service: str, received_at: datetime) -> Kept:
    digest = sha256(service.encode() + b"\n" + entry.document).digest()
    reasons = [{"system": r.system, "code": r.code, "display": r.display} for r in entry.reasons]
    row = (
        digest,
        service,
        entry.card,
        entry.outcome,
        entry.at.isoformat(),
        _json(entry.accepted_suggestions),
        _json(reasons),
        entry.comment,
        entry.document.decode(),
        received_at.isoformat(),
    )
    stored = connection.execute(_INSERT_ENTRY, row).rowcount == 1
    known = (
        connection.execute("SELECT 1 FROM card_shown WHERE uuid = ?", (entry.card,)).fetchone() is not None
    )
    return Kept(entry=entry, repeated=not stored, known_card=known)


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
