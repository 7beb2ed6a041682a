"""Product text in RxNorm's form stands in for a product code that the tables lack."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cds_service.terminology import Basis, Field, Resolved, Terminology

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
NDC = "http://hl7.org/fhir/sid/ndc"


def unknown_product(terminology: Terminology, display: str) -> Resolved:
    return terminology.resolve([(RXNORM, "99999999", display)], None, Field.MEDICATION)


@pytest.mark.parametrize(
    ("display", "ingredient", "value", "unit", "per", "route"),
    [
        ("topiramate 15 MG Oral Capsule", "topiramate", "15", "mg", None, "oral"),
        ("24 HR venlafaxine 75 MG Extended Release Oral Capsule", "venlafaxine", "75", "mg", None, "oral"),
        ("carbamazepine 20 MG/ML Oral Suspension", "carbamazepine", "20", "mg", "mL", "oral"),
        ("amitriptyline hydrochloride 10 MG Oral Tablet", "amitriptyline", "10", "mg", None, "oral"),
        ("Lamotrigine 50 MG Chewable Tablet [Lamictal]", "lamotrigine", "50", "mg", None, "oral"),
        ("sumatriptan 5 MG/ACTUAT Nasal Spray", "sumatriptan", "5", "mg", "actuation", "nasal"),
        ("72 HR fentanyl 0.025 MG/HR Transdermal System", "fentanyl", "0.025", "mg", "h", "transdermal"),
        ("morphine sulfate 15 MG Extended Release Oral Tablet", "morphine", "15", "mg", None, "oral"),
    ],
)
def test_one_known_ingredient_with_strength_and_form_counts_as_coded(
    terminology: Terminology,
    display: str,
    ingredient: str,
    value: str,
    unit: str,
    per: str | None,
    route: str,
) -> None:
    found = unknown_product(terminology, display)
    assert found.basis is Basis.PRODUCT_TEXT
    assert found.is_inferred
    assert ingredient in found.sets
    [part] = found.ingredients
    assert part.strength is not None
    assert (part.ingredient, part.strength.value, part.strength.unit) == (ingredient, Decimal(value), unit)
    assert part.strength.per_unit == per
    assert found.route == route


def test_release_and_pack_are_read(terminology: Terminology) -> None:
    found = unknown_product(terminology, "1.5 ML fremanezumab 150 MG/ML Prefilled Syringe")
    assert (found.pack, found.pack_unit, found.form) == (Decimal("1.5"), "mL", "injection")


@pytest.mark.parametrize(
    "display",
    [
        "acetaminophen 325 MG / hydrocodone bitartrate 5 MG Oral Tablet",
        "unobtainium 5 MG Oral Tablet",
        "carbamazepine 200 mg twice daily",
        "carbamazepine Oral Tablet",
        "GBP 300 MG Oral Capsule",
    ],
)
def test_any_other_text_does_not(terminology: Terminology, display: str) -> None:
    assert unknown_product(terminology, display).basis is not Basis.PRODUCT_TEXT


def test_unknown_product_codes_are_listed(terminology: Terminology) -> None:
    codings = [(NDC, "00078-0456-05", "carbamazepine 200 MG Oral Tablet"), ("urn:local", "x", None)]
    found = terminology.resolve(codings, None, Field.MEDICATION)
    assert found.unknown_codes == (("NDC", "00078-0456-05"), ("other", "x"))
    assert terminology.resolve([(NDC, "1", "?")], None, Field.MEDICATION).unknown_codes == (("NDC", "1"),)


def test_without_a_product_code_such_text_is_text(terminology: Terminology) -> None:
    found = terminology.resolve([], "topiramate 15 MG Oral Capsule", Field.MEDICATION)
    assert found.basis is Basis.TEXT
    assert found.ingredients[0].strength is not None
