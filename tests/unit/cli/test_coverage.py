"""``rules coverage``: a table of cards, and a failure when there is a hole."""

from __future__ import annotations

import json
from pathlib import Path

from .conftest import CARD_FILE, CASE_FILE, change, run


def fill(folder: Path) -> None:
    text = (folder / CASE_FILE).read_text(encoding="utf-8")
    unknown = "  - {name: A search failed, patient: rosa, unavailable: [Observation], expect: {card: none}}\n"
    (folder / CASE_FILE).write_text(text + unknown, encoding="utf-8")


def test_a_hole_is_named_and_fails(folder: Path) -> None:
    result = run(folder, "coverage")

    assert result.exit_code == 15
    assert result.stdout.splitlines() == [
        "card     firing silent unknown",
        "TN-05         1      1       0",
        "    hole: no case that says what is missing, or in which a search failed",
        "1 card, 2 cases: 1 hole",
    ]
    assert "1 hole in the cases of 1 card" in result.stderr


def test_without_a_hole_all_is_well(folder: Path) -> None:
    fill(folder)

    result = run(folder, "coverage")

    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "1 card, 3 cases: 0 holes"


def test_a_lint_of_the_index_is_told_apart(folder: Path) -> None:
    (folder / "card-index.csv").write_text(
        "card,pathway,hooks,kind,indicator,trigger,scope\n"
        "TN-05,facial-pain,patient-view,next-step,info,x,pathway\n"
        "TN-35,facial-pain,,limited-evidence,none,x,pathway\n",
        encoding="utf-8",
    )
    fill(folder)

    lines = run(folder, "coverage").stdout.splitlines()

    assert lines[2] == "TN-35         –      –       –   a lint, not a card"
    assert lines[-1] == "1 card, 3 cases: 0 holes"


def test_parts_that_decide_no_case_are_named_on_request(folder: Path) -> None:
    change(folder, CARD_FILE, "all: [drug-failed]", "all: [drug-failed]\n  unless: [severe-pain]")
    fill(folder)

    assert "decides no case" not in run(folder, "coverage").stdout
    assert run(folder, "coverage", "--parts").stdout.splitlines()[2] == "    decides no case: when.unless[0]"


def test_coverage_as_json(folder: Path) -> None:
    result = run(folder, "coverage", "--json")

    report = json.loads(result.stdout)
    assert result.exit_code == 15
    assert report["cases"] == 2
    assert report["cards"] == [
        {"card": "TN-05", "firing": 1, "silent": 1, "unknown": 0, "holes": ["no-unknown"], "note": None}
    ]
    assert report["holes"]["no-unknown"] == "no case that says what is missing, or in which a search failed"
