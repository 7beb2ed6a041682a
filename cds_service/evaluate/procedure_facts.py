"""Fact words that read procedures and free text: what was done, where, how often, and what was written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cds_service.evaluate.case import Case
from cds_service.evaluate.citing import cite, named, says, settled
from cds_service.evaluate.comparing import (
    answer_for,
    count_answer,
    dated,
    later,
    opposite,
    same_region,
    same_target,
    within,
)
from cds_service.evaluate.truth import Answer, Truth, all_of, any_of, no, yes
from cds_service.ruleset.facts import PhraseFact, ProcedureFact
from cds_service.timeline.dates import DateSpan
from cds_service.timeline.events import Event, Performed, Request, Site

STATES = {
    "done": {"completed"},
    "not-done": {"not-done", "stopped"},
    "any": {"completed", "not-done", "stopped", "in-progress"},
}


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
    truth = count_answer(
        sure=len(sure), perhaps=len(open_), wanted=fact, rules=case.rules, pathway=case.pathway
    )
    slots = _slots(found, len(sure) + len(open_), case)
    if truth is Truth.NO:
        return settled([no()], case, ["Procedure"], f"procedures ({' or '.join(fact.in_)})")
    joined = all_of([*sure, *open_] if truth is Truth.UNKNOWN else sure)
    return replace(joined, slots={**joined.slots, **slots}) if truth is not Truth.YES or sure else yes()


def _slots(found: Sequence[tuple[Performed, Answer]], count: int, case: Case) -> dict[str, object]:
    slots: dict[str, object] = {"count": count, "nth": count + 1}
    if found:
        first = found[0][0]
        slots |= {"procedure": first.concept.label, "date": first.when}
        if first.when is not None:
            slots["days"] = (case.timeline.as_of - first.when.last).days
    return slots


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
    if (fact.after or fact.before) and case.anchor is not None:
        after = later(when, case.anchor.when)
        checks.append(dated(after if fact.after else opposite(after), when, label))
    if fact.same in {"target", "region"}:
        place = place_of(case)
        if place is not None:
            compare_site = same_target if fact.same == "target" else same_region
            checks.append(answer_for(compare_site(procedure.site, place)))
    if fact.outcome:
        checks.append(yes() if any(named(o, fact.outcome) for o in procedure.outcomes) else no())
    if fact.reason:
        checks.append(yes() if any(named(r, fact.reason) for r in procedure.reasons) else no())
    if fact.text:
        checks.append(says(procedure, procedure.texts, fact.text, case))
    return all_of(checks)


def phrase(fact: PhraseFact, case: Case) -> Answer:
    """A reviewed phrase list in the named text fields; always inferred."""
    found = []
    for event, texts, when in _texts(fact, case):
        if fact.about and not named(event.concept, fact.about):
            continue
        said = says(event, texts, fact.in_, case)
        if said.yes and fact.within is not None:
            window = case.rules.window(fact.within, case.pathway)
            said = all_of([said, dated(within(when, window, case.timeline.as_of), when, event.concept.label)])
        found.append(said)
    return any_of(found) if found else no()


def _texts(fact: PhraseFact, case: Case) -> list[tuple[Event, tuple[str, ...], DateSpan | None]]:
    line = case.timeline
    found: list[tuple[Event, tuple[str, ...], DateSpan | None]] = []
    if "condition" in fact.where:
        found += [(d, (d.concept.label, *d.notes), d.since) for d in line.diagnoses]
    if "medication" in fact.where:
        found += [(o, (*o.stop_texts, *o.texts), o.start) for o in line.orders]
    if "procedure" in fact.where:
        found += [(p, (p.concept.label, *p.texts), p.when) for p in line.procedures]
    if "report" in fact.where:
        found += [(r, (r.text,), r.when) for r in line.reports if r.text]
    if "observation" in fact.where:
        found += [(r, (r.text,), r.when) for r in line.results if r.text]
    if "draft" in fact.where:
        drafts = [case.draft] if case.draft is not None else list(line.drafts)
        found += [(d, (d.concept.label, *d.texts), None) for d in drafts]
    return found
