"""Fact words that read diagnoses, allergies, care, devices, visits and the person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import TypeVar

from cds_service.evaluate.case import Case
from cds_service.evaluate.citing import cite, named, placed, says, settled, titled
from cds_service.evaluate.comparing import (
    answer_for,
    compare,
    dated,
    later,
    longer_ago,
    opposite,
    same_region,
    within,
)
from cds_service.evaluate.followed import not_followed
from cds_service.evaluate.procedure_facts import place_of
from cds_service.evaluate.truth import Answer, Evidence, Truth, all_of, no, possible, unknown, yes
from cds_service.ruleset.facts import (
    AgeFact,
    AllergyFact,
    AncestryFact,
    CareFact,
    ConditionFact,
    DeviceFact,
    EncounterFact,
    SettingFact,
    SexFact,
)
from cds_service.timeline.amounts import Amount
from cds_service.timeline.dates import DateSpan
from cds_service.timeline.events import NOWHERE, Allergy, Diagnosis, Event, Missing, Order

CARE = ("DiagnosticReport", "Encounter", "ImagingStudy", "Observation", "Procedure", "ServiceRequest")
"""Types that tell of care; one of them unread leaves its absence open."""

SEVERE_REACTIONS = frozenset({"sjs-ten-dress", "anaphylaxis"})
"""Manifestations that make an allergy severe whatever its criticality (ruling on allergies)."""

E = TypeVar("E", bound=Event)


def condition(fact: ConditionFact, case: Case) -> Answer:
    """A diagnosis of a set, in the wanted state, certainty, time, place."""
    known = case.timeline.diagnoses
    found = [
        _diagnosis(d, fact, case)
        for d in known
        if named(d.concept, fact.in_, fact.except_)
        and _in_state(d, fact)
        and not any(_replaces(other, d, fact) for other in known)
    ]
    return settled(found, case, ["Condition"], "Diagnoses")


def _in_state(diagnosis: Diagnosis, fact: ConditionFact) -> bool:
    if fact.status is not None:
        return diagnosis.clinical == fact.status
    match fact.state:
        case "current":
            return diagnosis.is_current
        case "remission":
            return diagnosis.clinical in {"remission", "inactive", "resolved"}
        case _:
            return True


def _replaces(other: Diagnosis, one: Diagnosis, fact: ConditionFact) -> bool:
    """A record surely made later: of the same code with another clinical status, or of a set that replaces.

    A code that both share replaces nothing when the later record means another illness: local codes may be general.
    """
    same_code = not set(other.concept.codes).isdisjoint(one.concept.codes)
    same_illness = same_code and named(other.concept, fact.in_, fact.except_)
    newer = fact.latest_status and same_illness and other.clinical != one.clinical
    if not newer and not named(other.concept, fact.replaced_by):
        return False
    return later(other.recorded or other.since, one.recorded or one.since) is Truth.YES


def _diagnosis(diagnosis: Diagnosis, fact: ConditionFact, case: Case) -> Answer:
    label = diagnosis.concept.label
    proof = cite(diagnosis, f"{label} on the problem list", diagnosis.since)
    checks = [yes(proof, slots={"finding": label, "date": diagnosis.since})]
    if fact.certainty == "confirmed" and not diagnosis.is_confirmed:
        checks.append(
            unknown(Missing(what=f"{label} is {diagnosis.verification}", settled_by="a confirmed diagnosis"))
        )
    checks += _diagnosed_when(diagnosis, fact, case)
    checks += _diagnosed_how(diagnosis, fact, case)
    return all_of(checks)


def _diagnosed_when(diagnosis: Diagnosis, fact: ConditionFact, case: Case) -> list[Answer]:
    label, since, as_of = diagnosis.concept.label, diagnosis.since, case.timeline.as_of
    rules, pathway = case.rules, case.pathway
    checks = []
    if fact.within is not None:
        checks.append(dated(within(since, rules.window(fact.within, pathway), as_of), since, label))
    if fact.onset_before is not None:
        checks.append(dated(longer_ago(since, rules.window(fact.onset_before, pathway), as_of), since, label))
    if fact.recorded_before is not None:
        known = diagnosis.recorded or since
        checks.append(
            dated(longer_ago(known, rules.window(fact.recorded_before, pathway), as_of), known, label)
        )
    if fact.onset_age_below is not None:
        checks.append(_young_onset(diagnosis, fact, case))
    if (anchor := case.anchor) is not None and (fact.after or fact.before):
        after = later(since, anchor.when)
        checks.append(dated(after if fact.after else opposite(after), since, label))
    if fact.not_followed_by:
        checks.append(not_followed(diagnosis, since, fact.not_followed_by, case))
    return checks


def _diagnosed_how(diagnosis: Diagnosis, fact: ConditionFact, case: Case) -> list[Answer]:
    label, site = diagnosis.concept.label, diagnosis.site
    checks = []
    if fact.region:
        checks.append(placed(site.regions, fact.region, label))
    if fact.same is not None and (place := place_of(case)) is not None:
        checks.append(answer_for(same_region(site, place)))
    if fact.side is not None:
        checks.append(placed(frozenset({site.side} - {None}), (fact.side,), label))
    if fact.text:
        checks.append(says(diagnosis, (label, *diagnosis.notes), fact.text, case))
    if fact.severity is not None:
        severity = diagnosis.severity
        missing = unknown(Missing(what=f"severity of {label}"))
        checks.append(missing if severity is None else yes() if severity == fact.severity else no())
    return checks


def _young_onset(diagnosis: Diagnosis, fact: ConditionFact, case: Case) -> Answer:
    label = diagnosis.concept.label
    wanted = AgeFact(below=fact.onset_age_below)

    def below(age: Amount) -> Answer:
        return compare(replace_unit(age), wanted, rules=case.rules, pathway=case.pathway, what="age at onset")

    born, onset, recorded = case.timeline.person.born, diagnosis.onset, diagnosis.recorded
    if diagnosis.onset_age is not None:
        return below(diagnosis.onset_age)
    if born is not None and onset is not None:
        return below(Amount(_years(born.last, onset.first), _years(born.first, onset.last), "a"))
    if born is not None and recorded is not None:
        at_recording = below(Amount(0, _years(born.first, recorded.last), "a"))  # it began then or earlier
        if at_recording.yes:
            return at_recording
    return unknown(Missing(what=f"age at onset of {label}", settled_by="an onset date and a birth date"))


def replace_unit(age: Amount) -> Amount:
    """Return an age in years, whatever spelling of years the record used."""
    return Amount(age.low, age.high, "a")


def _years(born: date, day: date) -> int:
    return max(0, day.year - born.year - ((day.month, day.day) < (born.month, born.day)))


def allergy(fact: AllergyFact, case: Case) -> Answer:
    """An allergy or intolerance on record to a set, or to the ingredients of the draft."""
    wanted = _allergens(fact, case)
    found = [
        _allergy(a, fact)
        for a in case.timeline.allergies
        if _is_to(a, wanted) and (fact.state == "ever" or a.clinical == "active")
    ]
    return settled(found, case, ["AllergyIntolerance"], "allergies")


def _allergens(fact: AllergyFact, case: Case) -> tuple[frozenset[str], frozenset[str]]:
    ingredients: frozenset[str] = frozenset()
    if "draft" in fact.to and isinstance(case.draft, Order):
        ingredients = frozenset(case.draft.ingredient_names)
    return frozenset(fact.to) - {"draft"}, ingredients


def _is_to(item: Allergy, wanted: tuple[frozenset[str], frozenset[str]]) -> bool:
    sets, ingredients = wanted
    return item.concept.within(sets) or any(i.name in ingredients for i in item.concept.ingredients)


def _allergy(item: Allergy, fact: AllergyFact) -> Answer:
    label = item.concept.label
    kind = item.kind or "allergy or intolerance"
    reaction = ", ".join(m.label for m in item.manifestations)
    words = f"{kind} to {label} on record" + (f" ({reaction})" if reaction else "")
    checks = [
        yes(
            cite(item, words, item.recorded),
            slots={"reaction": reaction, "finding": words, "date": item.recorded},
        )
    ]
    if fact.kind is not None:
        checks.append(no() if item.kind not in {fact.kind, None} else yes() if item.kind else possible())
    if fact.criticality is not None:
        checks.append(yes() if item.criticality == fact.criticality else no())
    if fact.reaction:
        checks.append(yes() if any(named(m, fact.reaction) for m in item.manifestations) else no())
    if fact.severe is not None:
        checks.append(yes() if is_severe(item) is fact.severe else no())
    return all_of(checks)


def is_severe(item: Allergy) -> bool:
    """Type allergy with criticality high, a reaction of severity severe, or a severe manifestation."""
    high = item.criticality == "high" and item.kind != "intolerance"
    return (
        high
        or "severe" in item.severities
        or any(named(m, tuple(SEVERE_REACTIONS)) for m in item.manifestations)
    )


def care(fact: CareFact, case: Case) -> Answer:
    """Care of a set, done or ordered, in any resource type."""
    found = []
    for event, when, ordered in _care_events(case, fact.in_):
        if fact.state != "any" and ordered is not (fact.state == "ordered"):
            continue
        checks = [yes(cite(event, f"{event.concept.label} {'ordered' if ordered else 'recorded'}", when))]
        if fact.within is not None:
            window = case.rules.window(fact.within, case.pathway)
            checks.append(dated(within(when, window, case.timeline.as_of), when, event.concept.label))
        if fact.after is not None and case.anchor is not None:
            checks.append(dated(later(when, case.anchor.when), when, event.concept.label))
        if fact.same is not None and (place := place_of(case)) is not None:
            checks.append(answer_for(same_region(getattr(event, "site", NOWHERE), place)))
        found.append(all_of(checks))
    types = ("ServiceRequest",) if fact.state == "ordered" else CARE
    return settled(found, case, types, f"care ({titled(fact.in_, case)})")


def _care_events(case: Case, sets: Sequence[str]) -> Iterator[tuple[Event, DateSpan | None, bool]]:
    """Every event of the sets, with its day and whether it is only ordered; dates are read of those alone."""
    line = case.timeline
    for done in _named(line.procedures, sets):
        if done.status in {"completed", "in-progress"}:
            yield done, done.when, False
    for request in _named(line.requests, sets):
        if request.status in {"active", "on-hold", "completed"} and not request.avoid:
            yield request, request.authored or request.planned, request.status != "completed"
    yield from ((v, v.start, False) for v in _named(line.visits, sets) if v.status != "cancelled")
    yield from ((r, r.when, False) for r in _named(line.reports, sets))
    yield from ((r, r.when, False) for r in _named(line.results, sets))
    yield from ((o, o.start, True) for o in _named(line.orders, sets) if o.counts)


def _named(events: Iterable[E], sets: Sequence[str]) -> Iterator[E]:
    return (event for event in events if named(event.concept, sets))


def device(fact: DeviceFact, case: Case) -> Answer:
    """A device of a set that is in place."""
    found = [
        yes(cite(d, f"{d.concept.label} in place", d.placed))
        for d in case.timeline.implants
        if d.status != "inactive" and named(d.concept, fact.in_, fact.except_)
    ]
    return settled(found, case, ["Device"], f"devices ({titled(fact.in_, case)})")


def encounter(fact: EncounterFact, case: Case) -> Answer:
    """A visit by class or type."""
    found = []
    for visit in case.timeline.visits:
        if fact.in_ and not named(visit.concept, fact.in_):
            continue
        if fact.visit_class and visit.visit_class not in fact.visit_class:
            continue
        if fact.state == "current" and visit.status not in {"arrived", "triaged", "in-progress", "onleave"}:
            continue
        checks = [yes(cite(visit, f"visit ({visit.visit_class or 'class not recorded'})", visit.start))]
        if fact.within is not None:
            window = case.rules.window(fact.within, case.pathway)
            checks.append(dated(within(visit.start, window, case.timeline.as_of), visit.start, "visit"))
        found.append(all_of(checks))
    return settled(found, case, ["Encounter"], "visits")


def age(fact: AgeFact, case: Case) -> Answer:
    """Age in whole years on the day of judgement."""
    person = case.timeline.person
    if person.born is None:
        return unknown(Missing(what="age", settled_by="a birth date"))
    as_of = case.timeline.as_of
    years = Amount(_years(person.born.last, as_of), _years(person.born.first, as_of), "a")
    answer = compare(years, fact, rules=case.rules, pathway=case.pathway, what="age")
    proof = Evidence(reference=person.reference, says=f"age {years.low:g}")
    return all_of([yes(proof), answer])


def sex(fact: SexFact, case: Case) -> Answer:
    """Administrative sex."""
    person = case.timeline.person
    if person.sex is None or person.sex == "unknown":
        return unknown(Missing(what="sex", settled_by="the Patient resource"))
    proof = Evidence(reference=person.reference, says=f"recorded as {person.sex}")
    return yes(proof) if person.sex == fact.is_ else no(proof)


def setting(fact: SettingFact, case: Case) -> Answer:
    """The setting, as the profile in force has it, has this value."""
    return yes() if str(case.rules.setting(fact.name, case.pathway)) == fact.is_ else no()


def ancestry(fact: AncestryFact, case: Case) -> Answer:
    """Recorded race or ethnicity, never guessed."""
    person = case.timeline.person
    if not person.ancestry:
        return unknown(Missing(what="ancestry", settled_by="a recorded race or ethnicity"))
    proof = Evidence(reference=person.reference, says="recorded ancestry")
    return no(proof) if person.ancestry.isdisjoint(fact.in_) else yes(proof)
