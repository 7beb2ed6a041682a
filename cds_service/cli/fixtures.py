"""Commands that put the synthetic patients on a FHIR server and take them away again: ``fixtures load`` and ``clean``."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import click
import orjson

from cds_service.errors import CdsError
from cds_service.sandbox.fixture_server import CleanReport, LoadReport, clean_fixtures, load_fixtures

Report = TypeVar("Report")

_to = click.option("--to", "base_url", required=True, metavar="URL", help="Base address of the FHIR server.")
_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


@click.group()
def fixtures() -> None:
    """Put the synthetic patients on a FHIR server, or take them away."""


@fixtures.command()
@_to
@click.option("--tag", default=None, help="Word that marks this run, to clean by; a new one by default.")
@click.option("--prefix", default="", help="Put in front of every id, so that shared servers do not collide.")
@click.option("--patient", "patients", multiple=True, metavar="SLUG", help="Only this patient; may repeat.")
@click.option(
    "--from",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Folder of the patients; fhir_fixtures/patients by default.",
)
@_json
def load(
    base_url: str, tag: str | None, prefix: str, patients: tuple[str, ...], folder: Path | None, as_json: bool
) -> None:
    """Load the patients; loading them again replaces them."""
    run = tag if tag is not None else f"run-{secrets.token_hex(4)}"
    report = _or_exit(
        lambda: load_fixtures(base_url, tag=run, prefix=prefix, patients=patients, folder=folder),
        as_json=as_json,
    )
    click.echo(_as_json(asdict(report)) if as_json else _load_text(report))


@fixtures.command()
@_to
@click.option("--tag", required=True, help="The tag of the run to remove.")
@_json
def clean(base_url: str, tag: str, as_json: bool) -> None:
    """Delete what carries the tag, and nothing else."""
    report = _or_exit(lambda: clean_fixtures(base_url, tag=tag), as_json=as_json)
    shown = {**asdict(report), "deleted": dict(report.deleted)}
    click.echo(_as_json(shown) if as_json else _clean_text(report))


def _or_exit(work: Callable[[], Report], *, as_json: bool) -> Report:
    """The result of the work; a fault ends the command with its own exit code instead."""
    try:
        return work()
    except CdsError as problem:
        if as_json:
            click.echo(_as_json({"error": str(problem), "exitCode": problem.exit_code}))
        else:
            click.echo(f"Error: {problem}", err=True)
        raise SystemExit(problem.exit_code) from None


def _load_text(report: LoadReport) -> str:
    lines = [f"{p.patient_id}: {p.created} created, {p.updated} updated" for p in report.patients]
    return "\n".join([*lines, f"Tag of this run: {report.tag}"])


def _clean_text(report: CleanReport) -> str:
    lines = [f"{kind}: {number} deleted" for kind, number in report.deleted]
    return "\n".join(lines) or "Nothing carries this tag."


def _as_json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
