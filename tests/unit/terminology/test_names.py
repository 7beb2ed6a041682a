"""Names in text: whole words, the longest first, ambiguous ones never by themselves, guarded ones not at all."""

from __future__ import annotations

import pytest

from cds_service.terminology import Field, Terminology
from cds_service.terminology.names import CLASS, CONDITION, DRUG, PROCEDURE, NameMatch
from cds_service.terminology.text import tokenize


def found(terminology: Terminology, text: str, kind: str = DRUG) -> list[tuple[str, str]]:
    matches = terminology.names.find(tokenize(text), {kind})
    return [(match.alias.canonical, match.quote) for match in matches]


def guarded(terminology: Terminology, text: str, kind: str, field: Field) -> NameMatch:
    [match] = terminology.names.find_in_field(tokenize(text), {kind}, field.value)
    return match


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("oxcarbazepine 300 mg", [("oxcarbazepine", "oxcarbazepine")]),
        ("eslicarbazepine", [("eslicarbazepine", "eslicarbazepine")]),
        ("TEGRETOL XR 200mg tabs", [("carbamazepine", "TEGRETOL XR")]),
        ("esketamine", [("esketamine", "esketamine")]),
        ("(S)-ketamine", [("esketamine", "S)-ketamine")]),
        ("R,S-ketamine", [("ketamine", "R,S-ketamine")]),
        ("fosphenytoin", [("fosphenytoin", "fosphenytoin")]),
        ("gabapentin enacarbil", [("gabapentin-enacarbil", "gabapentin enacarbil")]),
        ("carbamazepines", []),
        ("Tegretol, then Trileptal", [("carbamazepine", "Tegretol"), ("oxcarbazepine", "Trileptal")]),
    ],
)
def test_whole_words_and_the_longest_name(
    terminology: Terminology, text: str, names: list[tuple[str, str]]
) -> None:
    assert found(terminology, text) == names


def test_a_name_does_not_reach_across_a_comma(terminology: Terminology) -> None:
    assert found(terminology, "Tylenol, 3 tablets") == [("paracetamol", "Tylenol")]
    assert found(terminology, "Tylenol 3") == [("codeine", "Tylenol 3")]


def test_some_abbreviations_count_only_in_capitals(terminology: Terminology) -> None:
    assert found(terminology, "GBP 300") == [("gabapentin", "GBP")]
    assert found(terminology, "gbp 300") == []


def test_an_abbreviation_with_other_meanings_is_ambiguous(terminology: Terminology) -> None:
    match = guarded(terminology, "GBP 300 mg", DRUG, Field.MEDICATION)
    assert not match.is_certain_in_field


def test_a_brand_with_other_uses_is_certain_in_a_drug_field(terminology: Terminology) -> None:
    match = guarded(terminology, "Botox 155 units", DRUG, Field.MEDICATION)
    assert match.alias.ambiguous
    assert match.is_certain_in_field


def test_a_class_stands_for_no_ingredient(terminology: Terminology) -> None:
    [match] = terminology.names.find(tokenize("failed NSAIDs"), {CLASS})
    assert match.alias.ingredients == ()


@pytest.mark.parametrize(
    ("text", "guard"),
    [
        ("carbamazepine 200 mg", None),
        ("allergic to carbamazepine", "allergic to"),
        ("avoid carbamazepine", "avoid"),
        ("no carbamazepine", "no"),
        ("denies taking carbamazepine", "denies"),
        ("carbamazepine allergy", "allergy"),
        ("no side effects, carbamazepine continued", None),
        ("Topamax 100 mg BID - no benefit", None),
    ],
)
def test_guard_words_void_a_drug(terminology: Terminology, text: str, guard: str | None) -> None:
    assert guarded(terminology, text, DRUG, Field.MEDICATION).voided_by == guard


def test_an_allergy_field_may_say_allergic_to(terminology: Terminology) -> None:
    assert guarded(terminology, "Allergic to carbamazepine", DRUG, Field.SUBSTANCE).voided_by is None


@pytest.mark.parametrize(
    ("text", "guard"),
    [
        ("Trigeminal neuralgia", None),
        ("R/O trigeminal neuralgia", "r o"),
        ("?trigeminal neuralgia", "?"),
        ("trigeminal neuralgia?", "?"),
        ("Family history of trigeminal neuralgia", "family history"),
        ("trigeminal neuralgia ruled out", "ruled out"),
        ("Tic douloureux, left", None),
    ],
)
def test_guard_words_void_a_diagnosis(terminology: Terminology, text: str, guard: str | None) -> None:
    assert guarded(terminology, text, CONDITION, Field.CONDITION).voided_by == guard


@pytest.mark.parametrize("text", ["atypical trigeminal neuralgia", "postherpetic trigeminal neuralgia"])
def test_other_facial_pain_is_not_trigeminal_neuralgia(terminology: Terminology, text: str) -> None:
    assert "trigeminal-neuralgia" not in {name for name, _ in found(terminology, text, CONDITION)}


@pytest.mark.parametrize(
    "text",
    [
        "cryoablation of kidney tumour",
        "radiofrequency ablation of atrial fibrillation",
        "hepatic radiofrequency ablation",
        "radiofrequency ablation of varicose vein",
    ],
)
def test_ablation_of_another_organ_is_voided(terminology: Terminology, text: str) -> None:
    assert guarded(terminology, text, PROCEDURE, Field.PROCEDURE).voided_by is not None


@pytest.mark.parametrize(
    ("text", "possible"),
    [("Trileptal 600 mg", True), ("saline nasal rinse", False), ("", False)],
)
def test_a_quick_look_rules_most_texts_out(terminology: Terminology, text: str, possible: bool) -> None:
    assert terminology.names.may_hold_a_name(text) is possible


@pytest.mark.parametrize(
    "text",
    [
        "Referral for assessment of intrathecal therapy",
        "Assessment for microvascular decompression",
        "Stereotactic radiosurgery assessment",
    ],
)
def test_an_assessment_for_a_procedure_is_not_the_procedure(terminology: Terminology, text: str) -> None:
    assert guarded(terminology, text, PROCEDURE, Field.PROCEDURE).voided_by is not None
