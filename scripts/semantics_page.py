"""Writes docs/semantics.md from the specification tests: module, class and test docstrings, and their tables of examples.

Run it without arguments to write the page, with ``--check`` to learn whether the page is current.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "tests" / "spec"
PAGE = Path("docs/semantics.md")

INTRODUCTION = """# What "failed therapy" means

The meaning of the product in one place: what counts as a trial, how each trial is judged, where a patient stands, and what a
card may say. Every sentence below is a test, and every row of a table is one: this page is written from the tests in
`tests/spec/` (`python -m scripts.semantics_page`). The numbers are those of small invented pathways; each real pathway
names its own, in its rules. What is on record is written as in the [cases](cases.md): `reason-no-effect` and
`outcome-partial` are value sets, `CPT 64620` is a code, – is nothing.
"""


def page() -> str:
    """Return the page as Markdown."""
    lines = [INTRODUCTION]
    for number, module in enumerate(_modules(), 1):
        title, rest = _split(module)
        lines += [f"## {number}. {title}", "", *([rest, ""] if rest else [])]
        for section in _members(module, "Test"):
            title, rest = _split(section)
            lines += [f"### {title}", "", *([rest, ""] if rest else [])]
            for test in _members(section, "test_"):
                lines += _sentence(test)
    return "\n".join(lines).rstrip("\n") + "\n"


def _modules() -> list[ModuleType]:
    paths = sorted(FOLDER.glob("test_[0-9]*.py"), key=lambda path: int(path.stem.split("_")[1]))
    return [importlib.import_module(f"tests.spec.{path.stem}") for path in paths]


def _members(owner: Any, prefix: str) -> Iterator[Any]:
    for name, member in vars(owner).items():
        if name.startswith(prefix) and callable(member):
            yield member


def _split(owner: Any) -> tuple[str, str]:
    title, _, rest = _doc(owner).partition("\n\n")
    return title.removesuffix("."), rest


def _doc(owner: Any) -> str:
    text = inspect.getdoc(owner)
    if not text:
        raise SystemExit(f"{owner} has no docstring: it is its sentence on the page")
    return text.strip()


def _sentence(test: Callable[..., None]) -> list[str]:
    lines = [_doc(test), ""]
    columns, rows = getattr(test, "examples", ((), ()))
    if rows:
        lines += [
            _row(columns),
            _row(["---"] * len(columns)),
            *(_row([_cell(c) for c in row]) for row in rows),
            "",
        ]
    return lines


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "–"
    if isinstance(value, tuple | list):
        return ", ".join(_cell(part) for part in value) or "–"
    return str(value).replace("|", "\\|")


def main(arguments: Sequence[str]) -> int:
    """Write the page, or with ``--check`` say whether it is current; 1 when it is not."""
    text = page()
    if "--check" not in arguments:
        (ROOT / PAGE).write_text(text, encoding="utf-8")
        return 0
    if (ROOT / PAGE).exists() and (ROOT / PAGE).read_text(encoding="utf-8") == text:
        return 0
    print(f"{PAGE} is stale: python -m scripts.semantics_page", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
