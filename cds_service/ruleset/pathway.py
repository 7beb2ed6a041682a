"""Pathway words: whom a pathway is for, its therapies, facts, settings, trials and ladder; order templates; profiles."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from cds_service.ruleset.cards import Logic
from cds_service.ruleset.facts import Fact, Setting
from cds_service.ruleset.trials import LadderStep, Therapy, Trials
from cds_service.ruleset.words import Limit, Model, Name, Names


def _list(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class CodeRef(Model):
    """A code of an order template; ``system`` is a key of ``terminology/systems.csv``."""

    system: str
    code: str
    display: str | None = None


class OrderTemplate(Model):
    """A draft order that a suggestion creates: a MedicationRequest or a ServiceRequest."""

    resource: Literal["MedicationRequest", "ServiceRequest"]
    text: str
    codes: tuple[CodeRef, ...] = ()
    dosage_text: str | None = None
    note: str | None = None
    label: str | None = None
    """Button text; defaults to ``Order {text}`` or ``Refer: {text}``."""


class Population(Model):
    """Whom the pathway is for; ``exclude`` takes patients out."""

    condition: Names = ()
    """Value sets of diagnoses, any of which (current) opens the pathway; evidence for findings of absence."""
    text: Names = ()
    """Phrase or name lists that open it with lower confidence when no code does."""
    when: Logic | None = None
    """Further criteria, and-ed; alone when ``condition`` is empty."""
    exclude: Logic | None = None
    youngest: Limit | None = None
    """Least age (``18 a``); an unknown age does not take a patient out."""


class PathwayFile(Model):
    """``pathway.yaml``."""

    pathway: Name
    title: str
    source_label: str
    source_url: str | None = None
    notice: str
    uses: Names = ()
    """Pathways whose facts and trials may be used too (declared, one way)."""
    text_cap: Literal["critical", "warning", "info"] = "critical"
    """Highest level of a card that rests on words instead of codes."""
    order_text_cap: Literal["critical", "warning", "info"] | None = None
    """The same where only orders, drafted or in use, are known by words; default ``text_cap``."""
    merge_criticals: bool = False
    """All critical findings on one draft become one card."""
    default_profile: Name | None = None
    """The profile in force where a site chooses none."""
    population: Population
    settings: dict[Name, Setting] = Field(default_factory=dict)
    facts: dict[Name, Fact] = Field(default_factory=dict)
    therapies: dict[Name, Therapy] = Field(default_factory=dict)
    """Therapies, and groups of them as lists."""
    classes: dict[Name, str] = Field(default_factory=dict)
    """Classes of therapies in words for a card; one that is left out is called by its name, hyphens as spaces."""
    verdict_groups: dict[Name, Names] = Field(default_factory=dict)
    trials: Trials | None = None
    ladder: tuple[LadderStep, ...] = ()
    orders: dict[Name, OrderTemplate] = Field(default_factory=dict)


class SharedFile(Model):
    """``shared/facts.yaml``: facts and settings used by more than one pathway, and the notice on every card."""

    settings: dict[Name, Setting] = Field(default_factory=dict)
    facts: dict[Name, Fact] = Field(default_factory=dict)
    therapies: dict[Name, Therapy] = Field(default_factory=dict)
    orders: dict[Name, OrderTemplate] = Field(default_factory=dict)


class OverrideFile(Model):
    """``shared/overrides.yaml``: the override reasons, code to the words shown."""

    overrides: dict[Name, str]


class ProfileFile(Model):
    """``profiles/<name>.yaml``: values of settings by pathway, nothing else."""

    profile: Name
    pathways: Annotated[
        tuple[Name, ...], BeforeValidator(_list, json_schema_input_type=Name | tuple[Name, ...])
    ]
    says: str
    settings: dict[Name, Any]

    @model_validator(mode="after")
    def _some(self) -> ProfileFile:
        if not self.settings:
            raise ValueError("a profile replaces at least one setting")
        return self
