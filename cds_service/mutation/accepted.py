"""The list of accepted survivors, ``rules/mutation-survivors.csv``: mutants that no case can notice, each with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cds_service.errors import Complaint, RuleFileInvalid
from cds_service.mutation.mutants import Key, Mutant
from cds_service.mutation.survey import Survey
from cds_service.terminology.csvfile import read_table

LIST = "mutation-survivors.csv"
COLUMNS = ("file", "place", "change", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """One survivor that is no gap in the cases, and the line of the list that says so."""

    key: Key
    reason: str
    line: int


def accepted_of(rules_dir: Path) -> Mapping[Key, Accepted]:
    """Read the list; without the file nothing is accepted. Raises ``RuleFileInvalid`` for faults of the list."""
    path = rules_dir / LIST
    if not path.exists():
        return {}
    table = read_table(path, required=COLUMNS, shown_as=LIST)
    faults = list(table.faults)
    found: dict[Key, Accepted] = {}
    for row in table.rows:
        key = (row["file"], row["place"], row["change"])
        if not row["reason"].strip():
            faults.append(row.complaint("reason", "is missing: why can no case notice this change?"))
        if key in found:
            faults.append(row.complaint("place", f"is listed already, in line {found[key].line}"))
        found[key] = Accepted(key=key, reason=row["reason"], line=row.line)
    if faults:
        raise RuleFileInvalid(faults)
    return found


def unexplained(survey: Survey, accepted: Mapping[Key, Accepted]) -> tuple[Mutant, ...]:
    """Return the survivors that the list does not explain."""
    return tuple(m for m in survey.survivors if m.key not in accepted)


def noticed(survey: Survey, accepted: Mapping[Key, Accepted]) -> tuple[Complaint, ...]:
    """Return the listed survivors that some case does notice."""
    return tuple(
        _complaint(row, f"a case notices this change ('{verdict.killed_by}')")
        for verdict in survey.verdicts
        if verdict.killed_by is not None and (row := accepted.get(verdict.mutant.key)) is not None
    )


def gone(mutants: Iterable[Mutant], accepted: Mapping[Key, Accepted]) -> tuple[Complaint, ...]:
    """Return the listed survivors that are none of the mutants of all homes."""
    existing = {m.key for m in mutants}
    return tuple(_complaint(row, "no such change") for row in accepted.values() if row.key not in existing)


def _complaint(row: Accepted, message: str) -> Complaint:
    return Complaint(file=LIST, line=row.line, path="", message=f"{message}: {': '.join(row.key)}")


__all__ = ["COLUMNS", "LIST", "Accepted", "accepted_of", "gone", "noticed", "unexplained"]
