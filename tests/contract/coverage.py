"""Ties a test to the requirements of tests/contract/requirements.csv that it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Test = TypeVar("Test", bound=Callable[..., object])


def covers(*requirements: str) -> Callable[[Test], Test]:
    """Mark a test as showing requirements; ``scripts/conformance.py`` reads the mark from the source."""
    if not requirements:
        raise ValueError("name at least one requirement")
    return lambda test: test
