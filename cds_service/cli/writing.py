"""``rules new`` begins a rule; ``rules fmt`` writes the files of a rules folder the one way."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from cds_service.cli.common import count, ended, folder_of, json_option, rules_dir_option, say
from cds_service.errors import NotFormatted


@click.command()
@click.argument("pathway")
@click.argument("card")
@click.argument("words")
@rules_dir_option
@click.option(
    "--hook",
    type=click.Choice(["patient-view", "order-select", "order-sign"]),
    default=None,
    help="When the card may come; by default as the card index plans it, else patient-view.",
)
@json_option
def new(pathway: str, card: str, words: str, rules_dir: Path | None, hook: str | None, as_json: bool) -> None:
    """Begin a rule of PATHWAY with the id CARD (such as TN-05), its files named after WORDS (refer-for-surgery)."""
    folder = folder_of(rules_dir)
    ended(lambda: _new(folder, pathway, card, words, hook, as_json=as_json), as_json=as_json)


def _new(folder: Path, pathway: str, card: str, words: str, hook: str | None, *, as_json: bool) -> None:
    from cds_service.authoring.skeleton import skeleton_of, write_skeleton
    from cds_service.ruleset.load import load_ruleset

    rules = load_ruleset(folder, only=[pathway] if (folder / pathway).is_dir() else [])
    skeleton = skeleton_of(rules, folder, pathway=pathway, card=card, slug=words, hook=hook)
    write_skeleton(skeleton, folder)
    report = {"files": [str(folder / name) for name in skeleton.files], "next": list(skeleton.next_steps)}
    say(report, as_json=as_json, text=_text)


def _text(report: Mapping[str, Any]) -> str:
    steps = [f"{number}. {step}" for number, step in enumerate(report["next"], start=1)]
    return "\n".join([*(f"{file} written" for file in report["files"]), "", "Next:", *steps])


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@rules_dir_option
@click.option("--check", "checking", is_flag=True, help="Change nothing; list the files, exit code 16.")
@json_option
def fmt(files: tuple[Path, ...], rules_dir: Path | None, checking: bool, as_json: bool) -> None:
    """Write rules, cases, profiles, tables and value sets the one way: all of them, or FILES."""
    ended(lambda: _fmt(folder_of(rules_dir), files, checking=checking, as_json=as_json), as_json=as_json)


def _fmt(folder: Path, files: tuple[Path, ...], *, checking: bool, as_json: bool) -> None:
    from cds_service.authoring.format import authored_files, unformatted

    chosen = list(files) or authored_files(folder)
    found = unformatted(chosen, folder)
    if not checking:
        for path, text in found.items():
            path.write_bytes(text.encode())
    report = {"files": len(chosen), "unformatted" if checking else "formatted": [str(path) for path in found]}
    say(report, as_json=as_json, text=lambda r: _fmt_text(r, "unformatted" if checking else "formatted"))
    if found and checking and as_json:
        raise SystemExit(NotFormatted.exit_code)
    if found and checking:
        raise NotFormatted(
            f"{count(len(found), 'file')} not written the one way: run 'cds-service rules fmt'"
        )


def _fmt_text(report: Mapping[str, Any], word: str) -> str:
    return "\n".join([*report[word], f"{count(report['files'], 'file')}, {len(report[word])} {word}"])
