"""``rules mutate``: what it prints of changes that no case notices, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

from .conftest import CASE_FILE, change, run

SURVIVOR = "facial-pain/pathway.yaml:23: trials.adequate[0].daily_dose.oxcarbazepine: 900 mg → 901 mg"
ONLY_PATHWAY = ("--pathway", "facial-pain")


def test_each_change_that_no_case_notices_is_named_with_its_line(folder: Path) -> None:
    result = run(folder, "mutate", *ONLY_PATHWAY)

    assert result.exit_code == 14
    lines = result.stdout.splitlines()
    assert f"no case notices: {SURVIVOR}" in lines
    assert "no case notices: facial-pain/pathway.yaml:20: trials.gap_allowed: 30 days → 31 days" in lines
    assert not [line for line in lines if "reason-no-effect emptied" in line]
    assert lines[-2].startswith("facial-pain: 19 of 19 changes tried, 3 noticed, 16 survived (")
    assert lines[-1] == "16 survivors unexplained"


def test_verbose_names_the_case_that_notices(folder: Path) -> None:
    result = run(folder, "mutate", *ONLY_PATHWAY, "--verbose")

    assert (
        "facial-pain/pathway.yaml:25: trials.verdicts.failed-absent[0].stopped_for[0]: reason-no-effect emptied\n"
        "    TN-05: A failed drug is said: expected TN-05, got no card"
    ) in result.stdout


def test_the_same_as_json(folder: Path) -> None:
    result = run(folder, "mutate", *ONLY_PATHWAY, "--json")

    assert result.exit_code == 14
    report = json.loads(result.stdout)
    assert report["homes"][0]["home"] == "facial-pain"
    assert (report["homes"][0]["tried"], report["homes"][0]["survived"]) == (19, 16)
    assert {
        "file": "facial-pain/pathway.yaml",
        "line": 23,
        "place": "trials.adequate[0].daily_dose.oxcarbazepine",
        "change": "900 mg → 901 mg",
    } in report["unexplained"]


def test_survivors_with_a_reason_are_well(folder: Path) -> None:
    left = json.loads(run(folder, "mutate", "--json").stdout)["unexplained"]
    rows = [f'{m["file"]},"{m["place"]}",{m["change"]},made for this test\n' for m in left]
    (folder / "mutation-survivors.csv").write_text(
        "file,place,change,reason\n" + "".join(rows), encoding="utf-8"
    )

    result = run(folder, "mutate")

    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "0 survivors unexplained"


def test_a_list_that_is_not_current_is_an_error(folder: Path) -> None:
    (folder / "mutation-survivors.csv").write_text(
        "file,place,change,reason\n"
        "facial-pain/pathway.yaml,trials.gap_allowed,30 days → 32 days,no such change\n"
        "facial-pain/pathway.yaml,population.condition[0],trigeminal-neuralgia emptied,a case notices\n",
        encoding="utf-8",
    )

    result = run(folder, "mutate")

    assert result.exit_code == 14
    assert (
        "mutation-survivors.csv:2: no such change: facial-pain/pathway.yaml: trials.gap_allowed: 30 days → 32 days"
    ) in result.stdout
    assert (
        "mutation-survivors.csv:3: a case notices this change ('TN-05: A failed drug is said')"
        in result.stdout
    )


def test_a_share_is_tried(folder: Path) -> None:
    report = json.loads(
        run(folder, "mutate", *ONLY_PATHWAY, "--sample", "1/10", "--seed", "3", "--json").stdout
    )

    assert report["homes"][0]["tried"] == 2


def test_only_changes_of_one_rule_are_tried(folder: Path) -> None:
    change(folder, "facial-pain/TN-05-drug-failed.yaml", "level: info", "level: warning")
    change(folder, CASE_FILE, "level: info", "level: warning")

    result = run(folder, "mutate", *ONLY_PATHWAY, "--rule", "TN-05")

    assert result.exit_code == 0
    assert "facial-pain: 1 of 20 changes tried, 1 noticed, 0 survived" in result.stdout


def test_a_share_that_is_none_is_refused(folder: Path) -> None:
    for share in ("tenth", "11/10", "0/10"):
        assert run(folder, "mutate", "--sample", share).exit_code == 2


def test_a_pathway_that_does_not_exist_is_refused_with_those_that_do(folder: Path) -> None:
    result = run(folder, "mutate", "--pathway", "facial-pains")

    assert result.exit_code == 2
    assert "no pathway facial-pains: there are facial-pain, shared" in result.stderr


def test_cases_that_fail_to_begin_with_end_with_their_own_exit_code(folder: Path) -> None:
    change(folder, CASE_FILE, "level: info", "level: critical")

    assert run(folder, "mutate", *ONLY_PATHWAY).exit_code == 13
