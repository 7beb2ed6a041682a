"""Whether the service is fit to answer: which rules are loaded, which have broken, and whether the store can be written."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """One look at the service. A broken rule makes it degraded, not unready: the other rules still answer."""

    rules_loaded: int
    broken_rules: dict[str, int]
    store_writable: bool

    @property
    def ready(self) -> bool:
        """True when the service may be sent calls."""
        return self.rules_loaded > 0 and self.store_writable

    @property
    def word(self) -> str:
        """``ready``, ``degraded`` or ``not-ready``."""
        if not self.ready:
            return "not-ready"
        return "degraded" if self.broken_rules else "ready"


class Health:
    """Remembers broken rules since the start; safe for many threads."""

    def __init__(self, *, rules_loaded: int, store_writable: Callable[[], bool]) -> None:
        self._rules_loaded = rules_loaded
        self._store_writable = store_writable
        self._broken: Counter[str] = Counter()
        self._lock = threading.Lock()

    def rule_broke(self, rule: str) -> int:
        """Remember that a rule broke; return how many different rules have broken so far."""
        with self._lock:
            self._broken[rule] += 1
            return len(self._broken)

    def look(self) -> Readiness:
        """Return the state of this moment."""
        with self._lock:
            broken = dict(sorted(self._broken.items()))
        return Readiness(
            rules_loaded=self._rules_loaded, broken_rules=broken, store_writable=self._store_writable()
        )
