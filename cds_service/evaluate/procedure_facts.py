"""Fact words that read procedures and free text: what was done, where, how often, and what was written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

from cds_service.evaluate.case import Case
from cds_service.evaluate.citing import cite, named, says, settled, titled
from cds_service.evaluate.comparing import (
    answer_for,
    count_answer,
    dated,
    later,
    longer_ago,
    not_before,
    opposite,
    same_region,
    same_site,
    same_target,
    within,
)
from cds_service.evaluate.followed import followed, not_followed
from cds_service.evaluate.medication_facts import planned_day
from cds_service.evaluate.truth import Answer, Truth, all_of, any_of, no, unknown, yes
from cds_service.ruleset.facts import PhraseFact, ProcedureFact
from cds_service.ruleset.words import Duration
from cds_service.timeline.dates import DateSpan
from cds_service.timeline.events import Event, Missing, Performed, Request, Site

STATES = {
    "done": {"completed"},
    "not-done": {"not-done", "stopped"},
    "any": {"completed", "not-done", "stopped", "in-progress"},
}


SITES = {"target": same_target, "site": same_site, "region": same_region}
"""How ``same`` compares two places."""


def place_of(case: Case) -> Site | None:
    """Return the site that ``same`` compares with: the draft's, else the anchor's."""
    if isinstance(case.draft, Request):
        return case.draft.site
    return case.anchor.site if case.anchor is not None else None


def matching(fact: ProcedureFact, case: Case) -> list[tuple[Performed, Answer]]:
    """Return each procedure of the set with how surely it meets every filter; those that do not are left out."""
    found = []
    for procedure in case.timeline.procedures:
        if procedure.status in STATES[fact.state] and named(procedure.concept, fact.in_, fact.except_):
            answer = _procedure(procedure, fact, case)
            if not answer.no:
                found.append((procedure, answer))
    found.sort(key=lambda pair: _order(pair[0]), reverse=fact.pick == "latest")
    return found


def _order(procedure: Performed) -> tuple[object, ...]:
    when = procedure.when
    return (
        (when.last.toordinal(), when.first.toordinal(), procedure.reference)
        if when
        else (0, 0, procedure.reference)
    )


def procedure(fact: ProcedureFact, case: Case) -> Answer:
    """Procedures of a set; the comparison counts sessions (claim lines of one day are one)."""
    found = matching(fact, case)
    sessions = _sessions(found, fact)
    each = [any_of(answers) for answers in sessions]
    sure, open_ = [a for a in each if a.yes], [a for a in each if a.unknown]
    slots = _slots(found, len(sure) + len(open_), fact, case)
    open_ += _unclear(fact, case)
    truth = count_answer(
        sure=len(sure), perhaps=len(open_), wanted=fact, rules=case.rules, pathway=case.pathway
    )
    if truth is Truth.NO:
        return settled([no()], case, ["Procedure"], f"procedures ({titled(fact.in_, case)})")
    joined = all_of([*sure, *open_] if truth is Truth.UNKNOWN else sure)
    return replace(joined, slots={**joined.slots, **slots}) if truth is not Truth.YES or sure else yes()


def _unclear(fact: ProcedureFact, case: Case) -> list[Answer]:
    """Return an open answer for each procedure of which nobody recorded whether it was done (status ``unknown``)."""
    found = [p for p in case.timeline.procedures if p.status == "unknown"]
    return [
        unknown(
            Missing(
                what=f"whether {p.concept.label} was done", settled_by="the status of the procedure on record"
            )
        )
        for p in found
        if named(p.concept, fact.in_, fact.except_) and not _procedure(p, fact, case).no
    ]


def _slots(
    found: Sequence[tuple[Performed, Answer]], count: int, fact: ProcedureFact, case: Case
) -> dict[str, object]:
    slots: dict[str, object] = {"count": count, "nth": ordinal(count + 1)}
    if found:
        first = found[0][0]
        slots |= {"procedure": first.concept.label, "date": first.when}
        slots |= since_slots(first.when, fact, case)
        days = sorted(p.when.last for p, _ in found if p.when is not None)
        if days:
            slots["months"] = _months(days[0], days[-1])
    return slots


def since_slots(when: DateSpan | None, fact: ProcedureFact, case: Case) -> dict[str, object]:
    """Return ``days`` from a procedure to the planned day of the draft, where the fact counts to it, else to today."""
    if when is None:
        return {}
    day: date = planned_day(case) if fact.newer_than is not None else case.timeline.as_of
    return {"days": (day - when.last).days}


def ordinal(number: int) -> str:
    """Return ``1st``, ``2nd``, ``3rd``, ``4th`` …"""
    teens = number % 100 in {11, 12, 13}
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _months(first: date, last: date) -> int:
    """Return the months from one day to another, a month that has begun counted whole."""
    return (last.year - first.year) * 12 + last.month - first.month + (last.day > first.day)


def _sessions(found: Sequence[tuple[Performed, Answer]], fact: ProcedureFact) -> list[list[Answer]]:
    if fact.distinct == "record":
        return [[answer] for _, answer in found]
    span = fact.session_within.days if fact.session_within and fact.distinct == "session" else 0
    dated_ones = sorted(
        ((p.when, a) for p, a in found if p.when is not None), key=lambda pair: (pair[0].first, pair[0].last)
    )
    sessions: list[list[Answer]] = []
    last: DateSpan | None = None
    for when, answer in dated_ones:
        if last is not None and (when.first - last.last).days <= span:
            sessions[-1].append(answer)
        else:
            sessions.append([answer])
        last = when
    return sessions + [[answer] for p, answer in found if p.when is None]


def _procedure(procedure: Performed, fact: ProcedureFact, case: Case) -> Answer:
    label, when = procedure.concept.label, procedure.when
    verb = "done" if procedure.done else procedure.status
    checks = [yes(cite(procedure, f"{label} {verb}", when))]
    if fact.within is not None:
        window = case.rules.window(fact.within, case.pathway)
        checks.append(dated(within(when, window, case.timeline.as_of), when, label))
    checks += _when_else(procedure, fact, case)
    if fact.same in SITES:
        place = place_of(case)
        if place is not None:
            checks.append(answer_for(SITES[fact.same](procedure.site, place)))
    if fact.outcome:
        checks.append(yes() if any(named(o, fact.outcome) for o in procedure.outcomes) else no())
    if fact.reason:
        checks.append(yes() if any(named(r, fact.reason) for r in procedure.reasons) else no())
    if fact.text:
        checks.append(says(procedure, procedure.texts, fact.text, case))
    return all_of(checks)


def _when_else(procedure: Performed, fact: ProcedureFact, case: Case) -> list[Answer]:
    """Every filter on the day of a procedure besides ``within``."""
    label, when = procedure.concept.label, procedure.when
    rules, pathway = case.rules, case.pathway
    checks = []
    if fact.newer_than is not None:
        checks.append(_newer(when, rules.window(fact.newer_than, pathway), label, case))
    if fact.at_least_ago is not None:
        window = rules.window(fact.at_least_ago, pathway)
        checks.append(dated(longer_ago(when, window, case.timeline.as_of), when, label))
    if (fact.after or fact.before) and case.anchor is not None:
        after = later(when, case.anchor.when)
        checks.append(dated(after if fact.after else opposite(after), when, label))
    if fact.followed_by:
        checks.append(followed(procedure, when, fact.followed_by, case))
    if fact.not_followed_by:
        checks.append(not_followed(procedure, when, fact.not_followed_by, case))
    return checks


def _newer(when: DateSpan | None, window: Duration, label: str, case: Case) -> Answer:
    """Fewer whole days than the window before the planned day of the draft, else before the day of judgement."""
    return dated(not_before(when, window.before(planned_day(case)) + timedelta(days=1)), when, label)


def phrase(fact: PhraseFact, case: Case) -> Answer:
    """A reviewed phrase list in the named text fields; always inferred; a place that was not read whole leaves it open."""
    found = []
    for event, texts, when in _texts(fact, case):
        said = says(event, texts, fact.in_, case)
        if said.yes and fact.within is not None:
            window = case.rules.window(fact.within, case.pathway)
            day = when()
            said = all_of([said, dated(within(day, window, case.timeline.as_of), day, event.concept.label)])
        found.append(said)
    types = [name for place in fact.where for name in _TYPES[place]]
    return settled(found, case, types, f"words ({titled(fact.in_, case)})")


Text = tuple[Event, tuple[str, ...], Callable[[], DateSpan | None]]
"""An event, what it says in words, and its day, read only when it is asked for."""


def _texts(fact: PhraseFact, case: Case) -> Iterator[Text]:
    """Every text in the named places."""
    for place in fact.where:
        for event in _TEXTS[place](case):
            if not fact.about or named(event[0].concept, fact.about):
                yield event


def _of_conditions(case: Case) -> Iterator[Text]:
    for diagnosis in case.timeline.diagnoses:
        yield diagnosis, (diagnosis.concept.label, *diagnosis.notes), partial(getattr, diagnosis, "since")


def _of_medications(case: Case) -> Iterator[Text]:
    for order in case.timeline.orders:
        yield order, (*order.stop_texts, *order.texts), partial(getattr, order, "start")


def _of_procedures(case: Case) -> Iterator[Text]:
    for done in case.timeline.procedures:
        yield done, (done.concept.label, *done.texts), partial(getattr, done, "when")


def _of_reports(case: Case) -> Iterator[Text]:
    for report in case.timeline.reports:
        yield report, (report.text,) if report.text else (), partial(getattr, report, "when")


def _of_results(case: Case) -> Iterator[Text]:
    for result in case.timeline.results:
        yield result, (result.text,) if result.text else (), partial(getattr, result, "when")


def _of_drafts(case: Case) -> Iterator[Text]:
    drafts = case.timeline.drafts if case.draft is None else (case.draft,)
    for draft in drafts:
        yield draft, (draft.concept.label, *draft.texts), lambda: None


_TEXTS: dict[str, Callable[[Case], Iterator[Text]]] = {
    "condition": _of_conditions,
    "medication": _of_medications,
    "procedure": _of_procedures,
    "report": _of_reports,
    "observation": _of_results,
    "draft": _of_drafts,
}
"""Where a phrase may be looked for."""

_TYPES: dict[str, tuple[str, ...]] = {
    "condition": ("Condition",),
    "medication": ("MedicationRequest", "MedicationStatement"),
    "procedure": ("Procedure",),
    "report": ("DiagnosticReport", "ImagingStudy"),
    "observation": ("Observation",),
    "draft": (),
}
"""The types that hold the words of each place."""
