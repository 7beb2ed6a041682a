"""Commands for authors of rules: ``rules check``, ``test``, ``coverage``, ``lock``, ``language`` and ``schema``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from cds_service.cli.common import (
    complaint_json,
    count,
    ended,
    folder_of,
    json_option,
    pathway_option,
    rule_option,
    rules_dir_option,
    say,
    write,
)
from cds_service.errors import CaseFailed, Complaint, RuleFileInvalid


@click.group()
def rules() -> None:
    """Check, test and describe the rules."""


@rules.command()
@rules_dir_option
@pathway_option
@click.option("--strict", is_flag=True, help="Lints count as faults.")
@json_option
def check(rules_dir: Path | None, only: tuple[str, ...], strict: bool, as_json: bool) -> None:
    """Check every rule file, table and value set; lints are printed too."""
    ended(lambda: _check(folder_of(rules_dir), only, strict=strict, as_json=as_json), as_json=as_json)


def _check(folder: Path, only: Sequence[str], *, strict: bool, as_json: bool) -> None:
    from cds_service.ruleset.hashing import LOCK, check_lock
    from cds_service.ruleset.lint import lint
    from cds_service.ruleset.load import load_ruleset

    ruleset = load_ruleset(folder, only=only)
    if not only:  # a part of the rules is no match for a lock of all of them
        check_lock(ruleset, folder / LOCK)
    lints = lint(ruleset, folder, only=only)
    cases = _case_faults(folder, only)
    if cases or (strict and lints):
        raise RuleFileInvalid([*cases, *(lints if strict else [])])
    report = {
        "rules": len(ruleset.rules),
        "pathways": sorted(ruleset.pathways),
        "lints": [complaint_json(c) for c in lints],
    }
    say(report, as_json=as_json, text=_check_text)


def _case_faults(folder: Path, only: Sequence[str]) -> list[Complaint]:
    from cds_service.casework.coverage import files_of
    from cds_service.casework.read import read_cases

    faults: list[Complaint] = []
    for path in files_of(folder, only=only):
        try:
            read_cases(path, root=folder)
        except RuleFileInvalid as problem:
            faults.extend(problem.complaints)
    return faults


def _check_text(report: Mapping[str, Any]) -> str:
    lines = [f"lint: {c['file']}:{c['line']}: {c['path']}: {c['message']}" for c in report["lints"]]
    rules_found, pathways = count(report["rules"], "rule"), count(len(report["pathways"]), "pathway")
    return "\n".join([*lines, f"{rules_found} in {pathways}: no faults, {count(len(lines), 'lint')}"])


@rules.command()
@rules_dir_option
@pathway_option
@rule_option
@click.option("--verbose", "-v", is_flag=True, help="Name every case.")
@json_option
def test(
    rules_dir: Path | None, only: tuple[str, ...], cards: tuple[str, ...], verbose: bool, as_json: bool
) -> None:
    """Run the cases of the rules; exit code 13 when one of them disagrees."""
    ended(lambda: _test(folder_of(rules_dir), only, cards, verbose=verbose, as_json=as_json), as_json=as_json)


def _test(folder: Path, only: Sequence[str], cards: Sequence[str], *, verbose: bool, as_json: bool) -> None:
    from cds_service.casework.coverage import results_of

    results = results_of(folder, cards=cards, only=only)
    failed = [r for r in results if not r.holds]
    report = {
        "cases": len(results),
        "failed": [
            {"file": r.case.file, "line": r.case.line, "name": r.case.title, "problems": list(r.problems)}
            for r in failed
        ],
    }
    if as_json:
        say(report, as_json=True, text=str)
        raise SystemExit(CaseFailed.exit_code if failed else 0)
    for result in results if verbose else failed:
        click.echo(("ok   " if result.holds else "FAIL ") + str(result))
    if failed:
        raise CaseFailed(f"{len(failed)} of {count(len(results), 'case')} disagree")
    click.echo(f"{count(len(results), 'case')}: all hold")


@rules.command()
@click.option(
    "--to", "path", default="docs/rule-language.md", show_default=True, help="File to write; - prints it."
)
def language(path: str) -> None:
    """Write the page of the rule language."""
    from cds_service.ruleset.language_page import language_page

    ended(lambda: write(language_page(), path), as_json=False)


@rules.command()
@click.option(
    "--to", "path", default="rules/rule.schema.json", show_default=True, help="File to write; - prints it."
)
def schema(path: str) -> None:
    """Write the JSON Schema of rule files, for editors."""
    from cds_service.ruleset.schema import schema_text

    ended(lambda: write(schema_text(), path), as_json=False)
