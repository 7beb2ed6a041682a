"""What a coding stands for: families, references between sets, drugs, weak and conditional members."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cds_service.terminology import CodeHit, CodeIndex, Context, IngredientStrength, Strength
from tests.unit.terminology.conftest import Tables

ICD = "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"
ATC = "http://www.whocc.no/atc"
CPT = "http://www.ama-assn.org/go/cpt"
HEADER = "system,code,label,match,exclude,weak,needs_reason,competing,needs_words,verified,source,note\n"


def hit(index: CodeIndex, system: str, code: str) -> CodeHit:
    found = index.lookup(system, code)
    assert found is not None
    return found


def test_a_code_that_no_table_names_is_no_hit(tables: Tables) -> None:
    tables.value_sets(pain="ICD10CM,G50.0,x,exact,yes,X,")
    index = tables.load().index
    assert index.lookup(ICD, "G50.1") is None
    assert index.lookup("urn:local:hospital", "G50.0") is None
    assert index.lookup(None, "G50.0") is None


def test_a_family_holds_everything_that_starts_with_it(tables: Tables) -> None:
    tables.value_sets(sclerosis="ICD10CM,G35,x,family,yes,X,")
    index = tables.load().index
    for code in ("G35", "G35.A", "g35b1"):
        assert hit(index, ICD, code).sets == {"sclerosis"}
    assert index.lookup(ICD, "G3") is None
    assert index.lookup(ICD, "G36") is None


def test_the_most_specific_row_decides(tables: Tables) -> None:
    rows = """ICD10CM,C,x,family,,,,,,yes,X,
    ICD10CM,C44,x,family,yes,,,,,yes,X,
    ICD10CM,C44.0,x,exact,,,,,,yes,X,"""
    tables.value_set("malignancy", rows, HEADER)
    index = tables.load().index
    assert hit(index, ICD, "C50.1").sets == {"malignancy"}
    assert hit(index, ICD, "C44.1").sets == frozenset()
    assert hit(index, ICD, "C44.0").sets == {"malignancy"}


def test_a_set_takes_in_other_sets_and_their_exclusions(tables: Tables) -> None:
    tables.value_set(
        "migraine", "ICD10CM,G43,x,family,,,,,,yes,X,\nICD10CM,G43.A,x,family,yes,,,,,yes,X,", HEADER
    )
    tables.value_sets(headache="VALUESET,migraine,,exact,,,\nICD10CM,G44.1,x,exact,yes,X,")
    index = tables.load().index
    assert hit(index, ICD, "G43.7").sets == {"migraine", "headache"}
    assert hit(index, ICD, "G43.A0").sets == frozenset()
    assert hit(index, ICD, "G44.1").sets == {"headache"}


def test_a_set_that_is_left_out_beats_the_family_but_not_a_named_code(tables: Tables) -> None:
    tables.value_set("ended", "ICD10CM,O80,x,family,,,,,,yes,X,\nICD10CM,O03,x,family,,,,,,yes,X,", HEADER)
    rows = """ICD10CM,O,x,family,,,,,,yes,X,
    ICD10CM,O03.9,x,exact,,,,,,yes,X,
    VALUESET,ended,,exact,yes,,,,,,,"""
    tables.value_set("pregnancy", rows, HEADER)
    index = tables.load().index
    assert hit(index, ICD, "O09.90").sets == {"pregnancy"}
    assert hit(index, ICD, "O80").sets == {"ended"}
    assert hit(index, ICD, "O03.9").sets == {"ended", "pregnancy"}


def test_a_product_belongs_to_the_sets_of_each_ingredient(tables: Tables) -> None:
    tables.value_sets(first="INGREDIENT,alpha,,exact,,,", third="INGREDIENT,gamma,,exact,,,")
    found = hit(tables.load().index, RXNORM, "202")
    assert found.sets == {"alpha", "gamma", "first", "third"}
    assert found.combination
    assert found.ingredients == (
        IngredientStrength(ingredient="alpha", strength=Strength(value=Decimal(5), unit="mg")),
        IngredientStrength(ingredient="gamma", strength=Strength(value=Decimal(50), unit="mg")),
    )
    assert (found.form, found.route, found.release) == ("tablet", "oral", "ir")


def test_a_class_stands_for_its_ingredients(tables: Tables) -> None:
    tables.value_sets(stimulants="CLASS,stimulant,,exact,,,")
    index = tables.load().index
    assert index.ingredients_in("stimulants") == {"alpha", "beta"}
    assert index.sets_of_ingredient("beta") == {"beta", "stimulants"}
    assert index.sets_of_ingredient("gamma") == {"gamma"}
    assert index.sets_of_ingredient("nobody") == frozenset()


def test_a_group_code_belongs_without_saying_which_drug(tables: Tables) -> None:
    tables.value_sets(opioids="ATC,N02A,x,family,yes,X,")
    found = hit(tables.load().index, ATC, "N02AA59")
    assert found.sets == {"opioids"}
    assert found.ingredients == ()


def test_an_ingredient_that_is_left_out_takes_its_products_along(tables: Tables) -> None:
    tables.value_set("some", "CLASS,stimulant,,exact,,,,,,,,\nINGREDIENT,alpha,,exact,yes,,,,,,,", HEADER)
    index = tables.load().index
    assert index.ingredients_in("some") == {"beta"}
    assert "some" not in hit(index, RXNORM, "201").sets


def test_a_code_can_be_left_out_although_its_drug_belongs(tables: Tables) -> None:
    tables.value_set("some", "INGREDIENT,alpha,,exact,,,,,,,,\nRXNORM,201,x,exact,yes,,,,,yes,X,", HEADER)
    tables.value_sets(wider="VALUESET,some,,exact,,,")
    index = tables.load().index
    assert hit(index, RXNORM, "101").sets == {"alpha", "some", "wider"}
    assert hit(index, RXNORM, "201").sets == {"alpha"}


def test_weak_members_are_kept_apart(tables: Tables) -> None:
    rows = """SNOMED,31681005,x,exact,,yes,,,,yes,X,
    INGREDIENT,gamma,,exact,,yes,,,,,,"""
    tables.value_set("some", rows, HEADER)
    index = tables.load().index
    assert hit(index, SNOMED, "31681005").sets == frozenset()
    assert hit(index, SNOMED, "31681005").weak_sets == {"some"}
    assert index.weak_sets_of_ingredient("gamma") == {"some"}
    assert index.sets_of_ingredient("gamma") == {"gamma"}


def test_conditional_members_say_what_they_need_and_pass_it_on(tables: Tables) -> None:
    tables.value_set(
        "mvd", "CPT,61458,x,exact,,,pain,spasm,,yes,X,\nSNOMED,24700007,x,exact,,,,,,yes,X,", HEADER
    )
    tables.value_sets(
        pain="ICD10CM,G50.0,x,exact,yes,X,",
        spasm="ICD10CM,G51.3,x,family,yes,X,",
        surgery="VALUESET,mvd,,exact,,,",
    )
    index = tables.load().index
    found = hit(index, CPT, "61458")
    assert found.sets == frozenset()
    context = Context(reason="pain", competing="spasm")
    assert {(c.value_set, c.context) for c in found.conditional} == {("mvd", context), ("surgery", context)}
    assert hit(index, SNOMED, "24700007").sets == {"mvd", "surgery"}


def test_a_set_reached_on_two_ways_keeps_both_conditions(tables: Tables) -> None:
    tables.value_set("cold", "CPT,64640,x,exact,,,,,cold,yes,X,", HEADER)
    tables.value_set("heat", "CPT,64640,x,exact,,,,,heat,yes,X,", HEADER)
    tables.value_sets(ablation="VALUESET,cold,,exact,,,\nVALUESET,heat,,exact,,,")
    found = hit(tables.load().index, CPT, "64640")
    words = {c.context.words for c in found.conditional if c.value_set == "ablation"}
    assert words == {("cold",), ("heat",)}


def test_unverified_codes_say_so(tables: Tables) -> None:
    tables.value_sets(pain="ICD10CM,G50.0,x,exact,partly,X,\nICD10CM,G50.1,x,exact,yes,X,")
    index = tables.load().index
    assert not hit(index, ICD, "G50.0").is_verified
    assert hit(index, ICD, "G50.1").is_verified
    assert not hit(index, RXNORM, "103").is_verified


def test_members_are_the_codes_with_references_resolved(tables: Tables) -> None:
    tables.value_sets(one="ICD10CM,G50.0,x,exact,yes,X,\nVALUESET,two,,exact,,,", two="CLASS,other,,exact,,,")
    members = tables.load().index.members("one")
    assert [(m.system, m.code, m.family) for m in members] == [
        ("ICD10CM", "G500", False),
        ("RXNORM", "102", False),
    ]


def test_a_set_named_in_text_is_widened_to_the_sets_that_take_it_in(tables: Tables) -> None:
    tables.value_sets(
        one="ICD10CM,G50.0,x,exact,yes,X,",
        two="VALUESET,one,,exact,,,",
        three="VALUESET,two,,exact,,,",
    )
    assert tables.load().index.widened(["one"]) == {"one", "two", "three"}


@pytest.mark.parametrize("name", ["one", "alpha"])
def test_sets_and_ingredients_are_the_names_a_rule_may_use(tables: Tables, name: str) -> None:
    tables.value_sets(one="ICD10CM,G50.0,x,exact,yes,X,")
    assert name in tables.load().index.set_names
