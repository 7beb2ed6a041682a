"""A new rule begins as a draft whose four cases fail, so that its author writes the cases first."""

from __future__ import annotations

import pytest

from cds_service.authoring.coverage import card_coverage
from cds_service.authoring.skeleton import Skeleton, skeleton_of, write_skeleton
from cds_service.casework.run import run_cases
from cds_service.errors import InputInvalid

from ..ruleset.conftest import RulesFolder

STEM = "facial-pain/TN-07-pain-after-surgery"
INDEX = (
    "card,pathway,hooks,kind,indicator,trigger,scope\n"
    "TN-07,facial-pain,order-select;order-sign,repeat-of-failed,warning|info,the drug failed before,any-patient\n"
    "TN-08,headache,patient-view,next-step,info,x,pathway\n"
)


def new(folder: RulesFolder, card: str = "TN-07", **changes: str | None) -> Skeleton:
    chosen: dict[str, str | None] = {
        "pathway": "facial-pain",
        "slug": "pain-after-surgery",
        "hook": None,
    } | changes
    return skeleton_of(folder.load(), folder.root, card=card, **chosen)  # type: ignore[arg-type]


@pytest.mark.parametrize("hook", [None, "order-sign"])
def test_the_new_rule_is_a_draft_without_faults_whose_four_cases_fail(
    now: RulesFolder, hook: str | None
) -> None:
    write_skeleton(new(now, hook=hook), now.root)
    rules = now.load()

    results = run_cases(rules, now.root / f"{STEM}.cases.yaml", root=now.root)

    assert (rules.by_id["TN-07"].file.status, rules.by_id["TN-07"].file.version) == ("draft", 1)
    assert [r.holds for r in results] == [False] * 4
    assert all(r.outcome is not None for r in results)


def test_one_case_fires_two_are_silent_and_one_does_not_know(now: RulesFolder) -> None:
    write_skeleton(new(now), now.root)
    (found,) = card_coverage(now.load(), now.root, cards=["TN-07"])
    assert (found.firing, found.silent, found.unknown, found.holes) == (1, 3, 1, ())


def test_it_begins_as_the_card_index_plans_it(now: RulesFolder) -> None:
    now.write("card-index.csv", INDEX)
    skeleton = new(now)
    write_skeleton(skeleton, now.root)
    show = now.load().by_id["TN-07"].file.show

    assert (show.kind, show.hooks, show.level, show.scope) == (
        "repeat-of-failed",
        ("order-select", "order-sign"),
        "warning",
        "any-patient",
    )
    assert "The index plans it so: the drug failed before." in skeleton.next_steps


def test_a_card_that_nobody_planned_gets_its_row_of_the_index_told(now: RulesFolder) -> None:
    assert any(
        "Add its row to card-index.csv: TN-07,facial-pain,patient-view,next-step,info,pathway" in step
        for step in new(now).next_steps
    )


def test_a_pathway_without_a_diagnosis_lends_a_patient_of_its_folder(now: RulesFolder) -> None:
    now.change("facial-pain/pathway.yaml", "{condition: trigeminal-neuralgia}", "{when: severe-pain}")
    now.write(
        "facial-pain/patients.yaml",
        "as_of: 2025-01-31\npatients:\n  rosa:\n    story: In pain.\n    born: 1970-01-01\n    history: []\n",
    )
    text = new(now).files[f"{STEM}.cases.yaml"]
    assert "as_of: 2025-01-31" in text
    assert "patient: rosa" in text


@pytest.mark.parametrize(
    ("card", "changes", "expected"),
    [
        ("TN-05", {}, "TN-05 is written already: facial-pain/TN-05-drug-failed.yaml"),
        ("TN-08", {}, "card-index.csv has TN-08 for headache, not for facial-pain"),
        ("tn-7", {}, "'tn-7' is not a card id such as TN-05"),
        ("TN-07", {"slug": "Pain after surgery"}, "is not words with hyphens"),
        ("TN-07", {"pathway": "facial-pane"}, "no pathway 'facial-pane'; did you mean 'facial-pain'?"),
        ("TN-07", {"pathway": "shared"}, "begins as a copy of one in rules/shared"),
    ],
)
def test_what_cannot_become_a_rule_is_refused(
    now: RulesFolder, card: str, changes: dict[str, str], expected: str
) -> None:
    now.write("card-index.csv", INDEX)
    with pytest.raises(InputInvalid) as problem:
        new(now, card, **changes)
    assert expected in str(problem.value)


def test_no_file_is_written_over(now: RulesFolder) -> None:
    skeleton = new(now)
    now.write(f"{STEM}.cases.yaml", "mine")
    with pytest.raises(InputInvalid, match="is there already"):
        write_skeleton(skeleton, now.root)
    assert (now.root / f"{STEM}.cases.yaml").read_text(encoding="utf-8") == "mine"
    assert not (now.root / f"{STEM}.yaml").exists()
