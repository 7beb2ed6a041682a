"""Whom a pathway is for: in, out or unknown, how surely, and what proves it."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.evaluate.asking import Asker
from cds_service.evaluate.case import Case
from cds_service.evaluate.citing import cite, named
from cds_service.evaluate.truth import Answer, Evidence, Truth, all_of
from cds_service.ruleset.facts import AgeFact
from cds_service.ruleset.pathway import PathwayFile, Population
from cds_service.timeline.events import Diagnosis, Missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """Whether the patient belongs to a pathway's population.

    ``provisional`` when only provisional or differential diagnoses open it; ``ever`` when a diagnosis in any clinical
    status, not refuted, is on record (enough for safety rules of the pathway).
    """

    truth: Truth
    provisional: bool = False
    ever: bool = False
    evidence: tuple[Evidence, ...] = ()
    ever_evidence: tuple[Evidence, ...] = ()
    missing: tuple[Missing, ...] = ()


def membership(pathway: str, case: Case, asker: Asker) -> Membership:
    """Return the patient's membership of a pathway, worked out once a call."""
    return case.once(("population", pathway), lambda: _membership(case.rules.pathways[pathway], case, asker))


def _membership(file: PathwayFile, case: Case, asker: Asker) -> Membership:
    wanted = file.population
    place = case.within(file.pathway).about(None)
    known = [d for d in case.timeline.diagnoses if named(d.concept, wanted.condition)]
    ever_evidence = tuple(_proof(d) for d in known)
    ever = bool(known)
    if case.timeline.person.deceased:
        return Membership(truth=Truth.NO)
    answer, provisional = _diagnosed(known, wanted, place)
    if wanted.when is not None:
        also = asker.block(wanted.when, place)
        answer = also if not wanted.condition else all_of([answer, also])
    if answer.no:
        return Membership(truth=Truth.NO, ever=ever, ever_evidence=ever_evidence)
    if wanted.exclude is not None and asker.block(wanted.exclude, place).yes:
        return Membership(truth=Truth.NO, ever=ever, ever_evidence=ever_evidence)
    if wanted.youngest is not None and asker.ask_word("age", AgeFact(below=wanted.youngest), place).yes:
        return Membership(truth=Truth.NO, ever=ever, ever_evidence=ever_evidence)
    return Membership(
        truth=answer.truth,
        provisional=provisional,
        ever=ever,
        evidence=answer.evidence,
        ever_evidence=ever_evidence,
        missing=answer.missing,
    )


def _proof(diagnosis: Diagnosis) -> Evidence:
    return cite(diagnosis, f"{diagnosis.concept.label} on the problem list", diagnosis.since)


def _diagnosed(known: list[Diagnosis], wanted: Population, case: Case) -> tuple[Answer, bool]:
    """Current diagnoses open the population; unconfirmed ones never do, provisional ones provisionally."""
    current = [d for d in known if d.is_current and d.verification != "unconfirmed"]
    firm = [d for d in current if d.is_confirmed]
    if firm or current:
        chosen = sorted(firm or current, key=lambda d: (d.concept.inferred, d.reference))
        return Answer(truth=Truth.YES, evidence=tuple(_proof(d) for d in chosen[:1])), not firm
    if "Condition" in case.timeline.incomplete and wanted.condition:
        return Answer(
            truth=Truth.UNKNOWN, missing=(Missing(what="diagnoses", settled_by="reading Condition"),)
        ), False
    return Answer(truth=Truth.NO if wanted.condition else Truth.YES), False
