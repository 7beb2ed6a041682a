"""Lints: what a reviewer should look at although the rules load."""

from __future__ import annotations

import pytest

from cds_service.ruleset.lint import lint

from .conftest import RulesFolder
from .test_tables import INTERACTION, PAIRS

FILE = "facial-pain/TN-05-drug-failed.yaml"


def said(folder: RulesFolder) -> list[str]:
    """Lints of the rule files; what nothing uses and what the terminology lacks have tests of their own."""
    found = lint(folder.load(), folder.root)
    return [str(c) for c in found if c.file != "valuesets" and "is used by nothing" not in c.message]


@pytest.mark.parametrize(
    "logic",
    [
        "none: [{procedure: {in: nerve-ablation}}]",
        "none: [{trial: {of: drugs, verdict: any-use}}]",
        "none: [severe-pain]",
        "any: [{none: [{report: {in: brain-mri}}]}]",
    ],
)
def test_absence_asks_for_a_decision_about_the_unknown(folder: RulesFolder, logic: str) -> None:
    folder.change(FILE, "all: [drug-failed]", f"all: [drug-failed]\n  {logic}")

    (found,) = said(folder)
    assert "write 'if_unknown' (a failed search leaves it open)" in found

    folder.change(FILE, "summary:", "if_unknown: silent\nsummary:")
    assert said(folder) == []


def test_absence_of_a_verdict_needs_no_such_decision(folder: RulesFolder) -> None:
    folder.change(
        FILE, "all: [drug-failed]", "all: [severe-pain]\n  none: [{trial: {of: drugs, verdict: failed}}]"
    )

    assert said(folder) == []


@pytest.mark.parametrize("text", ["{drug} was taken for weeks.", "The patient took {drug}."])
def test_texts_say_ordered_never_took(folder: RulesFolder, text: str) -> None:
    folder.change(FILE, "detail: Details.", f'detail: "{text}"')

    (found,) = said(folder)
    assert found.startswith(f"{FILE}:11: detail: says '")


def test_an_interaction_is_seen_in_either_order_of_prescribing(folder: RulesFolder) -> None:
    folder.write("facial-pain/TN-25-mao-inhibitor.yaml", INTERACTION)
    one = PAIRS + "TN-25,carbamazepine,maoi,14 days,,,critical,\n"
    folder.write("shared/tables/interactions.csv", one)

    assert said(folder) == [
        "shared/tables/interactions.csv:2: carbamazepine with maoi: no row for the other order of prescribing"
    ]

    folder.write("shared/tables/interactions.csv", one + "TN-25,maoi,carbamazepine,,,,critical,\n")
    assert said(folder) == []


def test_what_nothing_uses(folder: RulesFolder) -> None:
    found = [str(c) for c in lint(folder.load(), folder.root)]

    assert "facial-pain/pathway.yaml:9: facts.severe-pain: is used by nothing" in found
    assert "shared/facts.yaml:7: facts.renal-impairment: is used by nothing" in found
    assert not [text for text in found if "drug-failed: is used" in text]


def test_a_rule_that_differs_from_the_card_index(folder: RulesFolder) -> None:
    folder.write(
        "card-index.csv",
        "card,pathway,hooks,kind,indicator,scope,trigger\n"
        "TN-05,facial-pain,patient-view;order-sign,reassess,warning,any-patient,something\n",
    )

    assert sorted(text.split(": ", 1)[1] for text in said(folder)) == [
        "show.hooks: are not those of card-index.csv: order-sign, patient-view",
        "show.kind: kind is next-step, card-index.csv has reassess",
        "show: gives info, card-index.csv has warning",
        "show: scope is pathway, card-index.csv has any-patient",
    ]
