"""Holds what came of a case against what was expected; every difference is one readable sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cds_service.casework.format import Expect, ExpectedCard, ExpectedTrial
from cds_service.casework.outcome import Outcome
from cds_service.casework.read import WrittenCase
from cds_service.evaluate.findings import Finding, Trial
from cds_service.ruleset.wording import nearest

PASSED = "passed"
"""Where a patient stands who has passed every step of a ladder."""

_ACTIONS = ("delete", "create", "update")

Shown = tuple[Finding, Mapping[str, Any]]


def differences(case: WrittenCase, outcome: Outcome) -> tuple[str, ...]:
    """Return what is not as expected; empty when the case holds."""
    return tuple(_Judge(case, outcome).problems())


class _Judge:
    def __init__(self, case: WrittenCase, outcome: Outcome) -> None:
        self.case = case
        self.outcome = outcome
        self.expect: Expect = case.spec.expect
        self.present = {f.card for f in _with_merged(outcome.evaluation.findings)}

    def problems(self) -> Iterator[str]:
        yield from self.outcome.bugs
        if self.outcome.records.unreadable:
            kinds = ", ".join(sorted(self.outcome.records.unreadable))
            yield f"resources of the case could not be read: {kinds}"
        yield from self._own_card()
        for wanted in self.expect.cards:
            yield from self._card(wanted.card or self.case.rule or "", wanted)
        yield from self._absent()
        for card in self.expect.also:
            if card not in self.present:
                yield f"expected {card} too, got {self._got()}"
        for therapy, trial in self.expect.trials.items():
            yield from self._trial(therapy, trial)
        yield from self._step()
        yield from self._missing(self.expect.missing, self._all_missing())
        yield from self._incomplete()

    # ------------------------------------------------------------ cards

    def _own_card(self) -> Iterator[str]:
        rule, wanted = self.case.rule, self.expect.card
        if rule is None or wanted is None:
            if wanted is not None:
                yield "'card' needs a rule: write 'cards' or 'absent'"
            return
        if wanted == "none":
            if rule in self.present:
                yield f"expected no card of {rule}, got {self._summaries(rule)}"
            return
        yield from self._card(wanted.card or rule, wanted)

    def _card(self, card: str, wanted: ExpectedCard) -> Iterator[str]:
        found = self._shown(card)
        if wanted.about is not None:
            reference = self.outcome.built.references.get(wanted.about)
            found = [(f, c) for f, c in found if f.draft is not None and f.draft.reference == reference]
        if not found:
            about = f" about {wanted.about}" if wanted.about is not None else ""
            yield f"expected {card}{about}, got {self._got()}{self._why_not(card)}"
            return
        if wanted.count is not None and len(found) != wanted.count:
            yield f"expected {wanted.count} cards of {card}, got {len(found)}"
        attempts = [list(self._unlike(wanted, finding, shown)) for finding, shown in found]
        yield from (f"{card}: {text}" for text in min(attempts, key=len))

    def _shown(self, card: str) -> list[Shown]:
        """Return the findings of a card with the card that shows them; of a merged one, the merged card."""
        return [
            (finding, shown)
            for head, shown in self.outcome.shown
            for finding in (head, *head.also)
            if finding.card == card
        ]

    def _unlike(self, wanted: ExpectedCard, finding: Finding, shown: Mapping[str, Any]) -> Iterator[str]:
        for word, value in (
            ("level", finding.level),
            ("kind", finding.kind),
            ("certainty", finding.certainty.value),
        ):
            asked = getattr(wanted, word)
            if asked is not None and asked != value:
                caps = f" ({'; '.join(finding.caps)})" if word == "level" and finding.caps else ""
                yield f"{word} is {value}{caps}, not {asked}"
        summary, detail = str(shown["summary"]), str(shown.get("detail", ""))
        if wanted.summary is not None and wanted.summary != summary:
            yield f"summary is '{summary}', not '{wanted.summary}'"
        for text in wanted.contains:
            if text.lower() not in summary.lower():
                yield f"summary '{summary}' does not contain '{text}'"
        for text in wanted.detail:
            if text.lower() not in detail.lower():
                yield f"detail does not contain '{text}'"
        if wanted.reasons is not None:
            reasons = tuple(say for say, _ in finding.reasons)
            if reasons != wanted.reasons:
                yield f"reasons are {list(reasons)}, not {list(wanted.reasons)}"
        yield from self._missing(wanted.missing, [m.what for m in finding.missing])
        yield from _suggestions_unlike(wanted, shown.get("suggestions", ()))

    def _absent(self) -> Iterator[str]:
        if self.expect.absent == "all":
            if self.present:
                yield f"expected no card, got {self._got()}"
            return
        for card in self.expect.absent:
            if card in self.present:
                yield f"expected no {card}, got {self._summaries(card)}"

    def _got(self) -> str:
        return ", ".join(_named(f) for f in self.outcome.evaluation.findings) or "no card"

    def _summaries(self, card: str) -> str:
        return "; ".join(f"{f.level}: {c['summary']}" for f, c in self._shown(card))

    def _why_not(self, card: str) -> str:
        missing = self.outcome.evaluation.undecided.get(card)
        if missing:
            return f"; {card} is undecided for want of {', '.join(m.what for m in missing)}"
        return ""

    # ------------------------------------------------------------ trials, step, missing

    def _trial(self, key: str, wanted: ExpectedTrial) -> Iterator[str]:
        trials = self._trials()
        if key not in trials:
            yield f"no trial '{key}'{nearest(key, trials)} (there are {', '.join(trials) or 'none'})"
            return
        trial = trials[key]
        if wanted.verdict not in {trial.verdict.value, trial.finer}:
            reason = f" ({trial.reason})" if trial.reason else ""
            yield f"trial {key} is {trial.verdict.value}{reason}, not {wanted.verdict}"
        if wanted.reason is not None and wanted.reason != trial.reason:
            yield f"trial {key} has reason {trial.reason}, not {wanted.reason}"
        if wanted.certainty is not None and wanted.certainty != trial.certainty.value:
            yield f"trial {key} is {trial.certainty.value}, not {wanted.certainty}"

    def _trials(self) -> dict[str, Trial]:
        """Return trials by therapy; the second of one therapy has ``-2`` behind its name."""
        found: dict[str, Trial] = {}
        for pathway in self._pathways():
            trials = self.outcome.engine.trials(pathway)
            counted: dict[str, int] = {}
            for trial in sorted(trials, key=lambda t: (t.therapy, str(t.start.first) if t.start else "")):
                counted[trial.therapy] = counted.get(trial.therapy, 0) + 1
                number = counted[trial.therapy]
                name = trial.therapy if number == 1 else f"{trial.therapy}-{number}"
                found.setdefault(name, trial)
        return found

    def _pathways(self) -> Sequence[str]:
        """Return the pathways of the case: that of its folder, or for shared rules all, the patient's own first."""
        rules = self.outcome.engine.rules
        folder = self.case.file.split("/")[0]
        if folder in rules.pathways:
            return (folder, *rules.pathways[folder].uses)
        return sorted(rules.pathways, key=lambda p: self.outcome.engine.member(p).truth != "yes")

    def _step(self) -> Iterator[str]:
        wanted = self.expect.step
        if wanted is None:
            return
        by_pathway = {self._pathways()[0]: wanted} if isinstance(wanted, str) else wanted
        for pathway, step in by_pathway.items():
            stands = self.outcome.engine.stand(pathway).step or PASSED
            if stands != step:
                yield f"the patient stands on step {stands} of {pathway}, not {step}"

    def _all_missing(self) -> list[str]:
        evaluation, rule = self.outcome.evaluation, self.case.rule
        findings = [f for f in _with_merged(evaluation.findings) if rule in (None, f.card)]
        open_ = [m for card, missing in evaluation.undecided.items() if rule in (None, card) for m in missing]
        return [m.what for m in (*(m for f in findings for m in f.missing), *open_)]

    @staticmethod
    def _missing(wanted: Sequence[str], named: Sequence[str]) -> Iterator[str]:
        for text in wanted:
            if not any(text.lower() in what.lower() for what in named):
                yield f"'{text}' is not named as missing ({', '.join(named) or 'nothing is'})"

    def _incomplete(self) -> Iterator[str]:
        wanted, got = self.expect.incomplete, self.outcome.evaluation.incomplete
        if wanted is not None and set(wanted) != got:
            yield f"incomplete are {sorted(got)}, not {sorted(wanted)}"


def _with_merged(findings: Sequence[Finding]) -> Iterator[Finding]:
    for finding in findings:
        yield finding
        yield from finding.also


def _named(finding: Finding) -> str:
    merged = f" with {', '.join(f.card for f in finding.also)}" if finding.also else ""
    return f"{finding.card} {finding.level}{merged}"


def _suggestions_unlike(wanted: ExpectedCard, suggestions: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    labels = [str(s["label"]) for s in suggestions]
    if wanted.suggests == ("none",):
        if labels:
            yield f"suggests {labels}, expected no suggestion"
        return
    for text in wanted.suggests or ():
        if not any(_suggests(s, text) for s in suggestions):
            yield f"does not suggest '{text}' (suggests {labels})"
    for text in wanted.suggests_not:
        if any(_suggests(s, text) for s in suggestions):
            yield f"suggests '{text}', which it should not"


def _suggests(suggestion: Mapping[str, Any], text: str) -> bool:
    word, _, rest = text.partition(" ")
    if word in _ACTIONS and rest:
        actions = [a for a in suggestion.get("actions", ()) if a.get("type") == word]
        return any(rest.lower() in _written(action).lower() for action in actions)
    return text.lower() in str(suggestion["label"]).lower()


def _written(action: Mapping[str, Any]) -> str:
    parts = (
        action.get("resourceId", ""),
        action.get("description", ""),
        json.dumps(action.get("resource", {})),
    )
    return " ".join(map(str, parts))
