"""The clinic of the specification tests: the rules in ``tests/spec/rules``, with the project's own terminology."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cds_service.ruleset.load import load_ruleset, read_ruleset
from cds_service.terminology import load_terminology
from tests.spec.clinic import Clinic
from tests.spec.hospital import Hospital
from tests.spec.service import Service, running

HERE = Path(__file__).parent
RULES = HERE.parents[1] / "rules"


@pytest.fixture(scope="session")
def clinic() -> Clinic:
    rules, faults = read_ruleset(HERE / "rules", terminology=load_terminology(RULES))
    assert faults == []
    assert rules is not None
    return Clinic(rules)


@pytest.fixture(scope="session")
def hospital(clinic: Clinic) -> Hospital:
    return Hospital(clinic.rules)


@pytest.fixture
def service(clinic: Clinic) -> Iterator[Service]:
    with running(clinic.rules) as service:
        yield service


@pytest.fixture(scope="session")
def project() -> Clinic:
    """Patients under the project's own rules."""
    return Clinic(load_ruleset(RULES))
