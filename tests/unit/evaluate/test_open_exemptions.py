"""What a met answer leaves open stays visible: an exemption that nobody could read is named on the card."""

from __future__ import annotations

from dataclasses import replace

from cds_service.evaluate.truth import all_of, any_of, negate, no, unknown, yes
from cds_service.timeline.events import Missing

OPEN = Missing(what="a pacemaker", settled_by="reading Device")


def test_and_keeps_what_a_met_part_leaves_open() -> None:
    met = replace(yes(), missing=(OPEN,))

    assert all_of([met, yes()]).missing == (OPEN,)
    assert any_of([met, no()]).missing == (OPEN,)


def test_a_failing_part_settles_everything() -> None:
    assert all_of([unknown(OPEN), no()]).missing == ()


def test_the_opposite_of_not_met_leaves_nothing_open() -> None:
    assert negate(no()).missing == ()
