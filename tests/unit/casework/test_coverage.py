"""Which parts of a rule decide no case: they could be taken out and nobody would notice."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.casework.coverage import lesser_rules, undecided_parts
from cds_service.casework.run import run_cases
from cds_service.ruleset.load import load_ruleset
from cds_service.ruleset.ruleset import Ruleset

from .conftest import RULES
from .test_judge import FILE

ALL = """expect: {card: {level: warning}}
  - name: One drug is not enough
    like: rosa
    change: [{remove: oxcarbazepine}]
    expect: {card: none}
"""


@pytest.fixture(scope="module")
def rules() -> Ruleset:
    return load_ruleset(RULES, only=["trigeminal-neuralgia"])


def undecided(rules: Ruleset, folder: Path, cases: str) -> list[str]:
    path = folder / "trigeminal-neuralgia" / "TN-05-x.cases.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(FILE.replace("EXPECT", cases), encoding="utf-8")
    return list(undecided_parts(rules, rules.by_id["TN-05"], run_cases(rules, path)))


def test_every_item_of_logic_is_taken_out_once(rules: Ruleset) -> None:
    assert [place for place, _ in lesser_rules(rules.by_id["TN-05"])] == [
        "when.all[0]",
        "when.all[1]",
        "when.none[0]",
        "when.none[1]",
        "when.unless[0]",
    ]


def test_a_part_that_no_case_needs_is_named(rules: Ruleset, tmp_path: Path) -> None:
    assert undecided(rules, tmp_path, ALL) == [
        "when.all[1]",
        "when.none[0]",
        "when.none[1]",
        "when.unless[0]",
    ]


def test_a_case_that_needs_a_part_takes_it_from_the_list(rules: Ruleset, tmp_path: Path) -> None:
    more = ALL + (
        "  - name: No compression\n    like: rosa\n    change: [{remove: brain-mri}]\n    expect: {card: none}\n"
        "  - name: Declined\n    like: rosa\n"
        "    change: [{add: {procedure: trigeminal-mvd, status: not-done, because: reason-declined, at: 2025-08-01}}]\n"
        "    expect: {card: none}\n"
    )

    assert undecided(rules, tmp_path, more) == ["when.none[0]", "when.none[1]"]
