"""The explanation as text for a terminal: short lines, facts once."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from cds_service.cards.explanation import EXTENSION

Json = dict[str, Any]
WIDTH = 110
"""Columns of a line; a longer one goes on below, further in."""

QUOTED = "the record says "
MANY = 3
"""So many lines of the same words are told in one."""
_MARKS = {"yes": "[x]", "no": "[ ]", "unknown": "[?]"}


def as_text(story: Json) -> str:
    """Return the explanation as lines of text."""
    return "\n".join(part for line in _lines(story) for part in _wrapped(line)) + "\n"


def _wrapped(line: str) -> list[str]:
    indent = len(line) - len(line.lstrip()) + 4
    return textwrap.wrap(
        line,
        WIDTH,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
        drop_whitespace=True,
    ) or [""]


def _lines(story: Json) -> Iterator[str]:
    yield f"{story['patient']} as of {story['asOf']}"
    for pathway in story["pathways"]:
        yield ""
        if _is_bare(pathway):
            yield f"{pathway['title']}: in its population, nothing tried."
        else:
            yield from _pathway(pathway)
    if not story["pathways"]:
        yield "In the population of no pathway."
    yield ""
    yield from _cards(story)
    yield from _doubts(story)


def _is_bare(pathway: Json) -> bool:
    """A pathway without a ladder that has nothing to tell of a patient who is certainly in it."""
    told = ("steps", "trials", "notProvable", "missing")
    return pathway["inPopulation"] == "yes" and not any(pathway.get(key) for key in told)


def _pathway(pathway: Json) -> Iterator[str]:
    sure = "" if pathway["inPopulation"] == "yes" else " (cannot be told from the record)"
    yield f"{pathway['title']}{sure}"
    yield "=" * len(pathway["title"])
    for item in pathway.get("because", []):
        yield f"  {_evidence(item)}"
    steps = {s["step"]: s for s in pathway.get("steps", [])}
    if steps:
        standing = steps.get(pathway["standsOn"])
        yield f"  Stands on: {standing['name'] if standing else 'no step, all are passed'}"
        yield "  Ladder"
        for step in pathway["steps"]:
            yield f"    {_MARKS[step['passed']]} {step['name']}"
            for gap in step.get("missing", []):
                yield f"        missing: {_missing(gap)}"
    yield from _trials(pathway)


def _trials(pathway: Json) -> Iterator[str]:
    if pathway.get("trials"):
        yield "  Trials"
    for trial in pathway.get("trials", []):
        yield f"    {trial['label']}{_side(trial)}: {trial['words']}{_certainty(trial)}"
        yield from (f"        {fact}" for fact in _facts(trial))
        for gap in trial.get("missing", []):
            yield f"        missing: {_missing(gap)}"
    for title, key in (("Not tried", "untried"), ("Cannot be told whether tried", "notProvable")):
        if pathway.get(key):
            yield f"  {title}: {', '.join(pathway[key])}"


def _side(trial: Json) -> str:
    return f" ({trial['side']})" if trial.get("side") else ""


def _certainty(trial: Json) -> str:
    return "" if trial.get("certainty") == "documented" else f" [{trial.get('certainty')}]"


def _facts(trial: Json) -> Iterator[str]:
    """What was ordered or done, how that compares with an adequate trial, then the rest of the evidence."""
    evidence = _sessions_together(_told_once(trial.get("evidence", [])))
    lines = [_says(item) for item in evidence]
    if lines and trial.get("start"):
        lines[0] = lines[0].removeprefix(f"{trial['label']} ")
    cited = [None, *(item["reference"] for item in evidence)]
    for number, (line, item) in enumerate(zip(lines, evidence, strict=True)):
        yield line if item["reference"] == cited[number] else f"{line} <{item['reference']}>"
        if number == 0 and (measured := "; ".join(_measured(trial))):
            yield measured


def _sessions_together(evidence: Sequence[Json]) -> list[Json]:
    """Evidence with what is said again and again in one line: the first day, the last day and how often."""
    groups: dict[str, list[Json]] = {}
    for item in evidence:
        groups.setdefault(_undated(item), []).append(item)
    told: list[Json] = []
    for words, items in groups.items():
        days = sorted(str(item["date"]) for item in items if item.get("date"))
        if len(items) < MANY or len(days) < len(items):
            told += items
        else:
            says = f"{words}, {len(items)} times from {days[0]} to {days[-1]}"
            told.append({**items[0], "says": says, "date": None})
    return told


def _undated(item: Json) -> str:
    return str(item["says"]).removesuffix(f" {item.get('date')}")


def _told_once(evidence: Sequence[Json]) -> list[Json]:
    """Evidence without quotes that another line of the same record holds already."""
    return [item for item in evidence if not _is_quoted_by_another(item, evidence)]


def _is_quoted_by_another(item: Json, evidence: Sequence[Json]) -> bool:
    if not item["says"].startswith(QUOTED):
        return False
    words = item["says"].removeprefix(QUOTED).strip("“”").lower()
    return any(
        other is not item
        and other["reference"] == item["reference"]
        and words in other["says"].lower()
        and (not other["says"].startswith(QUOTED) or len(other["says"]) > len(item["says"]))
        for other in evidence
    )


def _measured(trial: Json) -> Iterator[str]:
    if trial.get("days") is not None and trial.get("requiredDays"):
        yield f"{trial['days']:g} days, {trial['requiredDays']} needed"
    if trial.get("dailyDose") and trial.get("requiredDose"):
        yield f"{trial['dailyDose']} a day, {trial['requiredDose']} needed"
    if trial.get("adequateOn"):
        yield f"can be judged from {trial['adequateOn']}"


def _evidence(item: Json) -> str:
    return f"{_says(item)} <{item['reference']}>"


def _says(item: Json) -> str:
    when = f" ({item['date']})" if item.get("date") and item["date"] not in item["says"] else ""
    sure = "" if item["certainty"] == "documented" else f", {item['certainty']}"
    return f"{item['says']}{when}{sure}"


def _missing(gap: Json) -> str:
    settled = f"; settled by {gap['settledBy']}" if gap.get("settledBy") else ""
    return f"{gap['what']}{settled}"


def _cards(story: Json) -> Iterator[str]:
    cards = story["cards"]
    yield f"Cards at {story['hook']}: {len(cards) or 'none'}"
    for card in cards:
        explained = card["extension"][EXTENSION]
        also = f" (with {', '.join(explained['also'])})" if explained.get("also") else ""
        yield f"  {card['indicator'].upper():8} {explained['card']}{also}: {card['summary']}"
        for suggestion in card.get("suggestions", []):
            chosen = " (recommended)" if suggestion.get("isRecommended") else ""
            yield f"           - {suggestion['label']}{chosen}"


def _doubts(story: Json) -> Iterator[str]:
    if story["undecided"]:
        yield "Rules that a missing datum keeps open"
        for card, gaps in sorted(story["undecided"].items()):
            yield f"  {card}: {'; '.join(_missing(g) for g in gaps) or 'imprecise data'}"
    if story["broken"]:
        yield f"Rules that broke: {', '.join(sorted(story['broken']))}"
    if story["incomplete"]:
        yield f"Could not be read whole: {', '.join(story['incomplete'])}"
    if story["unreadable"]:
        yield "Unreadable resources: " + ", ".join(
            f"{n} {t or 'of unknown type'}" for t, n in story["unreadable"].items()
        )
    if story["foreign"]:
        yield f"Discarded, of another patient: {story['foreign']}"
