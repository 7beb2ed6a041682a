"""What every name in a rule file refers to: one table for checking names, hashing rules and deriving data needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cds_service.ruleset import cards, facts, pathway, trials
from cds_service.ruleset.parts import Part, parts
from cds_service.ruleset.words import Model
from cds_service.ruleset.yaml_file import Place


class Names(StrEnum):
    """Kinds of named things."""

    FACT = "fact"
    LIMIT = "setting that holds a number"
    WINDOW = "setting that holds a duration"
    SETTING = "setting"
    SETS = "value set"
    SETS_OR_DRAFT = "value set (or draft)"
    SETS_OR_PHRASES = "value set or phrase list"
    PHRASES = "phrase list"
    OUTCOMES = "category of outcome phrases"
    OUTCOMES_OR_PHRASES = "category of outcome phrases or phrase list"
    THERAPIES = "therapy or group"
    THERAPIES_OR_SETS = "therapy, group or value set"
    THERAPIES_OR_ORDERS = "order template or therapy"
    CLASSES = "therapy class"
    VERDICTS = "verdict or group of verdicts"
    STEPS = "step of the ladder"
    ROUTES = "route"
    TABLE = "table"
    ORDER = "order template"
    CARDS = "card"
    SAFETY_CARDS = "safety rule (contraindication, interaction or duplicate)"
    OVERRIDES = "override reason"
    PATHWAYS = "pathway"
    FREE = "word of its own"
    """No name of anything: categories, priorities, reasons."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A name as used in a file: what it must name, and where it stands."""

    kind: Names
    name: str
    place: Place


_Fields = Mapping[str, Names]

_SET_FIELDS: Mapping[type[Model], _Fields] = {
    facts.SettingFact: {"name": Names.SETTING, "is_": Names.FREE},
    facts.ConditionFact: {
        "in_": Names.SETS,
        "except_": Names.SETS,
        "region": Names.SETS,
        "text": Names.PHRASES,
        "replaced_by": Names.SETS,
        "not_followed_by": Names.SETS,
    },
    facts.ObservationFact: {
        "in_": Names.SETS,
        "value_in": Names.SETS_OR_PHRASES,
        "since_start_of": Names.THERAPIES_OR_SETS,
        "not_followed_by": Names.SETS,
    },
    facts.MonthlyFact: {"in_": Names.SETS},
    facts.ResponseFact: {"of": Names.SETS},
    facts.MedicationFact: {
        "in_": Names.SETS,
        "except_": Names.SETS,
        "route": Names.ROUTES,
        "reason": Names.SETS,
    },
    facts.ProcedureFact: {
        "in_": Names.SETS,
        "except_": Names.SETS,
        "outcome": Names.SETS,
        "reason": Names.SETS,
        "route": Names.ROUTES,
        "text": Names.PHRASES,
        "followed_by": Names.SETS,
        "not_followed_by": Names.SETS,
    },
    facts.ReportFact: {
        "in_": Names.SETS,
        "region": Names.SETS,
        "finding": Names.SETS_OR_PHRASES,
        "finding_absent": Names.SETS_OR_PHRASES,
    },
    facts.AllergyFact: {"to": Names.SETS_OR_DRAFT, "reaction": Names.SETS},
    facts.CareFact: {"in_": Names.SETS},
    facts.DeviceFact: {"in_": Names.SETS, "except_": Names.SETS},
    facts.EncounterFact: {"in_": Names.SETS, "visit_class": Names.FREE},
    facts.AncestryFact: {"in_": Names.SETS},
    facts.PhraseFact: {"in_": Names.PHRASES, "about": Names.SETS},
    facts.TrialFact: {
        "of": Names.THERAPIES,
        "except_": Names.THERAPIES,
        "region": Names.SETS,
        "verdict": Names.VERDICTS,
        "reason": Names.FREE,
    },
    facts.StepFact: {"at": Names.STEPS, "passed": Names.STEPS},
    facts.DraftFact: {
        "in_": Names.SETS,
        "except_": Names.SETS,
        "route": Names.ROUTES,
        "reason": Names.SETS,
        "only_reason": Names.SETS,
        "setting": Names.FREE,
        "priority": Names.FREE,
        "text": Names.PHRASES,
        "region": Names.SETS,
        "weight": Names.SETS,
    },
    facts.WithFact: {
        "in_": Names.SETS,
        "except_": Names.SETS,
        "route": Names.ROUTES,
        "not_route": Names.ROUTES,
        "text": Names.PHRASES,
    },
    facts.DailyTotalFact: {"of": Names.SETS, "table": Names.TABLE},
    facts.TreatmentDaysFact: {"of": Names.FREE, "table": Names.TABLE},
    facts.TableLimitFact: {"table": Names.TABLE, "by": Names.SETS},
    trials.TherapyDefinition: {
        "medication": Names.SETS,
        "procedure": Names.SETS,
        "conditional": Names.SETS,
        "counts_if_reason": Names.SETS,
        "counts_if_text": Names.PHRASES,
        "unless_condition": Names.SETS,
        "unless_text": Names.PHRASES,
        "unless_with": Names.SETS,
        "class_": Names.FREE,
        "modality": Names.FREE,
        "names": Names.FREE,
        "route": Names.ROUTES,
        "not_route": Names.ROUTES,
        "order": Names.ORDER,
    },
    trials.StandardRow: {
        "therapy": Names.THERAPIES,
        "class_": Names.CLASSES,
        "daily_dose": Names.THERAPIES,
        "target_dose": Names.THERAPIES,
    },
    trials.Trials: {"failure_for": Names.SETS},
    trials.UnknownDose: {"stopped_for": Names.SETS, "text_says": Names.OUTCOMES},
    trials.Score: {"of": Names.SETS},
    trials.FollowedBy: {"therapies": Names.THERAPIES},
    trials.NextOrdered: {"reason": Names.SETS, "of": Names.THERAPIES},
    trials.DrugFree: {"of": Names.THERAPIES},
    trials.Evidence: {
        "of": Names.THERAPIES,
        "stopped_for": Names.SETS,
        "text_says": Names.OUTCOMES,
        "not_done_for": Names.SETS,
        "not_done_text": Names.OUTCOMES,
        "outcome": Names.SETS,
        "unless_outcome": Names.SETS,
        "outcome_text": Names.OUTCOMES_OR_PHRASES,
        "complication": Names.SETS,
        "condition": Names.SETS,
        "restarted": Names.THERAPIES,
        "would_fire": Names.SAFETY_CARDS,
        "reason": Names.FREE,
    },
    trials.LadderStep: {"step": Names.FREE, "name": Names.FREE, "therapies": Names.THERAPIES},
    cards.ForEach: {"draft": Names.SETS, "except_": Names.SETS},
    cards.Suggestion: {
        "create": Names.THERAPIES_OR_ORDERS,
        "first_suitable": Names.THERAPIES,
        "all_suitable": Names.THERAPIES,
        "reason": Names.SETS,
    },
    cards.CardFile: {
        "card": Names.FREE,
        "rows": Names.FREE,
        "step": Names.STEPS,
        "list_trials": Names.THERAPIES,
        "overrides": Names.OVERRIDES,
        "gives_way_to": Names.CARDS,
        "replaces": Names.CARDS,
        "twin_of": Names.CARDS,
        "pathways": Names.PATHWAYS,
    },
    pathway.Population: {"condition": Names.SETS, "text": Names.SETS_OR_PHRASES},
    pathway.PathwayFile: {
        "pathway": Names.FREE,
        "uses": Names.PATHWAYS,
        "classes": Names.CLASSES,
        "verdict_groups": Names.VERDICTS,
    },
}
"""(model, field) to what its names are. A test holds it against the models, so that no new word is forgotten."""


def kinds_of(model: type[Model]) -> Mapping[str, Names]:
    """Return what the name fields of a model refer to."""
    return _SET_FIELDS.get(model, {})


def references(value: Any, place: Place = ()) -> Iterator[Reference]:
    """Yield every name used in an authored model."""
    for part in parts(value, place):
        yield from references_of(part)


def references_of(part: Part) -> Iterator[Reference]:
    """Yield the names used in one part itself, not in the parts inside it."""
    kinds = kinds_of(type(part.model))
    for field in type(part.model).model_fields:
        value, place = getattr(part.model, field), part.field_place(field)
        if field in kinds:
            yield from _named(kinds[field], value, place)
        elif isinstance(value, str) and field in LIMIT_FIELDS:
            yield Reference(Names.LIMIT, value, place)
        elif isinstance(value, str) and field in WINDOW_FIELDS:
            yield Reference(Names.WINDOW, value, place)
        elif _holds_items(part.model, field):
            yield from _facts(value, place)


def _named(kind: Names, value: Any, place: Place) -> Iterator[Reference]:
    if value is None or kind is Names.FREE:
        return
    if isinstance(value, str):
        yield Reference(kind, value, place)
    elif isinstance(value, dict):
        yield from _named_in_mapping(kind, value, place)
    else:
        for position, name in enumerate(value):
            yield Reference(kind, name, (*place, position))


def _named_in_mapping(kind: Names, value: Mapping[str, Any], place: Place) -> Iterator[Reference]:
    for key, entry in value.items():
        if isinstance(entry, tuple):
            yield from _named(kind, entry, (*place, key))
        else:
            yield Reference(kind, key, (*place, key))


def _facts(value: Any, place: Place) -> Iterator[Reference]:
    if isinstance(value, str):
        yield Reference(Names.FACT, value, place)
    elif isinstance(value, tuple):
        for position, item in enumerate(value):
            if isinstance(item, str):
                yield Reference(Names.FACT, item, (*place, position))


WINDOW_FIELDS = frozenset(
    {
        "apart",
        "at_least_ago",
        "ended_before",
        "ended_within",
        "first_in",
        "lasted",
        "lasted_at_most",
        "newer_than",
        "onset_before",
        "recorded_before",
        "started_within",
        "weight_within",
        "within",
    }
)
LIMIT_FIELDS = frozenset(
    {
        "above",
        "at_least",
        "at_most",
        "back_to",
        "below",
        "daily_dose_above",
        "daily_dose_at_least",
        "daily_dose_at_most",
        "counts_if_dose",
        "covers_at_least",
        "dose_given",
        "dose_per_kg_above",
        "dose_rate_above",
        "fell_at_least",
        "fell_below",
        "onset_age_below",
        "rate_per_kg_above",
        "single_dose",
        "strength",
        "youngest",
    }
)
ITEM_FIELDS = frozenset(
    {"all", "any", "none", "unless", "possibly", "passed_when", "opens_with", "if_", "or_level", "fact"}
)


def _holds_items(model: Model, field: str) -> bool:
    return field in ITEM_FIELDS or (isinstance(model, facts.Some) and field == "of")
