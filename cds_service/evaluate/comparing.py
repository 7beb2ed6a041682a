"""Comparisons that answer yes, no or unknown: numbers against limits, dates against windows, sites against sites."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from cds_service.evaluate.truth import Answer, Truth, all_of, no, possible, unknown, yes
from cds_service.ruleset.facts import Comparison
from cds_service.ruleset.ruleset import Ruleset
from cds_service.ruleset.words import Duration, Quantity
from cds_service.timeline.amounts import Amount, Measure, UnknownAmount
from cds_service.timeline.dates import DateSpan
from cds_service.timeline.events import Missing, Site
from cds_service.timeline.sites import ONE_OF
from cds_service.timeline.units import convert


def _above(amount: Amount, limit: float, *, strict: bool) -> Truth:
    reached = amount.low > limit if strict else amount.low >= limit
    if reached:
        return Truth.YES
    if amount.high is None:
        return Truth.UNKNOWN
    reachable = amount.high > limit if strict else amount.high >= limit
    return Truth.UNKNOWN if reachable else Truth.NO


def at_least(amount: Amount, limit: float) -> Truth:
    """Amount ≥ limit; unknown when the interval straddles it."""
    return _above(amount, limit, strict=False)


def more_than(amount: Amount, limit: float) -> Truth:
    """Amount > limit; unknown when the interval straddles it."""
    return _above(amount, limit, strict=True)


def opposite(truth: Truth) -> Truth:
    """Swap yes and no."""
    return {Truth.YES: Truth.NO, Truth.NO: Truth.YES, Truth.UNKNOWN: Truth.UNKNOWN}[truth]


def answer_for(truth: Truth) -> Answer:
    """Return a bare answer; an unknown of an interval that straddles its limit is *possible*."""
    return {Truth.YES: yes(), Truth.NO: no(), Truth.UNKNOWN: possible()}[truth]


def compare(measure: Measure, wanted: Comparison, *, rules: Ruleset, pathway: str, what: str) -> Answer:
    """Hold a measure against every comparison written; an unknown measure or unit answers unknown and says why."""
    if isinstance(measure, UnknownAmount):
        return unknown(Missing(what=f"{what}: {measure.reason}", settled_by=measure.settled_by))
    answers = []
    for word in ("at_least", "at_most", "above", "below"):
        limit = getattr(wanted, word)
        if limit is None:
            continue
        quantity = rules.limit(limit, pathway)
        amount = in_unit(measure, quantity)
        if amount is None:
            answers.append(unknown(Missing(what=f"{what}: unit not comparable with {quantity.unit}")))
            continue
        answers.append(answer_for(_test(word, amount, quantity.value)))
    return all_of(answers) if answers else yes()


def _test(word: str, amount: Amount, limit: float) -> Truth:
    match word:
        case "at_least":
            return at_least(amount, limit)
        case "above":
            return more_than(amount, limit)
        case "below":
            return opposite(at_least(amount, limit))
        case _:
            return opposite(more_than(amount, limit))


def in_unit(amount: Amount, limit: Quantity) -> Amount | None:
    """Return the amount in the limit's unit; a limit without a unit takes the number as it stands."""
    return amount if not limit.unit else convert(amount, limit.unit)


def count_answer(
    *, sure: int, perhaps: int, wanted: Comparison, rules: Ruleset, pathway: str, default: int = 1
) -> Truth:
    """Hold a count, known to lie between ``sure`` and ``sure + perhaps``, against the comparisons (default: at least one)."""
    amount = Amount(sure, sure + perhaps, "")
    if not wanted.compares:
        return at_least(amount, default)
    truths = [
        _test(word, amount, rules.limit(limit, pathway).value)
        for word in ("at_least", "at_most", "above", "below")
        if (limit := getattr(wanted, word)) is not None
    ]
    if Truth.NO in truths:
        return Truth.NO
    return Truth.UNKNOWN if Truth.UNKNOWN in truths else Truth.YES


def not_before(span: DateSpan | None, first: date) -> Truth:
    """On or after a day; unknown when the date is missing or could be either."""
    if span is None:
        return Truth.UNKNOWN
    if span.first >= first:
        return Truth.YES
    return Truth.NO if span.last < first else Truth.UNKNOWN


def within(span: DateSpan | None, window: Duration, as_of: date) -> Truth:
    """Not longer ago than ``window``, counted back from ``as_of``, the limit included."""
    return not_before(span, window.before(as_of))


def longer_ago(span: DateSpan | None, window: Duration, as_of: date) -> Truth:
    """At least ``window`` ago, the limit included."""
    if span is None:
        return Truth.UNKNOWN
    limit = window.before(as_of)
    if span.last <= limit:
        return Truth.YES
    return Truth.NO if span.first > limit else Truth.UNKNOWN


def later(span: DateSpan | None, other: DateSpan | None) -> Truth:
    """Strictly after another date."""
    if span is None or other is None:
        return Truth.UNKNOWN
    if span.first > other.last:
        return Truth.YES
    return Truth.NO if span.last <= other.first else Truth.UNKNOWN


def dated(truth: Truth, span: DateSpan | None, what: str) -> Answer:
    """Turn a date comparison into an answer; a missing date is missing, one that is not exact enough is possible."""
    if truth is not Truth.UNKNOWN:
        return answer_for(truth)
    if span is None:
        return unknown(Missing(what=f"date of {what}", settled_by="a recorded date"))
    return possible(missing=(Missing(what=f"exact date of {what}", settled_by="a recorded day"),))


def _part(one: frozenset[str], other: frozenset[str]) -> Truth:
    if not one or not other:
        return Truth.UNKNOWN
    return Truth.NO if one.isdisjoint(other) else Truth.YES


def same_side(one: Site, other: Site) -> Truth:
    """The same side; bilateral meets either; unknown when a side is not recorded."""
    if one.side is None or other.side is None:
        return Truth.UNKNOWN
    return Truth.YES if one.side == other.side or "bilateral" in (one.side, other.side) else Truth.NO


def same_region(one: Site, other: Site) -> Truth:
    """The same region of the body; unknown when either is not recorded, or is one of several that the other may be."""
    shared = one.regions & other.regions
    if shared - {"region-spine-unspecified"}:
        return Truth.YES
    if not one.regions or not other.regions:
        return Truth.UNKNOWN
    return Truth.NO if _may_be(one.regions).isdisjoint(_may_be(other.regions)) else Truth.UNKNOWN


def _may_be(regions: frozenset[str]) -> frozenset[str]:
    return regions.union(*(ONE_OF.get(name, frozenset()) for name in regions))


def same_target(one: Site, other: Site) -> Truth:
    """The same target: region, target, level and side.

    Two sites differ only where a part is recorded on both and differs; a part recorded on one side only leaves the
    answer open. Parts that neither record (a peripheral nerve has no level) do not count.
    """
    truths = [same_region(one, other), same_side(one, other)]
    truths += [_part(a, b) for a, b in ((one.targets, other.targets), (one.levels, other.levels)) if a or b]
    return _kleene_all(truths)


def same_site(one: Site, other: Site) -> Truth:
    """Not recorded as another place: no part differs where both record it, and the region is known to be the same.

    A side, level or target that is missing on either side matches any (unlike ``same_target``, which it leaves open).
    """
    truths = [same_region(one, other), same_side(one, other)]
    truths += [_part(one.targets, other.targets), _part(one.levels, other.levels)]
    return Truth.NO if Truth.NO in truths else truths[0]


def _kleene_all(truths: Iterable[Truth]) -> Truth:
    seen = set(truths)
    if Truth.NO in seen:
        return Truth.NO
    return Truth.UNKNOWN if Truth.UNKNOWN in seen else Truth.YES
