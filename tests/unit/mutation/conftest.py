"""A rules folder with one pathway, one rule and its cases, small enough to know by heart every change of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.mutation.mutants import mutants_of, with_empty_set
from cds_service.mutation.survey import Survey, survey
from cds_service.ruleset.load import load_ruleset
from cds_service.terminology import Terminology, load_terminology

from ..cli.conftest import CARD_FILE, CASE_FILE, change, write_folder
from ..ruleset.conftest import RULES

HOME = "facial-pain"
PATHWAY_FILE = "facial-pain/pathway.yaml"

BOUNDARIES = """\
  - name: At 599 mg the dose is one milligram too low
    like: rosa
    change: [{edit: carbamazepine, daily: 599 mg}]
    expect: {card: none}
  - name: At 600 mg the dose is enough
    like: rosa
    change: [{edit: carbamazepine, daily: 600 mg}]
    expect: {card: {level: info}}
"""


@pytest.fixture(scope="session")
def terminology() -> Terminology:
    return load_terminology(RULES)


@pytest.fixture(autouse=True)
def _terminology_loaded_once(terminology: Terminology, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every folder of these tests has the project's own terminology, which takes seconds to load."""

    def loaded(_folder: Path, **_options: object) -> Terminology:
        return terminology

    monkeypatch.setattr("cds_service.ruleset.load.load_terminology", loaded)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "rules")


def changes(folder: Path, home: str = HOME) -> list[str]:
    """Every change of a home as an author reads it, without its file and line."""
    rules = with_empty_set(load_ruleset(folder))
    return [f"{m.place}: {m.says}" for m in mutants_of(rules, folder, home=home)]


def survivors(found: Survey) -> set[str]:
    return {f"{m.place}: {m.says}" for m in found.survivors}


def add_cases(folder: Path, text: str) -> None:
    path = folder / CASE_FILE
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


__all__ = [
    "BOUNDARIES",
    "CARD_FILE",
    "CASE_FILE",
    "HOME",
    "PATHWAY_FILE",
    "add_cases",
    "change",
    "changes",
    "survey",
    "survivors",
]
