"""The trigeminal pathway's therapies, standards and evidence as shipped, held against the cases of its clinical page."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from cds_service.evaluate.findings import Trial, Verdict
from cds_service.evaluate.truth import unknown
from cds_service.ruleset.pathway import PathwayFile
from cds_service.terminology import Terminology, load_terminology
from cds_service.timeline.events import Event, Missing, OrderSource
from tests.unit.evaluate.judging.patients import (
    YES,
    Clinic,
    coded,
    diagnosed,
    done,
    drug,
    mg,
    ordered,
    pain,
    pathway_of,
    says,
    wants,
)

RULES = Path(__file__).parents[4] / "rules"
NO_EFFECT, INTOLERANCE = "reason-no-effect", "reason-not-tolerated"


@cache
def pathway() -> PathwayFile:
    return pathway_of((RULES / "trigeminal-neuralgia" / "pathway.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def terminology() -> Terminology:
    return load_terminology(RULES)


@pytest.fixture
def clinic(terminology: Terminology) -> Clinic:
    return Clinic(pathway=pathway(), terminology=terminology)


def verdict(trials: list[Trial]) -> list[str]:
    return [t.finer for t in trials]


STANDARDS = [
    ("carbamazepine", 600, 28),
    ("oxcarbazepine", 900, 28),
    ("lamotrigine", 200, 56),
    ("gabapentin", 1800, 28),
    ("pregabalin", 300, 28),
    ("baclofen", 30, 21),
    ("phenytoin", 300, 21),
]


@pytest.mark.parametrize(("therapy", "dose", "lasts"), STANDARDS)
class TestStandards:
    """The table of least doses and durations, at the limit, one milligram below it, and one day short."""

    def trial(self, clinic: Clinic, therapy: str, dose: int, days: int) -> Trial:
        end = date.fromordinal(date(2026, 1, 1).toordinal() + days).isoformat()
        return clinic.one(therapy, ordered(therapy, "2026-01-01", end, dose=mg(dose), why=NO_EFFECT))

    def test_at_the_limit(self, clinic: Clinic, therapy: str, dose: int, lasts: int) -> None:
        assert self.trial(clinic, therapy, dose, lasts).finer == "failed-absent"

    def test_a_milligram_below(self, clinic: Clinic, therapy: str, dose: int, lasts: int) -> None:
        trial = self.trial(clinic, therapy, dose - 1, lasts)
        assert (trial.verdict, trial.reason) == (Verdict.INADEQUATE, "too-low")

    def test_a_day_short(self, clinic: Clinic, therapy: str, dose: int, lasts: int) -> None:
        trial = self.trial(clinic, therapy, dose, lasts - 1)
        assert (trial.verdict, trial.reason) == (Verdict.INADEQUATE, "too-short")

    def test_fourteen_days_at_the_dose_suffice_and_thirteen_do_not(
        self, clinic: Clinic, therapy: str, dose: int, lasts: int
    ) -> None:
        def held(days: int) -> Trial:
            low = ordered(therapy, "2025-11-01", "2026-01-01", dose=mg(dose - 1))
            end = date.fromordinal(date(2026, 1, 1).toordinal() + days).isoformat()
            return clinic.one(therapy, low, ordered(therapy, "2026-01-01", end, dose=mg(dose), why=NO_EFFECT))

        assert (held(14).verdict, held(13).verdict) == (Verdict.FAILED, Verdict.INADEQUATE)


class TestStandardsThatHangOnFacts:
    def test_lamotrigine_with_valproate_needs_half(self, terminology: Terminology) -> None:
        order = ordered("lamotrigine", "2026-01-01", "2026-03-15", dose=mg(100), why=NO_EFFECT)
        alone = Clinic(pathway=pathway(), terminology=terminology)
        beside = Clinic(pathway=pathway(), terminology=terminology, facts={"valproate-in-use": YES})
        assert alone.one("lamotrigine", order).verdict is Verdict.INADEQUATE
        assert beside.one("lamotrigine", order).verdict is Verdict.FAILED

    @pytest.mark.parametrize("therapy", ["gabapentin", "pregabalin"])
    def test_gabapentinoids_with_weak_kidneys_need_any_known_dose(
        self, terminology: Terminology, therapy: str
    ) -> None:
        order = ordered(therapy, "2026-01-01", "2026-03-15", dose=mg(75), why=NO_EFFECT)
        weak = Clinic(pathway=pathway(), terminology=terminology, facts={"renal-impairment": YES})
        assert weak.one(therapy, order).verdict is Verdict.FAILED

    def test_a_phenytoin_level_in_range_stands_for_the_dose(self, terminology: Terminology) -> None:
        order = ordered("phenytoin", "2026-01-01", "2026-03-15", dose=mg(200), why=NO_EFFECT)
        measured = Clinic(pathway=pathway(), terminology=terminology, facts={"phenytoin-level-in-range": YES})
        assert measured.one("phenytoin", order).verdict is Verdict.FAILED

    def test_a_phenytoin_level_never_measured_leaves_a_low_dose_open_and_is_named(
        self, terminology: Terminology
    ) -> None:
        order = ordered("phenytoin", "2026-01-01", "2026-03-15", dose=mg(200), why=NO_EFFECT)
        facts = {"phenytoin-level-in-range": unknown(Missing(what="phenytoin level"))}
        trial = Clinic(pathway=pathway(), terminology=terminology, facts=facts).one("phenytoin", order)
        assert (trial.verdict, trial.reason, wants(trial)) == (
            Verdict.UNKNOWN,
            "level-unknown",
            "phenytoin level",
        )

    def test_a_phenytoin_level_out_of_range_leaves_it_too_low(self, clinic: Clinic) -> None:
        order = ordered("phenytoin", "2026-01-01", "2026-03-15", dose=mg(200), why=NO_EFFECT)
        assert clinic.one("phenytoin", order).reason == "too-low"


class TestPageCases:
    def test_v02_too_short(self, clinic: Clinic) -> None:
        trial = clinic.one(
            "carbamazepine",
            ordered("carbamazepine", "2026-05-20", "2026-05-28", dose=mg(400), note="no benefit"),
        )
        assert (trial.verdict, trial.reason, trial.daily_dose) == (Verdict.INADEQUATE, "too-short", mg(400))
        assert trial.days is not None
        assert getattr(trial.days, "low", None) == 8

    def test_v03_clear_double_failure(self, clinic: Clinic) -> None:
        history: list[Event] = [
            ordered("carbamazepine", "2025-01-10", "2025-03-20", dose=mg(1200), why=NO_EFFECT),
            ordered("oxcarbazepine", "2025-04-01", "2025-06-30", dose=mg(1800), why=NO_EFFECT),
        ]
        for therapy in ("carbamazepine", "oxcarbazepine"):
            assert verdict(clinic.all_of(therapy, *history)) == ["failed-absent"]

    def test_v05_not_taken_is_not_tried(self, clinic: Clinic) -> None:
        statement = ordered("oxcarbazepine", "2025-01-01", status="not-taken", source=OrderSource.STATEMENT)
        assert verdict(clinic.all_of("oxcarbazepine", statement)) == ["not-tried"]

    def test_v06_intolerance(self, clinic: Clinic) -> None:
        order = ordered("carbamazepine", "2024-12-10", "2025-02-08", dose=mg(800), why=INTOLERANCE)
        trial = clinic.one("carbamazepine", order)
        assert (trial.verdict, trial.reason) == (Verdict.NOT_TOLERATED, "intolerance")

    def test_v07_text_only_exposure(self, clinic: Clinic) -> None:
        statement = ordered(
            drug("oxcarbazepine", basis="text"),
            "2024-01",
            "2024-08",
            status="completed",
            source=OrderSource.STATEMENT,
        )
        trial = clinic.one("oxcarbazepine", statement)
        assert (trial.verdict, trial.by_text, trial.counts) == (Verdict.ENDED_UNKNOWN, True, True)

    def test_v08_a_future_end_is_still_running(self, clinic: Clinic) -> None:
        statement = ordered(
            "oxcarbazepine",
            "2026-03-01",
            "2027-01-31",
            status="active",
            dose=mg(900),
            source=OrderSource.STATEMENT,
        )
        assert verdict(clinic.all_of("oxcarbazepine", statement)) == ["ongoing-adequate"]

    def test_v09_recurrence_after_decompression(self, clinic: Clinic) -> None:
        trials = clinic.all_of(
            "mvd",
            done("trigeminal-mvd", "2022-03-01", outcome="outcome-successful"),
            diagnosed("trigeminal-neuralgia", "2026-04", clinical="recurrence"),
        )
        assert verdict(trials) == ["failed-waned"]

    def test_v10_intolerance_and_gabapentin_without_effect(self, clinic: Clinic) -> None:
        gabapentin = ordered("gabapentin", "2026-01-01", "2026-03-02", dose=mg(2400), why=NO_EFFECT)
        assert verdict(clinic.all_of("gabapentin", gabapentin)) == ["failed-absent"]

    def test_v12_radiosurgery_within_its_waiting_time(self, clinic: Clinic) -> None:
        trial = clinic.one(
            "radiosurgery",
            done("trigeminal-radiosurgery", "2026-03-20", ref="delivery"),
            done("trigeminal-radiosurgery", "2026-03-20", ref="management"),
        )
        assert (trial.verdict, trial.sessions, trial.adequate_on) == (Verdict.ONGOING, 1, date(2026, 9, 16))

    def test_v15_a_combination_is_phenytoin_exposure_and_no_trial_of_it(self, clinic: Clinic) -> None:
        both = ordered(
            drug("phenobarbital", "phenytoin"), "2023-01-01", "2023-06-01", dose=mg(300), why=NO_EFFECT
        )
        trial = clinic.one("phenytoin", both)
        assert (trial.verdict, trial.reason) == (Verdict.UNKNOWN, "combination")


class TestEvidence:
    ENDED = ("2026-01-01", "2026-03-02")

    @pytest.mark.parametrize(
        ("note", "expected"),
        [
            ("no benefit at full dose", "failed-absent"),
            ("could not tolerate it, dizzy", "not-tolerated"),
            ("stopped because of cost", "stopped-other"),
            ("pain free", "effective"),
            ("ran its course", "ended-unknown"),
        ],
    )
    def test_reasons_in_words(self, clinic: Clinic, note: str, expected: str) -> None:
        order = ordered("carbamazepine", *self.ENDED, dose=mg(800), note=note)
        trial = clinic.one("carbamazepine", order)
        assert trial.finer == expected
        assert trial.certainty == ("documented" if expected == "ended-unknown" else "inferred")

    @pytest.mark.parametrize(
        ("why", "expected"),
        [
            ("reason-no-effect", "failed-absent"),
            ("reason-not-tolerated", "not-tolerated"),
            ("reason-allergy", "not-tolerated"),
            ("reason-cost-or-supply", "stopped-other"),
            ("reason-declined", "stopped-other"),
            ("reason-other", "stopped-other"),
            ("reason-pregnancy", "stopped-other"),
            ("reason-interaction", "stopped-other"),
            ("reason-contraindicated", "stopped-other"),
            ("reason-remission", "effective"),
        ],
    )
    def test_coded_reasons_after_an_adequate_trial(self, clinic: Clinic, why: str, expected: str) -> None:
        order = ordered("carbamazepine", *self.ENDED, dose=mg(800), why=why)
        assert clinic.one("carbamazepine", order).finer == expected

    @pytest.mark.parametrize(
        ("why", "facts", "expected"),
        [
            ("reason-contraindicated", {}, "ruled-out"),
            ("reason-interaction", {"interacting-drug-in-use": YES}, "ruled-out"),
            ("reason-interaction", {}, "inadequate"),
            ("reason-pregnancy", {"pregnant": YES}, "ruled-out"),
            ("reason-pregnancy", {}, "inadequate"),
        ],
    )
    def test_coded_reasons_after_a_brief_one(
        self, terminology: Terminology, why: str, facts: dict[str, object], expected: str
    ) -> None:
        """An interaction or pregnancy counts only while it lasts."""
        clinic = Clinic(pathway=pathway(), terminology=terminology, facts=facts)  # type: ignore[arg-type]
        order = ordered("carbamazepine", "2026-01-01", "2026-01-05", dose=mg(400), why=why)
        assert clinic.one("carbamazepine", order).finer == expected

    def test_a_coded_adverse_effect_near_the_stop(self, clinic: Clinic) -> None:
        order = ordered("carbamazepine", *self.ENDED, dose=mg(800))
        harm = diagnosed("adverse-drug-effect-anticonvulsant", "2026-03-10")
        assert clinic.one("carbamazepine", order, harm).finer == "not-tolerated"
        assert (
            clinic.one("baclofen", ordered("baclofen", *self.ENDED, dose=mg(40)), harm).finer
            == "ended-unknown"
        )

    def test_waning_needs_180_days(self, clinic: Clinic) -> None:
        long = ordered("carbamazepine", "2025-06-01", "2026-03-02", dose=mg(800), note="wore off")
        short = ordered("carbamazepine", "2026-01-01", "2026-03-02", dose=mg(800), note="wore off")
        assert clinic.one("carbamazepine", long).finer == "failed-waned"
        assert clinic.one("carbamazepine", short).finer == "failed-absent"

    def test_severe_pain_at_the_adequate_dose_and_then_stopped(self, clinic: Clinic) -> None:
        order = ordered("carbamazepine", *self.ENDED, dose=mg(800))
        score = pain_score(8, "2026-02-20")
        assert clinic.one("carbamazepine", order, score).finer == "failed-absent"

    def test_maximum_tolerated_dose_in_words_is_intolerance(self, clinic: Clinic) -> None:
        order = ordered(
            "carbamazepine",
            *self.ENDED,
            dose=mg(400),
            note="unable to increase the dose because of drowsiness",
        )
        assert clinic.one("carbamazepine", order).finer == "not-tolerated"

    def test_an_operation_spoken_of_by_its_name(self, clinic: Clinic) -> None:
        operation = done("trigeminal-mvd", "2024-01-01", note="failed MVD, no relief")
        trial = clinic.one("mvd", operation)
        assert (trial.finer, trial.certainty) == ("failed-absent", "inferred")
        assert "no relief" in says(trial)

    def test_intrathecal_baclofen_is_no_trial(self, clinic: Clinic) -> None:
        order = ordered("baclofen", *self.ENDED, dose=mg(40), route="intrathecal")
        assert clinic.one("baclofen", order).finer == "not-tried"

    def test_toxin_counts_for_the_disease_that_is_its_reason(self, clinic: Clinic) -> None:
        toxin = drug("onabotulinumtoxina", "botulinum-a")
        for_tn = ordered(toxin, "2026-05-01", reasons=["trigeminal-neuralgia"])
        assert clinic.one("botulinum-a", for_tn).finer == "ongoing-adequate"
        assert clinic.one("botulinum-a", ordered(toxin, "2026-05-01")).finer == "not-tried"


def pain_score(value: float, when: str) -> Event:
    """A pain score in the pathway's own set."""
    return replace(pain(value, when), concept=coded("pain-score"))
