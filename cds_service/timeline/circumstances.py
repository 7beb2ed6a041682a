"""The person, the visits and the implants."""

from __future__ import annotations

from collections.abc import Iterable

from cds_service.records.references import reference_of
from cds_service.records.resources import CodeableConcept, Coding, Device, Encounter, Extension, Patient
from cds_service.timeline.dates import parse_span
from cds_service.timeline.events import Concept, Implant, Person, Visit
from cds_service.timeline.meaning import NO_TABLE
from cds_service.timeline.reading import Reading
from cds_service.timeline.standing import Weight, weight_of


def read_patient(patient: Patient | None, patient_id: str, reading: Reading) -> Person:
    """Return the person; without a Patient resource, or where it is silent, every field is unknown."""
    if patient is None:
        return Person(reference=f"Patient/{patient_id.removeprefix('Patient/')}")
    died = patient.deceasedDateTime is not None and not reading.is_future(patient.deceasedDateTime)
    ancestry: set[str] = set()
    for coding in _codings(patient.extension):
        ancestry |= reading.meanings.other.of(CodeableConcept(coding=(coding,))).resolved.sets
    return Person(
        reference=reference_of(patient),
        born=parse_span(patient.birthDate),
        sex=patient.gender,
        deceased=bool(patient.deceasedBoolean) or died,
        ancestry=frozenset(ancestry),
    )


def read_encounter(encounter: Encounter, reading: Reading) -> Visit | None:
    """Return a visit that took or takes place; None when it is only planned, was cancelled, or lies in the future.

    Every visit is kept, as its class tells the setting; its type is known to rules or not.

    Raises:
        Unusable: its status is missing or none of FHIR's.
    """
    period = encounter.period
    start = period.start if period else None
    if weight_of("Encounter", encounter.status) is Weight.NOTHING or reading.is_future(start):
        return None
    written = [*encounter.type, *([encounter.serviceType] if encounter.serviceType else [])]
    concept = reading.meanings.procedure.first_known(written) or Concept(basis=NO_TABLE)
    return Visit(
        reference=reference_of(encounter),
        concept=concept,
        status=encounter.status or "",
        visit_class=encounter.class_.code if encounter.class_ else None,
        start=parse_span(start),
        end=reading.past(period.end) if period else None,
    )


def read_device(device: Device, reading: Reading) -> Implant | None:
    """Return a device that rules know, by its type or names; when it was placed, a Device does not tell."""
    names = [CodeableConcept(text=n.name) for n in device.deviceName if n.name]
    written = [*([device.type] if device.type else []), *names]
    concept = reading.meanings.procedure.first_known(written)
    if concept is None or device.status == "entered-in-error":
        return None
    return Implant(
        reference=reference_of(device),
        concept=concept,
        status=device.status or "unknown",
        placed=None,
    )


def _codings(extensions: Iterable[Extension]) -> Iterable[Coding]:
    for extension in extensions:
        if extension.valueCoding is not None:
            yield extension.valueCoding
        yield from _codings(extension.extension)
