"""The synthetic patients that are told in the case language: their files are current, and what they tell comes true."""

from __future__ import annotations

import re

import pytest

from cds_service.casework.read import WrittenCase
from cds_service.casework.run import run_case
from cds_service.ruleset.ruleset import Ruleset
from scripts.explain_texts import NAME
from scripts.fixtures import PATIENTS, Story, files, stale, stories

STORIES = stories()
CARD = re.compile(r"^  (?:INFO|WARNING|CRITICAL) +([A-Z]+-\w+)(?: \(with ([^)]*)\))?:", re.MULTILINE)
STANDS = re.compile(r"^  Stands on: (.*(?:\n {6}\S.*)?)$", re.MULTILINE)


def shown(slug: str) -> set[str]:
    """The cards that the explanation of a patient's Bundle names, merged ones included."""
    text = (PATIENTS / slug / NAME).read_text(encoding="utf-8")
    return {card for head, also in CARD.findall(text) for card in (head, *filter(None, also.split(", ")))}


def test_every_file_is_current(rules: Ruleset) -> None:
    assert stale(files(rules.terminology)) == []


@pytest.mark.parametrize(
    "case",
    [case for story in STORIES for case in story.cases],
    ids=lambda c: f"{c.spec.patient} {c.spec.name}",
)
def test_what_each_hook_says(case: WrittenCase, rules: Ruleset) -> None:
    result = run_case(rules, case)

    assert result.holds, str(result)


@pytest.mark.parametrize("story", STORIES, ids=lambda s: s.slug)
def test_the_story_names_every_card_that_the_chart_shows(story: Story) -> None:
    """The Bundle and the story are the same patient, and no card comes unannounced."""
    (opened,) = [c for c in story.cases if c.hook == "patient-view" and not c.profiles]

    assert shown(story.slug) == {wanted.card for wanted in opened.spec.expect.cards}


def test_somebody_stands_on_every_step_of_every_ladder(rules: Ruleset) -> None:
    texts = [path.read_text(encoding="utf-8") for path in PATIENTS.glob(f"*/{NAME}")]
    standing = {" ".join(name.split()) for text in texts for name in STANDS.findall(text)}
    steps = {step.name for pathway in rules.pathways.values() for step in pathway.ladder}

    assert steps - standing == set()
