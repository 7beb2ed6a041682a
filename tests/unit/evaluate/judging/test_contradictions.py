"""Two sources that disagree: the later wins, a code outweighs words, a recorded reason outweighs an inference; both show."""

from __future__ import annotations

from cds_service.evaluate.findings import Verdict
from cds_service.timeline.events import Certainty, Concept, Ingredient, OrderSource
from tests.unit.evaluate.judging.patients import (
    PATHWAY,
    Clinic,
    allergic,
    coded,
    diagnosed,
    done,
    mg,
    ordered,
    pain,
    pathway_of,
    says,
)

CLINIC = Clinic()
ADEQUATE = {"dose": mg(800)}


def test_a_statement_that_ends_later_outweighs_the_order_and_both_show() -> None:
    trial = CLINIC.one(
        "alpha",
        ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(800), why="cost"),
        ordered("alpha", "2026-01-01", "2026-03-10", why="no-effect", source=OrderSource.STATEMENT),
    )
    assert trial.verdict is Verdict.FAILED
    assert "alpha stopped: no-effect" in says(trial)
    assert "also on record: alpha stopped: cost" in says(trial)


def test_a_source_that_says_the_same_again_is_not_shown_as_another() -> None:
    trial = CLINIC.one(
        "alpha",
        ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(800), why="no-effect"),
        ordered("alpha", "2026-01-01", "2026-03-10", why="no-effect", source=OrderSource.STATEMENT),
    )
    assert "also on record" not in says(trial)


def test_the_reason_of_an_order_that_a_higher_dose_followed_is_no_other_source() -> None:
    trial = CLINIC.one(
        "alpha",
        ordered("alpha", "2026-01-01", "2026-02-01", dose=mg(400), why="cost"),
        ordered("alpha", "2026-02-01", "2026-03-10", dose=mg(800), why="no-effect"),
    )
    assert trial.verdict is Verdict.FAILED
    assert "also on record" not in says(trial)


def test_an_intolerance_recorded_after_the_stop_outweighs_its_reason_and_both_show() -> None:
    trial = CLINIC.one(
        "alpha",
        ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(800), why="no-effect"),
        allergic("alpha", recorded="2026-03-20", kind="intolerance"),
    )
    assert trial.verdict is Verdict.NOT_TOLERATED
    assert "also on record: alpha stopped: no-effect" in says(trial)


def test_an_intolerance_recorded_while_it_ran_is_outweighed_by_the_later_reason() -> None:
    trial = CLINIC.one(
        "alpha",
        ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(800), why="no-effect"),
        allergic("alpha", recorded="2026-02-01", kind="intolerance"),
    )
    assert trial.verdict is Verdict.FAILED
    assert "also on record: intolerance to alpha" in says(trial)


def test_an_intolerance_still_rules_out_what_was_later_stopped_for_cost() -> None:
    trials = CLINIC.all_of(
        "alpha",
        ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(800), why="cost"),
        allergic("alpha", recorded="2026-02-01", kind="intolerance"),
    )
    assert [(t.verdict, t.reason) for t in trials] == [
        (Verdict.STOPPED_OTHER, "cost"),
        (Verdict.RULED_OUT, "intolerance"),
    ]


def test_two_codes_of_one_reason_harm_decides() -> None:
    order = ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(800), why=["no-effect", "not-tolerated"])
    assert CLINIC.one("alpha", order).verdict is Verdict.NOT_TOLERATED


def test_a_general_code_beside_a_telling_one_does_not_hide_it() -> None:
    order = ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(800), why=["cost", "no-effect"])
    assert CLINIC.one("alpha", order).verdict is Verdict.FAILED


def test_a_phrase_never_outweighs_a_code() -> None:
    order = ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(800), why="cost", note="no benefit")
    trial = CLINIC.one("alpha", order)
    assert (trial.verdict, trial.reason) == (Verdict.STOPPED_OTHER, "cost")
    assert "no benefit" in says(trial)


def test_words_about_another_person_or_drug_do_not_count() -> None:
    order = ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(800), note="no benefit for alphas sister")
    assert CLINIC.one("alpha", order).verdict is Verdict.ENDED_UNKNOWN


class TestNextOrder:
    """The reason of the next drug's order may say why this one ended."""

    ENDED = ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(800))

    def test_it_is_an_inference(self) -> None:
        trial = CLINIC.one("alpha", self.ENDED, ordered("beta", "2026-03-05", reasons=["no-effect"]))
        assert (trial.verdict, trial.certainty) == (Verdict.FAILED, Certainty.INFERRED)
        assert "beta ordered for: no-effect" in says(trial)

    def test_a_recorded_reason_that_is_not_about_effect_beats_it(self) -> None:
        ended = ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(800), why="cost")
        trial = CLINIC.one("alpha", ended, ordered("beta", "2026-03-05", reasons=["no-effect"]))
        assert trial.verdict is Verdict.STOPPED_OTHER

    def test_so_does_such_a_reason_in_words(self) -> None:
        ended = ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(800), note="too expensive")
        trial = CLINIC.one("alpha", ended, ordered("beta", "2026-03-05", reasons=["no-effect"]))
        assert trial.verdict is Verdict.STOPPED_OTHER

    def test_only_the_very_next_drug_speaks(self) -> None:
        trial = CLINIC.one(
            "alpha",
            self.ENDED,
            ordered("beta", "2026-03-05", "2026-04-05"),
            ordered("gamma", "2026-04-10", reasons=["no-effect"]),
        )
        assert trial.verdict is Verdict.ENDED_UNKNOWN

    def test_an_order_of_the_first_days_means_another_drug(self) -> None:
        """28 days make a trial: on 28 January it had lasted 27, on 29 January 28."""
        early = CLINIC.one("alpha", self.ENDED, ordered("beta", "2026-01-28", reasons=["no-effect"]))
        in_time = CLINIC.one("alpha", self.ENDED, ordered("beta", "2026-01-29", reasons=["no-effect"]))
        assert (early.verdict, in_time.verdict) == (Verdict.ENDED_UNKNOWN, Verdict.FAILED)

    def test_an_earlier_order_says_nothing(self) -> None:
        trial = CLINIC.one("alpha", self.ENDED, ordered("beta", "2025-12-05", reasons=["no-effect"]))
        assert trial.verdict is Verdict.ENDED_UNKNOWN


class TestReplacement:
    """Inferred from the next therapy of the ladder only where the pathway turns it on."""

    ENDED = ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(800))
    ON = Clinic(pathway=pathway_of(PATHWAY.replace("trials:\n", "trials:\n  replaced_within: 60 days\n")))

    def test_off_unless_turned_on(self) -> None:
        assert CLINIC.one("alpha", self.ENDED, ordered("beta", "2026-03-05")).verdict is Verdict.ENDED_UNKNOWN

    def test_within_sixty_days(self) -> None:
        on_the_day = self.ON.one("alpha", self.ENDED, ordered("beta", "2026-04-30"))
        assert (on_the_day.verdict, on_the_day.certainty) == (Verdict.FAILED, Certainty.INFERRED)
        a_day_late = self.ON.one("alpha", self.ENDED, ordered("beta", "2026-05-01"))
        assert a_day_late.verdict is Verdict.ENDED_UNKNOWN

    def test_of_an_adequate_trial_only(self) -> None:
        short = ordered("alpha", "2026-02-15", "2026-03-01", dose=mg(800))
        assert self.ON.one("alpha", short, ordered("beta", "2026-03-05")).verdict is Verdict.INADEQUATE

    def test_any_recorded_reason_beats_it(self) -> None:
        ended = ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(800), why="cost")
        assert self.ON.one("alpha", ended, ordered("beta", "2026-03-05")).verdict is Verdict.STOPPED_OTHER


class TestScore:
    """A score of 7 or more at the adequate dose, and the drug then stopped."""

    ENDED = ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(800))

    def test_high_at_the_adequate_dose(self) -> None:
        trial = CLINIC.one("alpha", self.ENDED, pain(7, "2026-02-20"))
        assert (trial.verdict, trial.certainty) == (Verdict.FAILED, Certainty.DOCUMENTED)
        assert "pain 7" in says(trial)

    def test_one_point_less_is_no_sign(self) -> None:
        assert CLINIC.one("alpha", self.ENDED, pain(6, "2026-02-20")).verdict is Verdict.ENDED_UNKNOWN

    def test_the_latest_score_decides(self) -> None:
        trial = CLINIC.one("alpha", self.ENDED, pain(9, "2026-01-20"), pain(3, "2026-02-20"))
        assert trial.verdict is Verdict.ENDED_UNKNOWN

    def test_before_the_dose_was_reached_it_says_nothing(self) -> None:
        trial = CLINIC.one(
            "alpha",
            ordered("alpha", "2026-01-01", "2026-02-01", dose=mg(200)),
            ordered("alpha", "2026-02-01", "2026-03-01", dose=mg(800)),
            pain(9, "2026-01-20"),
        )
        assert trial.verdict is Verdict.ENDED_UNKNOWN

    def test_after_the_stop_it_says_nothing(self) -> None:
        assert CLINIC.one("alpha", self.ENDED, pain(9, "2026-03-05")).verdict is Verdict.ENDED_UNKNOWN

    def test_while_the_drug_runs_it_is_no_failure_yet(self) -> None:
        running = ordered("alpha", "2026-01-01", dose=mg(800))
        assert CLINIC.one("alpha", running, pain(9, "2026-05-20")).verdict is Verdict.ONGOING_ADEQUATE

    def test_a_coded_reason_that_is_not_about_effect_beats_it(self) -> None:
        ended = ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(800), why="cost")
        assert CLINIC.one("alpha", ended, pain(9, "2026-02-20")).verdict is Verdict.STOPPED_OTHER

    def test_a_later_score_does_not_contradict_a_recorded_harm(self) -> None:
        """The statement ended for side effects; the order went on for some days, in pain."""
        trial = CLINIC.one(
            "alpha",
            self.ENDED,
            ordered("alpha", "2026-01-10", "2026-02-15", why="not-tolerated", source=OrderSource.STATEMENT),
            pain(9, "2026-02-20"),
        )
        assert trial.verdict is Verdict.NOT_TOLERATED

    def test_an_inadequate_trial_stays_inadequate(self) -> None:
        short = ordered("alpha", "2026-02-15", "2026-03-01", dose=mg(800))
        assert CLINIC.one("alpha", short, pain(9, "2026-02-20")).verdict is Verdict.INADEQUATE


class TestWaning:
    """180 days, an earlier benefit on record, then stopped or raised for returning pain."""

    def test_from_180_days_on(self) -> None:
        at = ordered("alpha", "2025-09-02", "2026-03-01", dose=mg(800), note="wore off")
        short = ordered("alpha", "2025-09-03", "2026-03-01", dose=mg(800), note="wore off")
        assert CLINIC.one("alpha", at).finer == "failed-waned"
        assert CLINIC.one("alpha", short).verdict is Verdict.ENDED_UNKNOWN

    def test_raised_late_and_said_to_have_waned(self) -> None:
        trial = CLINIC.one(
            "alpha",
            ordered("alpha", "2025-06-01", "2026-03-01", dose=mg(800)),
            ordered("alpha", "2026-03-01", dose=mg(1200), note="wore off"),
        )
        assert (trial.finer, trial.running) == ("failed-waned", True)

    def test_running_at_the_same_dose_and_said_to_wear_off_has_not_failed(self) -> None:
        order = ordered("alpha", "2025-06-01", dose=mg(800), note="wore off")
        assert CLINIC.one("alpha", order).verdict is Verdict.ONGOING_ADEQUATE

    def test_a_score_that_had_fallen_by_half_tells_waning_from_absence(self) -> None:
        order = ordered("alpha", "2025-06-01", "2026-03-01", dose=mg(800), why="no-effect")
        assert (
            CLINIC.one("alpha", order, pain(8, "2025-05-20"), pain(4, "2025-08-01")).finer == "failed-waned"
        )
        assert (
            CLINIC.one("alpha", order, pain(8, "2025-05-20"), pain(5, "2025-08-01")).finer == "failed-absent"
        )
        assert (
            CLINIC.one("alpha", order, pain(8, "2025-01-20"), pain(4, "2025-08-01")).finer == "failed-absent"
        )


class TestAfterASuccess:
    """A procedure recorded as successful stays so until something later speaks against it."""

    SUCCESS = done("operation", "2024-01-01", outcome="success")

    def test_a_later_high_score_wins_and_the_success_shows(self) -> None:
        trial = CLINIC.one("operation", self.SUCCESS, pain(8, "2025-01-01"))
        assert trial.verdict is Verdict.FAILED
        assert "also on record: operation: outcome success" in says(trial)

    def test_a_recurrence_of_the_disease(self) -> None:
        trial = CLINIC.one("operation", self.SUCCESS, diagnosed("disease", "2025-04", clinical="recurrence"))
        assert (trial.finer, str(trial.judged_on)) == ("failed-waned", "2025-04")

    def test_a_recurrence_whose_date_is_the_old_onset_speaks_of_today(self) -> None:
        trial = CLINIC.one("operation", self.SUCCESS, diagnosed("disease", "2020-04", clinical="relapse"))
        assert (trial.finer, str(trial.judged_on)) == ("failed-waned", "2026-06-15")

    def test_an_active_disease_is_no_recurrence(self) -> None:
        trial = CLINIC.one("operation", self.SUCCESS, diagnosed("disease", "2025-04"))
        assert trial.verdict is Verdict.EFFECTIVE

    def test_a_drug_restarted_more_than_90_days_after(self) -> None:
        at_90 = CLINIC.one("operation", self.SUCCESS, ordered("alpha", "2024-03-31"))
        at_91 = CLINIC.one("operation", self.SUCCESS, ordered("alpha", "2024-04-01"))
        assert (at_90.verdict, at_91.finer) == (Verdict.EFFECTIVE, "failed-waned")

    def test_a_drug_that_only_went_on_is_not_restarted(self) -> None:
        trial = CLINIC.one(
            "operation",
            self.SUCCESS,
            ordered("alpha", "2023-10-01", "2024-04-15"),
            ordered("alpha", "2024-04-16", "2024-06-01"),
        )
        assert trial.verdict is Verdict.EFFECTIVE

    def test_an_unverified_outcome_code_is_one_step_less_sure(self) -> None:
        from dataclasses import replace

        sure = done("operation", "2024-01-01")
        trial = CLINIC.one("operation", replace(sure, outcomes=(coded("failure", verified=False),)))
        assert (trial.verdict, trial.verified, trial.certainty) == (Verdict.FAILED, False, Certainty.INFERRED)


class TestReasonsThatNoTableKnows:
    """A coded reason without a meaning here is shown; it is no reason to call a trial failed, and beats an inference."""

    ENDED = ordered(
        "alpha",
        "2026-01-01",
        "2026-03-01",
        dose=mg(800),
        stop_reasons=(Concept(label="moved abroad", basis="none"),),
    )

    def test_it_is_shown_and_asks(self) -> None:
        trial = CLINIC.one("alpha", self.ENDED)
        assert trial.verdict is Verdict.ENDED_UNKNOWN
        assert "alpha stopped: moved abroad" in says(trial)

    def test_it_beats_an_inference(self) -> None:
        trial = CLINIC.one("alpha", self.ENDED, ordered("beta", "2026-03-05", reasons=["no-effect"]))
        assert trial.verdict is Verdict.ENDED_UNKNOWN


def test_a_verified_code_of_the_therapy_is_not_weakened_by_an_unverified_one_of_something_else() -> None:
    concept = Concept(
        sets=frozenset({"alpha", "omega"}),
        ingredients=(Ingredient(name="alpha"),),
        label="alpha",
        verified=False,
        unverified_sets=frozenset({"omega"}),
    )
    trial = CLINIC.one("alpha", ordered(concept, "2026-01-01", "2026-03-01", dose=mg(800), why="no-effect"))
    assert (trial.verified, trial.certainty) == (True, Certainty.DOCUMENTED)


def test_a_recurrence_is_of_the_pathways_own_disease_where_the_item_names_none() -> None:
    text = PATHWAY.replace("condition: disease, condition_state: recurrence}", "condition_state: recurrence}")
    clinic = Clinic(pathway=pathway_of(text))
    success = done("operation", "2024-01-01", outcome="success")
    assert clinic.one("operation", success).verdict is Verdict.EFFECTIVE
    back = diagnosed("disease", "2025-04", clinical="recurrence")
    assert clinic.one("operation", success, back).finer == "failed-waned"
