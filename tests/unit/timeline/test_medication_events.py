"""What an order event says: which drug, from when to when, at what dose, why, and how it ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from cds_service.timeline.amounts import Amount, UnknownAmount
from cds_service.timeline.events import Ingredient, Order, OrderSource
from tests.unit.timeline.dosages import a_day, quantity
from tests.unit.timeline.lookup import REASONS, RXNORM
from tests.unit.timeline.resources import (
    Json,
    administration,
    coded,
    condition,
    dispense,
    request,
    resource,
    statement,
    timeline,
)

TWICE_200 = {"timing": {"repeat": a_day(2)}, "doseAndRate": [{"doseQuantity": quantity(1, "{tablet}")}]}


def order(sent: Json, *others: Json, **more: Any) -> Order:
    (found,) = timeline(sent, *others, **more).orders
    return found


def medication(**members: Any) -> Json:
    return {"resourceType": "Medication", "id": "m1", **members}


class TestWhichDrug:
    def test_by_code(self) -> None:
        found = order(request()).concept
        assert found.sets == {"carbamazepine"}
        assert (found.basis, found.inferred) == ("code", False)
        assert found.ingredients[0].strength == Amount(200, 200, "mg")

    def test_by_any_of_its_codings(self) -> None:
        codings = [{"system": "urn:local", "code": "CBZ"}, {"system": RXNORM, "code": "308979"}]
        found = order(request(medicationCodeableConcept={"coding": codings})).concept
        assert found.sets == {"carbamazepine"}
        assert found.codes == (("urn:local", "CBZ"), (RXNORM, "308979"))

    def test_by_text_only_when_no_coding_is_known(self) -> None:
        found = order(request(medicationCodeableConcept={"text": "Tegretol 200 mg"})).concept
        assert (found.sets, found.basis, found.inferred) == (frozenset({"carbamazepine"}), "text", True)
        both = order(request(medicationCodeableConcept=coded("32624", RXNORM, text="Tegretol"))).concept
        assert both.sets == {"oxcarbazepine"}

    def test_by_display_last(self) -> None:
        coding = {"system": RXNORM, "code": "999", "display": "Trileptal"}
        assert order(request(medicationCodeableConcept={"coding": [coding]})).concept.basis == "display"

    def test_the_record_names_it(self) -> None:
        sent = coded("308979", RXNORM, text="Tegretol 200")
        assert order(request(medicationCodeableConcept=sent)).concept.label == "Tegretol 200"

    def test_a_contained_medication(self) -> None:
        found = order(
            request(
                contained=[medication(code=coded("308979", RXNORM))], medicationReference={"reference": "#m1"}
            )
        )
        assert found.concept.sets == {"carbamazepine"}

    def test_a_medication_of_the_record_by_any_form_of_reference(self) -> None:
        known = {
            "Medication/m1": medication(code=coded("2002", RXNORM)),
            "urn:uuid:ab": medication(code=coded("32624", RXNORM)),
        }
        for reference in (
            "Medication/m1",
            "https://ehr.example.org/r4/Medication/m1",
            "Medication/m1/_history/3",
        ):
            found = order(request(medicationReference={"reference": reference}), medications=known)
            assert found.concept.sets == {"carbamazepine"}
        found = order(request(medicationReference={"reference": "urn:uuid:AB"}), medications=known)
        assert found.concept.sets == {"oxcarbazepine"}

    def test_the_ingredients_of_a_medication_count(self) -> None:
        parts = [
            {
                "itemCodeableConcept": coded("2002", RXNORM),
                "strength": {"numerator": quantity(100, "mg"), "denominator": quantity(5, "mL")},
            }
        ]
        found = order(
            request(
                medicationReference={"reference": "Medication/m1"},
                dosageInstruction=[
                    {"timing": {"repeat": a_day(2)}, "doseAndRate": [{"doseQuantity": quantity(10, "mL")}]}
                ],
            ),
            medications={"Medication/m1": medication(code={"text": "a suspension"}, ingredient=parts)},
        )
        assert found.concept.ingredients[0].strength == Amount(20, 20, "mg")
        assert found.doses[0].daily == {"carbamazepine": Amount(400, 400, "mg")}

    def test_a_medication_with_an_ingredient_that_rules_do_not_know_is_a_combination_all_the_same(
        self,
    ) -> None:
        parts = [
            {"itemCodeableConcept": coded("2002", RXNORM)},
            {"itemCodeableConcept": {"text": "something else"}},
        ]
        found = order(
            request(medicationReference={"reference": "Medication/m1"}),
            medications={"Medication/m1": medication(ingredient=parts)},
        )
        assert found.ingredient_names == ("carbamazepine",)
        assert found.is_combination

    def test_a_combination_keeps_all_its_ingredients(self) -> None:
        found = order(request(medicationCodeableConcept=coded("849450", RXNORM)))
        assert found.ingredient_names == ("sumatriptan", "naproxen")
        assert found.is_combination

    def test_the_display_of_a_reference_that_leads_nowhere_is_inferred(self) -> None:
        found = order(request(medicationReference={"reference": "Medication/gone", "display": "Tegretol"}))
        assert (found.concept.sets, found.concept.basis) == (frozenset({"carbamazepine"}), "display")

    def test_a_reference_that_leads_nowhere_may_be_any_drug(self) -> None:
        """Counted, and nothing of its type may be called absent."""
        found = timeline(request(medicationReference={"reference": "Medication/gone"}))
        assert found.orders == ()
        assert found.unresolved_medications == 1
        assert found.unreadable == {"MedicationRequest": 1}
        assert found.incomplete == {"MedicationRequest"}

    def test_so_may_an_order_without_any_medication(self) -> None:
        assert timeline(request(medicationCodeableConcept=None)).unresolved_medications == 1

    def test_so_may_a_medication_that_says_nothing_and_contained_ones_that_cannot_be_read(self) -> None:
        empty = {"Medication/m1": medication()}
        assert (
            timeline(
                request(medicationReference={"reference": "Medication/m1"}), medications=empty
            ).unresolved_medications
            == 1
        )
        for contained in ("a tablet", [], [medication(id="other")]):
            sent = request(contained=contained, medicationReference={"reference": "#m1"})
            assert timeline(sent).unresolved_medications == 1

    def test_a_medication_that_no_rule_knows_is_no_event_and_its_code_is_counted(self) -> None:
        known = {"Medication/m1": medication(code=coded("29046", RXNORM))}
        found = timeline(request(medicationReference={"reference": "Medication/m1"}), medications=known)
        assert (found.orders, found.unknown_codes, found.incomplete) == (
            (),
            {(RXNORM, "29046"): 1},
            frozenset(),
        )

    @pytest.mark.parametrize("make", [statement, administration, dispense])
    def test_the_same_holds_for_every_kind_of_medication_resource(self, make: Callable[..., Json]) -> None:
        found = timeline(make(medicationCodeableConcept=None))
        assert (found.unresolved_medications, len(found.incomplete)) == (1, 1)
        in_error = timeline(make(medicationCodeableConcept=None, status="entered-in-error"))
        assert (in_error.unresolved_medications, in_error.incomplete) == (0, frozenset())

    def test_strengths_per_millilitre_per_hour_and_in_packs(self) -> None:
        def ingredient(code: str) -> Ingredient:
            return order(request(medicationCodeableConcept=coded(code, RXNORM))).concept.ingredients[0]

        assert ingredient("syringe") == Ingredient(
            name="fremanezumab",
            strength=Amount(150, 150, "mg"),
            strength_per="mL",
            pack=Amount(1.5, 1.5, "mL"),
        )
        assert ingredient("patch") == Ingredient(name="fentanyl", strength=Amount(25, 25, "ug/h"))
        assert ingredient("pen") == Ingredient(name="erenumab", pack=Amount(1, 1, "mL"))

    def test_what_does_not_count_need_not_be_resolved(self) -> None:
        found = timeline(
            request(status="entered-in-error", medicationReference={"reference": "Medication/gone"})
        )
        assert (found.unresolved_medications, found.incomplete) == (0, frozenset())


class TestFromWhenToWhen:
    BOUNDS: ClassVar = {"start": "2026-02-01", "end": "2026-04-01"}
    VALIDITY: ClassVar = {"start": "2026-01-15", "end": "2026-05-01"}

    def test_dosage_bounds_come_first(self) -> None:
        sent = request(
            dosageInstruction=[{"timing": {"repeat": {"boundsPeriod": self.BOUNDS}}}],
            dispenseRequest={"validityPeriod": self.VALIDITY},
        )
        assert (str(order(sent).start), str(order(sent).ended)) == ("2026-02-01", "2026-04-01")

    def test_then_validity(self) -> None:
        sent = request(dispenseRequest={"validityPeriod": self.VALIDITY})
        assert (str(order(sent).start), str(order(sent).ended)) == ("2026-01-15", "2026-05-01")

    def test_then_the_day_it_was_written(self) -> None:
        assert (str(order(request()).start), order(request()).ended) == ("2026-01-01", None)

    def test_a_bounded_length_ends_it(self) -> None:
        sent = request(dosageInstruction=[{"timing": {"repeat": {"boundsDuration": quantity(6, "wk")}}}])
        assert str(order(sent).ended) == "2026-02-12"

    def test_supply_reaches_its_days_times_all_its_fills(self) -> None:
        sent = request(
            dispenseRequest={
                "expectedSupplyDuration": quantity(30, "d"),
                "numberOfRepeatsAllowed": 2,
                "quantity": quantity(60, "{tablet}"),
            }
        )
        found = order(sent)
        assert str(found.supply_end) == "2026-04-01"
        assert found.supply_days == Amount(30, 90, "d")
        assert found.fills == Amount(1, 3, "1")
        assert found.quantity == Amount(60, 60, "1")

    def test_a_supply_beyond_the_calendar_is_none(self) -> None:
        sent = request(dispenseRequest={"expectedSupplyDuration": quantity(1e300, "a")})
        assert order(sent).supply_end is None

    def test_a_time_is_a_day_in_its_own_offset(self) -> None:
        assert str(order(request(authoredOn="2026-01-31T23:30:00-08:00")).start) == "2026-01-31"

    def test_a_statement_has_a_period_or_a_moment(self) -> None:
        found = order(
            statement(effectivePeriod={"start": "2024-01", "end": "2024-08"}, effectiveDateTime=None)
        )
        assert (str(found.start), str(found.ended)) == ("2024-01", "2024-08")
        assert (str(order(statement()).start), order(statement()).ended) == ("2026-01-01", None)

    def test_a_dispense_supplies_from_the_day_it_was_handed_over(self) -> None:
        sent = dispense(
            daysSupply={"value": 30}, authorizingPrescription=[{"reference": "MedicationRequest/9"}]
        )
        found = order(sent)
        assert (found.source, str(found.start), str(found.supply_end)) == (
            OrderSource.DISPENSE,
            "2026-01-01",
            "2026-01-31",
        )
        assert found.authorized_by == ("MedicationRequest/9",)


class TestDoseRouteReason:
    def test_the_daily_dose(self) -> None:
        found = order(request(dosageInstruction=[TWICE_200]))
        assert found.doses[0].daily == {"carbamazepine": Amount(400, 400, "mg")}
        assert found.single_dose == {"carbamazepine": Amount(200, 200, "mg")}

    def test_a_dosage_text_is_no_dose(self) -> None:
        found = order(request(dosageInstruction=[{"text": "200 mg twice daily"}]))
        assert isinstance(found.doses[0].daily["carbamazepine"], UnknownAmount)
        assert "200 mg twice daily" in found.texts

    def test_a_dosage_that_cannot_be_read_is_left_out_and_counted(self) -> None:
        found = timeline(request(dosageInstruction="twice daily"))
        assert found.orders[0].doses == ()
        assert {(i.resource_type, i.field) for i in found.log.counts()} == {
            ("MedicationRequest", "dosageInstruction")
        }

    def test_an_administration_has_a_single_dose_and_no_daily_one(self) -> None:
        found = order(
            administration(dosage={"dose": quantity(155, "mg"), "rateQuantity": quantity(0.5, "mg/kg/h")})
        )
        assert found.doses == ()
        assert found.single_dose == {"carbamazepine": Amount(155, 155, "mg")}
        assert found.dose_rate == Amount(0.5, 0.5, "mg/kg/h")

    def test_as_needed(self) -> None:
        found = order(request(dosageInstruction=[{**TWICE_200, "asNeededBoolean": True}]))
        assert found.as_needed
        assert found.max_daily == {"carbamazepine": Amount(400, 400, "mg")}

    def test_the_route_of_the_dosage_comes_before_that_of_the_product(self) -> None:
        assert order(request()).route == "oral"
        assert order(statement()).route is None
        told = order(statement(dosage=[{"route": coded("26643006")}]))
        assert (told.route, told.route_sets) == ("oral", frozenset({"route-oral", "route-unsupervised"}))

    def test_reasons_are_codes_texts_and_diagnoses_referred_to(self) -> None:
        sent = request(
            id="9",
            reasonCode=[coded("31681005"), {"text": "facial pain"}],
            reasonReference=[
                {"reference": "Condition/1"},
                {"reference": "Condition/unknown", "display": "spasm"},
            ],
        )
        found = order(sent, condition()).reasons
        assert [(sorted(r.sets), r.label) for r in found] == [
            (["trigeminal-neuralgia"], "31681005"),
            ([], "facial pain"),
            (["trigeminal-neuralgia"], "31681005"),
            ([], "spasm"),
        ]

    def test_why_it_was_stopped_is_kept_as_code_and_as_text(self) -> None:
        sent = request(
            status="stopped",
            statusReason=coded("266721009", text="did not help"),
            note=[{"text": "switched"}, {"time": "2026-01-01"}],
        )
        found = order(sent)
        assert found.stop_reasons[0].sets == {"reason-no-effect"}
        assert found.stop_texts == ("did not help", "switched")

    def test_a_reason_that_no_table_knows_is_a_reason_all_the_same(self) -> None:
        (reason,) = order(
            request(status="stopped", statusReason=coded("moved", REASONS, text="moved away"))
        ).stop_reasons
        assert (reason.sets, reason.label, reason.basis) == (frozenset(), "moved away", "none")

    def test_the_setting(self) -> None:
        assert order(request(category=[coded("Community", "x")])).categories == {"community"}

    def test_a_prior_prescription(self) -> None:
        sent = request(priorPrescription={"reference": "https://ehr.example.org/r4/MedicationRequest/7"})
        assert order(sent).prior == "MedicationRequest/7"


def test_deferred_members_are_the_same_whenever_they_are_asked_for() -> None:
    sent = request(dosageInstruction=[TWICE_200], statusReason=coded("sintol", REASONS), status="stopped")
    one, other = order(sent), order(sent)
    assert one.start is not None
    assert one == other
    assert repr(one) == repr(other)


def test_every_field_of_every_kind_of_event_can_be_asked_for() -> None:
    found = timeline(
        request(),
        statement(),
        administration(),
        dispense(),
        condition(),
        resource("Procedure", status="completed", code=coded("736132002")),
        resource("Observation", status="final", code=coded("2951-2", "http://loinc.org")),
    )
    events = [*found.orders, *found.diagnoses, *found.procedures, *found.results]
    assert len(events) == 7
    for event in events:
        assert repr(event)
