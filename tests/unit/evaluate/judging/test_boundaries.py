"""Limits of a standard and of a course: met exactly, missed by one day, one milligram, one day of gap."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from cds_service.evaluate.findings import Verdict
from cds_service.evaluate.truth import unknown
from cds_service.timeline.amounts import Amount
from cds_service.timeline.events import DosePart, Missing, OrderSource
from tests.unit.evaluate.judging.patients import YES, Clinic, coded, drug, mg, ordered, wants

CLINIC = Clinic()
START = date(2026, 1, 1)


def after(days: int) -> str:
    """So many days after the start of the order."""
    return (START + timedelta(days=days)).isoformat()


@pytest.mark.parametrize(
    ("days", "verdict"), [(27, Verdict.INADEQUATE), (28, Verdict.FAILED), (29, Verdict.FAILED)]
)
def test_days_in_all(days: int, verdict: Verdict) -> None:
    order = ordered("alpha", after(0), after(days), dose=mg(600), why="no-effect")
    assert CLINIC.one("alpha", order).verdict is verdict


@pytest.mark.parametrize(("milligrams", "verdict"), [(599, Verdict.INADEQUATE), (600, Verdict.FAILED)])
def test_dose(milligrams: int, verdict: Verdict) -> None:
    order = ordered("alpha", after(0), after(60), dose=mg(milligrams), why="no-effect")
    assert CLINIC.one("alpha", order).verdict is verdict


@pytest.mark.parametrize(("days", "verdict"), [(13, Verdict.INADEQUATE), (14, Verdict.FAILED)])
def test_days_held_at_the_dose(days: int, verdict: Verdict) -> None:
    orders = (
        ordered("alpha", after(0), after(30), dose=mg(400)),
        ordered("alpha", after(30), after(30 + days), dose=mg(600), why="no-effect"),
    )
    assert CLINIC.one("alpha", *orders).verdict is verdict


def test_a_taper_counts_its_highest_sustained_phase() -> None:
    """14 days at 600 mg, then down."""
    taper = [
        DosePart(daily={"alpha": mg(600)}, lasts_days=Amount.exactly(14, "d")),
        DosePart(daily={"alpha": mg(200)}),
    ]
    order = ordered("alpha", after(0), after(40), dose=taper, why="no-effect")
    assert CLINIC.one("alpha", order).verdict is Verdict.FAILED


@pytest.mark.parametrize(("gap", "courses"), [(30, 1), (31, 2)])
def test_a_gap_as_long_as_allowed_keeps_one_course_and_one_day_more_makes_two(gap: int, courses: int) -> None:
    orders = (
        ordered("alpha", after(0), after(20), dose=mg(600)),
        ordered("alpha", after(20 + gap), after(40 + gap), dose=mg(600), why="no-effect"),
    )
    assert len(CLINIC.all_of("alpha", *orders)) == courses


@pytest.mark.parametrize(
    ("supply_ended", "verdict"), [(90, Verdict.ONGOING_ADEQUATE), (91, Verdict.ENDED_UNKNOWN)]
)
def test_an_active_order_lapses_when_its_supply_ended_more_than_ninety_days_ago(
    supply_ended: int, verdict: Verdict
) -> None:
    clinic = Clinic(as_of=START + timedelta(days=40 + supply_ended))
    assert clinic.one("alpha", ordered("alpha", after(0), dose=mg(600), supply=40)).verdict is verdict


class TestUnknownDose:
    """42 days and a reason of no effect stand for the dose, as an inference."""

    @pytest.mark.parametrize(("days", "verdict"), [(41, Verdict.UNKNOWN), (42, Verdict.FAILED)])
    def test_from_six_weeks_on_with_a_coded_reason(self, days: int, verdict: Verdict) -> None:
        trial = CLINIC.one("alpha", ordered("alpha", after(0), after(days), why="no-effect"))
        assert trial.verdict is verdict

    def test_it_is_inferred_and_says_that_the_dose_is_not_recorded(self) -> None:
        trial = CLINIC.one("alpha", ordered("alpha", after(0), after(60), why="no-effect"))
        assert trial.certainty == "inferred"
        assert "dose not recorded" in trial.evidence[0].says

    def test_a_reason_in_words_counts_too(self) -> None:
        order = ordered("alpha", after(0), after(60), note="no benefit")
        assert CLINIC.one("alpha", order).verdict is Verdict.FAILED

    def test_a_known_dose_below_the_limit_is_not_excused(self) -> None:
        order = ordered("alpha", after(0), after(60), dose=mg(400), why="no-effect")
        assert CLINIC.one("alpha", order).verdict is Verdict.INADEQUATE


class TestStandardThatHangsOnAFact:
    """``gamma`` needs 1800 mg, with weak kidneys any known dose."""

    LOW = ordered("gamma", after(0), after(60), dose=mg(900), why="no-effect")

    def test_the_fact_holds(self) -> None:
        assert Clinic(facts={"weak-kidneys": YES}).one("gamma", self.LOW).verdict is Verdict.FAILED

    def test_the_fact_does_not_hold(self) -> None:
        assert Clinic().one("gamma", self.LOW).verdict is Verdict.INADEQUATE

    def test_the_fact_is_unknown_and_decides(self) -> None:
        clinic = Clinic(facts={"weak-kidneys": unknown(Missing(what="kidney function"))})
        trial = clinic.one("gamma", self.LOW)
        assert (trial.verdict, wants(trial)) == (Verdict.UNKNOWN, "kidney function")

    def test_the_fact_is_unknown_and_does_not_matter(self) -> None:
        clinic = Clinic(facts={"weak-kidneys": unknown(Missing(what="kidney function"))})
        enough = ordered("gamma", after(0), after(60), dose=mg(1800), why="no-effect")
        short = ordered("gamma", after(0), after(20), dose=mg(900), why="no-effect")
        assert clinic.one("gamma", enough).verdict is Verdict.FAILED
        assert clinic.one("gamma", short).verdict is Verdict.INADEQUATE

    def test_any_known_dose_must_be_known(self) -> None:
        order = ordered("gamma", after(0), after(30), why="no-effect")
        assert Clinic(facts={"weak-kidneys": YES}).one("gamma", order).verdict is Verdict.UNKNOWN

    def test_a_dose_as_needed_may_have_been_none(self) -> None:
        order = ordered("gamma", after(0), after(30), dose=mg(0, 900), why="no-effect")
        assert Clinic(facts={"weak-kidneys": YES}).one("gamma", order).verdict is Verdict.UNKNOWN


class TestOneTrial:
    """Brands, refills, changes of dose and several kinds of record of one use are one trial."""

    def test_refills_and_statements_of_one_ingredient(self) -> None:
        trial = CLINIC.one(
            "alpha",
            ordered("alpha", after(0), after(30), dose=mg(600), status="completed"),
            ordered("alpha", after(30), after(60), dose=mg(600), why="no-effect"),
            ordered("alpha", after(0), after(60), source=OrderSource.STATEMENT),
        )
        assert (trial.verdict, trial.days) == (Verdict.FAILED, Amount(60, 60, "d"))
        assert len(trial.references) == 3

    def test_the_reason_of_an_earlier_order_does_not_speak_of_the_end(self) -> None:
        """The first order was changed for cost; the second one did not work."""
        trial = CLINIC.one(
            "alpha",
            ordered("alpha", after(0), after(30), dose=mg(600), why="cost"),
            ordered("alpha", after(30), after(60), dose=mg(600), why="no-effect"),
        )
        assert trial.verdict is Verdict.FAILED

    def test_nor_does_that_of_an_order_which_another_one_continued(self) -> None:
        trial = CLINIC.one(
            "alpha",
            ordered("alpha", after(0), after(30), dose=mg(600), why="not-tolerated"),
            ordered("alpha", after(30), after(60), dose=mg(600)),
        )
        assert trial.verdict is Verdict.ENDED_UNKNOWN

    def test_another_route_is_another_therapy(self) -> None:
        order = ordered("delta", after(0), after(60), dose=mg(40), route="intrathecal")
        assert CLINIC.one("delta", order).verdict is Verdict.NOT_TRIED

    def test_a_route_not_recorded_excludes_nothing(self) -> None:
        order = ordered("delta", after(0), after(60), dose=mg(40), why="no-effect")
        assert CLINIC.one("delta", order).verdict is Verdict.FAILED

    def test_two_ingredients_of_one_therapy_are_two_trials(self) -> None:
        pathway = Clinic().pathway
        both = pathway.therapies["alpha"].model_copy(update={"medication": ("alpha", "alpha-two")})  # type: ignore[union-attr]
        clinic = Clinic(
            pathway=pathway.model_copy(update={"therapies": {**pathway.therapies, "alpha": both}})
        )
        trials = clinic.all_of(
            "alpha",
            ordered("alpha", after(0), after(60), dose=mg(600), why="no-effect"),
            ordered("alpha-two", after(0), after(60), dose=mg(600), why="cost"),
        )
        assert {(t.ingredient, t.verdict) for t in trials} == {
            ("alpha", Verdict.FAILED),
            ("alpha-two", Verdict.STOPPED_OTHER),
        }

    def test_target_dose_is_told_apart_from_the_least_dose(self) -> None:
        low = CLINIC.one("alpha", ordered("alpha", after(0), after(60), dose=mg(600)))
        high = CLINIC.one("alpha", ordered("alpha", after(0), after(60), dose=mg(1200)))
        none = CLINIC.one("beta", ordered("beta", after(0), after(60), dose=mg(900)))
        assert (low.below_target, high.below_target, none.below_target) == (True, False, None)


class TestCertainty:
    def test_a_trial_known_only_from_words_is_inferred_and_marked(self) -> None:
        order = ordered(drug("alpha", basis="text"), after(0), after(60), dose=mg(600), why="no-effect")
        trial = CLINIC.one("alpha", order)
        assert (trial.verdict, trial.certainty, trial.by_text, trial.counts) == (
            Verdict.FAILED,
            "inferred",
            True,
            True,
        )

    def test_where_words_never_count_it_is_shown_and_not_counted(self) -> None:
        pathway = Clinic().pathway
        assert pathway.trials is not None
        clinic = Clinic(
            pathway=pathway.model_copy(
                update={"trials": pathway.trials.model_copy(update={"text_counts": "never"})}
            )
        )
        order = ordered(drug("alpha", basis="text"), after(0), after(60), dose=mg(600), why="no-effect")
        assert clinic.one("alpha", order).counts is False
        assert clinic.one("alpha", ordered("alpha", after(0), after(60), dose=mg(600))).counts is True

    def test_an_unknown_product_code_with_a_readable_name_counts_as_coded_and_is_inferred(self) -> None:
        order = ordered(
            drug("alpha", basis="product-text"), after(0), after(60), dose=mg(600), why="no-effect"
        )
        trial = CLINIC.one("alpha", order)
        assert (trial.certainty, trial.by_text) == ("inferred", False)

    def test_an_unverified_code_costs_one_step(self) -> None:
        order = ordered(drug("alpha", verified=False), after(0), after(60), dose=mg(600), why="no-effect")
        trial = CLINIC.one("alpha", order)
        assert (trial.verdict, trial.verified, trial.certainty) == (Verdict.FAILED, False, "inferred")

    def test_an_unverified_reason_costs_one_step(self) -> None:
        order = ordered(
            "alpha", after(0), after(60), dose=mg(600), stop_reasons=(coded("no-effect", verified=False),)
        )
        trial = CLINIC.one("alpha", order)
        assert (trial.verdict, trial.verified, trial.certainty) == (Verdict.FAILED, False, "inferred")

    def test_orders_are_ordered_and_never_taken(self) -> None:
        trial = CLINIC.one("alpha", ordered("alpha", after(0), dose=mg(600)))
        assert trial.evidence[0].says == "alpha ordered 2026-01-01, still active, 600 mg a day"
