"""Which orders follow each other closely enough to be one course, and how many days they cover together.

Partial dates make two readings: what is sure, and all that is possible. An order that ended on an unknown day reaches
surely no further than its start.
"""

from __future__ import annotations

from collections.abc import Sequence

from cds_service.timeline.extents import Extent, Standing


def joined(extents: Sequence[Extent], gap_allowed: int, *, sure: bool) -> list[list[Extent]]:
    """Group extents whose gaps are at most ``gap_allowed`` for sure, or at all possibly."""
    groups: list[list[Extent]] = []
    reach = 0
    for extent in sorted(extents, key=lambda e: (*_bounds(e, sure=sure), e.order.reference)):
        start, end = _bounds(extent, sure=sure)
        if groups and start - reach <= max(gap_allowed, 1):
            groups[-1].append(extent)
            reach = max(reach, end)
        else:
            groups.append([extent])
            reach = end
    return groups


def _bounds(extent: Extent, *, sure: bool) -> tuple[int, int]:
    start = (extent.start.last if sure else extent.start.first).toordinal()
    never_recorded = extent.standing is Standing.PAUSED and not extent.end.is_exact
    if extent.standing is Standing.OPEN or never_recorded:
        return start, extent.start.last.toordinal()
    end = extent.end.first if sure else extent.end.last
    return start, max(start, end.toordinal())


def days_covered(extents: Sequence[Extent], gap_allowed: int, *, sure: bool) -> int:
    """Return the days covered, gaps of at most ``gap_allowed`` included."""
    stretches = sorted(
        (
            (e.start.last if sure else e.start.first).toordinal(),
            (e.covered.first if sure else e.covered.last).toordinal(),
        )
        for e in extents
    )
    days, reach = 0, None
    for start, until in stretches:
        end = max(start, until)
        if reach is None or start - reach > max(gap_allowed, 1):
            days += end - start
            reach = end
        elif end > reach:
            days += end - reach
            reach = end
    return days
