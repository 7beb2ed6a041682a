"""Codes that no table knows are counted by field, system and code; what may be text is never shown."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.terminology.gaps import NOT_SHOWN, Gap, GapCounter
from tests.unit.terminology.conftest import SYSTEM_URIS, Tables

RXNORM, SNOMED, ICD = SYSTEM_URIS["rxnorm"], SYSTEM_URIS["snomed"], SYSTEM_URIS["icd"]
LOCAL = "http://hospital.example/drugs"


@pytest.fixture
def counter(tables: Tables) -> GapCounter:
    tables.value_sets(pain="ICD10CM,G50.0,x,exact,yes,X,")
    return GapCounter(tables.load())


def resource(kind: str, *codings: tuple[Any, Any], text: Any = None, member: str = "code") -> dict[str, Any]:
    coding = [{"system": system, "code": code} for system, code in codings]
    return {"resourceType": kind, member: {"coding": coding, "text": text}}


def order(*codings: tuple[Any, Any], text: Any = None) -> dict[str, Any]:
    return resource("MedicationRequest", *codings, text=text, member="medicationCodeableConcept")


def gaps(counter: GapCounter) -> list[tuple[str, str, str, int, int]]:
    return [(g.field, g.system, g.code, g.count, g.unread) for g in counter.report().gaps]


def test_an_unknown_product_and_a_local_code_of_a_drug(counter: GapCounter) -> None:
    counter.add(order((RXNORM, "999")))
    counter.add(order((LOCAL, "CBZ-200")))
    counter.add(order((LOCAL, "CBZ-200")))
    assert gaps(counter) == [("medication", LOCAL, "CBZ-200", 2, 2), ("medication", RXNORM, "999", 1, 1)]
    assert [g.system_known for g in counter.report().gaps] == [False, True]


@pytest.mark.parametrize("kind", ["MedicationStatement", "MedicationAdministration", "MedicationDispense"])
def test_every_kind_of_medication_resource(counter: GapCounter, kind: str) -> None:
    counter.add(resource(kind, (LOCAL, "A1"), member="medicationCodeableConcept"))
    assert gaps(counter) == [("medication", LOCAL, "A1", 1, 1)]


def test_a_known_code_beside_it_closes_the_gap(counter: GapCounter) -> None:
    counter.add(order((LOCAL, "CBZ-200"), (RXNORM, "201")))
    report = counter.report()
    assert (report.gaps, report.concepts) == ((), 1)


def test_diagnoses_of_known_systems_are_of_no_interest_those_of_others_are_gaps(counter: GapCounter) -> None:
    counter.add(resource("Condition", (ICD, "E11.9")))
    counter.add(resource("Condition", ("urn:oid:1.2.3", "77")))
    assert gaps(counter) == [("condition", "urn:oid:1.2.3", "77", 1, 1)]


def test_everything_lists_known_systems_too(tables: Tables) -> None:
    tables.value_sets(pain="ICD10CM,G50.0,x,exact,yes,X,")
    counter = GapCounter(tables.load(), everything=True)
    counter.add(resource("Condition", (ICD, "E11.9")))
    counter.add(resource("Condition", (ICD, "G50.0")))
    assert gaps(counter) == [("condition", ICD, "E11.9", 1, 1)]


def test_text_that_was_understood_is_less_urgent(tables: Tables) -> None:
    names = (tables.folder / "terminology" / "names.csv").read_text(encoding="utf-8")
    tables.write("terminology/names.csv", names + "drug,alpha,alpha,Alphadrug,brand,no,,,,,,\n")
    tables.value_sets(pain="ICD10CM,G50.0,x,exact,yes,X,")
    counter = GapCounter(tables.load())
    counter.add(order((LOCAL, "A1"), text="Alphadrug 20 mg"))
    counter.add(order((LOCAL, "A1"), text="something"))
    assert gaps(counter) == [("medication", LOCAL, "A1", 2, 1)]


@pytest.mark.parametrize("code", ["Jane Doe", "take 2 a day", "x" * 41, "Müller", "a\nb"])
def test_a_code_that_may_be_text_is_counted_and_not_shown(counter: GapCounter, code: str) -> None:
    counter.add(order((LOCAL, code)))
    assert gaps(counter) == [("medication", LOCAL, NOT_SHOWN, 1, 1)]


@pytest.mark.parametrize("system", [None, "Jane Doe", "drugs", "http://a b", 7])
def test_a_system_that_is_no_address_is_not_shown(counter: GapCounter, system: Any) -> None:
    counter.add(order((system, "A1")))
    assert gaps(counter) == [("medication", NOT_SHOWN, "A1", 1, 1)]


def test_bundles_and_contained_medications_are_looked_into(counter: GapCounter) -> None:
    inside = {**order(), "contained": [resource("Medication", (LOCAL, "M1"))]}
    nested = {"resourceType": "Bundle", "entry": [{"resource": inside}]}
    counter.add({"resourceType": "Bundle", "entry": [{"resource": nested}, {"fullUrl": "x"}, 7]})
    assert gaps(counter) == [("medication", LOCAL, "M1", 1, 1)]


def test_what_is_no_fhir_is_passed_over(counter: GapCounter) -> None:
    for odd in (
        {"resourceType": "MedicationRequest", "medicationCodeableConcept": "x"},
        {"resourceType": "MedicationRequest", "medicationCodeableConcept": {"coding": "x"}},
        {
            "resourceType": "MedicationRequest",
            "medicationCodeableConcept": {"coding": [7, {"system": LOCAL}]},
        },
        {"resourceType": 7},
        {"resourceType": "Bundle", "entry": "x"},
    ):
        counter.add(odd)
    assert counter.report().gaps == ()


def test_memory_is_bounded_and_what_has_no_room_is_counted(tables: Tables) -> None:
    tables.value_sets(pain="ICD10CM,G50.0,x,exact,yes,X,")
    counter = GapCounter(tables.load(), most=2)
    for code in ("A1", "A2", "A3", "A1"):
        counter.add(order((LOCAL, code)))
    report = counter.report()
    assert report.gaps[0] == Gap(
        system=LOCAL, code="A1", field="medication", system_known=False, count=2, unread=2
    )
    assert [g.code for g in report.gaps] == ["A1", "A2"]
    assert report.beyond == 1
