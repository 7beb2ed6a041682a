"""Commands of the service itself: ``serve``, ``demo`` and ``explain``."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
import orjson

from cds_service.cli.common import fail, json_option
from cds_service.errors import CdsError, InputInvalid

HOOKS = ("patient-view", "order-select", "order-sign")


@click.command()
@click.option("--host", default=None, help="Address to listen on; CDS_HOST or 127.0.0.1 by default.")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=None, help="Port; CDS_PORT or 8080 by default."
)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Worker processes.")
@json_option
def serve(host: str | None, port: int | None, workers: int, as_json: bool) -> None:
    """Serve the hooks. Refuses to start outside development mode, because clients cannot be authenticated yet."""
    from cds_service.app import ensure_may_serve
    from cds_service.serving import run
    from cds_service.settings import Settings

    try:
        settings = Settings.from_environment(os.environ)
        ensure_may_serve(settings)
        run(
            "cds_service.serving:service",
            host=host or settings.host,
            port=port or settings.port,
            workers=workers,
            say=lambda line: click.echo(line),
            settings=settings,
        )
    except CdsError as error:
        fail(error, as_json=as_json)


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), default=None, help="Port; CDS_PORT or 8080 by default."
)
@json_option
def demo(port: int | None, as_json: bool) -> None:
    """Serve the hooks with an embedded FHIR server that holds the synthetic patients."""
    from cds_service.serving import run_demo

    try:
        run_demo(port=port, say=lambda line: click.echo(line), environment=os.environ)
    except CdsError as error:
        fail(error, as_json=as_json)


def _day(_context: click.Context, _parameter: click.Parameter, value: str | None) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter("expected a day such as 2026-06-15") from None


@click.command()
@click.option(
    "--patient", "file", type=click.Path(path_type=Path, dir_okay=False), help="A Bundle of the patient."
)
@click.option("--fhir", "base_url", metavar="URL", help="Base address of a FHIR server, with --id.")
@click.option("--id", "patient_id", metavar="ID", help="The patient's id.")
@click.option("--as-of", metavar="DATE", callback=_day, help="Day of judgement; today by default.")
@click.option("--hook", type=click.Choice(HOOKS), default="patient-view", show_default=True)
@click.option(
    "--draft",
    "drafts",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    help="A draft order (a resource or a Bundle in a file); may repeat.",
)
@json_option
def explain(
    file: Path | None,
    base_url: str | None,
    patient_id: str | None,
    as_of: date | None,
    hook: str,
    drafts: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Show where a patient stands on each ladder, every trial with its verdict and evidence, and what is missing."""
    from cds_service.explain.source import story_of

    try:
        if (file is None) == (base_url is None) or (base_url is not None and patient_id is None):
            raise InputInvalid("Give either --patient FILE, or --fhir URL with --id ID.")
        story = story_of(
            file=file,
            base_url=base_url,
            patient_id=patient_id,
            as_of=as_of or datetime.now().astimezone().date(),
            hook=hook,
            drafts=drafts,
            environment=os.environ,
        )
    except CdsError as error:
        fail(error, as_json=as_json)
    _print(story, as_json=as_json)


def _print(story: dict[str, Any], *, as_json: bool) -> None:
    from cds_service.explain import as_text

    show: Callable[[dict[str, Any]], str] = as_text
    if as_json:
        click.echo(orjson.dumps(story, option=orjson.OPT_INDENT_2).decode())
    else:
        click.echo(show(story), nl=False)
