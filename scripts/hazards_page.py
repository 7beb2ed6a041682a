"""Writes the table of critical cards in docs/hazards.md: one row for each, from the rules and their cases.

Run it without arguments to write the table, with ``--check`` to learn whether it is current.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from cds_service.casework.read import CASES, read_cases
from cds_service.rulebook.heads import levels_of
from cds_service.rulebook.pages import cell
from cds_service.ruleset.load import load_ruleset
from cds_service.ruleset.ruleset import Rule, Ruleset

ROOT = Path(__file__).resolve().parents[1]
RULES = ROOT / "rules"
PAGE = Path("docs/hazards.md")
MARK = "<!-- critical cards: python -m scripts.hazards_page -->\n"


def page(rules: Ruleset, text: str) -> str:
    """Return the page with its table written anew; what stands above the mark is kept."""
    above, mark, _ = text.partition(MARK)
    return f"{above}{mark}\n" + "\n".join(_table(rules)) + "\n"


def _table(rules: Ruleset) -> Iterator[str]:
    yield "| Card | Hazard | Shown by | What is left |"
    yield "|---|---|---|---|"
    for rule in rules.rules:
        if "critical" in levels_of(rule):
            yield _row(rule)


def _row(rule: Rule) -> str:
    path = Path(rule.path).with_suffix("").with_suffix("")
    cases = read_cases(RULES / f"{path}{CASES}", root=RULES)
    fires = sum(case.spec.expect.card not in {None, "none"} for case in cases)
    shown = f"[{fires} cases with it, {len(cases) - fires} without](../rules/{path}{CASES})"
    left = " ".join(rule.file.known_gaps)
    return f"| **{rule.id}** | {cell(rule.file.about.when)} | {shown} | {cell(left)} |"


def main(arguments: Sequence[str]) -> int:
    """Write the table, or with ``--check`` say whether it is current; 1 when it is not."""
    old = (ROOT / PAGE).read_text(encoding="utf-8")
    new = page(load_ruleset(RULES), old)
    if "--check" in arguments and new != old:
        print(f"{PAGE} is stale: python -m scripts.hazards_page", file=sys.stderr)
        return 1
    (ROOT / PAGE).write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
