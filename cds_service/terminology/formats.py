"""Shapes and check digits of codes: what can be said of a code without a terminology server.

SNOMED CT identifiers carry a Verhoeff check digit (SNOMED CT Release File Specification 6.2), LOINC numbers a
modulo-10 one (LOINC Users' Guide, appendix on check digits).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from types import MappingProxyType

_MULTIPLY = tuple(
    tuple(int(digit) for digit in row)
    for row in (
        "0123456789",
        "1234067895",
        "2340178956",
        "3401289567",
        "4012395678",
        "5987604321",
        "6598710432",
        "7659821043",
        "8765932104",
        "9876543210",
    )
)
_PERMUTE = tuple(
    tuple(int(digit) for digit in row)
    for row in (
        "0123456789",
        "1576283094",
        "5803796142",
        "8916043527",
        "9453126870",
        "4286573901",
        "2793806415",
        "7046913258",
    )
)

_SCTID = re.compile(r"[1-9][0-9]{5,17}")
_LOINC = re.compile(r"([0-9]{1,7})-([0-9])")
_RXCUI = re.compile(r"[1-9][0-9]{0,7}")
_ICD10CM = re.compile(r"[A-TV-Z][0-9][0-9A-Z](?:\.?[0-9A-Z]{1,4})?")
_ICD10CM_FAMILY = re.compile(r"[A-TV-Z](?:[0-9](?:[0-9A-Z](?:\.?[0-9A-Z]{1,4})?)?)?")
_ICD10PCS = re.compile(r"[0-9A-HJ-NP-Z]{7}")
_ICD10PCS_FAMILY = re.compile(r"[0-9A-HJ-NP-Z]{1,7}")
_CPT = re.compile(r"[0-9]{4}[0-9FTUM]")
_HCPCS = re.compile(r"[A-V][0-9]{4}")
_NDC = re.compile(r"[0-9]{11}|(?:[0-9]{4}-[0-9]{4}|[0-9]{5}-[0-9]{3,4})-[0-9]{2}|[0-9]{5}-[0-9]{4}-[0-9]")
_NDC_PARTS = (5, 4, 2)
_ATC = re.compile(r"[A-Z][0-9]{2}[A-Z]{2}[0-9]{2}")
_ATC_FAMILY = re.compile(r"[A-Z](?:[0-9]{2}(?:[A-Z](?:[A-Z](?:[0-9]{2})?)?)?)?")
_TOKEN = re.compile(r"[^\s]+(?: [^\s]+)*")


def verhoeff_ok(digits: str) -> bool:
    """Whether the last digit is the Verhoeff check digit of the others."""
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = _MULTIPLY[check][_PERMUTE[place % 8][int(digit)]]
    return check == 0


def loinc_check_ok(code: str) -> bool:
    """Whether the digit behind the hyphen is the modulo-10 check digit of the number before it."""
    parts = _LOINC.fullmatch(code)
    if parts is None:
        return False
    total = 0
    for place, digit in enumerate(reversed(parts.group(1))):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return (10 - total % 10) % 10 == int(parts.group(2))


def _sctid(code: str) -> str | None:
    if not _SCTID.fullmatch(code):
        return "is not a SNOMED CT identifier"
    return None if verhoeff_ok(code) else "fails the SNOMED CT check digit"


def _loinc(code: str) -> str | None:
    if not _LOINC.fullmatch(code):
        return "is not a LOINC number"
    return None if loinc_check_ok(code) else "fails the LOINC check digit"


def _pattern(shape: re.Pattern[str], name: str) -> Callable[[str], str | None]:
    def fault(code: str) -> str | None:
        return None if shape.fullmatch(code) else f"is not {name}"

    return fault


_ANY = "token"
_FAULT_OF = MappingProxyType(
    {
        "sctid": _sctid,
        "loinc": _loinc,
        "rxcui": _pattern(_RXCUI, "an RxNorm identifier"),
        "icd10cm": _pattern(_ICD10CM, "an ICD-10-CM code"),
        "icd10pcs": _pattern(_ICD10PCS, "an ICD-10-PCS code of seven characters"),
        "cpt": _pattern(_CPT, "a CPT code"),
        "hcpcs": _pattern(_HCPCS, "an HCPCS level II code"),
        "atc": _pattern(_ATC, "an ATC code of seven characters"),
        "ndc": _pattern(_NDC, "a National Drug Code of 11 digits, or of three parts with hyphens"),
        _ANY: _pattern(_TOKEN, "a code"),
    }
)
_FAMILY_FAULT_OF = MappingProxyType(
    {
        "icd10cm": _pattern(_ICD10CM_FAMILY, "an ICD-10-CM category or chapter letter"),
        "icd10pcs": _pattern(_ICD10PCS_FAMILY, "the start of an ICD-10-PCS code"),
        "atc": _pattern(_ATC_FAMILY, "an ATC group"),
    }
)

FORMATS = frozenset(_FAULT_OF)
FAMILY_FORMATS = frozenset(_FAMILY_FAULT_OF)
DOTLESS_FORMATS = frozenset({"icd10cm", "icd10pcs", "atc"})
"""Formats whose codes are compared without dots and without regard to case."""


def plain_ndc(code: str) -> str:
    """A National Drug Code as 11 digits: labeller, product and package filled with zeros to 5, 4 and 2 digits.

    Ten digits without hyphens could be read in three ways and stay as they are, like everything that is no such code
    (45 CFR 162.1002; the way in which RxNorm releases write them).
    """
    if not _NDC.fullmatch(code) or "-" not in code:
        return code
    parts = zip(code.split("-"), _NDC_PARTS, strict=True)
    return "".join(part.zfill(size) for part, size in parts)


def has_shape(code_format: str) -> bool:
    """Whether codes of this format look like nothing else: ``token`` may be any text."""
    return code_format != _ANY


def code_fault(code_format: str, code: str) -> str | None:
    """What is wrong with the shape or check digit of a code, or None."""
    return _FAULT_OF[code_format](code)


def family_fault(code_format: str, code: str) -> str | None:
    """What is wrong with a code that stands for everything that starts with it, or None."""
    if code_format not in FAMILY_FORMATS:
        return "has no families in this code system"
    return _FAMILY_FAULT_OF[code_format](code)
