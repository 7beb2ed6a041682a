"""What authors are told: every fault at once, with file, line, place, what was expected and the nearest valid word."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from cds_service.errors import RuleFileInvalid, ValueSetInvalid
from cds_service.ruleset.check import ENGINE_SETTINGS
from cds_service.ruleset.lint import ENGINE_SETS
from cds_service.ruleset.load import load_ruleset

from .conftest import CARD, ORDER_CARD, RULES, RulesFolder

Said = Callable[[str, str], list[str]]
FILE = "facial-pain/TN-05-drug-failed.yaml"
ROOT = Path(__file__).parents[3]


def test_the_folder_of_these_tests_has_no_faults(folder: RulesFolder) -> None:
    assert [rule.id for rule in folder.load().rules] == ["TN-05"]


# ---------------------------------------------------------------- words and values


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("title:", "titel:", f"{FILE}:4: titel: unknown word 'titel'; did you mean 'title'?"),
        ("version: 1", "version: one", f"{FILE}:2: version: expected a whole number"),
        (
            "status: pilot",
            "status: pilott",
            f"{FILE}:3: status: 'pilott' is none of draft, silent, pilot, active, retired; did you mean 'pilot'?",
        ),
        ("card: TN-05", "card: TN05", f"{FILE}:1: card: 'TN05' is not a card id such as TN-05"),
        (
            "owner: neurology",
            "owner: 7",
            f"{FILE}:5: owner: expected text (put numbers and dates of text in quotes)",
        ),
        (", not_for: Children.", "", f"{FILE}:6: about.not_for: is missing"),
        (
            "all: [drug-failed]",
            "all: [{condtion: {in: facial-pain}}]",
            f"{FILE}:9: when.all[0].condtion: unknown word 'condtion'; did you mean 'condition'?",
        ),
        (
            "all: [drug-failed]",
            "all: [{condition: {in: facial-pain, within: 12 weks}}]",
            f"{FILE}:9: when.all[0].condition.within: "
            "expected a duration such as '28 days', '12 weeks', '6 months' or '5 years'",
        ),
        (
            "all: [drug-failed]",
            "all: [{age: {below: 18 a}, sex: {is: female}}]",
            f"{FILE}:9: when.all[0].age: stands alone in an item: put several under 'all'",
        ),
        (
            "all: [drug-failed]",
            "al: [drug-failed]",
            f"{FILE}:9: when.al: unknown word 'al'; did you mean 'all'?",
        ),
        (
            "- first_suitable: drugs",
            "- {first_suitable: drugs, delete: draft}",
            f"{FILE}:13: suggest[0]: "
            "expected exactly one of delete, create, first_suitable, all_suitable, stop, repeat, first_missing_step",
        ),
    ],
)
def test_a_wrong_word_or_value(card: Said, old: str, new: str, said: str) -> None:
    complaints = card(old, new)

    assert said in complaints


def test_all_faults_of_all_files_come_at_once(folder: RulesFolder) -> None:
    folder.change(FILE, "title:", "titel:")
    folder.change(FILE, "status: pilot", "status: pilott")
    folder.change("facial-pain/pathway.yaml", "gap_allowed: 30 days", "gap_allowed: thirty days")
    folder.change("shared/overrides.yaml", "overrides:", "override:")

    files = {(fault.file, fault.line) for fault in folder.faults()}

    assert {(FILE, 3), (FILE, 4), ("facial-pain/pathway.yaml", 20), ("shared/overrides.yaml", 1)} <= files


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "[drug-failed]",
            "[drugs-failed]",
            "when.all[0]: no fact 'drugs-failed' in facial-pain; did you mean 'drug-failed'?",
        ),
        (
            "[drug-failed]",
            "[{trial: {of: drug, verdict: failed}}]",
            "when.all[0].trial.of: no therapy or group 'drug' in facial-pain; did you mean 'drugs'?",
        ),
        (
            "[drug-failed]",
            "[{trial: {of: drugs, verdict: fail}}]",
            "when.all[0].trial.verdict: no verdict or group of verdicts 'fail' in facial-pain; did you mean 'failed'?",
        ),
        (
            "[drug-failed]",
            "[{condition: {in: trigeminal-neuralgy}}]",
            "when.all[0].condition.in: no value set 'trigeminal-neuralgy'; did you mean 'trigeminal-neuralgia'?",
        ),
        (
            "[drug-failed]",
            "[{observation: {in: pain-score, at_least: pain-sever}}]",
            "when.all[0].observation.at_least: no setting that holds a number 'pain-sever' in facial-pain; "
            "did you mean 'pain-severe'?",
        ),
        (
            "[drug-failed]",
            "[{observation: {in: pain-score, within: pain-severe}}]",
            "when.all[0].observation.within: setting 'pain-severe' holds no duration",
        ),
        (
            "[drug-failed]",
            "[{phrase: {in: not-surgical-candidat, where: [report]}}]",
            "when.all[0].phrase.in: no phrase list 'not-surgical-candidat'; did you mean 'not-surgical-candidate'?",
        ),
        (
            "[drug-failed]",
            "[{step: {at: drug}}]",
            "when.all[0].step.at: no step of the ladder 'drug'; did you mean 'drugs'?",
        ),
        (
            "[drug-failed]",
            "[{medication: {in: carbamazepine, route: oraly}}]",
            "when.all[0].medication.route: no route 'oraly'; did you mean 'oral'?",
        ),
        (
            "[drug-failed]",
            "[{observation: {in: pain-score, at_least: 7 mgs}}]",
            "when.all[0].observation.at_least: 'mgs' is not a unit that can be compared (UCUM: mg, mL, mmol/L, 10*9/L …)",
        ),
        (
            "overrides: [specialist-advice]",
            "overrides: [specialist-advise]",
            "overrides[0]: no override reason 'specialist-advise'; did you mean 'specialist-advice'?",
        ),
        (
            "- first_suitable: drugs",
            "- create: carbamazepin",
            "suggest[0].create: no order template or therapy 'carbamazepin' in facial-pain; did you mean 'carbamazepine'?",
        ),
        (
            "summary:",
            "gives_way_to: [TN-99]\nsummary:",
            "gives_way_to[0]: no card 'TN-99'; did you mean 'TN-05'?",
        ),
        ("({reason})", "({reasn})", "summary: no slot '{reasn}'; did you mean 'reason'?"),
        ("({reason})", "({reason)", "summary: has a brace that belongs to no slot"),
        ("({reason})", "({label})", "summary: '{label}' needs 'label'"),
    ],
)
def test_a_name_that_names_nothing(card: Said, old: str, new: str, said: str) -> None:
    complaints = [text.split(": ", 1)[1] for text in card(old, new)]

    assert said in complaints


def test_a_setting_of_another_kind_than_its_use(folder: RulesFolder) -> None:
    folder.change(
        "facial-pain/pathway.yaml", "value: 7, basis: convention, range: 0 to 10", "value: often, basis: none"
    )

    assert folder.said() == [
        "facial-pain/pathway.yaml:11: facts.severe-pain.all[0].observation.at_least: "
        "setting 'pain-severe' holds no number with a unit"
    ]


def test_a_summary_stays_below_140_characters_before_filling(card: Said) -> None:
    long = "x" * 139

    assert card("A drug failed ({reason}).", long) == []
    assert card(long, long + "x") == [f"{FILE}:10: summary: has 140 characters; a summary stays below 140"]


def test_a_suggested_therapy_needs_an_order_template(folder: RulesFolder) -> None:
    folder.change("facial-pain/pathway.yaml", "  oxcarbazepine: {resource", "  something-else: {resource")

    assert folder.said() == [
        f"{FILE}:13: suggest[0].first_suitable: no order template 'oxcarbazepine' in facial-pain for 'drugs'"
    ]


# ---------------------------------------------------------------- facts


def test_a_fact_that_rests_on_itself(folder: RulesFolder) -> None:
    folder.change("facial-pain/pathway.yaml", "all: [{trial: {of: drugs, verdict: failed}}]", "all: [second]")
    folder.change(
        "facial-pain/pathway.yaml", "therapies:\n", "  second: {says: Two., any: [drug-failed]}\ntherapies:\n"
    )

    assert (
        "facial-pain/pathway.yaml:12: facts.drug-failed: circle: drug-failed > second > drug-failed"
        in folder.said()
    )


def test_a_pathway_may_not_redefine_a_shared_fact(folder: RulesFolder) -> None:
    folder.change("facial-pain/pathway.yaml", "  severe-pain:", "  renal-impairment:")
    folder.change(FILE, "all: [drug-failed]", "all: [drug-failed, renal-impairment]")

    assert folder.said() == [
        "facial-pain/pathway.yaml:9: facts.renal-impairment: is already defined by shared: choose another name"
    ]


def test_logic_is_at_most_two_levels_deep(card: Said) -> None:
    two = "all: [{any: [drug-failed, severe-pain]}]"
    three = "all: [{any: [drug-failed, {none: [severe-pain]}]}]"

    assert card("all: [drug-failed]", two) == []
    assert card(two, three) == [
        f"{FILE}:9: when.all[0].any[1]: logic is at most two levels deep: give the inner part a name under 'facts'"
    ]


def test_names_of_another_pathway_need_its_declaration(folder: RulesFolder) -> None:
    other = (folder.root / "facial-pain/pathway.yaml").read_text(encoding="utf-8")
    bare = other[: other.index("settings:")].replace("facial-pain", "headache")
    folder.write("headache/pathway.yaml", bare)
    folder.write("headache/CM-01-drug-failed.yaml", CARD.replace("TN-05", "CM-01"))

    assert any("no fact 'drug-failed' in headache" in text for text in folder.said())

    folder.write("headache/pathway.yaml", bare + "uses: facial-pain\n")
    assert folder.said() == []


# ---------------------------------------------------------------- what a word needs


def test_a_safety_rule_may_not_read_verdicts_not_even_through_facts(folder: RulesFolder) -> None:
    folder.write("facial-pain/TN-20-severe-pain.yaml", ORDER_CARD)
    assert folder.said() == []

    folder.change("facial-pain/TN-20-severe-pain.yaml", "[severe-pain]", "[severe-pain, drug-failed]")
    assert folder.said() == [
        "facial-pain/TN-20-severe-pain.yaml:10: when.all[1]: "
        "'trial' (through drug-failed) reads verdicts, which a rule of kind contraindication may not"
    ]


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("{draft: {in: carbamazepine}}", "when.all[0].draft: 'draft' needs the draft: add 'for_each'"),
        ("{with: {in: maoi}}", "when.all[0].with: 'with' needs the draft: add 'for_each'"),
        ("{allergy: {to: draft}}", "when.all[0].allergy: 'to: draft' needs the draft: add 'for_each'"),
        (
            "{procedure: {in: nerve-ablation, same: target}}",
            "when.all[0].procedure: 'same: target' needs the draft or the anchor: add 'for_each' or 'anchor'",
        ),
        (
            "{report: {in: brain-mri, after: anchor}}",
            "when.all[0].report: 'after: anchor' needs the anchor: add 'anchor'",
        ),
        (
            "{response: {of: pain-score, baseline: 90 days, fell_below: 50 %}}",
            "when.all[0].response: 'response' needs the anchor: add 'anchor'",
        ),
    ],
)
def test_a_word_without_the_draft_or_anchor_that_it_reads(card: Said, item: str, said: str) -> None:
    complaints = [text.split(": ", 1)[1] for text in card("all: [drug-failed]", f"all: [{item}]")]

    assert complaints == [said]


def test_same_must_ask_for_what_the_anchor_has(folder: RulesFolder) -> None:
    folder.change(FILE, "when:\n", "anchor: {procedure: {in: nerve-ablation}}\nwhen:\n")
    folder.change(FILE, "[drug-failed]", "[{trial: {of: drugs, same: ingredient}}]")

    assert folder.said() == [
        f"{FILE}:10: when.all[0].trial.same: 'ingredient' is asked of the anchor, which is no drug"
    ]


def test_a_rule_of_drafts_needs_an_order_hook(folder: RulesFolder) -> None:
    folder.write("facial-pain/TN-20-severe-pain.yaml", ORDER_CARD.replace("[order-sign]", "[patient-view]"))

    assert folder.said() == [
        "facial-pain/TN-20-severe-pain.yaml:8: for_each: "
        "needs order-select or order-sign among the hooks: patient-view has no draft"
    ]


def test_a_population_is_judged_without_verdicts_and_without_a_draft(folder: RulesFolder) -> None:
    folder.change(
        "facial-pain/pathway.yaml",
        "population: {condition: trigeminal-neuralgia}",
        "population: {condition: trigeminal-neuralgia, when: {all: [drug-failed, {draft: {in: carbamazepine}}]}}",
    )

    said = [text.split(": ", 1)[1] for text in folder.said()]

    assert said == [
        "population.when.all[0]: 'trial' (through drug-failed) reads verdicts, which population may not",
        "population.when.all[1].draft: 'draft' needs the draft, and there is none here",
    ]


def test_deleting_or_stopping_needs_something_to_delete_or_stop(card: Said) -> None:
    complaints = card("- first_suitable: drugs", "- {delete: draft}\n  - {stop: other}")

    assert [text.split(": ", 1)[1] for text in complaints] == [
        "suggest[0].delete: needs the draft: add 'for_each'",
        "suggest[1].stop: needs a partner: 'with', or rows of interactions",
    ]


# ---------------------------------------------------------------- files


def test_files_that_are_not_what_they_are_called(folder: RulesFolder) -> None:
    folder.write("facial-pain/TN-06-other.yaml", CARD)
    folder.write("facial-pain/notes.yaml", "a: 1\n")
    folder.write("facial-pain/TN-07-old.yml", CARD)

    assert sorted(folder.said()) == [
        "facial-pain/TN-06-other.yaml:1: card: TN-05 is already the rule in facial-pain/TN-05-drug-failed.yaml",
        "facial-pain/TN-06-other.yaml:1: card: is not the id in the file's name (TN-06)",
        "facial-pain/TN-07-old.yml:1: must end in .yaml",
        "facial-pain/notes.yaml:1: is no known file: a rule is called <card id>-<words>.yaml, its cases <…>.cases.yaml",
    ]


def test_a_folder_of_rules_without_a_pathway(folder: RulesFolder) -> None:
    folder.write("nowhere/TN-08-lost.yaml", CARD.replace("TN-05", "TN-08"))

    assert "nowhere:1: has no pathway.yaml" in folder.said()


def test_evaluation_needs_its_shared_settings(folder: RulesFolder) -> None:
    folder.change("shared/facts.yaml", "  lapsed-after: {value: 90 days, basis: convention}\n", "")

    assert folder.said() == [
        "shared/facts.yaml:1: settings: setting 'lapsed-after' is missing: "
        "how long after the end of its supply an active order counts as lapsed"
    ]


def test_what_evaluation_asks_for_by_name_is_checked_when_rules_load() -> None:
    """A setting or set that code names must be in the list that the loader checks."""
    code = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "cds_service" / "evaluate").rglob("*.py")
    )
    settings = set(re.findall(r'rules\.(?:window|limit|setting)\("([a-z-]+)"', code))
    settings |= {
        name
        for group in re.findall(r"rules\.window\(name, .*? in \((.*?)\)\)", code)
        for name in re.findall(r'"([a-z-]+)"', group)
    }
    sets = set(re.findall(r'named\([^\n]*?\("([a-z-]+)",\)', code))

    assert settings == set(ENGINE_SETTINGS)
    assert sets <= ENGINE_SETS


def test_a_setting_outside_its_own_range(folder: RulesFolder) -> None:
    folder.change("facial-pain/pathway.yaml", "value: 7,", "value: 11,")

    assert folder.said() == [
        "facial-pain/pathway.yaml:7: settings.pain-severe: 11 lies outside the allowed range 0 to 10"
    ]


def test_loading_raises_every_complaint_with_the_exit_code_of_rule_files(tmp_path: Path) -> None:
    with pytest.raises(RuleFileInvalid) as problem:
        load_ruleset(tmp_path / "none")

    assert problem.value.exit_code == 10
    assert "is no folder" in str(problem.value)


def test_faults_of_tables_alone_have_an_exit_code_of_their_own(tmp_path: Path) -> None:
    for part in ("terminology", "valuesets"):
        (tmp_path / part).symlink_to(RULES / part)
    folder = tmp_path / "shared" / "tables"
    folder.mkdir(parents=True)
    (folder / "sizes.csv").write_text("a,b\n1,2\n", encoding="utf-8")

    with pytest.raises(ValueSetInvalid) as problem:
        load_ruleset(tmp_path)

    assert problem.value.exit_code == 11
    assert (
        str(problem.value)
        == "shared/tables/sizes.csv:1: its columns are not declared in columns.csv beside it"
    )
