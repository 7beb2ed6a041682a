"""The machine-readable explanation that each card carries in its extension."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cds_service.evaluate.findings import Finding, Trial
from cds_service.evaluate.medication_facts import shown_amount
from cds_service.evaluate.truth import Evidence
from cds_service.ruleset.ruleset import Ruleset
from cds_service.timeline.amounts import Amount, Measure
from cds_service.timeline.events import Missing

EXTENSION = "org.cds-service.explanation"


def explanation_of(finding: Finding, rules: Ruleset, *, as_of: str) -> dict[str, Any]:
    """Return ``extension["org.cds-service.explanation"]``: rule, version, hash, evidence, trials, missing, sources."""
    rule = rules.by_id[finding.card]
    members = (finding, *finding.also)
    return without_empty(
        {
            "pathway": finding.pathway,
            "rule": rule.id,
            "card": rule.id,
            "also": [f.card for f in finding.also],
            "version": rule.file.version,
            "hash": rule.hash,
            "kind": finding.kind,
            "step": finding.step,
            "certainty": finding.certainty.value,
            "profile": rules.profiles.get(finding.pathway),
            "about": [finding.draft.reference] if finding.draft is not None else [],
            "partners": list(finding.partners),
            "caps": list(finding.caps),
            "evidence": _unique(evidence_json(e) for f in members for e in f.evidence),
            "trials": [trial_json(t) for t in finding.trials],
            "missing": [missing_json(m) for m in finding.missing],
            "sources": _unique(
                {"label": s.label, "grade": s.grade}
                for f in members
                for s in rules.by_id[f.card].file.sources
            ),
            "asOf": as_of,
        }
    )


def _unique(items: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for item in items:
        if item not in found:
            found.append(item)
    return found


def evidence_json(item: Evidence) -> dict[str, Any]:
    """Return one line of evidence."""
    return without_empty(
        {"reference": item.reference, "date": item.date, "says": item.says, "certainty": item.certainty.value}
    )


def missing_json(item: Missing) -> dict[str, Any]:
    """Return one missing datum and what would settle it."""
    return without_empty({"what": item.what, "settledBy": item.settled_by})


def trial_json(trial: Trial) -> dict[str, Any]:
    """Return one trial with its verdict and evidence."""
    return without_empty(
        {
            "therapy": trial.therapy,
            "side": trial.site.side if trial.site is not None else None,
            "verdict": trial.verdict.value,
            "certainty": trial.certainty.value,
            "start": str(trial.start) if trial.start else None,
            "end": str(trial.end) if trial.end else None,
            "dailyDose": None if trial.rarely else _measure(trial.daily_dose),
            "days": trial.days.low if isinstance(trial.days, Amount) else None,
            "reason": trial.reason,
            "references": list(trial.references),
        }
    )


def _measure(measure: Measure | None) -> str | None:
    return shown_amount(measure) if isinstance(measure, Amount) else None


def without_empty(value: Mapping[str, Any]) -> dict[str, Any]:
    """Drop members without a value: CDS Hooks forbids null and empty members."""
    return {k: v for k, v in value.items() if v is not None and v != "" and not _is_empty(v)}


def _is_empty(value: Any) -> bool:
    return isinstance(value, Sequence | Mapping) and not isinstance(value, str) and len(value) == 0
