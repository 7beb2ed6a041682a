"""``rules new``: what it writes and says."""

from __future__ import annotations

import json
from pathlib import Path

from .conftest import CARD_FILE, CASE_FILE, change, run


def test_the_files_are_written_and_the_next_steps_told(folder: Path) -> None:
    result = run(folder, "new", "facial-pain", "TN-07", "pain-after-surgery")

    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == f"{folder}/facial-pain/TN-07-pain-after-surgery.yaml written"
    assert lines[1] == f"{folder}/facial-pain/TN-07-pain-after-surgery.cases.yaml written"
    assert "3. Run 'cds-service rules test --rule TN-07' until all cases hold; all four fail now." in lines
    assert run(folder, "test", "--rule", "TN-07").exit_code == 13
    assert run(folder, "check").exit_code == 0


def test_a_card_that_is_written_already_is_refused(folder: Path) -> None:
    result = run(folder, "new", "facial-pain", "TN-05", "again")

    assert result.exit_code == 2
    assert "TN-05 is written already" in result.stderr
    assert not (folder / "facial-pain/TN-05-again.yaml").exists()


def test_as_json(folder: Path) -> None:
    report = json.loads(run(folder, "new", "facial-pain", "TN-07", "x", "--json").stdout)
    assert [Path(file).name for file in report["files"]] == ["TN-07-x.yaml", "TN-07-x.cases.yaml"]
    assert len(report["next"]) == 5


def test_fmt_writes_files_the_one_way(folder: Path) -> None:
    change(folder, CARD_FILE, "title: A drug failed", "title:   A drug failed  ")

    assert run(folder, "fmt", "--check").exit_code == 16
    result = run(folder, "fmt")

    assert result.exit_code == 0
    assert str(folder / CARD_FILE) in result.stdout.splitlines()
    assert "title: A drug failed\n" in (folder / CARD_FILE).read_text(encoding="utf-8")
    assert run(folder, "fmt", "--check").exit_code == 0


def test_fmt_check_lists_the_files_and_changes_none(folder: Path) -> None:
    run(folder, "fmt")
    change(folder, CARD_FILE, "title: A", "title:  A")
    before = (folder / CARD_FILE).read_text(encoding="utf-8")

    result = run(folder, "fmt", "--check")

    assert result.exit_code == 16
    lines = result.stdout.splitlines()
    assert lines[0] == str(folder / CARD_FILE)
    assert lines[1].endswith("files, 1 unformatted")
    assert "1 file not written the one way: run 'cds-service rules fmt'" in result.stderr
    assert (folder / CARD_FILE).read_text(encoding="utf-8") == before


def test_fmt_of_some_files_alone(folder: Path) -> None:
    change(folder, CARD_FILE, "title: A", "title:  A")
    change(folder, CASE_FILE, "patient: rosa", "patient:  rosa")

    report = json.loads(run(folder, "fmt", str(folder / CARD_FILE), "--json").stdout)

    assert report == {"files": 1, "formatted": [str(folder / CARD_FILE)]}
    assert "patient:  rosa" in (folder / CASE_FILE).read_text(encoding="utf-8")


def test_fmt_refuses_a_folder_with_faults_and_writes_nothing(folder: Path) -> None:
    change(folder, CARD_FILE, "title:", "titel:")
    change(folder, CASE_FILE, "patient: rosa", "patient:  rosa")

    assert run(folder, "fmt").exit_code == 10
    assert "patient:  rosa" in (folder / CASE_FILE).read_text(encoding="utf-8")
