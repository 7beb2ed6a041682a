"""Cases are counted by what they expect, and what they lack is a hole."""

from __future__ import annotations

import pytest

from cds_service.authoring.coverage import CardCoverage, Hole, card_coverage

from ..ruleset.conftest import RulesFolder
from .conftest import FILE

CASE_FILE = "facial-pain/TN-05-drug-failed.cases.yaml"
HEAD = """\
as_of: 2026-06-15
patients:
  rosa:
    story: One drug failed.
    history: [{condition: trigeminal-neuralgia}]
cases:
"""
FIRING = "  - {name: It comes NUMBER, patient: rosa, expect: {card: {level: info}}}\n"
SILENT = "  - {name: It is silent NUMBER, patient: rosa, expect: {card: none}}\n"
MISSING = "  - {name: Something is missing NUMBER, patient: rosa, expect: {card: none, missing: the dose}}\n"
ON_CARD = "  - {name: The card says so NUMBER, patient: rosa, expect: {card: {missing: the dose}}}\n"
SEARCH = (
    "  - {name: A search failed NUMBER, patient: rosa, unavailable: [Observation], expect: {card: none}}\n"
)
INDEX = (
    "card,pathway,hooks,kind,indicator,trigger,scope\n"
    "TN-05,facial-pain,patient-view,next-step,info,x,pathway\n"
    "TN-06,facial-pain,patient-view,next-step,info,x,pathway\n"
    "TN-35,facial-pain,,limited-evidence,none,x,pathway\n"
)


def cases(*written: str) -> str:
    return HEAD + "".join(case.replace("NUMBER", str(n)) for n, case in enumerate(written))


def covered(folder: RulesFolder, *written: str) -> CardCoverage:
    folder.write(CASE_FILE, cases(*written))
    (found,) = card_coverage(folder.load(), folder.root)
    return found


def test_cases_are_counted_by_what_they_expect(now: RulesFolder) -> None:
    found = covered(now, FIRING, ON_CARD, SILENT, SILENT, MISSING, SEARCH)
    assert (found.firing, found.silent, found.unknown, found.holes) == (2, 4, 3, ())


@pytest.mark.parametrize("unknown", [MISSING, SEARCH])
def test_one_of_each_is_enough(now: RulesFolder, unknown: str) -> None:
    assert covered(now, FIRING, unknown).holes == ()


@pytest.mark.parametrize(
    ("written", "holes"),
    [
        ((SILENT, MISSING), (Hole.NO_FIRING,)),
        ((FIRING, FIRING, MISSING), (Hole.FEW_SILENT,)),
        ((ON_CARD,), (Hole.FEW_SILENT,)),
        ((FIRING, SILENT), (Hole.NO_UNKNOWN,)),
        ((FIRING, FIRING), (Hole.FEW_SILENT, Hole.NO_UNKNOWN)),
    ],
)
def test_what_is_lacking_is_a_hole(
    now: RulesFolder, written: tuple[str, ...], holes: tuple[Hole, ...]
) -> None:
    assert covered(now, *written).holes == holes


def test_a_rule_without_a_case_file_has_no_case(now: RulesFolder) -> None:
    (found,) = card_coverage(now.load(), now.root)
    assert found.holes == (Hole.NO_CASES,)


def test_a_rule_that_fires_on_an_absence_needs_a_failed_search(now: RulesFolder) -> None:
    """Unknown is never no: what was not found because the search failed is not absent."""
    now.change(FILE, "all: [drug-failed]", "all: [drug-failed]\n  none: [severe-pain]")
    assert covered(now, FIRING, MISSING).holes == (Hole.NO_FAILED_SEARCH,)
    assert covered(now, FIRING, SEARCH).holes == ()


def test_every_card_of_the_index_is_told_of_and_a_lint_needs_no_case(now: RulesFolder) -> None:
    now.write("card-index.csv", INDEX)
    now.write(CASE_FILE, cases(FIRING, MISSING))
    assert [(c.card, c.holes, c.note) for c in card_coverage(now.load(), now.root)] == [
        ("TN-05", (), None),
        ("TN-06", (Hole.NOT_WRITTEN,), None),
        ("TN-35", (), "a lint, not a card"),
    ]


def test_some_rules_or_pathways_alone(now: RulesFolder) -> None:
    now.write("card-index.csv", INDEX + "CM-01,chronic-migraine,patient-view,next-step,info,x,pathway\n")
    now.write(CASE_FILE, cases(FIRING, MISSING))
    rules = now.load()
    assert [c.card for c in card_coverage(rules, now.root, cards=["TN-06"])] == ["TN-06"]
    assert [c.card for c in card_coverage(rules, now.root, only=["facial-pain"])] == [
        "TN-05",
        "TN-06",
        "TN-35",
    ]


def test_coverage_as_json(now: RulesFolder) -> None:
    assert covered(now, FIRING, FIRING, MISSING).as_json() == {
        "card": "TN-05",
        "firing": 2,
        "silent": 1,
        "unknown": 1,
        "holes": ["few-silent"],
        "note": None,
    }
