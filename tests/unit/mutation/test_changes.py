"""Which small changes are made: each number by one of its own unit, logic swapped or left out, sets emptied, levels lowered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cds_service.mutation.changes import beside
from cds_service.mutation.mutants import mutants_of, with_empty_set
from cds_service.ruleset.load import load_ruleset
from cds_service.ruleset.words import Duration, Quantity, read_duration, read_quantity

from .conftest import CARD_FILE, HOME, PATHWAY_FILE, change, changes

FACT = "all: [{observation: {in: pain-score, within: pain-recent, at_least: pain-severe}}]"


@pytest.mark.parametrize(
    ("written", "less", "more"),
    [
        ("28 days", "27 days", "29 days"),
        ("12 months", "11 months", "13 months"),
        ("1 hour", "0 hours", "2 hours"),
    ],
)
def test_a_length_is_changed_by_one_of_its_own_unit(written: str, less: str, more: str) -> None:
    assert beside(read_duration(written), written) == [read_duration(less), read_duration(more)]


@pytest.mark.parametrize(
    ("written", "less", "more"),
    [
        ("600 mg", 599, 601),
        ("135 mmol/L", 134, 136),
        ("3.0 10*9/L", 2.9, 3.1),
        ("0.25 mg", 0.24, 0.26),
        (7, 6, 8),
    ],
)
def test_a_quantity_is_changed_by_its_last_digit(written: Any, less: float, more: float) -> None:
    quantity = read_quantity(written)

    assert beside(quantity, written) == [Quantity(less, quantity.unit), Quantity(more, quantity.unit)]


def test_a_length_is_never_less_than_nothing() -> None:
    assert beside(Duration(0, "day"), "0 days") == [Duration(1, "day")]


def test_words_and_yes_or_no_are_no_numbers() -> None:
    assert beside("latest", "latest") == []
    assert beside(True, True) == []


def test_every_number_of_a_pathway_is_changed_both_ways(folder: Path) -> None:
    found = changes(folder)

    assert "settings.pain-severe.value: 7 → 6" in found
    assert "settings.pain-severe.value: 7 → 8" in found
    assert "trials.gap_allowed: 30 days → 29 days" in found
    assert "trials.adequate[0].daily_dose.oxcarbazepine: 900 mg → 901 mg" in found
    assert "trials.adequate[0].lasts: 28 days → 27 days" in found


def test_the_version_of_a_rule_is_no_number_of_it(folder: Path) -> None:
    assert [c for c in changes(folder) if c.startswith("version")] == []


def test_a_number_that_nobody_wrote_is_not_changed(folder: Path) -> None:
    change(folder, PATHWAY_FILE, "held: 14 days, ", "")

    assert [c for c in changes(folder) if ".held" in c] == []


def test_all_and_any_are_swapped(folder: Path) -> None:
    change(folder, PATHWAY_FILE, FACT, "any: [{sex: {is: female}}, {age: {below: 40 a}}]")

    assert "facts.severe-pain: all and any swapped" in changes(folder)


def test_a_single_item_has_nothing_to_swap(folder: Path) -> None:
    assert [c for c in changes(folder) if "swapped" in c] == []


def test_each_absence_and_each_exception_is_left_out(folder: Path) -> None:
    change(
        folder,
        CARD_FILE,
        "all: [drug-failed]",
        "all: [drug-failed]\n  none: [severe-pain]\n  unless: [{sex: {is: male}}]",
    )

    found = changes(folder)

    assert "when: none[0] left out" in found
    assert "when: unless[0] left out" in found


def test_each_value_set_is_emptied_where_it_is_used(folder: Path) -> None:
    found = changes(folder)

    assert "population.condition[0]: trigeminal-neuralgia emptied" in found
    assert "therapies.carbamazepine.medication[0]: carbamazepine emptied" in found
    assert "trials.verdicts.failed-absent[0].stopped_for[0]: reason-no-effect emptied" in found


def test_a_level_is_lowered_by_one(folder: Path) -> None:
    change(folder, CARD_FILE, "level: info", "level: critical")

    assert "show.level: critical → warning" in changes(folder)


def test_an_information_has_no_lower_level(folder: Path) -> None:
    assert [c for c in changes(folder) if "level" in c] == []


def test_a_profile_s_numbers_are_changed(folder: Path) -> None:
    (folder / "profiles").mkdir()
    (folder / "profiles" / "strict.yaml").write_text(
        "profile: strict\npathways: facial-pain\nsays: Strict.\nsettings: {pain-severe: 8}\n",
        encoding="utf-8",
    )

    assert "settings.pain-severe: 8 → 7" in changes(folder)
    assert "settings.pain-severe: 8 → 9" in changes(folder)


def test_what_is_shared_has_its_own_home(folder: Path) -> None:
    assert "facts.renal-impairment.all[0].observation.within: 12 months → 13 months" in changes(
        folder, "shared"
    )
    assert [c for c in changes(folder) if "renal" in c] == []


def test_a_change_is_put_into_a_copy_and_the_rules_stay_as_they_are(folder: Path) -> None:
    rules = with_empty_set(load_ruleset(folder))
    mutant = next(m for m in mutants_of(rules, folder, home=HOME) if m.place == "settings.pain-severe.value")

    assert str(mutant) == "facial-pain/pathway.yaml:7: settings.pain-severe.value: 7 → 6"
    assert mutant.apply(rules).setting("pain-severe", HOME) == Quantity(6, "")
    assert rules.setting("pain-severe", HOME) == 7
