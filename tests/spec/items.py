"""Items of a record that many sentences need, in the words of ``docs/cases.md``."""

from __future__ import annotations

from datetime import date, timedelta

START = date(2026, 1, 1)


def ended(
    drug: str = "carbamazepine",
    *,
    daily: str | None = "800 mg",
    days: int = 60,
    start: date = START,
    because: str | None = None,
    note: str | None = None,
) -> str:
    """An order of a drug that ran for so many days and ended, with or without a coded reason and a note."""
    words = [
        f"order: {drug}",
        f"daily: {daily}" if daily else "",
        f"from: {start}",
        f"to: {start + timedelta(days=days)}",
        f"because: {because}" if because else "",
        f'note: "{note}"' if note else "",
    ]
    return ", ".join(word for word in words if word)


def failed(drug: str = "carbamazepine", *, start: date = START) -> str:
    """An adequate trial of a drug that was stopped for want of effect."""
    daily = {
        "carbamazepine": "800 mg",
        "oxcarbazepine": "1200 mg",
        "baclofen": "40 mg",
        "gabapentin": "2400 mg",
        "pregabalin": "400 mg",
        "duloxetine": "60 mg",
    }[drug]
    return ended(drug, daily=daily, start=start, because="reason-no-effect")
