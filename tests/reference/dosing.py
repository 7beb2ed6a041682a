"""Writes what is ordered and how much a day: codes, products, words; milligrams, tablets, tapers, as needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.reference.chance import Chance
from tests.reference.files import rows
from tests.reference.writing import Page, Resource, coded, quantity

DAILY = {"frequency": 1, "period": 1, "periodUnit": "d"}


@dataclass(frozen=True)
class Ordered:
    """A drug as one order names it."""

    concept: Resource
    strength: float | None = None
    """Milligrams a piece; None where the name tells no strength."""


def ordered(chance: Chance, ingredient: str, *, by_text: bool = False) -> Ordered:
    """Name a drug by its ingredient, by a product, by several codes, or by words alone."""
    own = [
        r
        for r in rows("terminology/ingredient_codes.csv")
        if r["ingredient"] == ingredient and r["verified"] == "yes"
    ]
    plain = [(r["system"], r["code"]) for r in own if r["system"] in ("RXNORM", "ATC")]
    products = [r for r in rows("terminology/products.csv") if r["ingredient"] == ingredient and _is_plain(r)]
    if by_text or not plain:
        return Ordered(coded(text=_a_name(chance, ingredient)))
    way = chance.weighted(ingredient=4, product=4, several=2, foreign=1)
    if way == "product" and products:
        row = chance.of(products)
        return Ordered(
            coded((row["system"], row["code"]), text=chance.one(None, row["label"])), float(row["strength"])
        )
    if way == "several":
        return Ordered(coded(*chance.some(plain, 2)))
    concept = coded(chance.of(plain), display=chance.one(None, ingredient))
    if way == "foreign":
        concept["coding"].insert(0, {"system": "urn:oid:1.2.3.4", "code": "X1"})
    return Ordered(concept)


def _is_plain(row: Mapping[str, str]) -> bool:
    return bool(
        row["verified"] == "yes"
        and row["strength"]
        and not row["per"]
        and not row["combination"]
        and not row["pack"]
    )


def _a_name(chance: Chance, ingredient: str) -> str:
    names = [
        r["name"]
        for r in rows("terminology/names.csv")
        if r["kind"] == "drug"
        and r["ingredients"] == ingredient
        and r["ambiguous"] == "no"
        and r["type"] in ("generic", "brand")
        and not r["route"]
        and not r["case"]
    ]
    return chance.of(names)


def dosage(chance: Chance, milligrams: float, strength: float | None) -> list[Resource]:
    """So many milligrams a day, written in one of many ways."""
    way = chance.weighted(once=5, parts=4, hours=2, pieces=5, code=1, evening=1, alternatives=1)
    if way == "pieces" and strength is not None and (milligrams / strength * 4).is_integer():
        return [_taken(milligrams / strength, chance.one("{tablet}", "tablet"), DAILY)]
    if way == "parts" and milligrams % 2 == 0:
        return [_taken(milligrams / 2, "mg", {"frequency": 2, "period": 1, "periodUnit": "d"})]
    if way == "hours" and milligrams % 3 == 0:
        return [_taken(milligrams / 3, "mg", {"frequency": 1, "period": 8, "periodUnit": "h"})]
    if way == "code":
        return [
            {
                "timing": {"code": {"coding": [{"code": "QD"}]}},
                "doseAndRate": [{"doseQuantity": quantity(milligrams, "mg")}],
            }
        ]
    if way == "evening" and milligrams > 1:
        half = milligrams // 2
        return [_taken(half, "mg", {"when": ["MORN"]}), _taken(milligrams - half, "mg", {"when": ["HS"]})]
    if way == "alternatives":
        return [_said_twice(milligrams)]
    return [_taken(milligrams, "mg", DAILY)]


def _taken(amount: float, unit: str, repeat: Mapping[str, Any]) -> Resource:
    given = (
        quantity(amount, unit)
        if unit != "tablet"
        else {"value": quantity(amount, unit)["value"], "unit": unit}
    )
    return {"timing": {"repeat": dict(repeat)}, "doseAndRate": [{"doseQuantity": given}]}


def _said_twice(milligrams: float) -> Resource:
    ways = [("calculated", milligrams + 10), ("ordered", milligrams)]
    rates = [
        {"type": {"coding": [{"code": kind}]}, "doseQuantity": quantity(amount, "mg")}
        for kind, amount in ways
    ]
    return {"timing": {"repeat": dict(DAILY)}, "doseAndRate": rates}


def unknown_dosage(chance: Chance) -> list[Resource]:
    """A dosage from which nobody can compute a daily dose."""
    way = chance.weighted(none=3, text=3, no_timing=2, as_needed=1)
    if way == "text":
        return [{"text": "as directed"}]
    if way == "no_timing":
        return [{"doseAndRate": [{"doseQuantity": quantity(200, "mg")}]}]
    if way == "as_needed":
        return [{"asNeededBoolean": True, "doseAndRate": [{"doseQuantity": quantity(200, "mg")}]}]
    return []


def as_needed(milligrams: float) -> list[Resource]:
    """As needed, up to so many milligrams a day."""
    return [{**_taken(milligrams, "mg", DAILY), "asNeededBoolean": True}]


def a_range(low: float, high: float) -> list[Resource]:
    """From so many to so many milligrams a day."""
    span = {"low": quantity(low, "mg"), "high": quantity(high, "mg")}
    return [{"timing": {"repeat": dict(DAILY)}, "doseAndRate": [{"doseRange": span}]}]


def taper(steps: list[tuple[float, int | None]]) -> list[Resource]:
    """One dose after the other, each for so many days; the last without a length may go on."""
    found = []
    for number, (milligrams, days) in enumerate(steps, start=1):
        repeat: dict[str, Any] = dict(DAILY)
        if days is not None:
            repeat["boundsDuration"] = quantity(days, "d")
        found.append({"sequence": number, **_taken(milligrams, "mg", repeat)})
    return found


def place(page: Page, resource: Resource, drug: Ordered) -> None:
    """Put the drug into the resource itself, a contained Medication, or one of its own."""
    way = page.chance.weighted(inline=8, contained=1, beside=1)
    if way == "contained":
        resource["contained"] = [{"resourceType": "Medication", "id": "m", "code": drug.concept}]
        resource["medicationReference"] = {"reference": "#m"}
    elif way == "beside":
        other = {"resourceType": "Medication", "id": f"m{len(page.resources)}", "code": drug.concept}
        page.resources.append(other)
        resource["medicationReference"] = {"reference": f"Medication/{other['id']}"}
    else:
        resource["medicationCodeableConcept"] = drug.concept
