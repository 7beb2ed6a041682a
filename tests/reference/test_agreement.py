"""The engine and the reference evaluator say the same of made-up patients, and were written apart.

``make agreement`` tries ten thousand patients; these are a sample of them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cds_service.evaluate.findings import Verdict
from cds_service.mutation.places import put
from cds_service.ruleset.words import Quantity
from tests.reference import compare
from tests.reference.__main__ import disagreement, tally
from tests.reference.patients import WRITERS, patient

HERE = Path(__file__).parent
COMPARING = {"compare.py", "__main__.py", Path(__file__).name}
"""Modules that hold both opinions against each other; all others are the second opinion itself."""

SAMPLE = 600


@pytest.mark.parametrize("pathway", WRITERS)
def test_both_say_the_same_of_every_patient(pathway: str) -> None:
    found = tally(pathway, range(SAMPLE))

    assert [disagreement(patient(pathway, seed)) for seed in found.disagreements] == []
    unmet = {verdict.value for verdict in Verdict} - found.verdicts.keys()
    assert unmet == set(), "the sample holds no patient of these verdicts"


def test_a_standard_that_is_off_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison can fail: with 601 mg instead of 600 mg the engine is contradicted."""
    rules = compare.ruleset()
    pathway = rules.pathways["trigeminal-neuralgia"]
    assert pathway.trials is not None
    place, new = next(
        (("trials", "adequate", number, "daily_dose", "carbamazepine"), Quantity(601, "mg"))
        for number, row in enumerate(pathway.trials.adequate)
        if row.daily_dose.get("carbamazepine") == Quantity(600, "mg")
    )
    off = replace(rules, pathways={**rules.pathways, pathway.pathway: put(pathway, place, new)})
    monkeypatch.setattr(compare, "ruleset", lambda: off)

    assert tally("trigeminal-neuralgia", range(300)).disagreements


@pytest.mark.parametrize("path", sorted(HERE.glob("*.py")), ids=lambda path: path.stem)
def test_the_second_opinion_knows_nothing_of_the_first(path: Path) -> None:
    if path.name not in COMPARING:
        assert [name for name in _imported(path) if name.split(".")[0] == "cds_service"] == []


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
