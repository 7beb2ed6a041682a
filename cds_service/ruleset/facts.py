"""The fact words: each asks one question of a patient's timeline and is answered yes, no or unknown.

``docs/rule-language.md`` is generated from the docstrings and fields here.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, ValidationError, WithJsonSchema, model_validator
from pydantic_core import InitErrorDetails

from cds_service.ruleset.wording import clear, line_error, message_of, unknown_word
from cds_service.ruleset.words import Length, Limit, Model, Name, Names, Window

Same = Literal["ingredient", "class", "modality", "route", "target", "site", "region", "side"]
Pick = Literal["latest", "earliest", "any", "highest", "lowest"]


class Comparison(Model):
    """Comparisons with a number and its unit, or with a setting."""

    at_least: Limit | None = None
    at_most: Limit | None = None
    above: Limit | None = None
    below: Limit | None = None

    @property
    def compares(self) -> bool:
        """True when any comparison is written."""
        return any(v is not None for v in (self.at_least, self.at_most, self.above, self.below))


class ConditionFact(Model):
    """A diagnosis on record. Provisional and differential diagnoses answer unknown unless ``certainty: any``."""

    in_: Names = Field(alias="in")
    except_: Names = Field(default=(), alias="except")
    state: Literal["current", "remission", "ever"] = "current"
    certainty: Literal["confirmed", "any"] = "confirmed"
    within: Window | None = None
    """Onset or recording not longer ago than this."""
    onset_before: Window | None = None
    """Began at least this long ago."""
    recorded_before: Window | None = None
    after: Literal["anchor"] | None = None
    before: Literal["anchor"] | None = None
    onset_age_below: Limit | None = None
    region: Names = ()
    same: Literal["region"] | None = None
    side: Literal["left", "right", "bilateral"] | None = None
    severity: Literal["severe"] | None = None
    status: Literal["active", "recurrence", "relapse", "inactive", "remission", "resolved"] | None = None
    text: Names = ()
    """Phrase lists that must match the diagnosis's words."""
    latest_status: bool | None = None
    """A later record of the same code with another clinical status replaces this one."""
    replaced_by: Names = ()
    """A later diagnosis of these sets (a disorder in remission) replaces this one."""
    not_followed_by: Names = ()
    """Nothing of these sets (diagnosis, procedure, report, result or its value) is on record on its day or later."""


class ObservationFact(Comparison):
    """A measured or coded result; the latest final one unless ``pick`` or ``of_last`` says otherwise."""

    in_: Names = Field(alias="in")
    pick: Pick = "latest"
    of_last: int | None = None
    how_many: int = 1
    """With ``of_last``: how many of them must meet the comparison."""
    within: Window | None = None
    after: Literal["anchor"] | None = None
    value_in: Names = ()
    """The coded value belongs to one of these sets, or its text matches one of these phrase lists."""
    above_reference: bool | None = None
    """Above the reference range's high (``times_reference`` times)."""
    times_reference: float = 1
    since_start_of: Name | None = None
    """Only results on or after the start of the running course of this therapy or set."""
    not_followed_by: Names = ()
    """Nothing of these sets (diagnosis, procedure, report, result or its value) is on record on its day or later."""


class MonthlyFact(Comparison):
    """A monthly count that meets the comparison in ``in_a_row`` consecutive months up to the latest one recorded."""

    in_: Names = Field(alias="in")
    in_a_row: int
    within: Window | None = None


class ResponseFact(Model):
    """The fall of a score from before an event to after it, in percent of the first."""

    of: Names
    baseline: Length
    """Baseline values: this long before the anchor (or the start of the trial)."""
    after: Length | None = None
    """Response values: not earlier than this after it."""
    last: Length | None = None
    """Response values: only those of this last stretch up to the day of judgement."""
    until: Length | None = None
    fell_at_least: Limit | None = None
    fell_below: Limit | None = None
    around: Literal["anchor", "trial"] = "anchor"


class MedicationFact(Comparison):
    """Orders or courses of drugs of a set; the comparison counts distinct ones."""

    in_: Names = Field(alias="in")
    except_: Names = Field(default=(), alias="except")
    state: Literal["in-use", "ended", "any"] = "in-use"
    ended_within: Window | None = None
    started_within: Window | None = None
    lasted: Window | None = None
    """Days of the course in use, at least."""
    lasted_at_most: Window | None = None
    daily_dose_at_most: Limit | None = None
    """The highest daily dose of the order, at most; a dose that is not stated answers unknown."""
    use: Literal["regular", "as-needed"] | None = None
    given: bool | None = None
    """Only administrations: what was given, not what was ordered."""
    route: Names = ()
    reason: Names = ()
    after: Literal["anchor"] | None = None
    same: Literal["ingredient"] | None = None
    """Only orders of an ingredient of the draft."""
    distinct: Literal["ingredient", "class"] = "ingredient"
    plus_draft: bool = False
    """Count the draft (and the other drafts) too."""


class ProcedureFact(Comparison):
    """Procedures done; the comparison counts sessions or records."""

    in_: Names = Field(alias="in")
    except_: Names = Field(default=(), alias="except")
    state: Literal["done", "not-done", "any"] = "done"
    within: Window | None = None
    newer_than: Window | None = None
    """Fewer whole days before the planned day of the draft (else the day of judgement) than this."""
    at_least_ago: Window | None = None
    """Done at least this long ago."""
    after: Literal["anchor"] | None = None
    before: Literal["anchor"] | None = None
    same: Same | None = None
    distinct: Literal["session", "record", "day"] = "session"
    session_within: Length | None = None
    """Records of one session lie within this long of each other (default: one day)."""
    outcome: Names = ()
    reason: Names = ()
    route: Names = ()
    text: Names = ()
    """Phrase lists that must match the procedure's words."""
    followed_by: Names = ()
    """Something of these sets (diagnosis, procedure, report, result or its value) is on record after its day."""
    not_followed_by: Names = ()
    """Nothing of these sets (diagnosis, procedure, report, result or its value) is on record on its day or later."""
    pick: Literal["latest", "earliest"] = "latest"


class ReportFact(Model):
    """An imaging or test report; ``finding`` asks what it found, by code or reviewed phrase."""

    in_: Names = Field(alias="in")
    within: Window | None = None
    after: Literal["anchor"] | None = None
    same: Literal["region"] | None = None
    region: Names = ()
    finding: Names = ()
    """Finding lists: coded set or phrase list of the same name; positive and not negated."""
    finding_absent: Names = ()
    """Finding lists said to be absent (negative polarity)."""
    contrast: bool | None = None


class AllergyFact(Model):
    """An allergy or intolerance on record to a drug, class or substance; ``to: draft`` is the ordered drug."""

    to: Names
    state: Literal["active", "ever"] = "active"
    """``ever``: in any clinical status."""
    criticality: Literal["high"] | None = None
    kind: Literal["allergy", "intolerance"] | None = None
    reaction: Names = ()
    severe: bool | None = None
    """Criticality high, severity severe, or a severe manifestation (anaphylaxis, SJS, TEN, DRESS): ruling on allergies."""


class CareFact(Model):
    """Care done **or** ordered, in any resource type: procedure, request, encounter, report, observation, medication."""

    in_: Names = Field(alias="in")
    within: Window | None = None
    after: Literal["anchor"] | None = None
    same: Literal["region"] | None = None
    state: Literal["done", "ordered", "any"] = "any"


class DeviceFact(Model):
    """A device in place, by a Device resource; what a diagnosis or a procedure says of it, those words ask."""

    in_: Names = Field(alias="in")
    except_: Names = Field(default=(), alias="except")


class EncounterFact(Model):
    """A visit, by its class or type; ``state: current`` is the call's running encounter or one in progress."""

    in_: Names = Field(default=(), alias="in")
    visit_class: tuple[str, ...] = ()
    """Class codes of the encounter: ``AMB``, ``IMP``, ``EMER`` …"""
    state: Literal["current", "ever"] = "ever"
    within: Window | None = None


class AgeFact(Comparison):
    """Age in whole years on the day of judgement; an unknown or partial birth date may answer unknown."""


class SexFact(Model):
    """Administrative sex of the Patient resource."""

    is_: Literal["female", "male", "other"] = Field(alias="is")


class AncestryFact(Model):
    """Recorded race or ethnicity codes; nothing recorded answers unknown, never guessed."""

    in_: Names = Field(alias="in")


class PhraseFact(Model):
    """A reviewed phrase list in named text fields; always inferred."""

    in_: Names = Field(alias="in")
    where: tuple[Literal["condition", "medication", "procedure", "report", "draft", "observation"], ...]
    about: Names = ()
    """Only texts of resources of these sets."""
    within: Window | None = None


class TrialFact(Comparison):
    """A question about trials: select (``of same within after``), then ``pick``, then test (``verdict``), then count."""

    of: Names
    except_: Names = Field(default=(), alias="except")
    same: Same | None = None
    is_: Literal["anchor"] | None = Field(default=None, alias="is")
    """Only the trial that the card hangs on."""
    within: Window | None = None
    """Judged or ended within this long."""
    ended_within: Window | None = None
    """Ended, or was last given, not longer ago than this; one that runs counts."""
    ended_before: Window | None = None
    after: Literal["anchor"] | None = None
    pick: Literal["latest", "latest-of-site", "any"] = "any"
    """``latest-of-site``: of each place on the body the latest."""
    region: Names = ()
    """Body regions or targets (value sets) that the trial's site must be in."""
    verdict: Names = ()
    """Verdicts or named groups of verdicts (``counts-as-failed``, ``any-use``, ``adequate``, ``untried``)."""
    reason: Names = ()
    """Finer reasons: ``absent``, ``waned``, ``intolerance``, ``allergy``, ``declined`` …"""
    certainty: Literal["documented", "any"] = "any"
    sessions_at_least: int | None = None
    """Only trials of so many sessions or more."""
    below_target: bool | None = None
    """Judged between the least dose and the target dose (``false``: at the target, or no target is named)."""
    stands: bool | None = None
    """No later trial of the same therapy worked, or runs at an adequate dose."""
    coded: bool | None = None
    """Known from more than words (``false``: from words alone)."""
    distinct: Literal["ingredient", "class", "modality", "route", "trial"] | None = None
    apart: Window | None = None
    """With ``distinct: trial``: trials closer together than this count once."""
    every: bool = False
    """All of the group, not one: every therapy of ``of`` has the verdict."""


class StepFact(Model):
    """Where the patient stands on the pathway's ladder."""

    at: Names = ()
    passed: Names = ()
    exhausted: bool | None = None


class DraftFact(Model):
    """The order under judgement."""

    in_: Names = Field(default=(), alias="in")
    except_: Names = Field(default=(), alias="except")
    route: Names = ()
    reason: Names = ()
    """A coded or referenced reason of the order belongs to one of these sets."""
    only_reason: Names = ()
    """Every stated reason belongs to one of these sets; no reason stated answers unknown."""
    no_reason: bool | None = None
    setting: Names = ()
    """Category codes or encounter classes: ``community``, ``inpatient``, ``outpatient`` …"""
    serial: bool | None = None
    """True for repeated or outpatient treatment, False for one inpatient dose."""
    priority: Names = ()
    daily_dose_above: Limit | None = None
    daily_dose_at_least: Limit | None = None
    single_dose: Limit | None = None
    dose_rate_above: Limit | None = None
    per_kg: bool | None = None
    """Dose or rate is ordered by body weight."""
    dose_per_kg_above: Limit | None = None
    """The dose at one time is more than this per kilogram."""
    rate_per_kg_above: Limit | None = None
    """The rate is more than this per kilogram."""
    weight: Names = ()
    """Observation set of the body weight that an order in milligrams is divided by."""
    weight_within: Window | None = None
    """Only weights not longer ago than this."""
    strength: Limit | None = None
    text: Names = ()
    """Phrase lists that must match the order's words."""
    use: Literal["regular", "as-needed"] | None = None
    first_in: Window | None = None
    """No order of the same ingredient within this long."""
    raises_dose_of_same: bool | None = None
    side: Literal["left", "right", "bilateral"] | None = None
    region: Names = ()
    """Body regions (value sets) that the order's site must be in; a site that is not recorded answers unknown."""
    combination: bool | None = None


class WithFact(Model):
    """A partner on record or in another draft; answers with each partner."""

    in_: Names = Field(alias="in")
    except_: Names = Field(default=(), alias="except")
    ended_within: Window | None = None
    use: Literal["regular", "as-needed"] | None = None
    single_dose: Limit | None = None
    """The dose at one time is this or more; a dose that is not stated answers unknown."""
    route: Names = ()
    not_route: Names = ()
    """Partners known to be given by one of these routes do not count."""
    text: Names = ()
    """Phrase lists that must match the partner's words."""
    given: bool | None = None
    """Only administrations: what was given, not what was ordered."""
    other_route: bool | None = None
    """Only partners whose recorded route differs from the draft's."""
    in_drafts_only: bool = False
    same_ingredient: bool = False
    """Count partners of the draft's own ingredient too (a refill is no partner otherwise)."""
    stopping_excluded: bool = True
    """A partner that another draft of the same call stops does not count."""


class DailyTotalFact(Comparison):
    """Equivalents a day of the courses in use plus the drafts (``mme-factors.csv``); the low bound decides."""

    of: Names
    table: Name


class TreatmentDaysFact(Comparison):
    """Days of use a month that the supply allows: units (high) and units over the most usable a day (low)."""

    of: Names
    over: Length
    per: Length
    plus_draft: bool = False
    table: Name
    by: Literal["same-class", "each-class", "all-classes"] = "each-class"


class TableLimitFact(Model):
    """The draft's daily dose is above the limit that a table gives for its ingredient and a measured value."""

    table: Name
    by: Names
    """Observation set whose latest value selects the row."""
    within: Window


class SettingFact(Model):
    """A site's setting has this value: chooses a text or an exception by profile, never a number."""

    name: Name
    is_: str = Field(alias="is")


class Some(Model):
    """At least ``at_least`` of a list."""

    at_least: int
    of: Annotated[tuple[Item, ...], Field(min_length=1)]


FACT_WORDS: dict[str, type[Model]] = {
    "condition": ConditionFact,
    "observation": ObservationFact,
    "monthly": MonthlyFact,
    "response": ResponseFact,
    "medication": MedicationFact,
    "procedure": ProcedureFact,
    "report": ReportFact,
    "allergy": AllergyFact,
    "care": CareFact,
    "device": DeviceFact,
    "encounter": EncounterFact,
    "age": AgeFact,
    "sex": SexFact,
    "ancestry": AncestryFact,
    "phrase": PhraseFact,
    "trial": TrialFact,
    "step": StepFact,
    "draft": DraftFact,
    "with": WithFact,
    "daily_total": DailyTotalFact,
    "treatment_days": TreatmentDaysFact,
    "table_limit": TableLimitFact,
    "setting": SettingFact,
}
LOGIC_WORDS = ("all", "any", "none", "unless", "some", "possibly")


class Ask(Model):
    """One fact word with its filters."""

    word: str
    fact: Any


class Block(Model):
    """Logic: sibling words are and-ed; ``unless`` blocks only when known yes; at most two levels deep."""

    all: tuple[Item, ...] = ()
    """Every one of these holds."""
    any: tuple[Item, ...] = ()
    """At least one of these holds."""
    none: tuple[Item, ...] = ()
    """None of these holds, and the record is complete enough to say so."""
    unless: tuple[Item, ...] = ()
    """None of these is known to hold; what is unknown does not block."""
    some: Some | None = None
    """At least so many of a list hold."""
    possibly: tuple[Item, ...] = ()
    """At least one of these holds, or imprecise data leave it open; missing data do not."""

    @model_validator(mode="after")
    def _not_empty(self) -> Block:
        if not (self.all or self.any or self.none or self.unless or self.some or self.possibly):
            raise ValueError(f"expected one of {', '.join(LOGIC_WORDS)}")
        return self


def read_item(value: Any) -> str | Ask | Block:
    """Read the name of a fact, a fact word with its filters, or a block; all faults inside are raised together."""
    if isinstance(value, str | Ask | Block):
        return value
    if not isinstance(value, dict) or not value:
        raise ValueError(
            "expected the name of a fact, a fact word with its filters, or a block of all, any, none …"
        )
    if value.keys() == {"word", "fact"}:
        return Ask.model_validate(value)
    valid = (*FACT_WORDS, *LOGIC_WORDS)
    faults = [
        line_error(unknown_word(str(word), valid), (word,), value[word])
        for word in value
        if word not in valid
    ]
    asked = [word for word in value if word in FACT_WORDS]
    if not faults and asked and len(value) > 1:
        faults.append(line_error("stands alone in an item: put several under 'all'", (asked[0],), value))
    if faults:
        raise ValidationError.from_exception_data("Item", faults)
    if not asked:
        return Block.model_validate(value)
    return Ask(word=asked[0], fact=_filters(asked[0], value[asked[0]]))


def _filters(word: str, filters: Any) -> Model:
    try:
        return FACT_WORDS[word].model_validate(filters)
    except ValidationError as problem:
        faults: list[InitErrorDetails] = [
            InitErrorDetails(type=clear(message_of(e)), loc=(word, *e["loc"]), input=e["input"])
            for e in problem.errors(include_url=False)
        ]
        raise ValidationError.from_exception_data(word, faults) from None


Item = Annotated[str | Ask | Block, PlainValidator(read_item), WithJsonSchema({"x-item": True})]
"""The name of a fact, a fact word with its filters, or a block."""

Some.model_rebuild()
Ask.model_rebuild()
Block.model_rebuild()


class Fact(Model):
    """A named fact: one sentence for the card, and the logic that settles it."""

    says: str
    says_not: str | None = None
    all: tuple[Item, ...] = ()
    any: tuple[Item, ...] = ()
    none: tuple[Item, ...] = ()
    unless: tuple[Item, ...] = ()
    some: Some | None = None
    possibly: tuple[Item, ...] = ()

    @property
    def block(self) -> Block:
        """The logic without the sentence."""
        return Block(
            all=self.all,
            any=self.any,
            none=self.none,
            unless=self.unless,
            some=self.some,
            possibly=self.possibly,
        )


class Setting(Model):
    """A number that a site may change: its value, allowed range and where it comes from."""

    value: Any
    basis: str
    range: str | None = None
    says: str | None = None
