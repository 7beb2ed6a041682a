"""``rules coverage``: for each card how many cases fire, are silent or rest on unknowns; fails on a hole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from cds_service.cli.common import (
    count,
    ended,
    folder_of,
    json_option,
    pathway_option,
    rule_option,
    rules_dir_option,
    say,
)
from cds_service.errors import CasesMissing


@click.command()
@rules_dir_option
@pathway_option
@rule_option
@click.option(
    "--parts", "with_parts", is_flag=True, help="Also name the parts of each rule that decide no case; slow."
)
@json_option
def coverage(
    rules_dir: Path | None, only: tuple[str, ...], cards: tuple[str, ...], with_parts: bool, as_json: bool
) -> None:
    """Show how many cases of each card fire, are silent or rest on unknowns; exit code 15 when there is a hole."""
    folder = folder_of(rules_dir)
    ended(lambda: _coverage(folder, only, cards, with_parts=with_parts, as_json=as_json), as_json=as_json)


def _coverage(
    folder: Path, only: Sequence[str], cards: Sequence[str], *, with_parts: bool, as_json: bool
) -> None:
    from cds_service.authoring.coverage import Hole, card_coverage
    from cds_service.ruleset.load import load_ruleset
    from cds_service.ruleset.ruleset import Ruleset

    ruleset: Ruleset = load_ruleset(folder, only=only)
    found = card_coverage(ruleset, folder, cards=cards, only=only)
    rows = [card.as_json() for card in found]
    if with_parts:
        for row in rows:
            row["decides_no_case"] = _undecided(ruleset, folder, row["card"])
    report = {
        "cards": rows,
        "cases": sum(card.firing + card.silent for card in found),
        "holes": {hole.name.lower().replace("_", "-"): hole.value for hole in Hole},
    }
    say(report, as_json=as_json, text=lambda r: "\n".join(_lines(r)))
    holes = sum(len(card.holes) for card in found)
    if holes and as_json:
        raise SystemExit(CasesMissing.exit_code)
    if holes:
        raise CasesMissing(f"{count(holes, 'hole')} in the cases of {count(_holed(rows), 'card')}")


def _undecided(ruleset: Any, folder: Path, card: str) -> list[str]:
    from cds_service.casework.coverage import files_of, undecided_parts
    from cds_service.casework.run import run_cases

    rule = ruleset.by_id.get(card)
    files = files_of(folder, cards=[card]) if rule is not None else []
    results = [result for path in files for result in run_cases(ruleset, path, root=folder)]
    return list(undecided_parts(ruleset, rule, results)) if results else []


def _holed(rows: Sequence[Mapping[str, Any]]) -> int:
    return sum(bool(row["holes"]) for row in rows)


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    yield f"{'card':8} {'firing':>6} {'silent':>6} {'unknown':>7}"
    written = 0
    for row in report["cards"]:
        if row["note"] is not None:
            yield f"{row['card']:8} {'–':>6} {'–':>6} {'–':>7}   {row['note']}"
            continue
        written += 1
        yield f"{row['card']:8} {row['firing']:6} {row['silent']:6} {row['unknown']:7}"
        yield from (f"    hole: {report['holes'][name]}" for name in row["holes"])
        yield from (f"    decides no case: {place}" for place in row.get("decides_no_case", ()))
    holes = sum(len(row["holes"]) for row in report["cards"])
    yield f"{count(written, 'card')}, {count(report['cases'], 'case')}: {count(holes, 'hole')}"
