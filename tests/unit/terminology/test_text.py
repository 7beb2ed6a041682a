"""Words, clauses and sentences."""

from __future__ import annotations

import pytest

from cds_service.terminology.text import tokenize


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Didn’t touch the pain", ["didnt", "touch", "the", "pain"]),
        ("d/c'd 2/2 rash", ["d", "cd", "2", "2", "rash"]),
        ("L4-5 = L4/5", ["l", "4", "5", "l", "4", "5"]),
        ("75 percent, 75 per cent, 75pc, 75%", ["75", "%"] * 4),
        ("Side effects: none", ["side", "effects", "none"]),
        ("[x] Ineffective [ ] Cost ( ) Other", ["[x]", "ineffective", "[ ]", "cost", "( )", "other"]),
        ("Reason: ___ and ***", ["reason", "___", "and", "***"]),
        ("(SJS 2019)", ["sjs", "2019"]),
        ("INR < 1.2", ["inr", "<", "1", "2"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert list(tokenize(text).words) == words


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two", 2),
        ("Dr. Smith saw her", 1),
        ("dose 1.5 mg", 1),
        ("i.e. rash", 2),
        ("One! Two; three? Four", 4),
        ("line\nbreak", 2),
        ("?rash", 1),
        ("rash? yes", 2),
    ],
)
def test_sentences(text: str, sentences: int) -> None:
    assert len(set(tokenize(text).sentence)) == sentences


def test_a_comma_ends_a_clause_and_not_a_sentence() -> None:
    tokens = tokenize("no rash, dizzy")
    assert tokens.clause == (0, 0, 1)
    assert tokens.sentence == (0, 0, 0)


def test_a_quote_is_the_text_as_written() -> None:
    tokens = tokenize("Relief WORE off, sadly.")
    assert tokens.quote(1, 3) == "WORE off"
