"""Python's garbage collector, told that rules and modules are there to stay."""

from __future__ import annotations

import gc

_YOUNG_OBJECTS = 50_000
"""Objects made before a collection; a call makes a few thousand at most, nearly all freed by counting references."""


def settle_collector() -> None:
    """Take everything loaded so far out of the collector's sight and collect less often.

    Call once, after a worker process has loaded its rules: full collections would walk through all of them each time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, 20, 100)
