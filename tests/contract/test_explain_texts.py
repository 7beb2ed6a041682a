"""Each synthetic patient is explained in a text of its own, current and fit to be read by a clinician."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from cds_service.ruleset.ruleset import Ruleset
from scripts.explain_texts import stale as stale_of
from scripts.explain_texts import texts

WIDTH = 110
CODES = re.compile(r"\((?:absent|waned|too-short|too-low|no-outcome|[a-z]+-[a-z]+)\)")


@pytest.fixture(scope="module")
def found(rules: Ruleset) -> Mapping[Path, str]:
    return texts(rules)


def test_every_text_is_current(found: Mapping[Path, str]) -> None:
    assert stale_of(found) == []


def test_no_text_speaks_of_intake(found: Mapping[Path, str]) -> None:
    """Order is not intake."""
    assert [
        path.parent.name for path, text in found.items() if re.search(r"\b(took|taken|takes)\b", text)
    ] == []


def test_verdicts_are_words_and_not_codes(found: Mapping[Path, str]) -> None:
    assert [hit for text in found.values() for hit in CODES.findall(text)] == []


def test_lines_fit_a_page(found: Mapping[Path, str]) -> None:
    assert [line for text in found.values() for line in text.splitlines() if len(line) > WIDTH] == []


def test_every_text_names_a_pathway_and_its_cards(found: Mapping[Path, str]) -> None:
    for path, text in found.items():
        assert "Stands on:" in text, path
        assert re.search(r"Cards at patient-view: (\d+|none)", text), path
