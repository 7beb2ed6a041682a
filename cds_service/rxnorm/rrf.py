"""Reads the Rich Release Format of RxNorm line by line: every line counted, only those of RxNorm itself taken apart.

Format: RxNorm Technical Documentation, section 12 (files RXNCONSO, RXNREL, RXNSAT, RXNATOMARCHIVE): UTF-8, one row a
line, each column followed by a bar.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cds_service.errors import InputInvalid

SOURCE = "RXNORM"


@dataclass(frozen=True, slots=True, kw_only=True)
class RrfFile:
    """One file of a release: its columns in order; an optional one may be absent."""

    name: str
    header: str
    optional: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns; each line has one bar behind every column."""
        return tuple(self.header.split())


CONSO = RrfFile(
    name="RXNCONSO.RRF",
    header="RXCUI LAT TS LUI STT SUI ISPREF RXAUI SAUI SCUI SDUI SAB TTY CODE STR SRL SUPPRESS CVF",
)
REL = RrfFile(
    name="RXNREL.RRF",
    header="RXCUI1 RXAUI1 STYPE1 REL RXCUI2 RXAUI2 STYPE2 RELA RUI SRUI SAB SL DIR RG SUPPRESS CVF",
)
SAT = RrfFile(
    name="RXNSAT.RRF",
    header="RXCUI LUI SUI RXAUI STYPE CODE ATUI SATUI ATN SAB ATV SUPPRESS CVF",
)
ARCHIVE = RrfFile(
    name="RXNATOMARCHIVE.RRF",
    header="RXAUI AUI STR ARCHIVE_TIMESTAMP CREATED_TIMESTAMP UPDATED_TIMESTAMP CODE IS_BRAND LAT LAST_RELEASED SAUI "
    "VSAB RXCUI SAB TTY MERGED_TO_RXCUI",
    optional=True,
)
FILES = (CONSO, REL, SAT, ARCHIVE)


def find_files(folder: Path) -> dict[str, Path]:
    """Return the files of a release by name: from its folder, or from ``rrf`` below it.

    Raises ``InputInvalid`` that names every file that is missing.
    """
    if not folder.is_dir():
        raise InputInvalid(f"{folder}: is no folder")
    below = folder / "rrf"
    place = below if below.is_dir() and not (folder / CONSO.name).exists() else folder
    missing = [f.name for f in FILES if not f.optional and not (place / f.name).is_file()]
    if missing:
        raise InputInvalid(f"{place}: {', '.join(missing)} not found: expected an unpacked RxNorm release")
    return {f.name: place / f.name for f in FILES if (place / f.name).is_file()}


def rows(path: Path, file: RrfFile) -> Iterator[dict[str, str]]:
    """Yield the rows of source RXNORM, as column to text.

    Every line is checked. Raises ``InputInvalid`` with file and line for a line with another number of columns, for one
    that is no UTF-8, and for a last line that ends early.
    """
    source = f"|{SOURCE}|".encode()
    columns = file.columns
    number = 0
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.count(b"|") != len(columns) or not line.endswith((b"|\n", b"|\r\n")):
                raise _fault(path, number, file, line)
            if source not in line:
                continue
            try:
                cells = line.decode("utf-8").rstrip("\r\n").split("|")
            except UnicodeDecodeError:
                raise InputInvalid(f"{path.name}:{number}: is not UTF-8 text") from None
            row = dict(zip(columns, cells, strict=False))
            if row["SAB"] == SOURCE:
                yield row
    if number == 0:
        raise InputInvalid(f"{path.name}:1: is empty")


def _fault(path: Path, number: int, file: RrfFile, line: bytes) -> InputInvalid:
    found = line.count(b"|")
    if not line.endswith(b"\n"):
        return InputInvalid(f"{path.name}:{number}: ends in the middle of a line: the file is cut off")
    if found == len(file.columns):
        return InputInvalid(f"{path.name}:{number}: has text behind its last bar")
    return InputInvalid(f"{path.name}:{number}: has {found} columns, {file.name} has {len(file.columns)}")
