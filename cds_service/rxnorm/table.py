"""Writes what a release says as the local product table of the service: the same columns as ``products.csv``."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cds_service.rxnorm.composing import Composition, Part
from cds_service.rxnorm.database import STATES
from cds_service.rxnorm.reading import RXNORM, Reading
from cds_service.terminology import Terminology
from cds_service.terminology.drugs import PRODUCT_COLUMNS, DrugCode
from cds_service.terminology.release import NDC, NDC_COLUMNS, OTHERS, OTHERS_HEADER, PRODUCTS, STATEMENT

FILES = (NDC, OTHERS, PRODUCTS)
"""The files of a table, in the order in which they are put in place."""

_VAGUE_ROUTES = frozenset({None, "injection"})
"""Routes of a release that say less than a reviewed one: an RxNorm injection does not say where."""

_NOTES = {"O": "obsolete in the release", "Y": "suppressed in the release", "E": "unquantified form"}
assert set(_NOTES) <= set(STATES)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What a row says beside its ingredient."""

    form: str | None
    route: str | None
    release: str | None
    brand: str | None
    pack: str
    pack_unit: str


def write_table(reading: Reading, rules: Terminology, folder: Path) -> None:
    """Write the three files of a table into a folder; ``rules`` is the terminology without any import."""
    head = f"# {STATEMENT}{reading.released}"
    products = (
        row
        for code, composition, note in _codes(reading, rules)
        for row in product_rows(code, composition, rules, released=reading.released, note=note)
    )
    _write_csv(folder / PRODUCTS, head, PRODUCT_COLUMNS, products)
    _write_csv(folder / NDC, head, NDC_COLUMNS, sorted(reading.ndc.items()))
    others = "\n".join([head, OTHERS_HEADER, *reading.others])
    (folder / OTHERS).write_text(others + "\n", encoding="utf-8")


def put_in_place(source: Path, target: Path) -> None:
    """Move the files of a table to where the service reads them; each replaces the former one at once."""
    for name in FILES:
        (source / name).replace(target / name)


def _codes(reading: Reading, rules: Terminology) -> Iterator[tuple[str, Composition, str]]:
    """Every code of the table with what it is and a note, in order of the codes.

    Codes of ingredients that the rules hold themselves are left out, except that a release confirms unverified ones.
    """
    found: dict[str, tuple[Composition, str]] = {}
    for code, composition in reading.products.items():
        ours = rules.drugs.codes.get((RXNORM, code))
        if ours is not None and ours.kind in {"IN", "PIN"} and ours.verified == "yes":
            continue
        note = _NOTES.get(composition.concept.suppress, "")
        if code in reading.by_name:
            note = "; ".join(filter(None, [note, "read from its name"]))
        found[code] = (composition, note)
    for old, new in reading.former.items():
        found[old] = (reading.products[new], f"merged into {new}")
    for code in sorted(found, key=lambda c: (len(c), c)):
        yield code, *found[code]


def product_rows(
    code: str, composition: Composition, rules: Terminology, *, released: str, note: str
) -> Iterator[tuple[str, ...]]:
    """Yield the rows of one code. Where the release says nothing, or only that it is injected, the reviewed row counts."""
    ours = rules.drugs.codes.get((RXNORM, code))
    said = _said(composition, ours)
    for part in composition.known:
        cells = {
            "system": RXNORM,
            "code": code,
            "label": composition.concept.name,
            "kind": composition.concept.tty,
            "ingredient": part.name or "",
            **_strength_cells(part, ours),
            "pack": said.pack,
            "pack_unit": said.pack_unit,
            "form": said.form or "",
            "route": said.route or "",
            "release": said.release or "",
            "brand": said.brand or "",
            "combination": "yes" if composition.combination else "",
            "verified": "yes",
            "source": f"{RXNORM}-{released}",
            "note": note,
        }
        yield tuple(cells[column] for column in PRODUCT_COLUMNS)


def _said(composition: Composition, ours: DrugCode | None) -> _Said:
    form, pack = composition.form, composition.pack
    route = form.route if form else None
    if ours is not None and route in _VAGUE_ROUTES:
        route = ours.route or route
    own_pack = ours.pack if ours is not None else None
    return _Said(
        form=form.form if form else (ours.form if ours else None),
        route=route,
        release=form.release if form else (ours.release if ours else None),
        brand=composition.brand or (ours.brand if ours else None),
        pack=str(pack or own_pack or ""),
        pack_unit="mL" if pack else ((ours.pack_unit if ours and own_pack else None) or ""),
    )


def _strength_cells(part: Part, ours: DrugCode | None) -> dict[str, str]:
    strength = part.strength
    if strength is None and ours is not None:
        strength = next((i.strength for i in ours.ingredients if i.ingredient == part.name), None)
    if strength is None:
        return {"strength": "", "unit": "", "per": "", "per_unit": ""}
    return {
        "strength": str(strength.value),
        "unit": strength.unit,
        "per": str(strength.per or ""),
        "per_unit": strength.per_unit or "",
    }


def _write_csv(path: Path, head: str, columns: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as target:
        target.write(f"{head}\n")
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(lines)
