"""From codings and text to meaning: coding first, text next, display last, and never more than is there."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cds_service.terminology import Basis, Coding, Field, Resolved, Terminology, merge

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
CPT = "http://www.ama-assn.org/go/cpt"
LOINC = "http://loinc.org"
ATC = "http://www.whocc.no/atc"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
LOCAL = "urn:local:hospital"


def drug(terminology: Terminology, codings: list[Coding], text: str | None = None) -> Resolved:
    return terminology.resolve(codings, text, Field.MEDICATION)


def procedure(terminology: Terminology, codings: list[Coding], text: str | None = None) -> Resolved:
    return terminology.resolve(codings, text, Field.PROCEDURE)


def names(found: Resolved) -> list[str]:
    return [part.ingredient for part in found.ingredients]


# -- order of evidence


def test_any_coding_may_be_the_known_one(terminology: Terminology) -> None:
    found = drug(terminology, [(LOCAL, "CBZ-XR", "Tegretol"), (RXNORM, "866305", None)])
    assert found.basis is Basis.CODE
    assert not found.is_inferred
    assert names(found) == ["carbamazepine"]
    strength = found.ingredients[0].strength
    assert strength is not None
    assert (strength.value, strength.unit) == (Decimal(200), "mg")


def test_text_and_display_never_override_a_known_code(terminology: Terminology) -> None:
    found = drug(terminology, [(RXNORM, "2002", "Trileptal")], "oxcarbazepine 300 mg")
    assert names(found) == ["carbamazepine"]


def test_text_speaks_before_display(terminology: Terminology) -> None:
    found = drug(terminology, [(LOCAL, "1", "Tegretol")], "Trileptal 600 mg bid")
    assert (found.basis, names(found)) == (Basis.TEXT, ["oxcarbazepine"])
    assert found.is_inferred
    assert found.matched_text == "Trileptal"


def test_display_speaks_last(terminology: Terminology) -> None:
    found = drug(terminology, [(LOCAL, "1", "Tegretol 200")])
    assert (found.basis, names(found)) == (Basis.DISPLAY, ["carbamazepine"])


def test_a_code_without_a_known_system_is_text(terminology: Terminology) -> None:
    assert drug(terminology, [(None, "2002", None)]).basis is Basis.NONE
    assert drug(terminology, [(None, "2002", "carbamazepine")]).basis is Basis.DISPLAY


def test_nothing_known_is_nothing(terminology: Terminology) -> None:
    found = drug(terminology, [(LOCAL, "1", None)], "paracetamolol")
    assert not found.is_known
    assert found.sets == frozenset()


def test_a_known_code_outside_every_set_still_silences_the_text(terminology: Terminology) -> None:
    skin_cancer = terminology.resolve([(ICD, "C44.91", None)], "trigeminal neuralgia", Field.CONDITION)
    assert skin_cancer.basis is Basis.CODE
    assert skin_cancer.sets == frozenset()


def test_a_code_of_everything_leaves_the_word_to_the_text(terminology: Terminology) -> None:
    found = procedure(terminology, [(CPT, "64999", None)], "Greater occipital nerve block")
    assert found.basis is Basis.TEXT
    assert found.sets == {"gon-block"}


# -- drugs


@pytest.mark.parametrize("code", ["40254", "11118", "1099870", "1099569", "1099681"])
def test_all_valproates_are_one_ingredient(terminology: Terminology, code: str) -> None:
    assert names(drug(terminology, [(RXNORM, code, None)])) == ["valproate"]


def test_a_combination_gives_every_ingredient(terminology: Terminology) -> None:
    found = drug(terminology, [(RXNORM, "849450", None)])
    assert names(found) == ["sumatriptan", "naproxen"]
    assert found.combination
    assert {"triptan", "nsaid"} <= found.sets


def test_a_combination_with_an_unlisted_partner_is_a_combination(terminology: Terminology) -> None:
    found = drug(terminology, [], "Vimovo")
    assert names(found) == ["naproxen"]
    assert found.combination


def test_two_drugs_in_one_text_are_a_combination(terminology: Terminology) -> None:
    found = drug(terminology, [], "amitriptyline / perphenazine")
    assert names(found) == ["amitriptyline", "perphenazine"]
    assert found.combination


def test_an_atc_code_names_the_drug_without_strength(terminology: Terminology) -> None:
    found = drug(terminology, [(ATC, "N03AF01", None)])
    assert names(found) == ["carbamazepine"]
    assert found.ingredients[0].strength is None


def test_two_codings_of_one_product_are_one_ingredient(terminology: Terminology) -> None:
    found = drug(terminology, [(RXNORM, "2002", None), (RXNORM, "308979", None)])
    assert names(found) == ["carbamazepine"]
    strength = found.ingredients[0].strength
    assert strength is not None
    assert strength.value == 200
    assert not found.combination


def test_two_strengths_that_differ_are_unknown(terminology: Terminology) -> None:
    found = drug(terminology, [(RXNORM, "308979", None), (RXNORM, "197441", None)])
    assert found.ingredients[0].strength is None


def test_lasmiditan_is_no_triptan(terminology: Terminology) -> None:
    assert "triptan" not in drug(terminology, [(ATC, "N02CC08", None)]).sets


def test_a_name_can_say_the_route(terminology: Terminology) -> None:
    assert drug(terminology, [], "Gablofen").route == "intrathecal"
    assert drug(terminology, [], "Spravato 56 mg nasal").route == "nasal"
    assert drug(terminology, [], "Botox Cosmetic").use == "cosmetic"


def test_an_ambiguous_name_is_only_possible(terminology: Terminology) -> None:
    found = drug(terminology, [], "GBP 300 mg")
    assert not found.is_known
    assert found.possible == ("gabapentin",)


def test_a_negated_name_is_nothing(terminology: Terminology) -> None:
    assert not drug(terminology, [], "avoid Tegretol").is_known


# -- verification


def test_a_set_that_only_an_unverified_code_supports_says_so(terminology: Terminology) -> None:
    found = drug(terminology, [(RXNORM, "1922459", None)])
    assert "maoi" in found.sets
    assert "maoi" in found.unverified_sets
    assert not found.verified


def test_one_verified_code_settles_a_set(terminology: Terminology) -> None:
    codings: list[Coding] = [(CPT, "72146", None), ("http://snomed.info/sct", "241647000", None)]
    found = procedure(terminology, codings)
    assert {"mri-thoracic", "spine-mri"} <= found.sets
    assert found.verified
    assert not procedure(terminology, codings[:1]).verified


def test_a_set_that_an_unverified_code_means_in_a_context_says_so_too(terminology: Terminology) -> None:
    pcs = "http://www.cms.gov/Medicare/Coding/ICD10"
    unverified = procedure(terminology, [(pcs, "D020JZZ", None)])
    settled = unverified.settle(None, lambda _: False)
    assert "trigeminal-radiosurgery" in unverified.unverified_among(settled)
    beside_a_verified_one = procedure(terminology, [(pcs, "D020JZZ", None), (CPT, "77371", None)])
    settled = beside_a_verified_one.settle(None, lambda _: False)
    assert "trigeminal-radiosurgery" not in beside_a_verified_one.unverified_among(settled)


# -- procedures


def test_a_cranial_nerve_code_is_trigeminal_with_a_trigeminal_reason(terminology: Terminology) -> None:
    found = procedure(terminology, [(CPT, "61458", None)])
    trigeminal = frozenset({"trigeminal-neuralgia"})
    spasm = frozenset({"competing-mvd-indication"})
    assert "trigeminal-mvd" not in found.sets
    assert "trigeminal-mvd" in found.settle(trigeminal, lambda _: True)
    assert "trigeminal-mvd" not in found.settle(spasm, lambda _: False)


def test_without_a_reason_a_competing_diagnosis_decides(terminology: Terminology) -> None:
    found = procedure(terminology, [(CPT, "61458", None)])
    assert "trigeminal-mvd" in found.settle(None, lambda _: False)
    assert "trigeminal-mvd" not in found.settle(None, lambda name: name == "competing-mvd-indication")


def test_radiosurgery_is_of_the_nerve_unless_its_reason_or_another_target_says_otherwise(
    terminology: Terminology,
) -> None:
    found = procedure(terminology, [(CPT, "77371", None)])
    assert "trigeminal-radiosurgery" not in found.sets
    assert "trigeminal-destructive" in found.settle(frozenset({"trigeminal-neuralgia"}), lambda _: True)
    assert "trigeminal-radiosurgery" in found.settle(None, lambda _: False)
    assert "trigeminal-radiosurgery" not in found.settle(
        None, lambda name: name == "competing-radiosurgery-target"
    )
    assert "trigeminal-radiosurgery" not in found.settle(frozenset({"active-malignancy"}), lambda _: False)


def test_a_code_that_demands_a_reason_never_counts_without(terminology: Terminology) -> None:
    found = procedure(terminology, [(HCPCS, "J0585", None)])
    assert "botulinum-migraine-session" not in found.settle(None, lambda _: False)
    assert "botulinum-migraine-session" in found.settle(frozenset({"migraine"}), lambda _: False)


def test_weak_evidence_stays_weak_whatever_the_reason(terminology: Terminology) -> None:
    found = procedure(terminology, [(CPT, "64612", None)])
    settled = found.settle(frozenset({"trigeminal-neuralgia"}), lambda _: False)
    assert "tn-botulinum-session" not in settled


def test_the_words_of_a_text_can_stand_for_the_reason(terminology: Terminology) -> None:
    assert "trigeminal-mvd" in procedure(terminology, [], "Microvascular decompression, trigeminal").sets
    bare = procedure(terminology, [], "MVD")
    assert "trigeminal-mvd" not in bare.sets
    assert "trigeminal-procedure" in bare.settle(frozenset({"trigeminal-neuralgia"}), lambda _: False)


def test_pulsed_radiofrequency_under_an_ablation_code_is_no_ablation(terminology: Terminology) -> None:
    pulsed = procedure(terminology, [(CPT, "64640", None)], "Pulsed radiofrequency of the sural nerve")
    assert "pulsed-rf" in pulsed.sets
    assert "nerve-ablation" not in pulsed.sets
    heat = procedure(terminology, [(CPT, "64640", None)], "Non-pulsed radiofrequency")
    assert "nerve-ablation" in heat.sets
    assert "pulsed-rf" not in heat.sets


def test_other_text_of_the_resource_may_settle_a_code(terminology: Terminology) -> None:
    found = terminology.resolve([(CPT, "64640", None)], None, Field.PROCEDURE, context_text="PRF, 42 C")
    assert "pulsed-rf" in found.sets


@pytest.mark.parametrize(
    ("text", "value_set"),
    [
        ("cryoneurolysis intercostal T8", "nerve-ablation-cryo"),
        ("Lumbar medial branch RFA L4/5", "nerve-ablation-rf"),
        ("Gamma Knife for trigeminal neuralgia", "trigeminal-radiosurgery"),
        ("percutaneous balloon compression", "trigeminal-percutaneous"),
        ("ketamine infusion", "ketamine-any"),
        ("right L5 TFESI", "epidural-or-root-injection"),
    ],
)
def test_procedures_are_known_by_name(terminology: Terminology, text: str, value_set: str) -> None:
    assert value_set in procedure(terminology, [], text).sets


@pytest.mark.parametrize("text", ["RFA", "radiofrequency ablation", "cryoablation of kidney tumour"])
def test_an_ablation_without_a_nerve_word_is_nothing(terminology: Terminology, text: str) -> None:
    assert "nerve-ablation" not in procedure(terminology, [], text).sets


def test_a_steroid_in_the_text_of_an_order_is_seen(terminology: Terminology) -> None:
    found = procedure(terminology, [], "cervical TFESI with triamcinolone 40 mg")
    assert {"epidural-transforaminal", "particulate-steroid"} <= found.sets


# -- other fields


def test_a_named_diagnosis_widens_like_a_code(terminology: Terminology) -> None:
    found = terminology.resolve([], "Multiple sclerosis", Field.CONDITION)
    assert {"multiple-sclerosis", "secondary-tn-causes"} <= found.sets


def test_an_hla_test_is_known_by_name(terminology: Terminology) -> None:
    assert terminology.resolve([], "HLA-A*31:01", Field.OBSERVATION).sets == {"hla-a-3101"}
    coded = terminology.resolve([(LOINC, "57979-7", None)], None, Field.OBSERVATION)
    assert {"hla-b-1502", "hla-b-typing"} == coded.unverified_sets


def test_a_field_without_names_reads_codes_only(terminology: Terminology) -> None:
    assert not terminology.resolve([], "carbamazepine", Field.OTHER).is_known


# -- several concepts of one resource


def test_a_medication_and_its_ingredients_are_one_answer(terminology: Terminology) -> None:
    code = drug(terminology, [(LOCAL, "kit", None)], "headache kit")
    parts = [drug(terminology, [(RXNORM, c, None)]) for c in ("37418", "7258")]
    found = merge([code, *parts])
    assert names(found) == ["sumatriptan", "naproxen"]
    assert found.combination
    assert found.basis is Basis.CODE


def test_text_never_widens_what_codes_say(terminology: Terminology) -> None:
    found = merge([drug(terminology, [(RXNORM, "2002", None)]), drug(terminology, [], "oxcarbazepine")])
    assert names(found) == ["carbamazepine"]


def test_nothing_merged_is_nothing() -> None:
    assert not merge([]).is_known
