"""All trials of a therapy that is a procedure: one for each session, one more for what rules it out, or none at all."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from tests.reference.codes import in_sets, surely_in_sets
from tests.reference.courses import OutOfScopeError
from tests.reference.files import listed, pathway_file
from tests.reference.operations import Operation, Session, operations, possible_days_of, sessions, standard_of
from tests.reference.outcomes import Aftermath, signs_after
from tests.reference.questions import Questions
from tests.reference.record import Json, exact, status_reasons, texts
from tests.reference.ruling_out import Bar
from tests.reference.therapies import therapies
from tests.reference.trials import Trial
from tests.reference.verdicts import Outcome, together
from tests.reference.weighing import Rank, decides
from tests.reference.words import meaning

Body = Mapping[str, Any]


def procedure_trials(asks: Questions, therapy: str) -> list[Trial]:
    """The trials of a therapy that is a procedure."""
    return ProcedureTherapy(asks, therapy).trials()


class ProcedureTherapy:
    """One procedure of a pathway, in one record."""

    def __init__(self, asks: Questions, therapy: str) -> None:
        self.asks, self.therapy, self.pathway = asks, therapy, asks.pathway
        self.items: Mapping[str, list[Body]] = pathway_file(asks.pathway)["trials"]["procedures"]
        self.standard = standard_of(asks.pathway, therapy)
        self.resources = operations(asks.record, therapies(asks.pathway)[therapy])

    def trials(self) -> list[Trial]:
        """Every trial."""
        tried = [r for r in self.resources if r["status"] != "not-done"]
        undated = [r for r in tried if not possible_days_of(self.asks.record, r)]
        dated = [r for r in tried if possible_days_of(self.asks.record, r)]
        found = [self._judged(ways) for ways in self._worlds(dated)]
        found += [self._undated(r) for r in undated]
        found += self.ruled_out(found)
        return found or [Trial(self.pathway, self.therapy, "not-tried")]

    def _worlds(self, dated: Sequence[Json]) -> list[list[Session]]:
        """For each session every day that it can have been."""
        options = [[Operation(r, day) for day in possible_days_of(self.asks.record, r)] for r in dated]
        readings = [
            sessions(way, within=self.standard.one_session_within) for way in itertools.product(*options)
        ]
        shapes = {tuple(tuple(o.resource["id"] for o in s.records) for s in reading) for reading in readings}
        if len(shapes) != 1:
            raise OutOfScopeError("whether two records are one session is open")
        return [list(ways) for ways in zip(*readings, strict=True)]

    def _judged(self, ways: Sequence[Session]) -> Trial:
        outcome = together([self._outcome(way) for way in ways])
        days = [way.day for way in ways]
        certainty = "inferred" if outcome.inferred or not ways[0].verified else "documented"
        return Trial(
            self.pathway,
            self.therapy,
            outcome.verdict,
            outcome.reason,
            start=(min(days), max(days)),
            end=(min(days), max(days)),
            certainty="open" if outcome.open else certainty,
            running=ways[0].in_progress,
        )

    def _outcome(self, session: Session) -> Outcome:
        if session.in_progress:
            return Outcome("ongoing", None)
        found = signs_after(
            Aftermath(self.asks, self.therapy, session, self.standard.judge_after), self.items
        )
        judged = self._waited(session) >= self.standard.judge_after
        stated = [s for s in found if s.verdict != "unknown" and self._may_speak(s.verdict, s.item, session)]
        best = decides(stated)
        if best is not None and best.verdict.startswith("failed"):
            return Outcome("failed", best.reason, inferred=not best.sure)
        if best is not None and (best.verdict != "effective" or judged):
            return Outcome(best.verdict, best.reason or None, inferred=not best.sure)
        return self._without_sign(session, judged=judged, partial=any(s.verdict == "unknown" for s in found))

    def _waited(self, session: Session) -> int:
        return (self.asks.record.as_of - session.day).days

    def _may_speak(self, verdict: str, item: Body, session: Session) -> bool:
        """Ruled out is what was never done, or abandoned where the item lets that count; nothing else is said of that."""
        if session.done:
            return verdict != "ruled-out"
        return verdict == "not-tolerated" or (verdict == "ruled-out" and item.get("after_use") == "brief")

    def _without_sign(self, session: Session, *, judged: bool, partial: bool) -> Outcome:
        """A session of which nothing decisive is recorded, yet."""
        if not session.done:
            return Outcome("inadequate", "abandoned")
        if not judged or (partial and self._waited(session) < self.standard.judge_partial_after):
            return Outcome("ongoing", None)
        return Outcome("unknown", None)

    def _undated(self, resource: Json) -> Trial:
        raise OutOfScopeError(f"an undated procedure {resource['id']}")

    def ruled_out(self, trials: Sequence[Trial]) -> list[Trial]:
        """What was not done, and why; a procedure done later outdates that, one that is going on too."""
        found = [bar for item in self.items.get("ruled-out", []) for bar in self._bars(item)]
        starts = [t.start[0] for t in trials if t.start is not None]
        best = decides(
            [bar for bar in found if bar.day is None or not any(start > bar.day for start in starts)]
        )
        if best is None or any(t.running or t.verdict == "ruled-out" for t in trials):
            return []
        certainty = "documented" if best.sure else "inferred"
        return [Trial(self.pathway, self.therapy, "ruled-out", best.reason, certainty=certainty)]

    def _bars(self, item: Body) -> list[Bar]:
        found = []
        reason = item.get("reason", "contraindicated")
        for resource in self.resources:
            if resource["status"] != "not-done":
                continue
            day = exact(possible_days_of(self.asks.record, resource))
            told = [c for c in status_reasons(resource) if in_sets(c, listed(item.get("not_done_for")))]
            if told:
                sure = any(surely_in_sets(c, listed(item["not_done_for"])) for c in told)
                found.append(Bar(reason, Rank.CODE, sure=sure, day=day, by="order"))
            if any(meaning(text) in item.get("not_done_text", ()) for text in texts(resource)):
                found.append(Bar(reason, Rank.WORDS, sure=False, day=day, by="order"))
        return found
