"""Reads a product from text in RxNorm's own form, as in ``topiramate 15 MG Oral Capsule``.

Such text stands in for a product code that the tables lack, when it names exactly one known ingredient.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

from cds_service.errors import Complaint
from cds_service.terminology.csvfile import read_table
from cds_service.terminology.drugs import IngredientStrength, Strength
from cds_service.terminology.names import DRUG, NameIndex
from cds_service.terminology.text import tokenize

_SHAPE = re.compile(
    r"""(?:(?P<count>\d+(?:\.\d+)?)\ (?P<count_unit>HR|ML)\ )?
        (?P<name>[^/\d][^/]*?)\ +
        (?P<value>\d+(?:\.\d+)?)\ (?P<unit>MG|MCG|UG|G|UNT)(?:/(?P<per>ML|HR|ACTUAT))?\ +
        (?P<form>[^\[\]]+?)
        (?:\ +\[(?P<brand>[^\[\]]+)\])?""",
    re.VERBOSE | re.IGNORECASE,
)
_UNITS = MappingProxyType({"MG": "mg", "MCG": "ug", "UG": "ug", "G": "g", "UNT": "[U]"})
_PER_UNITS = MappingProxyType({"ML": "mL", "HR": "h", "ACTUAT": "actuation"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseForm:
    """What a dose form of RxNorm says of form, route and release."""

    form: str
    route: str
    release: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedProduct:
    """One ingredient with its strength and form; ``pack`` is the volume of one piece in mL, where it is named."""

    ingredient: IngredientStrength
    form: str
    route: str
    release: str | None
    brand: str | None
    pack: Decimal | None


@dataclass(frozen=True, slots=True)
class RxNormWords:
    """Dose forms by name, and salts that may follow an ingredient."""

    forms: Mapping[str, DoseForm]
    salts: frozenset[str]


def parse_rxnorm_text(text: str, *, names: NameIndex, words: RxNormWords) -> ParsedProduct | None:
    """The product that a text names in RxNorm's form; None for any other text, combinations among them."""
    shape = _SHAPE.fullmatch(text.strip())
    if shape is None:
        return None
    form = words.forms.get(" ".join(shape["form"].lower().split()))
    ingredient = ingredient_called(shape["name"], names, words)
    if form is None or ingredient is None:
        return None
    per = shape["per"]
    strength = Strength(
        value=Decimal(shape["value"]),
        unit=_UNITS[shape["unit"].upper()],
        per=Decimal(1) if per else None,
        per_unit=_PER_UNITS[per.upper()] if per else None,
    )
    in_ml = (shape["count_unit"] or "").upper() == "ML"
    return ParsedProduct(
        ingredient=IngredientStrength(ingredient=ingredient, strength=strength),
        form=form.form,
        route=form.route,
        release=form.release,
        brand=shape["brand"],
        pack=Decimal(shape["count"]) if in_ml else None,
    )


def ingredient_called(name: str, names: NameIndex, words: RxNormWords) -> str | None:
    """The single ingredient that a name means, when nothing but salts surrounds it."""
    tokens = tokenize(name)
    found = [m for m in names.find(tokens, {DRUG}) if not m.alias.ambiguous]
    if len(found) != 1 or len(found[0].alias.ingredients) != 1 or found[0].alias.combination:
        return None
    rest = (*tokens.words[: found[0].start], *tokens.words[found[0].end :])
    return found[0].alias.ingredients[0] if all(word in words.salts for word in rest) else None


def load_rxnorm_words(path: Path, *, faults: list[Complaint]) -> RxNormWords:
    """Read ``rxnorm_words.csv``."""
    table = read_table(
        path, required=("kind", "text", "form", "route", "release"), shown_as=f"terminology/{path.name}"
    )
    faults.extend(table.faults)
    forms: dict[str, DoseForm] = {}
    salts: set[str] = set()
    for row in table.rows:
        if row["kind"] == "salt":
            salts.add(row["text"])
        elif row["kind"] == "form" and row["form"] and row["route"]:
            forms[row["text"]] = DoseForm(
                form=row["form"], route=row["route"], release=row["release"] or None
            )
        else:
            faults.append(row.complaint("kind", "is a salt, or a form with its form and route"))
    return RxNormWords(MappingProxyType(forms), frozenset(salts))
