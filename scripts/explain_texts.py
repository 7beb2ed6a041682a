"""Writes explain.txt beside each synthetic patient: what ``cds-service explain`` says of it on the day of the stories.

Run it without arguments to write the texts, with ``--check`` to learn whether they are current.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from cds_service.explain import as_text
from cds_service.explain.source import story_in_file
from cds_service.ruleset.load import load_ruleset
from cds_service.ruleset.ruleset import Ruleset

ROOT = Path(__file__).resolve().parents[1]
PATIENTS = ROOT / "fhir_fixtures" / "patients"
NAME = "explain.txt"
AS_OF = date(2026, 6, 15)
"""The day that ages and stories are told as of; see fhir_fixtures/README.md."""


def texts(rules: Ruleset, folder: Path = PATIENTS) -> Mapping[Path, str]:
    """Return the text of each patient by the file that holds it."""
    return {
        bundle.with_name(NAME): as_text(story_in_file(bundle, rules=rules, as_of=AS_OF, hook="patient-view"))
        for bundle in sorted(folder.glob("*/bundle.json"))
    }


def stale(found: Mapping[Path, str]) -> list[str]:
    """Return the patients whose text is missing or not current."""
    return [
        path.parent.name
        for path, text in found.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def main(arguments: Sequence[str]) -> int:
    """Write the texts, or with ``--check`` name those that are not current; 1 when there are any."""
    found = texts(load_ruleset(ROOT / "rules"))
    if "--check" not in arguments:
        for path, text in found.items():
            path.write_text(text, encoding="utf-8")
        return 0
    old = stale(found)
    if old:
        print(f"{NAME} of {', '.join(old)} is stale: python -m scripts.explain_texts", file=sys.stderr)
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
