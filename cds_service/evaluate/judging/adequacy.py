"""Holds an attempt against its standard: dose, days at the dose, days in all.

Every comparison has three answers. What straddles a limit is open and says which datum would settle it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from cds_service.evaluate.comparing import at_least
from cds_service.evaluate.judging.adherence import too_little_dispensed
from cds_service.evaluate.judging.attempts import Attempt
from cds_service.evaluate.judging.courses import amount, dose_now, same_unit, spans_at
from cds_service.evaluate.judging.held import Adequacy, both
from cds_service.evaluate.judging.place import Place
from cds_service.evaluate.judging.series import series_adequacy
from cds_service.evaluate.judging.standards import StandardChoice, least_dose, standards_for, target_dose
from cds_service.evaluate.truth import Answer, Truth
from cds_service.ruleset.trials import StandardRow
from cds_service.ruleset.words import Duration, Quantity
from cds_service.timeline.amounts import Amount, Measure, UnknownAmount
from cds_service.timeline.courses import Course, courses_of
from cds_service.timeline.events import Missing


def adequacy_of(attempt: Attempt, place: Place) -> Adequacy:
    """Hold an attempt against every row that may apply; where they disagree, what decides between them is missing."""
    choices = standards_for(attempt.therapy, place)
    results = [_against(attempt, choice, place) for choice in choices]
    settled = results[-1]
    if all(r.truth is settled.truth for r in results):
        return settled
    open_ = tuple(m for c in choices if c.condition is not None for m in c.condition.missing)
    what = f"what decides which dose of {place.label(attempt.therapy)} is adequate"
    return replace(
        settled,
        truth=Truth.UNKNOWN,
        reason="standard-open",
        missing=open_ or (Missing(what=what),),
        adequate_on=None,
    )


def _against(attempt: Attempt, choice: StandardChoice, place: Place) -> Adequacy:
    if attempt.course is None:
        return series_adequacy(attempt, choice.row, place)
    if not choice.written:
        what = f"a standard of an adequate trial of {place.label(attempt.therapy)}"
        return Adequacy(
            row=choice.row,
            truth=Truth.UNKNOWN,
            reason="no-standard",
            missing=(Missing(what=what, settled_by="the rules of the pathway"),),
            days=attempt.course.days,
            dose=attempt.course.highest_sustained,
        )
    return _course(attempt, attempt.course, choice.row, place)


def _course(attempt: Attempt, course: Course, row: StandardRow, place: Place) -> Adequacy:
    whole = _one_course(attempt, course, row, place)
    mixed = [o for o in course.orders if o.is_combination]
    if whole.truth is Truth.NO or not mixed or place.trials.combination_adequate:
        return whole
    alone = [o for o in course.orders if not o.is_combination]
    for part in _rebuilt(attempt, alone, row, place):
        single = _one_course(attempt, part, row, place)
        if single.truth is Truth.YES:
            return replace(single, days=whole.days, dose=whole.dose)
    label = place.label(attempt.therapy)
    missing = Missing(
        what=f"{label} alone", settled_by=f"a trial of {label} that is not part of a combination"
    )
    return replace(whole, truth=Truth.UNKNOWN, reason="combination", missing=(missing,), adequate_on=None)


def _rebuilt(attempt: Attempt, orders: Sequence[object], row: StandardRow, place: Place) -> Sequence[Course]:
    if not orders:
        return ()
    return courses_of(
        [o for o in attempt.orders if o in orders],
        ingredient=attempt.ingredient or attempt.therapy,
        gap_allowed=(row.gap or place.trials.gap_allowed).days,
        as_of=place.as_of,
        lapsed_after=place.trials.lapsed_after.days,
    )


def _one_course(attempt: Attempt, course: Course, row: StandardRow, place: Place) -> Adequacy:
    least = least_dose(row, attempt.therapy, place)
    limit = least if isinstance(least, Quantity) else None
    needed = row.lasts or row.held
    time_up = _reached(course.days, needed)
    at_dose = _days_at_dose(course, least, limit)
    held = _held(at_dose, row) if least is not None else Truth.YES
    level = _level(attempt, row, place) if held is not Truth.YES else None
    if level is not None and not level.no:
        held = level.truth
    truth = both(time_up, held)
    now = dose_now(course)
    low_now = attempt.running and limit is not None and _below(now, limit)
    found = Adequacy(
        row=row,
        truth=truth,
        time_up=time_up,
        low_now=low_now,
        dose_unknown=least is not None and isinstance(course.highest_sustained, UnknownAmount),
        days=course.days,
        dose=course.highest_sustained,
        required_dose=limit,
        required_days=needed.days if needed is not None else None,
        below_target=_below_target(course, target_dose(row, attempt.therapy, place)),
        spans=spans_at(course, limit, known=least is not None),
    )
    if truth is Truth.YES and too_little_dispensed(course, place):
        return replace(found, truth=Truth.NO, reason="not-adherent")
    if truth is Truth.YES:
        return found
    if truth is Truth.UNKNOWN and level is not None and level.unknown and time_up is Truth.YES:
        return replace(found, reason="level-unknown", missing=level.missing)
    return replace(
        found,
        reason=_why(found, limit, time_up, held),
        missing=_open(found, attempt, place) if truth is Truth.UNKNOWN else (),
        adequate_on=_adequate_on(attempt, found, at_dose, now, place) if truth is Truth.NO else None,
    )


def _days_at_dose(course: Course, least: Quantity | str | None, limit: Quantity | None) -> Measure:
    if least is None:
        return course.days
    if isinstance(course.days, UnknownAmount):
        return course.days
    if limit is not None:
        return course.days_at_least(amount(limit))
    highest = course.highest_sustained
    if isinstance(highest, UnknownAmount) or highest.low == 0:
        return Amount(0, course.days.high, "d")
    return course.days


def _reached(days: Measure, needed: Duration | None) -> Truth:
    if needed is None:
        return Truth.YES
    if isinstance(days, UnknownAmount):
        return Truth.UNKNOWN
    return at_least(days, needed.days)


def _held(at_dose: Measure, row: StandardRow) -> Truth:
    """Was the dose held for its time? At least for a day where the row asks for no time."""
    return _reached(at_dose, row.held or row.lasts or Duration(1, "day"))


def _level(attempt: Attempt, row: StandardRow, place: Place) -> Answer | None:
    """A drug level in range since the start stands for the dose; one that was never measured leaves it open."""
    if row.or_level is None:
        return None
    key = f"level of {attempt.therapy} since {attempt.references[0]}"
    return place.fact(row.or_level, key=key, when=attempt.start)


def _below(dose: Measure, limit: Quantity) -> bool:
    amount = same_unit(dose, limit)
    return amount is not None and amount.high is not None and amount.high < limit.value


def _below_target(course: Course, target: Quantity | None) -> bool | None:
    if target is None:
        return None
    amount = same_unit(course.highest_sustained, target)
    return None if amount is None else amount.low < target.value


def _why(found: Adequacy, limit: Quantity | None, time_up: Truth, held: Truth) -> str:
    """Return the finer word: time first, since too short a trial says nothing of its dose."""
    if time_up is Truth.NO:
        return "too-short"
    if held is Truth.NO:
        low = limit is not None and found.dose is not None and _below(found.dose, limit)
        return "too-low" if low else "too-short"
    return "dose-unknown" if found.dose_unknown else "not-exact"


def _open(found: Adequacy, attempt: Attempt, place: Place) -> tuple[Missing, ...]:
    """Name the datum that would settle an open comparison."""
    label = place.label(attempt.therapy)
    missing = []
    if isinstance(found.days, UnknownAmount):
        missing.append(
            Missing(
                what=f"how long {label} was ordered: {found.days.reason}", settled_by=found.days.settled_by
            )
        )
    elif found.time_up is Truth.UNKNOWN:
        missing.append(Missing(what=f"exact dates of {label}", settled_by="its first and last day"))
    if isinstance(found.dose, UnknownAmount) and found.dose_unknown:
        missing.append(
            Missing(what=f"dose of {label}: {found.dose.reason}", settled_by=found.dose.settled_by)
        )
    elif found.time_up is not Truth.UNKNOWN or not missing:
        missing.append(
            Missing(what=f"days of {label} at {found.required_dose or 'its dose'}", settled_by="its dosage")
        )
    return tuple(missing)


def _adequate_on(
    attempt: Attempt, found: Adequacy, at_dose: Measure, now: Measure, place: Place
) -> date | None:
    """Return the day from which a running course will be adequate if it goes on as it is; None when it never will."""
    if attempt.course is None or attempt.course.state != "ongoing":
        return None
    if not isinstance(found.days, Amount) or not isinstance(at_dose, Amount):
        return None
    waits = [(found.required_days or 0) - found.days.low]
    required = found.required_dose
    if required is not None:
        dose = same_unit(now, required)
        if dose is None or dose.low < required.value:
            return None
        held = found.row.held or found.row.lasts
        waits.append((held.days if held else 0) - at_dose.low)
    return place.as_of + timedelta(days=max(0, *(int(w) for w in waits)))


__all__ = ["adequacy_of"]
