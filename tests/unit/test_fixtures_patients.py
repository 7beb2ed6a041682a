"""The synthetic patients in ``fhir_fixtures``: valid FHIR R4, self-contained, plainly made up, and told in a story."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections import Counter
from pathlib import Path

import pytest
from fhir.resources.R4B import get_fhir_model_class
from flask import Flask

from cds_service.sandbox.routes import create_fhir_blueprint
from cds_service.sandbox.store import ResourceStore

ROOT = Path(__file__).resolve().parents[2] / "fhir_fixtures"
NEURALGIA = (
    "after-mvd",
    "carbamazepine-failed",
    "highly-refractory",
    "hla-b1502",
    "long-record",
    "ms-secondary",
    "new-tn",
    "radiosurgery-recent",
    "refractory-classical",
    "too-short",
)
"""The oldest ten, written by hand, with every shape that a reader of real records must cope with."""

TOLD = {
    "ketamine-trigeminal-neuralgia": (
        "ketamine-dependence",
        "ketamine-first-idea",
        "ketamine-high-pressure",
        "ketamine-ladder-spent",
        "ketamine-lozenges",
        "ketamine-no-benefit",
        "ketamine-spravato",
        "ketamine-two-series",
    ),
    "chronic-migraine": (
        "migraine-antibody-switch",
        "migraine-infarction",
        "migraine-new",
        "migraine-one-class",
        "migraine-overuse",
        "migraine-refractory",
        "migraine-short-trial",
        "migraine-third-cycle",
        "migraine-two-classes",
        "migraine-young-woman",
    ),
    "failed-nerve-ablation": (
        "ablation-crps-foot",
        "ablation-cervical-pulsed",
        "ablation-failed",
        "ablation-outcome-open",
        "ablation-red-flag",
        "ablation-stimulation-failed",
        "ablation-stimulation-ready",
        "ablation-wearing-off",
        "ablation-wrong-nerve",
    ),
    "refractory-radiculopathy": (
        "back-surgery-recurrence",
        "back-surgery-stimulation",
        "back-surgery-stimulation-failed",
        "radiculopathy-epidurals-failed",
        "radiculopathy-neuropathy",
        "radiculopathy-one-class",
        "radiculopathy-refractory",
        "radiculopathy-under-dosed",
        "sciatica-new",
    ),
}
"""Patients that ``scripts.fixtures`` writes from their stories, by the pathway that they are about."""

SEVERAL = ("ablation-and-radiculopathy", "migraine-and-neuralgia")
"""On several pathways at once."""

SLUGS = tuple(sorted((*NEURALGIA, *(slug for slugs in TOLD.values() for slug in slugs), *SEVERAL)))
AS_OF = "2026-06-15"
CPT = "http://www.ama-assn.org/go/cpt"


def bundle_of(slug):
    return json.loads((ROOT / "patients" / slug / "bundle.json").read_bytes())


def resources_of(slug):
    return [entry["resource"] for entry in bundle_of(slug)["entry"]]


def everything():
    return [resource for slug in SLUGS for resource in resources_of(slug)]


def walk(node):
    """Every mapping below a node, the node included."""
    if isinstance(node, dict):
        yield node
        for child in node.values():
            yield from walk(child)
    elif isinstance(node, list):
        for child in node:
            yield from walk(child)


each_patient = pytest.mark.parametrize("slug", SLUGS)


def test_the_patients_are_these():
    assert tuple(sorted(path.name for path in (ROOT / "patients").iterdir())) == SLUGS


def test_every_pathway_has_at_least_eight_patients_and_two_are_on_several():
    assert {pathway: len(slugs) >= 8 for pathway, slugs in TOLD.items()} == dict.fromkeys(TOLD, True)
    assert len(NEURALGIA) >= 8
    assert len(SEVERAL) >= 2


def test_no_two_resources_have_one_id():
    ids = Counter((r["resourceType"], r["id"]) for r in everything())
    assert [key for key, count in ids.items() if count > 1] == []


def test_no_two_patients_have_one_name():
    names = Counter(r["name"][0]["given"][0] for r in everything() if r["resourceType"] == "Patient")
    assert [name for name, count in names.items() if count > 1] == []


def test_every_patient_has_a_story_and_is_explained():
    files = {path.name for slug in SLUGS for path in (ROOT / "patients" / slug).iterdir()}
    assert files == {"bundle.json", "explain.txt", "story.md", "story.yaml"}
    for slug in SLUGS:
        told = {"story.yaml"} if slug not in NEURALGIA else set()
        assert {path.name for path in (ROOT / "patients" / slug).iterdir()} == files - {"story.yaml"} | told


@each_patient
def test_the_bundle_and_every_resource_are_valid_fhir(slug):
    bundle = bundle_of(slug)
    get_fhir_model_class("Bundle").model_validate(bundle)
    for resource in resources_of(slug):
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)


@each_patient
def test_an_embedded_server_with_referential_integrity_takes_the_patient(slug):
    store = ResourceStore(referential_integrity=True)
    app = Flask(__name__)
    app.register_blueprint(create_fhir_blueprint(store), url_prefix="/fhir")
    answer = app.test_client().post("/fhir", json=bundle_of(slug), content_type="application/fhir+json")
    assert answer.status_code == 200, answer.json
    assert store.body("Patient", slug) is not None


@each_patient
def test_every_entry_puts_its_resource_under_its_own_id(slug):
    bundle = bundle_of(slug)
    assert bundle["type"] == "transaction"
    for entry in bundle["entry"]:
        address = f"{entry['resource']['resourceType']}/{entry['resource']['id']}"
        assert entry["request"] == {"method": "PUT", "url": address}
        assert entry["fullUrl"] == f"https://cds-service.example/fhir/{address}"


@each_patient
def test_what_is_pointed_at_stands_before_what_points_at_it(slug):
    seen = set()
    for resource in resources_of(slug):
        for node in walk(resource):
            reference = node.get("reference")
            if isinstance(reference, str) and not reference.startswith("#"):
                assert reference in seen, f"{resource['id']} points at {reference}"
        seen.add(f"{resource['resourceType']}/{resource['id']}")


@each_patient
def test_everything_belongs_to_the_patient_and_is_named_after_it(slug):
    first, *others = resources_of(slug)
    assert (first["resourceType"], first["id"]) == ("Patient", slug)
    for resource in others:
        assert resource["id"].startswith(f"{slug}-")
        if resource["resourceType"] != "Medication":
            owner = resource.get("subject") or resource.get("patient")
            assert owner == {"reference": f"Patient/{slug}"}


@each_patient
def test_names_are_plainly_made_up_and_nothing_else_identifies_a_person(slug):
    patient = resources_of(slug)[0]
    assert [name["family"] for name in patient["name"]] == ["Fixture"]
    assert not {"address", "telecom", "photo", "contact"} & patient.keys()


@pytest.mark.parametrize("slug", NEURALGIA)
def test_every_one_of_the_ten_has_trigeminal_neuralgia_in_both_code_systems_and_a_side(slug):
    (neuralgia,) = [r for r in resources_of(slug) if r["id"] == f"{slug}-tn"]
    codes = {(coding["system"], coding["code"]) for coding in neuralgia["code"]["coding"]}
    assert codes == {("http://snomed.info/sct", "31681005"), ("http://hl7.org/fhir/sid/icd-10-cm", "G50.0")}
    assert neuralgia["bodySite"][0]["coding"][0]["code"] in {"7771000", "24028007"}


@each_patient
def test_nothing_was_recorded_after_the_day_of_the_stories(slug):
    """Ends of validity may lie later; starts, results and stop dates may not."""
    for resource in resources_of(slug):
        for key in (
            "authoredOn",
            "recordedDate",
            "onsetDateTime",
            "effectiveDateTime",
            "performedDateTime",
            "issued",
        ):
            assert resource.get(key, "")[:10] <= AS_OF


@each_patient
def test_the_story_is_one_paragraph_and_says_what_each_hook_should_say(slug):
    story = (ROOT / "patients" / slug / "story.md").read_text()
    title, paragraph, heading, table = re.split(r"\n\n", story.strip())
    (given,) = resources_of(slug)[0]["name"][0]["given"]
    assert title == f"# {given} Fixture (`{slug}`)"
    assert paragraph.startswith(given)
    assert heading == "## What each hook says"
    assert "| patient-view |" in table
    assert "| order-sign" in table


@each_patient
def test_the_readme_introduces_the_patient_with_its_age_on_that_day(slug):
    patient = resources_of(slug)[0]
    born = patient["birthDate"]
    age = int(AS_OF[:4]) - int(born[:4]) - (AS_OF[5:] < born[5:])
    row = f"| `{slug}` | {patient['name'][0]['given'][0]} Fixture, {age} |"
    assert row in (ROOT / "README.md").read_text()


def test_codes_of_the_medical_association_stand_without_display():
    codings = [node for resource in everything() for node in walk(resource) if node.get("system") == CPT]
    assert codings
    assert not [coding for coding in codings if "display" in coding]


def test_together_the_records_show_the_shapes_of_real_ones():
    """Each shape is one that a reader of real records must cope with."""
    resources = [resource for slug in NEURALGIA for resource in resources_of(slug)]
    kinds = Counter((r["resourceType"], r.get("status")) for r in resources)
    assert kinds["MedicationRequest", "entered-in-error"] >= 2
    assert kinds["MedicationRequest", "cancelled"] >= 1
    assert kinds["Procedure", "not-done"] >= 2
    orders = [r for r in resources if r["resourceType"] == "MedicationRequest"]
    assert any("contained" in order for order in orders)
    assert any(order.get("statusReason", {}).get("coding") for order in orders)
    assert any(order.get("statusReason", {}).keys() == {"text"} for order in orders)
    assert any(order["intent"] == "proposal" for order in orders)
    units = {
        dose["doseQuantity"]["code"]
        for order in orders
        for instruction in order["dosageInstruction"]
        for dose in instruction["doseAndRate"]
    }
    assert units == {"mg", "{tablet}"}
    onsets = {len(r["onsetDateTime"]) for r in resources if "onsetDateTime" in r}
    assert onsets == {4, 7, 10}
    by_reference = {r["resourceType"] for r in resources if "medicationReference" in r}
    assert by_reference == {
        "MedicationRequest",
        "MedicationStatement",
        "MedicationDispense",
        "MedicationAdministration",
    }


def test_the_long_record_needs_paging_and_names_38_percent_of_its_drugs_by_reference():
    orders = [r for r in resources_of("long-record") if r["resourceType"] == "MedicationRequest"]
    assert len(orders) > 120
    assert sum("medicationReference" in order for order in orders) / len(orders) == 0.38
    neuralgia = [place for place, order in enumerate(orders) if "reasonReference" in order]
    assert min(neuralgia) >= 50, "no trigeminal order may stand on the first page of fifty"


def test_the_long_record_is_what_its_script_writes():
    spec = importlib.util.spec_from_file_location("build_long_record", ROOT / "build_long_record.py")
    script = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = script
    try:
        spec.loader.exec_module(script)
    finally:
        del sys.modules[spec.name]
    assert script.build() == bundle_of("long-record")
