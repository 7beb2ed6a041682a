"""``rules disable``, ``enable`` and ``disabled``: what they refuse, write and list."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cds_service.cli.rules import rules
from cds_service.ops.disabled import read_disabled

from .conftest import CARD_FILE, change


@pytest.fixture(autouse=True)
def _settings(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDS_RULES", str(folder))
    monkeypatch.setenv("CDS_DATABASE", str(tmp_path / "cds.sqlite3"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cds.sqlite3.disabled-rules.json"


def say(*arguments: str) -> Result:
    return CliRunner().invoke(rules, list(arguments))


def test_a_rule_is_disabled_with_who_when_and_why(path: Path) -> None:
    result = say("disable", "TN-05", "--because", "warns  in error", "--by", "Ada")

    assert result.exit_code == 0
    assert result.stdout == f"TN-05 is disabled (in {path})\n"
    (entry,) = read_disabled(path).log
    assert (entry.what, entry.rule, entry.by, entry.because) == ("disabled", "TN-05", "Ada", "warns in error")
    assert entry.at.endswith("Z")


def test_the_list_tells_what_holds_and_on_request_every_decision() -> None:
    say("disable", "TN-05", "--because", "warns in error", "--by", "Ada")
    assert ", by Ada: warns in error\n1 rule disabled\n" in say("disabled").stdout

    say("enable", "TN-05", "--because", "mended", "--by", "Bea")
    assert say("disabled").stdout == "0 rules disabled\n"
    lines = say("disabled", "--log").stdout.splitlines()
    assert [line.split(" ", 1)[1] for line in lines[1:]] == [
        "disabled TN-05, by Ada: warns in error",
        "enabled TN-05, by Bea: mended",
    ]


def test_disabling_needs_a_reason() -> None:
    result = say("disable", "TN-05")
    assert result.exit_code == 2
    assert "--because" in result.stderr


def test_disabling_a_critical_rule_warns(folder: Path, path: Path) -> None:
    change(folder, CARD_FILE, "level: info", "level: critical")

    result = say("disable", "TN-05", "--because", "x")

    assert result.exit_code == 0
    assert result.stderr == "Warning: TN-05 gives critical cards: A drug failed.\n"
    assert list(read_disabled(path).disabled) == ["TN-05"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("disable", "TN-06", "--because", "x"), "no rule 'TN-06'; did you mean 'TN-05'?"),
        (("enable", "TN-05"), "TN-05 is not disabled"),
    ],
)
def test_what_cannot_be_switched_is_refused(path: Path, arguments: tuple[str, ...], expected: str) -> None:
    result = say(*arguments)

    assert result.exit_code == 2
    assert expected in result.stderr
    assert not path.exists()


def test_a_rule_is_not_disabled_twice() -> None:
    say("disable", "TN-05", "--because", "x")
    result = say("disable", "TN-05", "--because", "y")
    assert result.exit_code == 2
    assert "TN-05 is disabled already" in result.stderr


def test_what_a_setting_disables_is_listed_and_cannot_be_enabled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDS_DISABLE_RULES", "TN-05")

    assert say("disabled").stdout == "TN-05: by CDS_DISABLE_RULES\n1 rule disabled\n"
    assert "take it out there" in say("enable", "TN-05").stderr
    assert "by CDS_DISABLE_RULES" in say("disable", "TN-05", "--because", "x").stderr


def test_a_database_in_memory_needs_a_file_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CDS_DATABASE", ":memory:")
    result = say("disable", "TN-05", "--because", "x")
    assert result.exit_code == 2
    assert "CDS_DISABLED_RULES_FILE" in result.stderr

    monkeypatch.setenv("CDS_DISABLED_RULES_FILE", str(tmp_path / "named.json"))
    assert say("disable", "TN-05", "--because", "x").exit_code == 0
    assert list(read_disabled(tmp_path / "named.json").disabled) == ["TN-05"]


def test_everything_as_json(path: Path) -> None:
    report = json.loads(say("disable", "TN-05", "--because", "x", "--by", "Ada", "--json").stdout)
    assert (report["rule"], report["what"], report["by"], report["warning"]) == (
        "TN-05",
        "disabled",
        "Ada",
        None,
    )

    listed = json.loads(say("disabled", "--log", "--json").stdout)
    assert (listed["file"], listed["bySetting"]) == (str(path), [])
    assert listed["disabled"] == listed["log"]
    assert listed["disabled"][0]["because"] == "x"


def test_a_broken_file_is_an_error(path: Path) -> None:
    path.write_text("{", encoding="utf-8")
    for arguments in (("disabled",), ("disable", "TN-05", "--because", "x"), ("enable", "TN-05")):
        result = say(*arguments)
        assert result.exit_code == 2
        assert "is no list of disabled rules" in result.stderr
