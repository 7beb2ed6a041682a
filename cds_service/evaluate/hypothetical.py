"""Orders that nobody wrote yet, as drafts that rules can be asked about."""

from __future__ import annotations

from cds_service.ruleset.ruleset import Ruleset
from cds_service.timeline.events import Concept, Ingredient, Order, OrderSource

REFERENCE = "hypothetical"
"""Id of a hypothetical draft; it never leaves the evaluation."""


def drafts_of_therapy(rules: Ruleset, therapy: str, pathway: str) -> tuple[Order, ...]:
    """Return a draft of each ingredient of a drug therapy; none for procedures."""
    definition = rules.therapy(therapy, pathway)
    index = rules.terminology.index
    names = sorted({name for value_set in definition.medication for name in index.ingredients_in(value_set)})
    return tuple(medication_draft(rules, name, reason_sets(rules, pathway)) for name in names)


def reason_sets(rules: Ruleset, pathway: str) -> frozenset[str]:
    """Return the diagnosis sets that a therapy of a pathway is ordered for."""
    file = rules.pathways.get(pathway)
    return frozenset(file.population.condition) if file is not None else frozenset()


def medication_draft(rules: Ruleset, ingredient: str, reasons: frozenset[str]) -> Order:
    """Return a draft of one ingredient, without dose, for a diagnosis of these sets."""
    sets = rules.terminology.index.sets_of_ingredient(ingredient)
    return Order(
        reference=f"MedicationRequest/{REFERENCE}",
        concept=Concept(sets=sets, ingredients=(Ingredient(name=ingredient),), label=ingredient),
        source=OrderSource.REQUEST,
        status="draft",
        intent="proposal",
        counts=True,
        start=None,
        ended=None,
        supply_end=None,
        supply_days=None,
        reasons=(Concept(sets=reasons, label="reason"),) if reasons else (),
        is_draft=True,
    )
