"""What the rules of a hook can read of a patient, derived from their words: FHIR types, and codes of observations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cds_service.ruleset import facts, trials
from cds_service.ruleset.parts import Part
from cds_service.ruleset.pathway import Population
from cds_service.ruleset.ruleset import HookNeeds, Rule, Ruleset
from cds_service.ruleset.uses import Uses
from cds_service.terminology import Member

MEDICATIONS = frozenset(
    {
        "MedicationRequest",
        "MedicationStatement",
        "MedicationAdministration",
        "MedicationDispense",
        "Medication",
    }
)
IMAGING = frozenset({"DiagnosticReport", "ImagingStudy"})
CARE = frozenset({"Procedure", "ServiceRequest", "Encounter", "Observation"}) | IMAGING | MEDICATIONS

FOLLOWING = frozenset({"Condition", "Procedure", "Observation"}) | IMAGING
"""What ``not_followed_by`` looks through."""

TYPES_OF_WORD: Mapping[str, frozenset[str]] = {
    "condition": frozenset({"Condition"}),
    "observation": frozenset({"Observation"}),
    "monthly": frozenset({"Observation"}),
    "response": frozenset({"Observation"}),
    "medication": MEDICATIONS,
    "procedure": frozenset({"Procedure"}),
    "report": IMAGING,
    "allergy": frozenset({"AllergyIntolerance"}),
    "care": CARE,
    "device": frozenset({"Device"}),
    "encounter": frozenset({"Encounter"}),
    "age": frozenset({"Patient"}),
    "sex": frozenset({"Patient"}),
    "ancestry": frozenset({"Patient"}),
    "phrase": frozenset(),  # by its ``where``, see below
    "trial": MEDICATIONS | {"Procedure"},
    "step": MEDICATIONS | {"Procedure"},
    "draft": frozenset(),
    "with": MEDICATIONS,
    "daily_total": MEDICATIONS,
    "treatment_days": MEDICATIONS,
    "table_limit": frozenset({"Observation"}),
    "setting": frozenset(),
}
"""What each fact word reads of the record; drafts come with the call."""

TYPES_OF_PLACE: Mapping[str, frozenset[str]] = {
    "condition": frozenset({"Condition"}),
    "medication": MEDICATIONS,
    "procedure": frozenset({"Procedure"}),
    "report": IMAGING,
    "observation": frozenset({"Observation"}),
    "draft": frozenset(),
}
"""What ``phrase`` reads, by ``where``."""


def types_of(uses: Uses) -> frozenset[str]:
    """Return the FHIR types that a rule with these uses can read."""
    found = {"Patient"}  # a deceased patient gets no card
    for part in uses.parts:
        found |= _types_of_part(part)
    return frozenset(found)


def _types_of_part(part: Part) -> frozenset[str]:
    model = part.model
    match model:
        case facts.PhraseFact():
            return frozenset().union(*(TYPES_OF_PLACE[where] for where in model.where))
        case facts.TrialFact():
            return TYPES_OF_WORD["trial"]
        case facts.ProcedureFact():
            following = model.followed_by or model.not_followed_by
            return TYPES_OF_WORD["procedure"] | (FOLLOWING if following else frozenset())
        case facts.DraftFact():
            return _types_of_draft(model)
        case trials.TherapyDefinition():
            return _types_of_therapy(model)
        case trials.Score():
            return frozenset({"Observation"})
        case trials.Evidence():
            return _types_of_evidence(model)
        case Population():
            return frozenset({"Condition"}) if model.condition or model.text else frozenset()
        case facts.ConditionFact() | facts.ObservationFact():
            return _types_of_finding(model)
    return TYPES_OF_WORD[part.word] if part.word is not None else frozenset()


def _types_of_finding(fact: facts.ConditionFact | facts.ObservationFact) -> frozenset[str]:
    found = set(TYPES_OF_WORD["condition" if isinstance(fact, facts.ConditionFact) else "observation"])
    if fact.not_followed_by:
        found |= FOLLOWING
    if isinstance(fact, facts.ObservationFact) and fact.since_start_of is not None:
        found |= MEDICATIONS
    return frozenset(found)


def _types_of_draft(fact: facts.DraftFact) -> frozenset[str]:
    found: set[str] = set()
    if fact.setting or fact.serial is not None:
        found.add("Encounter")
    if fact.first_in is not None or fact.raises_dose_of_same is not None:
        found |= MEDICATIONS
    if fact.weight:
        found.add("Observation")
    return frozenset(found)


def _types_of_therapy(therapy: trials.TherapyDefinition) -> frozenset[str]:
    found: set[str] = set()
    if therapy.medication or therapy.conditional:
        found |= MEDICATIONS
    if therapy.procedure or therapy.conditional:
        found.add("Procedure")
    if therapy.unless_condition:
        found.add("Condition")
    return frozenset(found)


def _types_of_evidence(evidence: trials.Evidence) -> frozenset[str]:
    found: set[str] = set()
    if evidence.condition or evidence.condition_state or evidence.complication:
        found.add("Condition")
    if evidence.allergy is not None:
        found.add("AllergyIntolerance")
    return frozenset(found)


def _observation_sets_of(part: Part) -> frozenset[str]:
    model = part.model
    match model:
        case facts.ConditionFact():
            return frozenset(model.not_followed_by)
        case facts.ProcedureFact():
            return frozenset((*model.followed_by, *model.not_followed_by))
        case facts.ObservationFact():
            return frozenset((*model.in_, *model.not_followed_by))
        case facts.MonthlyFact() | facts.CareFact():
            return frozenset(model.in_)
        case facts.ResponseFact() | trials.Score():
            return frozenset(model.of)
        case facts.TableLimitFact():
            return frozenset(model.by)
    return frozenset()


def types_by_rule(rules: Ruleset, uses: Mapping[str, Uses]) -> dict[str, frozenset[str]]:
    """Return the FHIR types that each rule can read, by card id; one that suggests orders needs what signing reads too."""
    signing = frozenset().union(*(types_of(uses[rule.id]) for rule in rules.objecting))
    return {
        rule.id: types_of(uses[rule.id]) | (signing if _suggests_orders(rule) else frozenset())
        for rule in rules.rules
    }


def needs_of_hooks(rules: Ruleset, hooks: Iterable[str], uses: Mapping[str, Uses]) -> dict[str, HookNeeds]:
    """Return what the rules of each hook can read; ``uses`` is what every rule uses, by card id.

    A suggestion is offered only when no rule would object to it at signing: a hook whose rules suggest orders needs what
    the rules of order-sign read, too.
    """
    members = rules.terminology.index.all_members()
    found = {}
    for hook in hooks:
        asked = {rule.id for rule in rules.for_hook(hook)}
        if any(_suggests_orders(rule) for rule in rules.for_hook(hook)):
            asked |= {rule.id for rule in rules.objecting}
        of_hook = [uses[card] for card in asked]
        types = frozenset().union(*map(types_of, of_hook))
        found[hook] = HookNeeds(types=types, observation_codes=_codes(of_hook, members))
    return found


def _suggests_orders(rule: Rule) -> bool:
    return any(wish.delete is None and wish.stop is None for wish in rule.file.suggest)


def _codes(of_hook: Sequence[Uses], members: Mapping[str, Sequence[Member]]) -> tuple[str, ...]:
    """Return the codes of observations; none when they cannot be listed (a free-text search, a family of codes)."""
    codes: set[str] = set()
    for part in (part for uses in of_hook for part in uses.parts):
        if isinstance(part.model, facts.PhraseFact) and "observation" in part.model.where:
            return ()
        for name in _observation_sets_of(part):
            found = [m for m in members.get(name, ()) if m.system not in _NEVER_OBSERVED]
            if any(m.family for m in found):
                return ()
            codes.update(m.code for m in found)
    return tuple(sorted(codes))


_NEVER_OBSERVED = frozenset({"RXNORM", "ATC", "ICD10CM", "ICD10PCS", "CPT", "HCPCS", "NDC"})
"""Systems of diagnoses, drugs and claims: their codes are not searched for among observations."""
