"""The small rules folder of the tests of the rule language, in two copies: as it was, and as it is now."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.authoring.sides import Side
from cds_service.ruleset.library import read_library
from cds_service.terminology import Terminology, load_terminology

from ..ruleset.conftest import RULES, RulesFolder

FILE = "facial-pain/TN-05-drug-failed.yaml"
PATHWAY_FILE = "facial-pain/pathway.yaml"


@pytest.fixture(scope="session")
def terminology() -> Terminology:
    return load_terminology(RULES)


@pytest.fixture
def before(tmp_path: Path, terminology: Terminology) -> RulesFolder:
    return RulesFolder(tmp_path / "before", terminology)


@pytest.fixture
def now(tmp_path: Path, terminology: Terminology) -> RulesFolder:
    return RulesFolder(tmp_path / "now", terminology)


def side(folder: RulesFolder) -> Side:
    return Side(folder.root.name, folder.load(), read_library(folder.root, faults=[]), {})
