"""What a case may say of a patient: one model for each kind of history item, with the words of ``docs/cases.md``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, ValidationError, model_validator
from pydantic_core import InitErrorDetails

from cds_service.ruleset.wording import clear, line_error, message_of, unknown_word
from cds_service.ruleset.words import Model
from cds_service.timeline.dates import parse_span

_ID = re.compile(r"[A-Za-z0-9.-]{1,64}\Z")
_NAME = re.compile(r"[a-z0-9][a-zA-Z0-9-]*\Z")


def _day(value: Any) -> str:
    text = str(value)
    if parse_span(text) is None:
        raise ValueError(f"'{text}' is not a date such as 2025-03-20, 2025-03 or 2025")
    return text


def _fhir_id(value: str) -> str:
    if _ID.match(value) is None:
        raise ValueError(f"'{value}' is not an id: letters, digits, hyphens and dots")
    return value


def _texts(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


When = Annotated[str, BeforeValidator(_day)]
"""A FHIR date, dateTime or partial date."""

FhirId = Annotated[str, AfterValidator(_fhir_id)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Amount = Annotated[str, BeforeValidator(_text)]
"""A number with its unit, as ``ruleset.words.read_quantity`` reads it."""

Side = Literal["left", "right", "bilateral"]


class Concept(Model):
    """What something is of: codes (names of value sets, or ``SYSTEM CODE``), text, display of the first code."""

    codes: tuple[str, ...] = ()
    text: str | None = None
    display: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"codes": (value,)}
        if isinstance(value, list | tuple):
            return {"codes": value}
        return value

    @property
    def name(self) -> str | None:
        """The name of the value set or ingredient, when the concept is written as one."""
        first = self.codes[0] if self.codes else ""
        return first if _NAME.match(first) else None


class Item(Model):
    """Words that every item has."""

    kind: ClassVar[str]

    id: FhirId | None = None
    status: str | None = None
    note: Texts = ()
    text: str | None = None
    text_only: bool = False
    of_other_patient: bool = False

    @property
    def what(self) -> Concept:
        """What the item is of."""
        found = getattr(self, self.kind)
        return found if isinstance(found, Concept) else Concept()

    def says(self, word: str) -> bool:
        """True when the author wrote the word, even as ``null``."""
        return word in self.model_fields_set


class _Dosed(Item):
    """Words for a dose."""

    product: Concept | None = None
    daily: Amount | None = None
    times: int = 1
    take: str | None = None
    phases: tuple[Phase, ...] = ()
    dosage_text: str | None = None
    as_needed: bool = False
    max_daily: Amount | None = None
    route: Concept | None = None
    rate: str | None = None
    by_reference: Literal["contained", "bundle"] | None = None

    @model_validator(mode="after")
    def _one_dose(self) -> Self:
        if sum(bool(x) for x in (self.daily, self.take, self.phases)) > 1:
            raise ValueError("write one of daily, take, phases")
        return self


class Phase(Model):
    """One dosage of several that follow each other."""

    daily: Amount | None = None
    times: int = 1
    take: str | None = None
    lasts: str | None = None


class ConditionItem(Item):
    """A Condition."""

    kind = "condition"
    condition: Concept
    status: str | None = "active"
    verification: str | None = "confirmed"
    onset: When | None = None
    onset_age: Amount | None = None
    recorded: When | None = None
    abated: When | None = None
    side: Side | None = None
    site: Concept | None = None
    severity: Concept | None = None


class OrderItem(_Dosed):
    """A MedicationRequest."""

    kind = "order"
    order: Concept
    intent: str = "order"
    from_: When | None = Field(default=None, alias="from")
    to: When | None = None
    written: When | None = None
    valid_until: When | None = None
    because: Concept | None = None
    because_text: str | None = None
    reason: Concept | None = None
    reason_text: str | None = None
    reason_condition: FhirId | None = None
    category: Texts = ()
    priority: str | None = None
    do_not_perform: bool | None = None
    prior: FhirId | None = None
    supply: str | None = None
    repeats: int | None = None
    quantity: Amount | None = None


class StatementItem(_Dosed):
    """A MedicationStatement."""

    kind = "statement"
    statement: Concept
    from_: When | None = Field(default=None, alias="from")
    to: When | None = None
    at: When | None = None
    because: Concept | None = None
    because_text: str | None = None
    reason: Concept | None = None
    reason_text: str | None = None


class AdministrationItem(Item):
    """A MedicationAdministration."""

    kind = "administration"
    administration: Concept
    product: Concept | None = None
    status: str | None = "completed"
    at: When | None = None
    from_: When | None = Field(default=None, alias="from")
    to: When | None = None
    dose: Amount | None = None
    route: Concept | None = None
    rate: str | None = None
    because: Concept | None = None
    reason: Concept | None = None
    reason_text: str | None = None
    by_reference: Literal["contained", "bundle"] | None = None


class DispenseItem(_Dosed):
    """A MedicationDispense."""

    kind = "dispense"
    dispense: Concept
    status: str | None = "completed"
    at: When | None = None
    days: int | None = None
    quantity: Amount | None = None
    for_order: FhirId | None = None


class ProcedureItem(Item):
    """A Procedure."""

    kind = "procedure"
    procedure: Concept
    status: str | None = "completed"
    at: When | None = None
    from_: When | None = Field(default=None, alias="from")
    to: When | None = None
    outcome: Concept | None = None
    outcome_text: str | None = None
    because: Concept | None = None
    because_text: str | None = None
    reason: Concept | None = None
    reason_text: str | None = None
    site: Concept | None = None
    side: Side | None = None
    complication: Concept | None = None


class ObservationItem(Item):
    """An Observation."""

    kind = "observation"
    observation: Concept
    status: str | None = "final"
    at: When | None = None
    value: Any = None
    components: dict[str, Any] = Field(default_factory=dict)
    reference_high: Amount | None = None
    interpretation: str | None = None
    site: Concept | None = None
    side: Side | None = None


class ReportItem(Item):
    """A DiagnosticReport."""

    kind = "report"
    report: Concept
    status: str | None = "final"
    at: When | None = None
    conclusion: str | None = None
    finding: Concept | None = None


class ImagingItem(Item):
    """An ImagingStudy."""

    kind = "imaging"
    imaging: Concept
    status: str | None = "available"
    at: When | None = None
    description: str | None = None


class AllergyItem(Item):
    """An AllergyIntolerance."""

    kind = "allergy"
    allergy: Concept
    status: str | None = "active"
    verification: str | None = "confirmed"
    kind_: Literal["allergy", "intolerance"] | None = Field(default=None, alias="kind")
    criticality: Literal["low", "high", "unable-to-assess"] | None = None
    reaction: Concept | None = None
    reaction_text: str | None = None
    severity: Literal["mild", "moderate", "severe"] | None = None
    recorded: When | None = None


class _Requested(Item):
    at: When | None = None
    intent: str = "order"
    status: str | None = "active"
    reason: Concept | None = None
    reason_text: str | None = None
    reason_condition: FhirId | None = None


class RequestItem(_Requested):
    """A ServiceRequest."""

    kind = "request"
    request: Concept
    planned: When | None = None
    site: Concept | None = None
    side: Side | None = None
    category: Texts = ()
    priority: str | None = None
    detail: Concept | None = None
    do_not_perform: bool | None = None


class DeviceRequestItem(_Requested):
    """A DeviceRequest."""

    kind = "device_request"
    device_request: Concept


class DeviceItem(Item):
    """A Device."""

    kind = "device"
    device: Concept
    status: str | None = "active"


class EncounterItem(Item):
    """An Encounter."""

    kind = "encounter"
    encounter: Concept
    status: str | None = "finished"
    visit_class: str | None = None
    from_: When | None = Field(default=None, alias="from")
    to: When | None = None
    reason: Concept | None = None


class RawItem(Item):
    """A FHIR resource as it is."""

    kind = "resource"
    resource: dict[str, Any]


ITEMS: Mapping[str, type[Item]] = {
    model.kind: model
    for model in (
        ConditionItem,
        OrderItem,
        StatementItem,
        AdministrationItem,
        DispenseItem,
        ProcedureItem,
        ObservationItem,
        ReportItem,
        ImagingItem,
        AllergyItem,
        RequestItem,
        DeviceRequestItem,
        DeviceItem,
        EncounterItem,
        RawItem,
    )
}
"""Item models by the word that opens an item."""

DRAFT_KINDS = frozenset({"order", "request", "device_request", "resource"})
"""Kinds of items that may be drafts."""


def read_entry(value: Any) -> Item:
    """Read one history item; its first valid word of ``ITEMS`` says which kind it is."""
    if isinstance(value, Item):
        return value
    if not isinstance(value, dict):
        raise ValueError(f"expected an item: one of {', '.join(ITEMS)} with its words")
    kinds = [word for word in value if word in ITEMS]
    if not kinds:
        first = str(next(iter(value), ""))
        raise ValidationError.from_exception_data(
            "item", [line_error(unknown_word(first, ITEMS), (first,), value)]
        )
    # Words such as 'encounter' may open an item or stand in one: the first that opens one decides.
    return _validated(ITEMS[kinds[0]], value)


def _validated(model: type[Item], value: Any) -> Item:
    try:
        return model.model_validate(value)
    except ValidationError as problem:
        faults = [
            InitErrorDetails(type=clear(message_of(e)), loc=e["loc"], input=e["input"])
            for e in problem.errors(include_url=False)
        ]
        raise ValidationError.from_exception_data(model.__name__, faults) from None


Entry = Annotated[Item, PlainValidator(read_entry)]
"""One item of a history or of the drafts."""

_Dosed.model_rebuild()
OrderItem.model_rebuild()
StatementItem.model_rebuild()
DispenseItem.model_rebuild()
