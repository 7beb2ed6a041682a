"""The page of the semantics is written from these tests, and current."""

from __future__ import annotations

from pathlib import Path

from scripts.semantics_page import PAGE, page

ROOT = Path(__file__).parents[2]


def test_the_page_is_current() -> None:
    assert (ROOT / PAGE).read_text(encoding="utf-8") == page()
