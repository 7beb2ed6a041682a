"""What a suggestion writes into an order is a code: of a known system, in its shape, with its check digit."""

from __future__ import annotations

import pytest

from .conftest import RulesFolder

CODE = '{system: RXNORM, code: "2002"}'


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('{system: SNOMED, code: "816077008"}', "816077008 fails the SNOMED CT check digit"),
        ('{system: LOINC, code: "72514-4"}', "72514-4 fails the LOINC check digit"),
        ('{system: RXNORM, code: "N03AF01"}', "N03AF01 is not an RxNorm identifier"),
        ('{system: ICD10CM, code: "50.0"}', "50.0 is not an ICD-10-CM code"),
        ('{system: CPT, code: "6461"}', "6461 is not a CPT code"),
        ('{system: HCPCS, code: "0585J"}', "0585J is not an HCPCS level II code"),
        (
            '{system: NDC, code: "0078050905"}',
            "0078050905 is not a National Drug Code of 11 digits, or of three parts with hyphens",
        ),
        ('{system: RXNORMS, code: "2002"}', "no code system 'RXNORMS'; did you mean 'RXNORM'?"),
    ],
)
def test_a_code_that_is_none_is_a_fault_at_its_place(folder: RulesFolder, written: str, said: str) -> None:
    folder.change("facial-pain/pathway.yaml", CODE, written)
    assert [(c.path, c.message) for c in folder.faults()] == [("orders.carbamazepine.codes[0]", said)]


def test_codes_with_their_check_digits_are_no_fault(folder: RulesFolder) -> None:
    folder.change("facial-pain/pathway.yaml", CODE, '{system: SNOMED, code: "816077007"}')
    assert folder.faults() == []
