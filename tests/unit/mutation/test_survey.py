"""A change that a case notices is killed; one that no case notices survives, and must be explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.errors import CaseFailed, RuleFileInvalid
from cds_service.mutation.accepted import LIST, accepted_of, gone, noticed, unexplained
from cds_service.mutation.survey import Choice, homes_of, survey

from .conftest import BOUNDARIES, CASE_FILE, HOME, add_cases, change, survivors

LESS = "trials.adequate[0].daily_dose.carbamazepine: 600 mg → 599 mg"
MORE = "trials.adequate[0].daily_dose.carbamazepine: 600 mg → 601 mg"
HEADER = "file,place,change,reason\n"


def test_without_a_boundary_case_a_dose_one_milligram_off_survives(folder: Path) -> None:
    assert {LESS, MORE} <= survivors(survey(folder, HOME))


def test_boundary_cases_kill_both(folder: Path) -> None:
    add_cases(folder, BOUNDARIES)

    found = survey(folder, HOME)

    assert {LESS, MORE}.isdisjoint(survivors(found))
    killed_by = {f"{v.mutant.place}: {v.mutant.says}": v.killed_by for v in found.verdicts}
    assert killed_by[LESS] == "TN-05: At 599 mg the dose is one milligram too low"
    assert killed_by[MORE] == "TN-05: At 600 mg the dose is enough"


def test_an_emptied_value_set_is_noticed(folder: Path) -> None:
    found = survey(folder, HOME)

    assert "therapies.carbamazepine.medication[0]: carbamazepine emptied" not in survivors(found)
    assert "trials.verdicts.failed-absent[0].stopped_for[0]: reason-no-effect emptied" not in survivors(found)
    assert "therapies.oxcarbazepine.medication[0]: oxcarbazepine emptied" in survivors(found)


def test_several_processes_find_the_same(folder: Path) -> None:
    alone = survey(folder, HOME)
    together = survey(folder, HOME, processes=2)

    assert [v.mutant.key for v in together.verdicts] == [v.mutant.key for v in alone.verdicts]
    assert survivors(together) == survivors(alone)


def test_a_share_is_the_same_for_the_same_seed(folder: Path) -> None:
    first, second, third = (
        [v.mutant.key for v in survey(folder, HOME, choice=Choice(share=0.2, seed=seed)).verdicts]
        for seed in (1, 1, 2)
    )

    assert first == second
    assert first != third
    assert len(first) == 4  # a fifth of 19, rounded up


def test_only_the_changes_of_one_rule_are_tried(folder: Path) -> None:
    found = survey(folder, HOME, choice=Choice(cards=frozenset({"TN-05"})))

    assert found.verdicts == ()
    assert len(found.mutants) == 19


def test_cases_that_fail_to_begin_with_could_notice_nothing(folder: Path) -> None:
    change(folder, CASE_FILE, "level: info", "level: critical")

    with pytest.raises(CaseFailed, match="A failed drug is said disagrees with the rules as they are"):
        survey(folder, HOME)


def test_pathways_and_the_shared_part_are_homes(folder: Path) -> None:
    assert homes_of(folder) == (HOME, "shared")


# ---------------------------------------------------------------- the list of survivors


def listed(folder: Path, *rows: str) -> None:
    (folder / LIST).write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")


OXCARBAZEPINE = "facial-pain/pathway.yaml,therapies.oxcarbazepine.medication[0],oxcarbazepine emptied"
CARBAMAZEPINE = "facial-pain/pathway.yaml,therapies.carbamazepine.medication[0],carbamazepine emptied"


def test_a_survivor_with_a_reason_is_explained(folder: Path) -> None:
    listed(folder, f"{OXCARBAZEPINE},no case of this folder has it")
    found = survey(folder, HOME)

    left = {str(m).split(": ", 1)[1] for m in unexplained(found, accepted_of(folder))}

    assert LESS in left
    assert "therapies.oxcarbazepine.medication[0]: oxcarbazepine emptied" not in left


def test_a_listed_change_that_a_case_notices_is_a_fault_of_the_list(folder: Path) -> None:
    listed(folder, f"{CARBAMAZEPINE},cannot be noticed")

    (complaint,) = noticed(survey(folder, HOME), accepted_of(folder))

    assert (complaint.file, complaint.line) == (LIST, 2)
    assert complaint.message.startswith("a case notices this change ('TN-05: ")


def test_a_listed_change_that_does_not_exist_is_a_fault_of_the_list(folder: Path) -> None:
    listed(folder, "facial-pain/pathway.yaml,trials.gap_allowed,31 days → 32 days,cannot be noticed")

    (complaint,) = gone(survey(folder, HOME).mutants, accepted_of(folder))

    assert complaint.message == (
        "no such change: facial-pain/pathway.yaml: trials.gap_allowed: 31 days → 32 days"
    )


def test_a_row_without_a_reason_explains_nothing(folder: Path) -> None:
    listed(folder, f"{OXCARBAZEPINE}, ")

    with pytest.raises(RuleFileInvalid, match=r"mutation-survivors\.csv:2: reason: is missing"):
        accepted_of(folder)


def test_a_row_stands_once(folder: Path) -> None:
    listed(folder, f"{OXCARBAZEPINE},one", f"{OXCARBAZEPINE},two")

    with pytest.raises(RuleFileInvalid, match="is listed already, in line 2"):
        accepted_of(folder)


def test_without_a_list_nothing_is_accepted(folder: Path) -> None:
    assert accepted_of(folder) == {}
