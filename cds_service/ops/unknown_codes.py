"""Which codes of drugs were met that no table knows: a bounded list since the start of the process, for the operator.

It holds codes of known code systems whose shape was checked, so that no text of a record can enter it.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

MOST_CODES = 1000
"""Different codes that are kept; those that come later are only counted."""


@dataclass(frozen=True, kw_only=True)
class UnknownCodeList:
    """One look at the list: (system URI, code, times met), the most frequent first; ``beyond`` is what had no room."""

    codes: tuple[tuple[str, str, int], ...]
    beyond: int


class UnknownCodes:
    """Counts codes by system and code; safe for many threads."""

    def __init__(self, *, most: int = MOST_CODES) -> None:
        self._most = most
        self._met: Counter[tuple[str, str]] = Counter()
        self._beyond = 0
        self._lock = threading.Lock()

    def met(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Count codes of one call, by system URI and code."""
        with self._lock:
            for key, count in counts.items():
                if key in self._met or len(self._met) < self._most:
                    self._met[key] += count
                else:
                    self._beyond += count

    def look(self) -> UnknownCodeList:
        """Return the list of this moment."""
        with self._lock:
            met, beyond = dict(self._met), self._beyond
        ordered = sorted(met.items(), key=lambda item: (-item[1], item[0]))
        return UnknownCodeList(
            codes=tuple((system, code, count) for (system, code), count in ordered), beyond=beyond
        )
