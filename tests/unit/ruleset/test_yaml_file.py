"""Authored YAML as plain data that remembers its lines."""

from __future__ import annotations

import pytest

from cds_service.ruleset.yaml_file import parse_yaml, written


def test_words_numbers_and_truth_values_are_read_as_yaml_1_2() -> None:
    file = parse_yaml("a: word\nb: 7\nc: 2.5\nd: true\ne: null\nf: [1, x]\n", name="x.yaml")

    assert file.data == {"a": "word", "b": 7, "c": 2.5, "d": True, "e": None, "f": [1, "x"]}
    assert file.complaints == ()


@pytest.mark.parametrize("text", ["2024-05-01", "2024-05", "2024-05-01T10:00:00Z", "007", "1e3", "12:30"])
def test_dates_and_odd_numbers_stay_text(text: str) -> None:
    assert parse_yaml(f"a: {text}", name="x.yaml").data == {"a": text}


@pytest.mark.parametrize("word", ["yes", "No", "on", "OFF", "y", "n"])
def test_truth_values_of_yaml_1_1_are_refused_as_values_and_as_keys(word: str) -> None:
    value = parse_yaml(f"a: {word}", name="x.yaml").complaints
    key = parse_yaml(f"{word}: 1", name="x.yaml").complaints

    assert [str(c) for c in value] == [
        f"x.yaml:1: a: the bare word '{word}' is a truth value to some YAML readers: write true or false, or quote it"
    ]
    assert key[0].message.startswith(f"the bare word '{word}' is a truth value")


def test_a_quoted_yes_is_a_word() -> None:
    file = parse_yaml('a: "yes"', name="x.yaml")

    assert file.data == {"a": "yes"}
    assert file.complaints == ()


def test_a_key_written_twice_is_a_complaint_that_names_both_lines() -> None:
    file = parse_yaml("a: 1\nb: 2\na: 3\n", name="x.yaml")

    assert [str(c) for c in file.complaints] == ["x.yaml:3: a: 'a' is written twice (first in line 1)"]
    assert file.data == {"a": 1, "b": 2}


def test_anchors_and_tags_are_refused() -> None:
    file = parse_yaml("a: &x {b: 1}\nc: *x\nd: !set {e: 1}\n", name="x.yaml")

    assert [(c.line, c.path) for c in file.complaints] == [(2, "c"), (3, "d")]


def test_broken_yaml_is_one_complaint_with_its_line() -> None:
    file = parse_yaml("a: 1\nb: [1\nc: 2\n", name="x.yaml")

    assert file.data is None
    assert [(c.file, c.line) for c in file.complaints] == [("x.yaml", 3)]
    assert file.complaints[0].message.startswith("not YAML: ")


@pytest.mark.parametrize("text", ["", "# only a comment\n"])
def test_an_empty_file_says_so(text: str) -> None:
    assert [str(c) for c in parse_yaml(text, name="x.yaml").complaints] == ["x.yaml:1: the file is empty"]


def test_every_part_knows_its_line_also_inside_flow_style() -> None:
    file = parse_yaml("when:\n  all:\n    - a\n    - {trial: {of: x,\n        verdict: y}}\n", name="x.yaml")

    assert file.line(("when", "all", 0)) == 3
    assert file.line(("when", "all", 1, "trial", "of")) == 4
    assert file.line(("when", "all", 1, "trial", "verdict")) == 5


def test_the_line_of_something_left_out_is_that_of_what_is_around_it() -> None:
    assert parse_yaml("a: 1\nb:\n  c: 2\n", name="x.yaml").line(("b", "missing")) == 2


def test_places_are_written_as_authors_read_them() -> None:
    assert written(("when", "all", 0, "condition", "in")) == "when.all[0].condition.in"
