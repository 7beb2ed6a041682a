"""What the record says of how a procedure went: its own outcome and words, scores after it, and what came next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tests.reference.codes import in_sets, surely_in_sets
from tests.reference.conditions import diagnoses, status
from tests.reference.courses import OutOfScopeError
from tests.reference.days import DAY, length, possible_days
from tests.reference.drugs import DrugTherapy, Stretch
from tests.reference.files import listed, pathway_file
from tests.reference.findings import scores
from tests.reference.operations import Session, all_sessions, differ
from tests.reference.questions import Questions
from tests.reference.record import texts
from tests.reference.signs import Sign, Told
from tests.reference.therapies import group_of, names_of, number, therapies
from tests.reference.verdicts import DEFAULT_REASON
from tests.reference.weighing import Rank
from tests.reference.words import meaning

Item = Mapping[str, Any]


@dataclass(frozen=True)
class Aftermath:
    """A session in one world, and what may speak of it."""

    asks: Questions
    therapy: str
    session: Session
    judge_after: int
    last: date | None = None
    """The day of the last session of a series."""

    @property
    def day(self) -> date:
        """The day of the session; of a series that of the last."""
        return self.last or self.session.day


def signs_after(after: Aftermath, verdicts: Mapping[str, Sequence[Item]]) -> list[Sign]:
    """All signs of a session, in the order of its pathway's file."""
    found = []
    for verdict, items in verdicts.items():
        for item in items:
            if "of" not in item or any(
                group_of(after.asks.pathway, n, after.therapy) for n in listed(item["of"])
            ):
                one = _sign(after, verdict, item)
                found += [one] if one is not None else []
    return found


def _sign(after: Aftermath, verdict: str, item: Item) -> Sign | None:
    """What an item says, if all of its words hold; a benefit must lie before what shows that it is gone."""
    later = [reader(after, item) for word, reader in LATER.items() if word in item]
    if any(told is None for told in later):
        return None
    gone = min((told.day for told in later if told is not None and told.day is not None), default=None)
    own = [reader(after, item, gone) for word, reader in OWN.items() if word in item]
    if any(told is None for told in own):
        return None
    told = [t for t in (*own, *later) if t is not None]
    if not told:
        raise OutOfScopeError(f"item {item}")
    if verdict == "effective" and _repeated(after):
        return None
    rank = Rank.INFERENCE if item.get("certainty") == "inferred" else max(t.rank for t in told)
    reason = item.get("reason") or DEFAULT_REASON.get(verdict, "")
    days = [t.day for t in told if t.day is not None]
    return Sign(verdict, reason, rank, all(t.sure for t in told), max(days, default=None), item)


def _outcome(after: Aftermath, item: Item, gone: date | None) -> Told | None:
    sets = listed(item["outcome"])
    told = [o for o in after.session.records if in_sets(o.resource.get("outcome"), sets)]
    if not told:
        return None
    sure = any(surely_in_sets(o.resource["outcome"], sets) for o in told)
    return Told(max(o.day for o in told), Rank.CODE, sure=sure)


def _outcome_text(after: Aftermath, item: Item, gone: date | None) -> Told | None:
    days = [
        o.day
        for o in after.session.records
        if any(meaning(t) in item["outcome_text"] for t in texts(o.resource))
    ]
    return Told(max(days), Rank.WORDS, sure=False) if days else None


def _not_done_for(after: Aftermath, item: Item, gone: date | None) -> Told | None:
    """Why an operation was abandoned."""
    sets = listed(item["not_done_for"])
    reasons = [
        o.resource["statusReason"]
        for o in after.session.records
        if o.status == "stopped" and "statusReason" in o.resource
    ]
    told = [c for c in reasons if in_sets(c, sets)]
    return Told(after.day, Rank.CODE, sure=any(surely_in_sets(c, sets) for c in told)) if told else None


def _not_done_text(after: Aftermath, item: Item, gone: date | None) -> Told | None:
    said = [
        meaning(text) for o in after.session.records if o.status == "stopped" for text in texts(o.resource)
    ]
    return (
        Told(after.day, Rank.WORDS, sure=False)
        if any(word in item["not_done_text"] for word in said)
        else None
    )


def _score(after: Aftermath, item: Item, gone: date | None) -> Told | None:
    """A score from so long after it on, and before the day on which the benefit was gone.

    The latest tells whether it failed; any low one shows that there was a benefit. A score after another procedure
    speaks of that one.
    """
    asked, pathway = item["score"], after.asks.pathway
    wait = after.judge_after if asked["later_than"] == "judge_after" else length(asked["later_than"])
    first = after.day + timedelta(days=wait)
    every = [(day, v) for day, v in scores(after.asks.record, listed(asked["of"])) if day >= first]
    until = _next_procedure(after)
    every = [(day, v) for day, v in every if (gone is None or day < gone) and (until is None or day <= until)]
    if "at_least" in asked:
        every = [(day, v) for day, v in every[-1:] if v >= number(pathway, asked["at_least"])]
    else:
        every = [(day, v) for day, v in every if v <= number(pathway, asked["at_most"])]
    return Told(every[-1][0], Rank.EVENT, sure=True) if every else None


def _next_procedure(after: Aftermath) -> date | None:
    """The day of the next procedure of the pathway: a score tells no side, so the side does not matter."""
    days = []
    for name, body in therapies(after.asks.pathway).items():
        if body.get("procedure") and body.get("ends_scores", True):
            days += [day for day, _ in all_sessions(after.asks, name) if day > after.day]
    return min(days, default=None)


def _drug_free(after: Aftermath, item: Item, gone: date | None) -> Told | None:
    """So many days in a row without any of these drugs, after it and before the benefit was gone."""
    asked, record = item["drug_free"], after.asks.record
    last = min(gone or record.as_of, record.as_of)
    covered = _drug_days(after.asks, asked["of"])
    longest = run = 0
    day = after.day
    while day < last:
        if any(stretch.start <= day < stretch.until for stretch in covered):
            run = 0
        elif any(stretch.start == stretch.until == day for stretch in covered):
            run = 1  # a single session: free from that day on
        else:
            run += 1
        longest = max(longest, run)
        day += DAY
    return Told(after.day, Rank.EVENT, sure=False) if longest >= length(asked["lasts"]) else None


def _drug_days(asks: Questions, of: Any) -> list[Stretch]:
    """From when to when each drug was ordered; to today while it runs."""
    found: list[Stretch] = []
    for home, name in names_of(asks.pathway, of):
        body = pathway_file(home)["therapies"][name]
        if "medication" in body:
            found += DrugTherapy(asks, name).stretches()
        else:
            found += _given(asks, name)
    return found


def _given(asks: Questions, therapy: str) -> list[Stretch]:
    """From the first session of each series of injections to its last; to today while it works."""
    from tests.reference.series import SeriesTherapy, is_series  # it asks this module in turn

    if not is_series(asks.pathway, therapy):
        return []
    return SeriesTherapy(asks, therapy).stretches()


def _repeated(after: Aftermath) -> bool:
    """Whether the same procedure was done again at a side that is not another."""
    return any(
        day > after.day and not differ(session.side, after.session.side)
        for day, session in all_sessions(after.asks, after.therapy)
    )


def _recurrence(after: Aftermath, item: Item) -> Told | None:
    """The disease is recorded as come back: on its own date when that lies after the procedure, else today."""
    for condition in diagnoses(after.asks.record, listed(item["condition"])):
        if status(condition, "clinicalStatus") not in ("recurrence", "relapse"):
            continue
        days = [possible_days(condition.get(name)) for name in ("recordedDate", "onsetDateTime")]
        own = [d[0] for d in days if len(d) == 1 and d[0] > after.day]
        day = own[-1] if own else after.asks.record.as_of
        if day > after.day:
            return Told(day, Rank.CODE, sure=True)
    return None


def _restarted(after: Aftermath, item: Item) -> Told | None:
    """A drug of these whose course began longer after it than so many days."""
    wait = length(item["later_than"])
    every = []
    for _, name in names_of(after.asks.pathway, item["restarted"]):
        every += DrugTherapy(after.asks, name).stretches()
    late = [stretch for stretch in every if (stretch.start - after.day).days > wait]
    latest = max(late, key=lambda stretch: stretch.start, default=None)
    return Told(latest.start, Rank.EVENT, sure=not latest.by_text) if latest is not None else None


def _followed_by(after: Aftermath, item: Item) -> Told | None:
    asked = item["followed_by"]
    found = []
    for _, name in names_of(after.asks.pathway, asked["therapies"]):
        for day, session in all_sessions(after.asks, name):
            gap = (day - after.day).days
            if gap < 1 or differ(session.side, after.session.side):
                continue
            if gap <= length(asked.get("within", "99999 days")) and gap > length(
                asked.get("later_than", "0 days")
            ):
                found.append((day, session.verified))
    latest = max(found, default=None)
    return Told(latest[0], Rank.EVENT, sure=latest[1]) if latest is not None else None


OWN: Mapping[str, Callable[[Aftermath, Item, date | None], Told | None]] = {
    "outcome": _outcome,
    "outcome_text": _outcome_text,
    "not_done_for": _not_done_for,
    "not_done_text": _not_done_text,
    "score": _score,
    "drug_free": _drug_free,
}
LATER: Mapping[str, Callable[[Aftermath, Item], Told | None]] = {
    "condition_state": _recurrence,
    "restarted": _restarted,
    "followed_by": _followed_by,
}
