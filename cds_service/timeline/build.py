"""From records to a timeline: what counts, what it means and when it was, with everything else left out and counted.

Pure: the day, the time and the terminology are arguments. A resource that no rule knows costs one look-up.
"""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime
from operator import attrgetter
from typing import Any, TypeVar, cast

from cds_service.records.members import Unusable
from cds_service.records.patient import PatientRecords
from cds_service.records.references import is_about, reference_of
from cds_service.records.resources import AnyResource, Bundle, Observation, Patient
from cds_service.timeline.circumstances import read_device, read_encounter, read_patient
from cds_service.timeline.diagnoses import read_allergy, read_condition
from cds_service.timeline.drafts import medications_of, read_draft, resources_of, selected_drafts
from cds_service.timeline.events import Draft, Event, Order, Result, Timeline
from cds_service.timeline.meaning import Lookup, Meanings
from cds_service.timeline.orders import read_request
from cds_service.timeline.procedures import read_procedure
from cds_service.timeline.reading import Reading
from cds_service.timeline.reports import read_report, read_study
from cds_service.timeline.requests import read_device_request, read_service_request
from cds_service.timeline.results import read_observation
from cds_service.timeline.uses import read_administration, read_dispense, read_statement

E = TypeVar("E", bound=Event)


def build_timeline(
    records: PatientRecords,
    *,
    drafts: Bundle | None,
    selections: Sequence[str] | None,
    meaning: Lookup,
    as_of: date,
    now: datetime | None,
) -> Timeline:
    """Build the timeline of one patient up to and including ``as_of``.

    Drafts keep their dates, whatever these are, and are no history: a recorded order with the id of a draft is left out.
    Resources of other patients are discarded and counted; those whose meaning cannot be told are counted as unreadable
    and make their type incomplete. With ``now``, a full timestamp is in the future only when it lies after ``now``.
    """
    return _Builder(records, drafts, meaning=meaning, as_of=as_of, now=now).timeline(selections)


class _Builder:
    """Goes through the records once, type by type; conditions first, as later readers ask for them."""

    def __init__(
        self,
        records: PatientRecords,
        drafts: Bundle | None,
        *,
        meaning: Lookup,
        as_of: date,
        now: datetime | None,
    ) -> None:
        self._records = records
        self._own = f"Patient/{records.patient_id.removeprefix('Patient/')}"
        self._drafted = resources_of(drafts)
        self._draft_references = {reference_of(d) for d in self._drafted if d.id}
        self._unreadable = Counter(records.unreadable)
        self._foreign = records.foreign
        self._meanings = Meanings(meaning)
        self._reading = Reading(
            as_of=as_of,
            now=now,
            meanings=self._meanings,
            medications=ChainMap(dict(medications_of(drafts)), dict(records.medications)),
        )

    def timeline(self, selections: Sequence[str] | None) -> Timeline:
        reading = self._reading
        diagnoses = self._read("Condition", read_condition)
        reading.diagnoses.update((d.reference, d) for d in diagnoses)
        drafts = self._read_drafts()
        patient = next((p for p in self._own_resources("Patient") if isinstance(p, Patient)), None)
        return Timeline(
            as_of=reading.as_of,
            person=read_patient(patient, self._records.patient_id, reading),
            diagnoses=diagnoses,
            orders=self._orders(),
            procedures=self._read("Procedure", read_procedure),
            results=self._results(),
            reports=(*self._read("DiagnosticReport", read_report), *self._read("ImagingStudy", read_study)),
            allergies=self._read("AllergyIntolerance", read_allergy),
            requests=(
                *self._read("ServiceRequest", read_service_request),
                *self._read("DeviceRequest", read_device_request),
            ),
            implants=self._read("Device", read_device),
            visits=self._read("Encounter", read_encounter),
            drafts=drafts,
            selected=selected_drafts(selections, drafts),
            incomplete=self._records.incomplete | {name for name, count in self._unreadable.items() if count},
            unreadable=dict(self._unreadable),
            foreign=self._foreign,
            unknown_codes=dict(self._meanings.unknown_codes),
            unresolved_medications=reading.unresolved,
            log=reading.log,
        )

    def _orders(self) -> tuple[Order, ...]:
        return (
            *self._read("MedicationRequest", read_request),
            *self._read("MedicationStatement", read_statement),
            *self._read("MedicationAdministration", read_administration),
            *self._read("MedicationDispense", read_dispense),
        )

    def _read(self, resource_type: str, read: Callable[[Any, Reading], E | None]) -> tuple[E, ...]:
        """Read all of the patient's own resources of a type; what cannot be used is counted."""
        found: list[E] = []
        reading = self._reading
        for resource in self._own_resources(resource_type):
            try:
                event = read(resource, reading)
            except Unusable:
                self._unreadable[resource_type] += 1
                continue
            if event is not None:
                found.append(event)
        return _by_reference(found)

    def _results(self) -> tuple[Result, ...]:
        found: list[Result] = []
        for resource in self._own_resources("Observation"):
            try:
                found += read_observation(cast(Observation, resource), self._reading)
            except Unusable:
                self._unreadable["Observation"] += 1
        return _by_reference(found)

    def _own_resources(self, resource_type: str) -> Sequence[AnyResource]:
        """Return the patient's own resources of a type that are not drafts; those of others are counted."""
        everything = self._records.of_type(resource_type)
        own = [resource for resource in everything if self._is_own(resource)]
        self._foreign += len(everything) - len(own)
        if not self._draft_references:
            return own
        return [resource for resource in own if reference_of(resource) not in self._draft_references]

    def _is_own(self, resource: AnyResource) -> bool:
        subject = getattr(resource, "subject", None)
        if subject is not None and subject.reference == self._own:
            return True
        return is_about(resource, self._records.patient_id)

    def _read_drafts(self) -> tuple[Draft, ...]:
        found: list[Draft] = []
        for resource in self._drafted:
            if not self._is_own(resource):
                self._foreign += 1
                continue
            try:
                draft = read_draft(resource, self._reading)
            except Unusable:
                continue
            if draft is not None:
                found.append(draft)
        return _by_reference(found)


def _by_reference(events: list[E]) -> tuple[E, ...]:
    """Put events in an order that does not depend on the order of the records."""
    events.sort(key=_reference)
    return tuple(events)


_reference = attrgetter("reference")
