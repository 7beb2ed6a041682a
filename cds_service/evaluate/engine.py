"""Evaluates every rule of a hook for a timeline; one broken rule never stops the others.

Strata keep verdicts and safety apart: safety rules read the record alone; verdicts may ask them; ladders and the
other cards read verdicts; what-if checks ask everything about one hypothetical order.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from cds_service.errors import EvaluationBug
from cds_service.evaluate.asking import Asker
from cds_service.evaluate.case import Case
from cds_service.evaluate.findings import Evaluation, Finding, PathwayState, StepState, Trial
from cds_service.evaluate.firing import Undecided, fire
from cds_service.evaluate.hypothetical import drafts_of_therapy
from cds_service.evaluate.judging import judge
from cds_service.evaluate.levels import rank
from cds_service.evaluate.population import Membership, membership
from cds_service.evaluate.relations import merged, once_for_pairs, related
from cds_service.evaluate.truth import Answer, Truth, all_of, any_of, no
from cds_service.ruleset.ruleset import Rule, Ruleset
from cds_service.timeline.events import Draft, Missing, Timeline


@dataclass(frozen=True, slots=True)
class Engine:
    """All questions about one patient on one day, answered from one memory."""

    rules: Ruleset
    timeline: Timeline
    asker: Asker
    root: Case

    @classmethod
    def for_patient(
        cls, rules: Ruleset, timeline: Timeline, *, memo: dict[Hashable, Any] | None = None
    ) -> Engine:
        """Return an engine for a timeline; nothing is computed yet but what ``memo`` holds."""

        def trials(pathway: str, case: Case) -> tuple[Trial, ...]:
            if case.stratum == "safety":
                raise EvaluationBug("a safety rule asked for a verdict")
            return engine.trials(pathway)

        asker = Asker(trials=trials, ladder=lambda pathway, _case: engine.ladder(pathway))
        first = next(iter(rules.pathways), "shared")
        known = memo if memo is not None else {}
        engine = cls(rules, timeline, asker, Case(rules=rules, timeline=timeline, pathway=first, memo=known))
        return engine

    def trials(self, pathway: str) -> tuple[Trial, ...]:
        """Judge every therapy of a pathway, once."""
        return self.root.once(("trials", pathway), lambda: self._judge(pathway))

    def _judge(self, pathway: str) -> tuple[Trial, ...]:
        case = self.root.within(pathway)
        if self.rules.pathways[pathway].trials is None:
            return ()
        return judge(
            pathway,
            case,
            self.asker.ask,
            would_fire=lambda therapy, cards: self._would_fire(pathway, therapy, cards),
        )

    def _would_fire(self, pathway: str, therapy: str, cards: Sequence[str]) -> Answer:
        """Would one of these safety cards be critical for an order of the therapy now?"""
        drafts = drafts_of_therapy(self.rules, therapy, pathway)
        return any_of([self._critical(self.rules.by_id[card], draft) for draft in drafts for card in cards])

    def _critical(self, rule: Rule, draft: Draft) -> Answer:
        case = replace(self.root.within(rule.pathways[0]), stratum="safety", draft=draft)
        if rule.file.for_each is not None and draft.concept.sets.isdisjoint(rule.file.for_each.draft):
            return no()
        outcome = fire(rule, case, self.member(rule.pathways[0]), self.asker)
        if isinstance(outcome, Undecided):
            return Answer(truth=Truth.UNKNOWN, missing=outcome.missing)
        if outcome is None or outcome.level != "critical":
            return no()
        proof = tuple(e for e in outcome.evidence if e.reference != draft.reference)
        return Answer(truth=Truth.YES, evidence=proof, says=(f"{rule.file.title} ({rule.id})",))

    def member(self, pathway: str) -> Membership:
        """Return the patient's membership of a pathway."""
        return membership(pathway, self.root.within(pathway), self.asker)

    def ladder(self, pathway: str) -> tuple[StepState, ...]:
        """Return every step of a pathway's ladder with whether it is passed."""
        return self.root.once(("ladder", pathway), lambda: self._ladder(pathway))

    def _ladder(self, pathway: str) -> tuple[StepState, ...]:
        case = self.root.within(pathway)
        states = []
        for step in self.rules.pathways[pathway].ladder:
            answer = all_of([self.asker.ask(item, case) for item in step.passed_when])
            states.append(
                StepState(
                    step=step.step,
                    name=step.name,
                    passed=answer.truth,
                    because=answer.evidence,
                    missing=answer.missing,
                )
            )
        return tuple(states)

    def stand(self, pathway: str) -> PathwayState:
        """Return where the patient stands on a pathway, whether or not in its population."""
        member = self.member(pathway)
        steps = self.ladder(pathway)
        standing = next((s.step for s in steps if s.passed != Truth.YES), None)
        return PathwayState(
            pathway=pathway,
            in_population=member.truth,
            step=standing,
            steps=steps,
            trials=self.trials(pathway),
            missing=member.missing,
        )

    def outcomes(
        self, rule: Rule, hook: str, drafts: Sequence[Draft] | None = None
    ) -> Iterable[Finding | Undecided]:
        """Evaluate one rule for every draft that it is about (at patient-view: for the patient)."""
        pathway, member = self._scope(rule)
        judged = self._judged(rule, hook) if drafts is None else self._matching(rule, drafts)
        for draft in judged:
            case = self.root.within(pathway).about(draft)
            gate = self._gate(rule, hook, member, draft)
            if gate is Truth.NO:
                continue
            if gate is Truth.UNKNOWN:
                yield Undecided(missing=member.missing)
                continue
            outcome = fire(rule, case, member, self.asker)
            if outcome is not None:
                yield outcome

    def may_speak(self, rule: Rule, hook: str) -> bool:
        """True unless what is known already, population and drafts before all, rules the rule out."""
        pathway, member = self._scope(rule)
        for draft in self._judged(rule, hook):
            gate = self._gate(rule, hook, member, draft)
            if gate is Truth.NO:
                continue
            case = self.root.within(pathway).about(draft)
            if gate is Truth.UNKNOWN or fire(rule, case, member, self.asker) is not None:
                return True
        return False

    def _scope(self, rule: Rule) -> tuple[str, Membership]:
        """Return the pathway that a rule is shown under: the first whose population the patient is in, else its first."""
        return self.root.once(("scope", rule.pathways), lambda: self._scope_of(rule.pathways))

    def _scope_of(self, pathways: Sequence[str]) -> tuple[str, Membership]:
        members = [(pathway, self.member(pathway)) for pathway in pathways]
        for truth in (Truth.YES, Truth.UNKNOWN):
            for pathway, member in members:
                if member.truth is truth:
                    return pathway, member
        return members[0]

    def _gate(self, rule: Rule, hook: str, member: Membership, draft: Draft | None) -> Truth:
        """Does the population let the rule speak?"""
        show = rule.file.show
        if self.timeline.person.deceased:
            return Truth.NO
        if show.scope == "any-patient":
            return Truth.YES
        if show.ever:
            sets = {s for p in rule.pathways for s in self.rules.pathways[p].population.condition}
            for_this = draft is not None and any(not sets.isdisjoint(r.sets) for r in draft.reasons)
            return Truth.YES if member.ever or for_this else member.truth
        if member.provisional and hook != "patient-view":
            return Truth.NO
        return member.truth

    def _judged(self, rule: Rule, hook: str) -> Sequence[Draft | None]:
        if rule.file.for_each is None or hook == "patient-view":
            return (None,)
        selected = self.timeline.selected
        drafts = [d for d in self.timeline.drafts if selected is None or d.reference in selected]
        return self._matching(rule, [d for d in drafts if not _is_stopping(d)])

    def _matching(self, rule: Rule, drafts: Sequence[Draft]) -> Sequence[Draft | None]:
        wanted = rule.file.for_each
        if wanted is None:
            return ()
        return [
            d
            for d in drafts
            if not d.concept.sets.isdisjoint(wanted.draft) and d.concept.sets.isdisjoint(wanted.except_ or ())
        ]

    def objections(self, draft: Draft, *, instead_of: Draft | None) -> tuple[Finding, ...]:
        """Return the warning and critical findings that a hypothetical order would meet at signing."""
        others = tuple(
            d for d in self.timeline.drafts if instead_of is None or d.reference != instead_of.reference
        )
        timeline = replace(self.timeline, drafts=(*others, draft), selected=None)
        what_if = Engine.for_patient(self.rules, timeline)
        what_if.root.memo.update({k: v for k, v in self.root.memo.items() if _is_lasting(k)})
        found = []
        for rule in self.rules.objecting:
            found += [
                f
                for f in what_if.outcomes(rule, "order-sign", [draft])
                if isinstance(f, Finding) and rank(f.level) > 0
            ]
        return tuple(found)


def _is_lasting(key: object) -> bool:
    """True for memories that no draft can change."""
    return isinstance(key, tuple) and key[0] in {"trials", "population", "scope", "ladder"}


def _is_stopping(draft: Draft) -> bool:
    """An order that stops something is no order to judge."""
    return draft.avoid or draft.status in {"stopped", "cancelled", "completed", "revoked", "entered-in-error"}


def further_types(rules: Ruleset, timeline: Timeline, *, hook: str) -> frozenset[str]:
    """Return the FHIR types that rules which can still speak read, given a timeline of the first types.

    ``timeline`` names the types not read yet as incomplete, so that what they may hold answers unknown. A rule can still
    speak when its population may hold the patient, (on order hooks) an order is of its set, and nothing known says no.
    """
    engine = Engine.for_patient(rules, timeline)
    found: set[str] = set()
    for rule in rules.for_hook(hook):
        try:
            may_speak = engine.may_speak(rule, hook)
        except Exception:  # noqa: BLE001 (evaluation meets the same bug, isolates it and reports it)
            may_speak = True
        if may_speak:
            found |= rules.types_of(rule)
    return frozenset(found)


def evaluate(
    rules: Ruleset,
    timeline: Timeline,
    *,
    hook: str,
    on_bug: Callable[[str, Exception], None] | None = None,
    memo: dict[Hashable, Any] | None = None,
) -> tuple[Evaluation, Engine]:
    """Evaluate every rule of a hook; return findings in order of urgency, and the engine for suggestions and explanations.

    A rule that breaks yields no finding of its own; it is named in ``broken`` and handed to ``on_bug``. ``memo`` holds
    answers that are known already, and is given those that are found.
    """
    engine = Engine.for_patient(rules, timeline, memo=memo)
    findings: list[Finding] = []
    undecided: dict[str, tuple[Missing, ...]] = {}
    broken: dict[str, str] = {}
    for rule in rules.for_hook(hook):
        try:
            outcomes = engine.root.once(("outcomes", rule.id), partial(_outcomes, engine, rule, hook))
        except Exception as bug:  # noqa: BLE001 (one broken rule must not silence the others; it is counted and shown)
            broken[rule.id] = type(bug).__name__
            if on_bug is not None:
                on_bug(rule.id, bug)
            continue
        findings += [o for o in outcomes if isinstance(o, Finding)]
        open_ = [m for o in outcomes if isinstance(o, Undecided) for m in o.missing]
        if open_:
            undecided[rule.id] = tuple(dict.fromkeys(open_))
    visible = [f for f in findings if rules.by_id[f.card].file.status != "silent"]
    related_ones = related(once_for_pairs(visible), rules)
    ordered = merged(related_ones, rules, belongs=lambda p: engine.member(p).truth is Truth.YES)
    position = {rule.id: n for n, rule in enumerate(rules.rules)}
    ordered.sort(key=lambda f: (-rank(f.level), position[f.card], f.draft.reference if f.draft else ""))
    evaluation = Evaluation(
        as_of=timeline.as_of,
        findings=tuple(ordered),
        undecided=undecided,
        broken=broken,
        incomplete=timeline.incomplete,
    )
    return evaluation, engine


def _outcomes(engine: Engine, rule: Rule, hook: str) -> tuple[Finding | Undecided, ...]:
    return tuple(engine.outcomes(rule, hook))


__all__ = ["Engine", "evaluate", "further_types"]
