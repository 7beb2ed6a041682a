"""The hooks that are offered, one row each; everything else about a hook follows from its row.

Context fields and the tokens that prefetch templates may use are those of the CDS Hooks Library 1.0.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

ID = "id"
"""A bare FHIR id."""
REFERENCE = "reference"
"""A relative reference ``Type/id``."""
REFERENCES = "references"
"""An array of relative references."""
BUNDLE = "bundle"
"""A Bundle of resources that are not on the FHIR server yet."""

_CLINICIANS = ("Practitioner", "PractitionerRole")
_PEOPLE = (*_CLINICIANS, "Patient", "RelatedPerson")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextField:
    """One field of a hook's context. ``token`` says whether a prefetch template may use it.

    ``types`` are the resource types that a reference is expected to have; others are noted, not refused.
    """

    name: str
    form: str
    required: bool = True
    token: bool = False
    types: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Hook:
    """One hook and the service that answers it for all pathways."""

    name: str
    title: str
    description: str
    fields: tuple[ContextField, ...]

    @property
    def service_id(self) -> str:
        """The last segment of the service's URL; never changed once published."""
        return f"failed-therapy-{self.name}"

    @cached_property
    def required(self) -> tuple[ContextField, ...]:
        """The fields without which a call is refused."""
        return tuple(field for field in self.fields if field.required)

    @cached_property
    def has_drafts(self) -> bool:
        """True when the hook is about orders that are being written."""
        return any(field.form == BUNDLE for field in self.fields)

    @cached_property
    def has_selections(self) -> bool:
        """True when only the selected orders are to be judged."""
        return any(field.form == REFERENCES for field in self.fields)

    @property
    def tokens(self) -> frozenset[str]:
        """The tokens that a prefetch template of this hook may hold, without braces."""
        return frozenset(f"context.{field.name}" for field in self.fields if field.token)


def _user(*types: str) -> ContextField:
    return ContextField(name="userId", form=REFERENCE, token=True, types=types)


PATIENT = ContextField(name="patientId", form=ID, token=True, types=("Patient",))
ENCOUNTER = ContextField(name="encounterId", form=ID, required=False, token=True, types=("Encounter",))
_SELECTIONS = ContextField(name="selections", form=REFERENCES)
_DRAFTS = ContextField(name="draftOrders", form=BUNDLE)

HOOKS: tuple[Hook, ...] = (
    Hook(
        name="patient-view",
        title="Failed-therapy advisor: next step",
        description=(
            "When a chart is opened: which treatments of the patient's pain condition have failed, "
            "and what guidelines offer next."
        ),
        fields=(_user(*_PEOPLE), PATIENT, ENCOUNTER),
    ),
    Hook(
        name="order-select",
        title="Failed-therapy advisor: order selection",
        description=(
            "When an order is selected: whether it repeats a treatment that has failed, skips a step, "
            "or is unsafe for this patient."
        ),
        fields=(_user(*_CLINICIANS), PATIENT, ENCOUNTER, _SELECTIONS, _DRAFTS),
    ),
    Hook(
        name="order-sign",
        title="Failed-therapy advisor: order signing",
        description=(
            "Before orders are signed: whether one of them repeats a treatment that has failed, skips a step, "
            "or is unsafe for this patient."
        ),
        fields=(_user(*_CLINICIANS), PATIENT, ENCOUNTER, _DRAFTS),
    ),
)


def by_service_id(hooks: Iterable[Hook]) -> Mapping[str, Hook]:
    """Return the hooks by the id of the service that answers them."""
    return MappingProxyType({hook.service_id: hook for hook in hooks})
