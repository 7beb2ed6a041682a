"""What is said of a therapy that was never given: never tried, ruled out, or not to be told from this record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from cds_service.evaluate.comparing import later
from cds_service.evaluate.findings import Trial, Verdict
from cds_service.evaluate.judging.attempts import attempts_of
from cds_service.evaluate.judging.items import Listed, listed
from cds_service.evaluate.judging.parts import Part, best_part, code_evidence
from cds_service.evaluate.judging.place import Place
from cds_service.evaluate.judging.reading import joined
from cds_service.evaluate.judging.records import allergy_part, allergy_word, not_done_part, unused_part
from cds_service.evaluate.judging.signs import Sign, Source
from cds_service.evaluate.judging.uses import uses_of
from cds_service.evaluate.judging.words import said_of_procedure, said_of_unused, text_part
from cds_service.evaluate.truth import Answer, Truth
from cds_service.timeline.dates import DateSpan
from cds_service.timeline.events import Missing, Order

MEDICATION_TYPES = (
    "Medication",
    "MedicationAdministration",
    "MedicationDispense",
    "MedicationRequest",
    "MedicationStatement",
)
"""Types that must be read whole before a drug may be called never tried."""

IN_FORCE = frozenset({"active", "on-hold", "unknown"})
"""Statuses of an order not to give a drug that still holds."""


def ruled_out_signs(therapy: str, place: Place) -> tuple[Sign, ...]:
    """Return every standing reason to rule a therapy out that does not come from giving it."""
    uses = uses_of(therapy, place)
    signs: list[Sign] = []
    for entry in _entries(therapy, place):
        for order in uses.unused_orders:
            signs += _of_order(entry, order, therapy, place)
        signs += _of_procedures(entry, therapy, place)
        signs += _of_allergies(entry, therapy, place)
        signs += _of_safety(entry, therapy, place)
        signs += _of_patient(entry, place)
    return tuple(s for s in signs if not _outdated(s, therapy, place))


def _entries(therapy: str, place: Place) -> Iterable[Listed]:
    definition = place.definition(therapy)
    trials = place.trials
    if definition.medication or definition.conditional:
        yield from (e for e in listed(trials.verdicts, therapy, place) if e.verdict is Verdict.RULED_OUT)
    if definition.procedure or definition.conditional:
        yield from (e for e in listed(trials.procedures, therapy, place) if e.verdict is Verdict.RULED_OUT)


def _of_order(entry: Listed, order: Order, therapy: str, place: Place) -> Iterable[Sign]:
    """A reason on an order that never came about, or an order not to give the drug."""
    item = entry.item
    if order.avoid and order.status not in IN_FORCE:
        return
    part: Part | None = None
    if item.stopped_for:
        part = unused_part(order, item.stopped_for)
    elif item.text_says:
        part = text_part(said_of_unused(order, therapy, place), item.text_says)
    elif item.avoid and order.avoid:
        part = _avoid(order)
    yield from _with_fact(entry, part, place)


def _avoid(order: Order) -> Part:
    says = f"{order.concept.label} not to be given"
    return Part(
        source=Source.CODE,
        when=order.start,
        evidence=(code_evidence(order.reference, says, order.start, order.concept),),
    )


def _of_procedures(entry: Listed, therapy: str, place: Place) -> Iterable[Sign]:
    item, undone = entry.item, uses_of(therapy, place).undone_procedures
    part: Part | None = None
    if item.not_done_for:
        part = not_done_part(undone, item.not_done_for)
    elif item.not_done_text:
        said = [s for p in undone for s in said_of_procedure(p, therapy, place)]
        part = text_part(said, item.not_done_text)
    yield from _with_fact(entry, part, place)


def _of_allergies(entry: Listed, therapy: str, place: Place) -> Iterable[Sign]:
    if entry.item.allergy is None:
        return
    part = allergy_part(therapy, entry.item.allergy, place, after=None)
    if part is not None:
        reason = entry.item.reason or allergy_word(therapy, part, place)
        yield joined(entry, [part], reason=reason)


def _of_safety(entry: Listed, therapy: str, place: Place) -> Iterable[Sign]:
    """A critical finding of a safety rule, were the therapy ordered today."""
    if not entry.item.would_fire:
        return
    answer = place.would_fire(therapy, entry.item.would_fire)
    part = _answered(answer, DateSpan.of(place.as_of))
    if part is not None:
        yield from _with_fact(entry, part, place)


def _of_patient(entry: Listed, place: Place) -> Iterable[Sign]:
    """A current diagnosis that says so, or a fact that stands alone in its item."""
    item = entry.item
    if item.condition:
        found = [
            d
            for d in place.timeline.diagnoses
            if d.is_current and not d.concept.sets.isdisjoint(item.condition)
        ]
        part = best_part(
            [
                Part(
                    source=Source.CODE,
                    when=d.since,
                    evidence=(code_evidence(d.reference, d.concept.label, d.since, d.concept),),
                )
                for d in found
            ]
        )
        yield from _with_fact(entry, part, place)
    elif item.model_fields_set <= {"fact", "of", "reason", "certainty", "after_use"}:
        yield from _with_fact(entry, Part(source=Source.EVENT, when=DateSpan.of(place.as_of)), place)


def _answered(answer: Answer, when: DateSpan) -> Part | None:
    if answer.no:
        return None
    return Part(
        source=Source.EVENT,
        when=when,
        evidence=answer.evidence,
        possible=answer.unknown,
        missing=answer.missing,
    )


def _with_fact(entry: Listed, part: Part | None, place: Place) -> Iterable[Sign]:
    """Join what was found with the fact that the item also asks for (``pregnant``: only while it lasts)."""
    if part is None:
        return
    parts = [part]
    if entry.item.fact is not None:
        answer = place.fact(entry.item.fact, key=f"ruled out {entry.order}")
        if answer.no:
            return
        parts.append(Part(evidence=answer.evidence, possible=answer.unknown, missing=answer.missing))
    yield joined(entry, parts, reason=entry.reason)


def _outdated(sign: Sign, therapy: str, place: Place) -> bool:
    """A recorded reason not to give a therapy is outdated once it was given after all; a danger of today never is."""
    if sign.source is Source.EVENT or any(
        e.reference.startswith("AllergyIntolerance/") for e in sign.evidence
    ):
        return False
    return any(later(a.start, sign.when) is Truth.YES for a in attempts_of(therapy, place))


def absent_trial(therapy: str, place: Place, *, blank: Trial) -> Trial:
    """Return the trial of a therapy of which nothing counts: never tried, or unknown.

    It is unknown while its types are unread, and when a procedure is on record of which nobody recorded whether it was
    done. ``blank`` carries the names of the therapy.
    """
    what = f"whether {blank.label} was ever tried"
    unread = sorted(place.timeline.incomplete.intersection(_types(therapy, place)))
    if unread:
        missing = Missing(what=what, settled_by=f"reading {' and '.join(unread)}")
        return replace(blank, verdict=Verdict.UNKNOWN, reason="not-read", missing=(missing,))
    if uses_of(therapy, place).unclear_procedures:
        missing = Missing(what=what, settled_by="the status of the procedure on record")
        return replace(blank, verdict=Verdict.UNKNOWN, reason="status-unknown", missing=(missing,))
    return replace(blank, verdict=Verdict.NOT_TRIED)


def _types(therapy: str, place: Place) -> Sequence[str]:
    definition = place.definition(therapy)
    types = list(MEDICATION_TYPES) if definition.medication or definition.conditional else []
    if definition.procedure or definition.conditional:
        types.append("Procedure")
    return types


__all__ = ["absent_trial", "ruled_out_signs"]
