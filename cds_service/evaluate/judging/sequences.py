"""Evidence words that read what came next: a later procedure, a drug started again, the reason of the next order."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date

from cds_service.evaluate.comparing import later, same_region, same_site, same_target
from cds_service.evaluate.judging.attempts import Attempt, attempts_of
from cds_service.evaluate.judging.parts import Part, best_part, code_evidence, is_in
from cds_service.evaluate.judging.place import Place
from cds_service.evaluate.judging.sessions import differ
from cds_service.evaluate.judging.signs import Source
from cds_service.evaluate.judging.standards import standards_for
from cds_service.evaluate.judging.uses import by_date, uses_of
from cds_service.evaluate.truth import Evidence, Truth
from cds_service.ruleset.trials import DrugFree, FollowedBy, NextOrdered
from cds_service.ruleset.words import Duration
from cds_service.timeline.dates import DateSpan, days_between
from cds_service.timeline.events import NOWHERE, Certainty, Missing, Order


def followed_part(attempt: Attempt, wanted: FollowedBy, place: Place) -> Part | None:
    """A later procedure: at most ``within`` after, longer than ``later_than`` after."""
    names = place.expand(wanted.therapies) if wanted.therapies else (attempt.therapy,)
    others = [
        other
        for name in names
        for other in attempts_of(name, place)
        if other.sessions and other is not attempt and _same_place(attempt, other, wanted.same)
    ]
    if not wanted.therapies:
        others = _next_of(attempt, others)
    return best_part(list(_after(attempt, others, place, within=wanted.within, later_than=wanted.later_than)))


def _next_of(attempt: Attempt, others: Sequence[Attempt]) -> list[Attempt]:
    """Return the very next ones after an attempt: how long it lasted, only the first repeat tells."""
    end = attempt.end or attempt.start
    later_ones = [o for o in others if o.start is not None and later(o.start, end) is not Truth.NO]
    first = min((o.start.first for o in later_ones if o.start is not None), default=None)
    return [o for o in later_ones if o.start is not None and o.start.first == first]


def repeated_part(attempt: Attempt, later_than: Duration | None, place: Place) -> Part | None:
    """The same procedure again at a site that does not differ."""
    return followed_part(attempt, FollowedBy(later_than=later_than), place)


def restarted_part(
    attempt: Attempt, therapies: Sequence[str], later_than: Duration | None, place: Place
) -> Part | None:
    """A course of one of these therapies that began more than ``later_than`` days after the attempt."""
    others = [o for name in place.expand(therapies) for o in attempts_of(name, place) if o.course is not None]
    return best_part(list(_after(attempt, others, place, within=None, later_than=later_than)))


def _same_place(attempt: Attempt, other: Attempt, same: str | None) -> bool:
    mine, theirs = attempt.site or NOWHERE, other.site or NOWHERE
    if differ(mine, theirs):
        return False
    match same:
        case "region":
            return same_region(mine, theirs) is not Truth.NO
        case "site":
            return same_site(mine, theirs) is Truth.YES
        case "target":
            return same_target(mine, theirs) is Truth.YES
        case _:
            return True


def _after(
    attempt: Attempt,
    others: Iterable[Attempt],
    place: Place,
    *,
    within: Duration | None,
    later_than: Duration | None,
) -> Iterable[Part]:
    end = attempt.end or attempt.start
    if end is None:
        return
    for other in others:
        start = other.start
        if start is None or later(start, end) is Truth.NO:
            continue
        low, high = days_between(end, start)
        least = later_than.days + 1 if later_than is not None else 1
        most = within.days if within is not None else high
        if high < least or low > most:
            continue
        open_ = low < least or high > most
        label = place.label(other.therapy)
        verb = "ordered" if other.course is not None else "done"
        record = other.records[0]
        says = f"{label} {verb} {start}, {_days(low, high)} after {place.label(attempt.therapy)}"
        yield Part(
            source=Source.EVENT,
            when=start,
            evidence=(code_evidence(record.reference, says, start, record.concept),),
            possible=open_,
            missing=(Missing(what=f"exact dates of {label}", settled_by="a full date"),) if open_ else (),
        )


def _days(low: int, high: int) -> str:
    return f"{low} days" if low == high else f"{low} to {high} days"


def next_ordered_part(attempt: Attempt, wanted: NextOrdered, place: Place) -> Part | None:
    """The next order of another therapy, whose reason says why this one ended.

    Only the very next therapy speaks of it: a reason on a later one may mean another drug. An order of the first days,
    before this one could have worked, means another drug as well.
    """
    if attempt.start is None:
        return None
    needed = standards_for(attempt.therapy, place)[-1].row.lasts
    orders = _orders_of(wanted.of, place)
    first: DateSpan | None = None
    found = []
    position = bisect_right(orders, attempt.start.last.toordinal(), key=lambda o: o[0])
    for _, therapy, order in orders[position:]:
        if therapy == attempt.therapy or order.start is None:
            continue
        first = first or order.start
        too_early = needed is not None and days_between(attempt.start, order.start)[1] < needed.days
        if order.start != first or too_early:
            break
        if (part := _reason_part(order, wanted.reason)) is not None:
            found.append(part)
    return best_part(found)


def _orders_of(names: Sequence[str], place: Place) -> list[tuple[int, str, Order]]:
    """Return all dated orders of some therapies by their first possible day, worked out once a call."""

    def compute() -> list[tuple[int, str, Order]]:
        found = [
            (order.start.first.toordinal(), therapy, order)
            for therapy in place.expand(names)
            for order in uses_of(therapy, place).orders
            if order.start is not None
        ]
        return sorted(found, key=lambda o: (*by_date(o[2].start, o[2]), o[1]))

    return place.once(("orders of", *names), compute)


def _reason_part(order: Order, sets: Sequence[str]) -> Part | None:
    reason = is_in(order.reasons, sets)
    if reason is None:
        return None
    says = f"{order.concept.label} ordered for: {reason.label}"
    return Part(
        source=Source.EVENT,
        when=order.start,
        evidence=(code_evidence(order.reference, says, order.start, reason),),
    )


def replacement_part(attempt: Attempt, within: Duration, place: Place) -> Part | None:
    """Another therapy of the pathway begun at most ``within`` after an ended course: an inference, never a record."""
    if attempt.course is None or attempt.running or attempt.end is None or attempt.start is None:
        return None
    others = [
        other
        for name in _later_therapies(attempt.therapy, place)
        for other in attempts_of(name, place)
        if other.start is not None
        and later(other.start, attempt.start) is Truth.YES
        and days_between(attempt.end, other.start)[1] <= within.days
    ]
    if not others:
        return None
    other = min(others, key=lambda o: by_date(o.start, o.records[0]))
    evidence = Evidence(
        reference=other.records[0].reference,
        says=f"{place.label(other.therapy)} ordered {other.start} in its place",
        date=str(other.start),
        certainty=Certainty.INFERRED,
    )
    return Part(source=Source.INFERENCE, when=other.start, evidence=(evidence,))


def _later_therapies(therapy: str, place: Place) -> tuple[str, ...]:
    """Return the other therapies of the same and later steps of the ladder; of the whole pathway without a ladder."""
    ladder = place.rules.pathways[place.pathway].ladder
    steps = [set(place.expand(step.therapies)) for step in ladder]
    first = next((n for n, step in enumerate(steps) if therapy in step), None)
    if first is None:
        names = place.therapies
    else:
        names = tuple(dict.fromkeys(n for step in ladder[first:] for n in place.expand(step.therapies)))
    return tuple(n for n in names if n != therapy)


def drug_free_part(attempt: Attempt, wanted: DrugFree, place: Place, *, before: date | None) -> Part | None:
    """A stretch after the attempt in which none of these therapies was ordered; never shown from incomplete orders.

    It must lie ``before`` the day on which the disease was back, when there is one.
    """
    end = attempt.end or attempt.start
    if end is None or "MedicationRequest" in place.timeline.incomplete:
        return None
    covered: list[tuple[date, date]] = []
    for name in place.expand(wanted.of):
        for other in attempts_of(name, place):
            first = other.start.first if other.start is not None else date.min
            open_ended = other.running or other.end is None
            covered.append((first, place.as_of if open_ended or other.end is None else other.end.last))
    free = _longest_gap(end.last, min(before or place.as_of, place.as_of), covered)
    if free < wanted.lasts.days:
        return None
    record = attempt.records[0]
    evidence = Evidence(
        reference=record.reference,
        says=f"no drug for it ordered during {free} days after {place.label(attempt.therapy)}",
        date=str(end),
        certainty=Certainty.INFERRED,
    )
    return Part(source=Source.EVENT, when=DateSpan.of(end.last), evidence=(evidence,))


def _longest_gap(after: date, until: date, covered: Sequence[tuple[date, date]]) -> int:
    longest, free_from = 0, after
    for first, last in sorted(covered):
        if last < free_from:
            continue
        longest = max(longest, (min(first, until) - free_from).days)
        free_from = max(free_from, last)
    return max(longest, (until - free_from).days) if free_from < until else longest


__all__ = [
    "drug_free_part",
    "followed_part",
    "next_ordered_part",
    "repeated_part",
    "replacement_part",
    "restarted_part",
]
