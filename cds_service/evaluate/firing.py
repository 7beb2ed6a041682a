"""Does one rule fire for one case, how urgently, and with which words: the life of a single finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, cast

from cds_service.evaluate.asking import Asker
from cds_service.evaluate.case import AnchorEvent, Case
from cds_service.evaluate.citing import cite
from cds_service.evaluate.findings import Finding, Trial
from cds_service.evaluate.levels import capped, highest, rank
from cds_service.evaluate.population import Membership
from cds_service.evaluate.procedure_facts import matching, place_of, since_slots
from cds_service.evaluate.trial_facts import picked, recency, selected, test, trials_of
from cds_service.evaluate.truth import Answer, Evidence, Truth, all_of, any_of, yes
from cds_service.ruleset.cards import CardFile, TextVariant
from cds_service.ruleset.facts import Ask, Block, ConditionFact, DraftFact, Item, WithFact
from cds_service.ruleset.ruleset import SAFETY_KINDS, PairRow, Rule
from cds_service.ruleset.slots import settings_in
from cds_service.timeline.events import Certainty, Missing, Order, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One way in which a rule can hold: its level, what it says, and its answer for the case."""

    level: str
    say: str | None
    summary: str | None
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """The rule neither fired nor is known not to: what is missing."""

    missing: tuple[Missing, ...]


Outcome = Finding | Undecided | None


def fire(rule: Rule, case: Case, member: Membership, asker: Asker) -> Outcome:
    """Evaluate one rule for one case (draft already set); None when it is known not to fire."""
    file = rule.file
    anchored = anchor_for(file, case, asker)
    if anchored is None:
        return None
    case, anchor_answer = anchored
    opening = [anchor_answer]
    if file.when is not None:
        opening.append(asker.block(file.when, case))
    gate = all_of(opening)
    if gate.no:
        return None
    variants = [v for v in _variants(rule, case, asker) if not v.answer.no]
    met = _met(variants, gate, file)
    if met is None:
        return _undecided(gate, variants)
    return _finding(rule, case, member, asker, gate, met)


def _undecided(gate: Answer, variants: Sequence[Variant]) -> Undecided | None:
    open_ = [gate, *(v.answer for v in variants)]
    missing = dict.fromkeys(m for a in open_ if a.unknown for m in a.missing)
    return Undecided(missing=tuple(missing)) if any(a.unknown for a in open_) else None


def _met(variants: Sequence[Variant], gate: Answer, file: CardFile) -> list[Variant] | None:
    """Return the variants that hold, as far as ``if_unknown`` lets an open gate or variant through."""
    if gate.unknown:
        lets = file.if_unknown in {"mention", "ask"} or (file.if_unknown == "lower" and gate.possible)
        if not lets:
            return None
    sure = [v for v in variants if v.answer.yes]
    if sure:
        return sure
    if file.if_unknown == "lower":
        imprecise = [v for v in variants if v.answer.unknown and v.answer.possible]
        return imprecise or None
    if file.if_unknown in {"mention", "ask"} and variants:
        return list(variants)
    return None


def _variants(rule: Rule, case: Case, asker: Asker) -> list[Variant]:
    """All ways to hold: written findings, table rows, or (neither) the rule itself at its level.

    What a verdict asks of a safety rule is whether it is critical now; its other levels are then left out.
    """
    file = rule.file
    critical_only = case.stratum == "safety"
    found = [
        Variant(level=f.level, say=f.say, summary=f.summary, answer=asker.block(f.when, case))
        for f in file.findings
        if not critical_only or f.level == "critical"
    ]
    found += [
        Variant(level=row.level, say=row.say, summary=row.summary, answer=_row(row, file, case, asker))
        for row in rule.rows
        if not critical_only or row.level == "critical"
    ]
    if not file.findings and not file.rows:
        found.append(Variant(level=file.show.level, say=None, summary=None, answer=yes()))
    return found


def _row(row: PairRow, file: CardFile, case: Case, asker: Asker) -> Answer:
    """A table row: the draft is of its set, and its partner drug or diagnosis is on record."""
    draft = case.draft
    if draft is None or draft.concept.sets.isdisjoint(row.draft):
        return Answer(truth=Truth.NO)
    return asker.block(_question_of(row, file.rows), case)


@cache
def _question_of(row: PairRow, table: str | None) -> Block:
    """A row in the words of the language; made once, because rules never change while the service runs."""
    parts: list[Item] = [Ask(word="draft", fact=DraftFact.model_construct(in_=row.draft))]
    if row.other:
        parts.append(_partner(row, table))
    if row.if_:
        parts.append(row.if_)
    return Block.model_construct(all=tuple(parts), unless=(row.unless,) if row.unless else ())


def _partner(row: PairRow, table: str | None) -> Ask:
    if table == "interactions":
        partner = WithFact.model_construct(in_=row.other, ended_within=row.ended_within)
        return Ask(word="with", fact=partner)
    state = cast("Literal['current', 'remission', 'ever']", row.state)  # checked when the table was read
    diagnosis = ConditionFact.model_construct(in_=row.other, state=state, within=row.within)
    return Ask(word="condition", fact=diagnosis)


def anchor_for(file: CardFile, case: Case, asker: Asker) -> tuple[Case, Answer] | None:
    """Return the case hung on the card's anchor; None when there is no such event."""
    if file.anchor is None:
        return case, yes()
    if file.anchor.procedure is not None:
        found = matching(file.anchor.procedure, case)
        if not found:
            return None
        event, answer = found[0]
        slots = {
            "procedure": event.concept.label,
            "date": event.when,
            **since_slots(event.when, file.anchor.procedure, case),
        }
        anchor = AnchorEvent(
            when=event.when, evidence=answer.evidence, site=event.site, reference=event.reference
        )
        return case.at(anchor), replace(answer, slots={**answer.slots, **slots})
    assert file.anchor.trial is not None
    wanted = file.anchor.trial
    trials = selected(wanted, case, lambda scope: asker.trials(scope, case))
    pairs = [(t, all_of([where, test(t, wanted, case)])) for t, where in picked(wanted, trials)]
    pairs = sorted(((t, a) for t, a in pairs if not a.no), key=lambda pair: recency(pair[0]), reverse=True)
    if not pairs:
        return None
    chosen, answer = next(((t, a) for t, a in pairs if a.yes), pairs[0])
    slots = {**answer.slots, "trial": chosen, "therapy": chosen.label}
    return case.at(anchor_at(chosen, answer.evidence)), replace(answer, slots=slots)


def anchor_at(trial: Trial, evidence: tuple[Evidence, ...]) -> AnchorEvent:
    """Return a trial as the event that a card hangs on."""
    return AnchorEvent(
        when=trial.end or trial.start,
        evidence=evidence,
        trial=trial,
        site=trial.site,
        reference=trial.references[0] if trial.references else trial.therapy,
    )


def _finding(
    rule: Rule, case: Case, member: Membership, asker: Asker, gate: Answer, met: Sequence[Variant]
) -> Finding | None:
    file = rule.file
    exception = next((e for e in file.but if asker.block(e.when, case).yes), None)
    if exception is not None and exception.level == "silent":
        return None
    excepted = (asker.block(exception.when, case),) if exception is not None else ()
    answers = [gate, *(v.answer for v in met), *excepted]
    joined = all_of([replace(a, truth=Truth.YES) for a in answers])
    missing = tuple(dict.fromkeys(m for a in answers for m in a.missing))
    if exception is not None:
        met = [replace(v, level=exception.level, summary=exception.summary) for v in met]
    provisional = member.provisional and file.show.scope == "pathway" and not file.show.ever
    ranked = [(v, *_capped(v, [gate, *excepted], case, member, file, provisional)) for v in met]
    level = highest(level for _, level, _ in ranked)
    # Among findings that reach the level after caps, the one that was most urgent before them speaks.
    first, _, caps = max((r for r in ranked if r[1] == level), key=lambda r: rank(r[0].level))
    evidence = _evidence(joined, case, member, file)
    slots = _slots(case, joined, met, file)
    return Finding(
        card=rule.id,
        pathway=case.pathway,
        kind=file.show.kind,
        level=level,
        summary=first.summary or _text(file.summary, case, asker) or file.title,
        draft=case.draft,
        partners=_partners(met, gate),
        step=file.step,
        certainty=_certainty(evidence),
        evidence=evidence,
        missing=missing,
        because=joined.says,
        reasons=tuple((v.say, {**slots, **v.answer.slots}) for v in met if v.say),
        label=_text(file.label, case, asker),
        trials=_shown_trials(file, case, asker),
        anchor=case.anchor.trial if case.anchor else None,
        caps=caps,
        slots=slots,
        provisional=provisional,
    )


def _capped(
    variant: Variant,
    others: Sequence[Answer],
    case: Case,
    member: Membership,
    file: CardFile,
    provisional: bool,
) -> tuple[str, tuple[str, ...]]:
    """Cap one variant by what it rests on itself, so that a weaker further finding never lowers a firm one."""
    answers = [*others, variant.answer]
    joined = all_of([replace(a, truth=Truth.YES) for a in answers])
    pathway = case.rules.pathways[case.pathway]
    return capped(
        variant.level,
        _evidence(joined, case, member, file),
        provisional=provisional,
        imprecise=file.if_unknown == "lower" and any(a.unknown and a.possible for a in answers),
        text_cap=pathway.text_cap,
        order_text_cap=pathway.order_text_cap or pathway.text_cap,
        orders=_orders(case, file),
    )


def _orders(case: Case, file: CardFile) -> frozenset[str]:
    """References that stand for an order: the draft; for a rule that reads no verdicts every order on record too."""
    own = frozenset({case.draft.reference}) if case.draft is not None else frozenset()
    return own | {o.reference for o in case.timeline.orders} if file.show.kind in SAFETY_KINDS else own


def _evidence(joined: Answer, case: Case, member: Membership, file: CardFile) -> tuple[Evidence, ...]:
    """Never empty: a finding of absence cites the draft, or the population's diagnosis."""
    found: dict[Evidence, None] = {}
    if case.draft is not None:
        found[cite(case.draft, f"draft order: {case.draft.concept.label}", None)] = None
    if case.anchor is not None:
        found.update(dict.fromkeys(case.anchor.evidence))
    found.update(dict.fromkeys(joined.evidence))
    if not found or (file.show.scope == "pathway" and case.draft is None):
        found.update(dict.fromkeys(member.evidence or member.ever_evidence))
    if not found:
        person = case.timeline.person
        found[Evidence(reference=person.reference, says="patient record")] = None
    return tuple(found)


def _certainty(evidence: Sequence[Evidence]) -> Certainty:
    for weakest in (Certainty.REPORTED, Certainty.INFERRED):
        if any(e.certainty is weakest for e in evidence):
            return weakest
    return Certainty.DOCUMENTED


def _partners(met: Sequence[Variant], gate: Answer) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for answer in (*(v.answer for v in met), gate):
        partners = answer.slots.get("partners")
        if isinstance(partners, tuple):
            found.update(dict.fromkeys(partners))
    return tuple(found)


def _slots(case: Case, joined: Answer, met: Sequence[Variant], file: CardFile) -> Mapping[str, object]:
    slots: dict[str, object] = dict(joined.slots)
    place = place_of(case)
    if place is not None:
        slots |= {"region": region_words(place), "target": target_words(place)}
    slots |= {name: case.rules.setting(name, case.pathway) for name in settings_in(file)}
    draft = case.draft
    if draft is not None:
        slots["draft"] = draft.concept.label
        names = draft.ingredient_names if isinstance(draft, Order) else ()
        slots["drug"] = "/".join(names) or draft.concept.label
        slots.setdefault("procedure", draft.concept.label)
    others = dict.fromkeys(str(v.answer.slots["other"]) for v in met if "other" in v.answer.slots)
    if others:
        slots["other"] = ", ".join(others)
    return slots


def region_words(place: Site) -> str:
    """Return the region in words: ``lumbar``; ``region not recorded`` when it is not."""
    names = sorted(name.removeprefix("region-").replace("-", " ") for name in place.regions)
    return " or ".join(names) or "region not recorded"


def target_words(place: Site) -> str:
    """Return side, region and target in words: ``right lumbar facet``; ``target not recorded`` when none is."""
    targets = sorted(name.removeprefix("target-").replace("-", " ") for name in place.targets)
    regions = region_words(place) if place.regions else ""
    words = [place.side or "", regions, targets[0] if len(targets) == 1 else ""]
    return " ".join(w for w in words if w) or "target not recorded"


def _text(variants: Sequence[TextVariant], case: Case, asker: Asker) -> str | None:
    for variant in variants:
        if variant.when == "otherwise" or asker.block(variant.when, case).yes:
            return variant.say
    return None


def _shown_trials(file: CardFile, case: Case, asker: Asker) -> tuple[Trial, ...]:
    """Trials for the card's table: the named therapies, or all of the pathway that were used or ruled out.

    A safety card needs none unless it names them: what rules the drug out is the card itself.
    """
    bare = file.show.scope == "any-patient" or file.show.kind in SAFETY_KINDS
    if case.stratum == "safety" or (bare and not file.list_trials):
        return ()
    names = file.list_trials or case.rules.all_therapies(case.pathway)
    found = trials_of(names, case, lambda scope: asker.trials(scope, case))
    return tuple(t for t in found if t.references or t.verdict == "ruled-out")


__all__ = ["Outcome", "Undecided", "any_of", "fire"]
