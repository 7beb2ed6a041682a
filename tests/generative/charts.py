"""A patient's chart as FHIR JSON, ready to be judged on a day: what properties vary, and what they compare."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from cds_service.casework.build import BuiltPatient, build_patient, bundle_of
from cds_service.casework.changes import draft_ids
from cds_service.casework.context import PATIENT_ID
from cds_service.casework.outcome import Chartwork, Outcome, outcome_under, records_of
from cds_service.casework.read import WrittenCase
from cds_service.evaluate.findings import Trial
from cds_service.records.decode import decode_bundle
from cds_service.timeline.build import build_timeline
from tests.generative.world import rules

Json = dict[str, Any]

EXPLANATION = "org.cds-service.explanation"
ORDER_HOOKS = ("order-sign", "order-select")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One call: the Patient, the record, the drafts, and the day, hook and types that could not be searched.

    ``selected`` are the references of the drafts just selected (order-select only; None selects all).
    """

    patient: Json
    resources: tuple[Json, ...]
    drafts: tuple[Json, ...] = ()
    hook: str
    as_of: date
    unavailable: tuple[str, ...] = ()
    selected: tuple[str, ...] | None = None

    def with_(self, **changes: Any) -> Chart:
        """The same chart with other fields."""
        return replace(self, **changes)

    @property
    def references(self) -> frozenset[str]:
        """Everything that a card may point to: the patient, the record and the drafts."""
        own = (reference_of(r) for r in (*self.resources, *self.drafts))
        return frozenset({f"Patient/{self.patient['id']}", *own})


def chart_of(case: WrittenCase) -> Chart:
    """The chart of a case."""
    drafts = draft_ids(case.spec.drafts)
    built = build_patient(rules().terminology, case.described.person, case.described.history, drafts)
    chosen = case.spec.selections
    return Chart(
        patient=built.patient,
        resources=built.resources,
        drafts=built.drafts,
        hook=case.hook,
        as_of=date.fromisoformat(case.as_of),
        unavailable=case.spec.unavailable,
        selected=None if chosen is None else tuple(built.references[id_] for id_ in chosen),
    )


def judged(chart: Chart) -> Outcome:
    """Judge a chart as production does, from JSON to cards. A rule that breaks fails whatever property is tested."""
    built = BuiltPatient(patient=chart.patient, resources=chart.resources, drafts=chart.drafts, references={})
    records = records_of(built, unavailable=chart.unavailable)
    drafts = decode_bundle(json.dumps(bundle_of(chart.drafts)).encode()).bundle if chart.drafts else None
    timeline = build_timeline(
        records,
        drafts=drafts,
        selections=_selections(chart),
        meaning=rules().terminology,
        as_of=chart.as_of,
        now=None,
    )
    outcome = outcome_under(
        rules(), Chartwork(built=built, records=records, timeline=timeline), hook=chart.hook
    )
    assert outcome.bugs == ()
    return outcome


def _selections(chart: Chart) -> tuple[str, ...] | None:
    if chart.hook != "order-select":
        return None
    return tuple(map(reference_of, chart.drafts)) if chart.selected is None else chart.selected


def cards_of(chart: Chart) -> list[Mapping[str, Any]]:
    """The cards of a chart, all of them."""
    return list(judged(chart).cards)


def trials_of(chart: Chart) -> dict[str, tuple[Trial, ...]]:
    """Every trial of every pathway, by pathway."""
    engine = judged(chart).engine
    return {pathway: engine.trials(pathway) for pathway in rules().pathways}


def named(card: Mapping[str, Any]) -> str:
    """The card's id as the clinical pages name it."""
    return str(card["extension"][EXPLANATION]["card"])


def reference_of(resource: Mapping[str, Any]) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def subject_of(resource: Mapping[str, Any]) -> str:
    """The member that says whose resource it is."""
    return "patient" if resource["resourceType"] in {"AllergyIntolerance", "Device"} else "subject"


# ---------------------------------------------------------------- changing JSON


def mapped(value: Any, change: Callable[[str, Any], Any], name: str = "") -> Any:
    """The same JSON with every leaf put through ``change(name of its member, value)``."""
    if isinstance(value, dict):
        return {key: mapped(inner, change, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [mapped(inner, change, name) for inner in value]
    return change(name, value)


def shifted(resource: Json, days: int) -> Json:
    """The same resource with every full date so many days later; partial dates stay."""

    def later(_name: str, value: Any) -> Any:
        if not isinstance(value, str) or _DAY.match(value) is None:
            return value
        return (date.fromisoformat(value[:10]) + timedelta(days=days)).isoformat() + value[10:]

    found: Json = mapped(resource, later)
    return found


def renamed(resources: Iterable[Json], prefix: str) -> list[Json]:
    """The same resources under other ids, references among them included; the patient keeps its own."""
    own = list(resources)
    names = {reference_of(r): f"{r['resourceType']}/{prefix}{r['id']}" for r in own}

    def follow(name: str, value: Any) -> Any:
        return names.get(value, value) if name == "reference" else value

    return [{**mapped(r, follow), "id": f"{prefix}{r['id']}"} for r in own]


def of_patient(chart: Chart, patient_id: str) -> Chart:
    """The same chart of a patient with another id; all other ids get it as a prefix, so that many may share a server."""
    old, new = f"Patient/{PATIENT_ID}", f"Patient/{patient_id}"

    def follow(name: str, value: Any) -> Any:
        return new if name == "reference" and value == old else value

    count = len(chart.resources)
    both: list[Json] = mapped(renamed((*chart.resources, *chart.drafts), f"{patient_id}-"), follow)
    selected = None
    if chart.selected is not None:
        selected = tuple(s.replace("/", f"/{patient_id}-", 1) for s in chart.selected)
    return chart.with_(
        patient={**chart.patient, "id": patient_id},
        resources=tuple(both[:count]),
        drafts=tuple(both[count:]),
        selected=selected,
    )


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of a JSON value with the name of its member."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, name)
    else:
        yield name, value
