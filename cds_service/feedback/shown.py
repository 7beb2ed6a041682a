"""A card as the store remembers it: which rule said it to whom, without its text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

EXPLANATION = "org.cds-service.explanation"
"""The card extension that names pathway, rule, version and hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCard:
    """One card of one answer. ``subject`` is a pseudonym; ``suggestions`` are the uuids offered with it."""

    uuid: str
    service: str
    hook: str
    hook_instance: str
    client: str
    subject: str
    indicator: str
    pathway: str
    rule: str
    card: str
    kind: str
    version: str
    hash: str
    suggestions: tuple[str, ...]
    shown_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """The call in which cards were shown."""

    service: str
    hook: str
    hook_instance: str
    client: str
    subject: str
    at: datetime


def shown_cards(cards: Sequence[Mapping[str, Any]], occasion: Occasion) -> tuple[ShownCard, ...]:
    """Return what is to be remembered of the cards of an answer; a card without a uuid cannot get feedback."""
    return tuple(_shown(card, occasion) for card in cards if card.get("uuid"))


def explanation_of(card: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the explanation a card carries in its extension, empty when there is none."""
    found = card.get("extension", {}).get(EXPLANATION, {})
    return found if isinstance(found, Mapping) else {}


def _shown(card: Mapping[str, Any], occasion: Occasion) -> ShownCard:
    why = explanation_of(card)
    return ShownCard(
        uuid=str(card["uuid"]),
        service=occasion.service,
        hook=occasion.hook,
        hook_instance=occasion.hook_instance,
        client=occasion.client,
        subject=occasion.subject,
        indicator=str(card.get("indicator", "")),
        pathway=str(why.get("pathway", "")),
        rule=str(why.get("rule", "")),
        card=str(why.get("card", "")),
        kind=str(why.get("kind", "")),
        version=str(why.get("version", "")),
        hash=str(why.get("hash", "")),
        suggestions=tuple(str(s["uuid"]) for s in card.get("suggestions", ()) if s.get("uuid")),
        shown_at=occasion.at,
    )
