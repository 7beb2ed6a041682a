"""Makes a patient smaller: resources are dropped one by one while the patient still shows the same thing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.reference.patients import MadeUp


def shrunk(made_up: MadeUp, still: Callable[[MadeUp], bool]) -> MadeUp:
    """The patient without every resource that can be left out."""
    small = made_up
    for resource in made_up.resources:
        rest = tuple(other for other in small.resources if other is not resource)
        smaller = replace(small, resources=rest)
        if _can_be_judged(smaller) and still(smaller):
            small = smaller
    return small


def _can_be_judged(made_up: MadeUp) -> bool:
    """Whether every Medication that an order refers to is still there."""
    there = {f"{r['resourceType']}/{r['id']}" for r in made_up.resources}
    asked = [r["medicationReference"]["reference"] for r in made_up.resources if "medicationReference" in r]
    return all(reference in there or reference.startswith("#") for reference in asked)
