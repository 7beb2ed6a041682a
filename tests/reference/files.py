"""Reads the authored files: pathways and shared facts (YAML), code tables (CSV). Nothing is compiled or checked here."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

RULES = Path(__file__).parents[2] / "rules"

Row = dict[str, str]


@cache
def yaml_file(name: str) -> dict[str, Any]:
    """A YAML file below ``rules/`` as plain dictionaries and lists."""
    text = (RULES / name).read_text(encoding="utf-8")
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    return loaded


def pathway_file(pathway: str) -> dict[str, Any]:
    """``pathway.yaml`` of a pathway."""
    return yaml_file(f"{pathway}/pathway.yaml")


@cache
def rows(name: str) -> tuple[Row, ...]:
    """The rows of a CSV file below ``rules/``; lines of comment stand above its header."""
    lines = (RULES / name).read_text(encoding="utf-8").splitlines()
    table = [line for line in lines if not line.startswith("#")]
    return tuple({key: (value or "") for key, value in row.items()} for row in csv.DictReader(table))


@cache
def has_value_set(name: str) -> bool:
    """Whether ``rules/valuesets/`` has a file of this name."""
    return (RULES / "valuesets" / f"{name}.csv").exists()


@cache
def card_file(card: str) -> dict[str, Any]:
    """The rule of a card."""
    found = [p for p in RULES.glob(f"*/{card}-*.yaml") if not p.name.endswith(".cases.yaml")]
    (only,) = found
    return yaml_file(str(only.relative_to(RULES)))


def listed(value: Any) -> list[Any]:
    """A word that may stand alone or in a list, as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
