"""Attempts at a therapy, before they are judged: courses of a drug, procedures, and series of sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from cds_service.evaluate.comparing import compare
from cds_service.evaluate.judging.ends import final_orders, outweighed_orders
from cds_service.evaluate.judging.place import Place
from cds_service.evaluate.judging.sessions import Session, chained, sessions_of
from cds_service.evaluate.judging.standards import standards_for
from cds_service.evaluate.judging.uses import by_date, ingredients_of, uses_of
from cds_service.ruleset.facts import AgeFact
from cds_service.ruleset.trials import StandardRow
from cds_service.timeline.amounts import UnknownAmount
from cds_service.timeline.courses import Course, courses_of
from cds_service.timeline.dates import DateSpan
from cds_service.timeline.events import NOWHERE, Order, OrderSource, Performed, Site


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One course, procedure or series of a therapy.

    A course has orders only. ``running`` is its status on the day of judgement, whatever its length: a course whose
    order is active or on hold; sessions whose effect still lasts. ``abandoned``: attempted, never completed.
    """

    therapy: str
    ingredient: str | None
    course: Course | None = None
    sessions: tuple[Session, ...] = ()
    running: bool = False
    start: DateSpan | None = None
    end: DateSpan | None = None

    @cached_property
    def orders(self) -> tuple[Order, ...]:
        """Orders (and statements, administrations) that it is made of, by date."""
        if self.course is not None:
            return tuple(sorted(self.course.orders, key=lambda o: by_date(o.start, o)))
        return tuple(o for s in self.sessions for o in s.orders)

    @cached_property
    def final_orders(self) -> tuple[Order, ...]:
        """Orders whose reason and notes tell how it ended, or how it goes."""
        return final_orders(self.orders, self.course)

    @cached_property
    def outweighed_orders(self) -> tuple[Order, ...]:
        """Orders of the same time whose reason a later source outweighs; they decide nothing and are shown."""
        return outweighed_orders(self.orders, self.final_orders)

    @cached_property
    def procedures(self) -> tuple[Performed, ...]:
        """Procedures that it is made of, by date."""
        return tuple(p for s in self.sessions for p in s.procedures)

    @cached_property
    def records(self) -> tuple[Order | Performed, ...]:
        """Everything that it is made of."""
        return (*self.procedures, *self.orders)

    @cached_property
    def references(self) -> tuple[str, ...]:
        """References of all its records, each once."""
        return tuple(dict.fromkeys(r.reference for r in self.records))

    @property
    def site(self) -> Site | None:
        """Where it was done; None for a course."""
        if self.course is not None:
            return None
        return next((s.site for s in self.sessions if s.site != NOWHERE), None)

    @property
    def abandoned(self) -> bool:
        """True when it was attempted and never completed."""
        return bool(self.sessions) and not any(s.done or s.in_progress for s in self.sessions)

    @property
    def used(self) -> bool:
        """At least one day of use, or given once; False only for orders known to have ended on the day they began."""
        if self.course is None or isinstance(self.course.days, UnknownAmount):
            return True
        if any(order.source is OrderSource.ADMINISTRATION for order in self.orders):
            return True
        return self.course.days.high is None or self.course.days.high >= 1

    @property
    def in_progress(self) -> bool:
        """True while its first session is not over."""
        return any(s.in_progress for s in self.sessions) and not any(s.done for s in self.sessions)


def attempts_of(therapy: str, place: Place) -> tuple[Attempt, ...]:
    """Return every attempt at a therapy, in order of start, worked out once a call."""
    return place.once(("attempts", therapy), lambda: _attempts(therapy, place))


def _attempts(therapy: str, place: Place) -> tuple[Attempt, ...]:
    uses = uses_of(therapy, place)
    if not uses.procedures and not uses.orders:
        return ()
    row = standards_for(therapy, place)[-1].row
    if row.sessions is not None:
        found = _series(therapy, row, uses.procedures, uses.orders, place)
    else:
        found = _series(therapy, row, uses.procedures, (), place) + _courses(therapy, row, uses.orders, place)
    return tuple(sorted(found, key=lambda a: by_date(a.start or a.end, a.records[0])))


def _courses(therapy: str, row: StandardRow, orders: Sequence[Order], place: Place) -> list[Attempt]:
    by_ingredient: dict[str | None, list[Order]] = {}
    for order in orders:
        for name in ingredients_of(order, therapy, place) or (None,):
            by_ingredient.setdefault(name, []).append(order)
    gap = row.gap or place.trials.gap_allowed
    return [
        _course(therapy, name, course)
        for name, group in by_ingredient.items()
        for course in courses_of(
            group,
            ingredient=name or therapy,
            gap_allowed=gap.days,
            as_of=place.as_of,
            lapsed_after=place.trials.lapsed_after.days,
        )
    ]


def _course(therapy: str, ingredient: str | None, course: Course) -> Attempt:
    running = course.state in {"ongoing", "on-hold"}
    return Attempt(
        therapy=therapy,
        ingredient=ingredient,
        course=course,
        running=running,
        start=course.start,
        end=None if running else course.end,
    )


def _series(
    therapy: str, row: StandardRow, procedures: Sequence[Performed], orders: Sequence[Order], place: Place
) -> list[Attempt]:
    chain = _chain_reach(row, place)
    merged = sessions_of(
        procedures,
        [o for o in orders if _dose_given(o, row, place)],
        within=row.one_session_within.days if row.one_session_within else 0,
        order_within=chain or place.trials.gap_allowed.days,
    )
    if row.given_only:
        merged = tuple(s for s in merged if s.given)
    series = [(s,) for s in merged] if chain is None else chained(merged, reach=chain)
    return [_sitting(therapy, row, sessions, place) for sessions in series]


def _chain_reach(row: StandardRow, place: Place) -> int | None:
    """Return how far apart the sessions of one series may lie; None when each session is a trial of its own."""
    if row.gap is not None:
        return row.gap.days
    if row.valid_for is not None:
        return row.valid_for.days + place.trials.gap_allowed.days
    if row.sessions is not None and row.sessions > 1:
        return place.trials.gap_allowed.days
    return None


def _dose_given(order: Order, row: StandardRow, place: Place) -> bool:
    """An order whose dose is known to be below the row's is no session of this therapy."""
    if row.dose_given is None:
        return True
    wanted = AgeFact(at_least=row.dose_given)
    for dose in order.single_dose.values():
        if isinstance(dose, UnknownAmount):
            continue
        what = order.concept.label
        if compare(dose, wanted, rules=place.rules, pathway=place.pathway, what=what).no:
            return False
    return True


def _sitting(therapy: str, row: StandardRow, sessions: tuple[Session, ...], place: Place) -> Attempt:
    dates = [s.when for s in sessions if s.when is not None]
    last = dates[-1] if dates else None
    names = sorted({n for s in sessions for o in s.orders for n in ingredients_of(o, therapy, place)})
    return Attempt(
        therapy=therapy,
        ingredient=names[0] if names else None,
        sessions=sessions,
        running=any(s.in_progress for s in sessions) or _still_lasts(last, row, place),
        start=dates[0] if dates else None,
        end=last,
    )


def _still_lasts(last: DateSpan | None, row: StandardRow, place: Place) -> bool:
    """True while the effect of the last session lasts, or the next one of an unfinished series may still come."""
    reach = row.valid_for or (row.gap if row.sessions is not None and row.sessions > 1 else None)
    return last is not None and reach is not None and place.as_of <= last.last + timedelta(days=reach.days)


__all__ = ["Attempt", "attempts_of"]
