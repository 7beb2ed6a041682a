"""Items of a case become the FHIR R4 resources that a hospital's server would hold."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from cds_service.casework.build import bundle_of
from cds_service.casework.context import CannotBuild
from cds_service.casework.format import Person

from .conftest import Build, BuildOne

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"


def codes(concept: dict[str, Any]) -> list[tuple[str, str]]:
    return [(c["system"], c["code"]) for c in concept.get("coding", [])]


# ---------------------------------------------------------------- codes


def test_the_name_of_a_value_set_becomes_its_first_verified_code(one: BuildOne) -> None:
    found = one("{condition: trigeminal-neuralgia}")

    assert codes(found["code"]) == [("http://hl7.org/fhir/sid/icd-10-cm", "G50.0")]


def test_the_name_of_a_drug_becomes_the_code_of_the_ingredient(one: BuildOne) -> None:
    assert codes(one("{order: carbamazepine}")["medicationCodeableConcept"]) == [(RXNORM, "2002")]


def test_a_code_of_a_system_by_its_short_name_or_its_uri(one: BuildOne) -> None:
    assert codes(one("{condition: SNOMED 31681005}")["code"]) == [(SNOMED, "31681005")]
    assert codes(one("{condition: 'urn:oid:1.2.3 X1'}")["code"]) == [("urn:oid:1.2.3", "X1")]


def test_several_codings_keep_their_order(one: BuildOne) -> None:
    found = one("{order: carbamazepine, product: [LOCAL CBZ-XR, RXNORM 866305]}")

    assert codes(found["medicationCodeableConcept"]) == [("urn:local:case", "CBZ-XR"), (RXNORM, "866305")]


def test_text_alone(one: BuildOne) -> None:
    assert one("{condition: {text: tic douloureux}}")["code"] == {"text": "tic douloureux"}
    assert one("{order: carbamazepine, text_only: true}")["medicationCodeableConcept"] == {
        "text": "carbamazepine"
    }
    assert one("{order: carbamazepine, text: Tegretol, text_only: true}")["medicationCodeableConcept"] == {
        "text": "Tegretol"
    }


def test_a_display_stands_on_the_first_coding(one: BuildOne) -> None:
    found = one("{condition: {codes: [LOCAL X, SNOMED 31681005], display: odd words}}")

    assert found["code"]["coding"][0]["display"] == "odd words"


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (
            "{condition: trigeminal-neuralgy}",
            "no value set or ingredient 'trigeminal-neuralgy'; did you mean",
        ),
        ("{condition: SNOMMED 1}", "no code system 'SNOMMED'; did you mean 'SNOMED'?"),
        ("{order: carbamazepine, take: two tablets}", "expected a dose such as '2 tablets twice a day'"),
        ("{order: carbamazepine, prior: nothing}", "no item 'nothing'"),
        ("{observation: pain-score, value: {number: 7}}", "value: expected a number with its unit"),
    ],
)
def test_what_cannot_be_built_says_which_item_and_why(build: Build, item: str, said: str) -> None:
    with pytest.raises(CannotBuild) as problem:
        build(f"[{item}]")

    assert said in problem.value.problem
    assert problem.value.item in {"condition", "carbamazepine", "pain-score", "trigeminal-neuralgy"}


# ---------------------------------------------------------------- orders


def test_an_order_with_its_days_is_bounded_by_them(one: BuildOne) -> None:
    found = one("{order: carbamazepine, daily: 1200 mg, times: 3, from: 2025-01-10, to: 2025-03-20}")

    assert found["status"] == "completed"
    assert found["intent"] == "order"
    assert found["authoredOn"] == "2025-01-10"
    assert found["dosageInstruction"] == [
        {
            "timing": {
                "repeat": {
                    "frequency": 3,
                    "period": 1,
                    "periodUnit": "d",
                    "boundsPeriod": {"start": "2025-01-10", "end": "2025-03-20"},
                }
            },
            "doseAndRate": [{"doseQuantity": {"value": 400, "unit": "mg", "system": UCUM, "code": "mg"}}],
        }
    ]


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("", "active"),
        (", to: 2025-03-20", "completed"),
        (", to: 2025-03-20, because: reason-no-effect", "stopped"),
        (", because_text: no benefit", "stopped"),
        (", status: on-hold, to: 2025-03-20", "on-hold"),
    ],
)
def test_the_status_of_an_order_follows_from_its_end_and_reason(
    one: BuildOne, words: str, status: str
) -> None:
    assert one(f"{{order: carbamazepine, from: 2025-01-10{words}}}")["status"] == status


def test_no_status_at_all(one: BuildOne) -> None:
    assert "status" not in one("{order: carbamazepine, status: null}")
    assert "clinicalStatus" not in one("{condition: trigeminal-neuralgia, status: null}")


@pytest.mark.parametrize(
    ("take", "repeat", "dose"),
    [
        (
            "2 tablets twice a day",
            {"frequency": 2, "period": 1, "periodUnit": "d"},
            {"value": 2, "unit": "tablet"},
        ),
        (
            "200 mg every 8 hours",
            {"frequency": 1, "period": 8, "periodUnit": "h"},
            {"value": 200, "unit": "mg", "system": UCUM, "code": "mg"},
        ),
        (
            "0.5 mL up to 3 times a day",
            {"frequency": 1, "frequencyMax": 3, "period": 1, "periodUnit": "d"},
            {"value": 0.5, "unit": "mL", "system": UCUM, "code": "mL"},
        ),
        (
            "1 patch every 3 days",
            {"frequency": 1, "period": 3, "periodUnit": "d"},
            {"value": 1, "unit": "patch"},
        ),
        (
            "1 tablet at night",
            {"frequency": 1, "period": 1, "periodUnit": "d"},
            {"value": 1, "unit": "tablet"},
        ),
        (
            "1 pen once a month",
            {"frequency": 1, "period": 1, "periodUnit": "mo"},
            {"value": 1, "unit": "pen"},
        ),
    ],
)
def test_a_dose_in_words(one: BuildOne, take: str, repeat: dict[str, Any], dose: dict[str, Any]) -> None:
    (dosage,) = one(f"{{order: carbamazepine, take: {take}}}")["dosageInstruction"]

    assert dosage == {"timing": {"repeat": repeat}, "doseAndRate": [{"doseQuantity": dose}]}


def test_a_range_as_needed_with_a_maximum_and_a_route(one: BuildOne) -> None:
    item = "{order: sumatriptan, take: 1-2 tablets twice a day as needed, max_daily: 4 tablets, route: oral}"
    (dosage,) = one(item)["dosageInstruction"]

    assert dosage["asNeededBoolean"] is True
    assert dosage["doseAndRate"] == [
        {"doseRange": {"low": {"value": 1, "unit": "tablet"}, "high": {"value": 2, "unit": "tablet"}}}
    ]
    assert dosage["maxDosePerPeriod"]["numerator"] == {"value": 4, "unit": "tablet"}
    assert dosage["maxDosePerPeriod"]["denominator"] == {"value": 1, "unit": "d", "system": UCUM, "code": "d"}
    assert codes(dosage["route"]) == [(SNOMED, "26643006")]


def test_phases_follow_each_other(one: BuildOne) -> None:
    item = (
        "{order: carbamazepine, from: 2025-01-10, to: 2025-03-20, "
        "phases: [{take: 100 mg twice a day, lasts: 1 week}, {daily: 600 mg}]}"
    )
    found = one(item)
    first, second = found["dosageInstruction"]

    assert (first["sequence"], second["sequence"]) == (1, 2)
    assert first["timing"]["repeat"]["boundsDuration"] == {
        "value": 1,
        "unit": "week",
        "system": UCUM,
        "code": "wk",
    }
    assert second["doseAndRate"][0]["doseQuantity"]["value"] == 600
    assert found["dispenseRequest"]["validityPeriod"] == {"start": "2025-01-10", "end": "2025-03-20"}


def test_supply(one: BuildOne) -> None:
    found = one("{order: sumatriptan, quantity: 9, repeats: 2, supply: 30 days}")["dispenseRequest"]

    assert found == {
        "numberOfRepeatsAllowed": 2,
        "quantity": {"value": 9},
        "expectedSupplyDuration": {"value": 30, "unit": "days", "system": UCUM, "code": "d"},
    }


def test_a_drug_by_reference(build: Build) -> None:
    contained = build("[{order: carbamazepine, by_reference: contained}]").resources[0]
    assert contained["medicationReference"] == {"reference": "#drug"}
    assert contained["contained"][0]["id"] == "drug"
    assert codes(contained["contained"][0]["code"]) == [(RXNORM, "2002")]

    order, medication = build("[{order: carbamazepine, by_reference: bundle}]").resources
    assert order["medicationReference"] == {"reference": "Medication/medication-1"}
    assert (medication["resourceType"], medication["id"]) == ("Medication", "medication-1")


# ---------------------------------------------------------------- other records


def test_a_procedure_with_site_and_side(one: BuildOne) -> None:
    found = one(
        "{procedure: CPT 61796, at: 2026-03, side: left, outcome: outcome-unsuccessful, note: no relief}"
    )

    assert found["status"] == "completed"
    assert found["performedDateTime"] == "2026-03"
    assert [codes(site) for site in found["bodySite"]] == [[(SNOMED, "7771000")]]
    assert codes(found["outcome"]) == [(SNOMED, "385671000")]
    assert found["note"] == [{"text": "no relief"}]


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("135 mmol/L", {"valueQuantity": {"value": 135, "unit": "mmol/L", "system": UCUM, "code": "mmol/L"}}),
        ("7", {"valueInteger": 7}),
        ("7.5", {"valueQuantity": {"value": 7.5}}),
        ("{text: positive}", {"valueString": "positive"}),
        ("{range: [5, 7]}", {"valueRange": {"low": {"value": 5}, "high": {"value": 7}}}),
        ("true", {"valueBoolean": True}),
    ],
)
def test_values_of_observations(one: BuildOne, value: str, wanted: dict[str, Any]) -> None:
    found = one(f"{{observation: pain-score, at: 2026-06-01, value: {value}}}")

    assert {k: v for k, v in found.items() if k.startswith("value")} == wanted


def test_components_of_a_panel(one: BuildOne) -> None:
    found = one(
        "{observation: blood-pressure, components: {systolic-bp: '188 mm[Hg]', diastolic-bp: '104 mm[Hg]'}}"
    )

    assert [c["valueQuantity"]["value"] for c in found["component"]] == [188, 104]
    assert codes(found["component"][0]["code"]) == [("http://loinc.org", "8480-6")]


def test_an_allergy_with_its_reaction(one: BuildOne) -> None:
    found = one(
        "{allergy: carbamazepine, kind: intolerance, criticality: high, reaction: sjs-ten-dress, severity: severe}"
    )

    assert (found["type"], found["criticality"]) == ("intolerance", "high")
    assert found["patient"] == {"reference": "Patient/case"}
    assert found["reaction"][0]["severity"] == "severe"
    assert found["reaction"][0]["manifestation"][0]["coding"]


def test_another_patients_resource(one: BuildOne) -> None:
    assert one("{condition: trigeminal-neuralgia, of_other_patient: true}")["subject"] == {
        "reference": "Patient/someone-else"
    }


def test_a_raw_resource_gets_the_subject_and_id_that_it_lacks(one: BuildOne) -> None:
    assert one("{resource: {resourceType: Flag, status: active}}") == {
        "resourceType": "Flag",
        "id": "resource",
        "status": "active",
        "subject": {"reference": "Patient/case"},
    }


def test_drafts_are_drafts(build: Build) -> None:
    built = build(
        "[]",
        drafts="[{order: carbamazepine}, {request: CPT 61796, id: surgery}, {order: baclofen, status: stopped}]",
    )

    assert [(d["id"], d["status"]) for d in built.drafts] == [
        ("draft-1", "draft"),
        ("surgery", "draft"),
        ("draft-3", "stopped"),
    ]
    assert built.references["draft-1"] == "MedicationRequest/draft-1"


def test_the_patient_holds_what_the_case_says_and_nothing_else(build: Build) -> None:
    assert build("[]").patient == {"resourceType": "Patient", "id": "case"}
    assert build("[]", person=Person(born="1964-03", sex="female")).patient == {
        "resourceType": "Patient",
        "id": "case",
        "birthDate": "1964-03",
        "gender": "female",
    }


EVERYTHING = """\
- {condition: trigeminal-neuralgia, onset: 2024-05, recorded: 2024-06-01, side: left, severity: {text: severe}, note: x}
- {condition: {text: old}, onset_age: 38 a, abated: 2020}
- {order: carbamazepine, product: RXNORM 308979, take: 2 tablets twice a day, from: 2025-01-10, to: 2025-03-20,
   because: reason-no-effect, because_text: none, reason: trigeminal-neuralgia, reason_condition: trigeminal-neuralgia,
   category: community, priority: routine, supply: 30 days, repeats: 2, quantity: 60, route: oral, dosage_text: as told}
- {order: baclofen, by_reference: contained, do_not_perform: true, prior: carbamazepine, phases: [{daily: 30 mg, lasts: 2 weeks}]}
- {order: ketamine, rate: 0.5 mg/kg/h, route: intravenous, by_reference: bundle}
- {statement: gabapentin, daily: 900 mg, times: 3, from: 2025-01, to: 2025-02, because: reason-not-tolerated}
- {administration: ketamine, at: 2026-03-01, dose: 20 mg, route: intravenous}
- {dispense: sumatriptan, at: 2026-05-01, days: 30, quantity: 9}
- {procedure: CPT 61796, from: 2026-03-01, to: 2026-03-02, outcome: outcome-partial, because_text: x, complication: {text: y}}
- {observation: pain-score, at: "2026-06-01T09:30:00+02:00", value: 7, reference_high: 3, interpretation: H}
- {observation: blood-pressure, at: 2026-06-01, components: {systolic-bp: '188 mm[Hg]'}}
- {observation: hla-b-1502, at: 2026-06-01, value: {code: result-positive}}
- {report: brain-mri, at: 2025-07-14, conclusion: Neurovascular compression., finding: {text: compression}}
- {imaging: brain-mri, at: 2025-07-14, description: MRI}
- {allergy: carbamazepine, kind: allergy, criticality: high, reaction_text: rash, recorded: 2020-01-01}
- {request: CPT 61796, at: 2026-06-01, planned: 2026-07-01, side: right, reason: trigeminal-neuralgia, detail: {text: left}}
- {device_request: LOCAL D1, at: 2026-06-01}
- {device: LOCAL D2}
- {encounter: {text: clinic}, visit_class: AMB, from: 2026-06-01, to: 2026-06-01}
"""


def test_every_kind_of_item_is_valid_fhir_r4(build: Build) -> None:
    built = build(
        EVERYTHING,
        drafts="[{order: carbamazepine, daily: 400 mg}]",
        person=Person(born="1964-03-01", deceased=False),
    )

    for resource in (built.patient, *built.resources, *built.drafts, bundle_of(built.resources)):
        model = get_fhir_model_class(resource["resourceType"])
        assert model.model_validate_json(json.dumps(resource)) is not None
