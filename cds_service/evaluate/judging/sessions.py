"""Sessions: the records of one sitting, merged, and series of sittings chained.

Several claim lines of one operation, or the order, the drug and the injection of one toxin session, are one session.
Two sites separate sessions only where both are recorded and differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from cds_service.evaluate.comparing import same_region, same_side
from cds_service.evaluate.judging.uses import by_date
from cds_service.evaluate.truth import Truth
from cds_service.timeline.amounts import Amount
from cds_service.timeline.dates import DateSpan, days_between
from cds_service.timeline.events import NOWHERE, Order, OrderSource, Performed, Site
from cds_service.timeline.sites import settled


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One sitting: when (None when no record is dated), where, and the records that tell of it."""

    when: DateSpan | None
    site: Site
    procedures: tuple[Performed, ...] = ()
    orders: tuple[Order, ...] = ()

    @property
    def records(self) -> tuple[Performed | Order, ...]:
        """All records, procedures first."""
        return (*self.procedures, *self.orders)

    @property
    def done(self) -> bool:
        """True when a completed procedure or an order tells of it; False when it was only attempted or is running."""
        return any(p.done for p in self.procedures) or bool(self.orders)

    @property
    def in_progress(self) -> bool:
        """True when it has begun and is not over."""
        return not self.done and any(p.status == "in-progress" for p in self.procedures)

    @property
    def given(self) -> bool:
        """True when more than an order tells of it."""
        return bool(self.procedures) or any(o.source is not OrderSource.REQUEST for o in self.orders)


def differ(one: Site, other: Site) -> bool:
    """True only where a part of the site is recorded on both and differs."""
    if same_side(one, other) is Truth.NO or same_region(one, other) is Truth.NO:
        return True
    return bool(one.targets and other.targets) and one.targets.isdisjoint(other.targets)


def sessions_of(
    procedures: Sequence[Performed], orders: Sequence[Order], *, within: int, order_within: int
) -> tuple[Session, ...]:
    """Merge records into sessions.

    Given records lie at most ``within`` days after the first of their session. An order belongs to the next session
    given at most ``order_within`` days after it; without one it stands for a session of its own.
    """
    given = [o for o in orders if o.source is not OrderSource.REQUEST]
    merged = _merged([_single(p) for p in procedures] + [_single(o) for o in given], within)
    for order in (o for o in orders if o.source is OrderSource.REQUEST):
        merged = _with_order(merged, order, order_within)
    return tuple(sorted(merged, key=_by_date))


def _single(record: Performed | Order) -> Session:
    if isinstance(record, Performed):
        return Session(when=record.when, site=record.site, procedures=(record,))
    return Session(when=record.start, site=NOWHERE, orders=(record,))


def _by_date(session: Session) -> tuple[int, int, str]:
    return by_date(session.when, session.records[0])


def _merged(singles: Iterable[Session], within: int) -> list[Session]:
    """Sided records first, so that a record without a side joins the nearest sided session whatever the order."""
    ordered = sorted(singles, key=lambda s: (s.when is None, s.site.side is None, _by_date(s)))
    sessions: list[Session] = []
    for single in ordered:
        near = [n for n, s in enumerate(sessions) if _one_sitting(s, single, within)]
        if not near:
            sessions.append(single)
            continue
        best = min(near, key=lambda n: (_distance(sessions[n].when, single.when), n))
        sessions[best] = _joined(sessions[best], single)
    return sessions


def _one_sitting(session: Session, single: Session, within: int) -> bool:
    if session.when is None or single.when is None or differ(session.site, single.site):
        return False
    return _distance(session.when, single.when) <= within


def _distance(one: DateSpan | None, other: DateSpan | None) -> int:
    """Fewest days between two dates; none when one is missing, which no caller asks of."""
    if one is None or other is None:
        return 0
    return max(days_between(one, other)[0], days_between(other, one)[0])


def _joined(session: Session, single: Session) -> Session:
    """Add a record; the session keeps its earliest exact date."""
    dates = [s.when for s in (session, single) if s.when is not None]
    when = min(dates, key=lambda d: (not d.is_exact, d.first, d.last)) if dates else None
    return replace(
        session,
        when=when,
        site=_site(session.site, single.site),
        procedures=tuple(sorted((*session.procedures, *single.procedures), key=lambda p: by_date(p.when, p))),
        orders=tuple(sorted((*session.orders, *single.orders), key=lambda o: by_date(o.start, o))),
    )


def _site(one: Site, other: Site) -> Site:
    return Site(
        side=one.side or other.side,
        regions=settled(one.regions | other.regions),
        levels=one.levels | other.levels,
        targets=one.targets | other.targets,
        from_text=one.from_text and other.from_text,
    )


def _with_order(sessions: Sequence[Session], order: Order, order_within: int) -> list[Session]:
    start = order.start
    if start is None:
        return [*sessions, _single(order)]
    after = [
        (days_between(start, s.when)[0], n)
        for n, s in enumerate(sessions)
        if s.given and s.when is not None and s.when.last >= start.first
    ]
    near = [pair for pair in after if pair[0] <= order_within]
    if not near:
        return [*sessions, _single(order)]
    _, nearest = min(near)
    return [replace(s, orders=(*s.orders, order)) if n == nearest else s for n, s in enumerate(sessions)]


def chained(sessions: Sequence[Session], *, reach: int) -> list[tuple[Session, ...]]:
    """Chain sessions of one site into series: the next one lies at most ``reach`` days after the last.

    Undated sessions belong to the first series, or make one of their own when there is none.
    """
    series: list[list[Session]] = []
    undated: list[Session] = []
    for session in sessions:
        if session.when is None:
            undated.append(session)
            continue
        home = next((s for s in reversed(series) if _continues(s[-1], session, reach)), None)
        if home is None:
            series.append([session])
        else:
            home.append(session)
    if undated:
        series = [[*undated, *series[0]], *series[1:]] if series else [undated]
    return [tuple(s) for s in series]


def _continues(last: Session, session: Session, reach: int) -> bool:
    if last.when is None or session.when is None or differ(last.site, session.site):
        return False
    return days_between(last.when, session.when)[0] <= reach


def counted(sessions: Sequence[Session], *, apart: int) -> Amount:
    """Count done sessions that lie at least ``apart`` days apart, as an interval where dates are partial or missing."""
    done = [s for s in sessions if s.done]
    dated = [s.when for s in done if s.when is not None]
    undated = len(done) - len(dated)
    low = _greedy(dated, apart, surely=True)
    high = _greedy(dated, apart, surely=False) + undated
    return Amount(max(low, min(1, len(done))), high, "")


def _greedy(dates: Sequence[DateSpan], apart: int, *, surely: bool) -> int:
    count, last = 0, None
    for when in dates:
        if last is None or days_between(last, when)[0 if surely else 1] >= apart:
            count, last = count + 1, when
    return count


__all__ = ["Session", "chained", "counted", "differ", "sessions_of"]
