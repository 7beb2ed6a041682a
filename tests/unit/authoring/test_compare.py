"""Differences are named by their place, and read as an author writes."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.authoring.compare import changes, in_line


def said(old: Any, new: Any) -> list[str]:
    return [str(change) for change in changes(old, new)]


def test_what_is_the_same_is_no_difference() -> None:
    assert (
        said(
            {"when": {"all": ["a", {"trial": {"of": "b"}}]}}, {"when": {"all": ["a", {"trial": {"of": "b"}}]}}
        )
        == []
    )


def test_the_order_of_words_is_no_difference() -> None:
    assert said({"a": 1, "b": 2}, {"b": 2, "a": 1}) == []


def test_one_name_and_a_list_of_that_one_name_are_the_same() -> None:
    assert said({"in": "mri"}, {"in": ["mri"]}) == []
    assert said({"in": "mri"}, {"in": ["mri", "ct"]}) == ["in[1]: + ct"]


def test_a_changed_value_is_named_with_its_place() -> None:
    old, new = (
        {"trials": {"adequate": [{"held": "14 days"}]}},
        {"trials": {"adequate": [{"held": "21 days"}]}},
    )
    assert said(old, new) == ["trials.adequate[0].held: 14 days → 21 days"]


def test_words_that_came_and_went() -> None:
    assert said({"step": "x"}, {"owner": "y"}) == ["step: - x", "owner: + y"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (["a", "b"], ["a", "c", "b"], ["[1]: + c"]),
        (["a", "b", "c"], ["a", "c"], ["[1]: - b"]),
        ([{"in": "x", "within": "3 months"}], [{"in": "x"}], ["[0].within: - 3 months"]),
        (["a", "b"], ["c"], ["[0]: - a", "[1]: - b", "[0]: + c"]),
    ],
)
def test_a_list_is_compared_entry_by_entry(old: list[Any], new: list[Any], expected: list[str]) -> None:
    assert said(old, new) == expected


def test_data_is_written_on_one_line() -> None:
    assert in_line({"of": ["a", "b"], "given": True, "count": 2}) == "{of: [a, b], given: true, count: 2}"


def test_long_texts_are_shown_from_where_they_differ() -> None:
    old, new = f"{'same ' * 30}but one thing.", f"{'same ' * 30}but another thing."
    assert said({"detail": old}, {"detail": new}) == [
        "detail: … same but one thing. → … same but another thing."
    ]


def test_long_text_is_cut_on_the_line_and_whole_in_json() -> None:
    (change,) = changes({"detail": "word " * 40}, {"detail": "short"})
    assert str(change) == f"detail: {'word ' * 19}word… → short"
    assert change.as_json() == {"place": "detail", "old": "word " * 40, "new": "short"}
