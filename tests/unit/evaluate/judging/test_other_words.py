"""Words that other pathways use: responses of scores, doses given, courses of visits, findings in words, combinations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from cds_service.evaluate.case import Case
from cds_service.evaluate.findings import Verdict
from cds_service.evaluate.judging.place import Place
from cds_service.evaluate.truth import no, yes
from cds_service.ruleset.pathway import PathwayFile, SharedFile
from cds_service.ruleset.ruleset import Ruleset
from cds_service.terminology import Terminology
from cds_service.timeline.amounts import Amount
from cds_service.timeline.events import Certainty, OrderSource, Site
from tests.unit.evaluate.judging.patients import (
    PATHWAY,
    YES,
    Clinic,
    SmallTerminology,
    coded,
    diagnosed,
    done,
    drug,
    mg,
    ordered,
    pain,
    pathway_of,
    says,
    span,
    timeline,
)

HEAD = """
pathway: other
title: Other words
source_label: Invented
notice: Invented.
population: {condition: disease}
"""


def clinic(body: str, **members: Any) -> Clinic:
    """A clinic whose pathway has this body."""
    return Clinic(pathway=pathway_of(HEAD + body), **members)


TRIALS = "trials:\n  gap_allowed: 30 days\n  lapsed_after: 90 days\n"


class TestResponse:
    """The fall of a count: the mean of 90 days before the start against the last 60 days."""

    CLINIC = clinic(
        "therapies: {alpha: {label: alpha, medication: alpha}}\n"
        + TRIALS
        + "  adequate: [{daily_dose: {alpha: 50 mg}, lasts: 56 days}]\n"
        "  verdicts:\n"
        "    failed-absent: [{score: {of: pain, fell_below: 30 %, baseline: 90 days, last: 60 days}}]\n"
    )
    ENDED = ordered("alpha", "2025-06-01", "2026-01-01", dose=mg(50))

    @pytest.mark.parametrize(("reached", "verdict"), [(14, Verdict.ENDED_UNKNOWN), (14.1, Verdict.FAILED)])
    def test_thirty_percent_of_twenty(self, reached: float, verdict: Verdict) -> None:
        scores = [pain(18, "2025-05-01"), pain(22, "2025-05-20"), pain(reached, "2025-12-01")]
        assert self.CLINIC.one("alpha", self.ENDED, *scores).verdict is verdict

    def test_values_outside_the_windows_do_not_count(self) -> None:
        old, early = pain(20, "2025-03-02"), pain(20, "2025-11-01")
        assert (
            self.CLINIC.one("alpha", self.ENDED, old, pain(20, "2025-12-01")).verdict is Verdict.ENDED_UNKNOWN
        )
        assert (
            self.CLINIC.one("alpha", self.ENDED, pain(20, "2025-05-01"), early).verdict
            is Verdict.ENDED_UNKNOWN
        )

    def test_a_running_trial_fails_by_its_latest_two_months(self) -> None:
        running = ordered("alpha", "2025-06-01", dose=mg(50))
        trial = self.CLINIC.one("alpha", running, pain(20, "2025-05-01"), pain(19, "2026-06-01"))
        assert (trial.verdict, trial.running) == (Verdict.FAILED, True)

    def test_a_baseline_of_zero_says_nothing(self) -> None:
        trial = self.CLINIC.one("alpha", self.ENDED, pain(0, "2025-05-01"), pain(2, "2025-12-01"))
        assert trial.verdict is Verdict.ENDED_UNKNOWN


class TestReturnOfPain:
    """Relief of half and more, then at least four fifths of the first score again after three months."""

    CLINIC = clinic(
        "therapies: {ablation: {label: ablation, procedure: ablation}}\n"
        + TRIALS
        + "  adequate: [{therapy: ablation, sessions: 1, judge_after: 21 days}]\n"
        "  verdicts: {}\n"
        "  procedures:\n"
        "    failed-waned:\n"
        "      - score: {of: pain, fell_at_least: 50 %, baseline: 90 days, baseline_by: latest, response_by: best,\n"
        "                later_than: judge_after, within: 90 days, back_to: 80 %, back_after: 90 days}\n"
        "    failed-absent:\n"
        "      - score: {of: pain, fell_below: 50 %, baseline: 90 days, baseline_by: latest, response_by: best,\n"
        "                later_than: judge_after, within: 90 days}\n"
    )
    ABLATION = done("ablation", "2025-01-01")
    BEFORE = (pain(3, "2024-11-01"), pain(10, "2024-12-20"))

    def test_it_came_back(self) -> None:
        trial = self.CLINIC.one(
            "ablation", self.ABLATION, *self.BEFORE, pain(4, "2025-02-01"), pain(8, "2025-06-01")
        )
        assert trial.finer == "failed-waned"

    def test_it_came_back_only_in_part(self) -> None:
        trial = self.CLINIC.one(
            "ablation", self.ABLATION, *self.BEFORE, pain(4, "2025-02-01"), pain(7, "2025-06-01")
        )
        assert trial.verdict is Verdict.UNKNOWN

    def test_it_never_fell(self) -> None:
        trial = self.CLINIC.one(
            "ablation", self.ABLATION, *self.BEFORE, pain(6, "2025-02-01"), pain(8, "2025-06-01")
        )
        assert trial.finer == "failed-absent"

    def test_the_best_score_of_the_window_counts(self) -> None:
        scores = (pain(6, "2025-02-01"), pain(5, "2025-03-01"), pain(6, "2025-03-20"))
        assert self.CLINIC.one("ablation", self.ABLATION, *self.BEFORE, *scores).verdict is Verdict.UNKNOWN

    def test_soreness_before_day_21_does_not_count(self) -> None:
        trial = self.CLINIC.one("ablation", self.ABLATION, *self.BEFORE, pain(9, "2025-01-21"))
        assert trial.verdict is Verdict.UNKNOWN
        trial = self.CLINIC.one("ablation", self.ABLATION, *self.BEFORE, pain(9, "2025-01-22"))
        assert trial.finer == "failed-absent"


class TestVisits:
    """Six visits, six weeks between the first and the last."""

    CLINIC = clinic(
        "therapies: {exercise: {label: exercise, procedure: exercise}}\n"
        + TRIALS
        + "  adequate: [{therapy: exercise, sessions: 6, lasts: 42 days, gap: 60 days}]\n"
        "  verdicts: {}\n"
    )

    def visits(self, *days: str) -> list[Any]:
        return [done("exercise", day) for day in days]

    def test_six_visits_over_six_weeks(self) -> None:
        days = ("2026-01-01", "2026-01-08", "2026-01-15", "2026-01-22", "2026-01-29", "2026-02-12")
        trial = self.CLINIC.one("exercise", *self.visits(*days))
        assert (trial.adequate, trial.sessions) == (True, 6)

    def test_a_day_short(self) -> None:
        days = ("2026-01-01", "2026-01-08", "2026-01-15", "2026-01-22", "2026-01-29", "2026-02-11")
        trial = self.CLINIC.one("exercise", *self.visits(*days))
        assert (trial.verdict, trial.reason) == (Verdict.INADEQUATE, "too-short")

    def test_five_visits(self) -> None:
        days = ("2026-01-01", "2026-01-08", "2026-01-15", "2026-01-22", "2026-02-12")
        trial = self.CLINIC.one("exercise", *self.visits(*days))
        assert (trial.verdict, trial.reason) == (Verdict.INADEQUATE, "too-few-sessions")

    def test_undated_visits_leave_it_open(self) -> None:
        days = ("2026-01-01", "2026-01-08", "2026-01-15", "2026-01-22", "2026-02-12")
        undated = replace(done("exercise", None), reference="Procedure/undated")
        trial = self.CLINIC.one("exercise", *self.visits(*days), undated)
        assert (trial.verdict, trial.reason, trial.adequate) == (Verdict.UNKNOWN, "not-exact", None)


class TestDoseGiven:
    """An aesthetic dose is no session."""

    CLINIC = clinic(
        "therapies: {toxin: {label: toxin, medication: toxin, procedure: injection}}\n"
        + TRIALS
        + "  adequate: [{therapy: toxin, sessions: 1, dose_given: 155 U, valid_for: 12 weeks}]\n"
        "  verdicts: {}\n"
    )

    def given(self, units: float | None) -> Any:
        single = {"toxin": Amount.exactly(units, "U")} if units is not None else {}
        return ordered(
            "toxin", "2026-06-01", "2026-06-01", source=OrderSource.ADMINISTRATION, single_dose=single
        )

    @pytest.mark.parametrize(
        ("units", "verdict"), [(154, Verdict.NOT_TRIED), (155, Verdict.ONGOING_ADEQUATE)]
    )
    def test_its_least_dose(self, units: float, verdict: Verdict) -> None:
        assert self.CLINIC.one("toxin", self.given(units)).verdict is verdict

    def test_a_dose_not_recorded_excludes_nothing(self) -> None:
        assert self.CLINIC.one("toxin", self.given(None)).verdict is Verdict.ONGOING_ADEQUATE


class TestCombinations:
    """Days of the drug alone may still make an adequate trial."""

    CLINIC = Clinic()
    BOTH = ordered(drug("alpha", "beta"), "2026-01-01", "2026-02-01", dose=mg(900))

    def test_alone_for_long_enough_before(self) -> None:
        alone = ordered("alpha", "2025-11-01", "2026-01-01", dose=mg(600))
        blamed = replace(self.BOTH, stop_reasons=(coded("no-effect"),))
        assert self.CLINIC.one("alpha", alone, blamed).verdict is Verdict.FAILED

    def test_alone_too_briefly(self) -> None:
        alone = ordered("alpha", "2025-12-20", "2026-01-01", dose=mg(600))
        blamed = replace(self.BOTH, stop_reasons=(coded("no-effect"),))
        assert self.CLINIC.one("alpha", alone, blamed).verdict is Verdict.UNKNOWN

    def test_a_pathway_may_count_them(self) -> None:
        text = PATHWAY.replace("trials:\n", "trials:\n  combination_adequate: true\n", 1)
        blamed = replace(self.BOTH, stop_reasons=(coded("no-effect"),))
        assert Clinic(pathway=pathway_of(text)).one("alpha", blamed).verdict is Verdict.FAILED


@dataclass(frozen=True)
class _Found:
    polarity: str
    quote: str


class _Findings(SmallTerminology):
    def findings(self, text: str) -> Mapping[str, Any]:
        return {"little-relief": _Found("pos", "20 % better")} if "20 % better" in text else {}


class TestWordsOfAProcedure:
    CLINIC = clinic(
        "therapies:\n"
        "  block: {label: block, procedure: block}\n"
        "  spoken: {label: spoken, conditional: shared-code, counts_if_text: little-relief}\n"
        + TRIALS
        + "  adequate: [{therapy: block, sessions: 1}]\n"
        "  verdicts: {}\n"
        "  procedures: {failed-absent: [{outcome_text: [little-relief, inefficacy]}]}\n",
        terminology=_Findings(),
    )

    def test_a_finding_list(self) -> None:
        trial = self.CLINIC.one("block", done("block", "2026-01-01", note="20 % better"))
        assert (trial.verdict, trial.certainty) == (Verdict.FAILED, "inferred")
        assert "20 % better" in says(trial)

    def test_a_category_of_phrases(self) -> None:
        assert (
            self.CLINIC.one("block", done("block", "2026-01-01", note="no benefit")).verdict is Verdict.FAILED
        )

    def test_a_shared_code_that_counts_for_its_words(self) -> None:
        with_words = self.CLINIC.one("spoken", done("shared-code", "2026-01-01", note="20 % better"))
        without = self.CLINIC.one("spoken", done("shared-code", "2026-01-01"))
        assert (with_words.verdict is Verdict.NOT_TRIED, without.verdict) == (False, Verdict.NOT_TRIED)


class TestReasonsInThePatient:
    """A current diagnosis, or a fact, may rule a therapy out by itself."""

    BODY = (
        "therapies: {alpha: {label: alpha, medication: alpha}, beta: {label: beta, medication: beta}}\n"
        + TRIALS
        + "  adequate: []\n"
        "  verdicts:\n"
        "    ruled-out:\n"
        "      - {of: alpha, condition: asthma, reason: contraindicated}\n"
        "      - {of: beta, fact: weak-heart, reason: contraindicated}\n"
    )

    def test_a_diagnosis_of_one_therapy_only(self) -> None:
        asthma = diagnosed("asthma", "2020-01-01")
        assert clinic(self.BODY).one("alpha", asthma).verdict is Verdict.RULED_OUT
        assert clinic(self.BODY).one("beta", asthma).verdict is Verdict.NOT_TRIED

    def test_a_past_diagnosis_does_not(self) -> None:
        past = diagnosed("asthma", "2020-01-01", clinical="resolved")
        assert clinic(self.BODY).one("alpha", past).verdict is Verdict.NOT_TRIED

    def test_a_fact(self) -> None:
        trial = clinic(self.BODY, facts={"weak-heart": YES}).one("beta")
        assert (trial.verdict, trial.references) == (Verdict.RULED_OUT, ("Observation/fact",))


class TestAnInferenceWithoutRecords:
    """What is inferred from an absence has nothing to cite, and is no surer for it."""

    CLINIC = clinic(
        "therapies: {ablation: {label: ablation, procedure: ablation}}\n"
        + TRIALS
        + "  adequate: [{therapy: ablation, sessions: 1}]\n"
        "  verdicts: {}\n"
        "  procedures: {failed-absent: [{fact: nothing-since, certainty: inferred}]}\n",
        facts={"nothing-since": yes()},
    )

    def test_it_stays_inferred(self) -> None:
        trial = self.CLINIC.one("ablation", done("ablation", "2026-01-01"))
        assert (trial.verdict, trial.certainty) == (Verdict.FAILED, Certainty.INFERRED)


class TestWhatHappenedNext:
    """``then``: any of the words."""

    CLINIC = clinic(
        "therapies:\n"
        "  ablation: {label: ablation, procedure: ablation}\n"
        "  alpha: {label: alpha, medication: alpha}\n"
        + TRIALS
        + "  adequate: [{therapy: ablation, sessions: 1}]\n"
        "  verdicts: {}\n"
        "  procedures:\n"
        "    failed-waned:\n"
        "      - {outcome: success, then: [repeated, restarted, recurrence], restarted: alpha, later_than: 90 days}\n"
        "    effective: [{outcome: success}]\n"
    )
    SUCCESS = done("ablation", "2024-01-01", outcome="success")

    def test_nothing(self) -> None:
        assert self.CLINIC.one("ablation", self.SUCCESS).verdict is Verdict.EFFECTIVE

    def test_repeated(self) -> None:
        first, _ = self.CLINIC.all_of(
            "ablation", self.SUCCESS, done("ablation", "2025-01-01", outcome="success")
        )
        assert first.finer == "failed-waned"

    def test_a_drug_restarted(self) -> None:
        assert (
            self.CLINIC.one("ablation", self.SUCCESS, ordered("alpha", "2024-06-01")).finer == "failed-waned"
        )

    def test_the_disease_is_back(self) -> None:
        back = diagnosed("disease", "2024-06-01", clinical="relapse")
        assert self.CLINIC.one("ablation", self.SUCCESS, back).finer == "failed-waned"

    def test_the_disease_was_back_too_early_for_waning(self) -> None:
        back = diagnosed("disease", "2024-03-01", clinical="relapse")
        assert self.CLINIC.one("ablation", self.SUCCESS, back).verdict is Verdict.EFFECTIVE


class TestRegions:
    """A repeat is one at a place that does not differ."""

    CLINIC = clinic(
        "therapies: {ablation: {label: ablation, procedure: ablation}}\n"
        + TRIALS
        + "  adequate: [{therapy: ablation, sessions: 1}]\n"
        "  verdicts: {}\n"
        "  procedures: {failed-absent: [{followed_by: {same: target, within: 89 days}}]}\n"
    )

    def at(self, when: str, region: str | None, level: str | None = None) -> Any:
        levels = frozenset({level} if level else ())
        site = Site(side="left", regions=frozenset({region} if region else ()), levels=levels)
        return replace(done("ablation", when), site=site)

    def test_the_same_region(self) -> None:
        first, _ = self.CLINIC.all_of(
            "ablation", self.at("2025-01-01", "lumbar"), self.at("2025-02-01", "lumbar")
        )
        assert first.verdict is Verdict.FAILED

    def test_another_region(self) -> None:
        first, _ = self.CLINIC.all_of(
            "ablation", self.at("2025-01-01", "lumbar"), self.at("2025-02-01", "cervical")
        )
        assert first.verdict is Verdict.UNKNOWN

    def test_another_level_is_another_target(self) -> None:
        first, _ = self.CLINIC.all_of(
            "ablation", self.at("2025-01-01", "lumbar", "l4"), self.at("2025-02-01", "lumbar", "l2")
        )
        assert first.verdict is Verdict.UNKNOWN


class TestMannerOfUse:
    CLINIC = clinic(
        "therapies: {daily: {label: daily, medication: alpha, use: regular}, rescue: {label: rescue, medication: alpha, use: as-needed}}\n"
        + TRIALS
        + "  adequate: []\n  verdicts: {}\n"
    )

    @pytest.mark.parametrize(("as_needed", "used"), [(False, "daily"), (True, "rescue")])
    def test_one_drug_two_therapies(self, as_needed: bool, used: str) -> None:
        order = ordered("alpha", "2026-01-01", dose=mg(100), as_needed=as_needed)
        assert [t.therapy for t in self.CLINIC.trials(order) if t.start] == [used]


class TestLadder:
    """Replacement counts only when it comes from the same or a later step."""

    CLINIC = clinic(
        "therapies: {alpha: {label: alpha, medication: alpha}, beta: {label: beta, medication: beta}}\n"
        + TRIALS
        + "  replaced_within: 60 days\n"
        "  adequate: [{daily_dose: {alpha: 50 mg, beta: 50 mg}, lasts: 28 days}]\n"
        "  verdicts: {}\n"
        "ladder:\n"
        "  - {step: one, name: One, passed_when: done-with, therapies: alpha}\n"
        "  - {step: two, name: Two, passed_when: done-with, therapies: beta}\n"
    )

    def test_upwards(self) -> None:
        ended = ordered("alpha", "2026-01-01", "2026-03-01", dose=mg(50))
        assert self.CLINIC.one("alpha", ended, ordered("beta", "2026-03-05")).verdict is Verdict.FAILED

    def test_not_downwards(self) -> None:
        ended = ordered("beta", "2026-01-01", "2026-03-01", dose=mg(50))
        assert self.CLINIC.one("beta", ended, ordered("alpha", "2026-03-05")).verdict is Verdict.ENDED_UNKNOWN


def test_a_pathway_without_trials_judges_nothing() -> None:
    assert clinic("therapies: {alpha: {label: alpha, medication: alpha}}\n").trials() == ()


def test_a_therapy_of_a_pathway_that_is_used_is_judged_there() -> None:
    used = pathway_of(HEAD + "therapies: {alpha: {label: alpha, medication: alpha}}\n")
    mine: PathwayFile = pathway_of(
        HEAD.replace("pathway: other", "pathway: mine")
        + "uses: other\n"
        + "therapies: {series: {label: series, procedure: series}, all-of-it: [series, alpha]}\n"
        + TRIALS
        + "  adequate: []\n  verdicts: {}\n"
    )
    rules = Ruleset(
        pathways={"other": used, "mine": mine},
        shared=SharedFile(),
        rules=(),
        tables={},
        terminology=cast(Terminology, SmallTerminology()),
        overrides={},
    )
    assert mine.trials is not None
    place = Place(
        pathway="mine",
        case=Case(rules=rules, timeline=timeline(), pathway="mine"),
        trials=mine.trials,
        ask=lambda item, case: no(),
        would_fire=lambda therapy, cards: no(),
    )
    assert place.therapies == ("series",)


def test_an_order_that_precedes_its_session_by_more_than_the_gap_stands_alone() -> None:
    trials = Clinic().all_of(
        "toxin", ordered("toxin", "2025-06-01", reasons=["disease"]), done("toxin-injection", "2026-06-01")
    )
    assert [(t.start, t.sessions) for t in trials] == [(span("2025-06-01"), 1), (span("2026-06-01"), 1)]
