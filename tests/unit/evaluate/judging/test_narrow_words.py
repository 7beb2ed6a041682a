"""Words that one pathway needs: dispensed supply, another indication, scores after the end or within hours, near procedures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cds_service.evaluate.findings import Verdict
from cds_service.timeline.amounts import Amount
from cds_service.timeline.events import Concept, OrderSource, Result, Site
from tests.unit.evaluate.judging.patients import coded, done, mg, ordered, pain
from tests.unit.evaluate.judging.test_other_words import TRIALS, clinic

ALPHA = "therapies: {alpha: {label: alpha, medication: alpha}}\n"
ROW = "  adequate: [{daily_dose: {alpha: 50 mg}, lasts: 56 days}]\n"
ABLATION = "therapies: {ablation: {label: ablation, procedure: ablation}}\n"


class TestAdherence:
    """Where dispenses span the trial, they must cover 80 % of its days."""

    CLINIC = clinic(
        ALPHA
        + TRIALS
        + "  adherence: {covers_at_least: 80 %, spans_within: 30 days}\n"
        + ROW
        + "  verdicts: {failed-absent: [{stopped_for: no-effect}]}\n"
    )
    ORDER = ordered("alpha", "2025-01-01", "2025-04-11", dose=mg(50), why="no-effect")

    def dispensed(self, *supplies: tuple[str, int | None]) -> list[Any]:
        return [
            replace(
                ordered("alpha", day, status="completed", source=OrderSource.DISPENSE, supply=supply),
                supply_end=None,
            )
            for day, supply in supplies
        ]

    def test_eighty_of_a_hundred_days(self) -> None:
        dispensed = self.dispensed(("2025-01-01", 40), ("2025-03-02", 40))
        assert self.CLINIC.one("alpha", self.ORDER, *dispensed).verdict is Verdict.FAILED

    def test_a_day_less(self) -> None:
        dispensed = self.dispensed(("2025-01-01", 40), ("2025-03-13", 39))
        trial = self.CLINIC.one("alpha", self.ORDER, *dispensed)
        assert (trial.verdict, trial.reason) == (Verdict.INADEQUATE, "not-adherent")

    def test_supplies_that_overlap_are_counted_once(self) -> None:
        dispensed = self.dispensed(("2025-01-01", 60), ("2025-01-20", 40), ("2025-03-15", 10))
        assert self.CLINIC.one("alpha", self.ORDER, *dispensed).reason == "not-adherent"

    @pytest.mark.parametrize(
        "supplies",
        [
            [],
            [("2025-01-01", 10)],
            [("2025-02-10", 10), ("2025-04-01", 10)],
            [("2025-01-01", 10), ("2025-04-01", None)],
        ],
        ids=["none", "only the beginning", "only the end", "days of supply not recorded"],
    )
    def test_nothing_is_said_where_dispenses_do_not_span_the_trial(
        self, supplies: list[tuple[str, int | None]]
    ) -> None:
        assert self.CLINIC.one("alpha", self.ORDER, *self.dispensed(*supplies)).verdict is Verdict.FAILED


class TestAnotherIndication:
    """A drug that was ordered for something else only is exposure, and no failure here."""

    CLINIC = clinic(
        ALPHA
        + TRIALS
        + "  failure_for: disease\n"
        + ROW
        + "  verdicts: {failed-absent: [{stopped_for: no-effect}], not-tolerated: [{stopped_for: harm}]}\n"
    )

    @pytest.mark.parametrize(
        ("reasons", "verdict"),
        [((), Verdict.FAILED), (("disease", "other"), Verdict.FAILED), (("other",), Verdict.ENDED_UNKNOWN)],
    )
    def test_by_the_stated_reason(self, reasons: tuple[str, ...], verdict: Verdict) -> None:
        order = ordered("alpha", "2025-01-01", "2025-04-01", dose=mg(50), why="no-effect", reasons=reasons)
        assert self.CLINIC.one("alpha", order).verdict is verdict

    def test_intolerance_counts_whatever_it_was_ordered_for(self) -> None:
        order = ordered("alpha", "2025-01-01", "2025-01-10", dose=mg(50), why="harm", reasons=["other"])
        assert self.CLINIC.one("alpha", order).verdict is Verdict.NOT_TOLERATED


class TestAfterTheEnd:
    """As ill as before in the month after the trial: two counts must say so, and every one of them."""

    CLINIC = clinic(
        ALPHA + TRIALS + ROW + "  verdicts:\n"
        "    failed-absent:\n"
        "      - score: {of: pain, at_least: 15, after_end: 31 days}\n"
        "        and_score: {of: attacks, at_least: 8, after_end: 31 days}\n"
        "        then: [stopped]\n"
        "        reason: presumed\n"
        "        certainty: inferred\n"
        "    stopped-other: [{stopped_for: cost, reason: cost}]\n"
    )
    ENDED = ordered("alpha", "2025-01-01", "2025-04-01", dose=mg(50))

    def attacks(self, value: float, when: str) -> Result:
        return replace(pain(value, when), concept=coded("attacks"), reference=f"Observation/attacks-{when}")

    def test_both_counts_within_a_month(self) -> None:
        trial = self.CLINIC.one("alpha", self.ENDED, pain(15, "2025-05-02"), self.attacks(8, "2025-05-02"))
        assert (trial.verdict, trial.reason, trial.certainty) == (Verdict.FAILED, "presumed", "inferred")

    @pytest.mark.parametrize(
        "counts",
        [
            [(15, "2025-05-02", None)],
            [(14, "2025-05-02", 8)],
            [(15, "2025-05-03", 8)],
            [(15, "2025-04-01", 8)],
        ],
        ids=["one count", "one too low", "a day late", "on the last day"],
    )
    def test_nothing_less(self, counts: list[tuple[float, str, float | None]]) -> None:
        events: list[Any] = []
        for value, day, attacks in counts:
            events.append(pain(value, day))
            events += [self.attacks(attacks, day)] if attacks is not None else []
        assert self.CLINIC.one("alpha", self.ENDED, *events).verdict is Verdict.ENDED_UNKNOWN

    def test_one_better_month_speaks_against_it(self) -> None:
        events = [pain(15, "2025-04-20"), pain(10, "2025-04-30"), self.attacks(8, "2025-04-30")]
        assert self.CLINIC.one("alpha", self.ENDED, *events).verdict is Verdict.ENDED_UNKNOWN

    def test_a_recorded_reason_beats_the_presumption(self) -> None:
        ended = replace(self.ENDED, stop_reasons=(coded("cost"),))
        trial = self.CLINIC.one("alpha", ended, pain(15, "2025-05-02"), self.attacks(8, "2025-05-02"))
        assert trial.verdict is Verdict.STOPPED_OTHER


class TestWithinHours:
    """Relief while a local anaesthetic works: the day's first value against the best of the next eight hours."""

    CLINIC = clinic(
        "therapies: {block: {label: block, procedure: block}}\n"
        + TRIALS
        + "  adequate: [{therapy: block, sessions: 1}]\n"
        "  verdicts: {}\n"
        "  procedures:\n"
        "    effective: [{score: {of: pain, fell_at_least: 80 %, same_day: 8 hours}}]\n"
        "    failed-absent: [{score: {of: pain, fell_below: 80 %, same_day: 8 hours}}]\n"
    )
    BLOCK = done("block", "2025-03-01")

    def at(self, clock: str, value: float) -> Result:
        instant = f"2025-03-01T{clock}:00+01:00" if clock else "2025-03-01"
        return replace(pain(value, "2025-03-01"), instant=instant, reference=f"Observation/at-{clock}")

    @pytest.mark.parametrize(
        ("clock", "value", "verdict"),
        [
            ("10:00", 2, Verdict.EFFECTIVE),
            ("10:00", 2.1, Verdict.FAILED),
            ("17:00", 2, Verdict.EFFECTIVE),
            ("17:01", 2, Verdict.UNKNOWN),
            ("", 2, Verdict.UNKNOWN),
        ],
    )
    def test_against_the_first_value(self, clock: str, value: float, verdict: Verdict) -> None:
        events = (self.BLOCK, self.at("09:00", 10), self.at(clock, value))
        assert self.CLINIC.one("block", *events).verdict is verdict


class TestProceduresNearOthers:
    """A lead placed together with a generator is no trial lead; words may say so too."""

    CLINIC = clinic(
        "therapies: {trial-lead: {label: trial lead, conditional: lead, unless_with: generator, with_within: 1 day}}\n"
        + TRIALS
        + "  adequate: []\n  verdicts: {}\n"
    )

    @pytest.mark.parametrize(("day", "tried"), [("2025-03-02", False), ("2025-03-03", True)])
    def test_a_generator_within_a_day(self, day: str, tried: bool) -> None:
        trial = self.CLINIC.one("trial-lead", done("lead", "2025-03-01"), done("generator", day))
        assert (trial.verdict is not Verdict.NOT_TRIED) is tried


class TestOutcomesAndComplications:
    CLINIC = clinic(
        ABLATION + TRIALS + "  adequate: [{therapy: ablation, sessions: 1}]\n"
        "  verdicts: {}\n"
        "  procedures:\n"
        "    not-tolerated: [{complicated: true}]\n"
        "    failed-absent: [{followed_by: {same: site, within: 89 days}, unless_outcome: success}]\n"
    )

    def at(self, when: str, region: str | None, outcome: str | None = None) -> Any:
        site = Site(regions=frozenset({region} if region else ()))
        return replace(done("ablation", when, outcome=outcome), site=site)

    def test_any_complication_even_one_that_no_table_knows(self) -> None:
        ablation = replace(
            done("ablation", "2025-01-01"), complications=(Concept(label="rash", basis="none"),)
        )
        assert self.CLINIC.one("ablation", ablation).verdict is Verdict.NOT_TOLERATED

    @pytest.mark.parametrize(
        ("first", "second", "outcome", "verdict"),
        [
            ("lumbar", "lumbar", None, Verdict.FAILED),
            ("lumbar", "lumbar", "success", Verdict.UNKNOWN),
            ("lumbar", None, None, Verdict.UNKNOWN),
        ],
    )
    def test_a_repeat_at_the_same_site_unless_it_had_worked(
        self, first: str, second: str | None, outcome: str | None, verdict: Verdict
    ) -> None:
        trials = self.CLINIC.all_of(
            "ablation", self.at("2025-01-01", first, outcome), self.at("2025-02-01", second)
        )
        assert trials[0].verdict is verdict


def test_an_amount_in_another_unit_is_compared_in_that_of_the_rule() -> None:
    order = ordered("alpha", "2025-01-01", "2025-04-01", dose=Amount.exactly(0.05, "g"), why="no-effect")
    assert TestAdherence.CLINIC.one("alpha", order).verdict is Verdict.FAILED
