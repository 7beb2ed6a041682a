"""A ladder as a Mermaid flowchart, for pages and pull requests that draw it themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cds_service.authoring.ladder import STANDING, Ladder, Step


def mermaid_of(ladder: Ladder) -> str:
    """Return the text of the flowchart: a box for each step, an arrow with what passes it."""
    return "\n".join(_lines(ladder)) + "\n"


def _lines(ladder: Ladder) -> Iterator[str]:
    yield "flowchart TD"
    yield f"    accTitle: {_plain(ladder.title)}"
    yield f"    accDescr: {STANDING} {len(ladder.steps)} steps."
    for number, step in enumerate(ladder.steps, start=1):
        yield f'    s{number}["{_box(number, step)}"]'
    yield '    done(["Every step is passed"])'
    for number, step in enumerate(ladder.steps, start=1):
        target = f"s{number + 1}" if number < len(ladder.steps) else "done"
        yield f'    s{number} -->|"{_broken(step.passed)}"| {target}'


def _box(number: int, step: Step) -> str:
    parts = [f"<b>{number}. {_text(step.name)}</b>"]
    if step.therapies:
        parts.append(_broken([", ".join(step.therapies)]))
    if step.opens:
        parts.append(f"<i>Opens when:</i> {_broken(step.opens)}")
    return "<br/>".join(parts)


def _broken(sentences: Sequence[str]) -> str:
    return "<br/>".join(map(_text, sentences))


def _text(text: str) -> str:
    """Return text for inside double quotes; ``#`` begins Mermaid's own entities."""
    return text.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")


def _plain(text: str) -> str:
    return text.replace(";", ",").replace("#", "no. ")
