"""Trials of a therapy that is given in sessions: injections, infusions, visits; sessions close together are one series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.reference.codes import codes_of, is_verified
from tests.reference.courses import OutOfScopeError
from tests.reference.days import length
from tests.reference.drugs import Stretch
from tests.reference.drugs_on_record import drug_in_sets
from tests.reference.files import listed, pathway_file
from tests.reference.operations import Operation, Session, operations, possible_days_of, sessions
from tests.reference.outcomes import Aftermath, signs_after
from tests.reference.procedures import ProcedureTherapy
from tests.reference.questions import Questions
from tests.reference.record import Json
from tests.reference.standards import rows_for
from tests.reference.therapies import therapies
from tests.reference.trials import Trial
from tests.reference.verdicts import Outcome
from tests.reference.weighing import decides

Body = Mapping[str, Any]


def is_series(pathway: str, therapy: str) -> bool:
    """Whether a therapy is judged by series of sessions rather than session by session."""
    return any(
        row.get("sessions", 0) > 1 or "valid_for" in row or "gap" in row for row in rows_for(pathway, therapy)
    ) and any("sessions" in row for row in rows_for(pathway, therapy))


def series_trials(asks: Questions, therapy: str) -> list[Trial]:
    """The trials of a therapy of sessions: one for each series, one more for what rules it out, or none at all."""
    return SeriesTherapy(asks, therapy).trials()


@dataclass(frozen=True)
class Series:
    """Sessions that follow each other closely enough."""

    sessions: tuple[Session, ...]

    @property
    def first(self) -> date:
        """The day of its first session."""
        return self.sessions[0].day

    @property
    def last(self) -> date:
        """The day of its last."""
        return self.sessions[-1].day

    @property
    def records(self) -> tuple[Operation, ...]:
        """All records of all sessions."""
        return tuple(record for session in self.sessions for record in session.records)

    def counted(self, apart: int) -> int:
        """How many sessions lie at least so many days apart, counted from the first on."""
        count, last = 0, date.min
        for session in self.sessions:
            if count == 0 or (session.day - last).days >= apart:
                count, last = count + 1, session.day
        return count


class SeriesTherapy:
    """One therapy of sessions, in one record."""

    def __init__(self, asks: Questions, therapy: str) -> None:
        self.asks, self.therapy, self.pathway = asks, therapy, asks.pathway
        self.body: Body = therapies(asks.pathway)[therapy]
        self.row = next(row for row in rows_for(asks.pathway, therapy) if "sessions" in row)
        self.settings: Body = pathway_file(asks.pathway)["trials"]

    def trials(self) -> list[Trial]:
        """Every trial."""
        found = [self._judged(series) for series in self._series()]
        if self.body.get("procedure"):
            found += ProcedureTherapy(self.asks, self.therapy).ruled_out(found)
        return found or [Trial(self.pathway, self.therapy, "not-tried")]

    def stretches(self) -> list[Stretch]:
        """From when to when each series was given; to today while it works."""
        today = self.asks.record.as_of
        return [Stretch(s.first, today if self._runs(s) else s.last, by_text=False) for s in self._series()]

    def _series(self) -> list[Series]:
        gap = length(self.row.get("gap", self.settings["gap_allowed"])) + length(
            self.row.get("valid_for", "0 days")
        )
        groups: list[list[Session]] = []
        for session in sessions(self._done(), within=length(self.row.get("one_session_within", "0 days"))):
            if groups and (session.day - groups[-1][-1].day).days <= gap:
                groups[-1].append(session)
            else:
                groups.append([session])
        return [Series(tuple(group)) for group in groups]

    def _done(self) -> list[Operation]:
        found = []
        for resource in (*self._procedures(), *self._given()):
            days = possible_days_of(self.asks.record, resource)
            if len(days) != 1:
                raise OutOfScopeError("a session of imprecise date")
            found.append(Operation(resource, days[0]))
        return found

    def _procedures(self) -> list[Json]:
        done = operations(self.asks.record, self.body)
        if any(p["status"] in ("stopped", "in-progress") for p in done):
            raise OutOfScopeError("a session that was abandoned or goes on")
        return [p for p in done if p["status"] == "completed"]

    def _given(self) -> list[Json]:
        """Administrations of its drug; a conditional drug counts with its reason, or with a dose that tells it."""
        found = []
        for resource in self.asks.record.of_type("MedicationAdministration"):
            if resource["status"] != "completed":
                continue
            plain = drug_in_sets(self.asks.record, resource, listed(self.body.get("medication")))
            other = drug_in_sets(self.asks.record, resource, listed(self.body.get("conditional")))
            if plain or (other and self._counts(resource)):
                found.append(resource)
        return found

    def _counts(self, resource: Json) -> bool:
        if self.asks.record.reasons(resource):
            return self.asks.record.is_for(resource, listed(self.body["counts_if_reason"]))
        least = self.body.get("counts_if_dose")
        given = resource.get("dosage", {}).get("dose", {}).get("value")
        return least is not None and given is not None and given >= int(least.split()[0])

    def _judged(self, series: Series) -> Trial:
        outcome = self._outcome(series)
        verified = any(
            is_verified(code) for record in series.records for code in _codes(self.asks, record.resource)
        )
        certainty = "inferred" if outcome.inferred or not verified else "documented"
        days = (series.first, series.first), (series.last, series.last)
        running = outcome.verdict in ("ongoing", "ongoing-adequate")
        return Trial(
            self.pathway,
            self.therapy,
            outcome.verdict,
            outcome.reason,
            start=days[0],
            end=days[1],
            certainty=certainty,
            running=running,
        )

    def _outcome(self, series: Series) -> Outcome:
        """The verdict of a series: what its signs say, as far as it was enough and may be judged."""
        judged = (self.asks.record.as_of - series.first).days >= length(self.row.get("judge_after", "0 days"))
        short = self._shortfall(series)
        done = any(record.resource["resourceType"] == "Procedure" for record in series.records)
        items = self.settings.get("procedures", {}) if done else {}
        after = Aftermath(
            self.asks,
            self.therapy,
            Session(series.records),
            length(self.row.get("judge_after", "0 days")),
            series.last,
        )
        found = signs_after(after, items)
        best = decides([s for s in found if s.verdict not in ("unknown", "ruled-out")])
        if best is not None and best.verdict == "not-tolerated":
            return Outcome(best.verdict, best.reason, inferred=not best.sure)
        if best is not None and best.verdict == "effective" and judged:
            return Outcome(best.verdict, best.reason, inferred=not best.sure)
        if best is not None and best.verdict.startswith("failed"):
            if not short:
                return Outcome("failed", best.reason, inferred=not best.sure)
            return Outcome("ongoing", None) if self._runs(series) else Outcome("inadequate", short)
        if judged and any(s.verdict == "unknown" for s in found):
            return Outcome("unknown", None)
        return self._without_sign(series, judged=judged, short=short)

    def _without_sign(self, series: Series, *, judged: bool, short: str) -> Outcome:
        if not judged:
            return Outcome("ongoing", None)
        if short:
            return Outcome("ongoing", None) if self._runs(series) else Outcome("inadequate", short)
        if self._runs(series):
            return Outcome("ongoing-adequate", None)
        procedures = any(record.resource["resourceType"] == "Procedure" for record in series.records)
        return Outcome("unknown" if procedures else "ended-unknown", None)

    def _shortfall(self, series: Series) -> str:
        """Why a series was not enough; empty when it was."""
        if series.counted(length(self.row.get("apart", "0 days"))) < self.row["sessions"]:
            return "too-few-sessions"
        return (
            "too-short" if (series.last - series.first).days < length(self.row.get("lasts", "0 days")) else ""
        )

    def _runs(self, series: Series) -> bool:
        """Whether it still works, or another session may follow."""
        lasts = self.row.get("valid_for", self.row.get("gap", self.settings["gap_allowed"]))
        return (self.asks.record.as_of - series.last).days <= length(lasts)


def _codes(asks: Questions, resource: Json) -> Sequence[tuple[str, str]]:
    return codes_of(resource.get("code") or resource.get("medicationCodeableConcept"))
