"""Reads evidence items: each word of an item is held against an attempt, and all that are written must hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from cds_service.evaluate.comparing import at_least
from cds_service.evaluate.findings import Verdict
from cds_service.evaluate.judging import sequences
from cds_service.evaluate.judging.attempts import Attempt
from cds_service.evaluate.judging.courses import raised_after
from cds_service.evaluate.judging.held import Adequacy
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
from cds_service.evaluate.judging.words import outcome_text_part, said_of, text_part
from cds_service.evaluate.truth import Evidence, Truth
from cds_service.ruleset.trials import Evidence as Item
from cds_service.ruleset.trials import VerdictEvidence
from cds_service.timeline.amounts import UnknownAmount
from cds_service.timeline.events import Certainty, Missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One evidence item with the verdict that it is listed under."""

    item: Item
    verdict: Verdict
    reason: str
    needs_adequate: bool
    order: int


def listed(evidence: VerdictEvidence, therapy: str, place: Place) -> tuple[Listed, ...]:
    """Return every item that may speak of a therapy, with its verdict and finer reason."""
    groups: Sequence[tuple[Verdict, str, Sequence[Item]]] = (
        (Verdict.NOT_TOLERATED, "intolerance", evidence.not_tolerated),
        (Verdict.FAILED, "waned", evidence.failed_waned),
        (Verdict.FAILED, "absent", evidence.failed_absent),
        (Verdict.RULED_OUT, "contraindicated", evidence.ruled_out),
        (Verdict.EFFECTIVE, "success", evidence.effective),
        (Verdict.STOPPED_OTHER, "other", evidence.stopped_other),
        (Verdict.UNKNOWN, "open", evidence.unknown),
    )
    found: list[Listed] = []
    for verdict, reason, items in groups:
        for item in items:
            if item.of and therapy not in place.expand(item.of):
                continue
            needs = verdict is Verdict.FAILED if item.needs_adequate is None else item.needs_adequate
            found.append(
                Listed(
                    item=item,
                    verdict=verdict,
                    reason=item.reason or reason,
                    needs_adequate=needs,
                    order=len(found),
                )
            )
    return tuple(found)


def signs_of(attempt: Attempt, adequacy: Adequacy, place: Place) -> tuple[Sign, ...]:
    """Return everything that the record says of how an attempt went."""
    trials = place.trials
    lists = [trials.verdicts] if attempt.orders or attempt.course is not None else []
    if attempt.procedures:
        lists.append(trials.procedures)
    found = []
    for evidence in lists:
        for entry in listed(evidence, attempt.therapy, place):
            parts = _parts(attempt, entry.item, adequacy, place)
            if parts is not None and not (entry.verdict is Verdict.EFFECTIVE and _repeated(attempt, place)):
                found.append(_sign(entry, parts, attempt, place))
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
    return tuple(found)


def _repeated(attempt: Attempt, place: Place) -> bool:
    """A procedure that was done again has not stayed effective."""
    return bool(attempt.sessions) and sequences.repeated_part(attempt, None, place) is not None


def _sign(entry: Listed, parts: Sequence[Part], attempt: Attempt, place: Place) -> Sign:
    return joined(entry, parts, reason=_reason(entry, parts, attempt.therapy, place))


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """One item held against one attempt."""

    attempt: Attempt
    item: Item
    adequacy: Adequacy
    place: Place


def _parts(attempt: Attempt, item: Item, adequacy: Adequacy, place: Place) -> list[Part] | None:
    """Return one part for each word of the item; None as soon as one does not hold."""
    if item.avoid is not None or item.would_fire:
        return None
    question = _Question(attempt=attempt, item=item, adequacy=adequacy, place=place)
    parts = []
    for word, read in _READERS.items():
        if not getattr(item, word) or (word in _LED_BY_THEN and _LED_BY_THEN[word] in item.then):
            continue
        part = read(question)
        if part is None:
            return None
        parts.append(part)
    return parts or None


def _stopped_for(q: _Question) -> Part | None:
    return stop_part(q.attempt, q.item.stopped_for)


def _not_done_for(q: _Question) -> Part | None:
    return not_done_part(q.attempt.procedures, q.item.not_done_for)


def _outcome(q: _Question) -> Part | None:
    return outcome_part(q.attempt, q.item.outcome)


def _complication(q: _Question) -> Part | None:
    return complication_part(q.attempt, q.item.complication)


def _text_says(q: _Question) -> Part | None:
    return text_part(said_of(q.attempt, q.place), q.item.text_says)


def _outcome_text(q: _Question) -> Part | None:
    return outcome_text_part(q.attempt, q.item.outcome_text, q.place)


def _not_done_text(q: _Question) -> Part | None:
    return text_part(said_of(q.attempt, q.place), q.item.not_done_text)


def _allergy(q: _Question) -> Part | None:
    """An allergy speaks of an attempt that ended and that it was not recorded before."""
    if q.item.allergy is None or q.attempt.running or not q.attempt.used:
        return None
    return allergy_part(q.attempt.therapy, q.item.allergy, q.place, after=q.attempt)


def _score(q: _Question) -> Part | None:
    score = q.item.score
    if score is None:
        return None
    return score_part(q.attempt, score, q.adequacy, q.place, near_end=q.item.within)


def _next_ordered_for(q: _Question) -> Part | None:
    wanted = q.item.next_ordered_for
    return sequences.next_ordered_part(q.attempt, wanted, q.place) if wanted is not None else None


def _followed_by(q: _Question) -> Part | None:
    wanted = q.item.followed_by
    return sequences.followed_part(q.attempt, wanted, q.place) if wanted is not None else None


def _restarted(q: _Question) -> Part | None:
    return sequences.restarted_part(q.attempt, q.item.restarted, q.item.later_than, q.place)


def _condition(q: _Question) -> Part | None:
    return condition_part(q.attempt, q.item, q.place)


def _drug_free(q: _Question) -> Part | None:
    wanted = q.item.drug_free
    return sequences.drug_free_part(q.attempt, wanted, q.place) if wanted is not None else None


def _fact(q: _Question) -> Part | None:
    if q.item.fact is None:
        return None
    key = f"evidence of {q.attempt.therapy} {q.attempt.references[0]}"
    answer = q.place.fact(q.item.fact, key=key, when=q.attempt.end or q.attempt.start)
    if answer.no:
        return None
    return Part(
        source=Source.EVENT if answer.evidence else None,
        evidence=answer.evidence,
        possible=answer.unknown,
        missing=answer.missing,
    )


def _lasts(q: _Question) -> Part | None:
    if q.attempt.course is None or q.item.lasts is None:
        return HOLDS
    days = q.attempt.course.days
    long_enough = Truth.UNKNOWN if isinstance(days, UnknownAmount) else at_least(days, q.item.lasts.days)
    if long_enough is Truth.NO:
        return None
    if long_enough is Truth.YES:
        return HOLDS
    what = f"exact dates of {q.place.label(q.attempt.therapy)}"
    return Part(possible=True, missing=(Missing(what=what, settled_by="its first and last day"),))


def _then(q: _Question) -> Part | None:
    """What happened next: any of the words, a certain one before a possible one."""
    found = [p for word in q.item.then if (p := _next(word, q)) is not None]
    firm = [p for p in found if not p.possible]
    return next(iter([*firm, *found]), None)


def _next(word: str, q: _Question) -> Part | None:
    course = q.attempt.course
    match word:
        case "stopped":
            return HOLDS if course is not None and not q.attempt.running else None
        case "raised":
            after = q.item.lasts.days if q.item.lasts is not None else 0
            return HOLDS if course is not None and raised_after(course, after) else None
        case "repeated":
            return sequences.repeated_part(q.attempt, q.item.later_than, q.place)
        case "restarted":
            return _restarted(q)
        case _:
            return _condition(q)


_READERS: Mapping[str, Callable[[_Question], Part | None]] = {
    "stopped_for": _stopped_for,
    "not_done_for": _not_done_for,
    "outcome": _outcome,
    "complication": _complication,
    "text_says": _text_says,
    "outcome_text": _outcome_text,
    "not_done_text": _not_done_text,
    "allergy": _allergy,
    "score": _score,
    "next_ordered_for": _next_ordered_for,
    "followed_by": _followed_by,
    "restarted": _restarted,
    "condition": _condition,
    "drug_free": _drug_free,
    "fact": _fact,
    "lasts": _lasts,
    "then": _then,
}
"""The words of an item in the order in which they are read: what the record states before what it implies."""

_LED_BY_THEN = {"restarted": "restarted", "condition": "recurrence"}
"""Words that ``then`` reads as one of its alternatives when it names them."""


__all__ = ["Listed", "joined", "listed", "signs_of"]
