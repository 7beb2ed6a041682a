"""What a process of the service needs besides the application: tidy ends, and a garbage collector that knows its load."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Callable
from multiprocessing.util import Finalize

_YOUNG_OBJECTS = 50_000
"""Objects made before a collection; a call makes a few thousand at most, nearly all freed by counting references."""


def at_exit(end: Callable[[], None]) -> None:
    """Call ``end`` when this process ends by itself or is asked to; it may be called twice.

    Worker processes of a server that uses multiprocessing leave without running the functions of ``atexit``, but run
    finalizers.
    """
    atexit.register(end)
    Finalize(None, end, exitpriority=0)


def settle_collector() -> None:
    """Take everything loaded so far out of the collector's sight and collect less often.

    Call once, after a worker process has loaded its rules: full collections would walk through all of them each time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, 20, 100)
