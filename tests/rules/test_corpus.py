"""What must be true of the collection of rules as a whole."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from cds_service.casework.read import CASES, WrittenCase, case_files, read_cases
from cds_service.ruleset.hashing import LOCK, check_lock
from cds_service.ruleset.library import Library, read_library
from cds_service.ruleset.lint import lint
from cds_service.ruleset.load import load_ruleset
from cds_service.ruleset.ruleset import Ruleset

from .conftest import RULES


@pytest.fixture(scope="module")
def library() -> Library:
    return read_library(RULES, faults=[])


GAPS = ("no-cases", "few-silent", "no-failed-search")


@pytest.fixture(scope="module")
def cases() -> dict[str, list[WrittenCase]]:
    """Cases by rule, from the files beside the rules."""
    found: dict[str, list[WrittenCase]] = {}
    for path in case_files(RULES):
        if path.name.endswith(CASES):
            for case in read_cases(path, root=RULES):
                found.setdefault(case.rule or "", []).append(case)
    return found


@pytest.fixture(scope="module")
def known_gaps() -> dict[str, set[str]]:
    """Rules whose cases are known to be too few, by kind of gap: ``rules/case-gaps.csv``. Known gaps beat unknown ones."""
    found: dict[str, set[str]] = {kind: set() for kind in GAPS}
    with (RULES / "case-gaps.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["gap"]].add(row["rule"])
    return found


def test_every_rule_has_cases(
    rules: Ruleset, cases: dict[str, list[WrittenCase]], known_gaps: dict[str, set[str]]
) -> None:
    without = {rule.id for rule in rules.rules if not cases.get(rule.id)}

    assert without - known_gaps["no-cases"] == set()


def test_cases_stand_beside_their_rule(rules: Ruleset) -> None:
    beside = {Path(rule.path).with_suffix("").as_posix() for rule in rules.rules}
    files = [path.relative_to(RULES).as_posix() for path in case_files(RULES) if path.name.endswith(CASES)]

    assert [name for name in files if name.removesuffix(CASES) not in beside] == []


def test_every_rule_is_silent_in_at_least_as_many_cases_as_it_fires(
    cases: dict[str, list[WrittenCase]], known_gaps: dict[str, set[str]]
) -> None:
    """A rule that speaks too often is set aside; silence is tested as much as speech."""
    short = {}
    for rule, own in cases.items():
        counts = Counter("silent" if case.spec.expect.card == "none" else "firing" for case in own)
        if counts["silent"] < counts["firing"] or not counts["firing"]:
            short[rule] = dict(counts)

    assert short.keys() - known_gaps["few-silent"] == set(), short


def test_every_rule_that_needs_a_whole_record_is_tried_with_a_failed_search(
    rules: Ruleset, cases: dict[str, list[WrittenCase]], known_gaps: dict[str, set[str]]
) -> None:
    """Unknown is never no: a rule that fires on an absence must have a case in which the search failed."""
    absences = [rule.id for rule in rules.rules if rule.file.when is not None and rule.file.when.none]

    untried = {r for r in absences if not any(c.spec.unavailable for c in cases.get(r, ()))}
    assert untried - known_gaps["no-failed-search"] == set()


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
