"""Runs the cases of files and says what held and what did not: for the command line and for the test suite."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cds_service.casework.changes import draft_ids
from cds_service.casework.context import CannotBuild
from cds_service.casework.judge import differences
from cds_service.casework.outcome import RECORD_TYPES, Outcome, awake, outcome_of
from cds_service.casework.read import WrittenCase, read_cases
from cds_service.ruleset.profiles import also_under
from cds_service.ruleset.ruleset import Ruleset
from cds_service.ruleset.wording import nearest


@dataclass(frozen=True, kw_only=True)
class CaseResult:
    """What came of one case. ``problems`` is empty when it holds; ``outcome`` is None when it could not be run."""

    case: WrittenCase
    problems: tuple[str, ...]
    outcome: Outcome | None = None

    @property
    def holds(self) -> bool:
        """True when everything is as expected."""
        return not self.problems

    @property
    def fires(self) -> bool:
        """True when the case expects a card of its rule."""
        return self.case.spec.expect.card not in {None, "none"}

    @property
    def is_silent(self) -> bool:
        """True when the case expects that its rule gives no card."""
        return self.case.spec.expect.card == "none"

    def __str__(self) -> str:
        lines = [f"{self.case.file}:{self.case.line}: {self.case.title}", *self.problems]
        return "\n    ".join(lines)


def run_cases(rules: Ruleset, path: Path, *, root: Path | None = None) -> list[CaseResult]:
    """Run every case of a file. Raises ``RuleFileInvalid`` when the file itself is wrong."""
    return [run_case(rules, case) for case in read_cases(path, root=root)]


def run_case(rules: Ruleset, case: WrittenCase) -> CaseResult:
    """Run one case; an item that makes no resource, or an unknown rule or profile, is a problem of the case."""
    unknown = list(_unknown_names(rules, case))
    if unknown:
        return CaseResult(case=case, problems=tuple(unknown))
    adapted = awake(also_under(rules, case.profiles) if case.profiles else rules, case.rule)
    try:
        outcome = outcome_of(adapted, case)
    except CannotBuild as problem:
        return CaseResult(case=case, problems=(str(problem),))
    return CaseResult(case=case, problems=differences(case, outcome), outcome=outcome)


def _unknown_names(rules: Ruleset, case: WrittenCase) -> Iterator[str]:
    expect = case.spec.expect
    if case.rule is not None and case.rule not in rules.by_id:
        yield f"no rule '{case.rule}'{nearest(case.rule, rules.by_id)}"
    for name in case.profiles:
        if name not in rules.available_profiles:
            yield f"no profile '{name}'{nearest(name, rules.available_profiles)}"
    for kind in (*case.spec.unavailable, *(expect.incomplete or ())):
        if kind not in RECORD_TYPES:
            yield f"no FHIR type '{kind}' is read{nearest(kind, RECORD_TYPES)}"
    drafts = draft_ids(case.spec.drafts)
    for id_ in case.spec.selections or ():
        if id_ not in drafts:
            yield f"no draft '{id_}'{nearest(id_, drafts)}"
    known = {*rules.by_id, *rules.index}
    named: Iterable[str] = (*expect.also, *(expect.absent if expect.absent != "all" else ()))
    for card in (*named, *(c.card for c in expect.cards if c.card)):
        if card not in known:
            yield f"no card '{card}'{nearest(card, sorted(known))}"
