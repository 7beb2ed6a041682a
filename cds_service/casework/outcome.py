"""Runs one case through the stages of production: resources, records, timeline, evaluation, cards."""

from __future__ import annotations

import json
import traceback
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from cds_service.cards.build import CardOptions, cards_for
from cds_service.cards.suggestions import Chart
from cds_service.casework.build import BuiltPatient, build_patient, bundle_of
from cds_service.casework.changes import draft_ids
from cds_service.casework.context import PATIENT_ID
from cds_service.casework.read import WrittenCase
from cds_service.evaluate.engine import Engine, evaluate
from cds_service.evaluate.findings import Evaluation, Finding
from cds_service.records.decode import decode_bundle
from cds_service.records.patient import PatientRecords
from cds_service.records.references import is_about, reference_of
from cds_service.records.resources import AnyResource, Bundle, Medication
from cds_service.ruleset.ruleset import Ruleset
from cds_service.terminology import Terminology
from cds_service.timeline.build import build_timeline
from cds_service.timeline.events import Timeline

ALL_CARDS = 1000
"""Cards a case may see: the limit of a call is no matter of a single rule."""

RECORD_TYPES = (
    "Patient",
    "Condition",
    "MedicationRequest",
    "MedicationStatement",
    "MedicationAdministration",
    "MedicationDispense",
    "Procedure",
    "Observation",
    "DiagnosticReport",
    "ImagingStudy",
    "AllergyIntolerance",
    "ServiceRequest",
    "DeviceRequest",
    "Device",
    "Encounter",
)
"""A case's record is whole: every type was asked for, also those without resources."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a case: findings with their cards, in the same order, and everything for a look inside."""

    built: BuiltPatient
    records: PatientRecords
    evaluation: Evaluation
    engine: Engine
    bugs: tuple[str, ...] = ()

    @cached_property
    def cards(self) -> tuple[Mapping[str, Any], ...]:
        """The cards, made when they are first looked at."""
        originals = {f"{r['resourceType']}/{r['id']}": r for r in (*self.built.resources, *self.built.drafts)}
        chart = Chart(patient_id=PATIENT_ID, original=originals.get)
        return tuple(cards_for(self.evaluation, self.engine, chart, CardOptions(most=ALL_CARDS)))

    @property
    def shown(self) -> tuple[tuple[Finding, Mapping[str, Any]], ...]:
        """Findings with their cards."""
        return tuple(zip(self.evaluation.findings, self.cards, strict=True))


@dataclass(frozen=True, kw_only=True)
class Chartwork:
    """A case as far as rules have no say in it: its resources, and the timeline that the terminology makes of them."""

    built: BuiltPatient
    records: PatientRecords
    timeline: Timeline


def chartwork_of(terminology: Terminology, case: WrittenCase) -> Chartwork:
    """Build a case's resources and timeline. Raises ``CannotBuild`` for an item that makes no resource."""
    drafts = draft_ids(case.spec.drafts)
    built = build_patient(terminology, case.described.person, case.described.history, drafts)
    records = records_of(built, unavailable=case.spec.unavailable)
    timeline = build_timeline(
        records,
        drafts=_decoded(built.drafts) if built.drafts else None,
        selections=_selections(case, built),
        meaning=terminology,
        as_of=date.fromisoformat(case.as_of),
        now=None,
    )
    return Chartwork(built=built, records=records, timeline=timeline)


def outcome_of(rules: Ruleset, case: WrittenCase) -> Outcome:
    """Run a case under the rules as they are. Raises ``CannotBuild`` for an item that makes no resource."""
    outcome = outcome_under(rules, chartwork_of(rules.terminology, case), hook=case.hook)
    assert len(outcome.cards) == len(outcome.evaluation.findings)  # every card can be made, expected or not
    return outcome


def outcome_under(
    rules: Ruleset, work: Chartwork, *, hook: str, memo: dict[Hashable, Any] | None = None
) -> Outcome:
    """Judge what was built already: the same chart may be judged under many variants of the rules.

    ``memo`` holds answers that are known to be the same under these rules, and is given those that are found.
    """
    bugs: list[str] = []
    evaluation, engine = evaluate(
        rules,
        work.timeline,
        hook=hook,
        on_bug=lambda rule, bug: bugs.append(_described_bug(rule, bug)),
        memo=memo,
    )
    return Outcome(
        built=work.built, records=work.records, evaluation=evaluation, engine=engine, bugs=tuple(bugs)
    )


def records_of(built: BuiltPatient, *, unavailable: Sequence[str] = ()) -> PatientRecords:
    """Return the patient's records as they would come from a FHIR server; ``unavailable`` types could not be searched."""
    decoded = decode_bundle(_json(bundle_of([built.patient, *built.resources])))
    resources: dict[str, list[AnyResource]] = {name: [] for name in RECORD_TYPES}
    medications: dict[str, Medication] = {}
    foreign = 0
    for resource in (entry.resource for entry in decoded.bundle.entry if entry.resource is not None):
        kind = type(resource).__name__
        if isinstance(resource, Medication):
            medications[reference_of(resource)] = resource
        elif not is_about(resource, PATIENT_ID):
            foreign += 1
        elif kind not in unavailable:
            resources.setdefault(kind, []).append(resource)
    return PatientRecords(
        patient_id=PATIENT_ID,
        resources={kind: tuple(found) for kind, found in resources.items()},
        medications=medications,
        incomplete=frozenset(unavailable),
        unreadable=decoded.unreadable,
        foreign=foreign,
    )


def _decoded(resources: Sequence[Mapping[str, Any]]) -> Bundle:
    return decode_bundle(_json(bundle_of(resources))).bundle


def _json(resource: Mapping[str, Any]) -> bytes:
    return json.dumps(resource).encode()


def _selections(case: WrittenCase, built: BuiltPatient) -> tuple[str, ...] | None:
    if case.hook != "order-select":
        return None
    ids = case.spec.selections
    if ids is None:
        return tuple(f"{r['resourceType']}/{r['id']}" for r in built.drafts)
    return tuple(built.references.get(id_, id_) for id_ in ids)


def _described_bug(rule: str, bug: Exception) -> str:
    """Say where a rule broke; the patients of cases are made up, so the message may be shown."""
    frames = traceback.extract_tb(bug.__traceback__)
    place = (
        f" in {frames[-1].name}, {frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}"
        if frames
        else ""
    )
    return f"{rule} broke: {type(bug).__name__}: {bug}{place}"


def awake(rules: Ruleset, card: str | None) -> Ruleset:
    """Return the rules with one of them answering whatever its status: cases are run before a rule is switched on."""
    rule = rules.by_id.get(card or "")
    if rule is None or (rule.file.status in {"pilot", "active"} and rule.id not in rules.disabled):
        return rules
    shown = replace(rule, file=rule.file.model_copy(update={"status": "pilot"}))
    others = tuple(shown if r.id == rule.id else r for r in rules.rules)
    return replace(rules, rules=others, disabled=rules.disabled - {rule.id})
