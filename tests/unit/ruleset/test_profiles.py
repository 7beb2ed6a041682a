"""Profiles replace settings by name, in their range, and nothing else."""

from __future__ import annotations

import pytest

from cds_service.ruleset.profiles import also_under
from cds_service.ruleset.words import Duration

from .conftest import RulesFolder

PROFILE = "profile: {name}\npathways: facial-pain\nsays: A site.\nsettings: {{{settings}}}\n"


def write(folder: RulesFolder, name: str, settings: str) -> None:
    folder.write(f"profiles/{name}.yaml", PROFILE.format(name=name, settings=settings))


def test_a_profile_replaces_settings_of_its_pathway_and_of_the_shared_part(folder: RulesFolder) -> None:
    write(folder, "uk", "pain-severe: 8, pain-recent: 60 days")

    rules = folder.load("uk")

    assert rules.setting("pain-severe", "facial-pain") == 8
    assert rules.window("pain-recent", "facial-pain") == Duration(60, "day")
    assert rules.profiles == {"facial-pain": "uk"}
    assert rules.setting("pain-recent", "shared") == "90 days"


def test_without_a_choice_the_default_of_the_pathway_holds(folder: RulesFolder) -> None:
    write(folder, "uk", "pain-severe: 8")
    folder.change(
        "facial-pain/pathway.yaml", "title: Facial pain\n", "title: Facial pain\ndefault_profile: uk\n"
    )

    assert folder.load().setting("pain-severe", "facial-pain") == 8


def test_a_chosen_profile_wins_over_the_default(folder: RulesFolder) -> None:
    write(folder, "uk", "pain-severe: 8")
    write(folder, "us", "pain-severe: 6")
    folder.change(
        "facial-pain/pathway.yaml", "title: Facial pain\n", "title: Facial pain\ndefault_profile: uk\n"
    )

    assert folder.load("us").setting("pain-severe", "facial-pain") == 6


def test_loaded_rules_can_be_put_under_another_profile(folder: RulesFolder) -> None:
    write(folder, "uk", "pain-severe: 8")
    write(folder, "us", "pain-severe: 6")

    rules = also_under(folder.load("uk"), ["us"])

    assert rules.setting("pain-severe", "facial-pain") == 6
    assert rules.profiles == {"facial-pain": "us"}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            "pain-sever: 8",
            "settings.pain-sever: no setting 'pain-sever' in facial-pain; did you mean 'pain-severe'?",
        ),
        ("pain-severe: 12", "settings.pain-severe: 12 lies outside the allowed range 0 to 10"),
        ("pain-recent: 7", "settings.pain-recent: expected a duration, as the setting has"),
        (
            "pain-recent: 365 days",
            "settings.pain-recent: 365 days lies outside the allowed range 30 days to 180 days",
        ),
        ("pain-severe: often", "settings.pain-severe: expected a number with its unit, as the setting has"),
    ],
)
def test_a_profile_that_asks_too_much(folder: RulesFolder, settings: str, said: str) -> None:
    write(folder, "uk", settings)

    assert folder.said() == [f"profiles/uk.yaml:4: {said}"]


def test_two_profiles_of_one_pathway_are_no_choice(folder: RulesFolder) -> None:
    write(folder, "uk", "pain-severe: 8")
    write(folder, "us", "pain-severe: 6")

    assert folder.said("uk", "us") == [
        "profiles/us.yaml:1: pathways: profiles 'uk' and 'us' both adapt facial-pain: choose one"
    ]


def test_a_profile_that_does_not_exist(folder: RulesFolder) -> None:
    write(folder, "uk", "pain-severe: 8")

    assert folder.said("ukk") == ["profiles:1: no profile 'ukk'; did you mean 'uk'?"]


def test_a_profile_of_an_unknown_pathway(folder: RulesFolder) -> None:
    folder.write(
        "profiles/uk.yaml", PROFILE.format(name="uk", settings="a: 1").replace("facial-pain", "facial-pains")
    )

    assert (
        folder.said()[0]
        == "profiles/uk.yaml:2: pathways: no pathway 'facial-pains'; did you mean 'facial-pain'?"
    )
