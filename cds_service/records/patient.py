"""All records of one patient that a call could get hold of, and what it could not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cds_service.records.resources import AnyResource, Medication


@dataclass(frozen=True, kw_only=True)
class PatientRecords:
    """What is known of one patient, by resource type, before any meaning is given to it.

    ``resources`` maps a FHIR type name to its resources, each once; only resources of this patient (others are
    discarded and counted in ``foreign``). ``medications`` maps every reference form under which a Medication may be
    asked for (``Medication/x``, an absolute URL, ``urn:uuid:…``) to it; contained Medications stay inside their resource.
    ``incomplete`` names types of which the history may not be whole: unavailable, a page not followed, an unreadable
    resource. A type that was not asked for at all is in neither ``resources`` nor ``incomplete``.
    """

    patient_id: str
    resources: Mapping[str, tuple[AnyResource, ...]] = field(default_factory=dict)
    medications: Mapping[str, Medication] = field(default_factory=dict)
    incomplete: frozenset[str] = frozenset()
    unreadable: Mapping[str, int] = field(default_factory=dict)
    foreign: int = 0
    bodies: tuple[bytes, ...] = field(default=(), repr=False, compare=False)
    """Answers of a FHIR server as they came, for the few cards that must return a resource whole and unchanged."""

    def of_type(self, resource_type: str) -> tuple[AnyResource, ...]:
        """Return the resources of a type, in no particular order; empty when none."""
        return self.resources.get(resource_type, ())
