"""Short ways to write patients, and to have their trials judged by a small pathway with round numbers.

The pathway is invented, so that a test shows the meaning of a word and not a guideline's number: an adequate trial of
``alpha`` is 600 mg a day held for 14 days, 28 days in all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, cast

from cds_service.evaluate.case import Case
from cds_service.evaluate.findings import Trial
from cds_service.evaluate.judging import judge
from cds_service.evaluate.truth import Answer, Evidence, no, yes
from cds_service.ruleset.pathway import PathwayFile, SharedFile
from cds_service.ruleset.ruleset import Ruleset
from cds_service.ruleset.yaml_file import parse_yaml
from cds_service.terminology import Statement, Terminology
from cds_service.timeline.amounts import Amount, Measure
from cds_service.timeline.dates import DateSpan, parse_span
from cds_service.timeline.events import (
    Allergy,
    Concept,
    Diagnosis,
    DosePart,
    Event,
    Ingredient,
    Order,
    OrderSource,
    Performed,
    Person,
    Result,
    Site,
    Timeline,
)

AS_OF = date(2026, 6, 15)

PATHWAY = """
pathway: small
title: A small pathway
source_label: Invented
notice: Invented.
population: {condition: disease}
settings:
  pain-severe: {value: 7, basis: invented}
therapies:
  alpha: {label: alpha, medication: alpha, class: first}
  beta: {label: beta, medication: beta, class: first}
  gamma: {label: gamma, medication: gamma}
  delta: {label: delta by mouth, medication: delta, route: oral}
  without-standard: {label: without-standard, medication: without-standard}
  toxin: {label: toxin, procedure: toxin-injection, conditional: toxin, counts_if_reason: disease}
  given-toxin: {label: given toxin, procedure: given-injection, medication: given-toxin}
  operation: {label: operation, procedure: operation, modality: operation, names: [the-operation]}
  ablation: {label: ablation, procedure: ablation, modality: ablation}
  guarded: {label: guarded operation, conditional: shared-code, counts_if_reason: disease, unless_condition: rival}
  drugs: [alpha, beta, gamma, delta]
  procedures: [operation, ablation]
trials:
  gap_allowed: 30 days
  lapsed_after: 90 days
  unknown_dose: {lasts: 42 days, stopped_for: no-effect, text_says: [inefficacy]}
  adequate:
    - {daily_dose: {gamma: any-known}, held: 14 days, lasts: 28 days, if: weak-kidneys}
    - {daily_dose: {alpha: 600 mg, beta: 900 mg, gamma: 1800 mg, delta: 30 mg}, held: 14 days, lasts: 28 days, target_dose: {alpha: 1200 mg}}
    - {therapy: toxin, sessions: 1, judge_after: 28 days, valid_for: 12 weeks}
    - {therapy: given-toxin, sessions: 2, apart: 70 days, judge_after: 24 weeks, gap: 120 days, given_only: true}
    - {therapy: operation, sessions: 1, judge_after: 30 days, judge_partial_after: 90 days}
    - {therapy: ablation, sessions: 1, one_session_within: 7 days, judge_after: 14 days}
  verdicts:
    not-tolerated:
      - {stopped_for: not-tolerated}
      - {stopped_for: allergy, reason: allergy}
      - {allergy: any}
      - {condition: harm, within: 14 days}
      - {text_says: [intolerance]}
    failed-waned:
      - {lasts: 180 days, text_says: [waned], then: [stopped, raised]}
      - {lasts: 180 days, stopped_for: no-effect, score: {of: pain, fell_at_least: 50 %, baseline: 90 days, response_by: best}}
    failed-absent:
      - {stopped_for: no-effect}
      - {text_says: [inefficacy]}
      - {next_ordered_for: {reason: no-effect, of: drugs}, certainty: inferred}
      - {score: {of: pain, at_least: pain-severe, during: adequate-dose}, then: [stopped]}
    ruled-out:
      - {stopped_for: contraindicated, after_use: brief}
      - {stopped_for: allergy, reason: allergy}
      - {stopped_for: pregnancy, fact: pregnant, reason: pregnancy, after_use: brief}
      - {stopped_for: declined, reason: declined}
      - {allergy: any}
      - {avoid: true, reason: avoid}
      - {would_fire: [XX-1]}
    effective: [{stopped_for: remission}]
    stopped-other:
      - {stopped_for: cost, reason: cost}
      - {stopped_for: pregnancy, reason: pregnancy}
      - {stopped_for: contraindicated, reason: contraindicated}
      - {text_says: [cost-or-supply], reason: cost}
  procedures:
    failed-waned:
      - {outcome: [success, partial], condition: disease, condition_state: recurrence}
      - {outcome: [success, partial], restarted: drugs, later_than: 90 days}
      - {outcome: [success, partial], followed_by: {therapies: procedures, later_than: 90 days}}
      - {drug_free: {of: drugs, lasts: 90 days}, restarted: drugs, later_than: 90 days}
      - {drug_free: {of: drugs, lasts: 90 days}, followed_by: {therapies: procedures, later_than: 90 days}}
      - {score: {of: pain, at_most: 3, later_than: judge_after}, restarted: drugs, later_than: 90 days}
    failed-absent:
      - {outcome: failure}
      - {of: ablation, followed_by: {therapies: procedures, within: 364 days}}
      - {of: operation, followed_by: {therapies: procedures, within: 89 days}}
      - {score: {of: pain, at_least: pain-severe, later_than: judge_after}}
      - {outcome_text: [inefficacy]}
    not-tolerated: [{complication: nerve-injury}]
    ruled-out:
      - {not_done_for: contraindicated, after_use: brief}
      - {not_done_for: declined, after_use: brief, reason: declined}
    effective: [{outcome: success}]
    unknown: [{outcome: partial, reason: partial}]
"""

SAID = {
    "no benefit": ("inefficacy", "strong"),
    "failed": ("inefficacy", "weak"),
    "made her dizzy": ("intolerance", "strong"),
    "too expensive": ("cost-or-supply", "strong"),
    "wore off": ("waned", "strong"),
}
"""Words that the tests' phrase reader knows."""


class SmallTerminology:
    """Knows the words of ``SAID``; every ingredient is a set of its own name."""

    def classify_stop(self, text: str, *, resource_therapy: str | None) -> tuple[Statement, ...]:
        return tuple(
            Statement(category=category, strength=strength, about=None, own=True, quote=words)
            for words, (category, strength) in SAID.items()
            if words in text and f"{resource_therapy}s sister" not in text
        )

    def findings(self, text: str) -> Mapping[str, Any]:
        return {}

    def sets_of_ingredient(self, name: str) -> frozenset[str]:
        return frozenset({name})


def span(text: str | None) -> DateSpan | None:
    """A recorded date, exact or partial."""
    return parse_span(text)


def mg(low: float, high: float | None = -1) -> Amount:
    """So many milligrams a day."""
    return Amount(low, low if high == -1 else high, "mg")


def coded(name: str, *, basis: str = "code", verified: bool = True, sets: Sequence[str] = ()) -> Concept:
    """A concept of a set."""
    return Concept(sets=frozenset({name, *sets}), label=name, basis=basis, verified=verified)


def drug(*names: str, basis: str = "code", verified: bool = True) -> Concept:
    """A product of one or more ingredients."""
    return Concept(
        sets=frozenset(names),
        ingredients=tuple(Ingredient(name=n) for n in names),
        label="/".join(names),
        basis=basis,
        verified=verified,
    )


def ordered(
    what: str | Concept,
    start: str | None,
    end: str | None = None,
    *,
    dose: Measure | Sequence[DosePart] | None = None,
    status: str | None = None,
    why: str | Sequence[str] = (),
    note: str | None = None,
    supply: int | None = None,
    reasons: Sequence[str] = (),
    source: OrderSource = OrderSource.REQUEST,
    ref: str | None = None,
    **members: Any,
) -> Order:
    """An order: stopped when it has an end, active when it has none; ``why`` are its coded stop reasons."""
    concept = drug(what) if isinstance(what, str) else what
    started, names = span(start), [i.name for i in concept.ingredients]
    status = status or ("stopped" if end else "active")
    parts: tuple[DosePart, ...] = ()
    if isinstance(dose, Amount):
        parts = (DosePart(daily=dict.fromkeys(names, dose)),)
    elif isinstance(dose, Sequence):
        parts = tuple(dose)
    values: dict[str, Any] = {
        "reference": f"{source.value}/{ref or concept.label.replace('/', '-') + '-' + str(start)}",
        "concept": concept,
        "source": source,
        "status": status,
        "intent": "order",
        "counts": status not in {"cancelled", "not-taken"} and not members.get("avoid", False),
        "start": started,
        "ended": span(end),
        "supply_end": started.plus(supply) if started and supply else None,
        "supply_days": Amount.exactly(supply, "d") if supply else None,
        "doses": parts,
        "reasons": tuple(coded(r) for r in reasons),
        "stop_reasons": tuple(coded(r) for r in ((why,) if isinstance(why, str) else why)),
        "stop_texts": (note,) if note else (),
    }
    return Order(**(values | members))


def done(
    what: str | Concept,
    when: str | None,
    *,
    outcome: str | None = None,
    side: str | None = None,
    status: str = "completed",
    why: str | None = None,
    note: str | None = None,
    reasons: Sequence[str] = (),
    complication: str | None = None,
    ref: str | None = None,
) -> Performed:
    """A procedure, completed unless said otherwise."""
    concept = coded(what) if isinstance(what, str) else what
    return Performed(
        reference=f"Procedure/{ref or concept.label + '-' + str(when) + '-' + str(side)}",
        concept=concept,
        status=status,
        when=span(when),
        site=Site(side=side),
        outcomes=(coded(outcome),) if outcome else (),
        reasons=tuple(coded(r) for r in reasons),
        status_reasons=(coded(why),) if why else (),
        complications=(coded(complication),) if complication else (),
        texts=(note,) if note else (),
    )


def pain(value: float, when: str) -> Result:
    """A pain score."""
    return Result(
        reference=f"Observation/pain-{when}",
        concept=coded("pain"),
        when=span(when),
        instant=None,
        value=Amount.exactly(value, ""),
        coded=None,
        text=None,
    )


def allergic(
    to: str, *, recorded: str | None = None, kind: str | None = "allergy", **members: Any
) -> Allergy:
    """An active allergy."""
    values: dict[str, Any] = {
        "reference": f"AllergyIntolerance/{to}",
        "concept": drug(to),
        "clinical": "active",
        "kind": kind,
        "criticality": None,
        "manifestations": (),
        "severities": frozenset(),
        "recorded": span(recorded),
    }
    return Allergy(**(values | members))


def diagnosed(what: str, when: str | None, *, clinical: str = "active") -> Diagnosis:
    """A confirmed diagnosis."""
    return Diagnosis(
        reference=f"Condition/{what}-{when}",
        concept=coded(what),
        clinical=clinical,
        verification="confirmed",
        onset=span(when),
        onset_age=None,
        recorded=span(when),
        abated=None,
        site=Site(),
        severity=None,
    )


@cache
def small_pathway() -> PathwayFile:
    """The pathway of the tests."""
    return pathway_of(PATHWAY)


def pathway_of(text: str) -> PathwayFile:
    """Read a pathway from its YAML."""
    return PathwayFile.model_validate(parse_yaml(text, name="pathway").data)


@dataclass(frozen=True, kw_only=True)
class Clinic:
    """A pathway, what the facts and safety cards answer, and the day."""

    pathway: PathwayFile = field(default_factory=small_pathway)
    facts: Mapping[str, Answer] = field(default_factory=dict)
    would_fire: Mapping[str, Answer] = field(default_factory=dict)
    """By therapy."""
    terminology: object = field(default_factory=SmallTerminology)
    as_of: date = AS_OF
    incomplete: frozenset[str] = frozenset()

    def trials(self, *events: Event) -> tuple[Trial, ...]:
        """Judge a patient of these events."""
        name = self.pathway.pathway
        rules = Ruleset(
            pathways={name: self.pathway},
            shared=SharedFile(),
            rules=(),
            tables={},
            terminology=cast(Terminology, self.terminology),
            overrides={},
        )
        case = Case(
            rules=rules,
            timeline=timeline(*events, as_of=self.as_of, incomplete=self.incomplete),
            pathway=name,
        )
        return judge(name, case, self._ask, would_fire=lambda therapy, _: self.would_fire.get(therapy, no()))

    def _ask(self, item: Any, case: Case) -> Answer:
        assert case.stratum == "safety", "a verdict must not hang on a verdict"
        return self.facts.get(item, no())

    def all_of(self, therapy: str, *events: Event) -> list[Trial]:
        """The trials of one therapy."""
        return [t for t in self.trials(*events) if t.therapy == therapy]

    def one(self, therapy: str, *events: Event) -> Trial:
        """The only trial of one therapy."""
        (trial,) = self.all_of(therapy, *events)
        return trial


def timeline(*events: Event, as_of: date = AS_OF, incomplete: frozenset[str] = frozenset()) -> Timeline:
    """A patient's history: what begins after the day of judgement does not exist."""
    kinds: dict[type[Event], list[Any]] = {}
    for event in events:
        if _exists(event, as_of):
            kinds.setdefault(type(event), []).append(event)
    return Timeline(
        as_of=as_of,
        person=Person(reference="Patient/p"),
        diagnoses=tuple(kinds.get(Diagnosis, ())),
        orders=tuple(kinds.get(Order, ())),
        procedures=tuple(kinds.get(Performed, ())),
        results=tuple(kinds.get(Result, ())),
        allergies=tuple(kinds.get(Allergy, ())),
        incomplete=incomplete,
    )


def _exists(event: Event, as_of: date) -> bool:
    when = event.start if isinstance(event, Order) else getattr(event, "when", None)
    return when is None or when.first <= as_of


def says(trial: Trial) -> str:
    """Everything that a trial's evidence says."""
    return "; ".join(e.says for e in trial.evidence)


def wants(trial: Trial) -> str:
    """Everything that a trial says is missing."""
    return "; ".join(m.what for m in trial.missing)


YES = yes(Evidence(reference="Observation/fact", says="fact"))

__all__ = [
    "AS_OF",
    "YES",
    "Clinic",
    "allergic",
    "coded",
    "diagnosed",
    "done",
    "drug",
    "mg",
    "ordered",
    "pain",
    "pathway_of",
    "says",
    "span",
    "timeline",
    "wants",
]
