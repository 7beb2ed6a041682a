"""Cases written in short, built with the project's own terminology."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cds_service.casework.build import BuiltPatient, build_patient
from cds_service.casework.changes import draft_ids, with_ids
from cds_service.casework.format import Person
from cds_service.casework.items import read_entry
from cds_service.ruleset.yaml_file import parse_yaml
from cds_service.terminology import Terminology, load_terminology

RULES = Path(__file__).parents[3] / "rules"

Build = Callable[..., BuiltPatient]
BuildOne = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="session")
def terminology() -> Terminology:
    return load_terminology(RULES)


@pytest.fixture(scope="session")
def build(terminology: Terminology) -> Build:
    """Build a patient from the YAML of its history (and drafts)."""

    def built(history: str, *, drafts: str = "[]", person: Person | None = None) -> BuiltPatient:
        items = [read_entry(entry) for entry in parse_yaml(history, name="history").data]
        drafted = [read_entry(entry) for entry in parse_yaml(drafts, name="drafts").data]
        return build_patient(terminology, person or Person(), with_ids(items), draft_ids(drafted))

    return built


@pytest.fixture(scope="session")
def one(build: Build) -> BuildOne:
    """Build the resource of one item, written as YAML."""

    def resource(item: str) -> dict[str, Any]:
        return build(f"[{item}]").resources[0]

    return resource
