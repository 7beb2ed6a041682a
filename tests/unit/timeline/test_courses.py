"""Orders of one ingredient become courses: when it ran, at what dose, how it stands, and what its end says."""

from __future__ import annotations

from datetime import date

from cds_service.timeline.amounts import Amount, UnknownAmount
from cds_service.timeline.dates import DateSpan
from cds_service.timeline.events import Concept, DosePart, Ingredient, OrderSource
from tests.unit.timeline.orders import AS_OF, DRUG, course, courses, days, mg, order, reason, span

STATEMENT = OrderSource.STATEMENT
DISPENSE = OrderSource.DISPENSE
ADMINISTRATION = OrderSource.ADMINISTRATION
NO_EFFECT, SIDE_EFFECT, COST = reason("no-effect"), reason("not-tolerated"), reason("cost")


class TestDaysOfOneOrder:
    def test_from_its_start_to_its_recorded_end(self) -> None:
        """2026-05-20 to 2026-05-28 are 8 days."""
        found = course(order("2026-05-20", "2026-05-28", status="stopped"))
        assert found.days == days(8)
        assert (found.state, found.end, found.end_basis) == ("ended", span("2026-05-28"), "recorded")

    def test_an_active_order_without_a_known_supply_counts_to_the_day_of_judgement(self) -> None:
        found = course(order("2026-05-20", status="active"))
        assert (found.state, found.end, found.days) == ("ongoing", None, days(26))

    def test_a_future_stop_date_means_still_active(self) -> None:
        found = course(order("2026-03-01", "2027-01-31", status="active"))
        assert (found.state, found.end, found.days) == ("ongoing", None, days(106))

    def test_an_active_order_counts_no_further_than_its_supply(self) -> None:
        """30 days from 2026-05-01 reach 2026-05-31; the order is still active on 2026-06-15."""
        found = course(order("2026-05-01", status="active", supply=30))
        assert (found.state, found.days) == ("ongoing", days(30))

    def test_supply_counts_all_its_fills(self) -> None:
        found = course(order("2026-01-01", status="completed", supply=30, fills=3))
        assert (found.state, found.end, found.end_basis, found.days) == (
            "ended",
            span("2026-04-01"),
            "supply",
            days(90),
        )

    def test_the_earlier_of_recorded_end_and_supply_bounds_the_days(self) -> None:
        found = course(order("2026-01-01", "2026-03-31", supply=30))
        assert (found.end, found.days) == (span("2026-03-31"), days(30))

    def test_an_active_order_whose_supply_ended_long_ago_has_lapsed_with_its_supply(self) -> None:
        """Supply to 2026-03-02, more than 90 days before 2026-06-15."""
        found = course(order("2026-01-31", status="active", supply=30))
        assert (found.state, found.end, found.end_basis, found.days) == (
            "lapsed",
            span("2026-03-02"),
            "supply",
            days(30),
        )

    def test_on_the_last_day_before_it_lapses_it_is_still_ongoing(self) -> None:
        """Supply to 2026-03-17, exactly 90 days before."""
        assert course(order("2026-02-15", status="active", supply=30)).state == "ongoing"
        assert course(order("2026-02-14", status="active", supply=30)).state == "lapsed"

    def test_a_stopped_order_without_an_end_may_have_lasted_up_to_today(self) -> None:
        found = course(order("2026-05-20", status="stopped"))
        assert (found.state, found.end, found.days) == ("end-unknown", None, days(0, 26))

    def test_a_planned_end_in_the_future_tells_nothing_of_a_stopped_order(self) -> None:
        found = course(order("2026-05-20", "2026-12-31", status="stopped"))
        assert (found.state, found.days) == ("end-unknown", days(0, 26))

    def test_a_completed_request_whose_supply_still_lasts_goes_on(self) -> None:
        found = course(order("2026-06-01", status="completed", supply=90))
        assert (found.state, found.days) == ("ongoing", days(14))

    def test_on_hold_is_not_stopped(self) -> None:
        found = course(order("2026-05-20", status="on-hold"))
        assert (found.state, found.end, found.days) == ("on-hold", None, days(0, 26))

    def test_an_end_before_the_start_is_no_end(self) -> None:
        found = course(order("2026-05-20", "2026-05-01", status="stopped"))
        assert (found.state, found.days) == ("end-unknown", days(0, 26))

    def test_an_administration_is_a_day(self) -> None:
        found = course(order("2026-05-20", source=ADMINISTRATION))
        assert (found.start, found.end, found.days) == (span("2026-05-20"), span("2026-05-20"), days(0))


class TestPartialDates:
    def test_a_month_gives_the_shortest_and_the_longest_length(self) -> None:
        """2024-03 to 2024-05: at least 03-31 to 05-01, at most 03-01 to 05-31."""
        found = course(order("2024-03", "2024-05"))
        assert found.days == days(31, 91)
        assert found.end == DateSpan(date(2024, 5, 1), date(2024, 5, 31))

    def test_a_start_this_year_lies_no_later_than_today(self) -> None:
        found = course(order("2026", status="active"))
        assert found.days == days(0, 165)

    def test_undated_history_counts_as_tried_and_never_towards_a_duration(self) -> None:
        found = course(order(None, status="completed", name="x"))
        assert found.state == "end-unknown"
        assert found.start is None
        assert found.days == UnknownAmount("start is not recorded", "start date")
        assert found.days_at_least(mg(200)) == found.days

    def test_undated_history_stands_as_its_statuses_say(self) -> None:
        def state(*statuses: str, end: str | None = None) -> str:
            return course(*(order(None, end, status=s, name=s) for s in statuses)).state

        assert state("completed", "active") == "ongoing"
        assert state("completed", "on-hold") == "on-hold"
        assert state("stopped", end="2024-05-01") == "ended"
        assert state("stopped") == "end-unknown"

    def test_undated_history_stays_apart_from_dated_history(self) -> None:
        found = courses(order("2024-01-01", "2024-03-01"), order(None, status="active", name="x"))
        assert [c.state for c in found] == ["ended", "ongoing"]

    def test_orders_that_may_or_may_not_follow_each_other_stay_apart_and_share_what_is_possible(self) -> None:
        """The second began in 2024, nobody knows when: 20 days after the first, or much later."""
        first, second = courses(order("2024-01-01", "2024-02-01"), order("2024", "2025-01-20"))
        assert first.days == days(31, 385)
        assert second.days == days(20, 385)


class TestOneCourseOrTwo:
    def test_a_gap_of_the_allowed_length_does_not_split_and_counts_as_covered(self) -> None:
        """Gap from 2026-01-31 to 2026-03-02: 30 days."""
        found = course(order("2026-01-01", "2026-01-31"), order("2026-03-02", "2026-04-01"))
        assert found.days == days(90)
        assert (found.start, found.end) == (span("2026-01-01"), span("2026-04-01"))

    def test_a_longer_gap_splits(self) -> None:
        found = courses(order("2026-01-01", "2026-01-31"), order("2026-03-03", "2026-04-01"))
        assert [c.days for c in found] == [days(30), days(29)]

    def test_the_gap_is_the_pages_own(self) -> None:
        found = courses(order("2026-01-01", "2026-01-31"), order("2026-03-03", "2026-04-01"), gap=60)
        assert [c.days for c in found] == [days(90)]

    def test_contiguous_orders_are_one_course_even_without_any_gap_allowed(self) -> None:
        found = course(order("2026-01-01", "2026-01-31"), order("2026-02-01", "2026-03-01"), gap=0)
        assert found.days == days(59)

    def test_overlapping_orders_are_one_course(self) -> None:
        found = course(order("2026-01-01", "2026-03-01"), order("2026-02-01", "2026-04-01"))
        assert found.days == days(90)

    def test_orders_without_any_end_reach_the_next_order_when_it_follows_closely(self) -> None:
        """Renewed every 30 days, no supply recorded: 60 days are sure."""
        found = course(order("2026-01-01"), order("2026-01-31"), order("2026-03-02"))
        assert found.days == days(60, 165)
        assert found.state == "end-unknown"

    def test_a_stopped_order_without_end_and_a_restart_years_later_are_two_courses(self) -> None:
        old, new = courses(
            order("2022-05-01", status="stopped", stop_reasons=(NO_EFFECT,)),
            order("2026-05-26", status="active"),
        )
        assert (old.state, old.stop_reasons) == ("end-unknown", (NO_EFFECT,))
        assert (new.state, new.days) == ("ongoing", days(20))

    def test_what_does_not_count_is_no_part(self) -> None:
        assert (
            courses(
                order("2026-01-01", status="cancelled", counts=False),
                order("2026-01-02", avoid=True),
                order("2026-01-03", is_draft=True),
                order("2026-06-10", begun=False),
            )
            == ()
        )

    def test_another_ingredient_is_no_part(self) -> None:
        other = Concept(ingredients=(Ingredient(name="gabapentin"),))
        assert courses(order("2026-01-01", concept=other)) == ()


class TestSeveralSourcesOfOneUse:
    def test_request_statement_and_administration_of_the_same_days_are_one_course(self) -> None:
        found = course(
            order("2026-01-01", "2026-03-01"),
            order("2026-01-10", "2026-03-10", source=STATEMENT),
            order("2026-02-01", source=ADMINISTRATION),
        )
        assert found.days == days(68)
        assert len(found.orders) == 3

    def test_what_was_dispensed_decides_how_far_a_supply_reaches(self) -> None:
        """Three fills were allowed, one was handed out: the supply ended on 2026-02-04, not on 2026-04-01."""
        asked = order("2026-01-01", status="active", supply=30, fills=3, name="rx")
        handed = order("2026-01-05", supply=30, source=DISPENSE, authorized_by=("MedicationRequest/rx",))
        found = course(asked, handed)
        assert found.days == days(34)
        assert found.state == "lapsed"

    def test_a_dispense_that_names_no_request_belongs_to_the_latest_one_before_it(self) -> None:
        found = courses(
            order("2025-01-01", status="completed", supply=30, fills=2),
            order("2026-05-01", status="active", supply=30, fills=9),
            order("2026-05-02", supply=30, source=DISPENSE),
        )
        assert [c.days for c in found] == [days(60), days(31)]

    def test_an_order_that_goes_on_outweighs_one_that_ended(self) -> None:
        found = course(
            order("2026-01-01", "2026-03-01"), order("2026-01-01", status="active", source=STATEMENT)
        )
        assert found.state == "ongoing"


class TestDailyDose:
    def test_days_at_a_dose(self) -> None:
        """200 mg for 14 days, then 400 mg up to day 74."""
        titration = [DosePart(daily={DRUG: mg(200)}, lasts_days=days(14)), DosePart(daily={DRUG: mg(400)})]
        found = course(order("2026-01-01", "2026-03-16", dose=titration))
        assert found.days == days(74)
        assert found.days_at_least(mg(200)) == days(74)
        assert found.days_at_least(mg(400)) == days(60)
        assert found.days_at_least(mg(600)) == days(0)
        assert found.highest_sustained == mg(400)
        assert [(s.first, s.until, s.dose) for s in found.segments] == [
            (date(2026, 1, 1), date(2026, 1, 15), mg(200)),
            (date(2026, 1, 15), date(2026, 3, 16), mg(400)),
        ]

    def test_the_highest_phase_of_a_taper_is_its_dose(self) -> None:
        taper = [DosePart(daily={DRUG: mg(600)}, lasts_days=days(5)), DosePart(daily={DRUG: mg(200)})]
        assert course(order("2026-01-01", "2026-02-01", dose=taper)).highest_sustained == mg(600)

    def test_a_phase_of_uncertain_length_is_blurred_where_it_passes_into_the_next(self) -> None:
        titration = [DosePart(daily={DRUG: mg(200)}, lasts_days=days(7, 14)), DosePart(daily={DRUG: mg(400)})]
        found = course(order("2026-01-01", "2026-01-31", dose=titration))
        assert found.days_at_least(mg(400)) == days(16, 23)

    def test_a_dose_in_another_unit_of_mass_is_converted(self) -> None:
        found = course(order("2026-01-01", "2026-01-31", dose=mg(600)))
        assert found.days_at_least(Amount.exactly(0.6, "g")) == days(30)
        assert found.days_at_least(Amount.exactly(1, "mmol")) == days(0, 30)

    def test_an_unknown_dose_is_possible_and_never_sure(self) -> None:
        found = course(order("2026-01-01", "2026-01-31"))
        assert found.days_at_least(mg(200)) == days(0, 30)
        assert found.highest_sustained == UnknownAmount("dose is not recorded", "dose")

    def test_as_needed_use_alone_is_possible_and_never_sure(self) -> None:
        found = course(order("2026-01-01", "2026-01-31", dose=mg(0, 600)))
        assert found.days_at_least(mg(400)) == days(0, 30)
        assert found.days_at_least(mg(800)) == days(0)

    def test_two_orders_at_once_give_at_least_the_larger_and_at_most_their_sum(self) -> None:
        found = course(
            order("2026-01-01", "2026-01-31", dose=mg(200)),
            order("2026-01-11", "2026-01-31", dose=mg(400), name="b"),
        )
        assert [s.dose for s in found.segments] == [mg(200), mg(400, 600)]
        assert found.days_at_least(mg(600)) == days(0, 20)
        assert found.highest_sustained == mg(400, 600)

    def test_request_and_statement_of_the_same_days_are_never_added(self) -> None:
        found = course(
            order("2026-01-01", "2026-01-31", dose=mg(400)),
            order("2026-01-01", "2026-01-31", dose=mg(400), source=STATEMENT),
        )
        assert found.highest_sustained == mg(400)

    def test_a_statement_without_a_dose_does_not_blur_the_request_that_has_one(self) -> None:
        found = course(
            order("2026-01-01", "2026-01-31", dose=mg(400)),
            order("2026-01-01", "2026-01-31", source=STATEMENT),
        )
        assert found.days_at_least(mg(600)) == days(0)

    def test_a_covered_gap_keeps_the_dose_of_its_two_sides(self) -> None:
        same = course(
            order("2026-01-01", "2026-01-31", dose=mg(400)), order("2026-02-10", "2026-03-10", dose=mg(400))
        )
        assert same.days_at_least(mg(400)) == days(68)
        raised = course(
            order("2026-01-01", "2026-01-31", dose=mg(200)), order("2026-02-10", "2026-03-10", dose=mg(400))
        )
        assert raised.days_at_least(mg(400)) == days(28, 38)

    def test_a_stretch_without_dose_leaves_the_top_open(self) -> None:
        found = course(order("2026-01-01", "2026-01-31", dose=mg(200)), order("2026-02-01", "2026-03-01"))
        assert found.highest_sustained == mg(200, None)

    def test_doses_of_different_kinds_cannot_be_compared(self) -> None:
        both = course(
            order("2026-01-01", "2026-01-31", dose=mg(200)),
            order("2026-01-01", "2026-01-31", dose=Amount(5, 5, "U"), name="b"),
        )
        assert both.highest_sustained == UnknownAmount("recorded in different units", "dose")
        sources = course(
            order("2026-01-01", "2026-01-31", dose=mg(200)),
            order("2026-01-01", "2026-01-31", dose=Amount(5, 5, "U"), source=STATEMENT),
        )
        assert sources.highest_sustained == UnknownAmount("recorded in different units", "dose")
        later = course(
            order("2026-01-01", "2026-01-31", dose=mg(200)),
            order("2026-02-01", "2026-03-01", dose=Amount(5, 5, "U")),
        )
        assert later.highest_sustained == UnknownAmount("recorded in different units", "dose")

    def test_undated_history_has_a_dose_all_the_same(self) -> None:
        assert course(order(None, dose=mg(400), name="x")).highest_sustained == mg(400)

    def test_a_phase_without_a_length_blurs_what_follows(self) -> None:
        parts = [DosePart(daily={DRUG: mg(200)}), DosePart(daily={DRUG: mg(400)})]
        found = course(order("2026-01-01", "2026-01-31", dose=parts))
        assert found.highest_sustained == mg(200, 400)

    def test_partial_dates_give_sure_and_possible_days_at_a_dose(self) -> None:
        found = course(order("2024-03", "2024-05", dose=mg(600)))
        assert found.days_at_least(mg(600)) == days(31, 91)


class TestHowItEnded:
    def test_the_last_order_tells(self) -> None:
        found = course(
            order("2026-01-01", "2026-02-01", status="stopped", stop_reasons=(COST,)),
            order(
                "2026-02-02",
                "2026-03-01",
                status="stopped",
                stop_reasons=(NO_EFFECT,),
                stop_texts=("no benefit",),
            ),
        )
        assert found.stop_reasons == (NO_EFFECT,)
        assert found.stop_texts == ("no benefit",)

    def test_an_earlier_order_tells_nothing_of_the_end(self) -> None:
        found = course(
            order("2026-01-01", "2026-02-01", status="stopped", stop_reasons=(SIDE_EFFECT,)),
            order("2026-02-02", "2026-03-01"),
        )
        assert found.stop_reasons == ()

    def test_what_ran_beside_the_last_one_tells_when_the_last_one_is_silent(self) -> None:
        """The request was stopped for side effects; the statement of the same use ends five days later without a word."""
        found = course(
            order("2026-01-01", "2026-03-01", status="stopped", stop_reasons=(SIDE_EFFECT,)),
            order("2026-01-01", "2026-03-06", source=STATEMENT),
        )
        assert found.stop_reasons == (SIDE_EFFECT,)

    def test_a_dispense_that_reaches_further_does_not_silence_the_request(self) -> None:
        found = course(
            order("2026-01-01", "2026-03-01", status="stopped", stop_reasons=(NO_EFFECT,)),
            order("2026-02-20", supply=30, source=DISPENSE),
        )
        assert found.stop_reasons == (NO_EFFECT,)

    def test_a_running_course_has_no_end_to_tell_of(self) -> None:
        found = course(
            order("2026-01-01", "2026-06-01", status="stopped", stop_reasons=(COST,)),
            order("2026-06-02", status="active"),
        )
        assert (found.state, found.stop_reasons) == ("ongoing", ())

    def test_orders_are_named_by_date(self) -> None:
        found = course(order("2026-02-02", "2026-03-01"), order("2026-01-01", "2026-02-01"))
        assert found.references == ("MedicationRequest/2026-01-01", "MedicationRequest/2026-02-02")
        assert found.ingredient == DRUG


def test_the_default_day_of_judgement_of_these_tests() -> None:
    assert date(2026, 6, 15) == AS_OF
