"""What the small release says of the ingredients of the small rules: worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cds_service.rxnorm.database import Database, build, opened
from cds_service.rxnorm.reading import Reading, read_release
from cds_service.rxnorm.release import release_in
from cds_service.rxnorm.strengths import strength_text
from cds_service.terminology import Terminology, load_terminology
from tests.unit.rxnorm.small_release import ATTRIBUTES, CONCEPTS, RELATIONS, write_release


def read(folder: Path, rules: Path) -> tuple[Reading, Terminology]:
    path = folder.with_suffix(".sqlite3")
    build(release_in(folder, released="2026-06-01"), path)
    terminology = load_terminology(rules)
    with opened(path) as database:
        return read_release(database, terminology), terminology


@pytest.fixture
def reading(release: Path, rules: Path) -> Reading:
    return read(release, rules)[0]


@pytest.fixture
def database(release: Path, tmp_path: Path) -> Iterator[Database]:
    build(release_in(release, released=None), tmp_path / "db")
    with opened(tmp_path / "db") as database:
        yield database


def said(reading: Reading, code: str) -> tuple[list[str], bool]:
    """The known ingredients with strength, and whether there are others."""
    composition = reading.products[code]
    return [
        f"{part.name} {strength_text(part.strength)}" for part in composition.known
    ], composition.combination


@pytest.mark.parametrize(
    ("code", "parts", "combination"),
    [
        ("308979", ["carbamazepine 200 mg"], False),  # clinical drug
        ("308972", ["carbamazepine 200 mg"], False),  # its brand
        ("402506", ["carbamazepine 300 mg"], False),  # component told from the other side
        ("9000202", ["topiramate 23 mg"], True),  # with an ingredient that no rule knows
        ("9000203", ["topiramate 23 mg"], True),
        ("866436", ["metoprolol 50 mg"], False),  # a salt: strength as the product states it
        ("9000205", ["carbamazepine 10 mg/1 mL"], False),
        ("9000206", ["carbamazepine unknown"], False),  # 5 MG/MG: no dose is counted in it
        ("9000110", ["carbamazepine 400 mg"], False),  # no attribute: strength by the name
        ("9000011", ["metoprolol unknown"], False),  # precise ingredient
        ("9000021", ["topiramate unknown"], True),  # several ingredients
        ("9000031", ["carbamazepine unknown"], False),  # brand name
        ("9000032", ["topiramate unknown"], True),
        ("9000121", ["carbamazepine 200 mg"], False),  # branded component
        ("9000302", ["carbamazepine 200 mg"], False),  # pack of one strength
        ("9000301", ["carbamazepine unknown"], False),  # pack of two strengths
        ("197441", ["carbamazepine 100 mg"], False),  # obsolete, tied to nothing: by its name
    ],
)
def test_ingredients_and_strengths(reading: Reading, code: str, parts: list[str], combination: bool) -> None:
    assert said(reading, code) == (parts, combination)


@pytest.mark.parametrize(
    ("code", "form", "route", "speed"),
    [
        ("308979", "tablet", "oral", "ir"),
        ("402506", "tablet", "oral", "er"),
        ("9000205", "injection", "injection", None),
        ("9000301", "tablet", "oral", "er"),  # a pack in which all have the same
        ("197441", "tablet", "oral", "ir"),
    ],
)
def test_dose_forms(reading: Reading, code: str, form: str, route: str, speed: str | None) -> None:
    found = reading.products[code].form
    assert found is not None
    assert (found.form, found.route, found.release) == (form, route, speed)


def test_a_dose_form_that_the_rules_do_not_know_is_unknown_and_counted(reading: Reading) -> None:
    assert reading.products["9000206"].form is None
    assert reading.unread_forms == {"Oral Jelly": 1}
    assert reading.unread_strengths == 1


def test_brands_and_the_content_of_a_piece(reading: Reading) -> None:
    brands = {
        code: reading.products[code].brand for code in ("308972", "9000121", "9000203", "9000032", "308979")
    }
    assert brands == {
        "308972": "Tegretol",
        "9000121": "Tegretol",
        "9000203": "Qsymia",
        "9000032": "Qsymia",
        "308979": None,
    }
    assert str(reading.products["9000205"].pack) == "20"
    assert reading.products["866436"].pack is None  # 24 HR is no volume


def test_codes_of_other_drugs_are_known_and_of_no_interest(reading: Reading) -> None:
    assert reading.others == ("6130", "9000001", "9000003", "9000105", "9000109", "9000207")


def test_former_codes_stand_for_what_they_were_merged_into(reading: Reading) -> None:
    assert reading.former == {"199378": "9000201", "9000401": "308979", "9000402": "308979"}


def test_drug_codes_of_one_product_only(reading: Reading) -> None:
    assert reading.ndc == {"00078050905": "308972", "51672400501": "308979"}
    assert reading.doubtful_ndc == 1


def test_an_ingredient_without_code_is_found_by_its_name(reading: Reading) -> None:
    assert [(c.rxcui, c.name) for c in reading.named.found] == [("9000002", "zavegepant")]
    assert reading.named.codes["9000002"] == "zavegepant"


def test_a_code_that_the_release_gives_to_another_drug_carries_nothing(reading: Reading) -> None:
    assert [(ours.code, theirs.name) for ours, theirs in reading.named.misnamed] == [("6130", "ketorolac")]
    assert "6130" not in reading.named.codes


def test_a_name_of_the_tables_is_as_good_as_the_label(reading: Reading) -> None:
    assert reading.named.codes["161"] == "paracetamol"  # the release says acetaminophen


def test_strengths_that_contradict_the_name_are_unknown(tmp_path: Path, rules: Path) -> None:
    changed = ATTRIBUTES.replace("9000101 RXN_STRENGTH 200 MG", "9000101 RXN_STRENGTH 300 MG")
    found, _ = read(write_release(tmp_path / "r", attributes=changed), rules)
    assert said(found, "308979") == (["carbamazepine unknown"], False)
    assert found.unread_strengths == 2


def test_two_components_of_one_ingredient_have_no_common_strength(tmp_path: Path, rules: Path) -> None:
    more = RELATIONS + "308979 consists_of 9000103\n"
    found, _ = read(write_release(tmp_path / "r", relations=more), rules)
    assert said(found, "308979") == (["carbamazepine unknown"], False)


def test_a_product_tied_to_nothing_whose_name_cannot_be_read_stays_unknown(
    tmp_path: Path, rules: Path
) -> None:
    more = CONCEPTS + "9000990 SCD carbamazepine 100 MG / metformin 500 MG Oral Tablet O\n"
    found, _ = read(write_release(tmp_path / "r", concepts=more), rules)
    assert "9000990" not in found.products
    assert "9000990" not in found.others


def test_the_closure_goes_from_ingredient_to_pack(database: Database) -> None:
    assert database.built_on(["38404"]) == {"38404", "9000021", "9000032", "9000104", "9000202", "9000203"}


def test_a_salt_that_the_rules_name_by_its_own_code(tmp_path: Path, rules: Path) -> None:
    """The salt belongs to an ingredient that no rule has; its code does."""
    codes = rules / "terminology" / "ingredient_codes.csv"
    row = "topiramate,RXNORM,9000012,PIN,topiramate hydrochloride,yes,X,\n"
    codes.write_text(codes.read_text(encoding="utf-8") + row, encoding="utf-8")
    release = write_release(
        tmp_path / "r",
        concepts=CONCEPTS + "9000012 PIN topiramate hydrochloride N\n",
        relations=RELATIONS + "9000012 form_of 9000003\n",
    )
    found, _ = read(release, rules)
    assert said(found, "9000012") == (["topiramate unknown"], False)
