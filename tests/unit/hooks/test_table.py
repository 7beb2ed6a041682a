"""A hook is a row of a table: what it offers, asks for and answers follows from the row alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cds_service.app import assemble, shut_down
from cds_service.clock import FixedClock
from cds_service.hooks.discovery import build_discovery
from cds_service.hooks.table import BUNDLE, ENCOUNTER, HOOKS, ID, PATIENT, REFERENCE, ContextField, Hook
from cds_service.ops.metrics import Metrics
from cds_service.settings import Settings
from tests.contract.calls import NOW, FakeAdviser, assert_outcome, json_of
from tests.contract.coverage import covers

ENCOUNTER_DISCHARGE = Hook(
    name="encounter-discharge",
    title="Failed-therapy advisor: discharge",
    description="When a patient is discharged.",
    fields=(
        ContextField(name="userId", form=REFERENCE, token=True, types=("Practitioner",)),
        PATIENT,
        ContextField(name="encounterId", form=ID, token=True, types=("Encounter",)),
    ),
)


@covers("CALL-13")
@pytest.mark.parametrize(
    ("name", "required", "drafts", "selections"),
    [
        ("patient-view", {"userId", "patientId"}, False, False),
        ("order-select", {"userId", "patientId", "selections", "draftOrders"}, True, True),
        ("order-sign", {"userId", "patientId", "draftOrders"}, True, False),
    ],
)
def test_the_three_hooks_are_those_of_the_library(
    name: str, required: set[str], drafts: bool, selections: bool
) -> None:
    hook = next(hook for hook in HOOKS if hook.name == name)
    assert {field.name for field in hook.required} == required
    assert {field.name for field in hook.fields} - required == {"encounterId"}
    assert (hook.has_drafts, hook.has_selections) == (drafts, selections)
    assert not any(field.token for field in hook.fields if field.form == BUNDLE)


def test_a_new_hook_is_one_row() -> None:
    adviser = FakeAdviser()
    app = assemble(
        Settings(dev=True, database=Path(":memory:")),
        adviser=adviser,
        templates_of=lambda hook: {"encounter": "Encounter/{{context.encounterId}}"},
        rules_loaded=1,
        clock=FixedClock(NOW),
        metrics=Metrics(),
        hooks=[ENCOUNTER_DISCHARGE],
    )
    client = app.test_client()
    (service,) = json_of(client.get("/cds-services"))["services"]
    assert (service["id"], service["hook"]) == ("failed-therapy-encounter-discharge", "encounter-discharge")
    fields = {"userId": "Practitioner/1", "patientId": "p", "encounterId": "e"}
    body = {"hook": "encounter-discharge", "hookInstance": "i", "context": fields}
    url = "/cds-services/failed-therapy-encounter-discharge"
    assert client.post(url, json=body).status_code == 200
    assert adviser.requests[0].encounter_id == "e"
    del fields["encounterId"]
    assert "encounterId" in assert_outcome(client.post(url, json=body), 400)
    shut_down(app)


def test_a_template_that_no_client_would_understand_is_not_published() -> None:
    with pytest.raises(ValueError, match=r"context\.draftOrders"):
        build_discovery(HOOKS, lambda hook: {"drafts": "Condition?patient={{context.draftOrders}}"})


def test_an_optional_field_is_optional_only_where_its_row_says_so() -> None:
    assert not ENCOUNTER.required
    services = json.loads(build_discovery([ENCOUNTER_DISCHARGE], lambda hook: {}).body)["services"]
    assert [service["hook"] for service in services] == ["encounter-discharge"]
