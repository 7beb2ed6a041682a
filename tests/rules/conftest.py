"""The project's own rules, loaded once for all of their cases."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.ruleset.load import load_ruleset
from cds_service.ruleset.ruleset import Ruleset

RULES = Path(__file__).parents[2] / "rules"


@pytest.fixture(scope="session")
def rules() -> Ruleset:
    return load_ruleset(RULES)
