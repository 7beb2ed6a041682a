"""Verdicts as a clinician would write them, with the reason where it adds something."""

from __future__ import annotations

import pytest

from cds_service.evaluate.findings import Trial, Verdict
from cds_service.explain.words import verdict_words

WORDS = [
    (Verdict.FAILED, "absent", "did not work"),
    (Verdict.FAILED, "waned", "worked, then wore off"),
    (Verdict.FAILED, "short-lived", "relief was short-lived"),
    (Verdict.FAILED, "presumed", "did not work, presumed: headache days stayed high"),
    (Verdict.NOT_TOLERATED, "intolerance", "not tolerated"),
    (Verdict.NOT_TOLERATED, "allergy", "not tolerated: allergy"),
    (Verdict.RULED_OUT, "declined", "ruled out: declined"),
    (Verdict.RULED_OUT, "contraindicated", "ruled out: contraindicated"),
    (Verdict.RULED_OUT, "intolerance", "ruled out: intolerance on record"),
    (Verdict.INADEQUATE, "too-short", "too short to count"),
    (Verdict.INADEQUATE, "too-low", "dose too low to count"),
    (Verdict.INADEQUATE, None, "not enough to count"),
    (Verdict.ONGOING, "too-early", "too early to judge"),
    (Verdict.ONGOING, None, "running, not yet adequate"),
    (Verdict.STOPPED_OTHER, "cost-or-supply", "stopped for another reason: cost or supply"),
    (Verdict.ENDED_UNKNOWN, None, "ended, reason not recorded"),
    (Verdict.ENDED_UNKNOWN, "no-outcome", "outcome not recorded"),
    (Verdict.EFFECTIVE, "remission", "worked: remission"),
    (Verdict.UNKNOWN, "no-outcome", "cannot be judged from the record: outcome not recorded"),
    (Verdict.UNKNOWN, "a-new-reason", "cannot be judged from the record"),
]


@pytest.mark.parametrize(("verdict", "reason", "words"), WORDS)
def test_verdict(verdict: Verdict, reason: str | None, words: str) -> None:
    trial = Trial(pathway="pain", therapy="drug", label="drug", verdict=verdict, reason=reason)

    assert verdict_words(trial) == words
