"""What the rules of a hook can read of a patient, derived from their words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from cds_service.evaluate.asking import RECORD_WORDS
from cds_service.evaluate.case import Case
from cds_service.ruleset.data_needs import types_of
from cds_service.ruleset.facts import FACT_WORDS, Ask, read_item
from cds_service.ruleset.language_notes import EXAMPLES
from cds_service.ruleset.parts import parts
from cds_service.ruleset.uses import Uses
from cds_service.ruleset.yaml_file import parse_yaml
from cds_service.timeline.events import Concept, Order, OrderSource, Person, Timeline

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


# ---------------------------------------------------------------- what evaluation really looks at

PARTS_OF_A_TIMELINE = {
    "diagnoses": {"Condition"},
    "orders": MEDICATIONS,
    "procedures": {"Procedure"},
    "results": {"Observation"},
    "reports": {"DiagnosticReport", "ImagingStudy"},
    "allergies": {"AllergyIntolerance"},
    "requests": {"ServiceRequest"},
    "implants": {"Device"},
    "visits": {"Encounter"},
}
READ_BY_STANDARDS = {"trial", "step"}
"""Words that are answered from judged trials; what these read is tested above."""


class Watched(tuple[Any, ...]):
    """An empty part of a timeline that remembers whether it was looked through."""

    looked_at = False

    def __iter__(self) -> Iterator[Any]:
        self.looked_at = True
        return super().__iter__()


@pytest.mark.parametrize("word", sorted(set(FACT_WORDS) - READ_BY_STANDARDS))
def test_a_word_looks_at_nothing_that_its_needs_do_not_name(folder: RulesFolder, word: str) -> None:
    """What is not asked for is taken for absent: a word that reads more than it declares would call the unread empty."""
    rules = replace(
        folder.load(),
        tables=dict.fromkeys(("mme-factors", "acute-limits", "renal-limits"), ()),
        replaced_settings={("facial-pain", "block-profile"): "consensus"},
    )
    watched: dict[str, Any] = {name: Watched() for name in PARTS_OF_A_TIMELINE}
    timeline = Timeline(as_of=date(2026, 6, 15), person=Person(reference="Patient/x"), **watched)
    draft = Order(
        reference="MedicationRequest/draft",
        concept=Concept(sets=frozenset({"ketamine"})),
        source=OrderSource.REQUEST,
        status="draft",
        intent="order",
        counts=True,
        start=None,
        ended=None,
        supply_end=None,
        supply_days=None,
        is_draft=True,
    )
    case = Case(rules=rules, timeline=timeline, pathway="facial-pain", draft=draft)
    item = read_item(parse_yaml(EXAMPLES[word], name=word).data)
    assert isinstance(item, Ask)

    RECORD_WORDS[word](item.fact, case)

    seen = {name for name, part in watched.items() if part.looked_at}
    declared = {resource_type for part in parts(item) for resource_type in types_of(Uses(parts=(part,)))}
    assert {name for name in seen if not PARTS_OF_A_TIMELINE[name] & declared} == set()
