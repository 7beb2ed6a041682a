"""What clinicians read: texts that praise, riddle, leave out a unit, ramble or ask for two things at once."""

from __future__ import annotations

import pytest

from cds_service.ruleset.lint import lint
from cds_service.ruleset.plain_words import WORDING

from .conftest import RULES, RulesFolder

FILE = "facial-pain/TN-05-drug-failed.yaml"


@pytest.fixture
def said(folder: RulesFolder) -> object:
    """Put a text into the rule and return what the lints say of the rule."""
    folder.write(WORDING, (RULES / WORDING).read_text(encoding="utf-8"))

    def lints(*, detail: str = "Details.", summary: str = "A drug failed ({reason}).") -> list[str]:
        folder.change(FILE, "detail: Details.", f'detail: "{detail}"')
        folder.change(FILE, 'summary: "A drug failed ({reason})."', f'summary: "{summary}"')
        return [c.message for c in lint(folder.load(), folder.root) if c.file == FILE]

    return lints


@pytest.mark.parametrize("word", ["breakthrough", "Promising", "solution", "cure"])
def test_praise_is_banned(said, word: str) -> None:
    assert said(detail=f"A {word} of our days.") == [f"says '{word.lower()}', a banned word"]


@pytest.mark.parametrize(
    "text", ["Breakthrough bleeding is a sign.", "An oral solution exists.", "It is secure."]
)
def test_terms_that_hold_a_banned_word_are_none(said, text: str) -> None:
    assert said(detail=text) == []


def test_an_abbreviation_is_explained_on_the_card(said) -> None:
    (found,) = said(detail="Ask for an SNRB soon.")
    assert found.startswith("'SNRB' is not explained")


@pytest.mark.parametrize(
    "text",
    [
        "SNRB is a selective nerve root block.",
        "A selective nerve root block (SNRB) helps.",
        "MDT means team of several disciplines, SNRB selective nerve root block.",
        "MRI and ECG are known to everybody.",
        "A schedule III drug.",
    ],
)
def test_abbreviations_that_need_no_more(said, text: str) -> None:
    assert said(detail=text) == []


def test_an_explanation_in_the_detail_serves_the_summary(said) -> None:
    assert said(summary="An SNRB failed.", detail="SNRB means selective nerve root block.") == []


@pytest.mark.parametrize("text", ["Kidney function below 30.", "A dose of more than 600, then less."])
def test_a_limit_has_a_unit(said, text: str) -> None:
    (found,) = said(detail=text)
    assert "has no unit" in found


@pytest.mark.parametrize(
    "text", ["Kidney function below 30 mL/min.", "Anyone age under 18.", "Seen in 2014."]
)
def test_limits_with_a_unit_ages_and_years(said, text: str) -> None:
    assert said(detail=text) == []


def test_a_sentence_has_at_most_25_words(said) -> None:
    assert said(detail=f"{'word ' * 24}end.") == []


def test_a_longer_sentence_is_two(said) -> None:
    (found,) = said(detail=f"{'word ' * 25}end.")
    assert found.startswith("a sentence of 26 words (at most 25)")


def test_a_summary_asks_for_one_thing(said) -> None:
    (found,) = said(summary="Drug failed: avoid it. Refer to a centre.")
    assert found == "asks for more than one action: avoid it / Refer to a centre."


def test_one_request_with_its_reason_is_one(said) -> None:
    assert said(summary="Severe disease: avoid it; repeated use harms.") == []


def test_the_sentence_of_a_fact_is_shown_too(said, folder: RulesFolder) -> None:
    folder.change("facial-pain/pathway.yaml", "says: Pain is severe.", "says: Took pills below 30.")

    found = [c.message for c in lint(folder.load(), folder.root) if c.path == "facts.severe-pain.says"]
    assert len(found) == 2
