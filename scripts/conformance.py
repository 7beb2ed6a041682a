"""Writes docs/conformance.md: each requirement of CDS Hooks, and the tests that cover it.

The requirements are in tests/contract/requirements.csv; a test names those that it covers with ``@covers("DISC-01")``.
Run it without arguments to write the page, with ``--check`` to learn whether the page is current.
"""

from __future__ import annotations

import ast
import csv
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = Path("tests/contract/requirements.csv")
PAGE = Path("docs/conformance.md")

SECTIONS: Mapping[str, str] = {
    "DISC": "Discovery",
    "PRE": "Prefetch",
    "CALL": "Calls and statuses",
    "FHIR": "Reading from the client's FHIR server",
    "RESP": "Answers",
    "CARD": "Cards",
    "SUG": "Suggestions",
    "ACT": "Actions",
    "FB": "Feedback",
    "SEC": "Security",
    "HOOK": "Hooks",
    "OPS": "Operation",
    "TV": "Test vectors",
}
INTRODUCTION = """# Conformance

What [CDS Hooks 2.0.1](https://cds-hooks.hl7.org/2.0/) and its clients ask of a service, in our words, and the tests that
show it. *MUST*, *SHOULD* and *MAY* are those of the specification, or our own where it is silent (statuses, robustness).
This page is generated: `python -m scripts.conformance`.
"""


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """One row of the table; ``note`` says why no test covers it."""

    id: str
    level: str
    says: str
    note: str


def read_requirements(text: str) -> list[Requirement]:
    """Read the CSV."""
    return [
        Requirement(id=row["id"], level=row["level"], says=row["requirement"], note=row["note"])
        for row in csv.DictReader(text.splitlines())
    ]


def coverage_of(root: Path) -> dict[str, list[str]]:
    """Return the tests, as ``file::name``, that name each requirement id."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((root / "tests").rglob("test_*.py")):
        for test, ids in _covers(path.read_text(encoding="utf-8")):
            for requirement in ids:
                found[requirement].append(f"{path.relative_to(root).as_posix()}::{test}")
    return dict(found)


def faults(requirements: Sequence[Requirement], tests: Mapping[str, Sequence[str]]) -> list[str]:
    """Return ids used twice, ids that no row has, rows that neither a test covers nor a note explains, or both do."""
    ids = [requirement.id for requirement in requirements]
    found = [f"{name}: listed twice" for name in sorted({name for name in ids if ids.count(name) > 1})]
    found += [f"{name}: named by a test, but not listed" for name in sorted(tests.keys() - set(ids))]
    for requirement in requirements:
        if requirement.id not in tests and not requirement.note:
            found.append(f"{requirement.id}: no test and no note")
        if requirement.id in tests and requirement.note:
            found.append(f"{requirement.id}: has a note although a test covers it")
    return found


def page(requirements: Sequence[Requirement], tests: Mapping[str, Sequence[str]]) -> str:
    """Return the page as Markdown."""
    lines = [INTRODUCTION]
    for prefix, title in SECTIONS.items():
        rows = [requirement for requirement in requirements if requirement.id.rpartition("-")[0] == prefix]
        lines += [f"## {title}", "", "| Id | Level | Requirement | Shown by |", "|---|---|---|---|"]
        lines += [_row(requirement, tests.get(requirement.id, ())) for requirement in rows]
        lines.append("")
    return "\n".join(lines)


def _row(requirement: Requirement, tests: Sequence[str]) -> str:
    shown = "<br>".join(_link(test) for test in tests) or f"*{requirement.note}*"
    return f"| {requirement.id} | {requirement.level} | {requirement.says} | {shown} |"


def _link(test: str) -> str:
    path, _, name = test.partition("::")
    return f"[{name.removeprefix('test_').replace('_', ' ')}](../{path})"


def _covers(source: str) -> Iterator[tuple[str, list[str]]]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
            continue
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id == "covers":
                yield node.name, [str(ast.literal_eval(argument)) for argument in mark.args]


def main(arguments: Sequence[str]) -> int:
    """Write the page, or with ``--check`` say whether it is current; 1 when something is wrong."""
    requirements = read_requirements((ROOT / REQUIREMENTS).read_text(encoding="utf-8"))
    tests = coverage_of(ROOT)
    complaints = faults(requirements, tests)
    text = page(requirements, tests)
    if "--check" in arguments:
        if not (ROOT / PAGE).exists() or (ROOT / PAGE).read_text(encoding="utf-8") != text:
            complaints.append(f"{PAGE} is stale: python -m scripts.conformance")
    else:
        (ROOT / PAGE).write_text(text, encoding="utf-8")
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
