"""The units that rules and tables may write, so that a misspelt unit is a complaint and not a silent unknown.

A small part of UCUM (https://ucum.org/ucum): terms of unit atoms joined by ``.`` and ``/``, with an optional exponent or annotation.
"""

from __future__ import annotations

import re

ATOMS = frozenset(
    {
        "g",
        "kg",
        "mg",
        "ug",
        "ng",
        "L",
        "dL",
        "mL",
        "uL",
        "mol",
        "mmol",
        "umol",
        "nmol",
        "meq",
        "U",
        "k[U]",
        "m[IU]",
    }
    | {
        "[iU]",
        "[IU]",
        "m[iU]",
        "s",
        "ms",
        "min",
        "h",
        "d",
        "wk",
        "mo",
        "a",
        "m",
        "cm",
        "mm",
        "m2",
        "mm[Hg]",
        "%",
        "Cel",
    }
    | {"Gy", "V", "Hz"}
)
PROJECT_UNITS = frozenset({"MME", "hours", "days", "weeks", "months", "years"})
"""Not UCUM: milligram morphine equivalents, and spans of time as authors write them."""

_TERM = re.compile(
    r"(?P<number>10\*\d+|\d+(?:\.\d+)?)?(?P<atom>[^{}\d*]*(?:\[[A-Za-z]+\])?\d?)?(?P<note>\{[^{}]*\})?\Z"
)


def is_unit(text: str) -> bool:
    """Return whether a unit is one that rules may write; no unit at all is one too."""
    return text == "" or all(_is_term(term) for part in text.split("/") for term in _terms(part))


def _terms(part: str) -> list[str]:
    # A decimal point inside a number is no multiplication.
    return re.split(r"(?<!\d)\.|\.(?!\d)", part)


def _is_term(term: str) -> bool:
    match = _TERM.match(term)
    if match is None:
        return False
    number, atom, note = match["number"], match["atom"], match["note"]
    if atom:
        return atom in ATOMS or atom in PROJECT_UNITS
    return bool(number or note)
