"""``rules lock`` ties content to versions; ``rules diff`` says what differs, and what that does to the cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cds_service.cli.common import count, ended, folder_of, json_option, rule_option, rules_dir_option, say
from cds_service.errors import InputInvalid

if TYPE_CHECKING:
    from cds_service.authoring.case_difference import CaseDifference, CaseDifferences
    from cds_service.authoring.difference import Differences, RuleDifference
    from cds_service.authoring.sides import Side

_MOST_DETAIL = 3
"""Lines of a changed detail that are shown of one card."""


@click.command()
@rules_dir_option
@click.option(
    "--raise", "raising", is_flag=True, help="First raise the version of every changed rule in its file."
)
@json_option
def lock(rules_dir: Path | None, raising: bool, as_json: bool) -> None:
    """Write the lock file: each rule's version and content hash. Changed content needs a raised version."""
    ended(lambda: _lock(folder_of(rules_dir), raising=raising, as_json=as_json), as_json=as_json)


def _lock(folder: Path, *, raising: bool, as_json: bool) -> None:
    from cds_service.authoring.versions import raise_versions
    from cds_service.ruleset.hashing import LOCK, read_lock, write_lock
    from cds_service.ruleset.load import load_ruleset

    ruleset = load_ruleset(folder)
    raised = raise_versions(ruleset, read_lock(folder / LOCK), folder) if raising else ()
    if raised:
        ruleset = load_ruleset(folder)
    write_lock(ruleset, folder / LOCK)
    say(
        {
            "locked": len(ruleset.rules),
            "raised": [{"rule": r.rule, "old": r.old, "new": r.new} for r in raised],
        },
        as_json=as_json,
        text=_lock_text,
    )


def _lock_text(report: Mapping[str, Any]) -> str:
    lines = [f"{r['rule']}: version {r['old']} → {r['new']}" for r in report["raised"]]
    return "\n".join([*lines, f"{count(report['locked'], 'rule')} locked"])


@click.command()
@click.argument("ref", required=False)
@rules_dir_option
@click.option(
    "--against",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=None,
    help="Compare with the rules of this folder.",
)
@click.option(
    "--cases", "with_cases", is_flag=True, help="Also run all cases under both, and list what differs."
)
@rule_option
@json_option
def diff(
    ref: str | None,
    rules_dir: Path | None,
    against: Path | None,
    with_cases: bool,
    cards: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show how the rules differ from a git REF, from another folder, or (without either) from the lock file.

    A new version is suggested for each rule whose content changed and whose version did not.
    """
    folder = folder_of(rules_dir)
    ended(lambda: _diff(folder, ref, against, cards, with_cases=with_cases, as_json=as_json), as_json=as_json)


def _diff(
    folder: Path,
    ref: str | None,
    against: Path | None,
    cards: Sequence[str],
    *,
    with_cases: bool,
    as_json: bool,
) -> None:
    if ref is not None and against is not None:
        raise InputInvalid("Give either a git REF or --against FOLDER.")
    if ref is None and against is None:
        if with_cases:
            raise InputInvalid("The lock file holds no rules to run: name a git REF or --against FOLDER.")
        found = _against_lock(folder, cards)
        say(found.as_json(), as_json=as_json, text=lambda _: "\n".join(_lines(found, None)))
        return
    old, new, cases = _loaded(folder, ref, against, cards, with_cases=with_cases, quiet=as_json)
    from cds_service.authoring.difference import between

    differences = between(old, new, cards=cards)
    report = {"against": old.name, **differences.as_json()}
    if cases is not None:
        report["cases"] = cases.as_json()
    say(report, as_json=as_json, text=lambda _: "\n".join(_lines(differences, cases)))


def _against_lock(folder: Path, cards: Sequence[str]) -> Differences:
    from dataclasses import replace

    from cds_service.authoring.difference import against_lock
    from cds_service.ruleset.hashing import LOCK
    from cds_service.ruleset.load import load_ruleset

    found = against_lock(load_ruleset(folder), folder / LOCK)
    return replace(found, rules=tuple(r for r in found.rules if not cards or r.rule in cards))


def _loaded(
    folder: Path,
    ref: str | None,
    against: Path | None,
    cards: Sequence[str],
    *,
    with_cases: bool,
    quiet: bool,
) -> tuple[Side, Side, CaseDifferences | None]:
    from cds_service.authoring.case_difference import case_differences
    from cds_service.authoring.sides import folder_at, load_side
    from cds_service.casework.coverage import files_of
    from cds_service.casework.read import read_cases

    new = load_side(folder, name=str(folder))
    with folder_at(ref, folder) if ref is not None else nullcontext(against) as other:
        assert other is not None
        old = load_side(other, name=ref or str(against), like=(folder, new.rules.terminology))
    if not with_cases:
        return old, new, None
    cases = [case for path in files_of(folder, cards=cards) for case in read_cases(path, root=folder)]
    if not quiet:
        click.echo(f"Running {count(len(cases), 'case')} under both …", err=True)
    return old, new, case_differences(old.rules, new.rules, cases)


# ---------------------------------------------------------------- as text


def _lines(found: Differences, cases: CaseDifferences | None) -> Iterator[str]:
    for rule in found.rules:
        yield from _rule(rule)
    for part in found.shared.values():
        users = [rule.rule for rule in found.rules if part.name in rule.through]
        yield f"shared     {part.name} ({part.weight.word}), used by {', '.join(users)}"
        yield from (f"           {change}" for change in part.changes)
    for table in found.terminology:
        yield f"words      {table}"
    if cases is not None:
        yield from _cases(cases)
    yield _summary(found)


def _rule(rule: RuleDifference) -> Iterator[str]:
    if rule.state == "unchanged":
        if rule.old_status != rule.new_status:
            yield f"status     {rule.rule}: {rule.old_status} → {rule.new_status}"
        return
    yield f"{rule.state:10} {rule.rule}: {_version(rule)}"
    yield from (f"           {change}" for change in rule.own)
    if rule.through:
        yield f"           through {', '.join(rule.through)}"


def _version(rule: RuleDifference) -> str:
    if rule.state == "new":
        return f"version {rule.new_version}"
    if rule.state == "gone":
        return f"was version {rule.old_version}"
    weight = f" ({rule.weight.word})" if rule.weight is not None else ""
    if rule.suggested is not None:
        return f"still version {rule.new_version}{weight}: raise it to {rule.suggested}"
    return f"version {rule.old_version} → {rule.new_version}{weight}"


def _cases(cases: CaseDifferences) -> Iterator[str]:
    for case in cases.differing:
        yield from _case(case)
    for card, counts in cases.totals.items():
        yield f"cards      {card}: " + ", ".join(f"{number} {what}" for what, number in counts.items())
    yield f"{len(cases.differing)} of {count(cases.cases, 'case')} differ."


def _case(case: CaseDifference) -> Iterator[str]:
    yield f"case       {case.case.file}:{case.case.line}: {case.case.title}"
    if case.problem is not None:
        yield f"           cannot be run under both: {case.problem}"
    for card in case.cards:
        if card.what != "changed":
            yield f"           {card.what} {card.card} {card.level}: {card.summary}"
            continue
        yield f"           {card.card} {card.level}: {card.summary}"
        details = [change for change in card.changes if change.place[0] == "detail"]
        shown = [change for change in card.changes if change.place[0] != "detail"]
        yield from (f"             {change}" for change in (*shown, *details[:_MOST_DETAIL]))
        if len(details) > _MOST_DETAIL:
            yield f"             and {count(len(details) - _MOST_DETAIL, 'line')} more of its detail"


def _summary(found: Differences) -> str:
    states: Mapping[str, int] = {
        state: sum(rule.state == state for rule in found.rules)
        for state in ("unchanged", "changed", "new", "gone")
    }
    waiting = sum(rule.suggested is not None for rule in found.rules)
    text = ", ".join(f"{number} {state}" for state, number in states.items())
    return f"Rules: {text}." + (f" New versions needed: {waiting}." if waiting else "")
