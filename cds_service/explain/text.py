"""The explanation as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
_MARKS = {"yes": "[x]", "no": "[ ]", "unknown": "[?]"}


def as_text(story: Json) -> str:
    """Return the explanation as lines of text."""
    return "\n".join(_lines(story)) + "\n"


def _lines(story: Json) -> Iterator[str]:
    yield f"{story['patient']} as of {story['asOf']}"
    for pathway in story["pathways"]:
        yield ""
        yield from _pathway(pathway)
    if not story["pathways"]:
        yield "In the population of no pathway."
    yield ""
    yield from _cards(story)
    yield from _doubts(story)


def _pathway(pathway: Json) -> Iterator[str]:
    sure = "" if pathway["inPopulation"] == "yes" else " (cannot be told from the record)"
    yield f"{pathway['title']}{sure}"
    yield "=" * len(pathway["title"])
    for item in pathway.get("because", []):
        yield f"  {_evidence(item)}"
    steps = {s["step"]: s for s in pathway.get("steps", [])}
    if steps:
        standing = steps.get(pathway["standsOn"])
        yield f"  Stands on: {standing['name'] if standing else 'past the last step'}"
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
        yield f"    {trial['label']}: {trial['words']}{_reason(trial)}{_certainty(trial)}"
        facts = _facts(trial)
        if facts:
            yield f"        {facts}"
        for item in trial.get("evidence", []):
            yield f"        {_evidence(item)}"
        for gap in trial.get("missing", []):
            yield f"        missing: {_missing(gap)}"
    for title, key in (("Not tried", "untried"), ("Cannot be told whether tried", "notProvable")):
        if pathway.get(key):
            yield f"  {title}: {', '.join(pathway[key])}"


def _reason(trial: Json) -> str:
    return f" ({trial['reason']})" if trial.get("reason") else ""


def _certainty(trial: Json) -> str:
    return "" if trial.get("certainty") == "documented" else f" [{trial.get('certainty')}]"


def _facts(trial: Json) -> str:
    parts = []
    if trial.get("start"):
        end = f" to {trial['end']}" if trial.get("end") and trial["end"] != trial["start"] else ""
        parts.append(f"ordered {trial['start']}{end}")
    if trial.get("days") is not None:
        needed = f" (needs {trial['requiredDays']})" if trial.get("requiredDays") else ""
        parts.append(f"{trial['days']:g} days{needed}")
    if trial.get("dailyDose"):
        needed = f" (needs {trial['requiredDose']})" if trial.get("requiredDose") else ""
        parts.append(f"{trial['dailyDose']} a day{needed}")
    if trial.get("side"):
        parts.append(str(trial["side"]))
    if trial.get("adequateOn"):
        parts.append(f"adequate from {trial['adequateOn']}")
    return ", ".join(parts)


def _evidence(item: Json) -> str:
    when = f" ({item['date']})" if item.get("date") else ""
    sure = "" if item["certainty"] == "documented" else f", {item['certainty']}"
    return f"{item['says']}{when}{sure} <{item['reference']}>"


def _missing(gap: Json) -> str:
    settled = f"; settled by {gap['settledBy']}" if gap.get("settledBy") else ""
    return f"{gap['what']}{settled}"


def _cards(story: Json) -> Iterator[str]:
    cards = story["cards"]
    yield f"Cards at {story['hook']}: {len(cards) or 'none'}"
    for card in cards:
        code = card["source"]["topic"]["code"]
        yield f"  {card['indicator'].upper():8} {code}: {card['summary']}"
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
