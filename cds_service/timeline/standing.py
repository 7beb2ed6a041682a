"""Which statuses and intents count, per resource type (https://hl7.org/fhir/R4/valueset-medicationrequest-status.html …).

Semantics: orders that are active, completed, stopped or on hold count; what was cancelled, not taken, not done or declined
never came about, and only its reason speaks; ``entered-in-error`` is as if it were not there; ``unknown`` never counts.
"""

from __future__ import annotations

from enum import Enum
from types import MappingProxyType
from typing import Final

from cds_service.records.members import Unusable


class Weight(Enum):
    """What a status makes of a resource."""

    COUNTS = "counts"
    REASON_ONLY = "reason-only"
    """It never came about; its reason may say why."""
    NOTHING = "nothing"


_C, _R, _N = Weight.COUNTS, Weight.REASON_ONLY, Weight.NOTHING

_ORDER_INTENTS: Final = frozenset(
    {"order", "original-order", "reflex-order", "filler-order", "instance-order", "directive"}
)
_PLAN_INTENTS: Final = frozenset({"proposal", "plan", "option"})

_WEIGHTS: Final = MappingProxyType(
    {
        "MedicationRequest": {
            "active": _C, "completed": _C, "stopped": _C, "on-hold": _C, "cancelled": _R,
            "draft": _N, "unknown": _N, "entered-in-error": _N,
        },
        "MedicationStatement": {
            "active": _C, "completed": _C, "stopped": _C, "on-hold": _C, "not-taken": _R,
            "intended": _N, "unknown": _N, "entered-in-error": _N,
        },
        "MedicationAdministration": {
            "in-progress": _C, "completed": _C, "stopped": _C, "on-hold": _C, "not-done": _R,
            "unknown": _N, "entered-in-error": _N,
        },
        "MedicationDispense": {
            "completed": _C, "declined": _R, "cancelled": _R, "stopped": _R, "preparation": _N,
            "in-progress": _N, "on-hold": _N, "unknown": _N, "entered-in-error": _N,
        },
        "Procedure": {
            "completed": _C, "in-progress": _C, "stopped": _C, "unknown": _C, "not-done": _R,
            "preparation": _N, "on-hold": _N, "entered-in-error": _N,
        },
        "Observation": {
            "final": _C, "amended": _C, "corrected": _C, "registered": _N, "preliminary": _N, "partial": _N,
            "cancelled": _N, "unknown": _N, "entered-in-error": _N,
        },
        "DiagnosticReport": {
            "final": _C, "amended": _C, "corrected": _C, "appended": _C, "registered": _N, "partial": _N,
            "preliminary": _N, "cancelled": _N, "unknown": _N, "entered-in-error": _N,
        },
        "ImagingStudy": {
            "available": _C, "registered": _N, "cancelled": _N, "inactive": _N, "unknown": _N, "entered-in-error": _N,
        },
        "ServiceRequest": {
            "active": _C, "completed": _C, "on-hold": _C, "draft": _N, "revoked": _N, "unknown": _N,
            "entered-in-error": _N,
        },
        "DeviceRequest": {
            "active": _C, "completed": _C, "on-hold": _C, "draft": _N, "revoked": _N, "cancelled": _N, "unknown": _N,
            "entered-in-error": _N,
        },
        "Encounter": {
            "arrived": _C, "triaged": _C, "in-progress": _C, "onleave": _C, "finished": _C, "planned": _N,
            "cancelled": _N, "unknown": _N, "entered-in-error": _N,
        },
    }
)  # fmt: skip


def weight_of(resource_type: str, status: str | None) -> Weight:
    """Return what a status makes of a resource.

    Raises:
        Unusable: the status is missing or none of FHIR R4's, so nobody can tell whether the resource counts.
    """
    weight = _WEIGHTS[resource_type].get(status or "")
    if weight is None:
        raise Unusable(f"{resource_type}.status")
    return weight


def is_order(resource_type: str, intent: str | None) -> bool:
    """True for intents that order, False for proposals, plans and options.

    Raises:
        Unusable: the intent is missing or none of FHIR R4's.
    """
    if intent in _ORDER_INTENTS:
        return True
    if intent in _PLAN_INTENTS:
        return False
    raise Unusable(f"{resource_type}.intent")
