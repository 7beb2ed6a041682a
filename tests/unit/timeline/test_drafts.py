"""Draft orders: judged whatever their status, kept apart from history, named as they stand in the context."""

from __future__ import annotations

import pytest

from cds_service.timeline.events import Order, Request
from tests.unit.timeline.lookup import RXNORM
from tests.unit.timeline.resources import (
    bundle,
    coded,
    procedure,
    request,
    resource,
    service_request,
    timeline,
)


@pytest.mark.parametrize(
    "status", ["draft", "active", "on-hold", "stopped", "cancelled", "completed", "unknown"]
)
def test_any_status_any_intent_and_any_date(status: str) -> None:
    (draft,) = timeline(
        drafts=bundle(request(status=status, intent="proposal", authoredOn="2027-01-01"))
    ).drafts
    assert isinstance(draft, Order)
    assert (draft.is_draft, draft.counts, draft.begun, draft.status) == (True, True, True, status)


def test_a_draft_entered_in_error_is_none() -> None:
    assert timeline(drafts=bundle(request(status="entered-in-error"))).drafts == ()


def test_a_draft_without_status_and_intent_is_a_draft() -> None:
    (draft,) = timeline(drafts=bundle(request(status=None, intent=None))).drafts
    assert draft.status == "draft"


def test_services_and_devices_are_drafts_and_other_types_are_ignored() -> None:
    device = resource("DeviceRequest", id="d", codeCodeableConcept=coded("pacemaker"))
    found = timeline(
        drafts=bundle(service_request(id="s"), device, procedure(), {"resourceType": "Patient", "id": "p1"})
    ).drafts
    assert [(type(d), d.reference) for d in found] == [
        (Request, "DeviceRequest/d"),
        (Request, "ServiceRequest/s"),
    ]


def test_drafts_stand_in_an_order_that_does_not_depend_on_how_they_were_sent() -> None:
    """Of a pair of drafts the first has the card: it is the same one, whichever the client names first."""
    one, other = request(id="a"), request(id="b")
    sent, turned = (timeline(drafts=bundle(*drafts)).drafts for drafts in ((one, other), (other, one)))
    assert (
        [d.reference for d in sent]
        == [d.reference for d in turned]
        == ["MedicationRequest/a", "MedicationRequest/b"]
    )


def test_a_draft_is_named_as_it_stands_in_the_context() -> None:
    long_id = "e" * 194
    (draft,) = timeline(drafts=bundle(request(id=long_id))).drafts
    assert draft.reference == f"MedicationRequest/{long_id}"


def test_a_draft_without_an_id_is_left_out_as_no_card_could_name_it() -> None:
    found = timeline(request(id="r"), drafts=bundle(request(id=None)))
    assert found.drafts == ()
    assert [o.reference for o in found.orders] == ["MedicationRequest/r"]


def test_history_is_counted_without_the_draft_itself() -> None:
    """The same order may come by prefetch and as a draft (HOOK-11)."""
    found = timeline(
        request(id="a"), request(id="b"), service_request(id="a"), drafts=bundle(request(id="a"))
    )
    assert [o.reference for o in found.orders] == ["MedicationRequest/b"]
    assert [r.reference for r in found.requests] == ["ServiceRequest/a"]


def test_a_draft_of_another_patient_is_discarded_and_counted() -> None:
    found = timeline(drafts=bundle(request(subject={"reference": "Patient/p2"})))
    assert (found.drafts, found.foreign) == ((), 1)


def test_the_medication_of_a_draft_may_travel_beside_it() -> None:
    medication = {"resourceType": "Medication", "id": "m1", "code": coded("2002", RXNORM)}
    (draft,) = timeline(
        drafts=bundle(request(medicationReference={"reference": "Medication/m1"}), medication)
    ).drafts
    assert draft.concept.sets == {"carbamazepine"}


def test_a_draft_of_an_unknown_drug_is_not_judged_and_says_nothing_of_history() -> None:
    found = timeline(drafts=bundle(request(medicationReference={"reference": "Medication/gone"})))
    assert (found.drafts, found.incomplete, found.unresolved_medications) == ((), frozenset(), 1)
    assert timeline(drafts=bundle(request(medicationCodeableConcept=coded("29046", RXNORM)))).drafts == ()


def test_the_notes_of_a_draft_are_words_of_the_order() -> None:
    (draft,) = timeline(drafts=bundle(request(note=[{"text": "at home"}]))).drafts
    assert "at home" in draft.texts


class TestSelections:
    DRAFTS = bundle(request(id="a"), service_request(id="b"))

    def test_without_selections_every_draft_is_judged(self) -> None:
        assert timeline(drafts=self.DRAFTS).selected is None

    @pytest.mark.parametrize(
        "written", ["MedicationRequest/a", "https://ehr.example.org/r4/MedicationRequest/a", "a"]
    )
    def test_selections_are_met_in_any_form(self, written: str) -> None:
        assert timeline(drafts=self.DRAFTS, selections=[written]).selected == frozenset(
            {"MedicationRequest/a"}
        )

    def test_a_selection_that_is_not_among_the_drafts_is_left_out(self) -> None:
        assert timeline(drafts=self.DRAFTS, selections=["MedicationRequest/z"]).selected == frozenset()
