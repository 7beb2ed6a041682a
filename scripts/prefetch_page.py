"""Writes docs/prefetch.md: the prefetch templates of each hook, for sites whose EHR does not read discovery.

Run it without arguments to write the page, with ``--check`` to learn whether the page is current.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from cds_service.fhir.needs import REQUIRED, needs_of
from cds_service.hooks.table import HOOKS, Hook
from cds_service.ruleset.load import load_ruleset
from cds_service.ruleset.ruleset import Ruleset

ROOT = Path(__file__).resolve().parents[1]
PAGE = Path("docs/prefetch.md")

INTRODUCTION = f"""# Prefetch templates

Discovery (`GET /cds-services`) publishes these templates. Some EHRs do not read discovery: there an analyst types them in,
with the key exactly as it stands here. This page is generated from the rules: `python -m scripts.prefetch_page`.

Prefetch may be whole, in part or missing; what is missing is read from the client's FHIR server. {", ".join(REQUIRED[:-1])}
and {REQUIRED[-1]} are required: an answer without them is impossible (status 412). Without one of the others the answer says what
could not be read. `null` and an empty Bundle both mean that there is nothing; a key that is left out means that nobody has
looked.
"""


def page(rules: Ruleset, hooks: Sequence[Hook] = HOOKS) -> str:
    """Return the page as Markdown."""
    lines = [INTRODUCTION]
    for hook in hooks:
        needs = needs_of(rules, hook.name)
        required = {need.key for need in needs.needs if need.required}
        lines += [f"## {hook.name}", "", f"Service id `{hook.service_id}`. {hook.description}", ""]
        lines += _table(needs.templates, required)
    return "\n".join(lines)


def _table(templates: Mapping[str, str], required: set[str]) -> list[str]:
    rows = [
        f"| `{key}` | {'yes' if key in required else 'no'} | `{template}` |"
        for key, template in templates.items()
    ]
    return ["| Key | Required | Template |", "|---|---|---|", *rows, ""]


def main(arguments: Sequence[str]) -> int:
    """Write the page, or with ``--check`` say whether it is current; 1 when it is not."""
    text = page(load_ruleset(ROOT / "rules"))
    if "--check" not in arguments:
        (ROOT / PAGE).write_text(text, encoding="utf-8")
        return 0
    if (ROOT / PAGE).exists() and (ROOT / PAGE).read_text(encoding="utf-8") == text:
        return 0
    print(f"{PAGE} is stale: python -m scripts.prefetch_page", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
