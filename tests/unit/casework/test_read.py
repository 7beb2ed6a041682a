"""Case files: every fault at once, with its line; defaults filled in."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.casework.read import WrittenCase, case_files, read_cases
from cds_service.errors import RuleFileInvalid

FILE = """\
as_of: 2026-06-15
hook: order-sign
patients:
  rosa:
    story: Two drugs failed.
    history:
      - {condition: trigeminal-neuralgia}
      - {order: carbamazepine, daily: 1200 mg, from: 2025-01-10, to: 2025-03-20}
cases:
  - name: It fires
    patient: rosa
    expect: {card: {level: info}}
  - name: It is silent
    like: rosa
    change: [{remove: carbamazepine}]
    as_of: 2026-01-01
    hook: patient-view
    profile: uk
    expect: {card: none}
"""


def write(folder: Path, text: str = FILE, name: str = "TN-05-drug-failed.cases.yaml") -> Path:
    path = folder / "facial-pain" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def said(folder: Path, old: str, new: str) -> list[str]:
    assert old in FILE
    with pytest.raises(RuleFileInvalid) as problem:
        read_cases(write(folder, FILE.replace(old, new)))
    return [str(c) for c in problem.value.complaints]


def test_defaults_of_the_file_hold_where_a_case_says_nothing(tmp_path: Path) -> None:
    first, second = read_cases(write(tmp_path))

    assert (first.rule, first.as_of, first.hook, first.profiles) == ("TN-05", "2026-06-15", "order-sign", ())
    assert (second.as_of, second.hook, second.profiles) == ("2026-01-01", "patient-view", ("uk",))
    assert (first.title, first.line) == ("TN-05: It fires", 10)
    assert list(second.described.history) == ["trigeminal-neuralgia"]


def test_patients_of_the_folder_serve_all_files(tmp_path: Path) -> None:
    write(tmp_path, "patients:\n  mira: {story: Nothing tried.}\n", "patients.yaml")

    cases: tuple[WrittenCase, ...] = read_cases(
        write(tmp_path, FILE.replace("patient: rosa", "patient: mira"))
    )

    assert cases[0].described.history == {}


def test_vignettes_have_no_rule_of_their_own(tmp_path: Path) -> None:
    text = FILE.replace("{card: {level: info}}", "{cards: [TN-05]}").replace("{card: none}", "{absent: all}")
    path = write(tmp_path, text, "vignettes.yaml")

    assert [case.rule for case in read_cases(path)] == [None, None]
    assert case_files(tmp_path) == [path]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (
            "hook: order-sign",
            "hook: order-sing",
            "2: hook: 'order-sing' is none of patient-view, order-select, order-sign",
        ),
        (
            "story: Two drugs failed.",
            "storey: x",
            "5: patients.rosa.storey: unknown word 'storey'; did you mean 'story'?",
        ),
        (
            "daily: 1200 mg",
            "dayly: 1200 mg",
            "8: patients.rosa.history[1].dayly: unknown word 'dayly'; did you mean 'daily'?",
        ),
        (
            "{order: carbamazepine,",
            "{ordr: carbamazepine,",
            "8: patients.rosa.history[1].ordr: unknown word 'ordr'",
        ),
        (
            "from: 2025-01-10",
            "from: 10.1.2025",
            "8: patients.rosa.history[1].from: '10.1.2025' is not a date",
        ),
        ("patient: rosa", "patient: rose", "10: cases[0]: no patient 'rose'; did you mean 'rosa'?"),
        (
            "{remove: carbamazepine}",
            "{remove: carbamazepin}",
            "15: cases[1].change: no item 'carbamazepin' to change",
        ),
        (
            "{card: none}",
            "{card: nothing}",
            "19: cases[1].expect.card: 'nothing' is neither 'none' nor what the card is like",
        ),
        ("{card: none}", "{}", "19: cases[1].expect: 'card' is missing"),
        (
            "{card: {level: info}}",
            "{card: {level: inform}}",
            "12: cases[0].expect.card.level: 'inform' is none of",
        ),
        ("name: It is silent", "name: It fires", "13: cases[1].name: is the name of two cases"),
        ("    patient: rosa\n", "", "10: cases[0]: expected exactly one of 'patient' and 'like'"),
        ("as_of: 2026-01-01", "as_of: 2026-01", "13: cases[1]: as_of '2026-01' is not one day"),
        ("as_of: 2026-06-15\n", "", "9: cases[0]: 'as_of' is missing, here and at the top of the file"),
    ],
)
def test_a_wrong_case_file(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    found = said(tmp_path, old, new)

    assert any(text.startswith(f"facial-pain/TN-05-drug-failed.cases.yaml:{complaint}") for text in found), (
        found
    )


def test_the_rule_is_that_of_the_file_name(tmp_path: Path) -> None:
    with pytest.raises(RuleFileInvalid, match=r"rule: is not the rule of the file's name \(TN-05\)"):
        read_cases(write(tmp_path, "rule: TN-06\n" + FILE))
