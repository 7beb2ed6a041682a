"""A disabled safety rule shows no card, and still keeps other cards from suggesting what it warns of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cds_service.casework.outcome import outcome_of
from cds_service.casework.read import WrittenCase, read_cases
from cds_service.ruleset.load import load_ruleset
from cds_service.ruleset.ruleset import Ruleset

RULES = Path(__file__).parents[3] / "rules"
CASE = """\
as_of: 2026-06-15
patients:
  rosa:
    story: Newly diagnosed, and on an anticoagulant.
    born: 1964-03-01
    history:
      - {condition: trigeminal-neuralgia, onset: 2026-05-01}
      - {report: brain-mri, at: 2026-05-20, conclusion: No abnormality.}
      - {order: rivaroxaban, from: 2026-01-01}
cases:
  - name: An anticoagulant speaks against carbamazepine
    patient: rosa
    expect: {card: {level: info}}
"""


@pytest.fixture(scope="module")
def rules() -> Ruleset:
    return load_ruleset(RULES, only=["trigeminal-neuralgia"])


@pytest.fixture
def case(tmp_path: Path) -> WrittenCase:
    path = tmp_path / "trigeminal-neuralgia" / "TN-02-first-line-untried.cases.yaml"
    path.parent.mkdir()
    path.write_text(CASE, encoding="utf-8")
    (found,) = read_cases(path)
    return found


def suggested(rules: Ruleset, case: WrittenCase) -> list[str]:
    """What the card for the first drug offers."""
    shown = outcome_of(rules, case).shown
    (card,) = [card for finding, card in shown if finding.card == "TN-02"]
    return [str(suggestion["label"]) for suggestion in card["suggestions"]]


def offers_carbamazepine(rules: Ruleset, case: WrittenCase) -> bool:
    return any("carbamazepine" in label and "oxcarbazepine" not in label for label in suggested(rules, case))


def test_what_a_safety_rule_warns_of_is_not_suggested(rules: Ruleset, case: WrittenCase) -> None:
    assert not offers_carbamazepine(rules, case)


def test_a_disabled_safety_rule_still_objects(rules: Ruleset, case: WrittenCase) -> None:
    assert not offers_carbamazepine(replace(rules, disabled=frozenset({"TN-28"})), case)


def test_a_retired_safety_rule_objects_no_more(rules: Ruleset, case: WrittenCase) -> None:
    rule = rules.by_id["TN-28"]
    retired = replace(rule, file=rule.file.model_copy(update={"status": "retired"}))
    without = tuple(retired if r.id == "TN-28" else r for r in rules.rules)
    assert offers_carbamazepine(replace(rules, rules=without), case)
