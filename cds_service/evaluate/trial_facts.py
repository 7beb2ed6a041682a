"""Fact words that read verdicts: trials of therapies, and steps of the ladder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from cds_service.evaluate.case import Case
from cds_service.evaluate.comparing import (
    answer_for,
    count_answer,
    dated,
    later,
    longer_ago,
    same_region,
    same_side,
    same_site,
    same_target,
    within,
)
from cds_service.evaluate.findings import StepState, Trial, Verdict
from cds_service.evaluate.procedure_facts import place_of
from cds_service.evaluate.truth import Answer, Evidence, Truth, all_of, any_of, no, possible, unknown, yes
from cds_service.ruleset.facts import StepFact, TrialFact
from cds_service.timeline.dates import DateSpan, days_between
from cds_service.timeline.events import Certainty, Missing, Order, Site

Trials = Callable[[str], tuple[Trial, ...]]
"""Trials of a pathway, judged once a call."""

WORDS = {
    "failed-absent": "did not work",
    "failed-waned": "worked, then waned",
    "not-tolerated": "not tolerated",
    "ruled-out": "ruled out",
    "inadequate": "too low or too short to count",
    "ongoing": "running, not yet adequate",
    "ongoing-adequate": "running, adequate",
    "effective": "worked",
    "stopped-other": "stopped for another reason",
    "ended-unknown": "ended, reason not recorded",
    "not-tried": "no order on record",
    "unknown": "cannot be judged from the record",
}
"""Verdicts in words for cards."""


SITES = {"target": same_target, "site": same_site, "region": same_region, "side": same_side}
"""How ``same`` compares two places."""


def trials_of(names: Sequence[str], case: Case, trials: Trials) -> list[Trial]:
    """Return the trials of therapies and groups, each judged by the pathway that defines the therapy."""
    wanted = set(case.rules.therapies(names, case.pathway))
    found: list[Trial] = []
    taken: set[str] = set()
    for scope in case.rules.scopes(case.pathway):
        if scope == "shared":
            continue
        judged = [t for t in trials(scope) if t.therapy in wanted and t.therapy not in taken]
        taken |= {t.therapy for t in judged}
        found += judged
    return found


def trial(fact: TrialFact, case: Case, trials: Trials) -> Answer:
    """Select trials, then pick, then test the verdict, then count."""
    chosen = picked(fact, selected(fact, case, trials))
    tested = [(t, all_of([where, test(t, fact, case)])) for t, where in chosen]
    if fact.every:
        return _every(fact, case, tested)
    return _counted(fact, case, tested)


def selected(fact: TrialFact, case: Case, trials: Trials) -> list[tuple[Trial, Answer]]:
    """Return the trials that the filters leave, each with how surely it belongs."""
    excluded = set(case.rules.therapies(fact.except_, case.pathway)) if fact.except_ else set()
    found = []
    known = trials_of(fact.of, case, trials)
    for item in known:
        if item.therapy in excluded or not (fact.same is None or _same(item, fact.same, case)):
            continue
        if fact.stands is not None and _stands(item, known) is not fact.stands:
            continue
        if fact.is_ == "anchor" and (case.anchor is None or item != case.anchor.trial):
            continue
        where = all_of(_when_and_where(item, fact, case))
        if not where.no:
            found.append((item, where))
    return found


def _stands(item: Trial, known: Sequence[Trial]) -> bool:
    """False when a later trial of the same therapy worked, or runs at an adequate dose."""
    return not any(
        other.finer in {"effective", "ongoing-adequate", "failed-waned"}
        and later(other.start, item.end or item.start) is Truth.YES
        for other in known
        if other.therapy == item.therapy and other is not item
    )


def _same(item: Trial, same: str, case: Case) -> bool:
    draft = case.draft
    if same in SITES:
        return True
    if same == "ingredient":
        if draft is None and case.anchor is not None and case.anchor.trial is not None:
            return item.ingredient == case.anchor.trial.ingredient
        return isinstance(draft, Order) and item.ingredient in draft.ingredient_names
    mine = _draft_therapies(case)
    attribute = {"class": "class_", "modality": "modality"}.get(same)
    if attribute is None:
        return item.route is None or not isinstance(draft, Order) or draft.route in {None, item.route}
    values = {getattr(case.rules.therapy(name, case.pathway), attribute) for name in mine} - {None}
    own = item.therapy_class if same == "class" else item.modality
    return own in values


def _draft_therapies(case: Case) -> list[str]:
    """Return the therapies of the pathway that the draft is an order of."""
    draft = case.draft
    if draft is None:
        return []
    return [
        name
        for name in case.rules.all_therapies(case.pathway)
        if case.rules.is_order_of(name, case.pathway, draft.concept.sets)
    ]


def _when_and_where(item: Trial, fact: TrialFact, case: Case) -> list[Answer]:
    checks = [yes()]
    as_of = case.timeline.as_of
    when = item.judged_on or item.end or item.start
    if fact.within is not None:
        checks.append(
            dated(within(when, case.rules.window(fact.within, case.pathway), as_of), when, item.label)
        )
    if fact.ended_within is not None and not (item.running and item.end is None):
        window = case.rules.window(fact.ended_within, case.pathway)
        checks.append(dated(within(item.end, window, as_of), item.end, item.label))
    if fact.ended_before is not None:
        window = case.rules.window(fact.ended_before, case.pathway)
        checks.append(
            no() if item.running else dated(longer_ago(item.end, window, as_of), item.end, item.label)
        )
    if fact.after is not None and case.anchor is not None:
        start = item.start or when
        checks.append(dated(later(start, case.anchor.when), start, item.label))
    if fact.region:
        places = item.site.regions | item.site.targets if item.site is not None else frozenset()
        checks.append(possible() if not places else no() if places.isdisjoint(fact.region) else yes())
    if fact.same in SITES:
        place = place_of(case)
        if place is not None:
            checks.append(answer_for(SITES[fact.same](item.site or Site(), place)))
    return checks


def picked(fact: TrialFact, chosen: Sequence[tuple[Trial, Answer]]) -> list[tuple[Trial, Answer]]:
    """Return the trials that the fact picks of those selected."""
    match fact.pick:
        case "latest":
            return latest(chosen)
        case "latest-of-site":
            return latest_of_site(chosen)
        case _:
            return list(chosen)


def latest_of_site(chosen: Sequence[tuple[Trial, Answer]]) -> list[tuple[Trial, Answer]]:
    """Leave out every trial that a later one at a place not known to be another supersedes."""
    used = [(t, a) for t, a in chosen if t.start is not None or t.end is not None or t.running]
    return [
        (t, a)
        for t, a in used
        if not any(
            recency(other) > recency(t) and same_site(other.site or Site(), t.site or Site()) is not Truth.NO
            for other, _ in used
            if other is not t
        )
    ]


def latest(chosen: Sequence[tuple[Trial, Answer]]) -> list[tuple[Trial, Answer]]:
    """Return the trial that runs or ended last; therapies without use on record do not count."""
    used = [(t, a) for t, a in chosen if t.start is not None or t.end is not None or t.running]
    if not used:
        return []
    return [max(used, key=lambda pair: recency(pair[0]))]


def recency(item: Trial) -> tuple[object, ...]:
    """Sort key: running trials first, then by end, then by start."""
    end, start = item.end or item.start, item.start
    return (item.running, _day(end), _day(start), item.therapy)


def _day(span: DateSpan | None) -> int:
    return span.last.toordinal() if span else 0


def _kind_fits(item: Trial, fact: TrialFact) -> bool:
    """The filters that a trial of which something is on record meets or not, whatever its verdict."""
    if fact.sessions_at_least is not None and (item.sessions or 0) < fact.sessions_at_least:
        return False
    if fact.below_target is not None and bool(item.below_target) is not fact.below_target:
        return False
    return fact.coded is None or item.by_text is not fact.coded


def test(item: Trial, fact: TrialFact, case: Case) -> Answer:
    """Does the trial have one of the verdicts (and reasons, and certainty)?"""
    if item.references and not _kind_fits(item, fact):
        return no()
    if fact.verdict and (held := _has_verdict(item, fact, case)) is not None:
        return held
    if fact.reason and item.reason not in fact.reason:
        return no()
    if fact.certainty == "documented" and item.certainty is not Certainty.DOCUMENTED:
        return no()
    return _positive(item)


def _has_verdict(item: Trial, fact: TrialFact, case: Case) -> Answer | None:
    """Return None when the trial has one of the verdicts, else the answer: no, or unknown while it cannot be judged."""
    wanted = case.rules.verdicts(fact.verdict, case.pathway)
    unprovable = item.verdict is Verdict.UNKNOWN and not item.references
    if unprovable or (item.verdict is Verdict.UNKNOWN and item.verdict.value not in wanted):
        return unknown(*(item.missing or (Missing(what=f"verdict of {item.label}"),)), evidence=item.evidence)
    if (
        not item.counts
        and item.finer in wanted
        and "ongoing" not in wanted
        and item.verdict is not Verdict.RULED_OUT
    ):
        return no()
    return None if item.finer in wanted else no()


def _positive(item: Trial) -> Answer:
    sentence = f"{item.label}: {WORDS[item.finer]}"
    evidence = item.evidence or tuple(
        Evidence(
            reference=r,
            says=sentence,
            date=str(item.start) if item.start else None,
            certainty=item.certainty,
            verified=item.verified,
            by_text=item.by_text,
        )
        for r in item.references
    )
    if item.certainty is Certainty.DOCUMENTED:  # a quote beside a documented verdict does not carry it
        evidence = tuple(replace(e, by_text=False) if e.by_text else e for e in evidence)
    else:  # the verdict may be less sure than what it cites
        evidence = tuple(
            replace(e, certainty=item.certainty) if e.certainty is Certainty.DOCUMENTED else e
            for e in evidence
        )
    return Answer(truth=Truth.YES, evidence=evidence, says=(sentence,))


def _every(fact: TrialFact, case: Case, tested: Sequence[tuple[Trial, Answer]]) -> Answer:
    by_therapy: dict[str, list[Answer]] = {}
    for item, answer in tested:
        by_therapy.setdefault(item.therapy, []).append(answer)
    wanted = case.rules.therapies(fact.of, case.pathway)
    return all_of([any_of(by_therapy.get(name, [no()])) for name in wanted])


def _counted(fact: TrialFact, case: Case, tested: Sequence[tuple[Trial, Answer]]) -> Answer:
    groups: dict[object, list[Answer]] = {}
    names: dict[object, str] = {}
    if fact.apart is not None:
        tested = _spaced(tested, case.rules.window(fact.apart, case.pathway).days)
    for item, answer in tested:
        key = _key(item, fact)
        groups.setdefault(key, []).append(answer)
        names[key] = item.class_words or item.label if fact.distinct == "class" else item.label
    each = {key: any_of(answers) for key, answers in groups.items()}
    sure = [k for k, a in each.items() if a.yes]
    open_ = [k for k, a in each.items() if a.unknown]
    truth = count_answer(
        sure=len(sure), perhaps=len(open_), wanted=fact, rules=case.rules, pathway=case.pathway
    )
    slots: dict[str, object] = {"count": len(sure), "failed": ", ".join(names[k] for k in sure)}
    needed = next((limit for limit in (fact.at_least, fact.below) if limit is not None), None)
    slots["untried"] = _untried(tested, names, fact)
    if needed is not None:
        slots["needed"] = f"{case.rules.limit(needed, case.pathway).value:g}"
    if truth is Truth.NO:
        return no(*(e for k in sure for e in each[k].evidence))
    kept = [each[k] for k in sure] + ([each[k] for k in open_] if truth is Truth.UNKNOWN else [])
    joined = all_of(kept) if kept else yes()
    first = next((t for t, a in [*((t, a) for t, a in tested if a.yes), *tested] if not a.no), None)
    if first is not None:
        slots |= trial_slots(first)
    return replace(joined, slots={**joined.slots, **slots})


def _untried(
    tested: Sequence[tuple[Trial, Answer]], names: Mapping[object, str], fact: TrialFact
) -> str | None:
    """Return the names of what no trial is on record of and nothing rules out; None when nothing is left."""
    touched = {_key(item, fact) for item, _ in tested if item.verdict is not Verdict.NOT_TRIED}
    return ", ".join(dict.fromkeys(name for key, name in names.items() if key not in touched)) or None


def _spaced(tested: Sequence[tuple[Trial, Answer]], days: int) -> list[tuple[Trial, Answer]]:
    """Keep trials that begin at least so many days apart: those that count for sure first, then what may count."""
    kept: list[tuple[Trial, Answer]] = []
    for item, answer in sorted(tested, key=lambda pair: (not pair[1].yes, _day(pair[0].start))):
        if answer.no or item.start is None:
            continue
        near = (
            other.start
            and max(days_between(item.start, other.start)[0], days_between(other.start, item.start)[0]) < days
            for other, _ in kept
        )
        if not any(near):
            kept.append((item, answer))
    return kept


def _key(item: Trial, fact: TrialFact) -> object:
    match fact.distinct:
        case "class":
            return item.therapy_class or item.therapy
        case "modality":
            return item.modality or item.therapy
        case "route":
            return (item.therapy, item.route)
        case "trial":
            return item
        case _:
            return item.therapy


def trial_slots(item: Trial) -> dict[str, object]:
    """Return what a card may say of a trial."""
    return {
        "therapy": item.label,
        "verdict": WORDS[item.finer],
        "trial": item,
    }


def step(fact: StepFact, case: Case, ladder: Callable[[], tuple[StepState, ...]]) -> Answer:
    """Where the patient stands: the first step that is not passed."""
    states = ladder()
    checks = []
    if fact.passed:
        checks += [_passed(s) for s in states if s.step in fact.passed]
    if fact.at:
        checks.append(_at(states, fact.at))
    if fact.exhausted is not None:
        every = all_of([_passed(s) for s in states])
        checks.append(every if fact.exhausted else _flip(every))
    return all_of(checks)


def _flip(answer: Answer) -> Answer:
    return no(*answer.evidence) if answer.yes else yes() if answer.no else answer


def _passed(state: StepState) -> Answer:
    match Truth(state.passed):
        case Truth.YES:
            return yes(*state.because)
        case Truth.NO:
            return no(*state.because)
        case Truth.UNKNOWN:
            return unknown(*state.missing)


def _at(states: Sequence[StepState], wanted: Sequence[str]) -> Answer:
    for state in states:
        if state.passed == Truth.NO:
            return yes() if state.step in wanted else no()
        if state.passed == Truth.UNKNOWN:
            return unknown(*state.missing) if state.step in wanted else possible(missing=state.missing)
    return no()
