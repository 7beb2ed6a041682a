"""Tables of examples: each row is a test, and a row of the table on the page that is written from the tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import pytest

Test = TypeVar("Test", bound=Callable[..., None])


def examples(columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> Callable[[Test], Test]:
    """Run a test once for each row. ``columns`` gives each argument of the test its heading on the page.

    Cells are what the page shows: words, numbers, True and False (yes and no), None (nothing recorded).
    """

    def decorate(test: Test) -> Test:
        test.examples = (tuple(columns.values()), tuple(tuple(row) for row in rows))  # type: ignore[attr-defined]
        marked: Test = pytest.mark.parametrize(tuple(columns), [tuple(row) for row in rows])(test)
        return marked

    return decorate
