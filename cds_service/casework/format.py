"""The file format of cases: patients, cases and what is expected; ``docs/cases.md`` is its reference."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PlainValidator, ValidationError, model_validator

from cds_service.casework.items import Concept, Entry, FhirId, Item, Texts, When, read_entry
from cds_service.ruleset.cards import HookName, Kind, Level
from cds_service.ruleset.wording import line_error, unknown_word
from cds_service.ruleset.words import CardId, CardIds, Model, Name, Names


class Person(Model):
    """Words of the Patient resource; the only part of a patient that ``{patient: …}`` changes."""

    born: When | None = None
    sex: Literal["female", "male", "other", "unknown"] | None = None
    deceased: bool | None = None
    ancestry: tuple[Concept, ...] = ()


class Change(Model):
    """One difference from another patient; exactly one of its words is set."""

    replace: Entry | None = None
    add: Entry | None = None
    remove: FhirId | None = None
    edit: FhirId | None = None
    words: dict[str, Any] = Field(default_factory=dict)
    """Words that ``edit`` replaces; None takes a word out."""
    patient: Person | None = None


def read_change(value: Any) -> Change:
    """Read one change: an item that replaces, or ``add``, ``remove``, ``edit`` or ``patient``."""
    if isinstance(value, Change):
        return value
    if not isinstance(value, dict) or not value:
        raise ValueError("expected an item, or one of add, remove, edit, patient")
    if "edit" in value:
        words = {k: v for k, v in value.items() if k != "edit"}
        return Change(edit=value["edit"], words=words)
    for word in ("add", "remove", "patient"):
        if word in value:
            if len(value) > 1:
                extra = next(k for k in value if k != word)
                fault = line_error(f"does not go with '{word}'", (extra,), value)
                raise ValidationError.from_exception_data("change", [fault])
            return Change.model_validate(value)
    return Change(replace=read_entry(value))


Changes = tuple[Annotated[Change, PlainValidator(read_change)], ...]


class PatientSpec(Person):
    """A patient: who, what is on record, or another patient with changes."""

    story: str
    history: tuple[Entry, ...] = ()
    like: Name | None = None
    change: Changes = ()

    @model_validator(mode="after")
    def _own_or_like(self) -> Self:
        if self.like is not None and self.history:
            raise ValueError("write 'history', or 'like' with 'change'")
        if self.like is None and self.change:
            raise ValueError("'change' needs 'like'")
        return self


class ExpectedTrial(Model):
    """What a trial's verdict is like."""

    verdict: str
    reason: str | None = None
    certainty: Literal["documented", "inferred", "reported"] | None = None


def _trial(value: Any) -> Any:
    return {"verdict": value} if isinstance(value, str) else value


class ExpectedCard(Model):
    """What a card is like; what is not written is not asked."""

    card: CardId | None = None
    level: Level | None = None
    kind: Kind | None = None
    summary: str | None = None
    contains: Texts = ()
    detail: Texts = ()
    about: str | None = None
    certainty: Literal["documented", "inferred", "reported"] | None = None
    reasons: tuple[str, ...] | None = None
    missing: Texts = ()
    suggests: Texts | None = None
    suggests_not: Texts = ()
    count: int | None = None


def _card(value: Any) -> Any:
    return {"card": value} if isinstance(value, str) else value


CardWanted = Annotated[ExpectedCard, BeforeValidator(_card)]


def _own_card(value: Any) -> Any:
    if value == "none":
        return "none"
    if isinstance(value, str):
        raise ValueError(
            f"'{value}' is neither 'none' nor what the card is like ({unknown_word(value, ['none'])})"
        )
    return ExpectedCard.model_validate(value)


class Expect(Model):
    """What a case expects."""

    card: Annotated[ExpectedCard | Literal["none"] | None, PlainValidator(_own_card)] = None
    cards: tuple[CardWanted, ...] = ()
    absent: CardIds | Literal["all"] = ()
    also: CardIds = ()
    trials: dict[str, Annotated[ExpectedTrial, BeforeValidator(_trial)]] = Field(default_factory=dict)
    step: str | dict[Name, str] | None = None
    missing: Texts = ()
    incomplete: tuple[str, ...] | None = None


class CaseSpec(Model):
    """One case."""

    name: str
    patient: Name | None = None
    like: Name | None = None
    change: Changes = ()
    as_of: When | None = None
    hook: HookName | None = None
    profile: Names = ()
    drafts: tuple[Entry, ...] = ()
    selections: tuple[FhirId, ...] | None = None
    unavailable: tuple[str, ...] = ()
    amended: str | None = None
    expect: Expect

    @model_validator(mode="after")
    def _one_patient(self) -> Self:
        if (self.patient is None) == (self.like is None):
            raise ValueError("expected exactly one of 'patient' and 'like'")
        if self.patient is not None and self.change:
            raise ValueError("'change' goes with 'like'")
        return self


class CaseFile(Model):
    """``<card>.cases.yaml``, ``vignettes.yaml``, or ``patients.yaml`` (patients only)."""

    rule: CardId | None = None
    as_of: When | None = None
    hook: HookName = "patient-view"
    profile: Names = ()
    patients: dict[Name, PatientSpec] = Field(default_factory=dict)
    cases: tuple[CaseSpec, ...] = ()


__all__ = [
    "CaseFile",
    "CaseSpec",
    "Change",
    "Expect",
    "ExpectedCard",
    "ExpectedTrial",
    "Item",
    "PatientSpec",
    "Person",
]
