"""Puts together what is known of one patient, from whichever source it came."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator

from cds_service.fhir.needs import RESOURCE_TYPES
from cds_service.fhir.pages import Owner, Reading, page_of, patient_aliases, read_pages
from cds_service.records.decode import DecodedBundle
from cds_service.records.patient import PatientRecords
from cds_service.records.references import normalized, reference_of
from cds_service.records.resources import (
    AnyResource,
    Bundle,
    Medication,
    MedicationAdministration,
    MedicationDispense,
    MedicationRequest,
    MedicationStatement,
    Reference,
)

logger = logging.getLogger(__name__)

_TELLS_OF_MEDICATION = (
    MedicationRequest,
    MedicationStatement,
    MedicationDispense,
    MedicationAdministration,
)


class Collection:
    """The records of one call as they come in. ``drafts`` are orders being written: only their Medications count."""

    def __init__(self, owner: Owner, drafts: Bundle | None = None) -> None:
        self._owner = owner
        self._resources: dict[str, tuple[AnyResource, ...]] = {}
        self._medications: dict[str, Medication] = {}
        self._incomplete: set[str] = set()
        self._unreadable = Counter[str]()
        self._foreign = 0
        self._bodies: list[bytes] = []
        self._asked_for: list[tuple[str | None, Reference]] = []
        if drafts is not None:
            self._take_drafts(drafts)

    def add(self, resource_type: str, reading: Reading, *, whole: bool) -> None:
        """Take what was read of a type, which is incomplete unless it is ``whole``."""
        self._resources[resource_type] = reading.ours
        self._asked_for += ((resource_type, r) for r in _medication_references(reading.ours))
        self.add_medications(reading)
        self._foreign += reading.foreign
        self._bodies += reading.bodies
        if reading.foreign:
            logger.warning(
                "resources of another patient discarded",
                extra={"resource_type": resource_type, "foreign": reading.foreign},
            )
        if not whole or not reading.is_whole:
            self.miss(resource_type)

    def add_medications(self, reading: Reading) -> None:
        """Take the Medications that came along."""
        self._unreadable.update(reading.unreadable)
        for full_url, medication in reading.medications:
            self._know(full_url, medication)

    def miss(self, resource_type: str) -> None:
        """Remember that a type may have more than is known."""
        self._incomplete.add(resource_type)

    def unresolved(self) -> list[str]:
        """Return the references to Medications that nobody has sent yet, as they were written, each once."""
        return list(
            dict.fromkeys(
                reference.reference
                for _, reference in self._asked_for
                if reference.reference and self._resolve(reference) is None
            )
        )

    def records(self) -> PatientRecords:
        """Return what is known so far.

        An order whose Medication nobody could send, and that does not name it either, could be of any drug: its type
        is incomplete.
        """
        medications = dict(self._medications)
        incomplete = set(self._incomplete)
        for resource_type, reference in self._asked_for:
            medication = self._resolve(reference)
            if medication is not None and reference.reference:
                medications[reference.reference] = medication
            elif resource_type is not None and not reference.display:
                incomplete.add(resource_type)
        return PatientRecords(
            patient_id=self._owner.patient_id,
            resources=dict(self._resources),
            medications=medications,
            incomplete=frozenset(incomplete),
            unreadable=dict(self._unreadable),
            foreign=self._foreign,
            bodies=tuple(self._bodies),
        )

    def _resolve(self, reference: Reference) -> Medication | None:
        written = reference.reference
        if written is None:
            return None
        # Most are written in the one form that needs no parsing.
        found = self._medications.get(written)
        if found is None and (target := normalized(written)) is not None:
            found = self._medications.get(target)
        return found

    def _know(self, full_url: str | None, medication: Medication) -> None:
        if medication.id:
            self._medications.setdefault(reference_of(medication), medication)
        if (address := normalized(full_url)) is not None:
            self._medications.setdefault(address, medication)

    def _take_drafts(self, drafts: Bundle) -> None:
        resources = [entry.resource for entry in drafts.entry if entry.resource is not None]
        self._asked_for += ((None, reference) for reference in _medication_references(resources))
        for entry in drafts.entry:
            if isinstance(entry.resource, Medication):
                self._know(entry.fullUrl, entry.resource)


def records_of_bundle(decoded: DecodedBundle, patient_id: str) -> PatientRecords:
    """Return the records of a patient of whom one Bundle holds everything; a type that is not in it has none."""
    owner = Owner(patient_id, patient_aliases(decoded.bundle, patient_id))
    collection = Collection(owner)
    lost = decoded.unreadable
    for resource_type in RESOURCE_TYPES:
        page = page_of(decoded.bundle, {resource_type: lost[resource_type]} if resource_type in lost else {})
        reading = read_pages((page,), resource_type, owner)
        # A resource that does not even tell its type may have been of any.
        collection.add(resource_type, reading, whole="" not in lost)
    return collection.records()


def _medication_references(resources: Iterable[AnyResource]) -> Iterator[Reference]:
    """Yield the references to Medications outside the resource itself."""
    for resource in resources:
        if isinstance(resource, _TELLS_OF_MEDICATION):
            reference = resource.medicationReference
            if reference is None or resource.medicationCodeableConcept is not None:
                continue
            if not (reference.reference or "").startswith("#"):
                yield reference
