"""``docs/cases.md`` names every word of the case format, and its example runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cds_service.casework.format import CaseFile, CaseSpec, Expect, ExpectedCard, ExpectedTrial, PatientSpec
from cds_service.casework.items import ITEMS, Phase
from cds_service.casework.run import run_cases
from cds_service.ruleset.load import load_ruleset
from cds_service.ruleset.words import Model

from .conftest import RULES

PAGE = Path(__file__).parents[3] / "docs" / "cases.md"
MODELS = [*ITEMS.values(), Phase, CaseFile, CaseSpec, PatientSpec, Expect, ExpectedCard, ExpectedTrial]


def _words(model: type[Model]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_the_page_names_every_word(model: type[Model]) -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert {word for word in _words(model) if not re.search(rf"\b{re.escape(word)}\b", page)} == set()


def test_the_example_of_the_page_runs(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    path = tmp_path / "trigeminal-neuralgia" / "TN-05-example.cases.yaml"
    path.parent.mkdir()
    path.write_text(example, encoding="utf-8")

    results = run_cases(load_ruleset(RULES, only=["trigeminal-neuralgia"]), path)

    assert len(results) == 3
    assert [str(r) for r in results if not r.holds] == []
