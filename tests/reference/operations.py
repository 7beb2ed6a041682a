"""Which procedures on record are of a therapy, on which days they may have been done, and which of them are one session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.reference.codes import codes_of, in_sets, is_verified, member
from tests.reference.conditions import diagnoses
from tests.reference.courses import OutOfScopeError
from tests.reference.days import Days, length
from tests.reference.files import Row, listed
from tests.reference.questions import Questions
from tests.reference.record import Json, Record
from tests.reference.standards import rows_for
from tests.reference.therapies import therapies

DONE = {"completed"}
SIDES = ("left", "right", "bilateral")


@dataclass(frozen=True)
class Operation:
    """A procedure on record, on the day that one world gives it."""

    resource: Json
    day: date

    @property
    def status(self) -> str:
        """Its status."""
        return str(self.resource["status"])


def operations(record: Record, therapy: Mapping[str, Any]) -> list[Json]:
    """The procedures of a therapy, whatever became of them, apart from what does not count at all."""
    counting = {"completed", "stopped", "in-progress", "not-done"}
    found = [p for p in record.of_type("Procedure") if p["status"] in counting and is_of(record, p, therapy)]
    return [p for p in found if not _recorded_day(p) or record.past(_recorded_day(p))]


def is_of(record: Record, procedure: Json, therapy: Mapping[str, Any]) -> bool:
    """Whether a code of the procedure is in one of the therapy's sets, with the reason that the code asks for."""
    for code in codes_of(procedure["code"]):
        for value_set in listed(therapy.get("procedure")):
            inside, row = member(code, value_set)
            if inside and _has_its_reason(record, procedure, row):
                return True
    return False


def _has_its_reason(record: Record, procedure: Json, row: Row) -> bool:
    """A code that names no target counts for the reason, or without any reason when no other target is on record."""
    if row.get("needs_words") or row.get("unless_words") or row.get("weak"):
        raise OutOfScopeError(f"a code that needs words: {row}")
    wanted = row.get("needs_reason")
    if not wanted:
        return True
    if record.reasons(procedure):
        return record.is_for(procedure, [wanted])
    rival = row.get("competing")
    return bool(rival) and not diagnoses(record, [str(rival)])


def _recorded_day(procedure: Json) -> str | None:
    """When it was done: its end, else its start."""
    period = procedure.get("performedPeriod", {})
    found: str | None = procedure.get("performedDateTime") or period.get("end") or period.get("start")
    return found or procedure.get("effectiveDateTime")


def possible_days_of(record: Record, procedure: Json) -> Days:
    """The days on which it may have been done; none when it is undated."""
    return record.past(_recorded_day(procedure))


def side_of(procedure: Json) -> str | None:
    """The recorded side; left beside right is both."""
    found = {
        name
        for name in SIDES
        if any(in_sets(site, [f"laterality-{name}"]) for site in procedure.get("bodySite", []))
    }
    if "bilateral" in found or len(found) > 1:
        return "bilateral"
    return found.pop() if found else None


def differ(one: str | None, other: str | None) -> bool:
    """Two sides that are both recorded, and are not the same."""
    return {one, other} == {"left", "right"}


@dataclass(frozen=True)
class Session:
    """Records of one occasion, in one world."""

    records: tuple[Operation, ...]

    @property
    def day(self) -> date:
        """The day of its first record."""
        return min(o.day for o in self.records)

    @property
    def side(self) -> str | None:
        """The side that any of its records names."""
        named = {side for o in self.records if (side := side_of(o.resource)) is not None}
        if len(named) > 1:
            return "bilateral"
        return named.pop() if named else None

    @property
    def verified(self) -> bool:
        """Whether a verified code names it."""
        return any(is_verified(code) for o in self.records for code in codes_of(o.resource["code"]))

    @property
    def done(self) -> bool:
        """Whether any of it was completed."""
        return any(o.status in DONE for o in self.records)

    @property
    def in_progress(self) -> bool:
        """Whether it is going on, and nothing of it is completed."""
        return not self.done and any(o.status == "in-progress" for o in self.records)


def sessions(found: Sequence[Operation], *, within: int) -> list[Session]:
    """Records so close together, and not of different sides, are one session."""
    groups: list[list[Operation]] = []
    for operation in sorted(found, key=lambda o: (o.day, str(o.resource["id"]))):
        for group in groups:
            close = (operation.day - group[0].day).days <= within
            if close and not any(differ(side_of(operation.resource), side_of(o.resource)) for o in group):
                group.append(operation)
                break
        else:
            groups.append([operation])
    return [Session(tuple(group)) for group in groups]


@dataclass(frozen=True)
class Standard:
    """Days after which a session is judged, and records that are one session."""

    judge_after: int
    judge_partial_after: int
    one_session_within: int


def standard_of(pathway: str, therapy: str) -> Standard:
    """What the pathway asks of a procedure."""
    rows = rows_for(pathway, therapy)
    row: Mapping[str, Any] = rows[0] if rows else {}
    judge = length(row.get("judge_after", "0 days"))
    return Standard(
        judge,
        length(row.get("judge_partial_after", f"{judge} days")),
        length(row.get("one_session_within", "0 days")),
    )


def all_sessions(asks: Questions, therapy: str) -> list[tuple[date, Session]]:
    """The dated sessions of a therapy that were done, each on its day; only exact days are read."""
    standard = standard_of(asks.pathway, therapy)
    done = []
    for resource in operations(asks.record, therapies(asks.pathway)[therapy]):
        days = possible_days_of(asks.record, resource)
        if resource["status"] != "not-done" and len(days) > 1:
            raise OutOfScopeError("another procedure of imprecise date")
        done += [Operation(resource, day) for day in days if resource["status"] != "not-done"]
    return [(session.day, session) for session in sessions(done, within=standard.one_session_within)]
