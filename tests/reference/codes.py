"""Which code is what: plain lookups in the code tables, one row at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from tests.reference.files import RULES, Row, has_value_set, rows

Code = tuple[str, str]
"""Key of the system in ``systems.csv``, and the code."""


@dataclass(frozen=True)
class Ingredient:
    """An ingredient of a drug code, with its strength: so many ``unit`` a piece, or per ``per``."""

    name: str
    strength: Fraction | None = None
    unit: str = ""
    per: str = ""


def _plain(uri: str) -> str:
    return uri.lower().replace("https://", "http://").rstrip("/")


@cache
def _systems() -> Mapping[str, str]:
    found = {}
    for row in rows("terminology/systems.csv"):
        for uri in (row["uri"], *row["aliases"].split(";")):
            found[_plain(uri.replace("{base}", "https://cds-service.example/fhir"))] = row["key"]
    return found


def uri_of(key: str) -> str:
    """The FHIR URI of a system."""
    (uri,) = [row["uri"] for row in rows("terminology/systems.csv") if row["key"] == key]
    return uri.replace("{base}", "https://cds-service.example/fhir")


def _normal(system: str, code: str) -> str:
    return code.replace(".", "").upper() if system in ("ICD10CM", "ICD10PCS", "ATC") else code


def codes_of(concept: Mapping[str, Any] | None) -> list[Code]:
    """The codes of a CodeableConcept whose system the tables have."""
    found = []
    for coding in (concept or {}).get("coding", []):
        key = _systems().get(_plain(coding.get("system", "")))
        if key is not None and coding.get("code"):
            found.append((key, _normal(key, coding["code"])))
    return found


@cache
def ingredients(code: Code) -> tuple[Ingredient, ...]:
    """What a drug code contains; nothing for a code that is of no drug."""
    for row in rows("terminology/ingredient_codes.csv"):
        if code == (row["system"], _normal(row["system"], row["code"])):
            return (Ingredient(row["ingredient"]),)
    found = []
    for row in rows("terminology/products.csv"):
        if code == (row["system"], _normal(row["system"], row["code"])):
            strength = Fraction(row["strength"]) if row["strength"] else None
            if strength is not None and row["per"]:
                strength /= Fraction(row["per"])
            found.append(Ingredient(row["ingredient"], strength, row["unit"], row["per_unit"]))
    return tuple(found)


@cache
def classes(ingredient: str) -> frozenset[str]:
    """The classes of an ingredient."""
    for row in rows("terminology/ingredients.csv"):
        if row["name"] == ingredient:
            return frozenset(row["classes"].split(";"))
    return frozenset()


def _names_drug(row: Row, code: Code) -> bool:
    kind = row["system"]
    if kind == "INGREDIENT":
        return any(i.name == row["code"] for i in ingredients(code))
    return any(row["code"] in classes(i.name) for i in ingredients(code))


def _fits(row: Row, code: Code) -> int:
    """How closely a row speaks of a code: 0 not at all, its family by length, a thousand for the code itself."""
    if row["system"] != code[0]:
        return 0
    wanted = _normal(row["system"], row["code"])
    if wanted == code[1]:
        return 1000
    return len(wanted) if row.get("match") == "family" and code[1].startswith(wanted) else 0


@cache
def member(code: Code, value_set: str) -> tuple[bool, Row]:
    """Whether a code is in a value set, and the row that says so (it may ask for a reason besides).

    A drug is in the set of its ingredient's name. The row of the code itself decides, then a set that is left out,
    then the longest family, then a set, ingredient or class that is taken in.
    """
    if not has_value_set(value_set):
        return any(i.name == value_set for i in ingredients(code)), {}
    own = rows(f"valuesets/{value_set}.csv")
    best = max(own, key=lambda row: _fits(row, code), default=None)
    fit = _fits(best, code) if best is not None else 0
    if best is not None and fit == 1000:
        return best.get("exclude") != "yes", best
    for row in own:
        if row["system"] == "VALUESET" and row.get("exclude") == "yes" and member(code, row["code"])[0]:
            return False, row
    if best is not None and fit:
        return best.get("exclude") != "yes", best
    return _taken_in(own, code)


def _taken_in(own: Sequence[Row], code: Code) -> tuple[bool, Row]:
    for row in own:
        if row["system"] == "VALUESET" and row.get("exclude") != "yes":
            inside, why = member(code, row["code"])
            if inside:
                return True, why
        if (
            row["system"] in ("INGREDIENT", "CLASS")
            and row.get("exclude") != "yes"
            and _names_drug(row, code)
        ):
            return True, row
    return False, {}


@cache
def is_verified(code: Code) -> bool:
    """Whether any table says that this code was seen with this meaning."""
    tables = ["terminology/ingredient_codes.csv", "terminology/products.csv"]
    tables += [f"valuesets/{path.name}" for path in sorted((RULES / "valuesets").glob("*.csv"))]
    for row in (row for table in tables for row in rows(table)):
        same = row["system"] == code[0] and _normal(row["system"], row["code"]) == code[1]
        if same and row["verified"] == "yes":
            return True
    return False


def surely_in_sets(concept: Mapping[str, Any], value_sets: Sequence[str]) -> bool:
    """Whether a verified code of a concept is in any of the sets."""
    return any(
        member(code, name)[0] and is_verified(code) for code in codes_of(concept) for name in value_sets
    )


def in_sets(concept: Mapping[str, Any] | None, value_sets: Sequence[str]) -> bool:
    """Whether any code of a concept is in any of the sets."""
    return any(member(code, name)[0] for code in codes_of(concept) for name in value_sets)


@cache
def _drug_names() -> Mapping[str, str]:
    found = {}
    for row in rows("terminology/names.csv"):
        if row["kind"] == "drug" and row["ambiguous"] == "no" and ";" not in row["ingredients"]:
            found[row["name"].lower()] = row["ingredients"]
    return found


def drug_of_name(text: str) -> str | None:
    """The ingredient that a whole text names, generic or brand."""
    return _drug_names().get(text.strip().lower())
