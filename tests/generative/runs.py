"""How many examples a property is tried on.

An ordinary run draws the same examples every time, so that a failure is of the change at hand. ``make generative`` sets
``GENERATIVE=deep``: many times as many examples, other ones each time; Hypothesis prints how to repeat a failure.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final, TypeVar

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

T = TypeVar("T")

DEEP: Final = os.environ.get("GENERATIVE") == "deep"
TIMES: Final = int(os.environ.get("GENERATIVE_TIMES", "40")) if DEEP else 1

UNHURRIED = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)


def examples(count: int) -> settings:
    """Settings for so many examples on an ordinary run."""
    return settings(
        max_examples=count * TIMES,
        derandomize=not DEEP,
        deadline=None,
        suppress_health_check=UNHURRIED,
        print_blob=DEEP,
    )


def is_noticed(drawn: st.SearchStrategy[T], holds: Callable[[T], Any], *, within: int) -> bool:
    """True when a property, put as an assertion, fails for one of so many examples."""
    search = settings(
        max_examples=within,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=UNHURRIED,
    )
    try:
        find(drawn, lambda example: _fails(holds, example), settings=search)
    except NoSuchExample:
        return False
    return True


def _fails(holds: Callable[[T], Any], example: T) -> bool:
    try:
        holds(example)
    except AssertionError:
        return True
    return False
