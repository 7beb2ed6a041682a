"""A small release and small rules, written for each test that asks for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.rxnorm.small_release import write_release, write_rules


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """The folder of a small release, named as NLM names it."""
    return write_release(tmp_path / "RxNorm_full_06012026")


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """The folder of small rules."""
    return write_rules(tmp_path / "rules").folder
