"""How long properties are tried: the same examples on every ordinary run, new and many ones with ``GENERATIVE=deep``."""

from __future__ import annotations

from tests.generative.runs import DEEP


def pytest_report_header() -> str:
    """Say which of both it is, so that the output of a long run explains itself."""
    return "generative: deep, new examples" if DEEP else "generative: the same examples on every run"
