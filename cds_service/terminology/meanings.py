"""What procedures, devices and conditions named in text stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from cds_service.errors import Complaint
from cds_service.terminology.csvfile import read_table
from cds_service.terminology.names import NameIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class NameMeaning:
    """The sets that a canonical name stands for.

    ``words`` or a fitting reason must be there when the name asks for one of them; ``broader`` names the therapy of
    which this one is a kind.
    """

    value_sets: tuple[str, ...]
    words: tuple[str, ...]
    reason: str | None
    competing: str | None
    broader: str | None

    @property
    def needs_context(self) -> bool:
        """Whether the bare name says too little."""
        return bool(self.words) or self.reason is not None


def load_meanings(
    path: Path, names: NameIndex, set_names: frozenset[str], *, faults: list[Complaint]
) -> Mapping[tuple[str, str], NameMeaning]:
    """Read ``name_sets.csv``; the answer is by kind and canonical name."""
    table = read_table(
        path,
        required=(
            "kind",
            "canonical",
            "value_sets",
            "needs_words",
            "needs_reason",
            "competing",
            "broader",
            "note",
        ),
        shown_as=f"terminology/{path.name}",
    )
    faults.extend(table.faults)
    found: dict[tuple[str, str], NameMeaning] = {}
    for row in table.rows:
        if row["canonical"] not in names.canonicals:
            faults.append(row.complaint("canonical", f"{row['canonical']} is not in names.csv"))
        references = (*row.parts("value_sets"), row["needs_reason"], row["competing"])
        for name in references:
            if name and name not in set_names:
                faults.append(row.complaint("value_sets", f"{name} is not a known value set"))
        if row["broader"] and row["broader"] not in names.canonicals:
            faults.append(row.complaint("broader", f"{row['broader']} is not in names.csv"))
        found[(row["kind"], row["canonical"])] = NameMeaning(
            value_sets=row.parts("value_sets"),
            words=tuple(part.strip() for part in row["needs_words"].split("|") if part.strip()),
            reason=row["needs_reason"] or None,
            competing=row["competing"] or None,
            broader=row["broader"] or None,
        )
    return MappingProxyType(found)
