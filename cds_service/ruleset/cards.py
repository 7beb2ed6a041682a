"""Card words: one file is one rule, with its variants, texts and suggestions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema, model_validator

from cds_service.ruleset.facts import Block, Item, ProcedureFact, TrialFact, read_item
from cds_service.ruleset.words import CardId, CardIds, Length, Model, Name, Names

Kind = Literal[
    "next-step",
    "missing-prerequisite",
    "reassess",
    "repeat-of-failed",
    "skipped-step",
    "contraindication",
    "interaction",
    "duplicate",
    "limited-evidence",
    "red-flag",
    "supportive-care",
]
HookName = Literal["patient-view", "order-select", "order-sign"]
Level = Literal["critical", "warning", "info"]
Status = Literal["draft", "silent", "pilot", "active", "retired"]


def _logic(value: Any) -> Block:
    """Let a bare fact name or one fact word stand for ``{all: [it]}``."""
    item = read_item(value)
    return item if isinstance(item, Block) else Block(all=(item,))


def _logic_or_otherwise(value: Any) -> Block | Literal["otherwise"]:
    return "otherwise" if value == "otherwise" else _logic(value)


Logic = Annotated[Block, PlainValidator(_logic), WithJsonSchema({"x-item": True})]
"""A block, or one item that stands for it."""


class About(Model):
    """The rule in plain words, for its reviewers."""

    when: str
    then: str
    not_for: str


class Show(Model):
    """Head of a card."""

    kind: Kind
    hooks: tuple[HookName, ...]
    level: Level = "info"
    """The level when no ``but`` or ``findings`` says otherwise."""
    scope: Literal["pathway", "any-patient"] = "pathway"
    ever: bool = False
    """Scope pathway, but the diagnosis in any clinical status (or as the draft's reason) is enough, at any age."""


class But(Model):
    """A decision list: the first exception met sets the level; an unknown exception does not apply."""

    level: Level | Literal["silent"]
    when: Logic
    summary: str | None = None


class FindingVariant(Model):
    """One of several findings of a card: the highest met level wins and all met reasons fill ``{reasons}``."""

    level: Level
    when: Logic
    say: str | None = None
    summary: str | None = None


class TextVariant(Model):
    """A text chosen by the first ``when`` met; the last says ``otherwise``."""

    say: str
    when: Annotated[
        Block | Literal["otherwise"],
        PlainValidator(_logic_or_otherwise),
        WithJsonSchema({"x-item": True, "description": "logic, or the word otherwise"}),
    ]


class Anchor(Model):
    """One dated event of the card; filters may say ``after: anchor``. No anchor, no card."""

    trial: TrialFact | None = None
    procedure: ProcedureFact | None = None

    @model_validator(mode="after")
    def _one(self) -> Anchor:
        if (self.trial is None) == (self.procedure is None):
            raise ValueError("expected exactly one of trial, procedure")
        return self


class ForEach(Model):
    """One evaluation for each matching draft."""

    draft: Names
    except_: Names = Field(default=(), alias="except")


class Suggestion(Model):
    """One suggestion: exactly one of ``delete``, ``create``, ``first_suitable``, ``all_suitable``, ``stop``, ``repeat``."""

    delete: Literal["draft"] | None = None
    create: Names = ()
    """Order templates or therapies; each becomes its own suggestion."""
    first_suitable: Names = ()
    """Therapies or groups, in order: the first that nothing forbids for this patient."""
    all_suitable: Names = ()
    stop: Literal["other"] | None = None
    """Stop the partner order (update to status stopped)."""
    repeat: Literal["anchor"] | None = None
    """Order the therapy of the anchor's trial again, unless anything forbids it."""
    first_missing_step: bool | None = None
    only_untried: bool = True
    recommended: bool | Literal["when-critical"] = False
    label: str | None = None
    only_if: Logic | None = None
    reason: Names = ()
    """Condition sets: the suggested order points to the patient's condition of these sets (default: population)."""
    priority: Literal["routine", "urgent", "asap", "stat"] | None = None

    @model_validator(mode="after")
    def _one(self) -> Suggestion:
        given = [
            self.delete,
            self.create or None,
            self.first_suitable or None,
            self.all_suitable or None,
            self.stop,
            self.repeat,
            self.first_missing_step,
        ]
        if sum(x is not None for x in given) != 1:
            raise ValueError(
                "expected exactly one of delete, create, first_suitable, all_suitable, stop, repeat, first_missing_step"
            )
        return self


class Source(Model):
    """A source that the card rests on, with its grade."""

    label: str
    grade: str
    cite: str | None = None
    url: str | None = None


class ShowAgain(Model):
    """Quiet time after the card was shown for this patient; applied after evaluation."""

    wait: Length
    or_: Literal["evidence-changed"] | None = Field(default=None, alias="or")


def _summaries(value: Any) -> Any:
    return ({"say": value, "when": "otherwise"},) if isinstance(value, str) else value


class CardFile(Model):
    """One rule: ``<card-id>-<slug>.yaml``."""

    card: CardId
    version: int = Field(ge=1)
    status: Status
    title: str
    owner: str
    about: About
    show: Show
    for_each: ForEach | None = None
    anchor: Anchor | None = None
    when: Logic | None = None
    but: tuple[But, ...] = ()
    findings: tuple[FindingVariant, ...] = ()
    rows: Name | None = None
    """A table of pairs (``interactions``, ``contraindications``): its rows with this card's id are the findings."""
    label: tuple[TextVariant, ...] = ()
    if_unknown: Literal["silent", "mention", "ask", "lower"] = "silent"
    step: Name | None = None
    summary: Annotated[
        tuple[TextVariant, ...],
        BeforeValidator(_summaries, json_schema_input_type=str | tuple[TextVariant, ...]),
    ]
    detail: str
    """Prose above the generated sections (trials, because, missing, evidence); slots allowed."""
    list_trials: Names = ()
    """Therapies whose trials the table shows (default: all of the pathway that are not untried; none on safety cards)."""
    suggest: tuple[Suggestion, ...] = ()
    overrides: Names
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    seed: tuple[str, ...] = ()
    silences: tuple[Kind, ...] = ()
    gives_way_to: CardIds = ()
    replaces: CardIds = ()
    twin_of: CardIds = ()
    """Cards of another pathway that say the same: of one draft, or of the patient, they are shown as one card."""
    never_silenced: bool = False
    """Stays when another card silences its kind."""
    only_alone: bool = False
    drop_first: bool = False
    show_again_after: ShowAgain | None = None
    known_gaps: tuple[str, ...] = ()
    pathways: Names = ()
    """The pathways it may be shown under, in order; a rule in a pathway's folder names that pathway among them."""

    @model_validator(mode="after")
    def _fires_somehow(self) -> CardFile:
        if self.but and (self.findings or self.rows):
            raise ValueError("'but' and 'findings' (or 'rows') never go together")
        if (
            self.when is None
            and not self.findings
            and not self.rows
            and self.for_each is None
            and self.anchor is None
        ):
            raise ValueError("expected 'when', 'findings', 'rows', 'for_each' or 'anchor'")
        return self


__all__ = ["Anchor", "But", "CardFile", "FindingVariant", "Item", "Show", "Suggestion", "TextVariant"]
