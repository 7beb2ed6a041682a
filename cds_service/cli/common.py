"""What every command shares: the options that repeat, how a result is printed, and how an error ends the process."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import click
import orjson

from cds_service.errors import CdsError, Complaint, InputInvalid, RuleFileInvalid

json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
rules_dir_option = click.option(
    "--rules",
    "rules_dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Folder of the rules; CDS_RULES or rules by default.",
)
pathway_option = click.option(
    "--pathway",
    "only",
    multiple=True,
    metavar="NAME",
    help="Only this pathway, with what it uses, whatever state the others are in; may repeat.",
)
rule_option = click.option("--rule", "cards", multiple=True, metavar="ID", help="Only this rule; may repeat.")


def folder_of(rules_dir: Path | None) -> Path:
    """Return the folder of the rules: the option, else ``CDS_RULES``, else ``rules``."""
    return rules_dir if rules_dir is not None else Path(os.environ.get("CDS_RULES", "rules"))


def say(report: Mapping[str, Any], *, as_json: bool, text: Callable[[Mapping[str, Any]], str]) -> None:
    """Print a report as JSON, or as its text."""
    click.echo(orjson.dumps(report, option=orjson.OPT_INDENT_2).decode() if as_json else text(report))


def write(text: str, path: str) -> None:
    """Write a page to a file, or print it when the path is ``-``. Raises ``InputInvalid`` when it cannot."""
    if path == "-":
        click.echo(text, nl=False)
        return
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as problem:
        raise InputInvalid(f"{path}: {problem.strerror}") from None
    click.echo(f"{path} written")


def ended(work: Callable[[], None], *, as_json: bool) -> None:
    """Do the work; an error on purpose ends the process with its own exit code."""
    try:
        work()
    except CdsError as error:
        fail(error, as_json=as_json)


def fail(error: CdsError, *, as_json: bool) -> NoReturn:
    """End with the error's exit code; its message never holds patient data."""
    if as_json:
        found: dict[str, Any] = {"error": str(error), "kind": type(error).__name__}
        if isinstance(error, RuleFileInvalid):
            found["complaints"] = [complaint_json(c) for c in error.complaints]
        click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
    elif isinstance(error, RuleFileInvalid):
        files = len({c.file for c in error.complaints})
        faults = f"{count(len(error.complaints), 'fault')} in {count(files, 'file')}"
        click.echo(f"{error}\n{faults}", err=True)
    else:
        click.echo(f"Error: {error}", err=True)
    raise SystemExit(error.exit_code)


def complaint_json(complaint: Complaint) -> dict[str, Any]:
    """Return a complaint about a rule file as JSON."""
    return {
        "file": complaint.file,
        "line": complaint.line,
        "path": complaint.path,
        "message": complaint.message,
    }


def count(number: int, word: str) -> str:
    """Return ``1 rule``, ``2 rules``."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
