"""What an item of logic asks, in words."""

from __future__ import annotations

import pytest

from cds_service.authoring.sentences import label_of, sentence_of
from cds_service.ruleset.facts import read_item
from cds_service.ruleset.ruleset import Ruleset

from ..ruleset.conftest import RulesFolder
from .conftest import PATHWAY_FILE


@pytest.fixture
def rules(now: RulesFolder) -> Ruleset:
    now.change(PATHWAY_FILE, "trials:\n", "verdict_groups:\n  gone-wrong: [failed, not-tolerated]\ntrials:\n")
    now.change(
        PATHWAY_FILE,
        "{medication: oxcarbazepine,",
        "{medication: oxcarbazepine, label: Oxcarbazepine tablets,",
    )
    return now.load()


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        ("severe-pain", "Pain is severe."),
        ("a-fact-of-nobody", "a-fact-of-nobody"),
        ({"trial": {"of": "carbamazepine", "verdict": "failed"}}, "Carbamazepine: failed."),
        (
            {"trial": {"of": "drugs", "verdict": ["gone-wrong", "ruled-out"], "at_least": 1}},
            "Carbamazepine or Oxcarbazepine tablets: failed, not tolerated or ruled out.",
        ),
        (
            {"trial": {"of": "drugs", "verdict": "any-use", "distinct": "class", "at_least": 2}},
            "Carbamazepine or Oxcarbazepine tablets, 2 classes or more: used at all.",
        ),
        (
            {"trial": {"of": "drugs", "verdict": "failed", "every": True}},
            "Every one of carbamazepine or Oxcarbazepine tablets: failed.",
        ),
        (
            {"procedure": {"in": "brain-mri"}},
            "On record: MRI of the brain or cranial nerves: order, procedure or report.",
        ),
        ({"condition": {"in": "pregnancy", "state": "ever"}}, "condition: {in: [pregnancy], state: ever}"),
        (
            {"any": ["severe-pain", {"trial": {"of": "carbamazepine", "verdict": "failed"}}]},
            "One of: Pain is severe; Carbamazepine: failed.",
        ),
        ({"none": ["severe-pain"]}, "None of: Pain is severe."),
        (
            {"some": {"at_least": 2, "of": ["severe-pain", "drug-failed"]}},
            "At least 2 of: Pain is severe; A drug failed.",
        ),
    ],
)
def test_an_item_reads_as_a_sentence(rules: Ruleset, item: object, sentence: str) -> None:
    assert sentence_of(rules, read_item(item), "facial-pain") == sentence


def test_a_large_group_is_named_by_its_name(now: RulesFolder) -> None:
    now.change(
        PATHWAY_FILE,
        "  drugs: [carbamazepine, oxcarbazepine]\n",
        "  drugs: [carbamazepine, oxcarbazepine]\n"
        + "".join(
            f"  {name}: {{medication: {name}}}\n"
            for name in ("lamotrigine", "gabapentin", "pregabalin", "baclofen", "phenytoin")
        )
        + "  all-the-drugs: [drugs, lamotrigine, gabapentin, pregabalin, baclofen, phenytoin]\n",
    )
    rules = now.load()

    item = read_item({"trial": {"of": "all-the-drugs", "verdict": "failed"}})
    assert sentence_of(rules, item, "facial-pain") == "All the drugs: failed."
    assert label_of(rules, "all-the-drugs", "facial-pain") == "all the drugs"
