"""Evidence words that read coded records: stop reasons, outcomes, complications, diagnoses, allergies, not-done reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cds_service.evaluate.comparing import later
from cds_service.evaluate.judging.attempts import Attempt
from cds_service.evaluate.judging.parts import Part, best_part, code_evidence, is_in, narrowed, source_of
from cds_service.evaluate.judging.place import Place
from cds_service.evaluate.judging.signs import Source
from cds_service.evaluate.judging.uses import uses_of
from cds_service.evaluate.judging.wording import STATUSES
from cds_service.evaluate.truth import Evidence, Truth
from cds_service.ruleset.trials import Evidence as Item
from cds_service.ruleset.words import Duration
from cds_service.timeline.dates import DateSpan, days_between
from cds_service.timeline.events import Concept, Diagnosis, Missing, Order, Performed


def stop_day(order: Order, attempt: Attempt) -> DateSpan | None:
    """Return the day that an order's stop reason speaks of."""
    return order.ended or attempt.end or order.start


def stop_part(attempt: Attempt, sets: Sequence[str]) -> Part | None:
    """A coded reason why the attempt ended."""
    found = []
    for order in attempt.final_orders:
        reason = is_in(order.stop_reasons, sets)
        if reason is not None:
            when = stop_day(order, attempt)
            found.append(Part(source=source_of(reason), when=when, evidence=(_reason(order, reason, when),)))
    return best_part(found)


def reasons_on_record(attempt: Attempt) -> tuple[Evidence, ...]:
    """Return every reason for which the attempt ended, those that no table knows included."""
    return tuple(
        _reason(order, reason, stop_day(order, attempt))
        for order in attempt.final_orders
        for reason in order.stop_reasons
        if reason.label
    )


def reasons_outweighed(attempt: Attempt) -> tuple[Evidence, ...]:
    """Return reasons that another source gives for the end, and that a later one outweighs; none that it repeats."""
    told = {reason.label for order in attempt.final_orders for reason in order.stop_reasons}
    return tuple(
        _reason(order, reason, stop_day(order, attempt))
        for order in attempt.outweighed_orders
        for reason in order.stop_reasons
        if reason.label and reason.label not in told
    )


def _reason(order: Order, reason: Concept, when: DateSpan | None) -> Evidence:
    says = f"{order.concept.label} {STATUSES.get(order.status, order.status)}: {reason.label}"
    return code_evidence(order.reference, says, when, reason)


def unused_part(order: Order, sets: Sequence[str]) -> Part | None:
    """A coded reason of an order that never came about; for an order not to give it, also the reason of the order."""
    concepts = (*order.stop_reasons, *order.reasons) if order.avoid else order.stop_reasons
    reason = is_in(concepts, sets)
    if reason is None:
        return None
    verb = "not to be given" if order.avoid else STATUSES.get(order.status, order.status)
    says = f"{order.concept.label} {verb}: {reason.label}"
    when = order.ended or order.start
    return Part(
        source=source_of(reason), when=when, evidence=(code_evidence(order.reference, says, when, reason),)
    )


def not_done_part(procedures: Sequence[Performed], sets: Sequence[str]) -> Part | None:
    """A coded reason why a procedure was not done, or was abandoned."""
    found = []
    for procedure in procedures:
        reason = is_in(procedure.status_reasons, sets)
        if reason is not None:
            status = STATUSES.get(procedure.status, procedure.status)
            says = f"{procedure.concept.label} {status}: {reason.label}"
            found.append(
                Part(
                    source=source_of(reason),
                    when=procedure.when,
                    evidence=(code_evidence(procedure.reference, says, procedure.when, reason),),
                )
            )
    return best_part(found)


def outcome_part(attempt: Attempt, sets: Sequence[str]) -> Part | None:
    """A recorded outcome of a procedure."""
    return best_part(
        [
            Part(
                source=source_of(outcome),
                when=p.when,
                evidence=(
                    code_evidence(
                        p.reference, f"{p.concept.label}: outcome {outcome.label}", p.when, outcome
                    ),
                ),
            )
            for p in attempt.procedures
            if (outcome := is_in(p.outcomes, sets)) is not None
        ]
    )


def complication_part(attempt: Attempt, sets: Sequence[str] | None) -> Part | None:
    """A complication of a procedure, of some sets or (None) any at all."""
    return best_part(
        [
            Part(
                source=source_of(harm),
                when=p.when,
                evidence=(
                    code_evidence(p.reference, f"{p.concept.label}: complication {harm.label}", p.when, harm),
                ),
            )
            for p in attempt.procedures
            if (harm := _complication(p, sets)) is not None
        ]
    )


def _complication(procedure: Performed, sets: Sequence[str] | None) -> Concept | None:
    if sets is None:
        return next(iter(procedure.complications), None)
    return is_in(procedure.complications, sets)


def condition_part(attempt: Attempt, item: Item, place: Place) -> Part | None:
    """A diagnosis near the end of the attempt, or (``recurrence``) the disease come back after it.

    The disease is the pathway's own where the item names none.
    """
    names = item.condition or place.rules.pathways[place.pathway].population.condition
    diagnoses = [
        replace(d, concept=narrowed(d.concept, names))
        for d in place.timeline.diagnoses
        if not d.concept.sets.isdisjoint(names)
    ]
    if item.condition_state == "recurrence" or not item.condition:
        return best_part([p for d in diagnoses if (p := _recurrence(d, attempt, item.later_than, place))])
    if item.later_than is not None:
        diagnoses = [d for d in diagnoses if _begins_after(d, attempt, item.later_than)]
    return best_part([p for d in diagnoses if (p := _near_the_end(d, attempt, item.within, place))])


def _begins_after(diagnosis: Diagnosis, attempt: Attempt, later_than: Duration) -> bool:
    """More than so many days after the end; one without a date may be."""
    end, when = attempt.end, diagnosis.since
    return end is None or when is None or days_between(end, when)[1] > later_than.days


def _recurrence(
    diagnosis: Diagnosis, attempt: Attempt, later_than: Duration | None, place: Place
) -> Part | None:
    """The clinical status speaks of today; a date after the attempt, when recorded, is the day it came back."""
    if diagnosis.clinical not in {"recurrence", "relapse"}:
        return None
    end, today = attempt.end or attempt.start, DateSpan.of(place.as_of)
    when = today
    for recorded in (diagnosis.recorded, diagnosis.onset):
        if later(recorded, end) is Truth.YES and recorded is not None:
            when = recorded
    if end is None or later(when, end) is Truth.NO:
        return None
    if later_than is not None and days_between(end, when)[1] <= later_than.days:
        return None
    says = f"{diagnosis.concept.label}: {diagnosis.clinical} recorded"
    evidence = code_evidence(diagnosis.reference, says, when if when != today else None, diagnosis.concept)
    return Part(source=Source.CODE, when=when, evidence=(evidence,))


def _near_the_end(
    diagnosis: Diagnosis, attempt: Attempt, within: Duration | None, place: Place
) -> Part | None:
    """Within so many days of the end, either way; the start counts as the end of a single session.

    What began before the attempt did is not of its making. Where nobody recorded when it ended, it may be.
    """
    end, when = attempt.end, diagnosis.since
    evidence = (code_evidence(diagnosis.reference, diagnosis.concept.label, when, diagnosis.concept),)
    if within is None:
        return Part(source=source_of(diagnosis.concept), when=when, evidence=evidence)
    if later(attempt.start, when) is Truth.YES:
        return None
    if end is None and (attempt.running or attempt.start is None):
        return None
    if end is None:
        unended = Missing(what=f"when {place.label(attempt.therapy)} ended", settled_by="its last day")
        source = source_of(diagnosis.concept)
        return Part(source=source, when=when, evidence=evidence, possible=True, missing=(unended,))
    if when is None:
        missing = (Missing(what=f"date of {diagnosis.concept.label}", settled_by="its onset"),)
        return Part(source=Source.CODE, evidence=evidence, possible=True, missing=missing)
    fewest = max(days_between(end, when)[0], days_between(when, end)[0])
    most = max(days_between(end, when)[1], days_between(when, end)[1])
    if fewest > within.days:
        return None
    missing = (Missing(what=f"exact date of {diagnosis.concept.label}", settled_by="its onset"),)
    return Part(
        source=source_of(diagnosis.concept),
        when=when,
        evidence=evidence,
        possible=most > within.days,
        missing=missing if most > within.days else (),
    )


def allergy_part(therapy: str, kind: str, place: Place, *, after: Attempt | None) -> Part | None:
    """An active allergy or intolerance to the therapy; with ``after``, not recorded before that attempt began."""
    found = []
    for allergy in uses_of(therapy, place).allergies:
        if kind != "any" and allergy.kind != kind:
            continue
        if after is not None and later(after.start, allergy.recorded) is Truth.YES:
            continue
        word = allergy.kind or "allergy or intolerance"
        says = f"{word} to {allergy.concept.label} on record"
        if allergy.criticality == "low":
            says += " (low criticality)"
        found.append(
            Part(
                source=source_of(allergy.concept),
                when=allergy.recorded,
                evidence=(code_evidence(allergy.reference, says, allergy.recorded, allergy.concept),),
            )
        )
    return best_part(found)


def allergy_word(therapy: str, part: Part, place: Place) -> str:
    """Return ``allergy`` or ``intolerance`` for the allergy that a part found."""
    reference = part.evidence[0].reference
    kinds = {a.reference: a.kind for a in uses_of(therapy, place).allergies}
    return "intolerance" if kinds.get(reference) == "intolerance" else "allergy"


__all__ = [
    "allergy_part",
    "allergy_word",
    "complication_part",
    "condition_part",
    "not_done_part",
    "outcome_part",
    "reasons_on_record",
    "stop_day",
    "stop_part",
    "unused_part",
]
