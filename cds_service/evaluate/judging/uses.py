"""Which records tell of a therapy: its use, attempts at it, and orders and procedures that never came about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from cds_service.evaluate.comparing import compare
from cds_service.evaluate.judging.parts import narrowed
from cds_service.evaluate.judging.place import Place
from cds_service.evaluate.medication_facts import used_as
from cds_service.ruleset.facts import AgeFact
from cds_service.ruleset.trials import TherapyDefinition
from cds_service.timeline.dates import DateSpan, days_between
from cds_service.timeline.events import Allergy, Concept, Event, Order, Performed

TRIED = frozenset({"completed", "in-progress", "stopped"})
"""Statuses of a Procedure that was done, is being done, or was attempted."""

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uses:
    """The records of one therapy, in order of their dates.

    ``orders`` and ``procedures`` are use of it. ``unused_orders`` (cancelled, not taken, not to be given) and
    ``undone_procedures`` never came about: only their reasons count. Of ``unclear_procedures`` nobody recorded whether
    they came about (status ``unknown``): no proof of use, and none of its absence.
    """

    orders: tuple[Order, ...]
    unused_orders: tuple[Order, ...]
    procedures: tuple[Performed, ...]
    undone_procedures: tuple[Performed, ...]
    unclear_procedures: tuple[Performed, ...]
    allergies: tuple[Allergy, ...]


def uses_of(therapy: str, place: Place) -> Uses:
    """Return the records of a therapy, found once a call."""
    return place.once(("uses", therapy), lambda: _uses(therapy, place))


def _uses(therapy: str, place: Place) -> Uses:
    definition = place.definition(therapy)
    ordered = (*definition.medication, *definition.conditional)
    performed = (*definition.procedure, *definition.conditional)
    orders = [
        _narrowed(o, ordered)
        for o in _of_sets(place, "orders", place.timeline.orders, ordered)
        if not o.is_draft
        and o.begun
        and _fits(o, definition)
        and (_counts(o, o.reasons, o.texts, definition, place) or _dose_tells(o, definition, place))
    ]
    procedures = [
        _narrowed(p, performed)
        for p in _of_sets(place, "procedures", place.timeline.procedures, performed)
        if _counts(p, p.reasons, p.texts, definition, place)
    ]
    orders.sort(key=lambda o: by_date(o.start, o))
    procedures.sort(key=lambda p: by_date(p.when, p))
    return Uses(
        orders=tuple(o for o in orders if o.counts and not o.avoid),
        unused_orders=tuple(o for o in orders if not o.counts or o.avoid),
        procedures=tuple(p for p in procedures if p.status in TRIED),
        undone_procedures=tuple(p for p in procedures if p.status == "not-done"),
        unclear_procedures=tuple(p for p in procedures if p.status == "unknown"),
        allergies=tuple(
            sorted(
                (a for a in place.timeline.allergies if _allergic(a, definition)),
                key=lambda a: by_date(a.recorded, a),
            )
        ),
    )


def _narrowed(event: E, sets: Sequence[str]) -> E:
    """Return the event with its concept as it speaks of some sets; nearly always the event itself."""
    concept = narrowed(event.concept, sets)
    return event if concept is event.concept else replace(event, concept=concept)


def by_date(when: DateSpan | None, event: Event) -> tuple[int, int, str]:
    """Sort key: by day (undated first), then by reference, so that the order of records never matters."""
    if when is None:
        return (0, 0, event.reference)
    return (when.first.toordinal(), when.last.toordinal(), event.reference)


def _of_sets(place: Place, kind: str, events: Sequence[E], sets: Iterable[str]) -> list[E]:
    """Return the events of any of the sets; events with equal sets are looked at together."""
    wanted = frozenset(sets)
    groups = place.case.once(("judging", kind), lambda: _grouped(events))
    return [event for group, members in groups.items() if not group.isdisjoint(wanted) for event in members]


def _grouped(events: Sequence[E]) -> dict[frozenset[str], list[E]]:
    groups: dict[frozenset[str], list[E]] = {}
    for event in events:
        groups.setdefault(event.concept.sets, []).append(event)
    return groups


def _fits(order: Order, definition: TherapyDefinition) -> bool:
    """Route and manner of use; a route that is not recorded excludes nothing."""
    if order.route is not None and definition.route and order.route not in definition.route:
        return False
    if order.route is not None and order.route in definition.not_route:
        return False
    return used_as(order, definition.use)


def _counts(
    event: Event,
    reasons: Sequence[Concept],
    texts: Sequence[str],
    definition: TherapyDefinition,
    place: Place,
) -> bool:
    """A code that means the therapy counts; a conditional one only for its reason, words, or want of another reason."""
    if definition.unless_text and _says_one_of(definition.unless_text, texts, place):
        return False
    plain = {*definition.medication, *definition.procedure} - set(definition.conditional)
    if not event.concept.sets.isdisjoint(plain):
        return True
    if any(not r.sets.isdisjoint(definition.counts_if_reason) for r in reasons):
        return True
    if definition.counts_if_text and _says_one_of(definition.counts_if_text, texts, place):
        return True
    if definition.unless_with and isinstance(event, Performed):
        return not _done_near(event, definition, place)
    if reasons or not definition.unless_condition:
        return False
    return all(d.concept.sets.isdisjoint(definition.unless_condition) for d in place.timeline.diagnoses)


def _dose_tells(order: Order, definition: TherapyDefinition, place: Place) -> bool:
    """True when the order's single dose is known and large enough for the therapy, and no other reason is stated."""
    if definition.counts_if_dose is None or order.reasons:
        return False
    wanted = AgeFact(at_least=definition.counts_if_dose)
    what = order.concept.label
    return any(
        compare(dose, wanted, rules=place.rules, pathway=place.pathway, what=what).yes
        for dose in order.single_dose.values()
    )


def _done_near(event: Performed, definition: TherapyDefinition, place: Place) -> bool:
    """True when a procedure that makes the event something else was done on its day, or so many days either way."""
    reach = definition.with_within.days if definition.with_within is not None else 0
    return any(
        max(days_between(event.when, other.when)[0], days_between(other.when, event.when)[0]) <= reach
        for other in place.timeline.procedures
        if event.when is not None
        and other.when is not None
        and other.done
        and not other.concept.sets.isdisjoint(definition.unless_with)
    )


def _says_one_of(lists: Sequence[str], texts: Sequence[str], place: Place) -> bool:
    for text in texts:
        found = place.rules.terminology.findings(text)
        if any(name in found and found[name].polarity == "pos" for name in lists):
            return True
    return False


def _allergic(allergy: Allergy, definition: TherapyDefinition) -> bool:
    """An active allergy to the therapy's substance, or coded to its class as such (never to a sibling of the class)."""
    substances = (*definition.medication, *definition.conditional)
    if allergy.clinical != "active" or not substances:
        return False
    concept = allergy.concept
    if not concept.sets.isdisjoint(substances):
        return True
    return definition.class_ is not None and not concept.ingredients and definition.class_ in concept.sets


def ingredients_of(order: Order, therapy: str, place: Place) -> tuple[str, ...]:
    """Return the ingredients of an order that make it an order of the therapy; empty when only its code says so."""
    definition = place.definition(therapy)
    wanted = {*definition.medication, *definition.conditional}
    if len(order.concept.ingredients) == 1:
        return order.ingredient_names
    sets_of = place.rules.terminology.sets_of_ingredient
    return tuple(name for name in order.ingredient_names if not sets_of(name).isdisjoint(wanted))


__all__ = ["TRIED", "Uses", "by_date", "ingredients_of", "uses_of"]
