"""The local table of an RxNorm import: products that a site adds to those of ``rules/terminology/``.

``cds-service terminology import-rxnorm --apply`` writes the folder; it is read once, beside the shipped tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cds_service.errors import Complaint
from cds_service.terminology.csvfile import Row, read_table
from cds_service.terminology.formats import code_fault, plain_ndc

PRODUCTS = "products.csv"
NDC = "ndc.csv"
OTHERS = "others.csv"
OTHERS_HEADER = "rxcui"
NDC_COLUMNS = ("ndc", "rxcui")
STATEMENT = "RxNorm release "
"""How the first line of each file begins, behind ``# ``; the date of the release follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseTable:
    """What an import adds to the products.

    ``released`` is the date of the release. ``ndc`` maps a National Drug Code of 11 digits to an RxNorm product.
    ``others`` are the RxNorm codes that the release has and that stand for no ingredient of the rules: known, and of no
    interest.
    """

    released: str
    ndc: Mapping[str, str]
    others: frozenset[str]


def load_release(
    folder: Path, *, columns: tuple[str, ...], faults: list[Complaint]
) -> tuple[ReleaseTable, tuple[Row, ...]] | None:
    """Read the folder; return it with the rows of its products.

    None, with the faults said, when it is not whole or its files are of different releases.
    """
    before = len(faults)
    products = read_table(folder / PRODUCTS, required=columns, shown_as=_shown(folder, PRODUCTS))
    codes = read_table(folder / NDC, required=NDC_COLUMNS, shown_as=_shown(folder, NDC))
    faults.extend([*products.faults, *codes.faults])
    others = _lines(folder, faults)
    if len(faults) > before:
        return None
    said = [*products.comments[:1], *codes.comments[:1], *others[:1]]
    if len(said) != 3 or len(set(said)) != 1 or not said[0].startswith(STATEMENT):
        message = "is not of one RxNorm release with the other files: import with --apply again"
        faults.append(Complaint(file=_shown(folder, PRODUCTS), line=1, path="", message=message))
        return None
    known = {row["code"] for row in products.rows if row["system"] == "RXNORM"}
    ndc = {plain_ndc(row["ndc"]): row["rxcui"] for row in codes.rows if _usable(row, known, faults)}
    released = said[0].removeprefix(STATEMENT).split()[0]
    return ReleaseTable(released=released, ndc=ndc, others=frozenset(others[1:])), products.rows


def _shown(folder: Path, name: str) -> str:
    return f"{folder.name}/{name}"


def _usable(row: Row, known: set[str], faults: list[Complaint]) -> bool:
    fault = code_fault("ndc", row["ndc"])
    if fault is not None:
        faults.append(row.complaint("ndc", f"{row['ndc']} {fault}"))
    elif row["rxcui"] not in known:
        faults.append(row.complaint("rxcui", f"{row['rxcui']} is not in {PRODUCTS}"))
    else:
        return True
    return False


def _lines(folder: Path, faults: list[Complaint]) -> list[str]:
    """The first line without its mark, then the codes; read without splitting cells, for they are many."""
    try:
        lines = (folder / OTHERS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or "cannot be read"
        faults.append(Complaint(file=_shown(folder, OTHERS), line=1, path="", message=reason))
        return []
    if len(lines) < 2 or lines[1] != OTHERS_HEADER:
        message = f"expected a comment and the header {OTHERS_HEADER}"
        faults.append(Complaint(file=_shown(folder, OTHERS), line=1, path="", message=message))
        return []
    return [lines[0].removeprefix("#").strip(), *lines[2:]]
