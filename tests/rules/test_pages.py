"""The pages that are written from the rules: all of them there, and current."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.rulebook import book_pages, gallery_pages
from cds_service.rulebook.heads import levels_of
from cds_service.ruleset.ruleset import Ruleset
from scripts import hazards_page

from .conftest import RULES

ROOT = RULES.parent


@pytest.fixture(scope="module")
def gallery(rules: Ruleset) -> dict[str, str]:
    return gallery_pages(rules, RULES)


@pytest.fixture(scope="module")
def book(rules: Ruleset) -> dict[str, str]:
    return book_pages(rules, RULES)


def test_the_gallery_is_current(gallery: dict[str, str]) -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs/cards").glob("*.md")}

    stale = [name for name in {*written, *gallery} if written.get(name) != gallery.get(name)]
    assert stale == [], "cds-service rules docs"


def test_the_gallery_shows_every_card(rules: Ruleset, gallery: dict[str, str]) -> None:
    unseen = [rule.id for rule in rules.rules if f"## {rule.id} " not in gallery[f"{rule.home}.md"]]

    assert unseen == []


def test_the_book_has_a_page_for_every_rule_with_its_three_sentences(
    rules: Ruleset, book: dict[str, str]
) -> None:
    for rule in rules.rules:
        page = book[f"{rule.home}/{rule.id}.md"]
        for sentence in (rule.file.about.when, rule.file.about.then, rule.file.about.not_for):
            assert sentence in page


def test_the_hazards_name_every_critical_card(rules: Ruleset) -> None:
    text = Path(ROOT / hazards_page.PAGE).read_text(encoding="utf-8")

    assert hazards_page.page(rules, text) == text, "python -m scripts.hazards_page"
    for rule in rules.rules:
        assert ("critical" in levels_of(rule)) is (f"| **{rule.id}** |" in text)
