"""Procedures: sessions, sides, waiting times, outcomes, what came next."""

from __future__ import annotations

from datetime import date

import pytest

from cds_service.evaluate.findings import Verdict
from cds_service.timeline.events import OrderSource
from tests.unit.evaluate.judging.patients import (
    Clinic,
    coded,
    done,
    drug,
    mg,
    ordered,
    pain,
    says,
    span,
    wants,
)

CLINIC = Clinic()


class TestOneSession:
    def test_claim_lines_within_a_week_are_one_procedure(self) -> None:
        lines = [
            done("ablation", "2026-01-01", ref="a"),
            done("ablation", "2026-01-01", ref="b"),
            done("ablation", "2026-01-08", ref="c"),
        ]
        trial = CLINIC.one("ablation", *lines)
        assert (trial.sessions, trial.start) == (1, span("2026-01-01"))
        assert set(trial.references) == {"Procedure/a", "Procedure/b", "Procedure/c"}

    def test_a_day_later_is_another_procedure(self) -> None:
        assert (
            len(CLINIC.all_of("ablation", done("ablation", "2026-01-01"), done("ablation", "2026-01-09")))
            == 2
        )

    def test_without_a_rule_only_records_of_one_day_are_one(self) -> None:
        same = CLINIC.all_of(
            "operation", done("operation", "2026-01-01", ref="a"), done("operation", "2026-01-01", ref="b")
        )
        next_day = CLINIC.all_of(
            "operation", done("operation", "2026-01-01"), done("operation", "2026-01-02")
        )
        assert (len(same), len(next_day)) == (1, 2)

    def test_an_outcome_on_any_line_speaks_for_the_session(self) -> None:
        trial = CLINIC.one(
            "ablation",
            done("ablation", "2026-01-01", ref="a"),
            done("ablation", "2026-01-02", outcome="failure"),
        )
        assert trial.verdict is Verdict.FAILED

    def test_a_partial_date_that_may_be_the_same_session_is_not_a_second_one(self) -> None:
        assert (
            len(CLINIC.all_of("ablation", done("ablation", "2026-01"), done("ablation", "2026-01-20"))) == 1
        )


class TestSides:
    def test_two_sides_are_two_trials(self) -> None:
        trials = CLINIC.all_of(
            "ablation",
            done("ablation", "2026-01-01", side="left"),
            done("ablation", "2026-01-02", side="right"),
        )
        assert [t.site.side if t.site else None for t in trials] == ["left", "right"]

    @pytest.mark.parametrize("other", [None, "left", "bilateral"])
    def test_a_side_not_recorded_or_both_sides_do_not_separate(self, other: str | None) -> None:
        trials = CLINIC.all_of(
            "ablation",
            done("ablation", "2026-01-01", side="left"),
            done("ablation", "2026-01-02", side=other),
        )
        assert len(trials) == 1

    def test_the_other_side_is_no_repeat(self) -> None:
        left, right = CLINIC.all_of(
            "operation",
            done("operation", "2026-01-01", side="left"),
            done("operation", "2026-02-01", side="right"),
        )
        assert (left.verdict, right.verdict) == (Verdict.UNKNOWN, Verdict.UNKNOWN)

    def test_an_unknown_side_may_be_the_same(self) -> None:
        first, _ = CLINIC.all_of(
            "operation", done("operation", "2026-01-01", side="left"), done("operation", "2026-02-01")
        )
        assert first.verdict is Verdict.FAILED


class TestWaiting:
    @pytest.mark.parametrize(
        ("when", "verdict"), [("2026-05-17", Verdict.ONGOING), ("2026-05-16", Verdict.UNKNOWN)]
    )
    def test_not_judged_before_thirty_days(self, when: str, verdict: Verdict) -> None:
        trial = CLINIC.one("operation", done("operation", when))
        assert trial.verdict is verdict

    def test_it_says_from_which_day_it_may_be_judged(self) -> None:
        assert CLINIC.one("operation", done("operation", "2026-06-01")).adequate_on == date(2026, 7, 1)

    def test_a_recorded_failure_counts_at_once(self) -> None:
        trial = CLINIC.one("operation", done("operation", "2026-06-01", outcome="failure"))
        assert trial.verdict is Verdict.FAILED

    def test_a_success_recorded_on_the_day_is_not_yet_a_success(self) -> None:
        trial = CLINIC.one("operation", done("operation", "2026-06-01", outcome="success"))
        assert trial.verdict is Verdict.ONGOING
        words = CLINIC.one(
            "operation", done("operation", "2025-06-10", status="in-progress", note="declined")
        )
        assert words.verdict is Verdict.ONGOING

    def test_a_score_before_the_waiting_time_is_over_says_nothing(self) -> None:
        operation = done("operation", "2026-01-01")
        assert CLINIC.one("operation", operation, pain(9, "2026-01-30")).verdict is Verdict.UNKNOWN
        assert CLINIC.one("operation", operation, pain(9, "2026-01-31")).verdict is Verdict.FAILED

    def test_partial_relief_waits_longer_and_then_is_neither_failure_nor_success(self) -> None:
        early = CLINIC.one("operation", done("operation", "2026-04-01", outcome="partial"))
        late = CLINIC.one("operation", done("operation", "2026-03-17", outcome="partial"))
        assert (early.verdict, late.verdict, late.reason) == (Verdict.ONGOING, Verdict.UNKNOWN, "partial")
        assert "whether the relief from operation is enough" in wants(late)

    def test_a_partial_date_that_straddles_the_waiting_time_is_open(self) -> None:
        trial = CLINIC.one("operation", done("operation", "2026-05"))
        assert trial.verdict is Verdict.UNKNOWN
        assert wants(trial) == "date of operation"

    def test_an_undated_procedure_counts_as_tried(self) -> None:
        trial = CLINIC.one("operation", done("operation", None))
        assert (trial.verdict, trial.references) == (Verdict.UNKNOWN, ("Procedure/operation-None-None",))
        failed = CLINIC.one("operation", done("operation", None, outcome="failure"))
        assert failed.verdict is Verdict.FAILED

    def test_under_way(self) -> None:
        trial = CLINIC.one("operation", done("operation", "2026-06-10", status="in-progress"))
        assert (trial.verdict, trial.running) == (Verdict.ONGOING, True)

    def test_an_outcome_of_what_is_under_way_means_nothing_yet(self) -> None:
        trial = CLINIC.one(
            "operation", done("operation", "2025-06-10", status="in-progress", outcome="success")
        )
        assert trial.verdict is Verdict.ONGOING

    def test_one_of_which_nobody_recorded_whether_it_was_done_is_neither_tried_nor_untried(self) -> None:
        """The record is not complete enough for "never tried", and gives no proof of use, whatever its outcome says."""
        unclear = done("operation", "2026-01-01", status="unknown", outcome="failure")
        trial = CLINIC.one("operation", unclear)
        assert (trial.verdict, trial.reason, trial.references) == (Verdict.UNKNOWN, "status-unknown", ())
        assert wants(trial) == "whether operation was ever tried"
        known = done("operation", "2025-01-01", outcome="success", ref="known")
        assert CLINIC.one("operation", unclear, known).references == ("Procedure/known",)


class TestWhatCameNext:
    def test_a_second_procedure_in_less_than_90_days_is_a_failure(self) -> None:
        at_89 = CLINIC.one("operation", done("operation", "2025-01-01"), done("ablation", "2025-03-31"))
        at_90 = CLINIC.one("operation", done("operation", "2025-01-01"), done("ablation", "2025-04-01"))
        assert (at_89.verdict, at_90.verdict) == (Verdict.FAILED, Verdict.UNKNOWN)
        assert "89 days after operation" in says(at_89)

    def test_the_ablation_has_a_year(self) -> None:
        """Drugs were ordered all along, so nothing else shows a benefit in between."""
        drugs = ordered("beta", "2024-01-01", "2026-01-01")
        at_364 = CLINIC.one(
            "ablation", drugs, done("ablation", "2024-06-01"), done("operation", "2025-05-31")
        )
        at_365 = CLINIC.one(
            "ablation", drugs, done("ablation", "2024-06-01"), done("operation", "2025-06-01")
        )
        assert (at_364.verdict, at_365.verdict) == (Verdict.FAILED, Verdict.UNKNOWN)

    def test_it_outweighs_an_earlier_success(self) -> None:
        trial = CLINIC.one(
            "operation", done("operation", "2025-01-01", outcome="success"), done("ablation", "2025-02-01")
        )
        assert trial.finer == "failed-absent"

    def test_after_benefit_a_late_one_is_waning(self) -> None:
        trial = CLINIC.one(
            "operation", done("operation", "2020-01-01", outcome="partial"), done("ablation", "2024-02-01")
        )
        assert trial.finer == "failed-waned"

    def test_of_imprecise_date_leaves_it_open(self) -> None:
        trial = CLINIC.one("operation", done("operation", "2025-01-01"), done("ablation", "2025-03"))
        assert trial.verdict is Verdict.FAILED
        open_ = CLINIC.one("operation", done("operation", "2025-01-15"), done("ablation", "2025-04"))
        assert open_.verdict is Verdict.UNKNOWN
        assert "exact dates of ablation" in wants(open_)

    def test_months_without_any_drug_show_benefit_even_without_an_outcome(self) -> None:
        operation = done("operation", "2025-01-01")
        long = CLINIC.one("operation", operation, ordered("alpha", "2025-04-02", "2025-05-01"))
        assert (long.finer, long.certainty) == ("failed-waned", "inferred")
        covered = CLINIC.one(
            "operation",
            operation,
            ordered("beta", "2024-12-01", "2026-06-10"),
            ordered("alpha", "2025-04-02", "2025-05-01"),
        )
        assert covered.verdict is Verdict.UNKNOWN

    def test_a_stretch_without_drugs_after_the_pain_was_back_shows_nothing(self) -> None:
        """On drugs until the year's end; the second operation came in between."""
        first, _ = CLINIC.all_of(
            "operation",
            done("operation", "2022-03-01"),
            done("operation", "2022-05-31"),
            ordered("alpha", "2022-01-01", "2022-12-31"),
        )
        assert first.verdict is Verdict.UNKNOWN

    def test_months_without_drugs_do_not_overturn_a_recorded_failure(self) -> None:
        failed = done("operation", "2025-01-01", outcome="failure")
        trial = CLINIC.one("operation", failed, ordered("alpha", "2025-06-01", "2025-07-01"))
        assert trial.finer == "failed-absent"

    def test_unread_orders_show_no_stretch_without_drugs(self) -> None:
        clinic = Clinic(incomplete=frozenset({"MedicationRequest"}))
        trial = clinic.one(
            "operation", done("operation", "2025-01-01"), ordered("alpha", "2025-04-02", "2025-05-01")
        )
        assert trial.verdict is Verdict.UNKNOWN

    def test_a_low_score_before_a_drug_was_restarted_shows_benefit_and_one_after_it_does_not(self) -> None:
        history = (
            done("operation", "2025-01-01"),
            ordered("beta", "2024-06-01", "2026-01-01"),
            ordered("alpha", "2025-05-01", "2025-06-01"),
        )
        assert CLINIC.one("operation", *history, pain(3, "2025-03-01")).finer == "failed-waned"
        assert CLINIC.one("operation", *history, pain(4, "2025-03-01")).verdict is Verdict.UNKNOWN
        assert CLINIC.one("operation", *history, pain(3, "2025-06-01")).verdict is Verdict.UNKNOWN

    def test_a_note_of_no_benefit_is_inferred(self) -> None:
        trial = CLINIC.one("operation", done("operation", "2025-01-01", note="no benefit"))
        assert (trial.verdict, trial.certainty) == (Verdict.FAILED, "inferred")


class TestToxin:
    """One session; judged after 28 days; its effect lasts twelve weeks."""

    def test_the_order_and_the_injection_of_one_session_are_one(self) -> None:
        trial = CLINIC.one(
            "toxin",
            ordered("toxin", "2026-01-01", reasons=["disease"]),
            done("toxin-injection", "2026-01-20"),
            ordered(
                "toxin", "2026-01-20", "2026-01-20", source=OrderSource.ADMINISTRATION, reasons=["disease"]
            ),
        )
        assert (trial.sessions, len(trial.references), trial.start) == (1, 3, span("2026-01-20"))

    def test_early_then_lasting_then_a_question(self) -> None:
        injection = done("toxin-injection", "2026-01-01")
        verdicts = [
            Clinic(as_of=day).one("toxin", injection).verdict
            for day in (date(2026, 1, 28), date(2026, 1, 29), date(2026, 3, 26), date(2026, 3, 27))
        ]
        assert verdicts == [
            Verdict.ONGOING,
            Verdict.ONGOING_ADEQUATE,
            Verdict.ONGOING_ADEQUATE,
            Verdict.UNKNOWN,
        ]

    def test_sessions_every_twelve_weeks_are_one_series(self) -> None:
        trial = CLINIC.one(
            "toxin",
            done("toxin-injection", "2025-12-01"),
            done("toxin-injection", "2026-02-23"),
            done("toxin-injection", "2026-05-18"),
        )
        assert (trial.sessions, trial.verdict) == (3, Verdict.ONGOING_ADEQUATE)

    def test_an_order_for_another_disease_or_without_a_reason_is_no_session(self) -> None:
        assert (
            CLINIC.one("toxin", ordered("toxin", "2026-01-01", reasons=["rival"])).verdict
            is Verdict.NOT_TRIED
        )
        assert CLINIC.one("toxin", ordered("toxin", "2026-01-01")).verdict is Verdict.NOT_TRIED

    def test_stopped_for_want_of_effect(self) -> None:
        trial = CLINIC.one(
            "toxin", ordered("toxin", "2026-01-01", "2026-03-01", reasons=["disease"], why="no-effect")
        )
        assert trial.verdict is Verdict.FAILED


class TestSeries:
    """Two sessions at least 70 days apart, judged 24 weeks after the first; only what was given counts."""

    def test_two_sessions_seventy_days_apart(self) -> None:
        apart = [done("given-injection", "2026-01-01"), done("given-injection", "2026-03-12")]
        near = [done("given-injection", "2026-01-01"), done("given-injection", "2026-03-11")]
        assert CLINIC.one("given-toxin", *apart).adequate is True
        assert CLINIC.one("given-toxin", *near).adequate is False

    def test_before_its_time_it_is_ongoing(self) -> None:
        trial = CLINIC.one(
            "given-toxin", done("given-injection", "2026-01-01"), done("given-injection", "2026-03-12")
        )
        assert trial.verdict is Verdict.ONGOING
        assert trial.adequate_on == date(2026, 6, 18)

    def test_two_sessions_and_half_a_year(self) -> None:
        trial = CLINIC.one(
            "given-toxin", done("given-injection", "2025-12-01"), done("given-injection", "2026-03-12")
        )
        assert trial.verdict is Verdict.ONGOING_ADEQUATE

    def test_one_session_and_no_more_is_inadequate(self) -> None:
        trial = CLINIC.one("given-toxin", done("given-injection", "2025-06-01"))
        assert (trial.verdict, trial.reason) == (Verdict.INADEQUATE, "too-few-sessions")

    def test_a_pause_longer_than_the_gap_begins_a_new_series(self) -> None:
        near = [done("given-injection", "2025-06-01"), done("given-injection", "2025-09-29")]
        far = [done("given-injection", "2025-06-01"), done("given-injection", "2025-09-30")]
        assert len(CLINIC.all_of("given-toxin", *near)) == 1
        assert len(CLINIC.all_of("given-toxin", *far)) == 2

    def test_an_order_alone_is_no_session(self) -> None:
        assert CLINIC.one("given-toxin", ordered("given-toxin", "2026-01-01")).verdict is Verdict.NOT_TRIED


class TestConditionalCode:
    """A code shared with other operations counts for its reason, or for want of a rival reason."""

    def test_with_the_reason(self) -> None:
        assert (
            CLINIC.one("guarded", done("shared-code", "2025-01-01", reasons=["disease"])).verdict
            is Verdict.UNKNOWN
        )

    def test_with_another_reason(self) -> None:
        trial = CLINIC.one("guarded", done("shared-code", "2025-01-01", reasons=["rival"]))
        assert trial.verdict is Verdict.NOT_TRIED

    def test_without_a_reason_and_without_a_rival(self) -> None:
        from tests.unit.evaluate.judging.patients import diagnosed

        operation = done("shared-code", "2025-01-01")
        assert CLINIC.one("guarded", operation).verdict is Verdict.UNKNOWN
        assert CLINIC.one("guarded", operation, diagnosed("rival", "2024-01-01")).verdict is Verdict.NOT_TRIED


def test_a_procedure_known_only_from_words_is_inferred() -> None:
    from dataclasses import replace

    operation = done(replace(coded("operation"), basis="text"), "2025-01-01", outcome="failure")
    trial = CLINIC.one("operation", operation)
    assert (trial.verdict, trial.by_text, trial.certainty) == (Verdict.FAILED, True, "inferred")


def test_a_product_of_a_drug_is_not_a_procedure() -> None:
    assert (
        CLINIC.one("operation", ordered(drug("alpha"), "2026-01-01", dose=mg(800))).verdict
        is Verdict.NOT_TRIED
    )
