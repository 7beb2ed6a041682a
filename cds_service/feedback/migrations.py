"""The tables of the store, as numbered steps; each step runs once per database, in one transaction."""

from __future__ import annotations

import sqlite3

STEPS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE card_shown (
            uuid TEXT PRIMARY KEY,
            service TEXT NOT NULL,
            hook TEXT NOT NULL,
            hook_instance TEXT NOT NULL,
            client TEXT NOT NULL,
            subject TEXT NOT NULL,
            indicator TEXT NOT NULL,
            pathway TEXT NOT NULL,
            rule TEXT NOT NULL,
            card TEXT NOT NULL,
            kind TEXT NOT NULL,
            version TEXT NOT NULL,
            hash TEXT NOT NULL,
            suggestions TEXT NOT NULL,
            shown_at TEXT NOT NULL
        )
        """,
        "CREATE INDEX card_shown_rule ON card_shown (rule, shown_at)",
        "CREATE INDEX card_shown_subject ON card_shown (subject, shown_at)",
        """
        CREATE TABLE feedback_entry (
            id INTEGER PRIMARY KEY,
            digest BLOB NOT NULL UNIQUE,
            service TEXT NOT NULL,
            card_uuid TEXT NOT NULL,
            outcome TEXT NOT NULL CHECK (outcome IN ('accepted', 'overridden')),
            outcome_at TEXT NOT NULL,
            accepted_suggestions TEXT NOT NULL,
            reasons TEXT NOT NULL,
            user_comment TEXT,
            document TEXT NOT NULL,
            received_at TEXT NOT NULL
        )
        """,
        "CREATE INDEX feedback_entry_card ON feedback_entry (card_uuid)",
        "CREATE TABLE store_probe (count INTEGER NOT NULL)",
        "INSERT INTO store_probe VALUES (0)",
    ),
)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a database up to date.

    :raises sqlite3.DatabaseError: the database was written by a newer version of this service.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migration (step INTEGER PRIMARY KEY, applied_at TEXT NOT NULL)"
        )
        done = connection.execute("SELECT coalesce(max(step), 0) FROM migration").fetchone()[0]
        if done > len(STEPS):
            raise sqlite3.DatabaseError("the database was written by a newer version of this service")
        for number, statements in enumerate(STEPS[done:], start=done + 1):
            for statement in statements:
                connection.execute(statement)
            connection.execute("INSERT INTO migration VALUES (?, datetime('now'))", (number,))
    except BaseException:
        connection.rollback()
        raise
    connection.commit()
