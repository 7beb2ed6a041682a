"""Logic in words: what an author wrote under ``when``, with the sentence of each fact in the place of its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cds_service.authoring.compare import in_line

HEADS: Mapping[str, str] = {
    "all": "All of these hold:",
    "any": "At least one of these holds:",
    "none": "None of these holds, and the record is complete enough to say so:",
    "unless": "None of these is known to hold:",
    "possibly": "At least one of these holds or may hold:",
}
_INDENT = "    "

Says = Callable[[str], str | None]
"""The sentence of a fact by its name; None when there is none."""


def in_words(logic: Any, says: Says) -> str:
    """Return logic as a nested Markdown list; each line is a fact's sentence, or a fact word as it is written."""
    return "\n".join(_lines(logic, says, 0))


def _lines(logic: Any, says: Says, depth: int) -> Iterator[str]:
    if isinstance(logic, Mapping) and (words := [w for w in logic if w in HEADS or w == "some"]):
        for word in words:
            yield from _group(word, logic[word], says, depth)
    else:
        yield f"{_INDENT * depth}- {_item(logic, says)}"


def _group(word: str, entry: Any, says: Says, depth: int) -> Iterator[str]:
    head, items = HEADS.get(word, ""), entry
    if word == "some":
        head, items = f"At least {entry['at_least']} of these hold:", entry["of"]
    yield f"{_INDENT * depth}- {head}"
    for item in items if isinstance(items, list) else [items]:
        yield from _lines(item, says, depth + 1)


def _item(item: Any, says: Says) -> str:
    if isinstance(item, str):
        sentence = says(item)
        return f"{sentence} `{item}`" if sentence else f"`{item}`"
    return f"`{flow(item)}`"


def flow(value: Any) -> str:
    """Return data as an author writes it on one line, without the outer braces."""
    text = in_line(value)
    return text[1:-1] if isinstance(value, Mapping) else text


__all__ = ["Says", "flow", "in_words"]
