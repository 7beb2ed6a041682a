"""Findings to CDS Hooks cards: words, suggestions, explanation, stable ids, at most so many a call."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cds_service.cards.detail import detail_of
from cds_service.cards.explanation import EXTENSION, explanation_of, without_empty
from cds_service.cards.suggestions import Chart, Offer, offers_for
from cds_service.cards.wording import fill, sentence, shortened
from cds_service.evaluate.engine import Engine
from cds_service.evaluate.findings import Evaluation, Finding

NAMESPACE = uuid.UUID("6f1c7a52-6d0f-5a39-9f2e-1f8f4f1b7a10")
"""Namespace of card and suggestion ids (UUID version 5, RFC 9562)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardOptions:
    """How cards look for a client.

    ``base_url`` is the base of the project's code systems; ``most`` the cards a call (critical ones are never dropped);
    ``selection_behavior`` as the client takes it.
    """

    base_url: str = "https://cds-service.example/fhir"
    most: int = 5
    selection_behavior: str = "at-most-one"
    client: str = ""
    hook_instance: str = ""


def cards_for(
    evaluation: Evaluation, engine: Engine, chart: Chart, options: CardOptions
) -> list[dict[str, Any]]:
    """Return the cards of a call, most urgent first."""
    kept = most_urgent(evaluation.findings, engine, options.most)
    return [card_for(f, evaluation, engine, chart, options) for f in kept]


def most_urgent(findings: Sequence[Finding], engine: Engine, most: int) -> list[Finding]:
    """Keep at most ``most`` findings; never drop a critical one; drop those first that say so, then from the end."""
    by_id = engine.rules.by_id
    kept = list(findings)
    for droppable in (
        [f for f in reversed(kept) if by_id[f.card].file.drop_first],
        [f for f in reversed(kept) if f.level == "info"],
        [f for f in reversed(kept) if f.level == "warning"],
    ):
        for finding in droppable:
            if len(kept) <= most:
                return kept
            if finding in kept and finding.level != "critical":
                kept.remove(finding)
    return kept


def card_for(
    finding: Finding, evaluation: Evaluation, engine: Engine, chart: Chart, options: CardOptions
) -> dict[str, Any]:
    """Return one card."""
    rules = engine.rules
    file = rules.by_id[finding.card].file
    pathway = rules.pathways[finding.pathway]
    slots = dict(finding.slots)
    slots["missing"] = [m.what for m in finding.missing] or ["nothing"]
    slots["label"] = fill(finding.label, slots, markdown=False) if finding.label else None
    reasons = [fill(say, own, markdown=False) for say, own in finding.reasons]
    slots["reasons"] = "; ".join(dict.fromkeys(reasons))
    offers = offers_for(finding, engine, chart)
    slots["suggested"] = next((offer.drug for offer in offers.made if offer.drug), "another drug")
    card_id = _id(options, finding)
    suggestions = [_suggestion(offer, card_id, n) for n, offer in enumerate(offers.made)]
    summary = sentence(fill(finding.summary, slots, markdown=False))
    return without_empty(
        {
            "uuid": card_id,
            "summary": shortened(summary),
            "detail": detail_of(
                finding, rules, slots=slots, incomplete=evaluation.incomplete, left=offers.left
            ),
            "indicator": finding.level,
            "source": without_empty(
                {
                    "label": pathway.source_label,
                    "url": pathway.source_url,
                    "topic": {
                        "system": f"{options.base_url}/CodeSystem/topics",
                        "code": finding.card.replace("-", ""),
                        "display": file.title,
                    },
                }
            ),
            "suggestions": suggestions,
            "selectionBehavior": options.selection_behavior if suggestions else None,
            "overrideReasons": [
                {
                    "code": code,
                    "system": f"{options.base_url}/CodeSystem/override-reasons",
                    "display": rules.overrides[code],
                }
                for code in file.overrides
            ],
            "extension": {EXTENSION: explanation_of(finding, rules, as_of=evaluation.as_of.isoformat())},
        }
    )


def _id(options: CardOptions, finding: Finding) -> str:
    about = finding.draft.reference if finding.draft is not None else "patient"
    return str(uuid.uuid5(NAMESPACE, "|".join((options.client, options.hook_instance, finding.card, about))))


def _suggestion(offer: Offer, card_id: str, position: int) -> dict[str, Any]:
    return without_empty(
        {
            "label": offer.label,
            "uuid": str(uuid.uuid5(uuid.UUID(card_id), str(position))),
            "isRecommended": True if offer.recommended else None,
            "actions": [dict(a) for a in offer.actions],
        }
    )
