"""From records to a timeline: what counts, what it means and when it was, with everything else left out and counted.

Pure: the day, the time and the terminology are arguments. A resource that no rule knows costs one look-up.
"""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from cds_service.records.members import Unusable
from cds_service.records.patient import PatientRecords
from cds_service.records.references import is_about, reference_of
from cds_service.records.resources import AnyResource, Bundle, Patient
from cds_service.timeline.circumstances import read_device, read_encounter, read_patient
from cds_service.timeline.diagnoses import read_allergy, read_condition
from cds_service.timeline.drafts import medications_of, read_draft, resources_of, selected_drafts
from cds_service.timeline.events import Draft, Event, Order, Performed, Report, Request, Timeline
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
        diagnoses = self._read("Condition", lambda r: read_condition(r, reading))
        reading.diagnoses.update((d.reference, d) for d in diagnoses)
        orders = self._orders()
        procedures: tuple[Performed, ...] = self._read("Procedure", lambda r: read_procedure(r, reading))
        results = self._read_many("Observation", lambda r: read_observation(r, reading))
        reports: tuple[Report, ...] = (
            *self._read("DiagnosticReport", lambda r: read_report(r, reading)),
            *self._read("ImagingStudy", lambda r: read_study(r, reading)),
        )
        requests: tuple[Request, ...] = (
            *self._read("ServiceRequest", lambda r: read_service_request(r, reading)),
            *self._read("DeviceRequest", lambda r: read_device_request(r, reading)),
        )
        drafts = self._read_drafts()
        patient = next((p for p in self._own_resources("Patient") if isinstance(p, Patient)), None)
        return Timeline(
            as_of=reading.as_of,
            person=read_patient(patient, self._records.patient_id, reading),
            diagnoses=diagnoses,
            orders=orders,
            procedures=procedures,
            results=results,
            reports=reports,
            allergies=self._read("AllergyIntolerance", lambda r: read_allergy(r, reading)),
            requests=requests,
            implants=self._read("Device", lambda r: read_device(r, reading)),
            visits=self._read("Encounter", lambda r: read_encounter(r, reading)),
            drafts=drafts,
            selected=selected_drafts(selections, drafts),
            incomplete=self._records.incomplete | {name for name, count in self._unreadable.items() if count},
            unreadable=dict(self._unreadable),
            foreign=self._foreign,
            unknown_codes=dict(self._meanings.unknown_products),
            unresolved_medications=reading.unresolved,
            issues=reading.log.counts(),
        )

    def _orders(self) -> tuple[Order, ...]:
        reading = self._reading
        return (
            *self._read("MedicationRequest", lambda r: read_request(r, reading)),
            *self._read("MedicationStatement", lambda r: read_statement(r, reading)),
            *self._read("MedicationAdministration", lambda r: read_administration(r, reading)),
            *self._read("MedicationDispense", lambda r: read_dispense(r, reading)),
        )

    def _read(self, resource_type: str, read: Callable[[Any], E | None]) -> tuple[E, ...]:
        return self._read_many(resource_type, lambda r: () if (e := read(r)) is None else (e,))

    def _read_many(self, resource_type: str, read: Callable[[Any], Iterable[E]]) -> tuple[E, ...]:
        found: list[E] = []
        for resource in self._own_resources(resource_type):
            try:
                found += read(resource)
            except Unusable:
                self._unreadable[resource_type] += 1
        found.sort(key=lambda event: event.reference)
        return tuple(found)

    def _own_resources(self, resource_type: str) -> Iterable[AnyResource]:
        """Yield the patient's own resources of a type that are not drafts; the others are counted or left out."""
        drafted: Collection[str] = self._draft_references
        for resource in self._records.of_type(resource_type):
            if not self._is_own(resource):
                self._foreign += 1
            elif not drafted or reference_of(resource) not in drafted:
                yield resource

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
        return tuple(found)
