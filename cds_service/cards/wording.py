"""Fills the slots of authored texts, keeps summaries short, and makes text from the record harmless."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cds_service.evaluate.findings import Trial
from cds_service.evaluate.medication_facts import shown_amount
from cds_service.evaluate.trial_facts import WORDS
from cds_service.timeline.amounts import Amount
from cds_service.timeline.dates import DateSpan

SUMMARY_LIMIT = 139
"""Most characters of a summary: strictly fewer than 140 (CDS Hooks 2.0.1, Card attributes)."""

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_SLOT = re.compile(r"\{([a-z][a-z0-9_-]*)\}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|~>])")

REASONS = {
    "absent": "no effect",
    "waned": "effect waned",
    "short-lived": "effect was short-lived",
    "intolerance": "not tolerated",
    "allergy": "allergy",
    "contraindicated": "contraindicated",
    "interaction": "interaction",
    "declined": "declined",
    "too-short": "too short",
    "too-low": "dose too low",
    "not-adherent": "too little dispensed",
    "presumed": "headache days stayed high (presumed)",
}
"""Finer reasons of a verdict, in words."""


def plain(text: str) -> str:
    """Return text from the record as one line without control characters."""
    return " ".join(_CONTROL.sub(" ", text).split())


def button(text: str) -> str:
    """Return words for a button or an action: one line, and nothing that a page could take for a tag."""
    return plain(text).replace("<", "").replace(">", "")


def harmless(text: str) -> str:
    """Return text from the record for GitHub-Flavored Markdown: no markup and no HTML survives."""
    text = plain(text).replace("&", "&amp;").replace("<", "&lt;")
    return _MARKUP.sub(r"\\\1", text)


def month_of(span: DateSpan | None) -> str:
    """Return ``March 2025`` (``2025`` when only the year is known, ``an unknown date`` when none is)."""
    if span is None:
        return "an unknown month"
    if (span.first.year, span.first.month) == (span.last.year, span.last.month):
        return f"{MONTHS[span.first.month - 1]} {span.first.year}"
    return str(span.first.year) if span.first.year == span.last.year else str(span)


def fill(template: str, slots: Mapping[str, object], *, markdown: bool) -> str:
    """Fill ``{slot}`` marks; an unknown value prints ``unknown``. Values are made harmless, the template is trusted."""
    values = {**_derived(slots), **{k: v for k, v in slots.items() if not isinstance(v, Trial)}}
    clean = harmless if markdown else plain

    def put(match: re.Match[str]) -> str:
        value = values.get(match[1])
        return clean(shown(value))

    return _SLOT.sub(put, template)


def shown(value: object) -> str:
    """Return a slot's value in words."""
    match value:
        case None:
            return "unknown"
        case DateSpan():
            return str(value)
        case Amount():
            return shown_amount(value)
        case float():
            return f"{value:g}"
        case list() | tuple():
            return ", ".join(shown(v) for v in value)
        case _:
            return str(value)


def _derived(slots: Mapping[str, object]) -> dict[str, object]:
    """Slots that a trial or a date gives."""
    found: dict[str, object] = {}
    trial = slots.get("trial")
    when = slots.get("date")
    if isinstance(trial, Trial):
        when = trial.judged_on or trial.end or trial.start
        found |= {
            "therapy": trial.label,
            "class": trial.class_words or trial.label,
            "date": when,
            "start": trial.start,
            "reason": REASONS.get(trial.reason or "", trial.reason) or WORDS[trial.finer],
            "dose": dose_words(trial),
            "min_dose": str(trial.required_dose) if trial.required_dose else None,
            "needed_weeks": _weeks(trial.required_days),
            "weeks": _weeks(trial.days.low) if isinstance(trial.days, Amount) else None,
            "days": f"{trial.days.low:g}" if isinstance(trial.days, Amount) else None,
            "sessions": trial.sessions,
        }
    if isinstance(when, DateSpan):
        found["month"] = month_of(when)
    return found


def dose_words(trial: Trial) -> str | None:
    """Return the daily dose of a trial in words, or what is given each time when that is not every day."""
    return trial.rarely or (shown_amount(trial.daily_dose) if trial.daily_dose is not None else None)


def _weeks(days: float | None) -> str | None:
    return None if days is None else f"{days / 7:.0f}"


def sentence(text: str) -> str:
    """Return a text with a capital first letter: names of drugs are small inside a sentence only."""
    return text[:1].upper() + text[1:]


def shortened(summary: str) -> str:
    """Return a summary within the limit, cut at a word when it would not fit."""
    if len(summary) <= SUMMARY_LIMIT:
        return summary
    cut = summary[: SUMMARY_LIMIT - 1].rsplit(" ", 1)[0]
    return f"{cut.rstrip(' ,;:')}…"
