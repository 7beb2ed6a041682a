"""What rules a drug out without its having been used: cancelled orders, orders to avoid it, allergies, dangers today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.reference.codes import in_sets, surely_in_sets
from tests.reference.conditions import allergens, allergies
from tests.reference.days import possible_days
from tests.reference.files import listed
from tests.reference.questions import Questions
from tests.reference.record import Json, exact, status_reasons, texts
from tests.reference.safety import is_dangerous
from tests.reference.signs import kind_of
from tests.reference.therapies import group_of
from tests.reference.uses import is_order, was_never_taken
from tests.reference.weighing import Rank
from tests.reference.words import meaning

Item = Mapping[str, Any]


@dataclass(frozen=True)
class Bar:
    """Something that rules a drug out, and since when."""

    reason: str
    rank: Rank
    sure: bool
    day: date | None
    by: str
    """``order``, ``avoid``, ``allergy``, ``condition`` or ``danger``."""

    @property
    def is_harm(self) -> bool:
        """Nothing was given that could have done harm."""
        return False


def bars(
    asks: Questions, therapy: str, ingredient: str, resources: Sequence[Json], items: Sequence[Item]
) -> list[Bar]:
    """Everything that rules an ingredient out; ``resources`` are all medication resources of it."""
    found: list[Bar] = []
    for item in items:
        if "of" in item and not any(group_of(asks.pathway, name, therapy) for name in listed(item["of"])):
            continue
        if "fact" in item and asks.fact(item["fact"]) is not True:
            continue
        found += _by_orders(asks, resources, item)
        found += _by_record(asks, ingredient, item)
    return found + _avoided(asks, resources, items)


def _by_orders(asks: Questions, resources: Sequence[Json], item: Item) -> list[Bar]:
    found = []
    for resource in resources:
        if not was_never_taken(resource):
            continue
        day = _day(resource)
        sets = listed(item.get("stopped_for"))
        told = [c for c in status_reasons(resource) if in_sets(c, sets)]
        if told:
            sure = any(surely_in_sets(c, sets) for c in told)
            found.append(
                Bar(item.get("reason", "contraindicated"), Rank.CODE, sure=sure, day=day, by="order")
            )
        if any(meaning(text) in item.get("text_says", ()) for text in texts(resource)):
            found.append(
                Bar(item.get("reason", "contraindicated"), Rank.WORDS, sure=False, day=day, by="order")
            )
    return found


def _by_record(asks: Questions, ingredient: str, item: Item) -> list[Bar]:
    record = asks.record
    if "allergy" in item:
        return [
            Bar(
                kind_of(a),
                Rank.CODE,
                sure=True,
                day=exact(possible_days(a.get("recordedDate"))),
                by="allergy",
            )
            for a in allergies(record)
            if ingredient in allergens(a)
        ]
    if "would_fire" in item and is_dangerous(asks, ingredient, item["would_fire"]) is True:
        return [Bar("contraindicated", Rank.EVENT, sure=True, day=record.as_of, by="danger")]
    if "condition" in item and asks.ask({"condition": {"in": item["condition"]}}) is True:
        return [Bar("contraindicated", Rank.CODE, sure=True, day=record.as_of, by="condition")]
    return []


def _avoided(asks: Questions, resources: Sequence[Json], items: Sequence[Item]) -> list[Bar]:
    """An order not to give it, while it is active; its own reasons say more where it has any."""
    own = [item for item in items if "avoid" in item]
    found = []
    for resource in resources if own else ():
        if not (is_order(resource) and resource.get("doNotPerform") and resource["status"] == "active"):
            continue
        for item in items:
            sets = listed(item.get("stopped_for"))
            concepts = [*status_reasons(resource), *asks.record.reasons(resource)]
            told = [c for c in concepts if in_sets(c, sets)]
            if told:
                sure = any(surely_in_sets(c, sets) for c in told)
                reason = item.get("reason", "contraindicated")
                found.append(Bar(reason, Rank.CODE, sure=sure, day=_day(resource), by="avoid"))
        found.append(
            Bar(own[0].get("reason", "contraindicated"), Rank.CODE, sure=True, day=_day(resource), by="avoid")
        )
    return found


def _day(resource: Json) -> date | None:
    return exact(possible_days(resource.get("authoredOn") or resource.get("effectiveDateTime")))
