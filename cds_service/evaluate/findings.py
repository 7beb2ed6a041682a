"""What evaluation returns: trials with their verdicts, where the patient stands, and findings ready to become cards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from cds_service.evaluate.truth import Evidence
from cds_service.ruleset.words import Quantity
from cds_service.timeline.amounts import Measure
from cds_service.timeline.dates import DateSpan
from cds_service.timeline.events import Certainty, Draft, Missing, Site


class Verdict(StrEnum):
    """How one trial of a therapy went (see the glossary)."""

    NOT_TRIED = "not-tried"
    ONGOING = "ongoing"
    ONGOING_ADEQUATE = "ongoing-adequate"
    INADEQUATE = "inadequate"
    FAILED = "failed"
    NOT_TOLERATED = "not-tolerated"
    RULED_OUT = "ruled-out"
    EFFECTIVE = "effective"
    STOPPED_OTHER = "stopped-other"
    ENDED_UNKNOWN = "ended-unknown"
    UNKNOWN = "unknown"


WANED = frozenset({"waned", "short-lived"})
"""Finer reasons of a failure after an effect: it wore off, or it wore off too soon to count as a success."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One course, procedure or series held against its standard.

    ``reason`` is the finer word (``absent``, ``waned``, ``intolerance``, ``allergy``, ``contraindicated``,
    ``declined``, ``too-short``, ``too-low`` …). ``adequate`` is what the standard says of dose and time alone.
    ``counts`` is False when the pathway does not count a trial known only from text towards totals.
    ``required_dose`` and ``required_days`` are the standard's numbers, for the card.
    ``adequate_on`` is the day from which a running trial will be adequate.
    """

    pathway: str
    therapy: str
    label: str
    ingredient: str | None = None
    therapy_class: str | None = None
    class_words: str | None = None
    """The class in words for a card."""
    modality: str | None = None
    route: str | None = None
    site: Site | None = None
    verdict: Verdict
    reason: str | None = None
    adequate: bool | None = None
    certainty: Certainty = Certainty.DOCUMENTED
    verified: bool = True
    by_text: bool = False
    counts: bool = True
    start: DateSpan | None = None
    end: DateSpan | None = None
    running: bool = False
    daily_dose: Measure | None = None
    rarely: str | None = None
    """The dose in words when it is given less often than daily: ``140 mg a month``."""
    days: Measure | None = None
    sessions: int | None = None
    required_dose: Quantity | None = None
    required_days: int | None = None
    below_target: bool | None = None
    """Judged between the least and the target dose; None when the pathway names no target."""
    adequate_on: date | None = None
    judged_on: DateSpan | None = None
    """The day that the verdict rests on (a stop, an outcome, a score), for ``within`` and ``{date}``."""
    references: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[Missing, ...] = ()

    @property
    def finer(self) -> str:
        """Verdict with its reason, as rules name it: ``failed-waned``, ``failed-absent``, else the verdict."""
        if self.verdict is Verdict.FAILED and self.reason in WANED:
            return "failed-waned"
        if self.verdict is Verdict.FAILED:
            return "failed-absent"
        return self.verdict.value


@dataclass(frozen=True, slots=True, kw_only=True)
class StepState:
    """One step of a ladder for this patient."""

    step: str
    name: str
    passed: str
    """A truth value."""
    because: tuple[Evidence, ...] = ()
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A rule that fired for this patient, before wording, merging and suggestions.

    ``draft`` is the order it is about, ``partners`` the other orders involved. ``level`` is after all caps;
    ``caps`` says which were applied and why. ``slots`` fill the card's texts.
    """

    card: str
    pathway: str
    kind: str
    level: str
    summary: str
    """The chosen summary text, its slots not yet filled."""
    draft: Draft | None = None
    partners: tuple[str, ...] = ()
    step: str | None = None
    certainty: Certainty = Certainty.DOCUMENTED
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[Missing, ...] = ()
    because: tuple[str, ...] = ()
    """One sentence for each fact that decided it."""
    reasons: tuple[tuple[str, Mapping[str, object]], ...] = ()
    """``say`` of each finding variant met, with the slots that fill it."""
    label: str | None = None
    also: tuple[Finding, ...] = ()
    """Findings merged into this one (same fact, same draft)."""
    provisional: bool = False
    trials: tuple[Trial, ...] = ()
    anchor: Trial | None = None
    caps: tuple[str, ...] = ()
    slots: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PathwayState:
    """Where the patient stands on one pathway's ladder."""

    pathway: str
    in_population: str
    """A truth value."""
    step: str | None
    steps: tuple[StepState, ...]
    trials: tuple[Trial, ...]
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """The outcome of one call: findings in order of urgency, and what could not be decided.

    ``undecided`` are rules that a missing datum kept open; ``broken`` rules that failed by our own fault (id to
    exception type); ``incomplete`` the resource types that could not be read whole.
    """

    as_of: date
    findings: tuple[Finding, ...]
    undecided: Mapping[str, tuple[Missing, ...]] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)
    incomplete: frozenset[str] = frozenset()
