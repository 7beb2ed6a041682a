"""A card's suggestion taken: its actions carried out on the drafts, and the order that it creates sent back to be judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.generative.charts import EXPLANATION, ORDER_HOOKS, Chart, Json, cards_of, named, reference_of

TAKEN = "taken"
"""Id of the order that a suggestion created, once the client gave it one."""
OBJECTIONS = frozenset({"critical", "warning"})


@dataclass(frozen=True, kw_only=True)
class Taken:
    """One suggestion of a card, carried out: the chart before, and the chart with the order that it creates."""

    card: str
    label: str
    before: Chart
    after: Chart
    order: str
    """Reference of the order created."""

    def __str__(self) -> str:
        return f"{self.card}: {self.label} ({self.after.hook})"


def taken_of(chart: Chart) -> Iterator[Taken]:
    """Every suggestion that creates an order, taken, at each of the hooks that judge orders."""
    for card in cards_of(chart):
        for suggestion in card.get("suggestions", ()):
            for hook in ORDER_HOOKS:
                yield from _carried_out(chart, card, suggestion, hook)


def _carried_out(chart: Chart, card: Mapping[str, Any], suggestion: Json, hook: str) -> Iterator[Taken]:
    before = chart.with_(hook=hook, selected=None, **_left_by(suggestion["actions"], chart))
    for action in suggestion["actions"]:
        if action["type"] != "create":
            continue
        # The client gives it an id, and the clinician who signs it makes the proposal an order.
        order = {**action["resource"], "id": TAKEN, "intent": "order"}
        yield Taken(
            card=named(card),
            label=suggestion["label"],
            before=before,
            after=before.with_(drafts=(*before.drafts, order)),
            order=reference_of(order),
        )


def _left_by(actions: Sequence[Json], chart: Chart) -> dict[str, Any]:
    """What is left of record and drafts after the deletions and updates of a suggestion."""
    gone = {action["resourceId"] for action in actions if action["type"] == "delete"}
    new = {reference_of(a["resource"]): a["resource"] for a in actions if a["type"] == "update"}
    return {
        "resources": tuple(new.get(reference_of(r), r) for r in chart.resources),
        "drafts": tuple(new.get(reference_of(d), d) for d in chart.drafts if reference_of(d) not in gone),
    }


def objections(chart: Chart) -> Counter[tuple[str, str, str]]:
    """Warning and critical cards: level, card, and the draft that it is about."""
    return Counter(
        (card["indicator"], id_, about)
        for card in cards_of(chart)
        if card["indicator"] in OBJECTIONS
        for id_ in (named(card), *card["extension"][EXPLANATION].get("also", ()))
        for about in card["extension"][EXPLANATION].get("about", ["the patient"])
    )


def new_objections(taken: Taken) -> list[tuple[str, str, str]]:
    """Warning and critical cards about the order, and those about anything else that were not there without it."""
    after = objections(taken.after)
    if not after:
        return []
    return sorted((after - objections(taken.before)).elements())
