"""Drugs as reviewed tables: ingredients with their classes and codes, and products with strength, form and route."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import MappingProxyType

from cds_service.errors import Complaint
from cds_service.terminology.csvfile import Row, read_table
from cds_service.terminology.formats import code_fault
from cds_service.terminology.release import ReleaseTable, load_release
from cds_service.terminology.systems import SystemTable

VERIFIED = ("yes", "partly", "no")


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength:
    """An amount per unit of product: 200 mg a tablet (``per`` and ``per_unit`` absent), 20 mg per 1 mL.

    ``unit`` and ``per_unit`` are UCUM, except ``actuation`` for one spray.
    """

    value: Decimal
    unit: str
    per: Decimal | None = None
    per_unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IngredientStrength:
    """One ingredient of a concept; ``strength`` is None when the concept does not state it: never zero."""

    ingredient: str
    strength: Strength | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingredient:
    """One active ingredient under its canonical name (lower case, words joined by hyphens)."""

    name: str
    label: str
    classes: frozenset[str]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugCode:
    """What a drug code says: its ingredients and, for a product, strength, form, route, release and pack.

    ``pack`` is the content of one piece where doses are counted in pieces: 1.5 mL for a syringe.
    """

    system: str
    code: str
    label: str
    kind: str
    ingredients: tuple[IngredientStrength, ...]
    combination: bool
    verified: str
    form: str | None = None
    route: str | None = None
    release: str | None = None
    brand: str | None = None
    pack: Decimal | None = None
    pack_unit: str | None = None


@dataclass(frozen=True, slots=True)
class DrugTable:
    """All ingredients by name and all drug codes by (system key, code as compared).

    ``release`` is the RxNorm import of the site, None when only the shipped tables are in use; ``imported`` are the codes
    that only the import has.
    """

    ingredients: Mapping[str, Ingredient]
    codes: Mapping[tuple[str, str], DrugCode]
    release: ReleaseTable | None = None
    imported: frozenset[tuple[str, str]] = frozenset()

    def of_class(self, name: str) -> frozenset[str]:
        """The ingredients of a class; empty when no ingredient names it."""
        return frozenset(i.name for i in self.ingredients.values() if name in i.classes)

    @property
    def classes(self) -> frozenset[str]:
        """The names of all classes."""
        return frozenset(name for i in self.ingredients.values() for name in i.classes)


def load_drugs(
    folder: Path, systems: SystemTable, *, faults: list[Complaint], rxnorm: Path | None = None
) -> DrugTable:
    """Read ``ingredients.csv``, ``ingredient_codes.csv`` and ``products.csv``.

    ``rxnorm`` is the folder of an RxNorm import; where it holds a code of the shipped tables, the import counts.
    """
    ingredients = _load_ingredients(folder / "ingredients.csv", faults)
    codes: dict[tuple[str, str], DrugCode] = {}
    for row in _rows(folder / "ingredient_codes.csv", _INGREDIENT_CODE_COLUMNS, faults):
        _add_ingredient_code(row, systems, ingredients, codes, faults)
    for rows in _by_code(_rows(folder / "products.csv", PRODUCT_COLUMNS, faults)):
        _add_product(rows, systems, ingredients, codes, faults)
    shipped = frozenset(codes)
    release = load_release(rxnorm, columns=PRODUCT_COLUMNS, faults=faults) if rxnorm is not None else None
    if release is None:
        return DrugTable(MappingProxyType(ingredients), MappingProxyType(codes))
    table, imported = release
    for rows in _by_code(imported):
        _add_product(rows, systems, ingredients, codes, faults, replacing=True)
    return DrugTable(
        MappingProxyType(ingredients), MappingProxyType(codes), table, frozenset(codes) - shipped
    )


def _by_code(rows: Iterable[Row]) -> Iterable[list[Row]]:
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["system"], row["code"]), []).append(row)
    return groups.values()


_INGREDIENT_CODE_COLUMNS = (
    "ingredient",
    "system",
    "code",
    "term_type",
    "label",
    "verified",
    "source",
    "note",
)
PRODUCT_COLUMNS = (
    "system",
    "code",
    "label",
    "kind",
    "ingredient",
    "strength",
    "unit",
    "per",
    "per_unit",
    "pack",
    "pack_unit",
    "form",
    "route",
    "release",
    "brand",
    "combination",
    "verified",
    "source",
    "note",
)


def _rows(path: Path, columns: tuple[str, ...], faults: list[Complaint]) -> tuple[Row, ...]:
    table = read_table(path, required=columns, shown_as=f"terminology/{path.name}")
    faults.extend(table.faults)
    return table.rows


def _load_ingredients(path: Path, faults: list[Complaint]) -> dict[str, Ingredient]:
    found: dict[str, Ingredient] = {}
    for row in _rows(path, ("name", "label", "classes", "note"), faults):
        name = row["name"]
        if name in found:
            faults.append(row.complaint("name", f"{name} is there twice"))
            continue
        classes = frozenset(row.parts("classes"))
        found[name] = Ingredient(name=name, label=row["label"], classes=classes, note=row["note"])
    return found


def _usable(
    row: Row,
    systems: SystemTable,
    ingredients: Mapping[str, Ingredient],
    faults: list[Complaint],
) -> bool:
    before = len(faults)
    system = systems.by_key.get(row["system"])
    if system is None:
        faults.append(row.complaint("system", f"{row['system']} is not a known code system"))
    else:
        fault = code_fault(system.format, row["code"])
        if fault is not None:
            faults.append(row.complaint("code", f"{row['code']} {fault}"))
    if row["ingredient"] not in ingredients:
        faults.append(row.complaint("ingredient", f"{row['ingredient']} is not a known ingredient"))
    if row["verified"] not in VERIFIED:
        faults.append(row.complaint("verified", f"{row['verified']!r} is not one of {', '.join(VERIFIED)}"))
    return len(faults) == before


def _add_ingredient_code(
    row: Row,
    systems: SystemTable,
    ingredients: Mapping[str, Ingredient],
    codes: dict[tuple[str, str], DrugCode],
    faults: list[Complaint],
) -> None:
    if not _usable(row, systems, ingredients, faults):
        return
    key = (row["system"], systems.same_code(row["system"], row["code"]))
    if key in codes:
        faults.append(row.complaint("code", f"{row['code']} is there twice"))
        return
    codes[key] = DrugCode(
        system=row["system"],
        code=row["code"],
        label=row["label"],
        kind=row["term_type"],
        ingredients=(IngredientStrength(ingredient=row["ingredient"]),),
        combination=False,
        verified=row["verified"],
    )


def _add_product(
    rows: list[Row],
    systems: SystemTable,
    ingredients: Mapping[str, Ingredient],
    codes: dict[tuple[str, str], DrugCode],
    faults: list[Complaint],
    *,
    replacing: bool = False,
) -> None:
    usable = [_usable(row, systems, ingredients, faults) for row in rows]
    if not all(usable):
        return
    first = rows[0]
    key = (first["system"], systems.same_code(first["system"], first["code"]))
    if key in codes and not replacing:
        faults.append(first.complaint("code", f"{first['code']} is also an ingredient code"))
        return
    for row in rows[1:]:
        for column in ("label", "form", "route", "release", "brand", "verified", "kind"):
            if row[column] != first[column]:
                faults.append(row.complaint(column, f"differs from the first row of {first['code']}"))
    parts = tuple(
        IngredientStrength(ingredient=row["ingredient"], strength=_strength(row, faults)) for row in rows
    )
    codes[key] = DrugCode(
        system=first["system"],
        code=first["code"],
        label=first["label"],
        kind=first["kind"],
        ingredients=parts,
        combination=len(parts) > 1 or first.flag("combination"),
        verified=first["verified"],
        form=first["form"] or None,
        route=first["route"] or None,
        release=first["release"] or None,
        brand=first["brand"] or None,
        pack=_number(first, "pack", faults),
        pack_unit=first["pack_unit"] or None,
    )


def _strength(row: Row, faults: list[Complaint]) -> Strength | None:
    value = _number(row, "strength", faults)
    if value is None:
        return None
    if not row["unit"]:
        faults.append(row.complaint("unit", "a strength needs its unit"))
        return None
    per = _number(row, "per", faults)
    return Strength(value=value, unit=row["unit"], per=per, per_unit=row["per_unit"] or None)


def _number(row: Row, column: str, faults: list[Complaint]) -> Decimal | None:
    if not row[column]:
        return None
    try:
        value = Decimal(row[column])
    except InvalidOperation:
        value = Decimal(0)
    if not value.is_finite() or value <= 0:
        faults.append(row.complaint(column, f"{row[column]!r} is not a number above zero"))
        return None
    return value
