"""A prefetch template is published only when every client may understand it (CDS Hooks 2.0.1, Prefetch template)."""

from __future__ import annotations

import pytest

from cds_service.hooks.table import HOOKS, Hook
from cds_service.hooks.templates import template_faults
from tests.contract.coverage import covers

ORDER_SELECT: Hook = next(hook for hook in HOOKS if hook.name == "order-select")


def faults(template: str, key: str = "medications") -> list[str]:
    return template_faults(ORDER_SELECT, key, template)


@covers("PRE-01", "PRE-02", "PRE-05", "PRE-06", "PRE-09")
@pytest.mark.parametrize(
    "template",
    [
        "Patient/{{context.patientId}}",
        "Encounter/{{context.encounterId}}",
        "Practitioner/{{userPractitionerId}}",
        "{{context.userId}}",
        "Condition?patient={{context.patientId}}",
        "PractitionerRole?_id={{userPractitionerRoleId}}",
        "Observation?patient={{context.patientId}}&code=4548-4,2160-0",
        "Observation?patient={{context.patientId}}&code=http://loinc.org|4548-4&_sort=-date&_count=10",
        "Observation?patient={{context.patientId}}&code:in=http://example.org/ValueSet/x",
        "Procedure?patient={{context.patientId}}&date=ge2020-01-01",
        "MedicationRequest?patient={{context.patientId}}&_include=MedicationRequest:medication",
    ],
)
def test_templates_that_may_be_published(template: str) -> None:
    assert faults(template) == []


@covers("PRE-01")
@pytest.mark.parametrize(
    "template",
    [
        "",
        "/Patient/{{context.patientId}}",
        "https://ehr.example.org/Patient/{{context.patientId}}",
        "Patient",
        "Patient/{{context.patientId}}/_history/1",
        "Patient/{{context.patientId}}?_format=json",
        "patient/{{context.patientId}}",
        "Condition?",
    ],
)
def test_only_relative_reads_and_searches(template: str) -> None:
    assert faults(template)


@covers("PRE-02", "PRE-03", "PRE-04")
@pytest.mark.parametrize(
    "token",
    [
        "context.selections",
        "context.draftOrders",
        "context.draftOrders.MedicationRequest.id",
        "context.PatientId",
        "context.patientid",
        "patientId",
        "Patient.id",
        "userId",
        "today()",
        " context.patientId",
    ],
)
def test_only_first_level_tokens_by_their_exact_names(token: str) -> None:
    (fault,) = faults(f"Condition?patient={{{{{token}}}}}")
    assert token in fault


@covers("PRE-06", "PRE-07")
@pytest.mark.parametrize(
    "parameter",
    [
        "_include=MedicationRequest:requester",
        "_include=Condition:encounter",
        "_revinclude=Provenance:target",
        "_has:Observation:patient:code=1",
        "medication.code=x",
        "status:not=active",
        "code:text=pain",
        "code:missing=true",
        "date=ne2020-01-01",
        "date=sa2020-01-01",
        "date=ap2020-01-01",
        "sort:desc=date",
        "status",
    ],
)
def test_nothing_outside_the_recommended_subset(parameter: str) -> None:
    assert faults(f"MedicationRequest?patient={{{{context.patientId}}}}&{parameter}")


@covers("PRE-07")
def test_the_medication_of_another_type_may_not_be_included() -> None:
    assert faults("Condition?patient={{context.patientId}}&_include=MedicationRequest:medication")


@covers("PRE-10")
def test_no_parameter_is_repeated() -> None:
    (fault,) = faults("Procedure?patient={{context.patientId}}&date=ge2020-01-01&date=le2021-01-01")
    assert "date is repeated" in fault


@covers("PRE-14")
@pytest.mark.parametrize("key", ["", "-user", "a b", "a.b", "größe"])
def test_keys_are_simple(key: str) -> None:
    assert faults("Patient/{{context.patientId}}", key)


def test_the_encounter_token_is_one_of_every_hook_and_drafts_of_none() -> None:
    for hook in HOOKS:
        assert hook.tokens == {"context.userId", "context.patientId", "context.encounterId"}
