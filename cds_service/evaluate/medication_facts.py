"""Fact words that read medications: courses in use, partners of a draft, the draft itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import cast

from cds_service.evaluate.case import Case
from cds_service.evaluate.citing import cite, named, placed, settled, titled
from cds_service.evaluate.comparing import (
    answer_for,
    at_least,
    compare,
    count_answer,
    dated,
    later,
    not_before,
    within,
)
from cds_service.evaluate.truth import Answer, Evidence, Truth, all_of, any_of, no, possible, unknown, yes
from cds_service.evaluate.weight_dose import weight_answers
from cds_service.ruleset.facts import AgeFact, DraftFact, MedicationFact, WithFact
from cds_service.ruleset.words import Duration
from cds_service.timeline.amounts import Amount, UnknownAmount
from cds_service.timeline.courses import Course, courses_of, is_current, last_possible_day
from cds_service.timeline.events import Certainty, Draft, Missing, Order, OrderSource, Request

MEDICATIONS = (
    "MedicationAdministration",
    "MedicationDispense",
    "MedicationRequest",
    "MedicationStatement",
)
"""Types that tell of a drug; one of them unread leaves its absence open."""

LAPSED_NOTE = "supply ended {date}: confirm whether still taken"


def recorded_orders(case: Case, sets: Sequence[str], excluded: Sequence[str] = ()) -> list[Order]:
    """Orders on record of a set that count, without the draft's own record."""
    own = case.draft.reference if case.draft is not None else None
    drafts = {d.reference for d in case.timeline.drafts}
    return [
        o
        for o in case.timeline.orders
        if o.counts and o.reference != own and o.reference not in drafts and named(o.concept, sets, excluded)
    ]


class Courses:
    """The courses that some orders make up, put together once per ingredient when first asked for."""

    def __init__(self, orders: Sequence[Order], case: Case) -> None:
        self._orders: dict[str, list[Order]] = {}
        for order in orders:
            for name in order.ingredient_names:
                self._orders.setdefault(name, []).append(order)
        self._case = case
        self._found: dict[str, tuple[Course, ...]] = {}

    def of_ingredient(self, name: str) -> tuple[Course, ...]:
        """Return the courses of one ingredient."""
        if name not in self._found:
            rules = self._case.rules
            self._found[name] = courses_of(
                self._orders.get(name, ()),
                ingredient=name,
                gap_allowed=rules.window("course-gap", "shared").days,
                as_of=self._case.timeline.as_of,
                lapsed_after=rules.window("lapsed-after", "shared").days,
            )
        return self._found[name]

    def of_set(self, sets: Sequence[str]) -> list[Course]:
        """Return the courses of every ingredient of some value sets."""
        sets_of = self._case.rules.terminology.sets_of_ingredient
        names = [name for name in sorted(self._orders) if not sets_of(name).isdisjoint(sets)]
        return [course for name in names for course in self.of_ingredient(name)]

    def with_order(self, order: Order) -> Course | None:
        """Return the course that an order belongs to."""
        for name in order.ingredient_names:
            for course in self.of_ingredient(name):
                if any(o is order for o in course.orders):
                    return course
        return None


def running_courses(case: Case, sets: Sequence[str]) -> list[Course]:
    """Courses of a set that an order in use belongs to."""
    orders = recorded_orders(case, sets)
    return [
        c
        for c in Courses(orders, case).of_set(sets)
        if any(is_current(o, case.timeline.as_of) for o in c.orders)
    ]


def medication(fact: MedicationFact, case: Case) -> Answer:
    """Drugs of a set on record in the wanted state; the comparison counts distinct ingredients or classes."""
    orders = [o for o in recorded_orders(case, fact.in_, fact.except_) if _order_fits(o, fact)]
    if fact.same == "ingredient":
        own = set(case.draft.ingredient_names) if isinstance(case.draft, Order) else set()
        orders = [o for o in orders if own.intersection(o.ingredient_names)]
    answers: dict[str, list[Answer]] = {}
    courses = Courses(orders, case)
    for order in orders:
        answer = _medication(order, courses, fact, case)
        for key in _keys(order, fact, case):
            answers.setdefault(key, []).append(answer)
    if fact.plus_draft:
        for draft in case.timeline.drafts:
            if isinstance(draft, Order) and named(draft.concept, fact.in_, fact.except_):
                proof = yes(cite(draft, f"{draft.concept.label} in this call's orders", draft.start))
                for key in _keys(draft, fact, case):
                    answers.setdefault(key, []).append(proof)
    each = [any_of(group) for group in answers.values()]
    return counted(each, fact, case, types=MEDICATIONS, what=f"orders ({titled(fact.in_, case)})")


def counted(
    each: Sequence[Answer], fact: MedicationFact, case: Case, *, types: Sequence[str], what: str
) -> Answer:
    """Hold the number of met answers against the comparison; incomplete types leave a shortfall unknown."""
    sure = [a for a in each if a.yes]
    open_ = [a for a in each if a.unknown]
    truth = count_answer(
        sure=len(sure), perhaps=len(open_), wanted=fact, rules=case.rules, pathway=case.pathway
    )
    slots = {"count": len(sure)}
    if truth is Truth.YES:
        met = all_of(sure) if sure else yes()
        return replace(met, slots={**met.slots, **slots})
    if truth is Truth.UNKNOWN:
        joined = all_of([*sure, *open_])
        return replace(joined, slots={**joined.slots, **slots})
    return settled([no()], case, types, what)


def used_as(order: Order, use: str | None) -> bool:
    """True when an order is for the wanted use: regular means at stated times; as needed is everything else."""
    if use is None:
        return True
    timed = any(isinstance(daily, Amount) for part in order.doses for daily in part.daily.values())
    return (timed and not order.as_needed) is (use == "regular")


def _order_fits(order: Order, fact: MedicationFact) -> bool:
    if fact.given is not None and (order.source is OrderSource.ADMINISTRATION) is not fact.given:
        return False
    if not used_as(order, fact.use):
        return False
    if fact.route and order.route is not None and order.route not in fact.route:
        return False
    return not fact.reason or any(named(r, fact.reason) for r in order.reasons)


def _keys(order: Order, fact: MedicationFact, case: Case) -> list[str]:
    """Return what the order counts as: its ingredients of the set, or the class sets among the wanted sets."""
    if fact.distinct == "class":
        return sorted(order.concept.sets.intersection(fact.in_))
    sets_of = case.rules.terminology.sets_of_ingredient
    names = [i for i in order.ingredient_names if not sets_of(i).isdisjoint(fact.in_)]
    return names or [order.concept.label]


def _medication(order: Order, courses: Courses, fact: MedicationFact, case: Case) -> Answer:
    as_of = case.timeline.as_of
    rules, pathway = case.rules, case.pathway
    if fact.state != "any" and is_current(order, as_of) is not (fact.state == "in-use"):
        return no()
    label = order.concept.label
    checks = [yes(_cite_order(order, case))]
    if fact.ended_within is not None:
        checks.append(ended_within(order, rules.window(fact.ended_within, pathway), case))
    if fact.started_within is not None:
        course = courses.with_order(order)
        start = course.start if course is not None else order.start
        checks.append(dated(within(start, rules.window(fact.started_within, pathway), as_of), start, label))
    if fact.lasted is not None or fact.lasted_at_most is not None:
        checks.append(_lasted(order, courses, fact, case))
    if fact.after is not None and case.anchor is not None:
        checks.append(dated(later(order.start, case.anchor.when), order.start, label))
    if fact.daily_dose_at_most is not None:
        most = AgeFact(at_most=fact.daily_dose_at_most)
        checks.append(compare(daily_dose(order), most, rules=rules, pathway=pathway, what=f"dose of {label}"))
    return all_of(checks)


def _lasted(order: Order, courses: Courses, fact: MedicationFact, case: Case) -> Answer:
    label = order.concept.label
    course = courses.with_order(order)
    days = course.days if course is not None else UnknownAmount("no start date")
    if isinstance(days, UnknownAmount):
        return unknown(Missing(what=f"duration of {label}: {days.reason}", settled_by=days.settled_by))
    wanted = AgeFact(at_least=_days(fact.lasted, case), at_most=_days(fact.lasted_at_most, case))
    days = Amount(days.low, days.high, "d")
    return compare(days, wanted, rules=case.rules, pathway=case.pathway, what=f"duration of {label}")


def _days(window: Duration | str | None, case: Case) -> str | None:
    return None if window is None else f"{case.rules.window(window, case.pathway).days} d"


def _cite_order(order: Order, case: Case) -> Evidence:
    words = f"{order.concept.label} ordered"
    lapsed = case.rules.window("lapsed-after", "shared")
    ended = order.supply_end
    if is_current(order, case.timeline.as_of) and ended and ended.last < lapsed.before(case.timeline.as_of):
        words += f"; {LAPSED_NOTE.format(date=ended)}"
    return cite(order, words, order.start)


def ended_within(order: Order, window: Duration, case: Case) -> Answer:
    """Still in use, or its last possible day lies fewer than ``window`` whole days before the planned day of the draft.

    Where no end is known the answer is *possible* while the order is younger than a year, then no
    (the wash-out ruling): the card says "end not recorded".
    """
    day = planned_day(case)
    if is_current(order, case.timeline.as_of):
        return yes()
    last = last_possible_day(order, as_of=case.timeline.as_of)
    if last is not None:
        first_day = window.before(day) + timedelta(days=1)
        truth = not_before(last, first_day)
        return replace(answer_for(truth), slots={"date": last, "days": (day - last.last).days})
    young = case.rules.window("end-not-recorded", "shared")
    if not_before(order.start, young.before(day)) is Truth.NO:
        return no()
    return possible(
        missing=(Missing(what=f"end of {order.concept.label} not recorded", settled_by="its stop date"),)
    )


def planned_day(case: Case):  # type: ignore[no-untyped-def]
    """Return the draft's planned day when it has an exact one, else the day of judgement."""
    draft = case.draft
    planned = (
        draft.planned if isinstance(draft, Request) else draft.start if isinstance(draft, Order) else None
    )
    if planned is not None and planned.is_exact and planned.first >= case.timeline.as_of:
        return planned.first
    return case.timeline.as_of


def with_partner(fact: WithFact, case: Case) -> Answer:
    """Partners of the draft: drugs of a set in use, ended within the window, or in another draft of the call."""
    stopped = _stopped_by_drafts(case) if fact.stopping_excluded else frozenset()
    found = []
    if not fact.in_drafts_only:
        for order in recorded_orders(case, fact.in_, fact.except_):
            # What this call stops ended today: that is past for a pair, not for a wash-out.
            if order.reference in stopped and fact.ended_within is None:
                continue
            if _partner_fits(order, fact, case):
                found.append(all_of([_recorded_partner(order, fact, case), *_dosed(order, fact, case)]))
    for draft in case.timeline.drafts:
        if _is_other_draft(draft, case) and named(draft.concept, fact.in_, fact.except_):
            assert isinstance(draft, Order)
            if _partner_fits(draft, fact, case):
                proof = cite(draft, f"{draft.concept.label} in this call's orders", draft.start)
                found.append(all_of([yes(proof, slots=_partner_slots(draft)), *_dosed(draft, fact, case)]))
    answer = settled(found, case, MEDICATIONS, f"orders ({titled(fact.in_, case)})")
    return replace(answer, slots={**answer.slots, **_all_partners(found)}) if answer.yes else answer


def _all_partners(found: Sequence[Answer]) -> dict[str, object]:
    """Return the names and references of every partner met, in order."""
    met = [a.slots for a in found if a.yes]
    names = dict.fromkeys(str(slots["other"]) for slots in met)
    references = dict.fromkeys(r for slots in met for r in cast("tuple[str, ...]", slots["partners"]))
    return {"other": ", ".join(names), "partners": tuple(references)}


def _is_other_draft(draft: Draft, case: Case) -> bool:
    stopping = draft.status in {"stopped", "cancelled", "completed", "revoked", "entered-in-error"}
    other = case.draft is None or draft.reference != case.draft.reference
    return isinstance(draft, Order) and other and not stopping


def _stopped_by_drafts(case: Case) -> frozenset[str]:
    """Return orders on record that a draft of this call stops: the same id, or named as its prior prescription."""
    stopped: set[str] = set()
    for draft in case.timeline.drafts:
        if isinstance(draft, Order) and draft.status in {"stopped", "cancelled", "completed"}:
            stopped.add(draft.reference)
            if draft.prior:
                stopped.add(draft.prior)
    return frozenset(stopped)


def _partner_fits(order: Order, fact: WithFact, case: Case) -> bool:
    own = set(case.draft.ingredient_names) if isinstance(case.draft, Order) else set()
    if not fact.same_ingredient and order.ingredient_names and own.issuperset(order.ingredient_names):
        return False
    if not used_as(order, fact.use) or (order.route is not None and order.route in fact.not_route):
        return False
    if fact.given is not None and (order.source is OrderSource.ADMINISTRATION) is not fact.given:
        return False
    if fact.other_route and not _other_route(order, case):
        return False
    return not fact.route or order.route is None or order.route in fact.route


def _other_route(order: Order, case: Case) -> bool:
    """True when both routes are recorded and differ."""
    own = case.draft.route if isinstance(case.draft, Order) else None
    return own is not None and order.route is not None and order.route != own


def _dosed(order: Order, fact: WithFact, case: Case) -> list[Answer]:
    """Hold the partner's words and its dose at one time against the wanted ones, when the rule asks for them."""
    said = [_draft_text(order, fact.text, case)] if fact.text else []
    return [*said, *_single_dose(order, fact, case)]


def _partner_slots(order: Order) -> dict[str, object]:
    name = "/".join(order.ingredient_names) or order.concept.label
    return {"other": name, "partners": (order.reference,), "date": order.start}


def _recorded_partner(order: Order, fact: WithFact, case: Case) -> Answer:
    proof = yes(_cite_order(order, case), slots=_partner_slots(order))
    if is_current(order, case.timeline.as_of):
        return proof
    if fact.ended_within is None:
        return no()
    window = case.rules.window(fact.ended_within, case.pathway)
    ended = ended_within(order, window, case)
    if ended.yes and "date" in ended.slots:
        words = f"{order.concept.label} ended {ended.slots['date']}"
        return yes(cite(order, words, order.start), slots={**_partner_slots(order), **ended.slots})
    return all_of([replace(ended, slots={}), proof])


def draft_fact(fact: DraftFact, case: Case) -> Answer:
    """The order under judgement meets every filter."""
    draft = case.draft
    if draft is None:
        return no()
    if fact.in_ and not named(draft.concept, fact.in_, fact.except_):
        return no()
    checks: list[Answer] = [yes(cite(draft, f"draft order: {draft.concept.label}", None))]
    checks += _draft_reasons(draft, fact)
    checks += _draft_setting(draft, fact, case)
    if fact.text:
        checks.append(_draft_text(draft, fact.text, case))
    if isinstance(draft, Order):
        checks += _draft_medication(draft, fact, case)
    else:
        if _of_a_drug(fact):
            checks.append(unknown(Missing(what="dose and route", settled_by="a medication order")))
        if fact.side is not None:
            checks.append(placed(frozenset({draft.site.side} - {None}), (fact.side,), draft.concept.label))
        if fact.region:
            checks.append(placed(draft.site.regions, fact.region, draft.concept.label))
    return all_of(checks)


def _of_a_drug(fact: DraftFact) -> bool:
    """True when a filter asks what only a medication order says; a request for a service leaves it open."""
    asked = (fact.use, fact.strength, fact.single_dose, fact.first_in, fact.combination, fact.per_kg)
    limits = (fact.daily_dose_above, fact.daily_dose_at_least, fact.dose_rate_above)
    by_weight = (fact.dose_per_kg_above, fact.rate_per_kg_above)
    return bool(fact.route) or any(word is not None for word in (*asked, *limits, *by_weight))


def _draft_reasons(draft: Draft, fact: DraftFact) -> list[Answer]:
    checks = []
    if fact.reason:
        checks.append(yes() if any(named(r, fact.reason) for r in draft.reasons) else no())
    if fact.only_reason:
        if not draft.reasons:
            checks.append(unknown(Missing(what="reason of the order", settled_by="a reason on the order")))
        else:
            checks.append(yes() if all(named(r, fact.only_reason) for r in draft.reasons) else no())
    if fact.no_reason is not None:
        checks.append(yes() if (not draft.reasons) is fact.no_reason else no())
    return checks


def _draft_setting(draft: Draft, fact: DraftFact, case: Case) -> list[Answer]:
    checks = []
    if fact.setting:
        settings = set(draft.categories)
        settings |= {
            v.visit_class
            for v in case.timeline.visits
            if v.visit_class and v.status in {"in-progress", "arrived"}
        }
        if not settings:
            checks.append(unknown(Missing(what="setting of the order", settled_by="its category")))
        else:
            checks.append(no() if settings.isdisjoint(fact.setting) else yes())
    if fact.serial is not None:
        checks.append(yes() if _is_serial(draft) is fact.serial else no())
    if fact.priority and isinstance(draft, Request):
        checks.append(yes() if (draft.priority or "routine") in fact.priority else no())
    return checks


def _is_serial(draft: Draft) -> bool:
    """An inpatient order and an order of a single dose are single; everything else is a series."""
    if isinstance(draft, Order) and draft.ordered_doses == 1:
        return False
    return not draft.categories.intersection({"inpatient", "emergency"})


def _draft_text(draft: Draft, lists: Sequence[str], case: Case) -> Answer:
    words = ". ".join((draft.concept.label, *draft.texts, *(r.label for r in draft.reasons if r.label)))
    found = case.rules.terminology.findings(words)
    if any(name in found and found[name].polarity == "pos" for name in lists):
        return yes(
            replace(
                cite(draft, f"the order says “{words}”", None), by_text=True, certainty=Certainty.INFERRED
            )
        )
    return no()


def _draft_medication(draft: Order, fact: DraftFact, case: Case) -> list[Answer]:
    checks = []
    rules, pathway = case.rules, case.pathway
    if fact.route:
        if draft.route is None:
            checks.append(unknown(Missing(what="route of the order", settled_by="its route")))
        else:
            checks.append(yes() if draft.route in fact.route else no())
    for wanted, measure in (
        (AgeFact(above=fact.daily_dose_above, at_least=fact.daily_dose_at_least), daily_dose(draft)),
        (AgeFact(above=fact.dose_rate_above), draft.dose_rate or UnknownAmount("rate not stated")),
    ):
        if wanted.compares:
            answer = compare(measure, wanted, rules=rules, pathway=pathway, what="dose of the order")
            slots = {"dose": shown_amount(measure)}
            checks.append(replace(answer, slots=slots))
    checks += [*weight_answers(draft, fact, case), *_single_dose(draft, fact, case)]
    if fact.strength is not None:
        strengths = [i.strength for i in draft.concept.ingredients if i.strength is not None]
        wanted = AgeFact(at_least=fact.strength, at_most=fact.strength)
        if strengths:
            answers = [compare(s, wanted, rules=rules, pathway=pathway, what="strength") for s in strengths]
            checks.append(any_of(answers))
        else:
            checks.append(unknown(Missing(what="strength of the order", settled_by="a product code")))
    if fact.use is not None:
        checks.append(yes() if used_as(draft, fact.use) else no())
    if fact.first_in is not None:
        checks.append(_first_in(draft, rules.window(fact.first_in, pathway), case))
    if fact.combination is not None:
        checks.append(yes() if draft.is_combination is fact.combination else no())
    return checks


def _single_dose(order: Order, fact: DraftFact | WithFact, case: Case) -> list[Answer]:
    """Hold the dose at one time against the wanted one, when the rule asks for it."""
    if fact.single_dose is None:
        return []
    wanted = AgeFact(at_least=fact.single_dose)
    what = f"dose of {order.concept.label}"
    doses = order.single_dose.values() or (UnknownAmount("dose not stated", "a structured dosage"),)
    return [any_of([compare(d, wanted, rules=case.rules, pathway=case.pathway, what=what) for d in doses])]


def _first_in(draft: Order, window: Duration, case: Case) -> Answer:
    earlier = [
        o
        for o in case.timeline.orders
        if o.counts
        and o.reference != draft.reference
        and set(o.ingredient_names) & set(draft.ingredient_names)
        and within(o.start, window, case.timeline.as_of) is not Truth.NO
    ]
    if earlier:
        return no(cite(earlier[0], f"{earlier[0].concept.label} ordered before", earlier[0].start))
    unread = sorted(case.timeline.incomplete.intersection(MEDICATIONS))
    if unread:
        return unknown(Missing(what="earlier orders", settled_by=f"reading {' and '.join(unread)}"))
    return yes()


def daily_dose(order: Order, ingredient: str | None = None) -> Amount | UnknownAmount:
    """Return the highest daily dose of an order (as-needed: the most it allows), of its only or the named ingredient."""
    names = [ingredient] if ingredient else list(order.ingredient_names)
    best: Amount | UnknownAmount = UnknownAmount("dose not stated", "a structured dosage")
    for name in names:
        parts = [p.daily[name] for p in order.doses if name in p.daily]
        if not any(isinstance(p, Amount) for p in parts) and name in order.max_daily:
            parts = [order.max_daily[name]]
        for measure in parts:
            if isinstance(measure, UnknownAmount):
                best = measure if isinstance(best, UnknownAmount) else best
            elif isinstance(best, UnknownAmount) or measure.low > best.low:
                best = measure
    return best


def shown_amount(measure: Amount | UnknownAmount | None) -> str:
    """Return an amount as words: ``600 mg``, ``400-600 mg``, ``at least 400 mg``, ``unknown``."""
    if not isinstance(measure, Amount):
        return "unknown"
    unit = f" {measure.unit}" if measure.unit not in {"", "1"} else ""
    if measure.high is None:
        return f"at least {measure.low:g}{unit}"
    return f"{measure.low:g}{unit}" if measure.is_exact else f"{measure.low:g}–{measure.high:g}{unit}"


__all__ = ["at_least", "daily_dose", "draft_fact", "ended_within", "medication", "with_partner"]
