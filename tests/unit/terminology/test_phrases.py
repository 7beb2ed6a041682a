"""Why a therapy ended, from its text: 160 labelled sentences, and each rule of the reading by itself."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from cds_service.errors import ValueSetInvalid
from cds_service.terminology import CATEGORY_ORDER, Statement, Terminology
from cds_service.terminology.scores import LabelledText, read_labelled, score_page, scores
from tests.unit.terminology.conftest import RULES

DATA = Path(__file__).parent / "data" / "phrase_examples.csv"
FLOOR_PRECISION, FLOOR_RECALL = 0.97, 0.99
"""Measured on these sentences, with which the phrases were written; on unseen ones 0.83 and 0.67 were published."""


def rows() -> list[dict[str, str]]:
    with DATA.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def labelled() -> tuple[LabelledText, ...]:
    return read_labelled(DATA)


def own(terminology: Terminology, text: str, therapy: str) -> list[Statement]:
    return [s for s in terminology.classify_stop(text, resource_therapy=therapy) if s.own]


def decided(terminology: Terminology, text: str, therapy: str = "carbamazepine") -> str | None:
    found = own(terminology, text, therapy)
    return found[0].category if found else None


# -- the labelled sentences


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["id"])
def test_the_deciding_category_is_one_that_a_reader_finds(
    terminology: Terminology, row: dict[str, str]
) -> None:
    found = decided(terminology, row["text"], row["subject"])
    assert (found or "none") in row["expected"].split(";")


@pytest.mark.parametrize(
    "row", [row for row in rows() if row["trap"] == "other-drug" and row["about"]], ids=lambda row: row["id"]
)
def test_what_is_said_of_another_therapy_is_about_that_one(
    terminology: Terminology, row: dict[str, str]
) -> None:
    found = terminology.classify_stop(row["text"], resource_therapy=row["subject"])
    assert set(row["about"].split(";")) == {s.about for s in found if not s.own}


def test_precision_and_recall_do_not_fall(terminology: Terminology) -> None:
    found = scores(terminology.phrases, labelled(), strong_only=False)["all"]
    assert found.precision is not None
    assert found.recall is not None
    assert found.precision >= FLOOR_PRECISION
    assert found.recall >= FLOOR_RECALL


@pytest.mark.parametrize("category", CATEGORY_ORDER)
def test_no_category_is_lost(terminology: Terminology, category: str) -> None:
    found = scores(terminology.phrases, labelled(), strong_only=False)[category]
    assert found.recall is not None
    assert found.recall >= 0.9


def test_the_page_of_scores_is_current(terminology: Terminology) -> None:
    shown = (RULES / "terminology" / "phrase-scores.md").read_text(encoding="utf-8")
    assert shown == score_page(terminology.phrases, labelled())


def test_a_file_of_another_shape_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sentences.csv"
    path.write_text("id,text\n1,No benefit\n", encoding="utf-8")
    with pytest.raises(ValueSetInvalid):
        read_labelled(path)


def test_scores_count_what_is_right_wrong_and_missed(terminology: Terminology) -> None:
    examples = [
        LabelledText(text="No benefit.", therapy="baclofen", expected=frozenset({"inefficacy"})),
        LabelledText(text="No benefit.", therapy="baclofen", expected=frozenset({"allergy"})),
        LabelledText(text="Seen today.", therapy="baclofen", expected=frozenset({"allergy"})),
    ]
    found = scores(terminology.phrases, examples, strong_only=False)
    inefficacy, allergy = found["inefficacy"], found["allergy"]
    assert (inefficacy.right, inefficacy.wrong, inefficacy.missed) == (1, 1, 0)
    assert (inefficacy.precision, inefficacy.recall) == (0.5, 1.0)
    assert (allergy.right, allergy.wrong, allergy.missed) == (0, 0, 2)
    assert (allergy.precision, allergy.recall) == (None, 0.0)


# -- the rules of the reading


def test_an_empty_text_says_nothing(terminology: Terminology) -> None:
    assert terminology.classify_stop("", resource_therapy="baclofen") == ()
    assert terminology.classify_stop("Seen in clinic.", resource_therapy="baclofen") == ()


def test_the_words_that_decided_are_quoted(terminology: Terminology) -> None:
    [statement] = own(terminology, "Stopped: no benefit after 6 weeks", "baclofen")
    assert statement.quote == "no benefit"


def test_strong_before_weak_and_then_the_order_of_categories(terminology: Terminology) -> None:
    found = own(terminology, "Anaphylaxis. No benefit. Stopped due to side effects. Failed.", "baclofen")
    order = [(s.category, s.strength) for s in found]
    assert order == [
        ("allergy", "strong"),
        ("intolerance", "strong"),
        ("inefficacy", "strong"),
        ("inefficacy", "weak"),
    ]


def test_the_longest_phrase_wins(terminology: Terminology) -> None:
    assert decided(terminology, "not effective") == "inefficacy"
    assert decided(terminology, "Side effects: none") is None


@pytest.mark.parametrize(
    "text",
    [
        "Denies side effects",
        "Side effects? To clarify",
        "Was it stopped for side effects?",
        "Possibly ineffective",
        "If ineffective change to baclofen",
        "Plan: review for side effects",
        "Mother could not tolerate carbamazepine",
        "Copied forward: no benefit",
        "[ ] Ineffective",
        "Reason (circle one): ineffective / cost",
    ],
)
def test_cues_void_a_phrase(terminology: Terminology, text: str) -> None:
    assert own(terminology, text, "carbamazepine") == []


def test_a_comma_ends_a_negation(terminology: Terminology) -> None:
    assert decided(terminology, "No side effects, ineffective") == "inefficacy"


def test_a_list_of_one_category_is_negated_as_a_whole(terminology: Terminology) -> None:
    assert own(terminology, "Denies dizziness, drowsiness or rash", "carbamazepine") == []


def test_but_ends_a_negation(terminology: Terminology) -> None:
    assert decided(terminology, "Not ineffective, but stopped for dizziness") == "intolerance"


def test_a_ticked_box_counts_and_an_open_one_does_not(terminology: Terminology) -> None:
    found = own(terminology, "[ ] Ineffective [x] Not tolerated [ ] Cost", "baclofen")
    assert [s.category for s in found] == ["intolerance"]


def test_symptoms_that_return_off_the_drug_are_no_failure(terminology: Terminology) -> None:
    assert own(terminology, "Pain returned when she stopped carbamazepine", "carbamazepine") == []
    assert decided(terminology, "Pain returned despite carbamazepine") == "waned"


def test_a_past_success_says_nothing_and_a_past_failure_does(terminology: Terminology) -> None:
    assert own(terminology, "Previously pain free on it", "carbamazepine") == []
    assert decided(terminology, "Previously ineffective") == "inefficacy"


def test_a_phrase_without_a_name_is_about_the_resource(terminology: Terminology) -> None:
    [statement] = terminology.classify_stop("Ineffective", resource_therapy="baclofen")
    assert (statement.about, statement.own) == (None, True)


def test_without_a_known_therapy_only_unnamed_statements_are_own(terminology: Terminology) -> None:
    found = terminology.classify_stop("Ineffective. Gabapentin failed.", resource_therapy=None)
    assert {(s.about, s.own) for s in found} == {(None, True), ("gabapentin", False)}


def test_names_joined_by_and_share_a_statement(terminology: Terminology) -> None:
    found = terminology.classify_stop(
        "Failed carbamazepine, oxcarbazepine and baclofen", resource_therapy="lamotrigine"
    )
    assert {s.about for s in found} == {"carbamazepine", "oxcarbazepine", "baclofen"}
    assert {s.category for s in found} == {"inefficacy"}


def test_a_switch_says_why_this_therapy_ended(terminology: Terminology) -> None:
    assert decided(terminology, "Switched to oxcarbazepine") == "switch-other"
    assert own(terminology, "Switched to carbamazepine", "carbamazepine") == []


def test_a_new_therapy_is_not_the_subject(terminology: Terminology) -> None:
    found = own(terminology, "Started on pregabalin. Ineffective.", "gabapentin")
    assert [s.category for s in found] == ["inefficacy"]


@pytest.mark.parametrize(
    ("text", "therapy"),
    [
        ("Botulinum toxin was ineffective", "onabotulinumtoxina"),
        ("Botox was ineffective", "botulinum-toxin-a"),
        ("IPG explanted because of pocket infection", "spinal-cord-stimulation"),
    ],
)
def test_a_kind_of_the_therapy_is_the_therapy(terminology: Terminology, text: str, therapy: str) -> None:
    assert own(terminology, text, therapy) != []


def test_a_class_is_not_the_drug(terminology: Terminology) -> None:
    assert own(terminology, "Gabapentinoids were ineffective", "gabapentin") == []
