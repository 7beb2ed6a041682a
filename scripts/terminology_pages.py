"""Write the generated pages of the terminology: the index of value sets and the scores of the phrases."""

from __future__ import annotations

from pathlib import Path

from cds_service.terminology import load_terminology
from cds_service.terminology.catalog import value_set_index
from cds_service.terminology.scores import read_labelled, score_page

ROOT = Path(__file__).parents[1]
SENTENCES = ROOT / "tests" / "unit" / "terminology" / "data" / "phrase_examples.csv"


def main() -> None:
    """Write both pages; tests fail while they are out of date."""
    terminology = load_terminology(ROOT / "rules")
    index = ROOT / "rules" / "valuesets" / "README.md"
    index.write_text(value_set_index(terminology), encoding="utf-8")
    scores = ROOT / "rules" / "terminology" / "phrase-scores.md"
    scores.write_text(score_page(terminology.phrases, read_labelled(SENTENCES)), encoding="utf-8")


if __name__ == "__main__":
    main()
