"""Uses of one ingredient laid out day by day: one course, or several where a gap is too long.

Where the record is not exact, every way that it can be read is a world of its own; each world is exact.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property

from tests.reference.days import DAY
from tests.reference.doses import UNKNOWN, Amount
from tests.reference.uses import Span, Use

MOST_WAYS = 12
"""More ways of one use than this are thinned to the shortest, the longest, and some evenly between them."""


class OutOfScopeError(Exception):
    """The record leaves open what this evaluator does not decide; the generator should not have written it."""


@dataclass(frozen=True)
class Run:
    """A use in one world."""

    use: Use
    span: Span

    def covers(self, day: date) -> bool:
        """Whether it ran on this day."""
        return self.span.start <= day < self.span.until

    def dose(self, day: date) -> Amount:
        """The dose of this day by its phases."""
        offset = (day - self.span.start).days
        for phase in self.use.phases:
            if phase.days is None or offset < phase.days:
                return phase.daily
            offset -= phase.days
        return self.use.phases[-1].daily if self.use.phases else UNKNOWN


@dataclass(frozen=True)
class Course:
    """Uses that follow each other closely enough, in one world."""

    runs: tuple[Run, ...]
    undated: bool = False
    """Nobody can say for how long: neither adequate nor inadequate."""

    @cached_property
    def start(self) -> date:
        """Its first day."""
        return min(run.span.start for run in self.runs)

    @cached_property
    def until(self) -> date:
        """The day after its last."""
        return max(run.span.until for run in self.runs)

    @property
    def days(self) -> int:
        """Its days, gaps within it included."""
        return (self.until - self.start).days

    @property
    def used(self) -> bool:
        """Given once, or used for a day at least, in any way that it can be read."""
        given = any(run.use.kind == "MedicationAdministration" for run in self.runs)
        return (
            self.undated
            or given
            or any(s.until > s.start for run in self.runs for s in run.use.spans)
            or self.days > 0
        )

    @cached_property
    def running(self) -> bool:
        """Whether one of its uses goes on, or pauses."""
        return any(run.span.state in ("running", "on-hold") for run in self.runs)

    @cached_property
    def lapsed(self) -> bool:
        """Whether it ended with a supply that nobody renewed."""
        return all(run.span.state == "lapsed" for run in self.runs if run.span.until == self.until)

    @cached_property
    def amounts(self) -> dict[date, Amount]:
        """The dose of each of its days; a day of a covered gap has the dose of one of its two sides."""
        found: dict[date, Amount] = {}
        day = self.start
        while day < self.until:
            runs = [run for run in self.runs if run.covers(day)]
            found[day] = _together(runs, day) if runs else self._between(day)
            day += DAY
        return found

    def is_gap(self, day: date) -> bool:
        """Whether no use covers a day of it."""
        return not any(run.covers(day) for run in self.runs)

    def _between(self, day: date) -> Amount:
        """From the dose before the gap to the dose after it, whichever is which."""
        last = max(run.span.until for run in self.runs if run.span.until <= day)
        first = min(run.span.start for run in self.runs if run.span.start > day)
        before = [run.dose(last - DAY) for run in self.runs if run.span.until == last]
        after = [run.dose(first) for run in self.runs if run.span.start == first]
        highs = [amount.high for amount in before + after]
        top = None if None in highs else max(high for high in highs if high is not None)
        return Amount(min(amount.low for amount in before + after), top)

    def alone(self) -> Course | None:
        """The part of it that was this ingredient only, no combination product."""
        runs = tuple(run for run in self.runs if len(run.use.drug.parts) == 1)
        return Course(runs) if runs else None


def _together(runs: Sequence[Run], day: date) -> Amount:
    """Two orders at once are at least the larger and at most their sum; an order and a statement are never added."""
    kinds: dict[str, list[Amount]] = {}
    for run in runs:
        kinds.setdefault(run.use.kind, []).append(run.dose(day))
    stated = {kind: doses for kind, doses in kinds.items() if any(d != UNKNOWN for d in doses)}
    if not stated:
        return UNKNOWN
    low = max(dose.low for doses in stated.values() for dose in doses)
    high: Fraction | None = Fraction(0)
    for doses in stated.values():
        total = Amount(Fraction(0), Fraction(0))
        for dose in doses:
            total = total.plus(dose)
        high = None if high is None or total.high is None else max(high, total.high)
    return Amount(low, high)


def worlds(uses: Sequence[Use], gap: int) -> list[list[Course]]:
    """The courses of some dated uses of one ingredient: for each course every way that it can be read."""
    found: list[list[Course]] = []
    for cluster in _clusters(uses, gap):
        readings = [_joined(spans, cluster, gap) for spans in _ways(cluster)]
        shapes = {
            tuple(frozenset(run.use.reference for run in c.runs) for c in courses) for courses in readings
        }
        if len(shapes) != 1:
            raise OutOfScopeError("whether two orders belong together is open")
        found += [list(ways) for ways in zip(*readings, strict=True)]
    return found


def _clusters(uses: Sequence[Use], gap: int) -> list[list[Use]]:
    """Uses that could belong together in some world."""
    clusters: list[list[Use]] = []
    reach = date.min
    for use in sorted(uses, key=lambda u: (min(s.start for s in u.spans), u.reference)):
        first = min(span.start for span in use.spans)
        if clusters and (first - reach).days <= gap:
            clusters[-1].append(use)
        else:
            clusters.append([use])
        reach = max([reach, *(span.until for span in use.spans)])
    return clusters


def _ways(cluster: Sequence[Use]) -> Iterator[tuple[Span, ...]]:
    return itertools.product(*(_thinned(use.spans) for use in cluster))


def _thinned(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    if len(spans) <= MOST_WAYS:
        return spans
    in_order = sorted(spans, key=lambda s: (s.until - s.start, s.start))
    between = in_order[:: max(1, len(in_order) // (MOST_WAYS - 4))]
    outermost = [
        in_order[0],
        in_order[-1],
        min(spans, key=lambda s: (s.start, s.until)),
        max(spans, key=lambda s: (s.start, s.until)),
    ]
    return tuple(dict.fromkeys([*outermost, *between]))


def _joined(spans: Sequence[Span], cluster: Sequence[Use], gap: int) -> list[Course]:
    runs = sorted(
        (Run(use, span) for use, span in zip(cluster, spans, strict=True)),
        key=lambda run: (run.span.start, run.span.until, run.use.reference),
    )
    groups: list[list[Run]] = []
    for run in runs:
        if groups and (run.span.start - max(r.span.until for r in groups[-1])).days <= gap:
            groups[-1].append(run)
        else:
            groups.append([run])
    return [Course(tuple(group)) for group in groups]
