"""A rules folder with one rule and its cases, for the commands of authors."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cds_service.cli.rules import rules
from cds_service.terminology import Terminology, load_terminology

from ..ruleset.conftest import CARD, OVERRIDES, PATHWAY, RULES, SHARED

CASES = """\
as_of: 2026-06-15
patients:
  rosa:
    story: One drug failed.
    history:
      - {condition: trigeminal-neuralgia}
      - {order: carbamazepine, daily: 1200 mg, from: 2025-01-10, to: 2025-03-20, because: reason-no-effect}
cases:
  - name: A failed drug is said
    patient: rosa
    expect: {card: {level: info}}
  - name: A short trial is no failure
    like: rosa
    change: [{edit: carbamazepine, to: 2025-01-20}]
    expect: {card: none}
"""
CASE_FILE = "facial-pain/TN-05-drug-failed.cases.yaml"
CARD_FILE = "facial-pain/TN-05-drug-failed.yaml"


def write_folder(root: Path) -> Path:
    root.mkdir(exist_ok=True)
    for part in ("terminology", "valuesets"):
        (root / part).symlink_to(RULES / part)
    files = {
        "shared/facts.yaml": SHARED,
        "shared/overrides.yaml": OVERRIDES,
        "facial-pain/pathway.yaml": PATHWAY,
        CARD_FILE: CARD,
        CASE_FILE: CASES,
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.fixture(scope="session")
def terminology() -> Terminology:
    return load_terminology(RULES)


@pytest.fixture
def terminology_loaded_once(terminology: Terminology, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folders of these tests have the project's own terminology, which takes seconds to load."""

    def loaded(_folder: Path, **_options: object) -> Terminology:
        return terminology

    monkeypatch.setattr("cds_service.ruleset.load.load_terminology", loaded)


@pytest.fixture
def folder(tmp_path: Path, terminology_loaded_once: None) -> Path:
    return write_folder(tmp_path / "rules")


def run(folder: Path, *arguments: str) -> Result:
    command, *rest = arguments
    return CliRunner().invoke(rules, [command, "--rules", str(folder), *rest])


def change(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
