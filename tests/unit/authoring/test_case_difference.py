"""What a change does: the same patients under both states of the rules."""

from __future__ import annotations

import pytest

from cds_service.authoring.case_difference import CaseDifferences, case_differences
from cds_service.casework.read import read_cases

from ..ruleset.conftest import RulesFolder
from .conftest import FILE, PATHWAY_FILE

CASE_FILE = "facial-pain/TN-05-drug-failed.cases.yaml"
CASES = """\
as_of: 2026-06-15
patients:
  rosa:
    story: One drug failed, at 700 mg a day.
    history:
      - {condition: trigeminal-neuralgia}
      - {order: carbamazepine, daily: 700 mg, times: 2, from: 2025-01-10, to: 2025-03-20, because: reason-no-effect}
cases:
  - name: A failed drug is said
    patient: rosa
    expect: {card: {level: info}}
  - name: A short trial is no failure
    like: rosa
    change: [{edit: carbamazepine, to: 2025-01-20}]
    expect: {card: none}
"""


@pytest.fixture
def folders(before: RulesFolder, now: RulesFolder) -> tuple[RulesFolder, RulesFolder]:
    now.write(CASE_FILE, CASES)
    return before, now


def compared(before: RulesFolder, now: RulesFolder) -> CaseDifferences:
    return case_differences(before.load(), now.load(), read_cases(now.root / CASE_FILE))


def test_the_same_rules_give_the_same_cards(folders: tuple[RulesFolder, RulesFolder]) -> None:
    found = compared(*folders)
    assert (found.cases, found.differing) == (2, ())


def test_a_changed_card_is_told_with_what_changed(folders: tuple[RulesFolder, RulesFolder]) -> None:
    before, now = folders
    now.change(FILE, "level: info", "level: warning")

    (case,) = compared(before, now).differing

    assert case.case.title == "TN-05: A failed drug is said"
    (card,) = case.cards
    assert (card.card, card.what, card.level) == ("TN-05", "changed", "warning")
    assert [str(change) for change in card.changes] == ["level: info → warning"]


def test_a_higher_threshold_loses_the_card_below_it(folders: tuple[RulesFolder, RulesFolder]) -> None:
    """700 mg a day was enough for a failure at 600 mg, and is not at 800 mg."""
    before, now = folders
    now.change(PATHWAY_FILE, "carbamazepine: 600 mg", "carbamazepine: 800 mg")

    lost, gained = (
        compared(before, now),
        case_differences(now.load(), before.load(), read_cases(now.root / CASE_FILE)),
    )

    assert [(c.case.spec.name, [(k.card, k.what) for k in c.cards]) for c in lost.differing] == [
        ("A failed drug is said", [("TN-05", "lost")])
    ]
    assert lost.totals == {"TN-05": {"lost": 1}}
    assert gained.totals == {"TN-05": {"gained": 1}}


def test_a_rule_still_in_draft_is_run_for_its_own_cases(folders: tuple[RulesFolder, RulesFolder]) -> None:
    before, now = folders
    now.change(FILE, "status: pilot", "status: draft")
    assert compared(before, now).differing == ()


def test_a_case_of_a_profile_that_was_not_there_cannot_be_compared(
    folders: tuple[RulesFolder, RulesFolder],
) -> None:
    before, now = folders
    profile = "profile: strict\npathways: facial-pain\nsays: A site.\nsettings: {pain-severe: 8}\n"
    now.write("profiles/strict.yaml", profile)
    now.change(CASE_FILE, "as_of: 2026-06-15", "as_of: 2026-06-15\nprofile: strict")

    assert [case.problem for case in compared(before, now).differing] == ["no profile 'strict' before"] * 2


def test_everything_as_json(folders: tuple[RulesFolder, RulesFolder]) -> None:
    before, now = folders
    now.change(FILE, "level: info", "level: warning")

    report = compared(before, now).as_json()

    assert (report["run"], report["cards"]) == (2, {"TN-05": {"changed": 1}})
    (case,) = report["differing"]
    assert (case["line"], case["case"]) == (9, "TN-05: A failed drug is said")
    assert case["cards"][0]["changes"] == [{"place": "level", "old": "info", "new": "warning"}]
