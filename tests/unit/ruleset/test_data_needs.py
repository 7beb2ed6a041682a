"""What the rules of a hook can read of a patient, derived from their words."""

from __future__ import annotations

import pytest

from .conftest import CARD, ORDER_CARD, RulesFolder

MEDICATIONS = {
    "MedicationRequest",
    "MedicationStatement",
    "MedicationAdministration",
    "MedicationDispense",
    "Medication",
}
WITHOUT_SUGGESTION = ORDER_CARD.replace("suggest:\n  - first_suitable: drugs\n", "")


def types(folder: RulesFolder, item: str) -> set[str]:
    """FHIR types of a rule of any patient with one item of logic, beyond those of the population."""
    folder.change("facial-pain/TN-05-drug-failed.yaml", "all: [drug-failed]", f"all: [{item}]")
    folder.change("facial-pain/TN-05-drug-failed.yaml", "suggest:\n  - first_suitable: drugs\n", "")
    return set(folder.load().resource_types("patient-view")) - {"Patient", "Condition"}


@pytest.mark.parametrize(
    ("item", "wanted"),
    [
        ("{allergy: {to: carbamazepine}}", {"AllergyIntolerance"}),
        ("{report: {in: brain-mri}}", {"DiagnosticReport", "ImagingStudy"}),
        ("{medication: {in: nsaid}}", MEDICATIONS),
        ("{procedure: {in: nerve-ablation}}", {"Procedure"}),
        ("{phrase: {in: not-surgical-candidate, where: [report]}}", {"DiagnosticReport", "ImagingStudy"}),
        ("{phrase: {in: severe-pain, where: [condition]}}", set()),
        ("{encounter: {visit_class: [IMP]}}", {"Encounter"}),
        ("{age: {below: 18 a}}", set()),
        ("severe-pain", {"Observation"}),
    ],
)
def test_the_types_of_a_word(folder: RulesFolder, item: str, wanted: set[str]) -> None:
    assert types(folder, item) == wanted


def test_verdicts_read_what_their_standards_and_evidence_read(folder: RulesFolder) -> None:
    assert types(folder, "drug-failed") == MEDICATIONS | {"Procedure"}

    folder.change(
        "facial-pain/pathway.yaml", "failed-absent:", "not-tolerated: [{allergy: any}]\n    failed-absent:"
    )
    assert set(folder.load().resource_types("patient-view")) >= MEDICATIONS | {"AllergyIntolerance"}


def test_a_hook_reads_only_what_its_own_rules_read(folder: RulesFolder) -> None:
    folder.write("facial-pain/TN-20-severe-pain.yaml", WITHOUT_SUGGESTION)
    folder.change("facial-pain/TN-05-drug-failed.yaml", "suggest:\n  - first_suitable: drugs\n", "")

    rules = folder.load()

    assert "Observation" not in rules.resource_types("patient-view")
    assert rules.resource_types("order-sign") == {"Patient", "Condition", "Observation"}
    assert rules.resource_types("order-select") == frozenset()


def test_a_hook_that_suggests_orders_reads_what_their_signing_would_be_checked_with(
    folder: RulesFolder,
) -> None:
    """Nothing is suggested that a rule would object to at signing, so its data must be there."""
    folder.write("facial-pain/TN-20-severe-pain.yaml", WITHOUT_SUGGESTION)

    rules = folder.load()

    assert "Observation" in rules.resource_types("patient-view")
    assert "72514-3" in rules.observation_codes("patient-view")


def test_rules_that_give_no_card_need_nothing(folder: RulesFolder) -> None:
    folder.change("facial-pain/TN-05-drug-failed.yaml", "status: pilot", "status: draft")

    assert folder.load().resource_types("patient-view") == frozenset()


def test_observation_codes_are_those_of_the_sets_asked_for(folder: RulesFolder) -> None:
    folder.write("facial-pain/TN-20-severe-pain.yaml", WITHOUT_SUGGESTION)

    codes = folder.load().observation_codes("order-sign")

    assert "72514-3" in codes
    assert "98979-8" not in codes


def test_a_search_in_the_words_of_observations_needs_all_of_them(folder: RulesFolder) -> None:
    item = "{phrase: {in: severe-pain, where: [observation]}}"
    folder.write(
        "facial-pain/TN-06-words.yaml",
        CARD.replace("TN-05", "TN-06").replace("drug-failed]", f"{item}, severe-pain]"),
    )

    assert folder.load().observation_codes("patient-view") == ()
