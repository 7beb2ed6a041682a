"""What a card says of alternatives that it could not offer."""

from __future__ import annotations

import pytest

from cds_service.cards.suggestions import NOTHING_LEFT
from cds_service.casework.read import read_cases
from cds_service.casework.run import run_case
from cds_service.ruleset.ruleset import Ruleset

from .conftest import RULES

CASES = [
    ("chronic-migraine/CM-04-no-preventive", "With asthma propranolol is not offered", False),
    (
        "failed-nerve-ablation/FNA-6-drugs-not-optimised",
        "Neither a drug of the failed class nor one that meets a warning is offered",
        True,
    ),
]


@pytest.mark.parametrize(("file", "name", "said"), CASES, ids=[file.split("/")[1] for file, _, _ in CASES])
def test_no_alternative_is_said_to_be_left_only_when_none_is_offered(
    file: str, name: str, said: bool, rules: Ruleset
) -> None:
    (case,) = [c for c in read_cases(RULES / f"{file}.cases.yaml", root=RULES) if c.spec.name == name]
    result = run_case(rules, case)
    assert result.outcome is not None
    (card,) = [shown for finding, shown in result.outcome.shown if finding.card == case.rule]

    assert (NOTHING_LEFT in card["detail"]) is said
    assert bool(card.get("suggestions")) is not said
