"""The explanation as plain data: one entry a pathway, then the cards of a hook."""

from __future__ import annotations

from typing import Any

from cds_service.cards.build import CardOptions, cards_for
from cds_service.cards.explanation import evidence_json, missing_json, trial_json, without_empty
from cds_service.cards.suggestions import Chart
from cds_service.evaluate.engine import Engine, evaluate
from cds_service.evaluate.findings import PathwayState, StepState, Trial
from cds_service.evaluate.truth import Truth
from cds_service.explain.words import verdict_words
from cds_service.ruleset.ruleset import Ruleset
from cds_service.timeline.events import Timeline

Json = dict[str, Any]


def explain(rules: Ruleset, timeline: Timeline, *, hook: str, patient_id: str) -> Json:
    """Return where the patient stands on each pathway and the cards that ``hook`` would show."""
    evaluation, engine = evaluate(rules, timeline, hook=hook)
    states = sorted((engine.stand(name) for name in rules.pathways), key=lambda s: not s.steps)
    cards = cards_for(evaluation, engine, Chart(patient_id=patient_id), CardOptions(hook_instance="explain"))
    return {
        "asOf": timeline.as_of.isoformat(),
        "patient": timeline.person.reference,
        "hook": hook,
        "pathways": [_pathway(s, engine) for s in states if s.in_population != Truth.NO],
        "outside": [s.pathway for s in states if s.in_population == Truth.NO],
        "cards": cards,
        "undecided": {
            card: [missing_json(m) for m in missing] for card, missing in evaluation.undecided.items()
        },
        "broken": dict(evaluation.broken),
        "incomplete": sorted(timeline.incomplete),
        "unreadable": dict(timeline.unreadable),
        "foreign": timeline.foreign,
        "unknownCodes": [
            {"system": system, "code": code, "count": count}
            for (system, code), count in sorted(timeline.unknown_codes.items())
        ],
    }


def _pathway(state: PathwayState, engine: Engine) -> Json:
    file = engine.rules.pathways[state.pathway]
    member = engine.member(state.pathway)
    return without_empty(
        {
            "pathway": state.pathway,
            "title": file.title,
            "inPopulation": state.in_population,
            "because": [evidence_json(e) for e in member.evidence],
            "standsOn": state.step or "done",
            "steps": [_step(s) for s in state.steps],
            "trials": [_trial(t) for t in _told(state, engine)],
            "untried": [t.label for t in state.trials if t.verdict == "not-tried"],
            "notProvable": [t.label for t in state.trials if t.verdict == "unknown" and not t.references],
            "missing": [missing_json(m) for m in state.missing],
        }
    )


def _step(step: StepState) -> Json:
    return without_empty(
        {
            "step": step.step,
            "name": step.name,
            "passed": str(step.passed),
            "because": [evidence_json(e) for e in step.because] if step.passed == Truth.YES else [],
            "missing": [missing_json(m) for m in step.missing],
        }
    )


def _told(state: PathwayState, engine: Engine) -> list[Trial]:
    """Return what was used or ruled out, the earliest first; one use that two therapies share is told once.

    The ladder may rest on trials that another pathway judges. They are told here when the patient is not in that one.
    """
    uses = engine.rules.pathways[state.pathway].uses
    elsewhere = [t for name in uses if engine.member(name).truth is Truth.NO for t in engine.trials(name)]
    found: dict[object, Trial] = {}
    for trial in sorted((*state.trials, *elsewhere), key=_by_start):
        if trial.references or trial.verdict == "ruled-out":
            key = (trial.references, trial.verdict, trial.reason) if trial.start else trial.label
            found.setdefault(key, trial)
    return list(found.values())


def _by_start(trial: Trial) -> tuple[bool, int]:
    """Earliest first; what was never used, or has no date, last."""
    when = trial.start or trial.end
    return (when is None, when.first.toordinal() if when else 0)


def _trial(trial: Trial) -> Json:
    return {
        **trial_json(trial),
        **without_empty(
            {
                "label": trial.label,
                "words": verdict_words(trial),
                "sessions": trial.sessions,
                "requiredDose": str(trial.required_dose) if trial.required_dose else None,
                "requiredDays": trial.required_days,
                "adequateOn": trial.adequate_on.isoformat() if trial.adequate_on else None,
                "evidence": [evidence_json(e) for e in trial.evidence],
                "missing": [missing_json(m) for m in trial.missing],
            }
        ),
    }
