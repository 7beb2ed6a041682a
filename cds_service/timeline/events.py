"""What a patient's record says happened, as frozen dated events that keep their source reference.

Events exist only for resources that count (statuses, intents, dates: see ``build``) and whose code, text or display
is known to the rules. ``reference`` is the relative reference ``Type/id`` of the resource that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from cds_service.records.issues import IssueLog
from cds_service.timeline.amounts import Amount, Measure
from cds_service.timeline.dates import DateSpan


class Certainty(StrEnum):
    """How well something is known, weakest last but one: recorded by code, read from text, told by a clinician."""

    DOCUMENTED = "documented"
    INFERRED = "inferred"
    REPORTED = "reported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingredient:
    """One active ingredient of a product; ``strength`` per unit of dose form, e.g. 200 mg a tablet, when known."""

    name: str
    strength: Amount | None = None
    """Amount of ingredient in one dose unit; unit such as ``mg`` (per ``strength_per``)."""
    strength_per: str = "1"
    """What the strength is counted per: ``1`` (tablet, capsule, patch, vial), ``mL`` or ``{actuation}``."""
    pack: Amount | None = None
    """Content of one piece where doses are counted in pieces: 1.5 mL for a syringe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """What a coded or written concept means to the rules.

    ``sets`` are the value sets that it belongs to (through ingredients too); ``basis`` says how it was recognised:
    ``code``, ``text`` (CodeableConcept.text), ``display``, ``product-text`` (an unknown product code with a RxNorm-form
    name) or ``none`` (a reason or outcome that is recorded, but in no table). ``verified`` is False when only codes marked
    unverified were recognised. ``weak_sets`` never decide alone. ``combination`` is True for a product of several
    ingredients even when not all of them are known; ``use`` is what a name says of it (``preventive`` …).
    """

    sets: frozenset[str] = frozenset()
    ingredients: tuple[Ingredient, ...] = ()
    label: str = ""
    basis: str = "code"
    verified: bool = True
    codes: tuple[tuple[str, str], ...] = ()
    implied_route: str | None = None
    weak_sets: frozenset[str] = frozenset()
    unverified_sets: frozenset[str] = frozenset()
    combination: bool = False
    use: str | None = None

    @property
    def inferred(self) -> bool:
        """True when the concept was recognised by words rather than by a code."""
        return self.basis != "code"

    @property
    def certainty(self) -> Certainty:
        """Documented when recognised by a code, else inferred."""
        return Certainty.INFERRED if self.inferred else Certainty.DOCUMENTED

    def within(self, sets: frozenset[str]) -> bool:
        """True when the concept belongs to one of ``sets``."""
        return not self.sets.isdisjoint(sets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where on the body: side (``left``, ``right``, ``bilateral``), and value sets of regions, levels and targets.

    ``side`` None and empty sets mean not recorded. ``from_text`` marks what was read from words.
    """

    side: str | None = None
    regions: frozenset[str] = frozenset()
    levels: frozenset[str] = frozenset()
    targets: frozenset[str] = frozenset()
    from_text: bool = False


NOWHERE = Site()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base: where it is written and what it is about.

    Most events of a record are never asked for more than their concept and status, so the rest may be ``deferred``:
    worked out when it is first asked for, with the same result as if it had been given at once.
    """

    reference: str
    concept: Concept
    _rest: Callable[[], Mapping[str, Any]] | None = field(default=None, init=False, repr=False, compare=False)

    @classmethod
    def deferred(cls, rest: Callable[[], Mapping[str, Any]], **known: Any) -> Self:
        """Return an event with the ``known`` fields; ``rest`` gives all others when one of them is asked for."""
        event = object.__new__(cls)
        object.__setattr__(event, "_rest", rest)
        for name, value in known.items():
            object.__setattr__(event, name, value)
        return event

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Work out the deferred fields; Python asks here only for fields that are not set."""
            rest = None if name.startswith("_") else self._rest
            if rest is None:
                raise AttributeError(name)
            object.__setattr__(self, "_rest", None)
            for field_name, value in rest().items():
                object.__setattr__(self, field_name, value)
            return object.__getattribute__(self, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis(Event):
    """A Condition that is not refuted or entered in error.

    ``clinical`` is the FHIR clinicalStatus code (``active`` when absent); ``verification`` the verificationStatus
    code (``confirmed`` when absent).
    """

    clinical: str
    verification: str
    onset: DateSpan | None
    onset_age: Amount | None
    recorded: DateSpan | None
    abated: DateSpan | None
    site: Site
    severity: str | None
    notes: tuple[str, ...] = ()

    @property
    def is_current(self) -> bool:
        """Active, recurrence or relapse."""
        return self.clinical in {"active", "recurrence", "relapse"}

    @property
    def is_confirmed(self) -> bool:
        """False for provisional, differential and unconfirmed diagnoses."""
        return self.verification == "confirmed"

    @property
    def since(self) -> DateSpan | None:
        """Onset, else the day it was recorded."""
        return self.onset or self.recorded


class OrderSource(StrEnum):
    """Which kind of resource tells of the medication."""

    REQUEST = "MedicationRequest"
    STATEMENT = "MedicationStatement"
    ADMINISTRATION = "MedicationAdministration"
    DISPENSE = "MedicationDispense"


@dataclass(frozen=True, slots=True, kw_only=True)
class DosePart:
    """One phase of an order's dosage: the daily dose per ingredient and the days that it holds, when stated."""

    daily: Mapping[str, Measure]
    lasts_days: Amount | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(Event):
    """A medication ordered, stated, dispensed or administered, recorded or drafted.

    ``ended`` is the end that the record states (bounds, then validity, then period); ``supply_end`` the last day that
    the stated supply covers, counting its repeats. ``start`` is the first present of bounds, validity, authoredOn.
    """

    source: OrderSource
    status: str
    intent: str
    counts: bool
    """True when it is an order of (or use of) the therapy; False for cancelled, not-taken, avoid: only its reasons count."""
    avoid: bool = False
    """doNotPerform: evidence to avoid, never use."""
    start: DateSpan | None
    ended: DateSpan | None
    supply_end: DateSpan | None
    supply_days: Amount | None
    """Days that the supply covers, from one fill (low) to all repeats (high)."""
    doses: tuple[DosePart, ...] = ()
    single_dose: Mapping[str, Measure] = field(default_factory=dict)
    """Dose per intake, per ingredient."""
    ordered_doses: int | None = None
    """How many doses are ordered, when the order counts them."""
    dose_per_kg: Amount | None = None
    """Dose at one time by body weight, such as 0.5 mg/kg, when it is ordered so."""
    dose_rate: Measure | None = None
    as_needed: bool = False
    max_daily: Mapping[str, Measure] = field(default_factory=dict)
    """Most a day that an as-needed order allows, per ingredient."""
    quantity: Amount | None = None
    """Units of dose form in one fill."""
    fills: Amount | None = None
    """Number of fills allowed: 1 plus repeats."""
    route: str | None = None
    """``oral``, ``intravenous``, ``intrathecal`` … (value-set word), from dosage or the product's form."""
    reasons: tuple[Concept, ...] = ()
    stop_reasons: tuple[Concept, ...] = ()
    stop_texts: tuple[str, ...] = ()
    """Free text of statusReason and notes, to be read by the phrase matcher."""
    categories: frozenset[str] = frozenset()
    """Category codes, e.g. ``community``, ``inpatient``, ``outpatient``."""
    texts: tuple[str, ...] = ()
    """Dosage texts and medication texts (drafts: where route and setting may be said in words)."""
    prior: str | None = None
    is_draft: bool = False
    begun: bool = True
    """False for an order that was written but starts after ``as_of``: current for safety rules, no part of a course yet."""
    route_sets: frozenset[str] = frozenset()
    """All value sets of the route, wider ones (``route-unsupervised``) included."""
    authorized_by: tuple[str, ...] = ()
    """A dispense: the requests that it supplies."""

    @property
    def ingredient_names(self) -> tuple[str, ...]:
        """Names of all recognised ingredients."""
        return tuple(i.name for i in self.concept.ingredients)

    @property
    def is_combination(self) -> bool:
        """True when the product has more than one ingredient."""
        return self.concept.combination or len(self.concept.ingredients) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Performed(Event):
    """A Procedure. ``done`` only for status completed; ``not-done`` and ``stopped`` keep their reasons."""

    status: str
    when: DateSpan | None
    """Day it ended (period end, else start, else dateTime)."""
    site: Site
    outcomes: tuple[Concept, ...] = ()
    reasons: tuple[Concept, ...] = ()
    status_reasons: tuple[Concept, ...] = ()
    complications: tuple[Concept, ...] = ()
    texts: tuple[str, ...] = ()
    """Code text, outcome text and notes, for the phrase matcher."""

    @property
    def done(self) -> bool:
        """True when it was completed."""
        return self.status == "completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result(Event):
    """An Observation (or one of its components) with status final, amended or corrected."""

    when: DateSpan | None
    instant: str | None
    """The full recorded timestamp, for comparisons within one day."""
    value: Amount | None
    coded: Concept | None
    text: str | None
    reference_high: Amount | None = None
    interpretation: frozenset[str] = frozenset()
    site: Site = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Event):
    """A DiagnosticReport or ImagingStudy that is final (or amended, corrected); ``conclusions`` are its coded findings."""

    when: DateSpan | None
    status: str
    site: Site
    conclusions: tuple[Concept, ...] = ()
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Allergy(Event):
    """An AllergyIntolerance that is not refuted or entered in error."""

    clinical: str
    kind: str | None
    """``allergy`` or ``intolerance``; None when not stated."""
    criticality: str | None
    manifestations: tuple[Concept, ...]
    severities: frozenset[str]
    recorded: DateSpan | None
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Event):
    """A ServiceRequest or DeviceRequest, recorded or drafted."""

    resource_type: str
    status: str
    intent: str
    authored: DateSpan | None
    planned: DateSpan | None
    site: Site
    reasons: tuple[Concept, ...] = ()
    reason_references: tuple[str, ...] = ()
    categories: frozenset[str] = frozenset()
    priority: str | None = None
    avoid: bool = False
    texts: tuple[str, ...] = ()
    is_draft: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Implant(Event):
    """A Device."""

    status: str
    placed: DateSpan | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit(Event):
    """An Encounter."""

    status: str
    visit_class: str | None
    start: DateSpan | None
    end: DateSpan | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The Patient resource; every field may be unknown."""

    reference: str
    born: DateSpan | None = None
    sex: str | None = None
    deceased: bool = False
    ancestry: frozenset[str] = frozenset()
    """Value sets of recorded race and ethnicity codes; empty when none is recorded."""


Draft = Order | Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A datum that could not be had or read, and what would settle it."""

    what: str
    settled_by: str = ""


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """Everything that counts, up to and including ``as_of``; drafts apart.

    ``incomplete`` names the resource types whose history cannot be proven whole (a refused or failed query, an
    unfollowed page, an unreadable resource): nothing of those types may be called absent.
    """

    as_of: date
    person: Person
    diagnoses: tuple[Diagnosis, ...] = ()
    orders: tuple[Order, ...] = ()
    procedures: tuple[Performed, ...] = ()
    results: tuple[Result, ...] = ()
    reports: tuple[Report, ...] = ()
    allergies: tuple[Allergy, ...] = ()
    requests: tuple[Request, ...] = ()
    implants: tuple[Implant, ...] = ()
    visits: tuple[Visit, ...] = ()
    drafts: tuple[Draft, ...] = ()
    selected: frozenset[str] | None = None
    """References of the newly selected drafts at order-select; None when every draft is judged."""
    incomplete: frozenset[str] = frozenset()
    unreadable: Mapping[str, int] = field(default_factory=dict)
    """Resources dropped because they could not be read, by type."""
    foreign: int = 0
    """Resources discarded because their subject is another patient."""
    unknown_codes: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """Codes of drugs met of which no table knows any, by key of the code system (``other``: unknown too) and code."""
    unresolved_medications: int = 0
    """Orders whose ``medicationReference`` leads nowhere: nobody can say of which drug."""
    log: IssueLog = field(default_factory=IssueLog, compare=False)
    """Counts what was odd in the members that were read, without values; deferred members count when they are read."""
