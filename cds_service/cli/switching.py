"""``rules disable``, ``enable`` and ``disabled``: silence a rule in a running service, without a deployment."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from cds_service.cli.common import count, ended, json_option, say
from cds_service.errors import InputInvalid
from cds_service.ops.disabled import DISABLED, ENABLED, DisabledFile, Entry, read_disabled, record
from cds_service.ruleset.ruleset import Ruleset
from cds_service.settings import Settings

_by_option = click.option(
    "--by", metavar="NAME", default=None, help="Who decides; your login name by default."
)


@click.command()
@click.argument("rule")
@click.option(
    "--because",
    required=True,
    metavar="TEXT",
    help="Why, for those who ask later; never anything of a patient.",
)
@_by_option
@json_option
def disable(rule: str, because: str, by: str | None, as_json: bool) -> None:
    """Give no more cards of RULE, from within two seconds on, in every running process of this installation.

    The settings tell which installation: run it with the environment of the service.
    """
    ended(lambda: _switch(DISABLED, rule, because, by, as_json=as_json), as_json=as_json)


@click.command()
@click.argument("rule")
@click.option("--because", default="", metavar="TEXT", help="Why, for those who ask later.")
@_by_option
@json_option
def enable(rule: str, because: str, by: str | None, as_json: bool) -> None:
    """Give cards of RULE again that was disabled."""
    ended(lambda: _switch(ENABLED, rule, because, by, as_json=as_json), as_json=as_json)


@click.command()
@click.option("--log", "with_log", is_flag=True, help="Every decision, not only what holds now.")
@json_option
def disabled(with_log: bool, as_json: bool) -> None:
    """List the rules that are disabled, since when, by whom and why."""
    ended(lambda: _list(with_log=with_log, as_json=as_json), as_json=as_json)


def _switch(what: str, rule: str, because: str, by: str | None, *, as_json: bool) -> None:
    settings = Settings.from_environment(os.environ)
    path = _path(settings)
    now = read_disabled(path)
    warning = _warning(settings, rule, now) if what == DISABLED else None
    if what == ENABLED:
        _ensure_disabled(settings, rule, now)
    entry = Entry(
        what=what,
        rule=rule,
        by=_one_line(by or getpass.getuser()),
        at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        because=_one_line(because),
    )
    record(path, entry)
    report = {
        "rule": rule,
        "what": what,
        "by": entry.by,
        "at": entry.at,
        "file": str(path),
        "warning": warning,
    }
    if warning is not None and not as_json:
        click.echo(f"Warning: {warning}", err=True)
    say(report, as_json=as_json, text=lambda r: f"{r['rule']} is {r['what']} (in {r['file']})")


def _path(settings: Settings) -> Path:
    path = settings.disabled_rules_path()
    if path is None:
        raise InputInvalid("the database is in memory: name a file with CDS_DISABLED_RULES_FILE")
    return path


def _warning(settings: Settings, card: str, now: DisabledFile) -> str | None:
    """Return what to think of before a rule is silenced; refuse a rule that is not there or is disabled already."""
    from cds_service.ruleset.load import load_ruleset
    from cds_service.ruleset.wording import nearest

    rules = load_ruleset(settings.rules, rxnorm=settings.rxnorm)
    if card not in rules.by_id:
        raise InputInvalid(f"no rule '{card}'{nearest(card, rules.by_id)}")
    if card in now.disabled:
        raise InputInvalid(f"{card} is disabled already, since {now.disabled[card].at}")
    if card in settings.disable_rules:
        raise InputInvalid(f"{card} is disabled already, by CDS_DISABLE_RULES")
    return f"{card} gives critical cards: {rules.by_id[card].file.title}." if _critical(rules, card) else None


def _critical(rules: Ruleset, card: str) -> bool:
    rule = rules.by_id[card]
    levels = [rule.file.show.level, *(v.level for v in rule.file.findings), *(r.level for r in rule.rows)]
    return "critical" in [*levels, *(exception.level for exception in rule.file.but)]


def _ensure_disabled(settings: Settings, card: str, now: DisabledFile) -> None:
    if card in settings.disable_rules:
        raise InputInvalid(
            f"{card} is disabled by CDS_DISABLE_RULES: take it out there and start the service anew"
        )
    if card not in now.disabled:
        raise InputInvalid(f"{card} is not disabled")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _list(*, with_log: bool, as_json: bool) -> None:
    settings = Settings.from_environment(os.environ)
    path = settings.disabled_rules_path()
    file = read_disabled(path)
    report: dict[str, Any] = {
        "file": str(path) if path is not None else None,
        "bySetting": sorted(settings.disable_rules),
        "disabled": [_entry(entry) for entry in file.disabled.values()],
    }
    if with_log:
        report["log"] = [_entry(entry) for entry in file.log]
    say(report, as_json=as_json, text=lambda r: "\n".join(_lines(r)))


def _entry(entry: Entry) -> dict[str, str]:
    return {"rule": entry.rule, "what": entry.what, "by": entry.by, "at": entry.at, "because": entry.because}


def _lines(report: Mapping[str, Any]) -> Sequence[str]:
    lines = [f"{rule}: by CDS_DISABLE_RULES" for rule in report["bySetting"]]
    lines += [f"{e['rule']}: since {e['at']}, by {e['by']}: {e['because']}" for e in report["disabled"]]
    lines.append(f"{count(len(lines), 'rule')} disabled")
    if "log" in report:
        lines += [
            f"{e['at']} {e['what']} {e['rule']}, by {e['by']}: {e['because']}".rstrip(": ")
            for e in report["log"]
        ]
    return lines
