"""A region that stands for one of several gives way to the one that is recorded beside it."""

from __future__ import annotations

import pytest

from cds_service.timeline.sites import settled


@pytest.mark.parametrize(
    ("recorded", "told"),
    [
        ({"region-spine-unspecified", "region-cervical"}, {"region-cervical"}),
        ({"region-cervicothoracic", "region-thoracic"}, {"region-thoracic"}),
        ({"region-cervicothoracic", "region-lumbar"}, {"region-cervicothoracic", "region-lumbar"}),
        ({"region-spine-unspecified"}, {"region-spine-unspecified"}),
        ({"region-lumbar", "region-knee"}, {"region-lumbar", "region-knee"}),
        (set(), set()),
    ],
)
def test_a_vague_region_gives_way_to_what_it_may_stand_for(recorded: set[str], told: set[str]) -> None:
    assert settled(frozenset(recorded)) == told
