"""The judge of cases: what is as expected holds, and every difference is said in one sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cds_service.casework.outcome import awake
from cds_service.casework.read import read_cases
from cds_service.casework.run import CaseResult, run_cases
from cds_service.ruleset.load import load_ruleset
from cds_service.ruleset.ruleset import Ruleset

from .conftest import RULES

FILE = """\
as_of: 2026-06-15
patients:
  rosa:
    story: Both first-line drugs failed, and MRI shows compression.
    born: 1964-03-01
    history:
      - {condition: trigeminal-neuralgia, onset: 2024-05}
      - {order: carbamazepine, daily: 1200 mg, times: 3, from: 2025-01-10, to: 2025-03-20, because: reason-no-effect}
      - {order: oxcarbazepine, daily: 1800 mg, times: 2, from: 2025-04-01, to: 2025-06-30, because: reason-no-effect}
      - {report: brain-mri, at: 2025-07-14, conclusion: Neurovascular compression with root atrophy.}
cases:
  - name: The case
    patient: rosa
    EXPECT
"""


@pytest.fixture(scope="module")
def rules() -> Ruleset:
    return load_ruleset(RULES, only=["trigeminal-neuralgia"])


def run(rules: Ruleset, folder: Path, text: str, *, rule: str = "TN-05") -> CaseResult:
    path = folder / "trigeminal-neuralgia" / f"{rule}-x.cases.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(FILE.replace("EXPECT", text), encoding="utf-8")
    (result,) = run_cases(rules, path)
    return result


@pytest.mark.parametrize(
    "expect",
    [
        "{card: {level: warning, kind: next-step, certainty: documented, contains: microvascular}}",
        "{card: {suggests: [neurosurgery, create neurosurgery], suggests_not: [carbamazepine], count: 1}}",
        "{card: {level: warning}, trials: {carbamazepine: failed, oxcarbazepine: {verdict: failed, reason: absent}}}",
        "{card: {detail: decompression}, step: procedure, absent: [TN-02], incomplete: []}",
        "{card: {card: TN-05}, cards: [{card: TN-05, level: warning}]}",
    ],
)
def test_what_is_as_expected_holds(rules: Ruleset, tmp_path: Path, expect: str) -> None:
    result = run(rules, tmp_path, f"expect: {expect}")

    assert result.problems == ()
    assert result.fires


@pytest.mark.parametrize(
    ("expect", "problem"),
    [
        ("{card: none}", "expected no card of TN-05, got warning: Medically refractory classical TN"),
        ("{card: {level: info}}", "TN-05: level is warning, not info"),
        ("{card: {kind: reassess}}", "TN-05: kind is next-step, not reassess"),
        ("{card: {certainty: inferred}}", "TN-05: certainty is documented, not inferred"),
        ("{card: {summary: Something else.}}", "TN-05: summary is 'Medically refractory classical TN"),
        ("{card: {contains: radiosurgery}}", "does not contain 'radiosurgery'"),
        ("{card: {detail: nothing of the kind}}", "TN-05: detail does not contain 'nothing of the kind'"),
        ("{card: {reasons: [one]}}", "TN-05: reasons are [], not ['one']"),
        ("{card: {suggests: none}}", "expected no suggestion"),
        ("{card: {suggests: [radiosurgery]}}", "TN-05: does not suggest 'radiosurgery'"),
        ("{card: {suggests: [delete draft-1]}}", "TN-05: does not suggest 'delete draft-1'"),
        ("{card: {suggests_not: [neurosurgery]}}", "TN-05: suggests 'neurosurgery', which it should not"),
        ("{card: {count: 2}}", "expected 2 cards of TN-05, got 1"),
        ("{card: {about: draft-1}}", "expected TN-05 about draft-1, got "),
        ("{card: {missing: [the weather]}}", "TN-05: 'the weather' is not named as missing"),
        ("{card: {level: warning}, trials: {carbamazepine: inadequate}}", "trial carbamazepine is failed (absent), not inadequate"),
        ("{card: {level: warning}, trials: {carbamazepin: failed}}", "no trial 'carbamazepin'; did you mean 'carbamazepine'?"),
        ("{card: {level: warning}, step: drugs}", "the patient stands on step procedure of trigeminal-neuralgia, not drugs"),
        ("{card: {level: warning}, absent: [TN-05]}", "expected no TN-05, got warning"),
        ("{card: {level: warning}, absent: all}", "expected no card, got "),
        ("{card: {level: warning}, also: [TN-02]}", "expected TN-02 too, got "),
        ("{card: {level: warning}, cards: [TN-02]}", "expected TN-02, got "),
        ("{card: {level: warning}, missing: [the weather]}", "'the weather' is not named as missing"),
        ("{card: {level: warning}, incomplete: [Observation]}", "incomplete are [], not ['Observation']"),
        ("{card: {level: warning}, absent: [TN-99]}", "no card 'TN-99'"),
    ],
)  # fmt: skip
def test_every_difference_is_said(rules: Ruleset, tmp_path: Path, expect: str, problem: str) -> None:
    result = run(rules, tmp_path, f"expect: {expect}")

    assert any(problem in text for text in result.problems), result.problems
    assert not result.holds


def test_a_failed_search_makes_its_type_incomplete(rules: Ruleset, tmp_path: Path) -> None:
    text = "unavailable: [DiagnosticReport, ImagingStudy]\n    expect: {card: none, incomplete: [DiagnosticReport, ImagingStudy]}"

    assert run(rules, tmp_path, text).problems == ()


def test_another_patients_resources_do_not_count(rules: Ruleset, tmp_path: Path) -> None:
    text = "expect: {card: none}"
    changed = FILE.replace("{order: carbamazepine,", "{order: carbamazepine, of_other_patient: true,")
    path = tmp_path / "trigeminal-neuralgia" / "TN-05-x.cases.yaml"
    path.parent.mkdir()
    path.write_text(changed.replace("EXPECT", text), encoding="utf-8")

    (result,) = run_cases(rules, path)

    assert result.problems == ()
    assert result.outcome is not None
    assert result.outcome.records.foreign == 1


def test_an_item_that_cannot_be_built_fails_the_case_and_names_it(rules: Ruleset, tmp_path: Path) -> None:
    result = run(rules, tmp_path, "drafts: [{order: carbamazepin}]\n    expect: {card: none}")

    assert result.outcome is None
    assert result.problems == (
        "draft-1: no value set or ingredient 'carbamazepin'; did you mean 'carbamazepine'?",
    )


def test_unknown_rules_and_profiles_fail_the_case(rules: Ruleset, tmp_path: Path) -> None:
    result = run(rules, tmp_path, "profile: mars\n    expect: {card: none}", rule="TN-99")

    assert [text.partition(";")[0] for text in result.problems] == ["no rule 'TN-99'", "no profile 'mars'"]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("unavailable: [Observations]", "no FHIR type 'Observations' is read; did you mean 'Observation'?"),
        (
            "hook: order-select\n    drafts: [{order: carbamazepine}]\n    selections: [draft-2]",
            "no draft 'draft-2'; did you mean 'draft-1'?",
        ),
    ],
)
def test_a_misspelt_type_or_draft_fails_the_case(
    rules: Ruleset, tmp_path: Path, words: str, problem: str
) -> None:
    assert run(rules, tmp_path, f"{words}\n    expect: {{card: none}}").problems == (problem,)


def test_selections_say_which_drafts_are_judged_at_order_select(rules: Ruleset, tmp_path: Path) -> None:
    drafts = "hook: order-select\n    drafts: [{order: carbamazepine}, {order: oxcarbazepine}]\n"
    one = run(
        rules,
        tmp_path,
        drafts + "    selections: [draft-2]\n    expect: {card: {about: draft-2, count: 1}}",
        rule="TN-20",
    )
    both = run(rules, tmp_path, drafts + "    expect: {card: {about: draft-1}}", rule="TN-20")

    assert one.problems == ()
    assert both.problems == ()


def test_cases_run_before_a_rule_is_switched_on(rules: Ruleset) -> None:
    (sleeping,) = [r for r in rules.rules if r.id == "TN-05"]
    asleep = sleeping.file.model_copy(update={"status": "draft"})
    off = replace(rules, rules=tuple(replace(r, file=asleep) if r.id == "TN-05" else r for r in rules.rules))

    assert "TN-05" not in {r.id for r in off.for_hook("patient-view")}
    assert "TN-05" in {r.id for r in awake(off, "TN-05").for_hook("patient-view")}


def test_the_file_and_line_of_a_case_stand_before_its_problems(rules: Ruleset, tmp_path: Path) -> None:
    result = run(rules, tmp_path, "expect: {card: none}")

    assert str(result).startswith(
        "trigeminal-neuralgia/TN-05-x.cases.yaml:12: TN-05: The case\n    expected no card of TN-05"
    )


def test_reading_is_strict_about_the_case_files_own_words(tmp_path: Path) -> None:
    path = tmp_path / "a" / "TN-05-x.cases.yaml"
    path.parent.mkdir()
    path.write_text(FILE.replace("EXPECT", "expect: {card: none}"), encoding="utf-8")

    assert [case.title for case in read_cases(path)] == ["TN-05: The case"]
