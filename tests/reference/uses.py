"""One medication resource as a use of a drug: whether it counts, on which days it may have run, and how it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tests.reference.codes import Ingredient, in_sets
from tests.reference.days import DAY, Days, possible_days
from tests.reference.doses import Phase, phases
from tests.reference.record import Drug, Json, Record

TYPES = ("MedicationRequest", "MedicationStatement", "MedicationAdministration")
COUNTING = {
    "MedicationRequest": {"active", "completed", "stopped", "on-hold"},
    "MedicationStatement": {"active", "completed", "stopped", "on-hold"},
    "MedicationAdministration": {"in-progress", "completed", "stopped"},
}
NEVER_TAKEN = {"MedicationRequest": {"cancelled"}, "MedicationStatement": {"not-taken"}}
ORDER_INTENTS = {"order", "original-order", "reflex-order", "filler-order", "instance-order"}
LENGTHS = {"d": 1, "wk": 7, "mo": 30}


@dataclass(frozen=True)
class Span:
    """One way that a use may have run: from a day up to, but not including, another."""

    start: date
    until: date
    state: str
    """``running``, ``on-hold``, ``ended`` or ``lapsed``."""


@dataclass(frozen=True)
class Use:
    """A counting medication resource of one ingredient."""

    resource: Json
    drug: Drug
    ingredient: Ingredient
    phases: tuple[Phase, ...]
    spans: tuple[Span, ...]
    """Every way that it may have run; none when it is undated."""
    end_recorded: bool = True

    @property
    def reference(self) -> str:
        """Type and id."""
        return f"{self.resource['resourceType']}/{self.resource['id']}"

    @property
    def kind(self) -> str:
        """The type of its resource."""
        return str(self.resource["resourceType"])


def is_order(resource: Json) -> bool:
    """Whether it is of a type and intent that can count at all."""
    if resource["resourceType"] != "MedicationRequest":
        return resource["resourceType"] in TYPES
    return resource["intent"] in ORDER_INTENTS


def counts(resource: Json) -> bool:
    """Whether a medication resource is a use: by type, status and intent, and not an order to avoid it."""
    if not is_order(resource) or resource.get("doNotPerform"):
        return False
    return resource["status"] in COUNTING[resource["resourceType"]]


def was_never_taken(resource: Json) -> bool:
    """Cancelled, or not taken: no use, though its reason may say why."""
    kind = resource["resourceType"]
    return (
        is_order(resource)
        and not resource.get("doNotPerform")
        and resource["status"] in NEVER_TAKEN.get(kind, ())
    )


def dosages(resource: Json) -> list[Mapping[str, Any]]:
    """The dosages of an order or statement."""
    found = resource.get("dosageInstruction", resource.get("dosage", []))
    return list(found) if isinstance(found, list) else [found]


def goes_in_by(resource: Json, routes: Iterable[str]) -> bool | None:
    """Whether the recorded route is one of these; None when none is recorded."""
    recorded = [d["route"] for d in dosages(resource) if "route" in d]
    if not recorded:
        return None
    return any(in_sets(route, [f"route-{name}"]) for route in recorded for name in routes)


def read_use(
    record: Record, resource: Json, drug: Drug, ingredient: Ingredient, *, lapsed_after: int
) -> Use | None:
    """The use of one ingredient that a resource records; None for one that lies in the future."""
    begins = _begins(resource)
    if begins and not any(day <= record.as_of for day in begins):
        return None
    alone = len(drug.parts) == 1
    doses = (
        ()
        if resource["resourceType"] == "MedicationAdministration"
        else phases(dosages(resource), ingredient, alone=alone)
    )
    reading = _Reading(record.as_of, resource, lapsed_after)
    days = [day for day in begins if day <= record.as_of]
    before_its_end = [day for day in days if reading.ends(day)]
    spans = [span for day in before_its_end or days for span in reading.spans(day)]
    return Use(resource, drug, ingredient, doses, tuple(dict.fromkeys(spans)), reading.has_end(days))


def _begins(resource: Json) -> Days:
    """The days on which it may have begun: dosage bounds, validity, the day it was written; a period or a moment."""
    period = resource.get("effectivePeriod", {})
    starts = [_bounds(resource)[0], _validity(resource).get("start"), resource.get("authoredOn")]
    for text in (*starts, period.get("start"), resource.get("effectiveDateTime")):
        if text:
            return possible_days(text)
    return ()


def _bounds(resource: Json) -> tuple[str | None, str | None]:
    periods = [d.get("timing", {}).get("repeat", {}).get("boundsPeriod", {}) for d in dosages(resource)]
    starts = [p["start"] for p in periods if "start" in p]
    ends = [p["end"] for p in periods if "end" in p]
    return min(starts, default=None), max(ends, default=None)


def _validity(resource: Json) -> Mapping[str, str]:
    found: Mapping[str, str] = resource.get("dispenseRequest", {}).get("validityPeriod", {})
    return found


@dataclass(frozen=True)
class _Reading:
    as_of: date
    resource: Json
    lapsed_after: int

    def spans(self, start: date) -> list[Span]:
        """Every way that it may have run if it began on this day."""
        if self.resource["resourceType"] == "MedicationAdministration":
            return self._given(start)
        supplied = self._supplied_until(start)
        spans = []
        for end in self.ends(start) or (None,):
            spans += self._one_end(start, end, supplied)
        return spans

    def has_end(self, starts: list[date]) -> bool:
        """Whether its end, or that of its supply, is on record."""
        given = self.resource["resourceType"] == "MedicationAdministration"
        return given or any(self.ends(day) or self._supplied_until(day) is not None for day in starts)

    def _given(self, start: date) -> list[Span]:
        ends = possible_days(self.resource.get("effectivePeriod", {}).get("end"))
        state = "running" if self.resource["status"] == "in-progress" else "ended"
        return [Span(start, end, state) for end in ends if start <= end <= self.as_of] or [
            Span(start, start, state)
        ]

    def _one_end(self, start: date, end: date | None, supplied: date | None) -> list[Span]:
        """The ways for one recorded end, or none."""
        status = self.resource["status"]
        known = [day for day in (end, supplied) if day is not None]
        if status == "active":
            return [self._active(start, min(known, default=None))]
        if end is not None and end <= self.as_of:
            return [Span(start, min(known), "on-hold" if status == "on-hold" else "ended")]
        if status == "completed" and any(day > self.as_of for day in known):
            return [Span(start, self.as_of, "running")]
        if status != "on-hold" and end is None and supplied is not None and supplied <= self.as_of:
            return [Span(start, supplied, "ended")]
        last = min([self.as_of, *([supplied] if supplied else [])])
        state = "on-hold" if status == "on-hold" else "ended"
        days = (last - start).days
        return [Span(start, start + n * DAY, state) for n in range(days + 1)]

    def _active(self, start: date, covered: date | None) -> Span:
        """Ongoing by its status: up to today, or to its end or the end of its supply; lapsed when that is too long ago."""
        if covered is None or covered > self.as_of:
            return Span(start, self.as_of, "running")
        lapsed = (self.as_of - covered).days > self.lapsed_after
        return Span(start, covered, "lapsed" if lapsed else "running")

    def ends(self, start: date) -> Days:
        """The days that its recorded end can be: none before the start, and none to come where it is over and may be past."""
        lasts = self._bounded_days()
        if _bounds(self.resource)[1]:
            found = possible_days(_bounds(self.resource)[1])
        elif lasts is not None:
            found = (start + timedelta(days=lasts),)
        else:
            ends = (_validity(self.resource).get("end"), self.resource.get("effectivePeriod", {}).get("end"))
            found = next((possible_days(text) for text in ends if text), ())
        later = tuple(day for day in found if day >= start)
        over = tuple(day for day in later if day <= self.as_of)
        return over if over and self.resource["status"] in ("completed", "stopped") else later

    def _bounded_days(self) -> int | None:
        """So many days in all, where every dosage says for how long."""
        lengths = []
        for dosage in dosages(self.resource):
            lasts = dosage.get("timing", {}).get("repeat", {}).get("boundsDuration")
            lengths.append(None if lasts is None else int(lasts["value"]) * LENGTHS[lasts["code"]])
        known = [days for days in lengths if days is not None]
        return sum(known) if known and len(known) == len(lengths) else None

    def _supplied_until(self, start: date) -> date | None:
        supply = self.resource.get("dispenseRequest", {})
        lasts = supply.get("expectedSupplyDuration")
        if lasts is None:
            return None
        days = int(lasts["value"]) * LENGTHS[lasts["code"]] * (1 + supply.get("numberOfRepeatsAllowed", 0))
        return start + timedelta(days=days)
