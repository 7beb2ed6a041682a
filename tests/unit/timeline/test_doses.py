"""Daily dose: dose times frequency times strength, as far as the record tells; never zero and never assumed."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.records.resources import Dosage
from cds_service.timeline.amounts import Amount, Measure, UnknownAmount
from cds_service.timeline.dates import parse_span
from cds_service.timeline.doses import read_doses
from cds_service.timeline.events import Ingredient
from tests.unit.timeline.dosages import NO_STRENGTH, SUSPENSION, TABLET_200, a_day, dosage, quantity


def daily(*dosages: Dosage, of: Ingredient = TABLET_200) -> list[Measure]:
    return [part.daily[of.name] for part in read_doses(dosages, [of]).parts]


def mg(low: float, high: float | None = -1) -> Amount:
    return Amount(low, low if high == -1 else high, "mg")


class TestOneDosage:
    @pytest.mark.parametrize(
        ("dose", "expected"),
        [
            (quantity(400, "mg"), 800),
            (quantity(0.4, "g"), 800),
            (quantity(400_000, "ug"), 800),
            ({"value": 400, "unit": "MG"}, 800),
            ({"value": 400, "unit": "milligrams"}, 800),
            (quantity(2, "1"), 800),
            (quantity(2, "{tablet}"), 800),
            ({"value": 2, "unit": "tablet"}, 800),
            (
                {
                    "value": 2,
                    "unit": "tablet",
                    "system": "http://terminology.hl7.org/CodeSystem/v3-orderableDrugForm",
                    "code": "TAB",
                },
                800,
            ),
            ({"value": 1.5, "unit": "tabs"}, 600),
        ],
    )
    def test_mass_or_tablets_times_strength(self, dose: dict[str, Any], expected: float) -> None:
        assert daily(dosage(dose, repeat=a_day(2))) == [mg(expected)]

    def test_millilitres_times_strength_per_millilitre(self) -> None:
        assert daily(dosage(quantity(10, "mL"), repeat=a_day(2)), of=SUSPENSION) == [mg(400)]

    def test_biological_units(self) -> None:
        insulin = Ingredient(name="insulin")
        assert daily(dosage(quantity(10, "[iU]"), repeat=a_day(3)), of=insulin) == [Amount(30, 30, "U")]

    def test_a_range_of_frequency_or_of_dose_is_an_interval(self) -> None:
        assert daily(dosage(quantity(200, "mg"), repeat=a_day(2, frequencyMax=3))) == [mg(400, 600)]
        assert daily(
            dosage(
                [{"doseRange": {"low": quantity(200, "mg"), "high": quantity(400, "mg")}}], repeat=a_day(2)
            )
        ) == [mg(400, 800)]
        assert daily(dosage([{"doseRange": {"low": quantity(200, "mg")}}], repeat=a_day(2))) == [
            mg(400, None)
        ]

    def test_every_third_day(self) -> None:
        every_third = {"frequency": 1, "period": 3, "periodUnit": "d"}
        assert daily(dosage(quantity(300, "mg"), repeat=every_third)) == [mg(100)]

    @pytest.mark.parametrize("hours", [4, 6, 8, 12])
    def test_every_so_many_hours_is_exact(self, hours: int) -> None:
        """100 mg every 8 hours are 300 mg a day, not a hair less than a limit of 300 mg."""
        repeat = {"frequency": 1, "period": hours, "periodUnit": "h"}
        assert daily(dosage(quantity(100, "mg"), repeat=repeat)) == [mg(2400 / hours)]

    @pytest.mark.parametrize(
        ("given", "of", "reason"),
        [
            (dosage(None, repeat=a_day(2)), TABLET_200, "dose is not recorded"),
            (dosage(quantity(None, "mg"), repeat=a_day(2)), TABLET_200, "dose is not recorded"),
            (dosage({"value": 1}, repeat=a_day(2)), TABLET_200, "unit of the dose is not recorded"),
            (dosage(quantity(200, "mg")), TABLET_200, "how often is not recorded"),
            (
                dosage(quantity(2, "{tablet}"), repeat=a_day(2)),
                NO_STRENGTH,
                "strength of the product is not known",
            ),
            (dosage(quantity(10, "mL"), repeat=a_day(2)), TABLET_200, "strength of the product is not known"),
            (
                dosage(quantity(2, "{tablet}"), repeat=a_day(2)),
                SUSPENSION,
                "strength of the product is not known",
            ),
            (dosage(quantity(10, "mmol"), repeat=a_day(2)), TABLET_200, "dose in mmol cannot be converted"),
            (dosage(quantity(10, "mg/kg"), repeat=a_day(2)), TABLET_200, "dose depends on body weight"),
            (
                dosage(quantity(-200, "mg"), repeat=a_day(2)),
                TABLET_200,
                "dose is recorded as a negative number",
            ),
        ],
    )
    def test_what_cannot_be_computed_is_unknown_with_its_reason(
        self, given: Dosage, of: Ingredient, reason: str
    ) -> None:
        (found,) = daily(given, of=of)
        assert isinstance(found, UnknownAmount)
        assert found.reason == reason
        assert found.settled_by

    def test_no_dosage_at_all_gives_no_part(self) -> None:
        assert read_doses([], [TABLET_200]).parts == ()

    def test_a_patch_with_a_strength_per_hour_counts_its_whole_day(self) -> None:
        patch = Ingredient(name="fentanyl", strength=Amount.exactly(25, "ug/h"))
        every_72_hours = {"frequency": 1, "period": 72, "periodUnit": "h"}
        assert daily(dosage(quantity(1, "{patch}"), repeat=every_72_hours), of=patch) == [mg(0.6)]


class TestOneDoseSaidInSeveralWays:
    """Several doseAndRate of one dosage are alternatives, never a sum."""

    @staticmethod
    def said(*ways: tuple[str, dict[str, Any]]) -> Dosage:
        return dosage(
            [{"type": {"coding": [{"code": kind}]}, "doseQuantity": dose} for kind, dose in ways],
            repeat=a_day(2),
        )

    def test_what_was_ordered_counts(self) -> None:
        assert daily(self.said(("calculated", quantity(390, "mg")), ("ordered", quantity(400, "mg")))) == [
            mg(800)
        ]

    def test_when_it_cannot_be_computed_what_was_calculated_counts(self) -> None:
        ways = self.said(("ordered", quantity(2, "{tablet}")), ("calculated", quantity(400, "mg")))
        assert daily(ways, of=NO_STRENGTH) == [mg(800)]

    def test_untyped_ways_that_differ_are_an_interval(self) -> None:
        both = dosage(
            [{"doseQuantity": quantity(200, "mg")}, {"doseQuantity": quantity(300, "mg")}], repeat=a_day(1)
        )
        assert daily(both) == [mg(200, 300)]


class TestAsNeeded:
    def test_as_needed_is_anything_from_nothing_to_the_most_allowed(self) -> None:
        reading = read_doses(
            [dosage(quantity(200, "mg"), repeat=a_day(3), asNeededBoolean=True)], [TABLET_200]
        )
        assert reading.as_needed
        assert reading.parts[0].daily["carbamazepine"] == mg(0, 600)
        assert reading.most_a_day["carbamazepine"] == mg(600)

    def test_a_reason_to_take_it_means_as_needed(self) -> None:
        given = dosage(quantity(200, "mg"), repeat=a_day(3), asNeededCodeableConcept={"text": "pain"})
        assert daily(given) == [mg(0, 600)]

    def test_a_maximum_per_period_bounds_it(self) -> None:
        cap = {"numerator": quantity(2, "{tablet}"), "denominator": quantity(1, "d")}
        every_4_hours = {"frequency": 1, "period": 4, "periodUnit": "h"}
        given = dosage(quantity(200, "mg"), repeat=every_4_hours, asNeededBoolean=True, maxDosePerPeriod=cap)
        assert daily(given) == [mg(0, 400)]

    def test_a_maximum_is_enough_when_nothing_says_how_often(self) -> None:
        cap = {"numerator": quantity(1.2, "g"), "denominator": quantity(24, "h")}
        assert daily(dosage(quantity(200, "mg"), asNeededBoolean=True, maxDosePerPeriod=cap)) == [mg(0, 1200)]

    def test_without_any_maximum_it_is_unknown_and_never_zero(self) -> None:
        (found,) = daily(dosage(quantity(200, "mg"), asNeededBoolean=True))
        assert found == UnknownAmount("as needed; how often is not recorded", "frequency of the dose")

    def test_beside_a_regular_dose_only_the_regular_one_is_sure(self) -> None:
        reading = read_doses(
            [
                dosage(quantity(200, "mg"), repeat=a_day(2)),
                dosage(quantity(200, "mg"), repeat=a_day(3), asNeededBoolean=True),
            ],
            [TABLET_200],
        )
        assert not reading.as_needed
        assert reading.parts[0].daily["carbamazepine"] == mg(400, 1000)
        assert reading.most_a_day["carbamazepine"] == mg(1000)


class TestSeveralDosages:
    def test_morning_and_evening_add_up(self) -> None:
        given = [
            dosage(quantity(200, "mg"), repeat={"when": ["MORN"]}),
            dosage(quantity(400, "mg"), repeat={"when": ["HS"]}),
        ]
        assert daily(*given) == [mg(600)]

    def test_morning_and_evening_add_up_even_when_numbered(self) -> None:
        given = [
            dosage(quantity(200, "mg"), sequence=1, repeat={"when": ["MORN"]}),
            dosage(quantity(400, "mg"), sequence=2, repeat={"when": ["HS"]}),
        ]
        assert daily(*given) == [mg(600)]

    def test_the_same_sequence_goes_together(self) -> None:
        given = [
            dosage(quantity(200, "mg"), sequence=1, repeat=a_day(1)),
            dosage(quantity(400, "mg"), sequence=1, repeat=a_day(1)),
        ]
        assert daily(*given) == [mg(600)]

    def test_a_part_without_a_dose_leaves_the_rest_as_lower_bound(self) -> None:
        assert daily(dosage(quantity(200, "mg"), repeat=a_day(2)), dosage(None, repeat=a_day(1))) == [
            mg(400, None)
        ]

    def test_a_taper_is_phases_with_their_days(self) -> None:
        """600 mg for 14 days, 400 mg for 7, then 200 mg."""
        given = [
            dosage(quantity(200, "mg"), sequence=3, repeat=a_day(1)),
            dosage(quantity(300, "mg"), sequence=1, repeat=a_day(2, boundsDuration=quantity(2, "wk"))),
            dosage(quantity(200, "mg"), sequence=2, repeat=a_day(2, boundsDuration=quantity(7, "d"))),
        ]
        parts = read_doses(given, [TABLET_200]).parts
        assert [part.daily["carbamazepine"] for part in parts] == [mg(600), mg(400), mg(200)]
        assert [part.lasts_days for part in parts] == [Amount(14, 14, "d"), Amount(7, 7, "d"), None]

    def test_a_titration_by_dates_needs_no_numbers(self) -> None:
        given = [
            dosage(
                quantity(400, "mg"),
                repeat=a_day(1, boundsPeriod={"start": "2026-01-15", "end": "2026-03-31"}),
            ),
            dosage(
                quantity(200, "mg"),
                repeat=a_day(1, boundsPeriod={"start": "2026-01-01", "end": "2026-01-14"}),
            ),
        ]
        reading = read_doses(given, [TABLET_200])
        assert [part.daily["carbamazepine"] for part in reading.parts] == [mg(200), mg(400)]
        assert [part.lasts_days for part in reading.parts] == [Amount(14, 14, "d"), None]
        assert (reading.starts, reading.ends) == (parse_span("2026-01-01"), parse_span("2026-03-31"))

    def test_numbered_dosages_with_the_same_dates_go_together(self) -> None:
        period = {"start": "2026-01-01", "end": "2026-01-14"}
        given = [
            dosage(quantity(200, "mg"), sequence=1, repeat=a_day(1, boundsPeriod=period)),
            dosage(quantity(200, "mg"), sequence=2, repeat=a_day(1, boundsPeriod=period)),
        ]
        assert daily(*given) == [mg(400)]

    def test_when_nobody_can_say_how_they_go_together_the_interval_holds_both_readings(self) -> None:
        """Numbered, no lengths, no times of day: 200 then 400 mg, or 600 mg together."""
        given = [
            dosage(quantity(200, "mg"), sequence=1, repeat=a_day(1)),
            dosage(quantity(400, "mg"), sequence=2, repeat=a_day(1)),
        ]
        assert daily(*given) == [mg(200, 600)]

    def test_a_phase_of_unknown_length_blurs_all_that_follow(self) -> None:
        given = [
            dosage(quantity(100, "mg"), sequence=1, repeat=a_day(1, boundsDuration=quantity(7, "d"))),
            dosage(quantity(200, "mg"), sequence=2, repeat=a_day(1)),
            dosage(quantity(400, "mg"), sequence=3, repeat=a_day(1)),
        ]
        parts = read_doses(given, [TABLET_200]).parts
        assert [part.daily["carbamazepine"] for part in parts] == [mg(100), mg(200, 600)]
        assert [part.lasts_days for part in parts] == [Amount(7, 7, "d"), None]

    def test_phases_that_all_have_lengths_bound_the_order(self) -> None:
        given = [
            dosage(quantity(300, "mg"), sequence=1, repeat=a_day(2, boundsDuration=quantity(10, "d"))),
            dosage(
                quantity(200, "mg"),
                sequence=2,
                repeat=a_day(2, boundsRange={"low": quantity(5, "d"), "high": quantity(7, "d")}),
            ),
        ]
        assert read_doses(given, [TABLET_200]).lasts == Amount(15, 17, "d")


class TestCombinations:
    PAIR = (
        Ingredient(name="sumatriptan", strength=Amount.exactly(85, "mg")),
        Ingredient(name="naproxen", strength=Amount.exactly(500, "mg")),
    )

    def test_tablets_give_each_ingredient_its_own_dose(self) -> None:
        (part,) = read_doses([dosage(quantity(1, "{tablet}"), repeat=a_day(2))], self.PAIR).parts
        assert part.daily == {"sumatriptan": mg(170), "naproxen": mg(1000)}

    def test_a_mass_belongs_to_no_single_ingredient(self) -> None:
        (part,) = read_doses([dosage(quantity(585, "mg"), repeat=a_day(2))], self.PAIR).parts
        assert {type(m) for m in part.daily.values()} == {UnknownAmount}


class TestRatesAndSingleDoses:
    def test_a_single_dose_is_known_without_a_frequency(self) -> None:
        reading = read_doses([dosage(quantity(2, "{tablet}"))], [TABLET_200])
        assert reading.single["carbamazepine"] == Amount(400, 400, "mg")

    def test_a_rate_keeps_its_own_unit(self) -> None:
        given = dosage([{"rateQuantity": quantity(0.5, "mg/kg/h")}])
        assert read_doses([given], [TABLET_200]).rate == Amount(0.5, 0.5, "mg/kg/h")

    def test_a_rate_may_be_a_ratio(self) -> None:
        given = dosage([{"rateRatio": {"numerator": quantity(50, "mg"), "denominator": quantity(2, "h")}}])
        assert read_doses([given], [TABLET_200]).rate == Amount(25, 25, "mg/h")


class TestPacks:
    """A syringe of 1.5 mL with 150 mg/mL: pieces and volumes count one into the other."""

    SYRINGE = Ingredient(
        name="antibody", strength=Amount.exactly(150, "mg"), strength_per="mL", pack=Amount.exactly(1.5, "mL")
    )
    PIECE = Ingredient(name="antibody", strength=Amount.exactly(225, "mg"), pack=Amount.exactly(1.5, "mL"))

    @pytest.mark.parametrize("of", [SYRINGE, PIECE])
    @pytest.mark.parametrize("dose", [quantity(1, "{syringe}"), quantity(1.5, "mL")])
    def test_a_dose_in_pieces_or_millilitres(self, of: Ingredient, dose: dict[str, Any]) -> None:
        reading = read_doses([dosage(dose)], [of])
        assert reading.single["antibody"] == Amount(225, 225, "mg")

    def test_puffs_count_as_the_strength_of_one_puff(self) -> None:
        spray = Ingredient(name="spray", strength=Amount.exactly(5, "mg"), strength_per="{actuation}")
        assert daily(dosage(quantity(2, "{spray}"), repeat=a_day(2)), of=spray) == [mg(20)]

    def test_a_strength_in_another_kind_of_unit_cannot_be_converted(self) -> None:
        odd = Ingredient(name="odd", strength=Amount.exactly(5, "mmol"))
        (found,) = daily(dosage(quantity(2, "{tablet}"), repeat=a_day(2)), of=odd)
        assert found == UnknownAmount("strength in mmol cannot be converted", "dose in milligrams")
