"""Trial words: what a therapy is, when its trial is adequate, and what evidence gives it which verdict."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from cds_service.ruleset.facts import Item
from cds_service.ruleset.words import CardIds, Length, Limit, Measure, Model, Name, Names, Window


class TherapyDefinition(Model):
    """A therapy of a ladder: a value set of drugs or procedures, its class, modality and (optional) route.

    ``medication`` and ``procedure`` name value sets; one therapy may have both (a toxin that is ordered or injected).
    ``conditional`` value sets count only when ``counts_if_reason`` is among the procedure's reasons, or its text matches
    ``counts_if_text``, or no condition of ``unless_condition`` is on record.
    """

    label: str | None = None
    medication: Names = ()
    procedure: Names = ()
    conditional: Names = ()
    counts_if_reason: Names = ()
    counts_if_text: Names = ()
    counts_if_dose: Limit | None = None
    """A conditional drug counts when its single dose is known and at least this, and no other reason is stated."""
    unless_condition: Names = ()
    unless_text: Names = ()
    """Phrase lists: a procedure whose words match them is none of this therapy."""
    unless_with: Names = ()
    """Value sets: a procedure is none of this therapy when one of these was done so near (``with_within``)."""
    with_within: Length | None = None
    ends_scores: bool = True
    """A score after it no longer speaks of an earlier procedure; ``false`` for a diagnostic block or for visits."""
    class_: Name | None = Field(default=None, alias="class")
    modality: Name | None = None
    route: Names = ()
    not_route: Names = ()
    use: Literal["regular", "as-needed"] | None = None
    names: tuple[str, ...] = ()
    """Canonical names by which texts speak of it (``names.csv``); a drug is spoken of by its ingredient."""
    order: Name | None = None
    """Order template that a suggestion of this therapy creates; defaults to the therapy's own name."""


def _therapy_or_group(value: Any) -> str:
    return "group" if isinstance(value, list | tuple) else "therapy"


Therapy = Annotated[
    Annotated[TherapyDefinition, Tag("therapy")] | Annotated[tuple[Name, ...], Tag("group")],
    Discriminator(_therapy_or_group),
]
"""A therapy, or a group: a list of therapies and groups."""


class StandardRow(Model):
    """When a trial is adequate: the dose a day, days held at it, days in all, or sessions; the first row that fits counts."""

    therapy: Names = ()
    class_: Names = Field(default=(), alias="class")
    daily_dose: dict[Name, Measure | Literal["any-known"]] = Field(default_factory=dict)
    """Least daily dose by therapy."""
    target_dose: dict[Name, Measure] = Field(default_factory=dict)
    held: Length | None = None
    """Days at the dose, at least."""
    lasts: Length | None = None
    """Days in all, at least."""
    gap: Length | None = None
    sessions: int | None = None
    apart: Length | None = None
    one_session_within: Length | None = None
    given_only: bool = False
    """Sessions count only when they were given (a procedure, an administration); an order alone is no session."""
    judge_after: Length | None = None
    """A procedure is judged not before this long after it."""
    judge_partial_after: Length | None = None
    valid_for: Length | None = None
    dose_given: Limit | None = None
    if_: Item | None = Field(default=None, alias="if")
    """The row counts only when this fact holds."""
    or_level: Item | None = None
    """A fact (a drug level in range) that stands for the dose."""


class UnknownDose(Model):
    """When a trial whose dose is not recorded counts as adequate all the same, and how surely."""

    lasts: Length
    stopped_for: Names
    text_says: tuple[str, ...] = ()
    """Phrase categories that stand for such a reason."""
    certainty: Literal["inferred"] = "inferred"


class Score(Model):
    """A symptom score that tells of failure or benefit."""

    of: Names
    at_least: Limit | None = None
    at_most: Limit | None = None
    below: Limit | None = None
    fell_at_least: Limit | None = None
    fell_below: Limit | None = None
    baseline: Length | None = None
    """Baseline values lie within this long before the start."""
    baseline_by: Literal["mean", "latest"] = "mean"
    response_by: Literal["mean", "best", "latest"] = "mean"
    back_to: Limit | None = None
    """A value later than the response is again at least this share of the baseline: the benefit is gone."""
    back_after: Length | None = None
    """Not earlier than this after the start."""
    back_within: Length | None = None
    """Not later than this after the start."""
    same_day: Length | None = None
    """Instead of windows in days: the first value of the procedure's day against the best one at most this long after it."""
    during: Literal["adequate-dose", "last"] | None = None
    last: Length | None = None
    later_than: Literal["judge_after"] | Length | None = None
    within: Length | None = None
    after_end: Length | None = None
    """Only values after the end (of a series: the last session), not later than this after it; all must meet the comparison."""
    after_end_from: Length | None = None
    """With ``after_end``: not earlier than this after the end."""


class FollowedBy(Model):
    """A later therapy that tells of the earlier one."""

    therapies: Names = ()
    """Empty: the same therapy again."""
    within: Length | None = None
    """It came at most this long after."""
    later_than: Length | None = None
    """It came longer after than this."""
    same: Literal["target", "site", "region"] | None = None
    """``target``: surely the same; ``site``: surely the same region, no part recorded as another; ``region``: not another."""


class NextOrdered(Model):
    """A later order of another therapy of the pathway whose reason says why the earlier one ended."""

    reason: Names
    of: Names


class DrugFree(Model):
    """A stretch after a procedure in which none of these therapies was ordered: a sign of benefit."""

    of: Names
    lasts: Length


class Evidence(Model):
    """One kind of evidence for a verdict; sibling words are and-ed. Listed strongest first."""

    of: Names = ()
    """Only for trials of these therapies; empty: of any."""
    stopped_for: Names = ()
    """Coded status reason (value sets)."""
    text_says: tuple[str, ...] = ()
    """Phrase categories found in status reason or notes: always inferred."""
    not_done_for: Names = ()
    not_done_text: tuple[str, ...] = ()
    outcome: Names = ()
    unless_outcome: Names = ()
    """The item says nothing of a procedure whose recorded outcome is of these sets."""
    outcome_text: tuple[str, ...] = ()
    """Phrase categories or finding lists in a procedure's words: always inferred."""
    complication: Names = ()
    complicated: bool | None = None
    """Any complication is recorded with the procedure, whether or not a table knows it."""
    next_ordered_for: NextOrdered | None = None
    score: Score | None = None
    and_score: Score | None = None
    """A second score that must tell the same."""
    followed_by: FollowedBy | None = None
    condition: Names = ()
    condition_state: Literal["recurrence"] | None = None
    within: Length | None = None
    """Days between the end of the trial and the condition, either way."""
    then: tuple[Literal["stopped", "raised", "repeated", "restarted", "recurrence"], ...] = ()
    lasts: Length | None = None
    later_than: Length | None = None
    restarted: Names = ()
    """Therapies ordered anew later than ``later_than`` after the procedure."""
    drug_free: DrugFree | None = None
    allergy: Literal["allergy", "intolerance", "any"] | None = None
    avoid: bool | None = None
    """An order not to give it (doNotPerform)."""
    would_fire: CardIds = ()
    """A critical finding of one of these safety cards holds now for the therapy."""
    fact: Item | None = None
    even_if_repeated: bool = False
    """For ``effective``: counts also when the procedure was done again, as a second diagnostic block is."""
    after_use: Literal["never", "brief", "any"] = "never"
    """For ``ruled-out``: counts when nothing was given, also after a trial too brief to judge, or after any trial."""
    reason: str | None = None
    """The finer reason shown (``absent``, ``waned``, ``intolerance``, ``contraindicated``, ``declined`` …)."""
    certainty: Literal["documented", "inferred"] | None = None
    needs_adequate: bool | None = None


class VerdictEvidence(Model):
    """Evidence by verdict. ``failed-absent`` and ``failed-waned`` need an adequate trial unless an item says otherwise."""

    failed_absent: tuple[Evidence, ...] = Field(default=(), alias="failed-absent")
    failed_waned: tuple[Evidence, ...] = Field(default=(), alias="failed-waned")
    not_tolerated: tuple[Evidence, ...] = Field(default=(), alias="not-tolerated")
    ruled_out: tuple[Evidence, ...] = Field(default=(), alias="ruled-out")
    effective: tuple[Evidence, ...] = ()
    stopped_other: tuple[Evidence, ...] = Field(default=(), alias="stopped-other")
    unknown: tuple[Evidence, ...] = ()
    """What is recorded but leaves the verdict open (a partial outcome); its ``reason`` is shown."""


class Adherence(Model):
    """A drug trial is adequate only when dispenses cover enough of its days; judged only when they span the trial."""

    covers_at_least: Limit
    """Share of the trial's days that the dispensed supply covers."""
    spans_within: Length
    """Judged only when the first and the last dispense lie this close to the trial's first and last day."""


class Trials(Model):
    """How trials of a pathway are judged."""

    gap_allowed: Length
    lapsed_after: Length
    replaced_within: Length | None = None
    text_counts: Literal["inferred", "low", "never"] = "inferred"
    """What a trial known only from text counts: as inferred, low (info at most), or never towards a total."""
    combination_adequate: bool = False
    unknown_dose: UnknownDose | None = None
    adherence: Adherence | None = None
    failure_for: Names = ()
    """A drug of which every order states a reason outside these sets was used, but never failed here."""
    adequate: tuple[StandardRow, ...]
    verdicts: VerdictEvidence
    procedures: VerdictEvidence = VerdictEvidence()


def _items(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else (value,)


class LadderStep(Model):
    """A step of the ladder and what passes it."""

    step: Name
    name: str
    passed_when: Annotated[
        tuple[Item, ...], BeforeValidator(_items, json_schema_input_type=Item | tuple[Item, ...])
    ]
    """All must hold."""
    opens_with: Annotated[
        tuple[Item, ...], BeforeValidator(_items, json_schema_input_type=Item | tuple[Item, ...])
    ] = ()
    """Prerequisites of the step."""
    therapies: Names = ()


__all__ = [
    "Adherence",
    "DrugFree",
    "Evidence",
    "FollowedBy",
    "LadderStep",
    "NextOrdered",
    "Score",
    "StandardRow",
    "Therapy",
    "TherapyDefinition",
    "Trials",
    "UnknownDose",
    "VerdictEvidence",
    "Window",
]
