"""Holds procedures and series of sessions against their standard."""

from __future__ import annotations

from datetime import date, timedelta

from cds_service.evaluate.comparing import at_least
from cds_service.evaluate.judging.attempts import Attempt
from cds_service.evaluate.judging.held import Adequacy, both
from cds_service.evaluate.judging.place import Place
from cds_service.evaluate.judging.sessions import counted
from cds_service.evaluate.truth import Truth
from cds_service.ruleset.trials import StandardRow
from cds_service.ruleset.words import Duration
from cds_service.timeline.amounts import Amount
from cds_service.timeline.dates import DateSpan, days_between
from cds_service.timeline.events import Missing


def series_adequacy(attempt: Attempt, row: StandardRow, place: Place) -> Adequacy:
    """Hold a procedure or a series against its row: sessions done, time covered, and whether it may be judged yet."""
    needed = row.sessions or 1
    count = counted(attempt.sessions, apart=row.apart.days if row.apart else 0)
    truth = at_least(count, needed)
    if row.lasts is not None and truth is not Truth.NO:
        truth = both(truth, _covers(attempt, row, place))
    judged = waited(attempt.start, row.judge_after, place.as_of)
    reason: str | None = None
    missing: tuple[Missing, ...] = ()
    if attempt.abandoned:
        reason = "abandoned"
    elif truth is Truth.NO:
        reason = "too-few-sessions" if at_least(count, needed) is Truth.NO else "too-short"
    elif truth is Truth.UNKNOWN:
        reason = "not-exact"
        missing = (
            Missing(what=f"dates of {place.label(attempt.therapy)}", settled_by="the day of each session"),
        )
    wait = row.judge_after.days if row.judge_after else 0
    return Adequacy(
        row=row,
        truth=Truth.NO if attempt.abandoned else truth,
        reason=reason,
        missing=missing,
        judged=judged,
        sessions=sum(s.done for s in attempt.sessions),
        required_days=wait or None,
        adequate_on=attempt.start.last + timedelta(days=wait)
        if judged is Truth.NO and attempt.start
        else None,
    )


def _covers(attempt: Attempt, row: StandardRow, place: Place) -> Truth:
    """Do the sessions, with the time that the last one lasts, cover the days required?"""
    if attempt.start is None or attempt.end is None or row.lasts is None:
        return Truth.UNKNOWN
    after = min(row.valid_for.days if row.valid_for else 0, max(0, (place.as_of - attempt.end.last).days))
    low, high = days_between(attempt.start, attempt.end)
    return at_least(Amount(low + after, high + after, "d"), row.lasts.days)


def waited(since: DateSpan | None, wait: Duration | None, as_of: date) -> Truth:
    """Has a waiting time passed, the last day included? Open while the date is missing or not exact enough."""
    if wait is None:
        return Truth.YES
    if since is None:
        return Truth.UNKNOWN
    if (as_of - since.last).days >= wait.days:
        return Truth.YES
    return Truth.NO if (as_of - since.first).days < wait.days else Truth.UNKNOWN


__all__ = ["series_adequacy", "waited"]
