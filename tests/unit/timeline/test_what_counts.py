"""Which resources become events: statuses, intents, dates, subjects, and what cannot be told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from cds_service.timeline.events import Timeline
from tests.unit.timeline.lookup import REASONS, RXNORM
from tests.unit.timeline.resources import (
    Json,
    administration,
    allergy,
    coded,
    condition,
    dispense,
    observation,
    procedure,
    report,
    request,
    resource,
    service_request,
    statement,
    status,
    timeline,
)

COUNTS, REASON_ONLY, NOTHING = "counts", "reason-only", "nothing"


def weight(found: Timeline) -> str:
    """What became of the only medication resource."""
    if not found.orders:
        return NOTHING
    (order,) = found.orders
    return COUNTS if order.counts else REASON_ONLY


class TestMedicationRequests:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("active", COUNTS),
            ("completed", COUNTS),
            ("stopped", COUNTS),
            ("on-hold", COUNTS),
            ("cancelled", REASON_ONLY),
            ("draft", NOTHING),
            ("unknown", NOTHING),
            ("entered-in-error", NOTHING),
        ],
    )
    def test_statuses(self, value: str, expected: str) -> None:
        assert weight(timeline(request(status=value))) == expected

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("order", COUNTS),
            ("original-order", COUNTS),
            ("reflex-order", COUNTS),
            ("filler-order", COUNTS),
            ("instance-order", COUNTS),
            ("proposal", NOTHING),
            ("plan", NOTHING),
            ("option", NOTHING),
        ],
    )
    def test_intents(self, value: str, expected: str) -> None:
        assert weight(timeline(request(intent=value))) == expected

    def test_the_reason_of_a_cancelled_order_is_kept(self) -> None:
        (order,) = timeline(request(status="cancelled", statusReason=coded("salg", REASONS))).orders
        assert order.stop_reasons[0].sets == {"reason-allergy"}

    def test_an_order_not_to_give_it_is_evidence_to_avoid_and_never_use(self) -> None:
        (order,) = timeline(request(doNotPerform=True)).orders
        assert order.avoid
        assert not order.counts

    @pytest.mark.parametrize("value", ["stopped", "cancelled", "entered-in-error"])
    def test_an_order_not_to_give_it_that_is_over_forbids_nothing(self, value: str) -> None:
        assert timeline(request(doNotPerform=True, status=value)).orders == ()

    @pytest.mark.parametrize("member", ["status", "intent"])
    @pytest.mark.parametrize("value", [None, "", "perhaps"])
    def test_an_order_of_which_nobody_can_tell_whether_it_counts_is_unreadable(
        self, member: str, value: str | None
    ) -> None:
        found = timeline(request(**{member: value}))
        assert found.orders == ()
        assert found.unreadable == {"MedicationRequest": 1}
        assert found.incomplete == {"MedicationRequest"}


class TestOtherMedicationResources:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("active", COUNTS),
            ("completed", COUNTS),
            ("stopped", COUNTS),
            ("on-hold", COUNTS),
            ("not-taken", REASON_ONLY),
            ("intended", NOTHING),
            ("unknown", NOTHING),
            ("entered-in-error", NOTHING),
        ],
    )
    def test_statement_statuses(self, value: str, expected: str) -> None:
        assert weight(timeline(statement(status=value))) == expected

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("in-progress", COUNTS),
            ("completed", COUNTS),
            ("stopped", COUNTS),
            ("on-hold", COUNTS),
            ("not-done", REASON_ONLY),
            ("unknown", NOTHING),
            ("entered-in-error", NOTHING),
        ],
    )
    def test_administration_statuses(self, value: str, expected: str) -> None:
        assert weight(timeline(administration(status=value))) == expected

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("completed", COUNTS),
            ("declined", REASON_ONLY),
            ("cancelled", REASON_ONLY),
            ("stopped", REASON_ONLY),
            ("preparation", NOTHING),
            ("in-progress", NOTHING),
            ("on-hold", NOTHING),
            ("unknown", NOTHING),
            ("entered-in-error", NOTHING),
        ],
    )
    def test_dispense_statuses(self, value: str, expected: str) -> None:
        assert weight(timeline(dispense(status=value))) == expected


class TestConditions:
    @pytest.mark.parametrize("value", ["refuted", "entered-in-error"])
    def test_what_was_refuted_is_no_diagnosis(self, value: str) -> None:
        assert timeline(condition(verificationStatus=status(value))).diagnoses == ()

    @pytest.mark.parametrize("value", ["confirmed", "provisional", "differential", "unconfirmed"])
    def test_how_sure_it_is_is_kept(self, value: str) -> None:
        (found,) = timeline(condition(verificationStatus=status(value))).diagnoses
        assert found.verification == value
        assert found.is_confirmed is (value == "confirmed")

    @pytest.mark.parametrize(
        ("value", "current"),
        [
            ("active", True),
            ("recurrence", True),
            ("relapse", True),
            ("inactive", False),
            ("remission", False),
            ("resolved", False),
        ],
    )
    def test_whether_it_is_current_is_kept(self, value: str, current: bool) -> None:
        (found,) = timeline(condition(clinicalStatus=status(value))).diagnoses
        assert (found.clinical, found.is_current) == (value, current)

    def test_without_statuses_it_is_active_and_confirmed(self) -> None:
        (found,) = timeline(condition()).diagnoses
        assert (found.clinical, found.verification) == ("active", "confirmed")

    def test_a_plain_text_status_is_understood(self) -> None:
        assert timeline(condition(verificationStatus="refuted")).diagnoses == ()

    def test_a_status_that_cannot_be_read_makes_it_unreadable(self) -> None:
        """It may have been refuted."""
        found = timeline(condition(verificationStatus=17))
        assert found.diagnoses == ()
        assert found.unreadable == {"Condition": 1}

    def test_an_abatement_still_to_come_means_still_active(self) -> None:
        (found,) = timeline(
            condition(clinicalStatus=status("resolved"), abatementDateTime="2026-09-01")
        ).diagnoses
        assert (found.clinical, found.abated) == ("active", None)


class TestOtherResources:
    @pytest.mark.parametrize(
        ("value", "kept"),
        [
            ("completed", True),
            ("in-progress", True),
            ("stopped", True),
            ("not-done", True),
            ("unknown", True),
            ("preparation", False),
            ("on-hold", False),
            ("entered-in-error", False),
        ],
    )
    def test_procedure_statuses(self, value: str, kept: bool) -> None:
        found = timeline(procedure(status=value)).procedures
        assert [(p.status, p.done) for p in found] == ([(value, value == "completed")] if kept else [])

    @pytest.mark.parametrize(
        ("value", "kept"),
        [
            ("final", True),
            ("amended", True),
            ("corrected", True),
            ("preliminary", False),
            ("cancelled", False),
            ("registered", False),
            ("entered-in-error", False),
            ("unknown", False),
        ],
    )
    def test_observation_and_report_statuses(self, value: str, kept: bool) -> None:
        assert bool(timeline(observation(status=value)).results) is kept
        assert bool(timeline(report(status=value)).reports) is kept

    @pytest.mark.parametrize(
        ("value", "kept"),
        [
            ("active", True),
            ("completed", True),
            ("on-hold", True),
            ("draft", False),
            ("revoked", False),
            ("entered-in-error", False),
            ("unknown", False),
        ],
    )
    def test_service_request_statuses(self, value: str, kept: bool) -> None:
        assert bool(timeline(service_request(status=value)).requests) is kept

    @pytest.mark.parametrize("value", ["proposal", "plan", "option"])
    def test_a_proposed_service_is_not_ordered(self, value: str) -> None:
        assert timeline(service_request(intent=value)).requests == ()

    @pytest.mark.parametrize("value", ["refuted", "entered-in-error"])
    def test_a_refuted_allergy_is_none(self, value: str) -> None:
        assert timeline(allergy(verificationStatus=status(value))).allergies == ()

    def test_an_imaging_study_counts_when_it_is_available(self) -> None:
        study = resource(
            "ImagingStudy", procedureCode=[coded("mri")], started="2026-02-01", status="available"
        )
        assert [r.status for r in timeline(study).reports] == ["final"]
        assert timeline({**study, "status": "registered"}).reports == ()

    def test_devices_and_visits(self) -> None:
        device = resource("Device", type=coded("pacemaker"), status="active")
        visit = resource(
            "Encounter", status="finished", **{"class": {"code": "AMB"}}, period={"start": "2026-01-01"}
        )
        found = timeline(device, visit)
        assert [i.status for i in found.implants] == ["active"]
        assert [(v.visit_class, str(v.start)) for v in found.visits] == [("AMB", "2026-01-01")]
        assert timeline({**device, "status": "entered-in-error"}).implants == ()
        assert timeline({**visit, "status": "cancelled"}).visits == ()


FUTURE: list[tuple[Callable[..., Json], dict[str, Any], str]] = [
    (request, {"authoredOn": "2026-09-01"}, "orders"),
    (statement, {"effectiveDateTime": "2026-09-01"}, "orders"),
    (administration, {"effectiveDateTime": "2026-09-01"}, "orders"),
    (dispense, {"whenHandedOver": "2026-09-01"}, "orders"),
    (procedure, {"performedDateTime": "2026-09-01"}, "procedures"),
    (condition, {"onsetDateTime": "2026-09-01"}, "diagnoses"),
    (condition, {"recordedDate": "2026-09-01"}, "diagnoses"),
    (observation, {"effectiveDateTime": "2026-09-01"}, "results"),
    (report, {"effectiveDateTime": "2026-09-01"}, "reports"),
    (service_request, {"authoredOn": "2026-09-01"}, "requests"),
    (allergy, {"recordedDate": "2026-09-01"}, "allergies"),
]


class TestTheFuture:
    @pytest.mark.parametrize(("make", "dated", "where"), FUTURE)
    def test_nothing_dated_after_the_day_of_judgement_exists(
        self, make: Callable[..., Json], dated: dict[str, Any], where: str
    ) -> None:
        sent = make(**dated)
        assert getattr(timeline(sent), where) == ()
        assert len(getattr(timeline(sent, as_of=date(2026, 9, 1)), where)) == 1

    def test_a_partial_date_that_can_be_past_is_not_future(self) -> None:
        assert len(timeline(request(authoredOn="2026")).orders) == 1
        assert timeline(request(authoredOn="2027")).orders == ()

    def test_an_instant_is_future_only_when_it_lies_after_now(self) -> None:
        """00:30 on the 16th in Sydney is 14:30 on the 15th in UTC."""
        sent = request(authoredOn="2026-06-16T00:30:00+10:00")
        assert len(timeline(sent, now=datetime(2026, 6, 15, 14, 45, tzinfo=UTC)).orders) == 1
        assert timeline(sent, now=datetime(2026, 6, 15, 14, 15, tzinfo=UTC)).orders == ()
        assert timeline(sent).orders == ()

    def test_an_order_written_today_that_starts_next_week_exists_and_has_not_begun(self) -> None:
        bounds = {"timing": {"repeat": {"boundsPeriod": {"start": "2026-06-22"}}}}
        (order,) = timeline(request(authoredOn="2026-06-15", dosageInstruction=[bounds])).orders
        assert not order.begun
        assert str(order.start) == "2026-06-22"

    def test_an_order_of_which_only_a_future_start_is_known_does_not_exist_yet(self) -> None:
        bounds = {"timing": {"repeat": {"boundsPeriod": {"start": "2026-06-22"}}}}
        assert timeline(request(authoredOn=None, dosageInstruction=[bounds])).orders == ()

    def test_undated_resources_exist(self) -> None:
        found = timeline(
            request(authoredOn=None), condition(onsetDateTime=None), procedure(performedDateTime=None)
        )
        assert [len(found.orders), len(found.diagnoses), len(found.procedures)] == [1, 1, 1]
        assert found.orders[0].start is None


class TestWhoseAndHowMany:
    def test_what_belongs_to_another_patient_is_discarded_and_counted(self) -> None:
        other = {"reference": "Patient/p2"}
        found = timeline(condition(subject=other), request(subject=other), allergy(patient=other))
        assert (found.diagnoses, found.orders, found.allergies) == ((), (), ())
        assert found.foreign == 3

    def test_all_ways_to_write_the_patient_are_the_patient(self) -> None:
        for written in ("https://ehr.example.org/r4/Patient/p1", "Patient/p1/_history/4"):
            assert len(timeline(condition(subject={"reference": written})).diagnoses) == 1

    def test_what_no_rule_knows_becomes_no_event(self) -> None:
        found = timeline(
            condition(code=coded("flat-feet")), procedure(code=coded("x")), observation(code=coded("y"))
        )
        assert (found.diagnoses, found.procedures, found.results) == ((), (), ())
        assert found.unreadable == {}

    def test_unknown_codes_of_drugs_are_counted_by_system_and_code(self) -> None:
        found = timeline(
            request(id="1", medicationCodeableConcept=coded("29046", RXNORM)),
            request(id="2", medicationCodeableConcept=coded("29046", RXNORM)),
            request(id="3"),
        )
        assert found.unknown_codes == {(RXNORM, "29046"): 2}

    def test_what_was_incomplete_stays_incomplete(self) -> None:
        assert timeline(condition(), incomplete=frozenset({"Observation"})).incomplete == {"Observation"}

    def test_without_a_patient_resource_the_person_is_unknown(self) -> None:
        person = timeline().person
        assert (person.reference, person.born, person.sex, person.ancestry) == (
            "Patient/p1",
            None,
            None,
            frozenset(),
        )

    def test_the_person(self) -> None:
        race = {
            "url": "race",
            "extension": [{"url": "ombCategory", "valueCoding": {"system": "cdc", "code": "2028-9"}}],
        }
        sent = {
            "resourceType": "Patient",
            "id": "p1",
            "birthDate": "1961",
            "gender": "female",
            "extension": [race],
        }
        person = timeline(sent).person
        assert (str(person.born), person.sex, person.deceased) == ("1961", "female", False)
        assert person.ancestry == {"at-risk-ancestry"}
        assert timeline({**sent, "deceasedDateTime": "2026-01-01"}).person.deceased
        assert not timeline({**sent, "deceasedDateTime": "2027-01-01"}).person.deceased
        assert timeline({**sent, "deceasedBoolean": True}).person.deceased
