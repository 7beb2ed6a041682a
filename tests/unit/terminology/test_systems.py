"""One code system, many ways to name it."""

from __future__ import annotations

import pytest

from cds_service.terminology import Terminology
from tests.unit.terminology.conftest import Tables


@pytest.mark.parametrize(
    "uri",
    [
        "http://snomed.info/sct",
        "https://snomed.info/sct",
        "http://snomed.info/sct/",
        "HTTP://SNOMED.INFO/SCT",
        "urn:oid:2.16.840.1.113883.6.96",
        " http://snomed.info/sct ",
    ],
)
def test_schemes_slashes_case_and_oids_name_one_system(terminology: Terminology, uri: str) -> None:
    assert terminology.systems.key(uri) == "SNOMED"
    assert terminology.systems.canonical(uri) == "http://snomed.info/sct"


@pytest.mark.parametrize(
    "uri",
    [
        "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
        "http://terminology.hl7.org/CodeSystem/HCPCS-all-codes",
        "urn:oid:2.16.840.1.113883.6.285",
    ],
)
def test_hcpcs_has_three_names(terminology: Terminology, uri: str) -> None:
    assert terminology.systems.key(uri) == "HCPCS"


@pytest.mark.parametrize("uri", [None, "", "urn:local:hospital", "http://snomed.info/sct2"])
def test_an_unknown_or_absent_system_stays_unknown(terminology: Terminology, uri: str | None) -> None:
    assert terminology.systems.key(uri) is None


def test_an_unknown_system_keeps_its_own_name(terminology: Terminology) -> None:
    assert terminology.systems.canonical("urn:local:hospital") == "urn:local:hospital"


@pytest.mark.parametrize(("written", "same"), [("g43.709", "G43709"), (" G43709 ", "G43709")])
def test_icd_codes_are_compared_without_dots_and_case(
    terminology: Terminology, written: str, same: str
) -> None:
    assert terminology.systems.same_code("ICD10CM", written) == same


def test_other_codes_are_compared_as_written(terminology: Terminology) -> None:
    assert terminology.systems.same_code("MED-STATUS-REASON", " sintol ") == "sintol"


def test_the_base_of_our_own_systems_is_a_setting(tables: Tables) -> None:
    tables.value_sets(days="LOCAL,headache-days,days,exact,yes,X,")
    index = tables.load().index
    hit = index.lookup("https://local.test/fhir/CodeSystem/observations", "headache-days")
    assert hit is not None
    assert hit.sets == {"days"}
