"""An import end to end: a difference to review, a table only when told so, and what the service then knows."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from cds_service.errors import InputInvalid, ValueSetInvalid
from cds_service.rxnorm.importing import Imported, import_release
from cds_service.rxnorm.review import COLUMNS
from cds_service.terminology import Basis, Field, Strength, load_terminology
from tests.unit.rxnorm.small_release import CONCEPTS, PRODUCTS, write_release

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
NDC = "http://hl7.org/fhir/sid/ndc"


def run(release: Path, rules: Path, to: Path, *, apply: bool = False) -> Imported:
    return import_release(release, to=to, rules_dir=rules, released=None, apply=apply)


def said(done: Imported, kind: str) -> list[tuple[str, str, str]]:
    return [(c.code, c.before, c.after) for c in done.review.of_kind(kind)]


def test_without_apply_there_is_a_difference_and_no_table(release: Path, rules: Path, tmp_path: Path) -> None:
    done = run(release, rules, tmp_path / "to")
    assert not done.applied
    assert sorted(p.name for p in (tmp_path / "to").iterdir()) == ["diff.csv", "rxnorm.sqlite3"]


def test_what_is_to_be_decided_about_our_own_codes(release: Path, rules: Path, tmp_path: Path) -> None:
    done = run(release, rules, tmp_path / "to")
    assert done.against == "the shipped tables"
    assert said(done, "other-name") == [("6130", "ketamine", "ketorolac")]
    assert said(done, "missing") == [
        ("312136", "oxcarbazepine 150 mg tablet", ""),
        ("9000999", "a product of old", ""),  # a product that a value set lists by itself
    ]
    assert said(done, "merged") == [("199378", "carbamazepine ER 100 mg tablet", "9000201")]
    assert said(done, "obsolete") == [
        ("197441", "carbamazepine 100 mg tablet", "carbamazepine 100 MG Oral Tablet")
    ]
    assert said(done, "changed") == [
        ("402506", "carbamazepine 400 mg; tablet, oral, er", "carbamazepine 300 mg; tablet, oral, er")
    ]
    assert said(done, "verified") == [("38404", "no", "yes")]
    assert said(done, "found") == [("9000002", "", "zavegepant")]
    assert said(done, "removed") == []


def test_what_is_added_says_which_sets_it_joins(release: Path, rules: Path, tmp_path: Path) -> None:
    added = {c.code: c for c in run(release, rules, tmp_path / "to").review.of_kind("added")}
    assert sorted(added, key=int) == [
        "866436",
        "9000002",
        "9000011",
        "9000021",
        "9000031",
        "9000032",
        "9000101",
        "9000102",
        "9000103",
        "9000104",
        "9000106",
        "9000107",
        "9000108",
        "9000110",
        "9000121",
        "9000201",
        "9000202",
        "9000203",
        "9000206",
        "9000208",
        "9000301",
        "9000302",
        "9000401",
        "9000402",
    ]
    assert added["866436"].after == "metoprolol 50 mg; tablet, oral, er"
    assert added["866436"].sets_gained == ("metoprolol", "migraine-drug")
    assert added["9000202"].after == "topiramate 23 mg + others; capsule, oral, er"


def test_value_sets_before_and_after(release: Path, rules: Path, tmp_path: Path) -> None:
    sets = {s.name: s for s in run(release, rules, tmp_path / "to").review.sets}
    assert {name: (s.before, s.after) for name, s in sets.items()} == {
        "carbamazepine": (7, 22),
        "first-line": (9, 24),
        "metoprolol": (1, 4),
        "migraine-drug": (2, 10),
        "topiramate": (1, 6),
        "zavegepant": (0, 1),
    }
    assert sets["metoprolol"].gained == ("RXNORM 866436", "RXNORM 9000011", "RXNORM 9000106")
    assert all(s.lost == () for s in sets.values())


def test_the_file_holds_every_change_in_a_stable_order(release: Path, rules: Path, tmp_path: Path) -> None:
    done = run(release, rules, tmp_path / "one")
    run(release, rules, tmp_path / "two")
    text = (tmp_path / "one" / "diff.csv").read_text(encoding="utf-8")
    assert text == (tmp_path / "two" / "diff.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == len(done.review.changes) == 32
    assert [r["change"] for r in rows][:6] == [
        "other-name",
        "missing",
        "missing",
        "merged",
        "obsolete",
        "changed",
    ]


def test_the_table_has_the_columns_of_the_shipped_one(release: Path, rules: Path, tmp_path: Path) -> None:
    run(release, rules, tmp_path / "to", apply=True)
    lines = (tmp_path / "to" / "products.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# RxNorm release 2026-06-01"
    assert lines[1] == PRODUCTS.splitlines()[0]
    assert (
        "RXNORM,402506,carbamazepine 300 MG Extended Release Oral Tablet,SCD,carbamazepine,300,mg,,,,,tablet,oral,er,,,"
        "yes,RXNORM-2026-06-01," in lines
    )
    assert (
        "RXNORM,197441,carbamazepine 100 MG Oral Tablet,SCD,carbamazepine,100,mg,,,,,tablet,oral,ir,,,"
        "yes,RXNORM-2026-06-01,obsolete in the release; read from its name" in lines
    )
    # The reviewed route stays where the release says only that it is injected.
    assert (
        "RXNORM,9000205,20 ML carbamazepine 10 MG/ML Injection,SCD,carbamazepine,10,mg,1,mL,20,mL,injection,intravenous,,,,"
        "yes,RXNORM-2026-06-01," in lines
    )
    assert not any(
        line.startswith("RXNORM,2002,") for line in lines
    )  # an ingredient that the rules hold themselves


def test_where_the_release_is_silent_the_reviewed_row_counts(tmp_path: Path, rules: Path) -> None:
    concepts = CONCEPTS.replace("carbamazepine 300 MG  ", "carbamazepine 300 MG/MG  ").replace(
        "9000042  DF   Extended Release Oral Tablet ", "9000042  DF   Slow Tablet "
    )
    release = write_release(tmp_path / "RxNorm_full_06012026", concepts=concepts, attributes="2002 X Y\n")
    done = run(release, rules, tmp_path / "to")
    assert said(done, "changed") == []
    assert done.reading.unread_forms["Slow Tablet"] == 3


def test_with_the_table_the_service_knows_the_products(release: Path, rules: Path, tmp_path: Path) -> None:
    run(release, rules, tmp_path / "to", apply=True)
    known = load_terminology(rules, rxnorm=tmp_path / "to")
    assert known.rxnorm_release == "2026-06-01"
    found = known.resolve([(RXNORM, "9000302", None)], None, Field.MEDICATION)
    assert found.basis is Basis.CODE
    assert found.ingredients[0].strength == Strength(value=Decimal(200), unit="mg")
    assert found.sets == {"carbamazepine", "first-line"}
    combination = known.resolve([(RXNORM, "9000202", None)], None, Field.MEDICATION)
    assert combination.combination
    former = known.resolve([(RXNORM, "199378", None)], None, Field.MEDICATION)
    assert former.ingredients[0].strength == Strength(value=Decimal(100), unit="mg")


@pytest.mark.parametrize("code", ["00078050905", "0078-0509-05", "00078-0509-05"])
def test_drug_codes_stand_for_their_product(release: Path, rules: Path, tmp_path: Path, code: str) -> None:
    run(release, rules, tmp_path / "to", apply=True)
    known = load_terminology(rules, rxnorm=tmp_path / "to")
    found = known.resolve([(NDC, code, None)], None, Field.MEDICATION)
    assert (found.basis, [i.ingredient for i in found.ingredients]) == (Basis.CODE, ["carbamazepine"])
    assert load_terminology(rules).resolve([(NDC, code, None)], None, Field.MEDICATION).basis is Basis.NONE


def test_drugs_of_no_interest_are_no_unknown_codes_any_more(
    release: Path, rules: Path, tmp_path: Path
) -> None:
    run(release, rules, tmp_path / "to", apply=True)
    metformin = [(RXNORM, "9000207", "metformin 500 MG Oral Tablet")]
    with_table = load_terminology(rules, rxnorm=tmp_path / "to")
    assert with_table.resolve(metformin, None, Field.MEDICATION).unknown_codes == ()
    assert with_table.resolve([(RXNORM, "777", None)], None, Field.MEDICATION).unknown_codes == (
        ("RXNORM", "777"),
    )
    assert load_terminology(rules).resolve(metformin, None, Field.MEDICATION).unknown_codes == (
        ("RXNORM", "9000207"),
    )


def test_the_next_release_is_held_against_the_table_in_use(
    release: Path, rules: Path, tmp_path: Path
) -> None:
    run(release, rules, tmp_path / "to", apply=True)
    later = write_release(
        tmp_path / "RxNorm_full_07062026",
        concepts="\n".join(line for line in CONCEPTS.splitlines() if "9000208" not in line),
    )
    done = run(later, rules, tmp_path / "to")
    assert done.against == "the table in use, of the release 2026-06-01"
    assert said(done, "added") == []
    assert said(done, "removed") == [("9000208", "carbamazepine 400 mg; tablet, oral, ir", "")]
    assert [(s.name, s.lost) for s in done.review.sets] == [
        ("carbamazepine", ("RXNORM 9000208",)),
        ("first-line", ("RXNORM 9000208",)),
    ]
    assert load_terminology(rules, rxnorm=tmp_path / "to").rxnorm_release == "2026-06-01"


def test_a_second_look_at_the_same_files_does_not_read_them_again(
    release: Path, rules: Path, tmp_path: Path
) -> None:
    run(release, rules, tmp_path / "to")
    before = (tmp_path / "to" / "rxnorm.sqlite3").stat().st_mtime_ns
    run(release, rules, tmp_path / "to", apply=True)
    assert (tmp_path / "to" / "rxnorm.sqlite3").stat().st_mtime_ns == before


def test_a_failed_import_leaves_database_and_table(release: Path, rules: Path, tmp_path: Path) -> None:
    run(release, rules, tmp_path / "to", apply=True)
    before = {p.name: p.read_bytes() for p in (tmp_path / "to").iterdir()}
    broken = write_release(tmp_path / "RxNorm_full_07062026")
    (broken / "RXNREL.RRF").write_text("cut", encoding="utf-8")
    with pytest.raises(InputInvalid, match=r"RXNREL\.RRF:1: ends in the middle of a line"):
        run(broken, rules, tmp_path / "to", apply=True)
    assert {p.name: p.read_bytes() for p in (tmp_path / "to").iterdir()} == before


def test_rules_that_changed_since_do_not_start_with_the_old_table(
    release: Path, rules: Path, tmp_path: Path
) -> None:
    run(release, rules, tmp_path / "to", apply=True)
    ingredients = rules / "terminology" / "ingredients.csv"
    codes = rules / "terminology" / "ingredient_codes.csv"
    for path in (ingredients, codes):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text(
            "".join(line for line in lines if not line.startswith("topiramate")), encoding="utf-8"
        )
    sets = rules / "valuesets" / "migraine-drug.csv"
    sets.write_text(
        sets.read_text(encoding="utf-8").replace("INGREDIENT,topiramate,,exact,,,\n", ""), "utf-8"
    )
    with pytest.raises(ValueSetInvalid, match=r"to/products\.csv:3: ingredient: topiramate is not a known"):
        load_terminology(rules, rxnorm=tmp_path / "to")
    done = run(release, rules, tmp_path / "to", apply=True)
    assert done.against == "the shipped tables (the table in use does not fit the rules any more)"
    assert load_terminology(rules, rxnorm=tmp_path / "to").rxnorm_release == "2026-06-01"


def test_a_folder_that_cannot_be_written(release: Path, rules: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputInvalid, match="file: File exists"):
        run(release, rules, tmp_path / "file")
    (tmp_path / "one" / "rxnorm.sqlite3.part").mkdir(parents=True)
    with pytest.raises(InputInvalid, match=r"rxnorm\.sqlite3: cannot be written"):
        run(release, rules, tmp_path / "one")
    (tmp_path / "two" / "diff.csv").mkdir(parents=True)
    with pytest.raises(InputInvalid, match="two: cannot be written: Is a directory"):
        run(release, rules, tmp_path / "two")


def test_a_database_that_was_damaged_is_built_anew(release: Path, rules: Path, tmp_path: Path) -> None:
    run(release, rules, tmp_path / "to")
    (tmp_path / "to" / "rxnorm.sqlite3").write_bytes(b"damaged" * 200)
    assert len(run(release, rules, tmp_path / "to").review.changes) == 32
