"""Each row of the verdict table: not-tried, ongoing, ongoing-adequate, inadequate, failed, not-tolerated, ruled-out,
effective, stopped-other, ended-unknown, unknown."""

from __future__ import annotations

from datetime import date

import pytest

from cds_service.evaluate.findings import Verdict
from cds_service.evaluate.truth import unknown
from cds_service.timeline.amounts import Amount
from cds_service.timeline.events import Certainty, Missing, OrderSource
from tests.unit.evaluate.judging.patients import (
    YES,
    Clinic,
    allergic,
    diagnosed,
    done,
    drug,
    mg,
    ordered,
    says,
    span,
    wants,
)

CLINIC = Clinic()


class TestNotTried:
    def test_nothing_counts_and_the_record_is_whole(self) -> None:
        trial = CLINIC.one("alpha")
        assert (trial.verdict, trial.references, trial.missing) == (Verdict.NOT_TRIED, (), ())

    @pytest.mark.parametrize(
        "unread",
        ["MedicationRequest", "MedicationStatement", "MedicationAdministration", "MedicationDispense"],
    )
    def test_a_drug_whose_orders_were_not_all_read_is_unknown_not_untried(self, unread: str) -> None:
        trial = Clinic(incomplete=frozenset({unread})).one("alpha")
        assert (trial.verdict, trial.references) == (Verdict.UNKNOWN, ())
        assert [(m.what, m.settled_by) for m in trial.missing] == [
            ("whether alpha was ever tried", f"reading {unread}")
        ]

    def test_unread_procedures_leave_a_drug_untried_and_an_operation_unknown(self) -> None:
        clinic = Clinic(incomplete=frozenset({"Procedure"}))
        assert clinic.one("alpha").verdict is Verdict.NOT_TRIED
        assert clinic.one("operation").verdict is Verdict.UNKNOWN

    def test_a_therapy_that_may_be_either_needs_both(self) -> None:
        assert Clinic(incomplete=frozenset({"Procedure"})).one("toxin").verdict is Verdict.UNKNOWN
        assert Clinic(incomplete=frozenset({"MedicationRequest"})).one("toxin").verdict is Verdict.UNKNOWN

    @pytest.mark.parametrize("status", ["cancelled", "not-taken"])
    def test_an_order_that_was_never_taken_is_no_trial(self, status: str) -> None:
        assert CLINIC.one("alpha", ordered("alpha", "2026-01-01", status=status)).verdict is Verdict.NOT_TRIED

    def test_a_draft_is_no_trial(self) -> None:
        assert CLINIC.one("alpha", ordered("alpha", "2026-01-01", is_draft=True)).verdict is Verdict.NOT_TRIED

    def test_an_order_that_has_not_begun_is_no_trial(self) -> None:
        assert CLINIC.one("alpha", ordered("alpha", "2026-06-20", begun=False)).verdict is Verdict.NOT_TRIED

    def test_every_therapy_of_the_pathway_has_a_trial(self) -> None:
        assert [t.therapy for t in CLINIC.trials()] == [
            "alpha",
            "beta",
            "gamma",
            "delta",
            "without-standard",
            "toxin",
            "given-toxin",
            "operation",
            "ablation",
            "guarded",
        ]


class TestOngoing:
    def test_running_and_not_yet_adequate_says_from_which_day_it_will_be(self) -> None:
        """Ordered at 800 mg on 1 June; 28 days are over on 29 June."""
        trial = CLINIC.one("alpha", ordered("alpha", "2026-06-01", dose=mg(800)))
        assert (trial.verdict, trial.running, trial.adequate) == (Verdict.ONGOING, True, False)
        assert trial.adequate_on == date(2026, 6, 29)

    def test_titration_is_ongoing_until_its_time_is_up(self) -> None:
        trial = CLINIC.one("alpha", ordered("alpha", "2026-05-20", dose=mg(200)))
        assert (trial.verdict, trial.adequate_on) == (Verdict.ONGOING, None)

    def test_the_dose_was_reached_late_and_is_still_being_held(self) -> None:
        """28 days are over, 600 mg began on 10 June: adequate after 14 days of it."""
        trial = CLINIC.one(
            "alpha",
            ordered("alpha", "2026-05-01", "2026-06-10", dose=mg(200), why="other"),
            ordered("alpha", "2026-06-10", dose=mg(600)),
        )
        assert (trial.verdict, trial.adequate_on) == (Verdict.ONGOING, date(2026, 6, 24))

    def test_on_hold_is_not_stopped(self) -> None:
        trial = CLINIC.one("alpha", ordered("alpha", "2026-06-01", status="on-hold", dose=mg(800)))
        assert (trial.verdict, trial.running, trial.adequate_on) == (Verdict.ONGOING, True, None)
        assert "on hold" in says(trial)

    def test_a_dose_that_was_raised_and_paused_is_not_too_low(self) -> None:
        """28 days are over; 800 mg began on 10 June and is on hold."""
        low = ordered("alpha", "2026-05-01", "2026-06-10", dose=mg(200), why="other")
        trial = CLINIC.one("alpha", low, ordered("alpha", "2026-06-10", status="on-hold", dose=mg(800)))
        assert (trial.verdict, trial.running) == (Verdict.ONGOING, True)

    def test_a_reason_on_a_running_order_has_not_ended_it(self) -> None:
        trial = CLINIC.one("alpha", ordered("alpha", "2026-06-01", dose=mg(800), why="not-tolerated"))
        assert trial.verdict is Verdict.ONGOING

    def test_a_running_course_of_unknown_dose_is_ongoing_until_its_time_is_up(self) -> None:
        assert CLINIC.one("alpha", ordered("alpha", "2026-06-01")).verdict is Verdict.ONGOING
        later = CLINIC.one("alpha", ordered("alpha", "2026-01-01"))
        assert (later.verdict, later.reason) == (Verdict.UNKNOWN, "dose-unknown")
        assert "dose of alpha" in wants(later)


class TestOngoingAdequate:
    def test_adequate_and_running(self) -> None:
        trial = CLINIC.one("alpha", ordered("alpha", "2026-01-01", dose=mg(800)))
        assert (trial.verdict, trial.adequate, trial.adequate_on) == (Verdict.ONGOING_ADEQUATE, True, None)
        assert (trial.start, trial.end, trial.judged_on) == (span("2026-01-01"), None, span("2026-06-15"))

    def test_adequate_and_running_with_a_note_of_no_benefit_is_a_failure(self) -> None:
        trial = CLINIC.one("alpha", ordered("alpha", "2026-01-01", dose=mg(800), note="no benefit"))
        assert (trial.verdict, trial.reason, trial.certainty) == (
            Verdict.FAILED,
            "absent",
            Certainty.INFERRED,
        )

    def test_a_lapsed_order_that_another_one_outlasted_tells_only_of_itself(self) -> None:
        """Thirty days from 1 January, never marked as over; a new order has run since February."""
        lapsed = ordered("alpha", "2026-01-01", dose=mg(800), supply=30, note="no benefit")
        trial = CLINIC.one("alpha", lapsed, ordered("alpha", "2026-02-01", dose=mg(800)))
        assert trial.verdict is Verdict.ONGOING_ADEQUATE


class TestInadequate:
    def test_ended_too_short(self) -> None:
        trial = CLINIC.one("alpha", ordered("alpha", "2026-01-01", "2026-01-20", dose=mg(800)))
        assert (trial.verdict, trial.reason, trial.adequate) == (Verdict.INADEQUATE, "too-short", False)
        assert trial.days == Amount(19, 19, "d")
        assert (trial.required_days, str(trial.required_dose)) == (28, "600 mg")

    def test_ended_too_low(self) -> None:
        trial = CLINIC.one("alpha", ordered("alpha", "2026-01-01", "2026-04-01", dose=mg(400)))
        assert (trial.verdict, trial.reason, trial.daily_dose) == (Verdict.INADEQUATE, "too-low", mg(400))

    def test_reached_the_dose_but_not_for_long_enough(self) -> None:
        trial = CLINIC.one(
            "alpha",
            ordered("alpha", "2026-01-01", "2026-02-01", dose=mg(400)),
            ordered("alpha", "2026-02-01", "2026-02-08", dose=mg(800)),
        )
        assert (trial.verdict, trial.reason) == (Verdict.INADEQUATE, "too-short")

    def test_ran_its_full_time_below_the_dose(self) -> None:
        trial = CLINIC.one("alpha", ordered("alpha", "2026-03-01", dose=mg(400)))
        assert (trial.verdict, trial.reason, trial.running) == (Verdict.INADEQUATE, "too-low", True)

    def test_short_stays_inadequate_whatever_coded_lack_of_effect_says_and_shows_the_reason(self) -> None:
        trial = CLINIC.one(
            "alpha", ordered("alpha", "2026-01-01", "2026-01-10", dose=mg(800), why="no-effect")
        )
        assert trial.verdict is Verdict.INADEQUATE
        assert "no-effect" in says(trial)

    def test_low_stays_inadequate_whatever_the_note_says_and_shows_the_quote(self) -> None:
        trial = CLINIC.one(
            "alpha", ordered("alpha", "2026-01-01", "2026-04-01", dose=mg(400), note="no benefit")
        )
        assert (trial.verdict, trial.reason) == (Verdict.INADEQUATE, "too-low")
        assert "no benefit" in says(trial)

    def test_short_and_stopped_for_cost_is_inadequate_and_shows_the_cost(self) -> None:
        trial = CLINIC.one("alpha", ordered("alpha", "2026-01-01", "2026-01-10", dose=mg(800), why="cost"))
        assert trial.verdict is Verdict.INADEQUATE
        assert "cost" in says(trial)

    def test_an_abandoned_procedure_is_never_an_adequate_trial(self) -> None:
        trial = CLINIC.one("operation", done("operation", "2026-01-01", status="stopped"))
        assert (trial.verdict, trial.reason, trial.adequate) == (Verdict.INADEQUATE, "abandoned", False)


class TestFailed:
    def test_adequate_and_coded_as_without_effect(self) -> None:
        order = ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(800), why="no-effect")
        trial = CLINIC.one("alpha", order)
        assert (trial.verdict, trial.reason, trial.finer) == (Verdict.FAILED, "absent", "failed-absent")
        assert (trial.certainty, trial.adequate) == (Certainty.DOCUMENTED, True)
        assert trial.judged_on == span("2026-03-01")
        assert trial.references == (order.reference,)
        assert says(trial) == (
            "alpha ordered 2026-01-01, until 2026-03-01, 800 mg a day; alpha stopped: no-effect"
        )

    def test_adequate_and_words_of_no_benefit_is_inferred(self) -> None:
        trial = CLINIC.one(
            "alpha", ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(800), note="no benefit")
        )
        assert (trial.verdict, trial.certainty) == (Verdict.FAILED, Certainty.INFERRED)

    def test_worked_for_half_a_year_and_waned(self) -> None:
        trial = CLINIC.one(
            "alpha", ordered("alpha", "2025-06-01", "2026-03-01", dose=mg(800), note="wore off")
        )
        assert (trial.verdict, trial.finer) == (Verdict.FAILED, "failed-waned")


class TestNotTolerated:
    def test_stopped_for_harm_at_whatever_dose_and_duration(self) -> None:
        trial = CLINIC.one(
            "alpha", ordered("alpha", "2026-01-01", "2026-01-03", dose=mg(100), why="not-tolerated")
        )
        assert (trial.verdict, trial.reason) == (Verdict.NOT_TOLERATED, "intolerance")

    def test_without_any_dose(self) -> None:
        trial = CLINIC.one("alpha", ordered("alpha", "2026-01-01", "2026-01-03", note="made her dizzy"))
        assert (trial.verdict, trial.certainty) == (Verdict.NOT_TOLERATED, Certainty.INFERRED)

    def test_an_allergy_after_a_day_of_use_is_not_tolerated(self) -> None:
        trial = CLINIC.one("alpha", ordered("alpha", "2026-01-01", "2026-01-02", dose=mg(100), why="allergy"))
        assert (trial.verdict, trial.reason) == (Verdict.NOT_TOLERATED, "allergy")

    def test_an_allergy_before_a_day_of_use_rules_out(self) -> None:
        trial = CLINIC.one("alpha", ordered("alpha", "2026-01-01", "2026-01-01", dose=mg(100), why="allergy"))
        assert (trial.verdict, trial.reason) == (Verdict.RULED_OUT, "allergy")

    def test_an_allergy_to_what_was_given_once_is_not_tolerated(self) -> None:
        given = ordered("alpha", "2026-01-01", status="completed", source=OrderSource.ADMINISTRATION)
        trials = CLINIC.all_of("alpha", given, allergic("alpha", recorded="2026-01-02"))
        assert [(t.verdict, t.reason) for t in trials] == [(Verdict.NOT_TOLERATED, "allergy")]

    def test_an_intolerance_on_record_speaks_of_the_course_before_it(self) -> None:
        trials = CLINIC.all_of(
            "alpha",
            ordered("alpha", "2026-01-01", "2026-02-15", dose=mg(800)),
            allergic("alpha", recorded="2026-02-20", kind="intolerance"),
        )
        assert [(t.verdict, t.reason) for t in trials] == [(Verdict.NOT_TOLERATED, "intolerance")]

    def test_a_harm_diagnosed_near_the_stop(self) -> None:
        order = ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(800))
        assert CLINIC.one("alpha", order, diagnosed("harm", "2026-03-15")).verdict is Verdict.NOT_TOLERATED
        assert CLINIC.one("alpha", order, diagnosed("harm", "2026-02-15")).verdict is Verdict.NOT_TOLERATED
        assert CLINIC.one("alpha", order, diagnosed("harm", "2026-03-16")).verdict is Verdict.ENDED_UNKNOWN

    def test_a_harm_of_imprecise_date_leaves_the_verdict_open(self) -> None:
        order = ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(800))
        trial = CLINIC.one("alpha", order, diagnosed("harm", "2026-03"))
        assert trial.verdict is Verdict.UNKNOWN
        assert "exact date of harm" in wants(trial)

    def test_a_harm_that_began_before_it_is_not_of_its_making(self) -> None:
        order = ordered("alpha", "2026-01-05", "2026-01-15", dose=mg(800))
        assert CLINIC.one("alpha", order, diagnosed("harm", "2026-01-04")).verdict is Verdict.INADEQUATE
        assert CLINIC.one("alpha", order, diagnosed("harm", "2026-01-05")).verdict is Verdict.NOT_TOLERATED

    def test_a_harm_after_a_drug_that_ended_nobody_knows_when_leaves_it_open(self) -> None:
        order = ordered("alpha", "2026-01-05", status="stopped", dose=mg(800))
        trial = CLINIC.one("alpha", order, diagnosed("harm", "2026-02-01"))
        assert (trial.verdict, wants(trial)) == (Verdict.UNKNOWN, "when alpha ended")

    def test_a_complication_of_a_procedure(self) -> None:
        trial = CLINIC.one("operation", done("operation", "2026-01-01", complication="nerve-injury"))
        assert trial.verdict is Verdict.NOT_TOLERATED


class TestRuledOut:
    @pytest.mark.parametrize(
        ("why", "reason"),
        [("contraindicated", "contraindicated"), ("allergy", "allergy"), ("declined", "declined")],
    )
    def test_a_cancelled_order_says_why(self, why: str, reason: str) -> None:
        order = ordered("alpha", "2026-01-01", status="cancelled", why=why)
        trial = CLINIC.one("alpha", order)
        assert (trial.verdict, trial.reason, trial.start) == (Verdict.RULED_OUT, reason, None)
        assert trial.references == (order.reference,)

    def test_a_cancelled_order_for_cost_rules_nothing_out(self) -> None:
        order = ordered("alpha", "2026-01-01", status="cancelled", why="cost")
        assert CLINIC.one("alpha", order).verdict is Verdict.NOT_TRIED

    def test_an_order_not_to_give_it(self) -> None:
        trial = CLINIC.one("alpha", ordered("alpha", "2026-01-01", avoid=True))
        assert (trial.verdict, trial.reason) == (Verdict.RULED_OUT, "avoid")
        assert "not to be given" in says(trial)

    def test_an_order_not_to_give_it_shows_its_reason(self) -> None:
        trial = CLINIC.one("alpha", ordered("alpha", "2026-01-01", avoid=True, reasons=["contraindicated"]))
        assert (trial.verdict, trial.reason) == (Verdict.RULED_OUT, "contraindicated")

    def test_an_order_not_to_give_it_that_no_longer_holds(self) -> None:
        order = ordered("alpha", "2026-01-01", avoid=True, status="completed")
        assert CLINIC.one("alpha", order).verdict is Verdict.NOT_TRIED

    def test_an_allergy_to_a_drug_never_given(self) -> None:
        trial = CLINIC.one("alpha", allergic("alpha"))
        assert (trial.verdict, trial.reason) == (Verdict.RULED_OUT, "allergy")

    def test_a_low_criticality_intolerance_still_counts_and_is_named_as_such(self) -> None:
        trial = CLINIC.one("alpha", allergic("alpha", kind="intolerance", criticality="low"))
        assert (trial.verdict, trial.reason) == (Verdict.RULED_OUT, "intolerance")
        assert "low criticality" in says(trial)

    def test_an_inactive_allergy_rules_nothing_out(self) -> None:
        assert CLINIC.one("alpha", allergic("alpha", clinical="resolved")).verdict is Verdict.NOT_TRIED

    def test_an_allergy_to_a_sibling_of_the_class_is_left_to_the_safety_rules(self) -> None:
        assert CLINIC.one("alpha", allergic("beta")).verdict is Verdict.NOT_TRIED

    def test_a_critical_safety_finding_of_today(self) -> None:
        trial = Clinic(would_fire={"alpha": YES}).one("alpha")
        assert (trial.verdict, trial.reason) == (Verdict.RULED_OUT, "contraindicated")
        assert trial.references == ("Observation/fact",)

    def test_an_undecided_safety_finding_leaves_it_untried_and_says_what_is_missing(self) -> None:
        trial = Clinic(would_fire={"alpha": unknown(Missing(what="HLA type"))}).one("alpha")
        assert (trial.verdict, wants(trial)) == (Verdict.NOT_TRIED, "HLA type")

    def test_a_running_drug_is_not_ruled_out_by_a_finding_of_today(self) -> None:
        clinic = Clinic(would_fire={"alpha": YES})
        trials = clinic.all_of("alpha", ordered("alpha", "2026-01-01", dose=mg(800)))
        assert [t.verdict for t in trials] == [Verdict.ONGOING_ADEQUATE]

    def test_a_drug_that_was_given_and_is_dangerous_today_is_one_more_trial(self) -> None:
        clinic = Clinic(would_fire={"alpha": YES})
        trials = clinic.all_of(
            "alpha", ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(800), why="cost")
        )
        assert [t.verdict for t in trials] == [Verdict.STOPPED_OTHER, Verdict.RULED_OUT]

    def test_what_was_declined_once_and_given_later_is_not_ruled_out(self) -> None:
        trials = CLINIC.all_of(
            "alpha",
            ordered("alpha", "2025-01-01", status="cancelled", why="declined"),
            ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(800), why="cost"),
        )
        assert [t.verdict for t in trials] == [Verdict.STOPPED_OTHER]

    def test_what_was_given_once_and_declined_later_is(self) -> None:
        trials = CLINIC.all_of(
            "alpha",
            ordered("alpha", "2025-01-01", "2025-03-01", dose=mg(800), why="cost"),
            ordered("alpha", "2026-01-01", status="cancelled", why="declined"),
        )
        assert [(t.verdict, t.reason) for t in trials] == [
            (Verdict.STOPPED_OTHER, "cost"),
            (Verdict.RULED_OUT, "declined"),
        ]

    def test_given_briefly_and_found_contraindicated(self) -> None:
        trial = CLINIC.one(
            "alpha", ordered("alpha", "2026-01-01", "2026-01-10", dose=mg(800), why="contraindicated")
        )
        assert (trial.verdict, trial.reason) == (Verdict.RULED_OUT, "contraindicated")

    def test_given_long_enough_and_found_contraindicated_says_nothing_of_effect(self) -> None:
        trial = CLINIC.one(
            "alpha", ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(800), why="contraindicated")
        )
        assert (trial.verdict, trial.reason) == (Verdict.STOPPED_OTHER, "contraindicated")

    def test_pregnancy_rules_out_only_while_it_lasts(self) -> None:
        order = ordered("alpha", "2026-01-01", status="cancelled", why="pregnancy")
        assert Clinic(facts={"pregnant": YES}).one("alpha", order).verdict is Verdict.RULED_OUT
        assert Clinic().one("alpha", order).verdict is Verdict.NOT_TRIED

    @pytest.mark.parametrize(
        ("why", "reason"), [("contraindicated", "contraindicated"), ("declined", "declined")]
    )
    @pytest.mark.parametrize("status", ["not-done", "stopped"])
    def test_a_procedure_not_done_or_abandoned_says_why(self, status: str, why: str, reason: str) -> None:
        trial = CLINIC.one("operation", done("operation", "2026-01-01", status=status, why=why))
        assert (trial.verdict, trial.reason) == (Verdict.RULED_OUT, reason)

    def test_an_outcome_of_what_was_abandoned_means_nothing(self) -> None:
        abandoned = done(
            "operation", "2025-01-01", status="stopped", outcome="success", why="contraindicated"
        )
        later = done("ablation", "2026-01-01")
        assert CLINIC.all_of("operation", abandoned, later)[0].verdict is Verdict.RULED_OUT
        alone = done("operation", "2025-01-01", status="stopped", outcome="success")
        assert CLINIC.one("operation", alone).verdict is Verdict.INADEQUATE

    def test_a_procedure_not_done_without_a_reason_is_not_tried(self) -> None:
        assert (
            CLINIC.one("operation", done("operation", "2026-01-01", status="not-done")).verdict
            is Verdict.NOT_TRIED
        )

    def test_an_operation_done_once_and_contraindicated_since_is_both(self) -> None:
        trials = CLINIC.all_of(
            "operation",
            done("operation", "2020-01-01", outcome="failure"),
            done("operation", "2026-01-01", status="not-done", why="contraindicated"),
        )
        assert [t.verdict for t in trials] == [Verdict.FAILED, Verdict.RULED_OUT]


class TestEffective:
    def test_stopped_because_its_aim_was_reached(self) -> None:
        trial = CLINIC.one(
            "alpha", ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(800), why="remission")
        )
        assert trial.verdict is Verdict.EFFECTIVE

    def test_success_needs_no_dose_and_no_duration(self) -> None:
        trial = CLINIC.one(
            "alpha", ordered("alpha", "2026-01-01", "2026-01-20", dose=mg(200), why="remission")
        )
        assert trial.verdict is Verdict.EFFECTIVE

    def test_a_successful_procedure_not_repeated_since(self) -> None:
        assert (
            CLINIC.one("operation", done("operation", "2024-01-01", outcome="success")).verdict
            is Verdict.EFFECTIVE
        )

    def test_a_successful_procedure_that_was_repeated_has_not_stayed_effective(self) -> None:
        """Exactly 90 days: neither a failure nor a recurrence by the rule, and no lasting success either."""
        first, second = CLINIC.all_of(
            "operation",
            done("operation", "2024-01-01", outcome="success"),
            done("operation", "2024-03-31", outcome="success"),
        )
        assert first.verdict is Verdict.UNKNOWN
        assert second.verdict is Verdict.EFFECTIVE


class TestStoppedOther:
    @pytest.mark.parametrize("why", ["cost", "pregnancy"])
    def test_adequate_and_ended_for_a_reason_that_says_nothing_of_effect(self, why: str) -> None:
        trial = CLINIC.one("alpha", ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(800), why=why))
        assert (trial.verdict, trial.reason) == (Verdict.STOPPED_OTHER, why)

    def test_with_an_unknown_dose_too(self) -> None:
        trial = CLINIC.one("alpha", ordered("alpha", "2026-01-01", "2026-03-01", why="cost"))
        assert (trial.verdict, trial.reason) == (Verdict.STOPPED_OTHER, "cost")


class TestEndedUnknown:
    def test_adequate_and_ended_without_a_reason(self) -> None:
        trial = CLINIC.one("alpha", ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(800)))
        assert (trial.verdict, wants(trial)) == (Verdict.ENDED_UNKNOWN, "why alpha ended")

    def test_completed_alone_is_neither_success_nor_failure(self) -> None:
        order = ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(800), status="completed")
        assert CLINIC.one("alpha", order).verdict is Verdict.ENDED_UNKNOWN

    def test_exposure_of_unknown_dose_without_a_reason_is_never_a_failure(self) -> None:
        trial = CLINIC.one("alpha", ordered("alpha", "2024-01", "2024-08", status="completed"))
        assert trial.verdict is Verdict.ENDED_UNKNOWN
        assert "dose of alpha" in wants(trial)

    def test_a_weak_phrase_alone_asks_and_quotes(self) -> None:
        trial = CLINIC.one("alpha", ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(800), note="failed"))
        assert trial.verdict is Verdict.ENDED_UNKNOWN
        assert "the record says “failed”" in says(trial)

    def test_a_lapsed_order_ended_with_its_supply_by_inference(self) -> None:
        """Thirty days from 1 January; by June nobody renewed it."""
        trial = CLINIC.one("alpha", ordered("alpha", "2026-01-01", dose=mg(800), supply=60))
        assert (trial.verdict, trial.running) == (Verdict.ENDED_UNKNOWN, False)
        assert (trial.end, trial.certainty) == (span("2026-03-02"), Certainty.INFERRED)
        assert "not renewed" in says(trial)


class TestUnknown:
    def test_days_that_straddle_the_limit_name_the_dates(self) -> None:
        """From some day in January to 10 February: 10 to 40 days."""
        trial = CLINIC.one("alpha", ordered("alpha", "2026-01", "2026-02-10", dose=mg(800), why="no-effect"))
        assert (trial.verdict, trial.adequate) == (Verdict.UNKNOWN, None)
        assert wants(trial) == "exact dates of alpha"

    def test_a_dose_that_straddles_the_limit_names_the_dose(self) -> None:
        trial = CLINIC.one(
            "alpha", ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(400, 800), why="no-effect")
        )
        assert trial.verdict is Verdict.UNKNOWN
        assert "days of alpha at 600 mg" in wants(trial)

    def test_stopped_on_an_unrecorded_day_for_want_of_effect(self) -> None:
        trial = CLINIC.one(
            "alpha", ordered("alpha", "2026-01-01", status="stopped", dose=mg(800), why="no-effect")
        )
        assert trial.verdict is Verdict.UNKNOWN
        assert trial.missing

    def test_undated_history_counts_as_tried_and_never_towards_a_duration(self) -> None:
        trial = CLINIC.one("alpha", ordered("alpha", None, status="completed", dose=mg(800), why="no-effect"))
        assert (trial.verdict, trial.adequate) == (Verdict.UNKNOWN, None)
        assert "how long alpha was ordered" in wants(trial)

    def test_a_therapy_without_a_standard_cannot_be_called_a_failure(self) -> None:
        order = ordered("without-standard", "2026-01-01", "2026-03-01", dose=mg(800), why="no-effect")
        trial = CLINIC.one("without-standard", order)
        assert (trial.verdict, trial.reason) == (Verdict.UNKNOWN, "no-standard")

    def test_a_therapy_without_a_standard_can_be_not_tolerated(self) -> None:
        order = ordered("without-standard", "2026-01-01", "2026-03-01", why="not-tolerated")
        assert CLINIC.one("without-standard", order).verdict is Verdict.NOT_TOLERATED

    def test_a_procedure_without_an_outcome(self) -> None:
        trial = CLINIC.one("operation", done("operation", "2024-01-01"))
        assert (trial.verdict, trial.reason, wants(trial)) == (
            Verdict.UNKNOWN,
            "no-outcome",
            "outcome of operation",
        )

    def test_a_combination_is_exposure_and_never_an_adequate_trial_of_one_drug(self) -> None:
        both = drug("alpha", "beta")
        ended = CLINIC.one("alpha", ordered(both, "2026-01-01", "2026-03-01", dose=mg(900)))
        assert ended.verdict is Verdict.ENDED_UNKNOWN
        blamed = CLINIC.one("alpha", ordered(both, "2026-01-01", "2026-03-01", dose=mg(900), why="no-effect"))
        assert (blamed.verdict, blamed.reason) == (Verdict.UNKNOWN, "combination")
        assert CLINIC.one("beta", ordered(both, "2026-01-01", dose=mg(900))).verdict is Verdict.ONGOING
