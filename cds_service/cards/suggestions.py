"""What a card offers to do: only what no rule of any pathway objects to for this patient."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cds_service.cards.orders import as_draft, order_resource, stopped
from cds_service.cards.wording import button
from cds_service.evaluate.engine import Engine
from cds_service.evaluate.findings import Finding
from cds_service.evaluate.firing import anchor_at
from cds_service.evaluate.truth import Truth
from cds_service.ruleset.cards import Suggestion
from cds_service.ruleset.pathway import OrderTemplate
from cds_service.timeline.events import Draft, Order

NOTHING_LEFT = (
    "No suitable alternative is left on this list for this patient: each is used, failed or ruled out."
)
SPENT = frozenset({"failed-absent", "not-tolerated", "ruled-out"})
"""Verdicts whose therapy is never suggested again; one that worked and waned may be."""

USED = frozenset(
    {
        "ongoing",
        "ongoing-adequate",
        "inadequate",
        "effective",
        "failed-waned",
        "stopped-other",
        "ended-unknown",
    }
)
"""Verdicts that make a therapy no longer untried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What suggestions need of the call: patient, encounter, and the drafts and orders as they were received."""

    patient_id: str
    encounter_id: str | None = None
    original: Callable[[str], Mapping[str, Any] | None] = lambda _reference: None
    """The JSON of a resource of the call by reference, whole and unchanged."""
    single_action: bool = False
    """The client takes one action a suggestion: a replacement is then only created, not deleted and created."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One suggestion before it gets its uuid."""

    label: str
    actions: tuple[Mapping[str, Any], ...]
    recommended: bool = False
    drug: str | None = None
    """The drug that it orders, in words."""


@dataclass(slots=True)
class Offers:
    """Suggestions of a card, and sentences about those that could not be made."""

    made: list[Offer] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def offers_for(finding: Finding, engine: Engine, chart: Chart) -> Offers:
    """Return the suggestions of a finding, in the order of its rule."""
    offers = Offers()
    chosen = False
    maker = _Maker(finding, engine, chart)
    for wish in engine.rules.by_id[finding.card].file.suggest:
        if wish.only_if is not None and maker.answer(wish) is not Truth.YES:
            continue
        made = maker.make(wish)
        offers.made += made
        chosen = chosen or bool(made and _chooses(wish))
        if not made and (wish.create or _chooses(wish)):
            offers.left.append(maker.why_none(wish))
    if chosen:
        offers.left = [said for said in offers.left if said != NOTHING_LEFT]
    offers.made = list({o.label: o for o in offers.made}.values())
    offers.left = list(dict.fromkeys(offers.left))
    if sum(o.recommended for o in offers.made) > 1:
        first = next(o for o in offers.made if o.recommended)
        offers.made = [o if o is first else replace(o, recommended=False) for o in offers.made]
    return offers


def _chooses(wish: Suggestion) -> bool:
    """True when the wish picks among therapies: one of several such wishes is enough for an alternative."""
    return bool(wish.first_suitable or wish.all_suitable)


class _Maker:
    """Makes the suggestions of one finding."""

    def __init__(self, finding: Finding, engine: Engine, chart: Chart) -> None:
        self._finding = finding
        self._engine = engine
        self._chart = chart
        self._rules = engine.rules
        case = engine.root.within(finding.pathway).about(finding.draft)
        self._case = case.at(anchor_at(finding.anchor, finding.anchor.evidence)) if finding.anchor else case

    def answer(self, wish: Suggestion) -> Truth:
        assert wish.only_if is not None
        return self._engine.asker.block(wish.only_if, self._case).truth

    def make(self, wish: Suggestion) -> list[Offer]:
        if wish.delete is not None:
            return self._delete(wish)
        if wish.stop is not None:
            return self._stop(wish)
        if wish.repeat is not None:
            return self._repeat(wish)
        if wish.create:
            return [o for name in wish.create if (o := self._create(name, wish)) is not None]
        if wish.first_missing_step:
            return self._first_suitable(self._missing_step_therapies(), wish)
        if wish.all_suitable:
            names = self._rules.therapies(wish.all_suitable, self._finding.pathway)
            return [o for name in names if (o := self._therapy(name, wish)) is not None]
        return self._first_suitable(self._rules.therapies(wish.first_suitable, self._finding.pathway), wish)

    def why_none(self, wish: Suggestion) -> str:
        if wish.create and not (wish.first_suitable or wish.all_suitable):
            return "No draft is offered for the next step: it would meet a warning for this patient."
        return NOTHING_LEFT

    def _delete(self, wish: Suggestion) -> list[Offer]:
        draft = self._finding.draft
        if draft is None:
            return []
        name = button(draft.concept.label)
        label = wish.label or f"Remove the draft order: {name}"
        action = {
            "type": "delete",
            "description": f"Remove the draft order of {name}",
            "resourceId": draft.reference,
        }
        return [Offer(label=label, actions=(action,), recommended=self._is_recommended(wish))]

    def _is_recommended(self, wish: Suggestion) -> bool:
        return wish.recommended is True or (
            wish.recommended == "when-critical" and self._finding.level == "critical"
        )

    def _stop(self, wish: Suggestion) -> list[Offer]:
        made = []
        for reference in self._finding.partners:
            original = self._chart.original(reference)
            if original is None:
                continue
            other = next((o for o in self._engine.timeline.orders if o.reference == reference), None)
            name = button(other.concept.label) if other is not None else "the other order"
            action = {"type": "update", "description": f"Stop {name}", "resource": stopped(original)}
            made.append(
                Offer(label=wish.label or f"Stop {name} instead", actions=(action,), recommended=False)
            )
        return made

    def _repeat(self, wish: Suggestion) -> list[Offer]:
        anchor = self._finding.anchor
        offer = self._therapy(anchor.therapy, wish, again=True) if anchor is not None else None
        return [offer] if offer is not None else []

    def _first_suitable(self, names: Iterable[str], wish: Suggestion) -> list[Offer]:
        for name in names:
            offer = self._therapy(name, wish)
            if offer is not None:
                return [offer]
        return []

    def _missing_step_therapies(self) -> tuple[str, ...]:
        pathway = self._finding.pathway
        for state, step in zip(
            self._engine.ladder(pathway), self._rules.pathways[pathway].ladder, strict=True
        ):
            if state.passed != Truth.YES:
                return self._rules.therapies(step.therapies, pathway) if step.therapies else ()
        return ()

    def _create(self, name: str, wish: Suggestion) -> Offer | None:
        """Suggest an order; a drug takes the place of the drug that was drafted, a test or referral stands beside it."""
        template = self._rules.order_template(name, self._finding.pathway)
        if template is None:
            return self._therapy(name, wish)
        return self._offer(template, wish, replaces=template.resource == "MedicationRequest")

    def _therapy(self, name: str, wish: Suggestion, *, again: bool = False) -> Offer | None:
        """Suggest a therapy unless its own trials or any rule object; ``again`` when its use is the very point."""
        pathway = self._finding.pathway
        verdicts = {t.finer for t in self._engine.trials(pathway) if t.therapy == name}
        if verdicts & SPENT or (wish.only_untried and not again and verdicts & USED):
            return None
        template = self._rules.order_template(self._rules.therapy(name, pathway).order or name, pathway)
        return None if template is None else self._offer(template, wish, replaces=True)

    def _offer(self, template: OrderTemplate, wish: Suggestion, *, replaces: bool) -> Offer | None:
        replaced = self._finding.draft if replaces and isinstance(self._finding.draft, Order) else None
        resource = order_resource(
            template,
            self._rules,
            patient_id=self._chart.patient_id,
            encounter_id=self._chart.encounter_id,
            reason=self._reason(wish.reason),
            priority=wish.priority,
        )
        if self._is_objectionable(resource, instead_of=replaced):
            return None
        label = wish.label or template.label or f"Draft an order: {template.text}"
        create = {
            "type": "create",
            "description": f"Draft an order for {template.text}",
            "resource": resource,
        }
        drug = template.text if template.resource == "MedicationRequest" else None
        offer = Offer(label=label, actions=(create,), recommended=self._is_recommended(wish), drug=drug)
        if replaced is not None and not self._chart.single_action:
            delete = {
                "type": "delete",
                "description": f"Remove the draft order of {button(replaced.concept.label)}",
                "resourceId": replaced.reference,
            }
            return replace(offer, label=f"Replace by {template.text}", actions=(delete, create))
        return offer

    def _is_objectionable(self, resource: Mapping[str, Any], *, instead_of: Draft | None) -> bool:
        """Would a rule object to the order if it came back as a draft? A drug that no rule knows cannot be judged."""
        draft = as_draft(resource, self._engine.timeline, self._rules)
        if draft is None:
            return bool(resource["resourceType"] == "MedicationRequest")
        return bool(self._engine.objections(draft, instead_of=instead_of))

    def _reason(self, sets: Sequence[str]) -> str | None:
        """Return the diagnosis that the order points to: one of the wanted sets, else the population's."""
        if sets:
            found = [d for d in self._engine.timeline.diagnoses if not d.concept.sets.isdisjoint(sets)]
            return found[0].reference if found else None
        evidence = self._engine.member(self._finding.pathway).evidence
        return next((e.reference for e in evidence if e.reference.startswith("Condition/")), None)
