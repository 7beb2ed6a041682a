"""Commands for authors of rules: ``rules check``, ``test``, ``coverage``, ``lock``, ``language`` and ``schema``."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import click
import orjson

from cds_service.errors import CaseFailed, CdsError, Complaint, InputInvalid, RuleFileInvalid

_rules_dir = click.option(
    "--rules",
    "rules_dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Folder of the rules; CDS_RULES or rules by default.",
)
_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
_only = click.option(
    "--pathway",
    "only",
    multiple=True,
    metavar="NAME",
    help="Only this pathway, with what it uses, whatever state the others are in; may repeat.",
)
_card = click.option("--rule", "cards", multiple=True, metavar="ID", help="Only this rule; may repeat.")


@click.group()
def rules() -> None:
    """Check, test and describe the rules."""


@rules.command()
@_rules_dir
@_only
@click.option("--strict", is_flag=True, help="Lints count as faults.")
@_json
def check(rules_dir: Path | None, only: tuple[str, ...], strict: bool, as_json: bool) -> None:
    """Check every rule file, table and value set; lints are printed too."""
    _ended(lambda: _check(_folder(rules_dir), only, strict=strict, as_json=as_json), as_json=as_json)


def _check(folder: Path, only: Sequence[str], *, strict: bool, as_json: bool) -> None:
    from cds_service.ruleset.hashing import LOCK, check_lock
    from cds_service.ruleset.lint import lint
    from cds_service.ruleset.load import load_ruleset

    ruleset = load_ruleset(folder, only=only)
    check_lock(ruleset, folder / LOCK)
    lints = lint(ruleset, folder, only=only)
    cases = _case_faults(folder, only)
    if cases or (strict and lints):
        raise RuleFileInvalid([*cases, *(lints if strict else [])])
    report = {
        "rules": len(ruleset.rules),
        "pathways": sorted(ruleset.pathways),
        "lints": [_complaint(c) for c in lints],
    }
    _say(report, as_json=as_json, text=_check_text)


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
    rules_found, pathways = _count(report["rules"], "rule"), _count(len(report["pathways"]), "pathway")
    return "\n".join([*lines, f"{rules_found} in {pathways}: no faults, {_count(len(lines), 'lint')}"])


@rules.command()
@_rules_dir
@_only
@_card
@click.option("--verbose", "-v", is_flag=True, help="Name every case.")
@_json
def test(
    rules_dir: Path | None, only: tuple[str, ...], cards: tuple[str, ...], verbose: bool, as_json: bool
) -> None:
    """Run the cases of the rules; exit code 13 when one of them disagrees."""
    _ended(lambda: _test(_folder(rules_dir), only, cards, verbose=verbose, as_json=as_json), as_json=as_json)


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
        _say(report, as_json=True, text=str)
        raise SystemExit(CaseFailed.exit_code if failed else 0)
    for result in results if verbose else failed:
        click.echo(("ok   " if result.holds else "FAIL ") + str(result))
    if failed:
        raise CaseFailed(f"{len(failed)} of {_count(len(results), 'case')} disagree")
    click.echo(f"{_count(len(results), 'case')}: all hold")


@rules.command()
@_rules_dir
@_only
@_card
@_json
def coverage(rules_dir: Path | None, only: tuple[str, ...], cards: tuple[str, ...], as_json: bool) -> None:
    """Show how many cases of each rule fire, are silent or rest on unknowns, and which parts of it no case decides."""
    _ended(lambda: _coverage(_folder(rules_dir), only, cards, as_json=as_json), as_json=as_json)


def _coverage(folder: Path, only: Sequence[str], cards: Sequence[str], *, as_json: bool) -> None:
    from cds_service.casework.coverage import coverage_of

    report = coverage_of(folder, cards=cards, only=only)
    _say(
        {"rules": [c.as_json() for c in report]}, as_json=as_json, text=lambda _: "\n".join(map(str, report))
    )


@rules.command()
@_rules_dir
@_json
def lock(rules_dir: Path | None, as_json: bool) -> None:
    """Write the lock file: each rule's version and content hash. Changed content needs a raised version."""
    _ended(lambda: _lock(_folder(rules_dir), as_json=as_json), as_json=as_json)


def _lock(folder: Path, *, as_json: bool) -> None:
    from cds_service.ruleset.hashing import LOCK, write_lock
    from cds_service.ruleset.load import load_ruleset

    ruleset = load_ruleset(folder)
    write_lock(ruleset, folder / LOCK)
    _say(
        {"locked": len(ruleset.rules)},
        as_json=as_json,
        text=lambda r: f"{_count(r['locked'], 'rule')} locked",
    )


@rules.command()
@click.option(
    "--to", "path", default="docs/rule-language.md", show_default=True, help="File to write; - prints it."
)
def language(path: str) -> None:
    """Write the page of the rule language."""
    from cds_service.ruleset.language_page import language_page

    _ended(lambda: _write(language_page(), path), as_json=False)


@rules.command()
@click.option(
    "--to", "path", default="rules/rule.schema.json", show_default=True, help="File to write; - prints it."
)
def schema(path: str) -> None:
    """Write the JSON Schema of rule files, for editors."""
    from cds_service.ruleset.schema import schema_text

    _ended(lambda: _write(schema_text(), path), as_json=False)


def _write(text: str, path: str) -> None:
    if path == "-":
        click.echo(text, nl=False)
        return
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as problem:
        raise InputInvalid(f"{path}: {problem.strerror}") from None
    click.echo(f"{path} written")


def _folder(rules_dir: Path | None) -> Path:
    return rules_dir if rules_dir is not None else Path(os.environ.get("CDS_RULES", "rules"))


def _complaint(complaint: Complaint) -> dict[str, Any]:
    return {
        "file": complaint.file,
        "line": complaint.line,
        "path": complaint.path,
        "message": complaint.message,
    }


def _say(report: Mapping[str, Any], *, as_json: bool, text: Callable[[Mapping[str, Any]], str]) -> None:
    click.echo(orjson.dumps(report, option=orjson.OPT_INDENT_2).decode() if as_json else text(report))


def _ended(work: Callable[[], None], *, as_json: bool) -> None:
    """Do the work; an error on purpose ends the process with its own exit code."""
    try:
        work()
    except CdsError as error:
        _fail(error, as_json=as_json)


def _fail(error: CdsError, *, as_json: bool) -> NoReturn:
    if as_json:
        found: dict[str, Any] = {"error": str(error), "kind": type(error).__name__}
        if isinstance(error, RuleFileInvalid):
            found["complaints"] = [_complaint(c) for c in error.complaints]
        click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
    else:
        click.echo(f"{error}\n{_counted(error)}", err=True)
    raise SystemExit(error.exit_code)


def _counted(error: CdsError) -> str:
    if isinstance(error, RuleFileInvalid):
        files = len({c.file for c in error.complaints})
        return f"{_count(len(error.complaints), 'fault')} in {_count(files, 'file')}"
    return type(error).__name__


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
