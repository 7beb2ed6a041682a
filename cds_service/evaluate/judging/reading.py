"""Reads evidence items: each word of an item is held against an attempt, and all that are written must hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from cds_service.evaluate.comparing import at_least
from cds_service.evaluate.findings import Verdict
from cds_service.evaluate.judging import sequences
from cds_service.evaluate.judging.attempts import Attempt
from cds_service.evaluate.judging.courses import raised_after
from cds_service.evaluate.judging.held import Adequacy
from cds_service.evaluate.judging.items import Listed, listed
from cds_service.evaluate.judging.parts import HOLDS, Part
from cds_service.evaluate.judging.place import Place
from cds_service.evaluate.judging.records import (
    allergy_part,
    allergy_word,
    complication_part,
    condition_part,
    not_done_part,
    outcome_part,
    stop_part,
)
from cds_service.evaluate.judging.scores import score_part
from cds_service.evaluate.judging.signs import Sign, Source
from cds_service.evaluate.judging.words import Said, outcome_text_part, said_of, text_part
from cds_service.evaluate.truth import Evidence, Truth
from cds_service.ruleset.trials import Evidence as Item
from cds_service.timeline.amounts import UnknownAmount
from cds_service.timeline.events import Certainty, Missing


def signs_of(attempt: Attempt, adequacy: Adequacy, place: Place) -> tuple[Sign, ...]:
    """Return everything that the record says of how an attempt went.

    A recorded reason, even one that no table knows, beats an inference from what was ordered next.
    """
    trials = place.trials
    lists = [trials.verdicts] if attempt.orders or attempt.course is not None else []
    if attempt.procedures:
        lists.append(trials.procedures)
    subject = _Subject(attempt=attempt, adequacy=adequacy, place=place)
    found = []
    for evidence in lists:
        for entry in listed(evidence, attempt.therapy, place):
            parts = _parts(subject, entry)
            if parts is None or (entry.verdict is Verdict.EFFECTIVE and _undone(entry, attempt, place)):
                continue
            found.append(joined(entry, parts, reason=_reason(entry, parts, attempt.therapy, place)))
    if trials.replaced_within is not None:
        replaced = sequences.replacement_part(attempt, trials.replaced_within, place)
        if replaced is not None:
            found.append(
                Sign(
                    verdict=Verdict.FAILED,
                    reason="absent",
                    source=Source.INFERENCE,
                    when=replaced.when,
                    evidence=replaced.evidence,
                    needs_adequate=True,
                )
            )
    if trials.failure_for and _only_for_something_else(attempt, trials.failure_for):
        found = [s for s in found if s.verdict is not Verdict.FAILED]
    if any(order.stop_reasons for order in attempt.final_orders):
        found = [s for s in found if s.source is not Source.INFERENCE]
    return tuple(found)


def _only_for_something_else(attempt: Attempt, sets: Sequence[str]) -> bool:
    """True when every record of the attempt states a reason, and none of them is of the sets."""
    reasons = [r.reasons for r in attempt.records]
    return bool(reasons) and all(
        stated and all(reason.sets.isdisjoint(sets) for reason in stated) for stated in reasons
    )


def _undone(entry: Listed, attempt: Attempt, place: Place) -> bool:
    """A procedure that was done again has not stayed effective, unless the item says that a repeat tells nothing."""
    if entry.item.even_if_repeated or not attempt.sessions:
        return False
    return sequences.repeated_part(attempt, None, place) is not None


def joined(entry: Listed, parts: Sequence[Part], *, reason: str) -> Sign:
    """Join the parts of an item: as strong as its strongest source, as late as its latest day.

    An item that the rule calls inferred is an inference, unless words or a code carry it.
    """
    sources = [p.source for p in parts if p.source is not None]
    source = min(sources, default=Source.EVENT)
    if entry.item.certainty == "inferred" and source is Source.EVENT:
        source = Source.INFERENCE
    dates = [p.when for p in parts if p.when is not None]
    return Sign(
        verdict=entry.verdict,
        reason=reason,
        source=source,
        when=max(dates, key=lambda d: (d.last, d.first)) if dates else None,
        evidence=tuple(_shown(e, entry.item) for p in parts for e in p.evidence),
        needs_adequate=entry.needs_adequate,
        after_use=entry.item.after_use,
        possible=any(p.possible for p in parts),
        missing=tuple(m for p in parts for m in p.missing),
        order=entry.order,
    )


def _shown(evidence: Evidence, item: Item) -> Evidence:
    if item.certainty == "inferred" and evidence.certainty is Certainty.DOCUMENTED:
        return replace(evidence, certainty=Certainty.INFERRED)
    return evidence


def _reason(entry: Listed, parts: Sequence[Part], therapy: str, place: Place) -> str:
    """An allergy item without a reason of its own names what the record names."""
    if entry.item.allergy is None or entry.item.reason is not None:
        return entry.reason
    for part in parts:
        if part.evidence and part.evidence[0].reference.startswith("AllergyIntolerance/"):
            return allergy_word(therapy, part, place)
    return entry.reason


@dataclass(frozen=True, kw_only=True)
class _Subject:
    """One attempt that items are held against."""

    attempt: Attempt
    adequacy: Adequacy
    place: Place

    @cached_property
    def said(self) -> tuple[Said, ...]:
        """What its texts say."""
        return said_of(self.attempt, self.place)


def _parts(subject: _Subject, entry: Listed) -> list[Part] | None:
    """Return one part for each word of the item; None as soon as one does not hold."""
    if entry.item.avoid is not None or entry.item.would_fire:
        return None
    if entry.item.unless_outcome and outcome_part(subject.attempt, entry.item.unless_outcome) is not None:
        return None
    parts = []
    for word in entry.words:
        part = READERS[word](subject, entry.item)
        if part is None:
            return None
        parts.append(part)
    return parts or None


def _stopped_for(q: _Subject, item: Item) -> Part | None:
    return stop_part(q.attempt, item.stopped_for)


def _not_done_for(q: _Subject, item: Item) -> Part | None:
    return not_done_part(q.attempt.procedures, item.not_done_for)


def _outcome(q: _Subject, item: Item) -> Part | None:
    return outcome_part(q.attempt, item.outcome)


def _complication(q: _Subject, item: Item) -> Part | None:
    return complication_part(q.attempt, item.complication)


def _complicated(q: _Subject, item: Item) -> Part | None:
    return complication_part(q.attempt, None) if item.complicated else None


def _text_says(q: _Subject, item: Item) -> Part | None:
    return text_part(q.said, item.text_says)


def _outcome_text(q: _Subject, item: Item) -> Part | None:
    return outcome_text_part(q.attempt, q.said, item.outcome_text, q.place)


def _not_done_text(q: _Subject, item: Item) -> Part | None:
    return text_part(q.said, item.not_done_text)


def _allergy(q: _Subject, item: Item) -> Part | None:
    """An allergy speaks of an attempt that ended and that it was not recorded before."""
    if item.allergy is None or q.attempt.running or not q.attempt.used:
        return None
    return allergy_part(q.attempt.therapy, item.allergy, q.place, after=q.attempt)


def _score(q: _Subject, item: Item) -> Part | None:
    score = item.score
    if score is None:
        return None
    before = _back_on(q, item) if score.at_most is not None else None
    return score_part(q.attempt, score, q.adequacy, q.place, near_end=item.within, before=before)


def _and_score(q: _Subject, item: Item) -> Part | None:
    score = item.and_score
    if score is None:
        return None
    return score_part(q.attempt, score, q.adequacy, q.place, near_end=item.within)


def _next_ordered_for(q: _Subject, item: Item) -> Part | None:
    wanted = item.next_ordered_for
    return sequences.next_ordered_part(q.attempt, wanted, q.place) if wanted is not None else None


def _followed_by(q: _Subject, item: Item) -> Part | None:
    wanted = item.followed_by
    return sequences.followed_part(q.attempt, wanted, q.place) if wanted is not None else None


def _restarted(q: _Subject, item: Item) -> Part | None:
    return sequences.restarted_part(q.attempt, item.restarted, item.later_than, q.place)


def _condition(q: _Subject, item: Item) -> Part | None:
    return condition_part(q.attempt, item, q.place)


def _condition_state(q: _Subject, item: Item) -> Part | None:
    """The pathway's own disease, where the item names none."""
    return HOLDS if item.condition else condition_part(q.attempt, item, q.place)


def _drug_free(q: _Subject, item: Item) -> Part | None:
    wanted = item.drug_free
    if wanted is None:
        return None
    return sequences.drug_free_part(q.attempt, wanted, q.place, before=_back_on(q, item))


def _back_on(q: _Subject, item: Item) -> date | None:
    """Return the day on which, by the same item, the disease was back: benefit must have shown before it."""
    parts = []
    if item.followed_by is not None:
        parts.append(_followed_by(q, item))
    if item.restarted:
        parts.append(_restarted(q, item))
    if item.condition or item.condition_state is not None:
        parts.append(_condition(q, item))
    days = [part.when.first for part in parts if part is not None and part.when is not None]
    return min(days) if days else None


def _fact(q: _Subject, item: Item) -> Part | None:
    if item.fact is None:
        return None
    key = f"evidence of {q.attempt.therapy} {q.attempt.references[0]}"
    answer = q.place.fact(item.fact, key=key, when=q.attempt.end or q.attempt.start)
    if answer.no:
        return None
    return Part(
        source=Source.EVENT if answer.evidence else None,
        evidence=answer.evidence,
        possible=answer.unknown,
        missing=answer.missing,
    )


def _lasts(q: _Subject, item: Item) -> Part | None:
    if q.attempt.course is None or item.lasts is None:
        return HOLDS
    days = q.attempt.course.days
    long_enough = Truth.UNKNOWN if isinstance(days, UnknownAmount) else at_least(days, item.lasts.days)
    if long_enough is Truth.NO:
        return None
    if long_enough is Truth.YES:
        return HOLDS
    what = f"exact dates of {q.place.label(q.attempt.therapy)}"
    return Part(possible=True, missing=(Missing(what=what, settled_by="its first and last day"),))


def _then(q: _Subject, item: Item) -> Part | None:
    """What happened next: any of the words, a certain one before a possible one."""
    found = [p for word in item.then if (p := _next(word, q, item)) is not None]
    firm = [p for p in found if not p.possible]
    return next(iter([*firm, *found]), None)


def _next(word: str, q: _Subject, item: Item) -> Part | None:
    course = q.attempt.course
    match word:
        case "stopped":
            return HOLDS if course is not None and not q.attempt.running else None
        case "raised":
            after = item.lasts.days if item.lasts is not None else 0
            return HOLDS if course is not None and raised_after(course, after) else None
        case "repeated":
            return sequences.repeated_part(q.attempt, item.later_than, q.place)
        case "restarted":
            return _restarted(q, item)
        case _:
            return _condition(q, item)


READERS: Mapping[str, Callable[[_Subject, Item], Part | None]] = {
    "stopped_for": _stopped_for,
    "not_done_for": _not_done_for,
    "outcome": _outcome,
    "complication": _complication,
    "complicated": _complicated,
    "text_says": _text_says,
    "outcome_text": _outcome_text,
    "not_done_text": _not_done_text,
    "allergy": _allergy,
    "score": _score,
    "and_score": _and_score,
    "next_ordered_for": _next_ordered_for,
    "followed_by": _followed_by,
    "restarted": _restarted,
    "condition": _condition,
    "condition_state": _condition_state,
    "drug_free": _drug_free,
    "fact": _fact,
    "lasts": _lasts,
    "then": _then,
}
__all__ = ["READERS", "joined", "signs_of"]
