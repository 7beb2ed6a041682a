"""How the dosages of one order go together: at the same time, one after the other, or nobody can say.

See ``doses`` for the rules; this module only puts worked-out lines in order.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from cds_service.timeline.amounts import Amount, Measure, UnknownAmount
from cds_service.timeline.arithmetic import spanning, total
from cds_service.timeline.dates import DateSpan
from cds_service.timeline.events import DosePart


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseLine:
    """One Dosage, worked out."""

    sequence: int | None
    daily: Mapping[str, Measure]
    most: Mapping[str, Measure]
    single: Mapping[str, Measure]
    rate: Measure | None
    as_needed: bool
    starts: DateSpan | None
    ends: DateSpan | None
    lasts: Amount | None
    clock: frozenset[str]

    @property
    def bounds(self) -> tuple[DateSpan | None, DateSpan | None, Amount | None]:
        """First day, last day and length, as far as the dosage bounds them."""
        return self.starts, self.ends, self.lasts


def phases_of(lines: Sequence[DoseLine], names: Sequence[str]) -> Iterable[DosePart]:
    """Yield the phases of an order; see the rules above."""
    by_date = _in_order_of_dates(lines)
    if by_date:
        yield from _dated_phases(by_date, names)
        return
    groups = _in_sequence(lines)
    if len(groups) == 1 or _alongside(groups):
        ambiguous = len(groups) == 1 and len({line.bounds for line in lines}) > 1
        combine = _smallest_to_sum if ambiguous else total
        yield _part(combine, lines, names)
        return
    yield from _sequential_phases(groups, names)


def _in_order_of_dates(lines: Sequence[DoseLine]) -> list[DoseLine]:
    """Return the lines by date when each has its own period and none begins before the one before it ends."""
    if len(lines) < 2 or any(line.starts is None for line in lines):
        return []
    ordered = sorted(lines, key=lambda line: (line.starts.first, line.starts.last) if line.starts else ())
    for one, following in itertools.pairwise(ordered):
        if one.ends is None or following.starts is None or one.ends.last > following.starts.first:
            return []
    return ordered


def _dated_phases(lines: Sequence[DoseLine], names: Sequence[str]) -> Iterable[DosePart]:
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        lasts = None
        if following is not None and following.starts is not None and line.starts is not None:
            fewest = (following.starts.first - line.starts.last).days
            lasts = Amount(max(0, fewest), (following.starts.last - line.starts.first).days, "d")
        yield DosePart(daily={name: line.daily[name] for name in names}, lasts_days=lasts)


def _in_sequence(lines: Sequence[DoseLine]) -> list[list[DoseLine]]:
    """Group lines by their sequence number, in order; one group when a number is missing."""
    if any(line.sequence is None for line in lines):
        return [list(lines)]
    groups: dict[int, list[DoseLine]] = {}
    for line in lines:
        groups.setdefault(line.sequence or 0, []).append(line)
    return [groups[number] for number in sorted(groups)]


def _alongside(groups: Sequence[Sequence[DoseLine]]) -> bool:
    """True when numbered dosages go together after all: the same dates, or different times of one day."""
    lines = [line for group in groups for line in group]
    if len({line.bounds for line in lines}) > 1 or lines[0].lasts is not None:
        return False
    if any(line.starts and line.ends for line in lines):
        return True
    named = [line.clock for line in lines]
    return all(named) and sum(len(clock) for clock in named) == len(frozenset().union(*named))


def _sequential_phases(groups: Sequence[Sequence[DoseLine]], names: Sequence[str]) -> Iterable[DosePart]:
    for index, group in enumerate(groups):
        length = _shared_length(group)
        if index == len(groups) - 1:
            yield _part(total, group, names)
        elif length is not None:
            yield replace(_part(total, group, names), lasts_days=length)
        else:
            rest = [line for later in groups[index:] for line in later]
            yield _part(_smallest_to_sum, rest, names)
            return


def _shared_length(group: Sequence[DoseLine]) -> Amount | None:
    lengths = {line.lasts for line in group}
    return next(iter(lengths)) if len(lengths) == 1 else None


def _part(
    combine: Callable[[Sequence[Measure]], Measure], lines: Sequence[DoseLine], names: Sequence[str]
) -> DosePart:
    return DosePart(daily={name: combine([line.daily[name] for line in lines]) for name in names})


def _smallest_to_sum(measures: Sequence[Measure]) -> Measure:
    smallest, whole = spanning(measures), total(measures)
    if isinstance(smallest, UnknownAmount) or isinstance(whole, UnknownAmount):
        return smallest
    return Amount(smallest.low, whole.high, whole.unit)


def length_of_all(lines: Sequence[DoseLine]) -> Amount | None:
    """Return how long the dosages last together, when all of them say so."""
    lengths = []
    for group in _in_sequence(lines):
        length = _shared_length(group)
        if length is None:
            return None
        lengths.append(length)
    whole = total(lengths)
    return whole if isinstance(whole, Amount) else None
