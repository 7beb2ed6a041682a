"""The folder of an RxNorm import is read whole or not at all; every fault names its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.errors import ValueSetInvalid
from cds_service.terminology import load_terminology
from tests.unit.terminology.conftest import PRODUCT_HEADER, Tables

HEAD = "# RxNorm release 2026-06-01\n"
ROW = "RXNORM,201,alpha 30 MG,SCD,alpha,30,mg,,,,,tablet,oral,ir,,,yes,RXNORM-2026-06-01,\n"


@pytest.fixture
def folder(tables: Tables, tmp_path: Path) -> Path:
    tables.value_sets(drugs="INGREDIENT,alpha,,exact,,,")
    folder = tmp_path / "rxnorm"
    folder.mkdir()
    (folder / "products.csv").write_text(HEAD + PRODUCT_HEADER + ROW, encoding="utf-8")
    (folder / "ndc.csv").write_text(HEAD + "ndc,rxcui\n00000000201,201\n", encoding="utf-8")
    (folder / "others.csv").write_text(HEAD + "rxcui\n900\n", encoding="utf-8")
    return folder


def faults(tables: Tables, folder: Path) -> list[str]:
    with pytest.raises(ValueSetInvalid) as problem:
        load_terminology(tables.folder, rxnorm=folder)
    return str(problem.value).splitlines()


def test_the_import_comes_before_the_shipped_row(tables: Tables, folder: Path) -> None:
    known = load_terminology(tables.folder, rxnorm=folder)
    code = known.drugs.codes["RXNORM", "201"]
    assert [str(i.strength.value) for i in code.ingredients if i.strength] == ["30"]
    assert known.rxnorm_release == "2026-06-01"
    assert tables.load().rxnorm_release is None


def test_what_rules_are_hashed_by_leaves_out_what_only_the_import_has(tables: Tables, folder: Path) -> None:
    path = folder / "products.csv"
    path.write_text(path.read_text(encoding="utf-8") + ROW.replace(",201,", ",209,"), encoding="utf-8")
    index = load_terminology(tables.folder, rxnorm=folder).index
    assert "209" in {m.code for m in index.members("drugs")}
    assert {m.code for m in index.all_members()["drugs"]} == {"101", "201", "202"}


@pytest.mark.parametrize("name", ["products.csv", "ndc.csv", "others.csv"])
def test_a_file_is_missing(tables: Tables, folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert faults(tables, folder) == [f"rxnorm/{name}:1: No such file or directory"]


@pytest.mark.parametrize("name", ["products.csv", "ndc.csv", "others.csv"])
def test_files_of_two_releases(tables: Tables, folder: Path, name: str) -> None:
    path = folder / name
    path.write_text(
        path.read_text(encoding="utf-8").replace("2026-06-01\n", "2026-07-06\n", 1), encoding="utf-8"
    )
    said = (
        "rxnorm/products.csv:1: is not of one RxNorm release with the other files: import with --apply again"
    )
    assert faults(tables, folder) == [said]


def test_a_table_that_says_no_release(tables: Tables, folder: Path) -> None:
    for path in folder.iterdir():
        path.write_text(path.read_text(encoding="utf-8").replace("RxNorm release", "my"), encoding="utf-8")
    assert "is not of one RxNorm release" in faults(tables, folder)[0]


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        (
            "products.csv",
            ",alpha,30",
            ",omega,30",
            "products.csv:3: ingredient: omega is not a known ingredient",
        ),
        ("products.csv", ",30,mg", ",x,mg", "products.csv:3: strength: 'x' is not a number above zero"),
        ("products.csv", ",201,", ",0201,", "products.csv:3: code: 0201 is not an RxNorm identifier"),
        ("ndc.csv", "00000000201,201", "00000000201,202", "ndc.csv:3: rxcui: 202 is not in products.csv"),
        (
            "ndc.csv",
            "00000000201",
            "0201",
            "ndc.csv:3: ndc: 0201 is not a National Drug Code of 11 digits, or of three parts with hyphens",
        ),
        ("others.csv", "rxcui", "code", "others.csv:1: expected a comment and the header rxcui"),
    ],
)
def test_a_row_at_fault(tables: Tables, folder: Path, name: str, old: str, new: str, said: str) -> None:
    path = folder / name
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    assert f"rxnorm/{said}" in faults(tables, folder)
