"""Codes with a wrong shape or check digit never enter a table."""

from __future__ import annotations

import pytest

from cds_service.terminology.formats import (
    code_fault,
    family_fault,
    has_shape,
    loinc_check_ok,
    plain_ndc,
    verhoeff_ok,
)


@pytest.mark.parametrize("code", ["31681005", "24700007", "16846261000119106", "385671000"])
def test_snomed_identifiers_carry_a_verhoeff_digit(code: str) -> None:
    assert verhoeff_ok(code)
    wrong = code[:-1] + str((int(code[-1]) + 1) % 10)
    assert not verhoeff_ok(wrong)


def test_the_verhoeff_digit_catches_two_swapped_digits() -> None:
    assert not verhoeff_ok("36181005")


@pytest.mark.parametrize("code", ["72514-3", "2951-2", "98979-8", "751-8", "8636-3"])
def test_loinc_numbers_carry_a_modulo_ten_digit(code: str) -> None:
    assert loinc_check_ok(code)
    wrong = code[:-1] + str((int(code[-1]) + 1) % 10)
    assert not loinc_check_ok(wrong)


@pytest.mark.parametrize(
    ("code_format", "good", "bad"),
    [
        ("sctid", "31681005", "31681006"),
        ("sctid", "31681005", "x"),
        ("loinc", "72514-3", "725143"),
        ("rxcui", "2002", "02002"),
        ("icd10cm", "G50.0", "50.0"),
        ("icd10cm", "M48.56XA", "M48.56XA1"),
        ("icd10cm", "G35.B1", "G3"),
        ("icd10pcs", "00NK0ZZ", "00NK0Z"),
        ("icd10pcs", "00NK0ZZ", "00NK0OI"),
        ("cpt", "64615", "6461"),
        ("cpt", "3046F", "3046Q"),
        ("hcpcs", "J0585", "0585J"),
        ("atc", "N03AF01", "N03AF1"),
        ("ndc", "00078050905", "078050905"),
        ("ndc", "0078-0509-05", "0078-509-05"),
        ("ndc", "00078-509-05", "00078-509-5"),
        ("ndc", "00078-0509-5", "00078-05090-5"),
        ("ndc", "00078-0509-05", "0007805090"),
        ("token", "sintol", "sin  tol"),
    ],
)
def test_every_system_has_its_shape(code_format: str, good: str, bad: str) -> None:
    assert code_fault(code_format, good) is None
    assert code_fault(code_format, bad) is not None


@pytest.mark.parametrize(
    ("code_format", "start", "fault"),
    [
        ("icd10cm", "G43.7", None),
        ("icd10cm", "O", None),
        ("icd10cm", "D0", None),
        ("icd10cm", "43", "is not an ICD-10-CM category or chapter letter"),
        ("atc", "N02A", None),
        ("atc", "N02A1", "is not an ATC group"),
        ("sctid", "31681005", "has no families in this code system"),
    ],
)
def test_only_systems_with_meaningful_starts_have_families(
    code_format: str, start: str, fault: str | None
) -> None:
    assert family_fault(code_format, start) == fault


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("0078-0509-05", "00078050905"),
        ("00078-509-05", "00078050905"),
        ("00078-0509-5", "00078050905"),
        ("00078-0509-05", "00078050905"),
        ("00078050905", "00078050905"),
        ("0078050905", "0078050905"),  # ten digits: which part lacks its zero cannot be told
        ("0078-0509", "0078-0509"),
    ],
)
def test_drug_codes_are_compared_as_eleven_digits(written: str, plain: str) -> None:
    assert plain_ndc(written) == plain


def test_only_a_token_may_look_like_anything() -> None:
    assert has_shape("rxcui")
    assert not has_shape("token")
