"""Would a case notice, were a rule changed a little? A seeded tenth of all changes; ``make mutation`` tries them all."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from cds_service.mutation.accepted import Accepted, accepted_of, gone
from cds_service.mutation.mutants import Key, mutants_of, with_empty_set
from cds_service.mutation.survey import Choice, homes_of, survey
from cds_service.ruleset.ruleset import Ruleset

from .conftest import RULES

SEED = 4

CLEAN = ("trigeminal-neuralgia", "ketamine-trigeminal-neuralgia")
"""Homes of rules in which no survivor is unexplained."""


@pytest.fixture(scope="module")
def accepted() -> Mapping[Key, Accepted]:
    return accepted_of(RULES)


@pytest.mark.parametrize("home", CLEAN)
def test_a_case_notices_each_change_or_the_list_says_why_none_can(
    home: str, accepted: Mapping[Key, Accepted]
) -> None:
    tenth = Choice(share=0.1, seed=SEED, but=frozenset(accepted))

    found = survey(RULES, home, choice=tenth)

    assert found.verdicts
    assert [str(mutant) for mutant in found.survivors] == []


def test_every_listed_survivor_exists(rules: Ruleset, accepted: Mapping[Key, Accepted]) -> None:
    rules = with_empty_set(rules)
    mutants = [m for home in homes_of(RULES) for m in mutants_of(rules, RULES, home=home)]

    assert [str(complaint) for complaint in gone(mutants, accepted)] == []
