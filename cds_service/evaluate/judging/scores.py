"""Evidence words that read a symptom score: one that stayed high, fell far enough, fell too little, or came back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cds_service.evaluate.comparing import compare
from cds_service.evaluate.judging.attempts import Attempt, attempts_of
from cds_service.evaluate.judging.held import Adequacy
from cds_service.evaluate.judging.parts import Part, code_evidence
from cds_service.evaluate.judging.place import Place
from cds_service.evaluate.judging.signs import Source
from cds_service.evaluate.truth import Answer, yes
from cds_service.ruleset.facts import AgeFact
from cds_service.ruleset.trials import Score
from cds_service.ruleset.words import Duration
from cds_service.timeline.amounts import Amount
from cds_service.timeline.events import Missing, Result


@dataclass(frozen=True, slots=True)
class _Reading:
    """A score on an exact day. Scores without a number or an exact day decide nothing."""

    day: date
    value: Amount
    result: Result


def score_part(
    attempt: Attempt,
    wanted: Score,
    adequacy: Adequacy,
    place: Place,
    *,
    near_end: Duration | None,
    before: date | None = None,
) -> Part | None:
    """Hold the score against the item; without readings in its window (and ``before`` a day) nothing is said."""
    readings = _readings(wanted, place)
    if wanted.after_end is not None:
        return _after_end(attempt, wanted, wanted.after_end, readings, place)
    if wanted.same_day is not None:
        return _on_the_day(attempt, wanted, readings, place)
    inside = [r for r in readings if _in_window(r, attempt, wanted, adequacy, place, near_end)]
    inside = [r for r in inside if before is None or r.day < before]
    if not inside:
        return None
    if wanted.fell_at_least is not None or wanted.fell_below is not None:
        return _response(attempt, wanted, readings, inside, place)
    chosen = min(inside, key=lambda r: r.value.low) if wanted.at_most is not None else inside[-1]
    answer = _test(chosen.value, _limits(wanted), place, chosen)
    return _part(answer, [chosen])


def _limits(wanted: Score) -> AgeFact:
    return AgeFact(at_least=wanted.at_least, at_most=wanted.at_most, below=wanted.below)


def _after_end(
    attempt: Attempt, wanted: Score, within: Duration, readings: Sequence[_Reading], place: Place
) -> Part | None:
    """Every reading soon after the end meets the comparison, or their fall does; without one nothing is said."""
    end = attempt.end
    if end is None or not end.is_exact:
        return None
    first = wanted.after_end_from.days if wanted.after_end_from is not None else 1
    inside = [r for r in readings if first <= (r.day - end.first).days <= within.days]
    if inside and (wanted.fell_at_least is not None or wanted.fell_below is not None):
        return _response(attempt, wanted, readings, inside, place)
    if not inside or not all(_test(r.value, _limits(wanted), place, r).yes for r in inside):
        return None
    return _part(yes(), inside)


def _readings(wanted: Score, place: Place) -> list[_Reading]:
    """Return the numeric readings of the score, by time."""
    found = [
        r
        for r in place.timeline.results
        if not r.concept.sets.isdisjoint(wanted.of)
        and r.value is not None
        and r.when is not None
        and r.when.is_exact
    ]
    found.sort(key=lambda r: (r.when.first if r.when else date.min, r.instant or "", r.reference))
    return [_Reading(r.when.first, r.value, r) for r in found if r.when is not None and r.value is not None]


def _in_window(
    reading: _Reading,
    attempt: Attempt,
    wanted: Score,
    adequacy: Adequacy,
    place: Place,
    near_end: Duration | None,
) -> bool:
    day = reading.day
    if attempt.start is None or day < attempt.start.last:
        return False
    last = (
        attempt.end.first
        if attempt.course is not None and attempt.end is not None
        else _until(attempt, place)
    )
    if day > last or (near_end is not None and (last - day).days > near_end.days):
        return False
    if wanted.during == "adequate-dose":
        return any(first <= day <= until for first, until in adequacy.spans)
    if wanted.last is not None and (last - day).days > wanted.last.days:
        return False
    since = (day - attempt.start.last).days
    if wanted.later_than == "judge_after":
        waited = adequacy.row.judge_after
        if waited is not None and since < waited.days:
            return False
    elif wanted.later_than is not None and since <= wanted.later_than.days:
        return False
    return wanted.within is None or since <= wanted.within.days


def _until(attempt: Attempt, place: Place) -> date:
    """Return the day up to which a score speaks of the attempt: the day before the next procedure, else today."""
    if attempt.course is not None or attempt.end is None:
        return place.as_of
    end = attempt.end
    starts = [
        other.start.first
        for name in place.therapies
        if place.definition(name).ends_scores
        for other in attempts_of(name, place)
        if other.sessions
        and other is not attempt
        and other.start is not None
        and other.start.first > end.last
    ]
    return min([place.as_of, *(start - timedelta(days=1) for start in starts)])


def _response(
    attempt: Attempt, wanted: Score, readings: Sequence[_Reading], inside: Sequence[_Reading], place: Place
) -> Part | None:
    """How far the score fell from before the start, in percent of its first value."""
    if attempt.start is None:
        return None
    start = attempt.start.first
    reach = wanted.baseline.days if wanted.baseline is not None else 0
    before = [r for r in readings if 0 < (start - r.day).days <= reach]
    if not before:
        return None
    first = _value(before, wanted.baseline_by)
    if first <= 0:
        return None
    reached = _value(inside, wanted.response_by)
    fell = _percent(first - reached, first)
    answer = _test(fell, AgeFact(at_least=wanted.fell_at_least, below=wanted.fell_below), place, inside[-1])
    shown = [*before, *inside]
    if wanted.back_to is None:
        return _part(answer, shown)
    return _came_back(attempt, wanted, answer, first, readings, shown, place)


def _on_the_day(attempt: Attempt, wanted: Score, readings: Sequence[_Reading], place: Place) -> Part | None:
    """The first timed value of the procedure's day, held against the best of those that follow it within the hours."""
    if attempt.start is None or not attempt.start.is_exact or wanted.same_day is None:
        return None
    timed = [
        (time, r)
        for r in readings
        if r.day == attempt.start.first and (time := _time_of(r.result)) is not None
    ]
    if not timed:
        return None
    begun, before = timed[0]
    until = begun + timedelta(hours=wanted.same_day.hours)
    after = [r for time, r in timed[1:] if begun < time <= until]
    if not after or before.value.low <= 0:
        return None
    reached = min(r.value.low for r in after)
    fell = _percent(before.value.low - reached, before.value.low)
    fall = AgeFact(at_least=wanted.fell_at_least, below=wanted.fell_below)
    return _part(_test(fell, fall, place, after[-1]), [before, *after])


def _time_of(result: Result) -> datetime | None:
    """Return the recorded time of a result by the clock where it was taken; None when only the day is recorded."""
    written = result.instant or ""
    if "T" not in written:
        return None
    try:
        return datetime.fromisoformat(written).replace(tzinfo=None)
    except ValueError:
        return None


def _percent(part: float, whole: float) -> Amount:
    """Return a share, rounded far below any limit so that thirds and tenths compare as written."""
    return Amount.exactly(round(part / whole * 100, 6), "%")


def _value(readings: Sequence[_Reading], how: str) -> float:
    values = [r.value.low for r in readings]
    match how:
        case "latest":
            return values[-1]
        case "best":
            return min(values)
        case _:
            return sum(values) / len(values)


def _came_back(
    attempt: Attempt,
    wanted: Score,
    fell: Answer,
    first: float,
    readings: Sequence[_Reading],
    shown: Sequence[_Reading],
    place: Place,
) -> Part | None:
    """Once it had fallen, a later reading is again at least the given share of the first value."""
    if attempt.start is None or wanted.back_to is None:
        return None
    wait = wanted.back_after.days if wanted.back_after is not None else 0
    last, until = shown[-1].day, _until(attempt, place)
    for reading in readings:
        since = (reading.day - attempt.start.last).days
        if not last < reading.day <= until or since <= wait:
            continue
        if wanted.back_within is not None and since > wanted.back_within.days:
            continue
        share = _percent(reading.value.low, first)
        back = _test(share, AgeFact(at_least=wanted.back_to), place, reading)
        if fell.yes and back.yes:
            return _part(back, [*shown, reading])
    return None


def _test(value: Amount, wanted: AgeFact, place: Place, reading: _Reading) -> Answer:
    label = reading.result.concept.label
    return compare(value, wanted, rules=place.rules, pathway=place.pathway, what=label)


def _part(answer: Answer, readings: Sequence[_Reading]) -> Part | None:
    if answer.no:
        return None
    last = readings[-1].result
    evidence = tuple(
        code_evidence(
            r.result.reference, f"{r.result.concept.label} {_shown(r.value)}", r.result.when, r.result.concept
        )
        for r in readings
    )
    missing = answer.missing or (Missing(what=f"value of {last.concept.label}", settled_by="an exact value"),)
    return Part(
        source=Source.EVENT,
        when=last.when,
        evidence=evidence,
        possible=answer.unknown,
        missing=missing if answer.unknown else (),
    )


def _shown(value: Amount) -> str:
    unit = f" {value.unit}" if value.unit not in {"", "1", "{score}"} else ""
    return f"{value.low:g}{unit}"


__all__ = ["score_part"]
