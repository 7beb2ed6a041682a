"""A wrong row stops the start, and every wrong row of every file is named at once."""

from __future__ import annotations

import pytest

from cds_service.errors import ValueSetInvalid
from tests.unit.terminology.conftest import PRODUCT_HEADER, SET_HEADER, Tables

GOOD = "SNOMED,31681005,trigeminal neuralgia,exact,yes,X,"


def complaints(tables: Tables) -> list[str]:
    with pytest.raises(ValueSetInvalid) as problem:
        tables.load()
    return [str(complaint) for complaint in problem.value.complaints]


def test_whole_tables_load(tables: Tables) -> None:
    tables.value_sets(pain=GOOD)
    assert tables.load().index.set_names == {"pain", "alpha", "beta", "gamma"}


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("NOWHERE,1,x,exact,yes,X,", "system: NOWHERE is not a known code system"),
        ("SNOMED,31681006,x,exact,yes,X,", "code: 31681006 fails the SNOMED CT check digit"),
        ("LOINC,72514-4,x,exact,yes,X,", "code: 72514-4 fails the LOINC check digit"),
        ("ICD10CM,123,x,exact,yes,X,", "code: 123 is not an ICD-10-CM code"),
        ("RXNORM,abc,x,exact,yes,X,", "code: abc is not an RxNorm identifier"),
        ("SNOMED,31681005,x,family,yes,X,", "code: 31681005 has no families in this code system"),
        ("SNOMED,31681005,x,near,yes,X,", "match: 'near' is not exact or family"),
        ("SNOMED,31681005,x,exact,maybe,X,", "verified: 'maybe' is not one of yes, partly, no"),
        ("SNOMED,31681005,,exact,yes,X,", "label: a code needs a label in our own words"),
        ("SNOMED,31681005,x,exact,yes,,", "source: a code needs its source"),
        ("VALUESET,absent,,exact,,,", "code: absent is not a known value set"),
        ("VALUESET,pain,,exact,,,", "code: a set cannot refer to itself"),
        ("INGREDIENT,delta,,exact,,,", "code: delta is not a known ingredient"),
        ("CLASS,sedative,,exact,,,", "code: sedative is not a class of any ingredient"),
        ("SNOMED,31681005", "has 2 cells, the header has 7"),
    ],
)
def test_a_wrong_row_is_named_with_its_file_line_and_column(tables: Tables, row: str, fault: str) -> None:
    tables.value_sets(pain=row)
    assert f"valuesets/pain.csv:3: {fault}" in complaints(tables)


def test_all_faults_of_all_files_come_together(tables: Tables) -> None:
    tables.value_sets(one="SNOMED,1,x,exact,yes,X,", two="NOWHERE,1,x,exact,yes,X,\nVALUESET,none,,exact,,,")
    tables.write(
        "terminology/products.csv", PRODUCT_HEADER + "RXNORM,9,x,SCD,delta,1,mg" + "," * 10 + "yes,X,\n"
    )
    found = complaints(tables)
    assert found == [
        "terminology/products.csv:2: ingredient: delta is not a known ingredient",
        "valuesets/one.csv:3: code: 1 is not a SNOMED CT identifier",
        "valuesets/two.csv:3: system: NOWHERE is not a known code system",
        "valuesets/two.csv:4: code: none is not a known value set",
    ]


def test_a_code_stands_once_in_a_set(tables: Tables) -> None:
    tables.value_sets(pain="ICD10CM,G50.0,x,exact,yes,X,\nICD10CM,g500,x,exact,yes,X,")
    assert "valuesets/pain.csv:4: code: g500 is already in line 3" in complaints(tables)


def test_sets_that_take_each_other_in_are_a_circle(tables: Tables) -> None:
    tables.value_sets(
        one="VALUESET,two,,exact,,,", two="VALUESET,three,,exact,,,", three="VALUESET,one,,exact,,,"
    )
    assert "valuesets/one.csv:1: circle: one > two > three > one" in complaints(tables)


def test_one_code_has_one_state_of_verification(tables: Tables) -> None:
    tables.value_sets(one=GOOD, two=GOOD.replace("yes", "no"))
    assert "valuesets/two.csv:3: verified: 31681005 is 'yes' in valuesets/one.csv:3" in complaints(tables)


def test_a_set_says_what_it_is(tables: Tables) -> None:
    tables.write("valuesets/pain.csv", SET_HEADER + GOOD + "\n")
    [fault] = complaints(tables)
    assert fault.endswith("the first line is a comment with one sentence that says what the set is")


def test_a_set_cannot_take_the_name_of_an_ingredient(tables: Tables) -> None:
    tables.value_sets(alpha=GOOD)
    assert "valuesets/alpha.csv:1: an ingredient has this name and is a set of its own" in complaints(tables)


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        ("system,code,label,match,verified,source\n", "note: column is missing"),
        ("system,code,label,match,verified,source,note,colour\n", "colour: column is not known"),
        ("system,code,label,match,verified,source,note,note\n", "a column is named twice"),
    ],
)
def test_a_wrong_header_is_a_fault(tables: Tables, header: str, fault: str) -> None:
    tables.value_set("pain", "", header)
    assert f"valuesets/pain.csv:2: {fault}" in complaints(tables)


def test_a_missing_table_is_a_fault(tables: Tables) -> None:
    tables.value_sets(pain=GOOD)
    (tables.folder / "terminology" / "cues.csv").unlink()
    assert complaints(tables) == ["terminology/cues.csv:1: No such file or directory"]


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ("RXNORM,201,x,SCD,alpha,0,mg,,,,,,,,,,yes,X,", "2: strength: '0' is not a number above zero"),
        ("RXNORM,201,x,SCD,alpha,many,mg,,,,,,,,,,yes,X,", "2: strength: 'many' is not a number above zero"),
        ("RXNORM,201,x,SCD,alpha,5,,,,,,,,,,,yes,X,", "2: unit: a strength needs its unit"),
        ("RXNORM,101,x,SCD,alpha,5,mg,,,,,,,,,,yes,X,", "2: code: 101 is also an ingredient code"),
        (
            "RXNORM,9,x,SCD,alpha,5,mg,,,,,tablet,,,,,yes,X,\nRXNORM,9,x,SCD,beta,5,mg,,,,,capsule,,,,,yes,X,",
            "3: form: differs from the first row of 9",
        ),
    ],
)
def test_a_wrong_product_is_a_fault(tables: Tables, rows: str, fault: str) -> None:
    tables.value_sets(pain=GOOD)
    tables.write("terminology/products.csv", PRODUCT_HEADER + rows + "\n")
    assert f"terminology/products.csv:{fault}" in complaints(tables)


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        ("... nothing", "a gap stands between words"),
        ("nothing ...", "a gap stands between words"),
        ("[a|] [b|]", "every part of the pattern may be absent"),
        ("[a|] ... b", "a gap follows words that may all be absent"),
        ("[never closed", "cannot be read: [never closed"),
    ],
)
def test_a_pattern_that_cannot_be_read_is_a_fault(tables: Tables, pattern: str, fault: str) -> None:
    tables.value_sets(pain=GOOD)
    tables.write("terminology/phrases.csv", f"category,pattern,strength,note\nallergy,{pattern},strong,\n")
    assert complaints(tables) == [f"terminology/phrases.csv:2: pattern: {fault}"]


def test_context_columns_are_checked(tables: Tables) -> None:
    header = "system,code,label,match,needs_reason,competing,needs_words,verified,source,note\n"
    tables.value_set("one", "CPT,61458,x,exact,absent,,,yes,X,\nCPT,61450,x,exact,,one,,yes,X,", header)
    tables.value_set("two", "CPT,64999,x,exact,,,@absent,yes,X,", header)
    found = complaints(tables)
    assert "valuesets/one.csv:3: needs_reason: absent is not a known value set" in found
    assert "valuesets/one.csv:4: competing: says nothing without needs_reason" in found
    assert "valuesets/two.csv:3: needs_words: @absent is not a list of finding_lists.csv" in found
