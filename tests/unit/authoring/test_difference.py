"""What differs between two states of the rules: which rules, in which places, through what they share."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.authoring.difference import Differences, RuleDifference, against_lock, between
from cds_service.errors import InputInvalid
from cds_service.ruleset.hashing import write_lock

from ..ruleset.conftest import ORDER_CARD, RulesFolder
from .conftest import FILE, PATHWAY_FILE, side


def differences(before: RulesFolder, now: RulesFolder) -> Differences:
    return between(side(before), side(now))


def only(found: Differences) -> RuleDifference:
    (rule,) = found.rules
    return rule


def test_the_same_rules_do_not_differ(before: RulesFolder, now: RulesFolder) -> None:
    found = differences(before, now)

    assert only(found).state == "unchanged"
    assert found.shared == {}


def test_another_layout_of_the_same_content_is_no_difference(before: RulesFolder, now: RulesFolder) -> None:
    now.change(FILE, "all: [drug-failed]", "all:\n    - drug-failed")
    assert only(differences(before, now)).state == "unchanged"


def test_a_change_in_the_rule_asks_for_the_next_version(before: RulesFolder, now: RulesFolder) -> None:
    now.change(FILE, "level: info", "level: warning")
    rule = only(differences(before, now))

    assert (rule.state, rule.weight and rule.weight.word) == ("changed", "reach")
    assert [str(change) for change in rule.own] == ["show.level: info → warning"]
    assert (rule.raised, rule.suggested) == (False, 2)


def test_a_raised_version_is_enough(before: RulesFolder, now: RulesFolder) -> None:
    now.change(FILE, "detail: Details.", "detail: More details.")
    now.change(FILE, "version: 1", "version: 2")
    rule = only(differences(before, now))

    assert [str(change) for change in rule.own] == ["detail: Details. → More details."]
    assert (rule.weight and rule.weight.word, rule.raised, rule.suggested) == ("words", True, None)


def test_a_new_status_is_no_change_of_content(before: RulesFolder, now: RulesFolder) -> None:
    now.change(FILE, "status: pilot", "status: active")
    rule = only(differences(before, now))

    assert (rule.state, rule.old_status, rule.new_status) == ("unchanged", "pilot", "active")


@pytest.mark.parametrize(
    ("old", "new", "part", "change"),
    [
        (
            "carbamazepine: 600 mg",
            "carbamazepine: 800 mg",
            "trials (facial-pain)",
            "adequate[0].daily_dose.carbamazepine: 600 mg → 800 mg",
        ),
        (
            "verdict: failed",
            "verdict: not-tolerated",
            "fact drug-failed (facial-pain)",
            "all[0].trial.verdict: failed → not-tolerated",
        ),
        ("name: Two drugs", "name: Drugs", "ladder (facial-pain)", "[0].name: Two drugs → Drugs"),
        (
            "condition: trigeminal-neuralgia",
            "condition: facial-pain",
            "population (facial-pain)",
            "condition: trigeminal-neuralgia → facial-pain",
        ),
    ],
)
def test_a_change_of_what_the_rule_shares_is_named_once_for_all(
    before: RulesFolder, now: RulesFolder, old: str, new: str, part: str, change: str
) -> None:
    now.change(PATHWAY_FILE, old, new)
    found = differences(before, now)

    assert (only(found).state, only(found).through) == ("changed", (part,))
    assert [str(c) for c in found.shared[part].changes] == [change]


def test_a_setting_counts_by_its_value(before: RulesFolder, now: RulesFolder) -> None:
    for folder in (before, now):
        folder.change(FILE, "[drug-failed]", "[severe-pain]")
    now.change(PATHWAY_FILE, "value: 7,", "value: 8,")
    found = differences(before, now)

    assert only(found).through == ("setting pain-severe (facial-pain)",)
    assert [str(c) for c in found.shared["setting pain-severe (facial-pain)"].changes] == ["7 → 8"]


def test_a_change_of_what_the_rule_does_not_use_is_none(before: RulesFolder, now: RulesFolder) -> None:
    now.change(PATHWAY_FILE, "says: Pain is severe.", "says: Pain is bad.")
    assert only(differences(before, now)).state == "unchanged"


def test_rules_that_came_and_went(before: RulesFolder, now: RulesFolder) -> None:
    now.write("facial-pain/TN-20-order.yaml", ORDER_CARD)
    assert {r.rule: (r.state, r.old_version, r.new_version) for r in differences(before, now).rules} == {
        "TN-05": ("unchanged", 1, 1),
        "TN-20": ("new", None, 1),
    }
    assert {r.rule: r.state for r in differences(now, before).rules} == {
        "TN-05": "unchanged",
        "TN-20": "gone",
    }


def test_only_the_named_rules_are_compared(before: RulesFolder, now: RulesFolder) -> None:
    now.write("facial-pain/TN-20-order.yaml", ORDER_CARD)
    found = between(side(before), side(now), cards=["TN-20"])
    assert [rule.rule for rule in found.rules] == ["TN-20"]


def test_the_lock_file_tells_which_rules_changed_but_not_where(now: RulesFolder, tmp_path: Path) -> None:
    lock = tmp_path / "rules.lock.json"
    write_lock(now.load(), lock)
    now.write("facial-pain/TN-20-order.yaml", ORDER_CARD)
    now.change(FILE, "level: info", "level: warning")

    found = against_lock(now.load(), lock)

    assert {r.rule: (r.state, r.suggested) for r in found.rules} == {
        "TN-05": ("changed", 2),
        "TN-20": ("new", None),
    }


def test_a_locked_rule_that_is_no_longer_there_is_gone(now: RulesFolder, tmp_path: Path) -> None:
    lock = tmp_path / "rules.lock.json"
    now.write("facial-pain/TN-20-order.yaml", ORDER_CARD)
    write_lock(now.load(), lock)
    (now.root / "facial-pain/TN-20-order.yaml").unlink()

    assert {r.rule: r.state for r in against_lock(now.load(), lock).rules} == {
        "TN-05": "unchanged",
        "TN-20": "gone",
    }


def test_without_a_lock_file_there_is_nothing_to_compare_with(now: RulesFolder, tmp_path: Path) -> None:
    with pytest.raises(InputInvalid, match="there is no lock file"):
        against_lock(now.load(), tmp_path / "none.json")


def test_everything_as_json(before: RulesFolder, now: RulesFolder) -> None:
    now.change(FILE, "level: info", "level: warning")
    now.change(PATHWAY_FILE, "carbamazepine: 600 mg", "carbamazepine: 800 mg")

    report = differences(before, now).as_json()

    assert report["unchanged"] == 0
    assert report["rules"] == [
        {
            "rule": "TN-05",
            "state": "changed",
            "version": {"old": 1, "new": 1, "suggested": 2},
            "status": {"old": "pilot", "new": "pilot"},
            "weight": "reach",
            "changes": [{"place": "show.level", "old": "info", "new": "warning"}],
            "through": ["trials (facial-pain)"],
        }
    ]
    assert report["shared"] == [
        {
            "part": "trials (facial-pain)",
            "weight": "logic",
            "changes": [{"place": "adequate[0].daily_dose.carbamazepine", "old": "600 mg", "new": "800 mg"}],
            "usedBy": ["TN-05"],
        }
    ]
