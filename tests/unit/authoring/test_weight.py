"""A change weighs by what it does: words alone, the logic, or whom the card reaches and how hard."""

from __future__ import annotations

import pytest

from cds_service.authoring.weight import Weight, heaviest, weight_of_own, weight_of_shared
from cds_service.ruleset.yaml_file import Place


@pytest.mark.parametrize(
    ("place", "weight"),
    [
        (("title",), "words"),
        (("about", "when"), "words"),
        (("summary",), "words"),
        (("summary", 0, "say"), "words"),
        (("summary", 0, "when", "all", 0), "logic"),
        (("detail",), "words"),
        (("suggest", 0, "label"), "words"),
        (("sources", 1), "words"),
        (("but", 0, "summary"), "words"),
        (("suggest", 0, "create"), "logic"),
        (("suggest", 1), "logic"),
        (("when", "all", 0), "logic"),
        (("when", "all", 0, "trial", "at_least"), "logic"),
        (("findings", 0, "when", "any", 0), "logic"),
        (("if_unknown",), "logic"),
        (("overrides", 2), "logic"),
        (("show", "level"), "reach"),
        (("show", "hooks", 1), "reach"),
        (("but", 0, "level"), "reach"),
        (("findings", 2), "reach"),
        (("rows", 4, "level"), "reach"),
        (("rows", 4, "ended_within"), "logic"),
        (("for_each", "draft", 0), "reach"),
        (("gives_way_to", 0), "reach"),
    ],
)
def test_the_weight_of_a_change_in_a_rule(place: Place, weight: str) -> None:
    assert weight_of_own(place).word == weight


@pytest.mark.parametrize(
    ("kind", "place", "weight"),
    [
        ("population", ("condition",), "reach"),
        ("fact", ("says",), "words"),
        ("fact", ("all", 0, "condition", "within"), "logic"),
        ("fact", ("all", 0, "condition", "text"), "logic"),
        ("setting", (), "logic"),
        ("ladder", (2, "name"), "words"),
        ("ladder", (2, "passed_when"), "logic"),
        ("order", ("text",), "words"),
        ("order", ("codes", 0, "code"), "logic"),
        ("value set", (), "logic"),
        ("card", ("show", "level"), "logic"),
        ("card", ("title",), "words"),
    ],
)
def test_the_weight_of_a_change_in_a_shared_part(kind: str, place: Place, weight: str) -> None:
    assert weight_of_shared(kind, place).word == weight


def test_the_heaviest_change_counts() -> None:
    assert heaviest([Weight.WORDS, Weight.REACH, Weight.LOGIC]) is Weight.REACH


def test_a_change_that_shows_nowhere_counts_as_logic() -> None:
    assert heaviest([]) is Weight.LOGIC
