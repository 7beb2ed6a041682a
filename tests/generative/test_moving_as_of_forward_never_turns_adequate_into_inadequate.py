"""A trial that was long and strong enough stays so: time alone, and what happens later, never takes it back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.evaluate.findings import Trial
from cds_service.evaluate.judging.attempts import Attempt
from cds_service.evaluate.judging.held import Adequacy
from cds_service.evaluate.judging.place import Place
from cds_service.evaluate.truth import Truth
from tests.generative.charts import Chart, trials_of
from tests.generative.patients import charts
from tests.generative.runs import examples, is_noticed

judge = import_module("cds_service.evaluate.judging.judge")


@dataclass(frozen=True)
class Days:
    """A patient looked at some days before the day of the chart, and again some days after that."""

    chart: Chart
    back: int
    on: int


@st.composite
def days(draw: st.DrawFn) -> Days:
    """Mostly weeks, now and then years."""
    lengths = st.integers(0, 60) | st.integers(0, 800)
    return Days(draw(charts()), draw(lengths), draw(lengths) + 1)


def adequate(trials: tuple[Trial, ...]) -> list[Trial]:
    """Trials that were held, for sure, against their standard and met it."""
    return [trial for trial in trials if trial.adequate is True]


def assert_adequate_trials_stay_so(days: Days) -> None:
    early = days.chart.with_(as_of=days.chart.as_of - timedelta(days=days.back))
    late = early.with_(as_of=early.as_of + timedelta(days=days.on))
    later = trials_of(late)
    for pathway, trials in trials_of(early).items():
        for trial in adequate(trials):
            same = [t for t in later[pathway] if is_continued(trial, t)]
            assert same, f"{trial.therapy} is gone"
            for now in same:
                assert now.adequate is True, (
                    f"{trial.therapy}: {trial.verdict} then {now.verdict} {now.reason}"
                )
                assert now.verdict != "inadequate"


def is_continued(trial: Trial, later: Trial) -> bool:
    """A later trial of the same therapy that takes in what the earlier one was of."""
    return later.therapy == trial.therapy and set(trial.references) <= set(later.references)


@examples(100)
@given(days=days())
def test_moving_as_of_forward_never_turns_adequate_into_inadequate(days: Days) -> None:
    assert_adequate_trials_stay_so(days)


def test_an_engine_that_forgets_old_trials_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = judge.adequacy_of

    def forgetful(attempt: Attempt, place: Place) -> Adequacy:
        found: Adequacy = real(attempt, place)
        old = attempt.end is not None and attempt.end.last < place.as_of - timedelta(days=180)
        return replace(found, truth=Truth.NO) if old else found

    monkeypatch.setattr(judge, "adequacy_of", forgetful)

    assert is_noticed(days(), assert_adequate_trials_stay_so, within=200)
