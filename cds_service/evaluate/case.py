"""One patient, one day, one draft: everything a question may look at, with answers remembered for the call."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from cds_service.evaluate.findings import Trial
from cds_service.evaluate.truth import Answer, Evidence
from cds_service.ruleset.ruleset import Ruleset
from cds_service.timeline.dates import DateSpan
from cds_service.timeline.events import Draft, Site, Timeline

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorEvent:
    """The dated event that a card hangs on: a judged trial or a procedure."""

    when: DateSpan | None
    evidence: tuple[Evidence, ...]
    trial: Trial | None = None
    site: Site | None = None
    reference: str | None = None


@dataclass(slots=True, kw_only=True)
class Case:
    """What a question may look at; never changed once made (not frozen, because it is made thousands of times a call).

    ``pathway`` is the scope in which names are looked up. ``draft`` is the order under judgement and ``anchor`` the
    card's dated event, when there are any. ``memo`` remembers answers that depend on neither, for one call.
    ``stratum`` is ``safety`` while only record facts may be asked (a safety rule, a what-if inside a verdict).
    """

    rules: Ruleset
    timeline: Timeline
    pathway: str
    draft: Draft | None = None
    anchor: AnchorEvent | None = None
    stratum: str = "cards"
    memo: dict[Hashable, Any] = field(default_factory=dict)

    def within(self, pathway: str) -> Case:
        """Return the same case seen from another pathway."""
        if pathway == self.pathway and self.anchor is None:
            return self
        return self._with(pathway, self.draft, None)

    def within_scope(self, scope: str) -> Case:
        """Return the same case, draft and anchor kept, with names looked up in another scope."""
        return self if scope == self.pathway else self._with(scope, self.draft, self.anchor)

    def about(self, draft: Draft | None) -> Case:
        """Return the case for one draft."""
        if draft is self.draft and self.anchor is None:
            return self
        return self._with(self.pathway, draft, None)

    def at(self, anchor: AnchorEvent) -> Case:
        """Return the case hung on an anchor."""
        return self._with(self.pathway, self.draft, anchor)

    def _with(self, pathway: str, draft: Draft | None, anchor: AnchorEvent | None) -> Case:
        return Case(
            rules=self.rules,
            timeline=self.timeline,
            pathway=pathway,
            draft=draft,
            anchor=anchor,
            stratum=self.stratum,
            memo=self.memo,
        )

    def once(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return the remembered value for ``key``, computing it the first time."""
        if key not in self.memo:
            self.memo[key] = compute()
        value: T = self.memo[key]
        return value


Ask = Callable[[Any, Case], Answer]
"""``ask(item, case)``: the answer to a fact name, a fact word or a block."""
