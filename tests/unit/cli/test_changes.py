"""``rules lock`` and ``rules diff``: what they print, and how they end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import CARD_FILE, change, run, write_folder


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "earlier")


def test_diff_says_what_changed_and_which_version_it_asks_for(folder: Path, earlier: Path) -> None:
    change(folder, CARD_FILE, "level: info", "level: warning")
    change(folder, "facial-pain/pathway.yaml", "carbamazepine: 600 mg", "carbamazepine: 800 mg")

    result = run(folder, "diff", "--against", str(earlier))

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "changed    TN-05: still version 1 (reach): raise it to 2",
        "           show.level: info → warning",
        "           through trials (facial-pain)",
        "shared     trials (facial-pain) (logic), used by TN-05",
        "           adequate[0].daily_dose.carbamazepine: 600 mg → 800 mg",
        "Rules: 0 unchanged, 1 changed, 0 new, 0 gone. New versions needed: 1.",
    ]


def test_diff_runs_the_cases_under_both(folder: Path, earlier: Path) -> None:
    change(folder, CARD_FILE, "level: info", "level: warning")

    result = run(folder, "diff", "--against", str(earlier), "--cases")

    assert result.stdout.splitlines()[2:] == [
        "case       facial-pain/TN-05-drug-failed.cases.yaml:9: TN-05: A failed drug is said",
        "           TN-05 warning: A drug failed (no effect).",
        "             level: info → warning",
        "cards      TN-05: 1 changed",
        "1 of 2 cases differ.",
        "Rules: 0 unchanged, 1 changed, 0 new, 0 gone. New versions needed: 1.",
    ]


def test_diff_as_json(folder: Path, earlier: Path) -> None:
    change(folder, CARD_FILE, "level: info", "level: warning")

    report = json.loads(run(folder, "diff", "--against", str(earlier), "--cases", "--json").stdout)

    assert report["against"] == str(earlier)
    assert report["rules"][0]["version"] == {"old": 1, "new": 1, "suggested": 2}
    assert report["cases"]["cards"] == {"TN-05": {"changed": 1}}


def test_diff_against_the_lock_file(folder: Path) -> None:
    assert run(folder, "lock").exit_code == 0
    change(folder, CARD_FILE, "level: info", "level: warning")

    assert run(folder, "diff").stdout.splitlines() == [
        "changed    TN-05: still version 1: raise it to 2",
        "Rules: 0 unchanged, 1 changed, 0 new, 0 gone. New versions needed: 1.",
    ]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), "there is no lock file"),
        (("--cases",), "The lock file holds no rules to run"),
        (("HEAD", "--against", "."), "either a git REF or --against"),
    ],
)
def test_diff_refuses_what_it_cannot_compare(folder: Path, arguments: tuple[str, ...], expected: str) -> None:
    result = run(folder, "diff", *arguments)

    assert result.exit_code == 2
    assert expected in result.stderr


def test_lock_refuses_changed_content_under_the_same_version(folder: Path) -> None:
    assert run(folder, "lock").stdout == "1 rule locked\n"
    change(folder, CARD_FILE, "level: info", "level: warning")

    result = run(folder, "lock")

    assert result.exit_code == 12
    assert "content changed since version 1: raise 'version'" in result.stderr


def test_lock_raises_versions_when_asked(folder: Path) -> None:
    run(folder, "lock")
    change(folder, CARD_FILE, "level: info", "level: warning")

    assert run(folder, "lock", "--raise").stdout == "TN-05: version 1 → 2\n1 rule locked\n"
    assert "version: 2" in (folder / CARD_FILE).read_text(encoding="utf-8")
    assert run(folder, "check").exit_code == 0


def test_check_refuses_a_lock_that_is_not_of_these_rules(folder: Path) -> None:
    run(folder, "lock")
    change(folder, CARD_FILE, "version: 1", "version: 2")

    result = run(folder, "check")

    assert result.exit_code == 12
    assert "rules.lock.json: does not hold TN-05 as they are: run 'rules lock'" in result.stderr


def test_check_of_one_pathway_leaves_the_lock_alone(folder: Path) -> None:
    run(folder, "lock")
    change(folder, CARD_FILE, "level: info", "level: warning")

    assert run(folder, "check", "--pathway", "facial-pain").exit_code == 0


def test_a_lock_that_cannot_be_read_is_refused(folder: Path) -> None:
    (folder / "rules.lock.json").write_text("[1]", encoding="utf-8")
    assert run(folder, "check").exit_code == 12
    assert "is no lock file" in run(folder, "lock").stderr
