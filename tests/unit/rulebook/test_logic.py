"""Logic and standards in words, as the rule book shows them to reviewers."""

from __future__ import annotations

import pytest

from cds_service.rulebook.logic import flow, in_words
from cds_service.rulebook.pages import cell
from cds_service.rulebook.standards import standard_rows


def says(name: str) -> str | None:
    return {"severe-pain": "Pain is severe.", "weak-kidneys": "Kidney function is low."}.get(name)


def test_a_fact_is_shown_by_its_sentence_and_its_name() -> None:
    assert in_words("severe-pain", says) == "- Pain is severe. `severe-pain`"


def test_a_name_without_a_sentence_stays_a_name() -> None:
    assert in_words("else", says) == "- `else`"


def test_a_fact_word_is_shown_as_it_is_written() -> None:
    item = {"trial": {"of": "first-line", "verdict": ["failed", "ruled-out"], "at_least": 1}}

    assert in_words(item, says) == "- `trial: {of: first-line, verdict: [failed, ruled-out], at_least: 1}`"


def test_groups_say_how_many_must_hold_and_nest() -> None:
    logic = {
        "all": ["severe-pain", {"any": ["weak-kidneys", {"condition": {"in": "gout"}}]}],
        "none": [{"procedure": {"in": "surgery"}}],
        "unless": ["unfit"],
        "some": {"at_least": 2, "of": ["a", "b", "c"]},
    }

    assert in_words(logic, says).splitlines() == [
        "- All of these hold:",
        "    - Pain is severe. `severe-pain`",
        "    - At least one of these holds:",
        "        - Kidney function is low. `weak-kidneys`",
        "        - `condition: {in: gout}`",
        "- None of these holds, and the record is complete enough to say so:",
        "    - `procedure: {in: surgery}`",
        "- None of these is known to hold:",
        "    - `unfit`",
        "- At least 2 of these hold:",
        "    - `a`",
        "    - `b`",
        "    - `c`",
    ]


def test_data_on_one_line() -> None:
    assert flow({"a": [1, "b"], "c": {"d": True}}) == "a: [1, b], c: {d: true}"


@pytest.mark.parametrize(("text", "shown"), [("a | b", "a \\| b"), ("two\nlines", "two lines")])
def test_a_cell_breaks_no_table(text: str, shown: str) -> None:
    assert cell(text) == shown


def test_a_standard_for_several_drugs_is_a_row_for_each() -> None:
    trials = {
        "adequate": [
            {"daily_dose": {"x": "any-known"}, "lasts": "28 days", "if": "weak-kidneys"},
            {
                "daily_dose": {"x": "600 mg", "y": "900 mg"},
                "target_dose": {"y": "1200 mg"},
                "held": "14 days",
                "lasts": "28 days",
            },
            {"therapy": ["operation", "ablation"], "sessions": 1, "judge_after": "30 days"},
            {"class": "blocks", "sessions": 2, "something_new": "3 a"},
        ]
    }

    assert [(row["therapy"], row["standard"]) for row in standard_rows(trials, says)] == [
        ("x", "any known dose; for 28 days; only when: Kidney function is low."),
        ("x", "at least 600 mg a day; for 28 days; 14 days at that dose"),
        ("y", "at least 900 mg a day; target 1200 mg a day; for 28 days; 14 days at that dose"),
        ("operation, ablation", "sessions: 1; judged 30 days later"),
        ("blocks", "sessions: 2; something_new: 3 a"),
    ]
