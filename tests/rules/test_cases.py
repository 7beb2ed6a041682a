"""Every case of every rule, and every vignette of every pathway: one test each.

``pytest tests/rules -k TN-05`` runs the cases of one rule; ``cds-service rules test`` is the same for authors.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cds_service.casework.read import VIGNETTES, WrittenCase, case_files, read_cases
from cds_service.casework.run import run_case
from cds_service.errors import RuleFileInvalid
from cds_service.ruleset.ruleset import Ruleset

from .conftest import RULES

FILES = case_files(RULES)


def _cases() -> Iterator[WrittenCase]:
    for path in FILES:
        try:
            yield from read_cases(path, root=RULES)
        except RuleFileInvalid:
            continue  # the file has a failing test of its own below


def _id(case: WrittenCase) -> str:
    where = case.rule or f"{case.file.split('/')[0]} vignette"
    return f"{where} :: {case.spec.name}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(RULES)))
def test_the_case_file_can_be_read(path: object) -> None:
    assert read_cases(path, root=RULES)  # type: ignore[arg-type]


@pytest.mark.parametrize("case", list(_cases()), ids=_id)
def test_case(case: WrittenCase, rules: Ruleset) -> None:
    result = run_case(rules, case)

    assert result.holds, str(result)


def test_there_are_cases() -> None:
    assert [f for f in FILES if f.name != VIGNETTES]
