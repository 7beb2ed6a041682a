"""Laws of timelines: the order of records never matters, nor does what was entered in error."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.timeline.lookup import RXNORM
from tests.unit.timeline.resources import (
    Json,
    administration,
    allergy,
    coded,
    condition,
    observation,
    procedure,
    request,
    service_request,
    statement,
    timeline,
)

MAKERS = [request, statement, administration, condition, procedure, observation, service_request, allergy]


@st.composite
def resources(draw: st.DrawFn) -> Json:
    make = draw(st.sampled_from(MAKERS))
    members: dict[str, Any] = {"id": str(draw(st.integers(0, 10**6)))}
    if make is request:
        members["authoredOn"] = draw(st.sampled_from(["2024", "2025-03", "2026-01-05", "2027-01-01", None]))
        members["status"] = draw(st.sampled_from(["active", "stopped", "cancelled", "perhaps"]))
        members["medicationCodeableConcept"] = draw(
            st.sampled_from([coded("2002", RXNORM), coded("29046", RXNORM), {"text": "Tegretol"}])
        )
    made: Json = make(**members)
    return made


records = st.lists(resources(), max_size=8, unique_by=lambda r: (r["resourceType"], r["id"]))


@given(records, st.randoms(use_true_random=False))
def test_the_order_of_records_never_matters(sent: list[Json], random: Any) -> None:
    shuffled = list(sent)
    random.shuffle(shuffled)
    assert timeline(*shuffled) == timeline(*sent)


@given(
    records, st.sampled_from([request, statement, administration, procedure, observation, service_request])
)
def test_what_was_entered_in_error_is_as_if_it_were_not_there(sent: list[Json], make: Any) -> None:
    assert timeline(*sent, make(id="in-error", status="entered-in-error")) == timeline(*sent)
