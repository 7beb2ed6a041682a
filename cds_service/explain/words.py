"""Verdicts in words for the explanation: what a clinician would write on the chart, without codes."""

from __future__ import annotations

from collections.abc import Mapping

from cds_service.cards.wording import REASONS
from cds_service.evaluate.findings import Trial
from cds_service.evaluate.trial_facts import WORDS

_FAILED = {
    "waned": "worked, then wore off",
    "short-lived": "relief was short-lived",
    "presumed": "did not work, presumed: headache days stayed high",
    "pain-went-on": "did not work, presumed: pain went on afterwards",
}
_SHORT = {
    "too-short": "too short to count",
    "too-low": "dose too low to count",
    "not-adherent": "too little dispensed to count",
}
_RULED_OUT = {
    **REASONS,
    "intolerance": "intolerance on record",
    "pregnancy": "pregnancy",
    "avoid": "on record as not to be given",
}
_OTHER = {
    "cost-or-supply": "cost or supply",
    "pregnancy": "pregnancy",
    "choice": "patient's choice",
    "contraindicated": "contraindication found",
    "remission": "remission",
}
_OPEN = {
    "no-outcome": "outcome not recorded",
    "partial": "partial relief",
    "combination": "part of a combination",
    "dose-unknown": "dose not recorded",
    "level-unknown": "drug level not recorded",
    "not-exact": "dates not exact",
    "not-read": "could not be read",
    "no-standard": "no standard of an adequate trial",
    "standard-open": "the standard that applies is not clear",
}
_DETAILS: Mapping[str, Mapping[str, str]] = {
    "not-tolerated": {"allergy": "allergy"},
    "ruled-out": _RULED_OUT,
    "stopped-other": _OTHER,
    "effective": {"remission": "remission"},
    "unknown": _OPEN,
}


def verdict_words(trial: Trial) -> str:
    """Return the verdict on a trial as words, with the reason where it adds something."""
    reason = trial.reason or ""
    if trial.verdict == "failed":
        return _FAILED.get(reason, WORDS[trial.finer])
    if trial.verdict == "inadequate":
        return _SHORT.get(reason, "not enough to count")
    if trial.verdict == "ongoing" and reason == "too-early":
        return "too early to judge"
    if trial.verdict == "ended-unknown" and reason == "no-outcome":
        return "outcome not recorded"
    detail = _DETAILS.get(trial.verdict, {}).get(reason)
    return f"{WORDS[trial.finer]}: {detail}" if detail else WORDS[trial.finer]
