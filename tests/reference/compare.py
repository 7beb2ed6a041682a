"""Holds the engine's opinion of a made-up patient against that of the reference evaluator."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from cds_service.casework.outcome import RECORD_TYPES
from cds_service.evaluate.engine import Engine
from cds_service.evaluate.findings import Trial as EngineTrial
from cds_service.records.decode import decode_bundle
from cds_service.records.patient import PatientRecords
from cds_service.records.references import is_about, reference_of
from cds_service.records.resources import AnyResource, Medication
from cds_service.ruleset.load import load_ruleset
from cds_service.ruleset.ruleset import Ruleset
from cds_service.timeline.build import build_timeline
from cds_service.timeline.dates import DateSpan
from tests.reference.files import RULES
from tests.reference.ladder import Patient
from tests.reference.patients import MadeUp
from tests.reference.record import Record
from tests.reference.trials import Trial

Said = tuple[str, str, str, str, str, str]
"""Therapy, verdict, reason, certainty, first day, last day; empty where nothing is said."""

REASONED = {"inadequate", "failed", "not-tolerated", "ruled-out", "stopped-other", "effective"}
"""Verdicts whose finer reason the meaning names; of the others it is an explanation only."""


@dataclass(frozen=True)
class Opinions:
    """What both say of one patient, sorted: trials and step."""

    engine: tuple[Said, ...]
    reference: tuple[Said, ...]
    engine_step: str | None
    reference_step: str | None

    @property
    def agree(self) -> bool:
        """Whether they say the same."""
        return not self.only_engine and not self.only_reference and self.engine_step == self.reference_step

    @property
    def only_engine(self) -> list[Said]:
        """What the engine says and the reference does not."""
        return _left_over(self.engine, self.reference, _same)

    @property
    def only_reference(self) -> list[Said]:
        """What the reference says and the engine does not."""
        return _left_over(self.reference, self.engine, lambda mine, theirs: _same(theirs, mine))


def _left_over(
    some: Sequence[Said], others: Sequence[Said], same: Callable[[Said, Said], bool]
) -> list[Said]:
    left, rest = [], list(others)
    for one in some:
        twin = next((other for other in rest if same(one, other)), None)
        if twin is None:
            left.append(one)
        else:
            rest.remove(twin)
    return left


def _same(engine: Said, reference: Said) -> bool:
    """The same therapy, verdict, reason and certainty; the same days where they are exact."""
    dates = all(mine in (theirs, "inexact") for theirs, mine in zip(engine[4:], reference[4:], strict=True))
    certain = engine[1] in ("unknown", "ongoing") or reference[3] in (engine[3], "open")
    return engine[:2] == reference[:2] and reference[2] in (engine[2], "open") and certain and dates


@cache
def ruleset() -> Ruleset:
    """The project's own rules."""
    return load_ruleset(RULES)


def opinions(made_up: MadeUp) -> Opinions:
    """Judge a patient twice."""
    engine = _engine(made_up)
    mine = Patient(Record(made_up.resources, made_up.as_of)).opinion(made_up.pathway)
    theirs, ours = engine.trials(made_up.pathway), mine.trials
    return Opinions(
        tuple(sorted(_engine_said(t) for t in theirs)),
        tuple(sorted(_reference_said(t) for t in ours)),
        engine.stand(made_up.pathway).step,
        mine.step,
    )


def _engine(made_up: MadeUp) -> Engine:
    records = _records(made_up.resources)
    timeline = build_timeline(
        records, drafts=None, selections=None, meaning=ruleset().terminology, as_of=made_up.as_of, now=None
    )
    return Engine.for_patient(ruleset(), timeline)


def _records(resources: Sequence[Mapping[str, Any]]) -> PatientRecords:
    entries = [{"resource": resource} for resource in resources]
    bundle = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
    decoded = decode_bundle(json.dumps(bundle).encode())
    found: dict[str, list[AnyResource]] = {name: [] for name in RECORD_TYPES}
    medications: dict[str, Medication] = {}
    for resource in (entry.resource for entry in decoded.bundle.entry if entry.resource is not None):
        if isinstance(resource, Medication):
            medications[reference_of(resource)] = resource
        elif is_about(resource, "p"):
            found.setdefault(type(resource).__name__, []).append(resource)
    return PatientRecords(
        patient_id="p",
        resources={kind: tuple(items) for kind, items in found.items()},
        medications=medications,
        incomplete=frozenset(),
        unreadable=decoded.unreadable,
        foreign=0,
    )


def _engine_said(trial: EngineTrial) -> Said:
    return (
        trial.therapy,
        trial.verdict.value,
        trial.reason or "" if trial.verdict.value in REASONED else "",
        str(trial.certainty),
        _span(trial.start),
        _span(trial.end),
    )


def _span(span: DateSpan | None) -> str:
    if span is None:
        return ""
    return span.first.isoformat() if span.first == span.last else "inexact"


def _reference_said(trial: Trial) -> Said:
    return (
        trial.therapy,
        trial.verdict,
        _reason(trial),
        trial.certainty,
        _stretch(trial.start),
        _stretch(trial.end),
    )


def _reason(trial: Trial) -> str:
    if trial.verdict not in REASONED:
        return ""
    return trial.reason or "open"


def _stretch(stretch: tuple[Any, Any] | None) -> str:
    if stretch is None:
        return ""
    return str(stretch[0].isoformat()) if stretch[0] == stretch[1] else "inexact"


def verdicts(found: Opinions) -> Counter[str]:
    """How often each verdict was given."""
    return Counter(said[1] for said in found.reference)
