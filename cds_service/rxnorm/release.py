"""Which release a folder holds: its files, its date, and how to tell it from another."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cds_service.errors import InputInvalid
from cds_service.rxnorm.rrf import find_files

_ISO = re.compile(r"(?<!\d)(\d{4})-?(\d{2})-?(\d{2})(?!\d)")
_AMERICAN = re.compile(r"(?<!\d)(\d{2})(\d{2})(\d{4})(?!\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """An unpacked release. ``released`` is its date as ``2026-06-01``; ``files`` are its files by name."""

    released: str
    files: dict[str, Path]

    @property
    def fingerprint(self) -> str:
        """Name, size and time of change of each file: another text when any of them was replaced."""
        stats = ((name, path.stat()) for name, path in sorted(self.files.items()))
        return ";".join(f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in stats)


def release_in(folder: Path, *, released: str | None) -> Release:
    """Return the release of a folder; its date from ``released``, else from the names of the folders.

    NLM calls the folder ``RxNorm_full_MMDDYYYY``; a date as ``2026-06-01`` is read too. Raises ``InputInvalid`` when files
    are missing or no date is told.
    """
    files = find_files(folder)
    if released is not None:
        return Release(released=_day_of(released), files=files)
    for name in (folder.resolve().name, folder.resolve().parent.name):
        found = _day_in(name)
        if found is not None:
            return Release(released=found, files=files)
    raise InputInvalid(f"{folder}: its name tells no date: say --release 2026-06-01")


def _day_of(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise InputInvalid(f"--release {text}: expected a day such as 2026-06-01") from None


def _day_in(name: str) -> str | None:
    iso, american = _ISO.search(name), _AMERICAN.search(name)
    for parts in (iso.groups() if iso else None, _turned(american)):
        if parts is not None:
            try:
                return date(int(parts[0]), int(parts[1]), int(parts[2])).isoformat()
            except ValueError:
                continue
    return None


def _turned(found: re.Match[str] | None) -> tuple[str, str, str] | None:
    return (found[3], found[1], found[2]) if found else None
