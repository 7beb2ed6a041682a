"""References compared as what they point at, whatever form a client writes them in.

FHIR R4 (https://hl7.org/fhir/R4/references.html) allows relative, absolute, versioned, contained and ``urn:uuid:``
references to the same resource; within one call they must all meet.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from cds_service.records.resources import AnyResource, Bundle, OperationOutcome, Patient, Reference

_TYPE_AND_ID: Final = re.compile(r"(?:.*/)?([A-Z][A-Za-z]+)/([^/?#]+)\Z", re.DOTALL)


def normalized(reference: str | None) -> str | None:
    """Return one form for all references to a resource: ``Type/id``, ``#contained`` or ``urn:…``.

    The server part of an absolute reference and the version are dropped: one record may be called by several
    addresses of the same server. A conditional reference (``Patient?identifier=…``) points at nothing that could be
    compared, and gives None, as does an absent one.
    """
    text = (reference or "").strip()
    if not text or "?" in text:
        return None
    if text.startswith("#"):
        return text
    if text[:4].lower() == "urn:":
        return text.lower()
    text = text.partition("/_history/")[0].rstrip("/")
    match = _TYPE_AND_ID.match(text)
    return f"{match[1]}/{match[2]}" if match else text.lstrip("/")


def same_reference(one: str | None, other: str | None) -> bool:
    """True when both references are known to point at the same resource."""
    first = normalized(one)
    return first is not None and first == normalized(other)


def reference_of(resource: AnyResource) -> str:
    """Return ``Type/id`` as the resource itself says, without version; ``Type`` alone when it has no id."""
    name = type(resource).__name__
    return f"{name}/{resource.id}" if resource.id else name


def is_about(resource: AnyResource, patient_id: str, aliases: Collection[str] = ()) -> bool:
    """True unless the resource says that it belongs to somebody else.

    ``aliases`` are further references of the same patient, such as the ``urn:uuid:`` full URL of its Bundle entry. A
    resource without a subject, or whose subject has no literal reference, came as part of the patient's data and is
    accepted; types that belong to no patient (Medication, OperationOutcome, Bundle) are too.
    """
    if isinstance(resource, Patient):
        return resource.id is None or resource.id == _bare(patient_id)
    if isinstance(resource, OperationOutcome | Bundle):
        return True
    subject: Reference | None = getattr(resource, "subject", None) or getattr(resource, "patient", None)
    if subject is None or subject.reference is None:
        return True
    if subject.reference == f"Patient/{patient_id}":
        return True
    target = normalized(subject.reference)
    return target == f"Patient/{_bare(patient_id)}" or target in {normalized(alias) for alias in aliases}


def _bare(patient_id: str) -> str:
    return patient_id.removeprefix("Patient/")
