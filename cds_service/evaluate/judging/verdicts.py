"""The verdict table: what an attempt is called, from its standard and the sign that decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cds_service.evaluate.findings import Verdict
from cds_service.evaluate.judging.attempts import Attempt
from cds_service.evaluate.judging.held import Adequacy
from cds_service.evaluate.judging.place import Place
from cds_service.evaluate.judging.records import stop_part
from cds_service.evaluate.judging.series import waited
from cds_service.evaluate.judging.signs import Sign, deciding
from cds_service.evaluate.judging.words import said_of, text_part
from cds_service.evaluate.truth import Truth
from cds_service.ruleset.trials import UnknownDose
from cds_service.timeline.amounts import UnknownAmount
from cds_service.timeline.events import Missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """The verdict on one attempt: its finer reason, the sign that it rests on, and what is missing.

    ``inferred`` marks a verdict that rests on more than the record says (a dose taken as adequate).
    """

    verdict: Verdict
    reason: str | None = None
    sign: Sign | None = None
    missing: tuple[Missing, ...] = ()
    inferred: bool = False
    adequate: Truth = Truth.UNKNOWN


def ruling_on(attempt: Attempt, adequacy: Adequacy, signs: Sequence[Sign], place: Place) -> Ruling:
    """Give the verdict on an attempt."""
    usable = [s for s in signs if _speaks(s, attempt, adequacy)]
    if attempt.running and attempt.course is not None:
        return _running_course(attempt, adequacy, usable)
    adequacy, inferred = _dose_taken_as_adequate(attempt, adequacy, place)
    open_, stated = (
        [s for s in usable if s.verdict is Verdict.UNKNOWN],
        [s for s in usable if s.verdict is not Verdict.UNKNOWN],
    )
    sign = deciding(stated)
    if sign is None and (possible := _possible(usable, adequacy)) is not None:
        return possible
    if sign is not None and (open_reason := _may_rule_out(sign, usable)) is not None:
        return open_reason
    if sign is not None:
        ruled = _by_sign(attempt, adequacy, sign)
        if ruled is not None:
            return ruled if not inferred or ruled.verdict is not Verdict.FAILED else _inferred(ruled)
    if attempt.course is None:
        return _sessions_without_sign(attempt, adequacy, deciding(open_), place)
    return _ended_course(attempt, adequacy, sign, place)


def _speaks(sign: Sign, attempt: Attempt, adequacy: Adequacy) -> bool:
    """Does a sign speak of this attempt at all?

    A reason to rule out speaks of a trial that was given only as far as the rule lets it. An allergy that ended an
    order before its first day of use rules out; nothing was there to be tolerated. A procedure that was abandoned can
    neither have failed nor have worked; one that is still under way can only have done harm.
    """
    if attempt.abandoned and sign.verdict in {Verdict.FAILED, Verdict.EFFECTIVE}:
        return False
    if attempt.in_progress and sign.verdict is not Verdict.NOT_TOLERATED:
        return False
    if sign.verdict is Verdict.NOT_TOLERATED:
        return attempt.used or sign.reason != "allergy"
    if sign.verdict is not Verdict.RULED_OUT:
        return True
    if not attempt.used or sign.after_use == "any":
        return True
    return sign.after_use == "brief" and adequacy.truth is not Truth.YES


def _running_course(attempt: Attempt, adequacy: Adequacy, signs: Sequence[Sign]) -> Ruling:
    """A running course is ongoing until its time is up; a reason that would end it has not ended it."""
    failing = deciding([s for s in signs if s.verdict is Verdict.FAILED])
    match adequacy.truth:
        case Truth.YES if failing is not None:
            return Ruling(verdict=Verdict.FAILED, reason=failing.reason, sign=failing, adequate=Truth.YES)
        case Truth.YES:
            return Ruling(verdict=Verdict.ONGOING_ADEQUATE, adequate=Truth.YES)
        case Truth.NO:
            low = adequacy.time_up is Truth.YES and adequacy.low_now
            verdict = Verdict.INADEQUATE if low else Verdict.ONGOING
            return Ruling(verdict=verdict, reason="too-low" if low else adequacy.reason, adequate=Truth.NO)
        case _:
            if adequacy.time_up is Truth.NO or adequacy.reason == "combination":
                return Ruling(verdict=Verdict.ONGOING, reason=adequacy.reason, missing=adequacy.missing)
            return _unknown(adequacy)


def _unknown(adequacy: Adequacy, sign: Sign | None = None) -> Ruling:
    return Ruling(verdict=Verdict.UNKNOWN, reason=adequacy.reason, sign=sign, missing=adequacy.missing)


def _dose_taken_as_adequate(attempt: Attempt, adequacy: Adequacy, place: Place) -> tuple[Adequacy, bool]:
    """Where the pathway says so, a long trial of unknown dose that ended for want of effect counts as adequate."""
    rule = place.trials.unknown_dose
    if (
        rule is None
        or attempt.course is None
        or not adequacy.dose_unknown
        or adequacy.truth is not Truth.UNKNOWN
    ):
        return adequacy, False
    days = adequacy.days
    if days is None or isinstance(days, UnknownAmount) or days.low < rule.lasts.days:
        return adequacy, False
    if (
        adequacy.time_up is not Truth.YES
        or adequacy.reason == "combination"
        or not _ended_for(attempt, rule, place)
    ):
        return adequacy, False
    return replace(adequacy, truth=Truth.YES, reason="dose-unknown"), True


def _ended_for(attempt: Attempt, rule: UnknownDose, place: Place) -> bool:
    if stop_part(attempt, rule.stopped_for) is not None:
        return True
    return bool(rule.text_says) and text_part(said_of(attempt, place), rule.text_says) is not None


def _inferred(ruled: Ruling) -> Ruling:
    return replace(ruled, inferred=True)


def _by_sign(attempt: Attempt, adequacy: Adequacy, sign: Sign) -> Ruling | None:
    """The verdict that the deciding sign gives; None when the standard decides instead."""
    match sign.verdict:
        case Verdict.NOT_TOLERATED | Verdict.RULED_OUT:
            return Ruling(verdict=sign.verdict, reason=sign.reason, sign=sign, adequate=adequacy.truth)
        case Verdict.EFFECTIVE:
            if attempt.course is None and adequacy.judged is not Truth.YES:
                return None
            return Ruling(verdict=Verdict.EFFECTIVE, reason=sign.reason, sign=sign, adequate=adequacy.truth)
        case Verdict.FAILED if not sign.needs_adequate or adequacy.truth is Truth.YES:
            return Ruling(verdict=Verdict.FAILED, reason=sign.reason, sign=sign, adequate=adequacy.truth)
        case _:
            if adequacy.truth is Truth.NO:
                unfinished = attempt.running and not attempt.abandoned
                verdict = Verdict.ONGOING if unfinished else Verdict.INADEQUATE
                return Ruling(verdict=verdict, reason=adequacy.reason, sign=sign, adequate=Truth.NO)
            if sign.verdict is Verdict.FAILED:
                return _unknown(adequacy, sign)
            return Ruling(verdict=sign.verdict, reason=sign.reason, sign=sign, adequate=adequacy.truth)


def _possible(signs: Sequence[Sign], adequacy: Adequacy) -> Ruling | None:
    """Nothing certain is on record, and imprecise dates leave a failure or intolerance open."""
    telling = [
        s
        for s in signs
        if s.possible
        and (
            s.verdict is Verdict.NOT_TOLERATED
            or (s.verdict is Verdict.FAILED and adequacy.truth is not Truth.NO)
        )
    ]
    if not telling:
        return None
    missing = tuple(dict.fromkeys(m for s in telling for m in s.missing))
    return Ruling(
        verdict=Verdict.UNKNOWN, reason="not-exact", sign=telling[0], missing=missing, adequate=adequacy.truth
    )


def _may_rule_out(sign: Sign, signs: Sequence[Sign]) -> Ruling | None:
    """The reason says nothing of effect, and a missing datum leaves open whether it rules the therapy out."""
    possible = [s for s in signs if s.possible and s.verdict is Verdict.RULED_OUT and s.missing]
    if sign.verdict is not Verdict.STOPPED_OTHER or not possible:
        return None
    missing = tuple(dict.fromkeys(m for s in possible for m in s.missing))
    return Ruling(verdict=Verdict.UNKNOWN, reason="not-exact", sign=sign, missing=missing)


def _ended_course(attempt: Attempt, adequacy: Adequacy, sign: Sign | None, place: Place) -> Ruling:
    """Ended and no reason on record: too short or too low by its standard, else a question to a person."""
    if adequacy.truth is Truth.NO:
        return Ruling(verdict=Verdict.INADEQUATE, reason=adequacy.reason, sign=sign, adequate=Truth.NO)
    label = place.label(attempt.therapy)
    why = Missing(what=f"why {label} ended", settled_by="its recorded outcome")
    return Ruling(
        verdict=Verdict.ENDED_UNKNOWN,
        reason=adequacy.reason,
        sign=sign,
        missing=(why, *adequacy.missing),
        adequate=adequacy.truth,
    )


def _sessions_without_sign(
    attempt: Attempt, adequacy: Adequacy, partial: Sign | None, place: Place
) -> Ruling:
    """A procedure, or a series, of which nothing decisive is recorded (yet)."""
    if attempt.abandoned:
        return Ruling(verdict=Verdict.INADEQUATE, reason=adequacy.reason, adequate=Truth.NO)
    if attempt.in_progress:
        return Ruling(verdict=Verdict.ONGOING, adequate=Truth.NO)
    if adequacy.judged is Truth.NO:
        return Ruling(verdict=Verdict.ONGOING, reason="too-early", sign=partial, adequate=adequacy.truth)
    if partial is not None:
        return _partial(attempt, adequacy, partial, place)
    if adequacy.truth is Truth.NO:
        verdict = Verdict.ONGOING if attempt.running else Verdict.INADEQUATE
        return Ruling(verdict=verdict, reason=adequacy.reason, adequate=Truth.NO)
    if adequacy.truth is Truth.UNKNOWN:
        return _unknown(adequacy)
    label = place.label(attempt.therapy)
    if adequacy.judged is Truth.UNKNOWN:
        missing = (Missing(what=f"date of {label}", settled_by="the day it was done"),)
        return Ruling(verdict=Verdict.UNKNOWN, reason="not-exact", missing=missing, adequate=Truth.YES)
    if attempt.running:
        return Ruling(verdict=Verdict.ONGOING_ADEQUATE, adequate=Truth.YES)
    missing = (Missing(what=f"outcome of {label}", settled_by="its recorded outcome or a later score"),)
    verdict = Verdict.UNKNOWN if attempt.procedures else Verdict.ENDED_UNKNOWN
    return Ruling(verdict=verdict, reason="no-outcome", missing=missing, adequate=Truth.YES)


def _partial(attempt: Attempt, adequacy: Adequacy, partial: Sign, place: Place) -> Ruling:
    """A partial outcome is neither failure nor success; it may need longer to judge."""
    late = waited(attempt.start, adequacy.row.judge_partial_after, place.as_of)
    if late is Truth.NO:
        return Ruling(verdict=Verdict.ONGOING, reason="too-early", sign=partial, adequate=adequacy.truth)
    what = f"whether the relief from {place.label(attempt.therapy)} is enough"
    missing = (Missing(what=what, settled_by="a later outcome or score"),)
    return Ruling(
        verdict=Verdict.UNKNOWN, reason=partial.reason, sign=partial, missing=missing, adequate=adequacy.truth
    )


__all__ = ["Ruling", "ruling_on"]
