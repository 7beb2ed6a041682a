"""What the rules of a hook need to know of a patient, as prefetch templates and as FHIR searches: one table for both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol
from urllib.parse import quote

from cds_service.errors import InvalidHookRequest, RuleProblem

PATIENT_TOKEN = "{{context.patientId}}"  # noqa: S105 (a token of a prefetch template)
REQUIRED = ("Condition", "MedicationRequest", "Procedure")
"""Types without which no answer is given (status 412)."""

_WITH_MEDICATION = frozenset(
    {"MedicationRequest", "MedicationStatement", "MedicationAdministration", "MedicationDispense"}
)
_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "Patient": "patient",
        "Condition": "conditions",
        "MedicationRequest": "medications",
        "Procedure": "procedures",
        "MedicationStatement": "statements",
        "MedicationAdministration": "administrations",
        "MedicationDispense": "dispenses",
        "AllergyIntolerance": "allergies",
        "Observation": "observations",
        "DiagnosticReport": "reports",
        "ImagingStudy": "imaging",
        "ServiceRequest": "requests",
        "Device": "devices",
        "Encounter": "encounters",
    }
)
RESOURCE_TYPES = tuple(_KEYS)
"""Every type that can be asked for, in the order of the templates."""

_COMES_ALONG = frozenset({"Medication"})
"""Types that arrive with others and have no query of their own."""


class NeedsSource(Protocol):
    """What the rules say that they read."""

    def resource_types(self, hook: str) -> frozenset[str]:
        """Return the FHIR types that the rules of a hook read."""
        ...

    def observation_codes(self, hook: str) -> Sequence[str]:
        """Return the codes, without systems, of the Observations that they read; none means all Observations."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One FHIR type, the prefetch key under which a client sends it, and the query that finds it.

    ``template`` is a relative FHIR URL with the patient's id as a token (CDS Hooks 2.0.1, Prefetch template).
    """

    resource_type: str
    key: str
    template: str

    @property
    def required(self) -> bool:
        """True when the service cannot answer without it."""
        return self.resource_type in REQUIRED

    @property
    def is_search(self) -> bool:
        """False for the read of the Patient, which has one resource as its answer."""
        return "?" in self.template

    def path(self, patient_id: str, *, page_size: int | None = None) -> str:
        """Return the query for one patient, relative to the FHIR server's base; ``page_size`` asks for that many a page.

        Raises ``InvalidHookRequest`` for an id that would change the path itself.
        """
        # Dots are never escaped in a URL, so these would climb out of the type; an empty value would find everybody.
        if patient_id in {"", ".", ".."}:
            raise InvalidHookRequest("context.patientId is not an id")
        if not self.is_search:
            return self.template.replace(PATIENT_TOKEN, quote(patient_id, safe=""))
        path = self.template.replace(PATIENT_TOKEN, search_value(patient_id))
        return path if page_size is None else f"{path}&_count={page_size}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataNeeds:
    """Everything that the rules of one hook read, in the order of the table."""

    hook: str
    needs: tuple[Need, ...]

    @property
    def templates(self) -> dict[str, str]:
        """Prefetch templates by key, as discovery publishes them."""
        return {need.key: need.template for need in self.needs}

    @property
    def first(self) -> tuple[Need, ...]:
        """What is read before anything else."""
        return tuple(need for need in self.needs if need.required)

    def of_types(self, types: Iterable[str]) -> tuple[Need, ...]:
        """Return the needs of some types; types that no rule of the hook was known to read are left out."""
        wanted = frozenset(types)
        return tuple(need for need in self.needs if need.resource_type in wanted)


def needs_of(source: NeedsSource, hook: str) -> DataNeeds:
    """Return what a hook needs: the required types, and whatever else its rules read.

    Raises ``RuleProblem`` when a rule reads a type for which there is no query.
    """
    types = source.resource_types(hook) | frozenset(REQUIRED)
    if unknown := types - _KEYS.keys() - _COMES_ALONG:
        raise RuleProblem(f"rules of {hook} read types that cannot be queried: {', '.join(sorted(unknown))}")
    codes = tuple(dict.fromkeys(source.observation_codes(hook)))
    needs = (
        Need(resource_type=name, key=key, template=_template(name, codes))
        for name, key in _KEYS.items()
        if name in types
    )
    return DataNeeds(hook=hook, needs=tuple(needs))


def medications_by_id(ids: Sequence[str]) -> str:
    """Return the query that reads several Medications at once."""
    return f"Medication?_id={_alternatives(ids)}&_count={len(ids)}"


def search_value(value: str) -> str:
    """Return a value fit for a search: one value for the server, whatever characters it has.

    A comma would mean *or*, a bar would split system and code (https://hl7.org/fhir/R4/search.html#escaping).
    """
    for special in ("\\", ",", "$", "|"):
        value = value.replace(special, "\\" + special)
    return quote(value, safe="")


def _template(resource_type: str, observation_codes: Sequence[str]) -> str:
    if resource_type == "Patient":
        return f"Patient/{PATIENT_TOKEN}"
    template = f"{resource_type}?patient={PATIENT_TOKEN}"
    if resource_type in _WITH_MEDICATION:
        return f"{template}&_include={resource_type}:medication"
    if resource_type == "Observation" and observation_codes:
        return f"{template}&code={_alternatives(observation_codes)}"
    return template


def _alternatives(values: Sequence[str]) -> str:
    return ",".join(search_value(value) for value in values)
