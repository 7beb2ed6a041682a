"""``rules graph``: the ladder of a pathway as a Mermaid flowchart or a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from cds_service.cli.common import ended, folder_of, json_option, rules_dir_option, say, write


@click.command()
@click.argument("pathway")
@rules_dir_option
@click.option("--format", "form", type=click.Choice(["mermaid", "svg"]), default="mermaid", show_default=True)
@click.option("--to", "path", default="-", show_default=True, help="File to write; - prints it.")
@json_option
def graph(pathway: str, rules_dir: Path | None, form: str, path: str, as_json: bool) -> None:
    """Draw the ladder of PATHWAY: its steps, what opens and passes each, therapies and cards."""
    ended(lambda: _graph(folder_of(rules_dir), pathway, form, path, as_json=as_json), as_json=as_json)


def _graph(folder: Path, pathway: str, form: str, path: str, *, as_json: bool) -> None:
    from cds_service.authoring.ladder import ladder_of
    from cds_service.authoring.mermaid import mermaid_of
    from cds_service.authoring.svg import svg_of
    from cds_service.ruleset.load import load_ruleset

    only: Sequence[str] = [pathway] if (folder / pathway).is_dir() else []
    ladder = ladder_of(load_ruleset(folder, only=only), pathway)
    if as_json:
        say(ladder.as_json(), as_json=True, text=str)
    else:
        write(svg_of(ladder) if form == "svg" else mermaid_of(ladder), path)
