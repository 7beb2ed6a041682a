"""``rules docs``: the rule book and the card gallery as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from cds_service.cli.common import count, ended, folder_of, json_option, rules_dir_option, say
from cds_service.errors import InputInvalid


@click.command()
@rules_dir_option
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("build/rule-book"),
    show_default=True,
    help="Folder of the rule book.",
)
@click.option(
    "--cards",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("docs/cards"),
    show_default=True,
    help="Folder of the card gallery.",
)
@json_option
def docs(rules_dir: Path | None, to: Path, cards: Path, as_json: bool) -> None:
    """Write the rule book, a page for each pathway and rule, and the gallery of all cards."""
    ended(lambda: _docs(folder_of(rules_dir), to, cards, as_json=as_json), as_json=as_json)


def _docs(folder: Path, to: Path, cards: Path, *, as_json: bool) -> None:
    from cds_service.rulebook import book_pages, gallery_pages
    from cds_service.ruleset.load import load_ruleset

    rules = load_ruleset(folder)
    written = {str(to): book_pages(rules, folder), str(cards): gallery_pages(rules, folder)}
    for where, pages in written.items():
        _write(pages, Path(where))
    say(
        {where: len(pages) for where, pages in written.items()},
        as_json=as_json,
        text=lambda r: "\n".join(f"{where}: {count(pages, 'page')} written" for where, pages in r.items()),
    )


def _write(pages: Mapping[str, str], folder: Path) -> None:
    try:
        for name, text in pages.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise InputInvalid(f"{folder}: {problem.strerror}") from None
