"""The commands for authors of rules: what they print, and how they end."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from cds_service.cli.rules import rules
from cds_service.ruleset.language_page import language_page
from cds_service.ruleset.schema import schema_text

from .conftest import CASE_FILE, change, run


def test_check_counts_the_rules_and_prints_the_lints(folder: Path) -> None:
    result = run(folder, "check")

    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1].startswith("1 rule in 1 pathway: no faults, ")
    assert "lint: facial-pain/pathway.yaml:9: facts.severe-pain: is used by nothing" in result.stdout


def test_strict_check_takes_lints_for_faults(folder: Path) -> None:
    result = run(folder, "check", "--strict")

    assert result.exit_code == 10
    assert "facts.severe-pain: is used by nothing" in result.stderr


def test_check_says_every_fault_and_ends_with_the_exit_code_of_rule_files(folder: Path) -> None:
    change(folder, "facial-pain/TN-05-drug-failed.yaml", "title:", "titel:")
    change(folder, "facial-pain/pathway.yaml", "gap_allowed: 30 days", "gap_allowed: soon")

    result = run(folder, "check")

    assert result.exit_code == 10
    assert (
        "facial-pain/TN-05-drug-failed.yaml:4: titel: unknown word 'titel'; did you mean 'title'?"
        in result.stderr
    )
    assert "faults in 2 files" in result.stderr


def test_check_reads_the_case_files_too(folder: Path) -> None:
    change(folder, CASE_FILE, "patient: rosa", "patient: rose")

    result = run(folder, "check", "--json")

    assert result.exit_code == 10
    assert json.loads(result.stdout)["complaints"][0]["message"] == "no patient 'rose'; did you mean 'rosa'?"


def test_check_refuses_changed_content_under_the_same_version(folder: Path) -> None:
    assert run(folder, "lock").stdout == "1 rule locked\n"
    change(folder, "facial-pain/TN-05-drug-failed.yaml", "level: info", "level: warning")

    result = run(folder, "check")

    assert result.exit_code == 12
    assert "content changed since version 1" in result.stderr


def test_test_runs_the_cases(folder: Path) -> None:
    result = run(folder, "test", "--verbose")

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"ok   {CASE_FILE}:9: TN-05: A failed drug is said",
        f"ok   {CASE_FILE}:12: TN-05: A short trial is no failure",
        "2 cases: all hold",
    ]


def test_a_case_that_disagrees_is_named_with_its_difference(folder: Path) -> None:
    change(folder, CASE_FILE, "level: info", "level: critical")

    result = run(folder, "test")

    assert result.exit_code == 13
    assert result.stdout.splitlines() == [
        f"FAIL {CASE_FILE}:9: TN-05: A failed drug is said",
        "    TN-05: level is info, not critical",
    ]
    assert "1 of 2 cases disagree" in result.stderr


def test_test_as_json(folder: Path) -> None:
    change(folder, CASE_FILE, "level: info", "level: critical")

    result = run(folder, "test", "--json")

    report = json.loads(result.stdout)
    assert result.exit_code == 13
    assert (report["cases"], len(report["failed"])) == (2, 1)
    assert report["failed"][0]["problems"] == ["TN-05: level is info, not critical"]


def test_only_the_named_rule_is_tested(folder: Path) -> None:
    assert run(folder, "test", "--rule", "TN-06").stdout == "0 cases: all hold\n"
    assert run(folder, "test", "--rule", "TN-05").stdout == "2 cases: all hold\n"


def test_one_pathway_can_be_worked_on_whatever_state_the_others_are_in(folder: Path) -> None:
    (folder / "headache").mkdir()
    (folder / "headache" / "pathway.yaml").write_text("pathway: headache\n", encoding="utf-8")

    assert run(folder, "test").exit_code == 10
    assert run(folder, "test", "--pathway", "facial-pain").stdout == "2 cases: all hold\n"
    assert run(folder, "check", "--pathway", "facial-pain").exit_code == 0
    assert "facial-pains:1: is no pathway" in run(folder, "check", "--pathway", "facial-pains").stderr


def test_the_folder_comes_from_the_environment(folder: Path) -> None:
    result = CliRunner().invoke(rules, ["test"], env={"CDS_RULES": str(folder)})

    assert result.stdout == "2 cases: all hold\n"


def test_pages_for_authors_are_written(tmp_path: Path) -> None:
    page = tmp_path / "page.md"

    assert CliRunner().invoke(rules, ["language", "--to", str(page)]).exit_code == 0
    assert page.read_text(encoding="utf-8") == language_page()
    assert CliRunner().invoke(rules, ["schema", "--to", "-"]).stdout == schema_text()


def test_a_page_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(rules, ["language", "--to", str(tmp_path / "none" / "page.md")])

    assert result.exit_code == 2
    assert "No such file or directory" in result.stderr
