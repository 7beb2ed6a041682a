"""``rules mutate``: would any case notice, were a rule changed a little?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cds_service.cli.common import (
    complaint_json,
    count,
    ended,
    folder_of,
    json_option,
    rule_option,
    rules_dir_option,
    say,
)
from cds_service.errors import Complaint, InputInvalid, SurvivorUnexplained

if TYPE_CHECKING:
    from cds_service.mutation.bench import Verdict
    from cds_service.mutation.mutants import Mutant
    from cds_service.mutation.survey import Choice, Survey


def _share(_context: click.Context, _option: click.Parameter, value: str) -> float:
    match = re.fullmatch(r"(\d+)/(\d+)", value)
    if match is None or not 0 < int(match[1]) <= int(match[2]):
        raise click.BadParameter("expected a share such as 1/10")
    return int(match[1]) / int(match[2])


@click.command()
@rules_dir_option
@click.option(
    "--pathway",
    "homes",
    multiple=True,
    metavar="NAME",
    help="Only what lives in this pathway, or in 'shared'; may repeat.",
)
@rule_option
@click.option(
    "--sample", "share", default="1/1", callback=_share, metavar="N/M", help="Try a share, such as 1/10."
)
@click.option("--seed", default=0, show_default=True, help="Which share.")
@click.option("--processes", default=1, show_default=True, help="Processes that share the work.")
@click.option("--verbose", "-v", is_flag=True, help="Also name the case that notices each change.")
@json_option
def mutate(
    rules_dir: Path | None,
    homes: tuple[str, ...],
    cards: tuple[str, ...],
    share: float,
    seed: int,
    processes: int,
    verbose: bool,
    as_json: bool,
) -> None:
    """Change the rules a little, in memory, and name each change that no case notices.

    Exit code 14 when such a change is not explained in mutation-survivors.csv, or that list is not current.
    """

    def work() -> None:
        from cds_service.mutation.survey import Choice

        choice = Choice(cards=frozenset(cards), share=share, seed=seed)
        _mutate(folder_of(rules_dir), homes, choice, processes=processes, verbose=verbose, as_json=as_json)

    ended(work, as_json=as_json)


def _mutate(
    folder: Path, homes: Sequence[str], choice: Choice, *, processes: int, verbose: bool, as_json: bool
) -> None:
    from cds_service.mutation.accepted import accepted_of, gone, noticed, unexplained
    from cds_service.mutation.survey import homes_of, survey

    accepted = accepted_of(folder)
    known = homes_of(folder)
    if unknown := sorted(set(homes) - set(known)):
        raise InputInvalid(f"no pathway {', '.join(unknown)}: there are {', '.join(known)}")
    unnoticed: list[Mutant] = []
    complaints: list[Complaint] = []
    surveys: list[Survey] = []
    for home in homes or known:
        found = survey(
            folder,
            home,
            choice=choice,
            processes=processes,
            on_verdict=lambda verdict: _tell(verdict) if verbose and not as_json else None,
        )
        surveys.append(found)
        unnoticed += unexplained(found, accepted)
        complaints += noticed(found, accepted)
    if not homes:
        complaints += gone((m for found in surveys for m in found.mutants), accepted)
    report = {
        "homes": [_home_json(found) for found in surveys],
        "unexplained": [_mutant_json(mutant) for mutant in unnoticed],
        "list": [complaint_json(complaint) for complaint in complaints],
    }
    say(report, as_json=as_json, text=_text)
    if unnoticed or complaints:
        raise SystemExit(SurvivorUnexplained.exit_code)


def _tell(verdict: Verdict) -> None:
    noticed = f"{verdict.killed_by}: {verdict.problem}" if verdict.killed_by else "NO CASE"
    click.echo(f"{verdict.mutant}\n    {noticed}")


def _home_json(found: Survey) -> Mapping[str, Any]:
    survivors = len(found.survivors)
    return {
        "home": found.home,
        "mutants": len(found.mutants),
        "tried": len(found.verdicts),
        "noticed": len(found.verdicts) - survivors,
        "survived": survivors,
        "runs": sum(verdict.cases_run for verdict in found.verdicts),
        "seconds": round(found.seconds, 1),
    }


def _mutant_json(mutant: Mutant) -> Mapping[str, Any]:
    return {"file": mutant.file, "line": mutant.line, "place": mutant.place, "change": mutant.says}


def _text(report: Mapping[str, Any]) -> str:
    survivors = [f"{m['file']}:{m['line']}: {m['place']}: {m['change']}" for m in report["unexplained"]]
    rows = [f"{c['file']}:{c['line']}: {c['message']}" for c in report["list"]]
    homes = [
        f"{h['home']}: {h['tried']} of {count(h['mutants'], 'change')} tried, {h['noticed']} noticed, "
        f"{h['survived']} survived ({h['runs']} runs, {h['seconds']} s)"
        for h in report["homes"]
    ]
    return "\n".join(
        [
            *(f"no case notices: {line}" for line in survivors),
            *rows,
            *homes,
            f"{count(len(survivors), 'survivor')} unexplained",
        ]
    )
