"""What must be true of the collection of rules as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.authoring.coverage import card_coverage
from cds_service.casework.read import CASES, case_files
from cds_service.ruleset.hashing import LOCK, check_lock
from cds_service.ruleset.library import Library, read_library
from cds_service.ruleset.lint import lint
from cds_service.ruleset.load import load_ruleset
from cds_service.ruleset.ruleset import Ruleset

from .conftest import RULES


@pytest.fixture(scope="module")
def library() -> Library:
    return read_library(RULES, faults=[])


def test_cases_stand_beside_their_rule(rules: Ruleset) -> None:
    beside = {Path(rule.path).with_suffix("").as_posix() for rule in rules.rules}
    files = [path.relative_to(RULES).as_posix() for path in case_files(RULES) if path.name.endswith(CASES)]

    assert [name for name in files if name.removesuffix(CASES) not in beside] == []


def test_the_cases_of_no_card_leave_a_hole(rules: Ruleset) -> None:
    """Every card comes in a case, is silent in at least as many, and meets the unknown; ``rules coverage`` shows it."""
    holes = {c.card: [hole.value for hole in c.holes] for c in card_coverage(rules, RULES) if c.holes}

    assert holes == {}


def test_no_lint_is_left(rules: Ruleset) -> None:
    assert [str(complaint) for complaint in lint(rules, RULES)] == []


def test_no_rule_changed_without_a_new_version(rules: Ruleset) -> None:
    check_lock(rules, RULES / LOCK)


def test_every_profile_loads(library: Library) -> None:
    for name in library.profiles:
        assert name in load_ruleset(RULES, profiles=[name]).profiles.values()


def test_every_pathway_of_the_card_index_exists(rules: Ruleset, library: Library) -> None:
    named = {pathway for row in library.index.values() for pathway in row["pathway"].split(";")}

    assert named <= set(rules.pathways)
