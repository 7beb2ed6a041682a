"""Rule files have one form; what their authors say, and their comments, stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.authoring.format_yaml import comments_of, formatted_yaml
from cds_service.authoring.key_order import orders_of
from cds_service.errors import RuleFileInvalid
from cds_service.ruleset.yaml_file import parse_yaml

from ..ruleset.conftest import CARD, PATHWAY, RULES


def formatted(text: str) -> str:
    """Format text in which no order of words is known."""
    return formatted_yaml(text, {})


def in_order(text: str, name: str = "facial-pain/TN-05-drug-failed.yaml") -> str:
    return formatted_yaml(text, orders_of(Path(name), parse_yaml(text, name=name)))


def keys(text: str) -> list[str]:
    return [line.partition(":")[0] for line in text.splitlines() if line[:1].strip()]


# ---------------------------------------------------------------- layout


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1  \r\nb: 2", "a: 1\nb: 2\n"),
        ("\n\na: 1\n\n\n\nb: 2\n\n", "a: 1\n\nb: 2\n"),
        ("a:\n    b: 1\n    c:\n          d: 2\n", "a:\n  b: 1\n  c:\n    d: 2\n"),
        ("a:\n- 1\n- 2\n", "a:\n  - 1\n  - 2\n"),
        ("a:\n-   b: 1\n    c: 2\n", "a:\n  - b: 1\n    c: 2\n"),
        ("a: { b: 1,c: [ 2 ,3 ] }\n", "a: {b: 1, c: [2, 3]}\n"),
        ("a: [{b: 1}, {c: 2}]\n", "a: [{b: 1}, {c: 2}]\n"),
        ("a: []\nb: {}\n", "a: []\nb: {}\n"),
        ("a: 'it is: so'\n", 'a: "it is: so"\n'),
        ("a: 'say \"so\"'\n", "a: 'say \"so\"'\n"),
        ('a: "2002"\nb: 2002\n', 'a: "2002"\nb: 2002\n'),
        ("a: one\n  two\n", "a: one two\n"),
        ("a: – ≥ é\nb: 'ü: x'\n", 'a: – ≥ é\nb: "ü: x"\n'),
        ("a:\n  - - 1\n    - 2\n", "a:\n  -\n    - 1\n    - 2\n"),
    ],
)
def test_layout(text: str, expected: str) -> None:
    assert formatted(text) == expected


def test_a_short_collection_stays_as_its_author_wrote_it() -> None:
    text = "a: {b: 1}\nc:\n  d: 1\n"
    assert formatted(text) == text


def test_a_collection_in_brackets_that_makes_its_line_too_long_is_opened() -> None:
    names = [f"value-set-number-{n}" for n in range(10)]
    assert formatted(f"in: [{', '.join(names)}]\n") == "in:\n" + "".join(f"  - {name}\n" for name in names)
    assert formatted(f"- {{in: [{', '.join(names)}], at: x}}\n").splitlines()[:2] == [
        "- in:",
        "    - value-set-number-0",
    ]


def test_only_the_outermost_collection_is_opened() -> None:
    trial = "{of: some-therapies-of-the-pathway, verdict: failed, reason: [absent, presumed, intolerance, allergy]}"
    assert formatted(f"all: [{{trial: {trial}}}, {{trial: {trial}}}]\n") == (
        f"all:\n  - {{trial: {trial}}}\n  - {{trial: {trial}}}\n"
    )


def test_folded_text_is_broken_at_one_width() -> None:
    text = "detail: >-\n    Short line.\n    " + "word " * 40 + "end.\n"
    lines = formatted(text).splitlines()
    assert lines[0] == "detail: >-"
    assert lines[1].startswith("  Short line. word word")
    assert max(map(len, lines)) <= 120
    assert parse_yaml("\n".join(lines), name="x").data == parse_yaml(text, name="x").data


def test_paragraphs_and_literal_text_stay() -> None:
    text = "a: >-\n  One.\n\n  Two.\nb: |\n  x\n    y\nc: 1\n"
    assert formatted(text) == text


# ---------------------------------------------------------------- comments


COMMENTED = """\
# About the file.
a: 1

# About b.
# More about b.
b:
  # About its first entry.
  - x
  - y: 1  # about y
    # About z.
    z: 2
c: >-
  # no comment but text
d: "not # a comment"
# The end.
"""


def test_comments_stay_where_they_are() -> None:
    assert formatted(COMMENTED) == COMMENTED


def test_every_comment_is_known() -> None:
    assert comments_of(COMMENTED) == sorted(
        [
            "# About the file.",
            "# About b.",
            "# More about b.",
            "# About its first entry.",
            "# about y",
            "# About z.",
            "# The end.",
        ]
    )


def test_a_comment_moves_with_the_word_below_it() -> None:
    text = CARD.replace("title:", "# Why so.\ntitle:").replace("card: TN-05\n", "")
    moved = in_order(text + "card: TN-05\n")
    assert "# Why so.\ntitle: A drug failed\n" in moved
    assert keys(moved)[0] == "card"


# ---------------------------------------------------------------- order of words


def test_the_words_of_a_rule_stand_in_the_order_of_the_language() -> None:
    head, rest = CARD.split("show:")
    shuffled = f"show:{rest}{head}pathways: [facial-pain]\n"
    assert keys(in_order(shuffled)) == [
        "card",
        "version",
        "status",
        "title",
        "owner",
        "pathways",
        "about",
        "show",
        "when",
        "summary",
        "detail",
        "suggest",
        "overrides",
        "sources",
    ]


def test_the_words_of_a_question_end_with_its_comparison() -> None:
    text = CARD.replace("[drug-failed]", "[{observation: {at_least: 7, within: 90 days, in: pain-score}}]")
    assert "{observation: {in: pain-score, within: 90 days, at_least: 7}}" in in_order(text)


def test_names_that_authors_give_keep_their_order() -> None:
    text = in_order(PATHWAY, "facial-pain/pathway.yaml")
    assert text.index("severe-pain:") < text.index("drug-failed:")
    assert "{carbamazepine: 600 mg, oxcarbazepine: 900 mg}" in text


def test_a_setting_has_its_range_before_its_basis() -> None:
    text = in_order(PATHWAY, "facial-pain/pathway.yaml")
    assert "pain-severe: {value: 7, range: 0 to 10, basis: convention}" in text


CASES = """\
cases:
  - expect: {card: none, absent: [TN-06]}
    change: [{add: {daily: 600 mg, id: drug, order: carbamazepine, from: 2025-01-10}}, {remove: x}, {daily: 1 mg, edit: z}]
    like: rosa
    name: A case
patients:
  rosa:
    history: [{from: 2025-01-01, encounter: visit, id: e1}]
    born: 1970-01-01
    story: Somebody.
as_of: 2026-06-15
"""


def test_a_case_reads_from_its_name_to_what_is_expected() -> None:
    assert (
        in_order(CASES, "facial-pain/TN-05-drug-failed.cases.yaml")
        == """\
as_of: 2026-06-15
patients:
  rosa:
    story: Somebody.
    born: 1970-01-01
    history: [{encounter: visit, id: e1, from: 2025-01-01}]
cases:
  - name: A case
    like: rosa
    change: [{add: {order: carbamazepine, id: drug, daily: 600 mg, from: 2025-01-10}}, {remove: x}, {edit: z, daily: 1 mg}]
    expect: {card: none, absent: [TN-06]}
"""
    )


def test_a_file_with_faults_is_not_formatted() -> None:
    with pytest.raises(RuleFileInvalid, match="unknown word 'titel'"):
        in_order(CARD.replace("title:", "titel:"))
    with pytest.raises(RuleFileInvalid, match="is written twice"):
        in_order(CARD + "title: Again\n")


# ---------------------------------------------------------------- the project's own files


OWN = sorted(RULES.glob("*/*.yaml"))


@pytest.mark.parametrize("path", OWN[::7], ids=lambda path: path.name)
def test_formatting_changes_no_content_and_a_second_time_nothing(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    source = parse_yaml(text, name=path.name)

    once = formatted_yaml(text, orders_of(path, source))
    read = parse_yaml(once, name=path.name)

    assert read.data == source.data
    assert comments_of(once) == comments_of(text)
    assert formatted_yaml(once, orders_of(path, read)) == once
