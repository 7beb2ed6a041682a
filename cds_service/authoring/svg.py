"""A ladder as a picture: one self-contained SVG that follows the reader's light or dark setting and can be read aloud."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from cds_service.authoring.ladder import STANDING, Ladder, Step
from cds_service.authoring.measure import width_of, wrapped

LIGHT = {"ground": "#ffffff", "text": "#1f2933", "quiet": "#566270", "line": "#cfd6de", "mark": "#1d4e89"}
DARK = {"ground": "#14181d", "text": "#e6eaef", "quiet": "#a3afbd", "line": "#3a4550", "mark": "#8ab8f0"}
"""``mark`` fills the numbers, with ``ground`` as their ink."""

WIDTH = 760
_EDGE = 32
_RAIL = 50
"""Where the line runs on which the steps stand."""
_RADIUS = 15
_LEFT = 86
"""Where names begin."""
_VALUES = 184
"""Where values begin, to the right of their words."""
_TITLE, _NAME, _TEXT, _WORD = 20.0, 15.5, 13.0, 12.0
"""Sizes of type."""
_LINE = 19
"""From one line of text to the next."""
_BETWEEN = 26
"""From one step to the next."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A word at the left and the lines of its value."""

    word: str
    lines: tuple[str, ...]


def svg_of(ladder: Ladder) -> str:
    """Return the picture of a ladder, top to bottom."""
    return "\n".join(_Drawing(ladder).lines()) + "\n"


def told(ladder: Ladder) -> str:
    """Return the whole ladder as text, for those who hear it instead."""
    parts = [STANDING]
    for number, step in enumerate(ladder.steps, start=1):
        parts.append(f"Step {number}: {step.name}.")
        parts += [f"{word}: {' '.join(values)}" for word, values in _facts(step)]
    return " ".join(parts)


def _facts(step: Step) -> Iterator[tuple[str, Sequence[str]]]:
    if step.opens:
        yield "Opens when", step.opens
    if step.therapies:
        yield "Therapies", [f"{', '.join(step.therapies)}."]
    yield "Passed when", step.passed


class _Drawing:
    def __init__(self, ladder: Ladder) -> None:
        self.ladder = ladder
        self.id = f"ladder-{ladder.pathway}"

    def lines(self) -> Iterator[str]:
        body: list[str] = []
        top = self._head(body)
        centres = []
        for number, step in enumerate(self.ladder.steps, start=1):
            centres.append(top)
            top = self._step(body, number, step, top) + _BETWEEN
        yield from self._open(round(top + _EDGE))
        yield f'<path class="rail" d="M{_RAIL} {centres[0]:g}V{top:g}"/>'
        yield from body
        yield from self._end(top)
        yield "</svg>"

    # ------------------------------------------------------------ frame

    def _open(self, height: int) -> Iterator[str]:
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
            f'role="img" aria-labelledby="{self.id}-title {self.id}-told">'
        )
        yield f'<title id="{self.id}-title">{escape(self.ladder.title)}: the ladder</title>'
        yield f'<desc id="{self.id}-told">{escape(told(self.ladder))}</desc>'
        yield f"<style>{_style(self.id)}</style>"
        yield f'<g id="{self.id}">'
        yield f'<rect class="ground" width="{WIDTH}" height="{height}" rx="10"/>'

    def _head(self, body: list[str]) -> float:
        """Draw the title; return the middle of the first step's circle."""
        top = _EDGE + _TITLE
        for line in wrapped(self.ladder.title, WIDTH - 2 * _EDGE, lambda t: width_of(t, _TITLE)):
            body.append(_text("title", _EDGE, top, line))
            top += _TITLE * 1.3
        body.append(_text("word", _EDGE, top, STANDING))
        return top + 44

    def _end(self, centre: float) -> Iterator[str]:
        yield f'<circle class="end" cx="{_RAIL}" cy="{centre:g}" r="6"/>'
        yield _text("word", _LEFT, centre + 4, "Every step is passed.")
        yield "</g>"

    # ------------------------------------------------------------ a step

    def _step(self, body: list[str], number: int, step: Step, centre: float) -> float:
        """Draw a step whose number stands at a height; return the height of its last line."""
        body.append(f'<circle class="mark" cx="{_RAIL}" cy="{centre:g}" r="{_RADIUS}"/>')
        body.append(f'<text class="number" x="{_RAIL}" y="{centre + 5:g}">{number}</text>')
        baseline = centre + 5
        for line in wrapped(step.name, WIDTH - _EDGE - _LEFT, lambda t: width_of(t, _NAME)):
            body.append(_text("name", _LEFT, baseline, line))
            baseline += _NAME * 1.35
        baseline += 3
        for row in _rows(step):
            body.append(_text("word", _LEFT, baseline, row.word))
            for line in row.lines:
                body.append(_text("value", _VALUES, baseline, line))
                baseline += _LINE
            baseline += 3
        return baseline


def _rows(step: Step) -> Iterator[_Row]:
    facts = [*_facts(step), *([("Cards", [", ".join(step.cards)])] if step.cards else [])]
    for word, values in facts:
        room = WIDTH - _EDGE - _VALUES
        lines = [line for value in values for line in wrapped(value, room, lambda t: width_of(t, _TEXT))]
        yield _Row(word, tuple(lines))


def _text(kind: str, x: float, y: float, text: str) -> str:
    return f'<text class="{kind}" x="{x:g}" y="{y:g}">{escape(text)}</text>'


def _style(name: str) -> str:
    """Return the style sheet; it reaches only this picture, also where several stand on one page."""
    here = f"#{name}"
    rules = (
        f'{here} text{{font-family:system-ui,"Segoe UI","Helvetica Neue",Arial,"DejaVu Sans",sans-serif;fill:var(--text)}}',
        f"{here} .title{{font-size:{_TITLE:g}px;font-weight:600}}",
        f"{here} .name{{font-size:{_NAME:g}px;font-weight:600}}",
        f"{here} .value{{font-size:{_TEXT:g}px}}",
        f"{here} .word{{font-size:{_WORD:g}px;fill:var(--quiet)}}",
        f"{here} .number{{font-size:13px;font-weight:600;text-anchor:middle;fill:var(--ground)}}",
        f"{here} .ground{{fill:var(--ground)}}",
        f"{here} .mark{{fill:var(--mark)}}",
        f"{here} .end{{fill:var(--ground);stroke:var(--mark);stroke-width:2}}",
        f"{here} .rail{{stroke:var(--line);stroke-width:2;fill:none}}",
    )
    return (
        _colours(here, LIGHT)
        + "".join(rules)
        + f"@media(prefers-color-scheme:dark){{{_colours(here, DARK)}}}"
    )


def _colours(here: str, colours: dict[str, str]) -> str:
    return f"{here}{{" + ";".join(f"--{name}:{value}" for name, value in colours.items()) + "}"
