"""What was wrong with records as they were read: places and kinds, never values, so that it may be counted and logged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DataIssue:
    """One kind of fault at one place of a resource type.

    ``field`` is a path of FHIR member names (``code.coding.system``); ``kind`` is ``array-for-single``,
    ``single-for-array``, ``number-for-text``, ``text-for-number``, ``text-for-object``, ``wrong-type`` (dropped) or
    ``undecodable`` (dropped: not valid UTF-8, a number out of range …).
    """

    resource_type: str
    field: str
    kind: str


class IssueLog:
    """Counts the issues of one call; lives no longer than the call."""

    def __init__(self) -> None:
        self._counts: Counter[DataIssue] = Counter()

    def note(self, where: str, kind: str) -> None:
        """Count one issue at ``where``, written ``Type.member.member``."""
        resource_type, _, field = where.partition(".")
        self._counts[DataIssue(resource_type, field, kind)] += 1

    def counts(self) -> Mapping[DataIssue, int]:
        """Return how often each issue was met so far."""
        return dict(self._counts)
