"""Whether the service is fit to answer: which rules are loaded, which have broken, and whether the store can be written."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from cds_service.ops.disabled import DisabledLook


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """One look at the service. A broken rule makes it degraded, not unready: the other rules still answer.

    ``rules_loaded`` leaves out the ``disabled`` ones. ``rxnorm`` is the date of the RxNorm release in use; None while
    only the shipped product table is.
    """

    rules_loaded: int
    broken_rules: dict[str, int]
    store_writable: bool
    disabled: DisabledLook = field(default_factory=DisabledLook)
    rxnorm: str | None = None

    @property
    def ready(self) -> bool:
        """True when the service may be sent calls."""
        return self.rules_loaded > 0 and self.store_writable

    @property
    def word(self) -> str:
        """``ready``, ``degraded`` or ``not-ready``."""
        if not self.ready:
            return "not-ready"
        return "degraded" if self.broken_rules or self.disabled.problem is not None else "ready"


class Health:
    """Remembers broken rules since the start; safe for many threads. ``rules_loaded`` counts the disabled ones too."""

    def __init__(
        self,
        *,
        rules_loaded: int,
        store_writable: Callable[[], bool],
        disabled: Callable[[], DisabledLook] = DisabledLook,
        rxnorm: str | None = None,
    ) -> None:
        self._rules_loaded = rules_loaded
        self._store_writable = store_writable
        self._disabled = disabled
        self._rxnorm = rxnorm
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
        disabled = self._disabled()
        return Readiness(
            rules_loaded=self._rules_loaded - len(disabled.rules),
            broken_rules=broken,
            store_writable=self._store_writable(),
            disabled=disabled,
            rxnorm=self._rxnorm,
        )
