"""Would an order of a drug meet a critical finding of a safety card today?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.reference.drugs_on_record import ingredient_in_sets
from tests.reference.files import Row, card_file, listed, rows
from tests.reference.questions import Questions
from tests.reference.truth import Truth, both, either


def is_dangerous(asks: Questions, ingredient: str, cards: Sequence[str]) -> Truth:
    """Whether any of the cards would be critical for an order of this ingredient."""
    order = asks.drafting(ingredient)
    return either(_critical(order, ingredient, card) for card in cards)


def _critical(asks: Questions, ingredient: str, card: str) -> Truth:
    rule = card_file(card)
    if not ingredient_in_sets(ingredient, tuple(listed(rule["for_each"]["draft"]))):
        return False
    if "rows" in rule:
        return _row_holds(asks, ingredient, card, str(rule["rows"]))
    levels: Mapping[str, Any] = rule.get("show", {})
    findings = [f for f in rule["findings"] if f.get("level", levels.get("level")) == "critical"]
    return either(asks.ask(finding["when"]) for finding in findings)


def _row_holds(asks: Questions, ingredient: str, card: str, table: str) -> Truth:
    own = [r for r in rows(f"shared/tables/{table}.csv") if r["card"] == card and r["level"] == "critical"]
    mine = [r for r in own if ingredient_in_sets(ingredient, tuple(r["draft"].split(";")))]
    return either(_one_row(asks, row, table) for row in mine)


def _one_row(asks: Questions, row: Row, table: str) -> Truth:
    return both(_parts(asks, row, table))


def _parts(asks: Questions, row: Row, table: str) -> Iterator[Truth]:
    yield _other(asks, row, table)
    for name in row["if"].split(";") if row["if"] else ():
        yield asks.fact(name)
    for name in row["unless"].split(";") if row["unless"] else ():
        yield asks.fact(name) is not True


def _other(asks: Questions, row: Row, table: str) -> Truth:
    asked: dict[str, Any] = {"in": row["other"].split(";")}
    if table == "interactions":
        if row["ended_within"]:
            asked["ended_within"] = row["ended_within"]
        return asks.ask({"with": asked})
    if row["state"]:
        asked["state"] = row["state"]
    if row["within"]:
        asked["within"] = row["within"]
    return asks.ask({"condition": asked})
