"""Fills the templates of the rule book; what stands in a table cell is made fit for one."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

_HEADING = re.compile(r"\n(#+ )")
_BLANK_LINES = re.compile(r"\n{3,}")


def filled(template: str, **values: Any) -> str:
    """Return a page from its template (``rule.md.j2``); a name that the template lacks is an error."""
    text = _environment().get_template(template).render(**values)
    text = _HEADING.sub(r"\n\n\1", text)
    return _BLANK_LINES.sub("\n\n", text).strip("\n") + "\n"


def cell(text: object) -> str:
    """Return text as a cell of a Markdown table."""
    return " ".join(str(text).split()).replace("|", "\\|")


@cache
def _environment() -> Environment:
    # Markdown for people, not HTML from strangers: nothing here comes from a request.
    return Environment(
        loader=PackageLoader("cds_service.rulebook"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
