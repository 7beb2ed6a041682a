"""The ladder of a pathway, as data, as a Mermaid flowchart and as a picture."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from cds_service.authoring.ladder import Ladder, Step, ladder_of
from cds_service.authoring.measure import width_of, wrapped
from cds_service.authoring.mermaid import mermaid_of
from cds_service.authoring.svg import DARK, LIGHT, WIDTH, svg_of, told
from cds_service.errors import InputInvalid

from ..ruleset.conftest import RulesFolder
from .conftest import FILE, PATHWAY_FILE

SVG = "{http://www.w3.org/2000/svg}"
LADDER = Ladder(
    pathway="facial-pain",
    title="Pain & more",
    steps=(
        Step(
            step="drugs",
            name="Two drugs",
            opens=(),
            passed=('A "drug" failed.',),
            therapies=("carbamazepine", "oxcarbazepine"),
            cards=("TN-05",),
        ),
        Step(
            step="surgery",
            name="Surgery",
            opens=("Drugs failed.", "An MRI is on record."),
            passed=("It was <done>.",),
            therapies=(),
            cards=(),
        ),
    ),
)


def test_a_ladder_says_what_opens_and_passes_each_step(now: RulesFolder) -> None:
    now.change(FILE, "when:\n", "step: drugs\nwhen:\n")
    now.change(
        PATHWAY_FILE,
        "therapies: drugs}\n",
        "therapies: drugs}\n"
        "  - {step: last, name: The last step, opens_with: [drug-failed], passed_when: severe-pain}\n",
    )
    ladder = ladder_of(now.load(), "facial-pain")

    assert (ladder.pathway, ladder.title) == ("facial-pain", "Facial pain")
    assert ladder.steps == (
        Step(
            step="drugs",
            name="Two drugs",
            opens=(),
            passed=("A drug failed.",),
            therapies=("carbamazepine", "oxcarbazepine"),
            cards=("TN-05",),
        ),
        Step(
            step="last",
            name="The last step",
            opens=("A drug failed.",),
            passed=("Pain is severe.",),
            therapies=(),
            cards=(),
        ),
    )


def test_a_pathway_that_is_not_there_is_refused_and_the_nearest_named(now: RulesFolder) -> None:
    with pytest.raises(InputInvalid, match="no pathway 'facial-pane'; did you mean 'facial-pain'"):
        ladder_of(now.load(), "facial-pane")


def test_a_pathway_without_a_ladder_says_whose_it_uses(now: RulesFolder) -> None:
    now.write(
        "headache/pathway.yaml",
        "pathway: headache\ntitle: Headache\nsource_label: A page\nnotice: Not reviewed.\nuses: facial-pain\n"
        "population: {condition: chronic-migraine}\n",
    )
    with pytest.raises(InputInvalid, match="headache has no ladder of its own; it uses that of facial-pain"):
        ladder_of(now.load(), "headache")


# ---------------------------------------------------------------- Mermaid


def test_the_flowchart_has_a_box_for_each_step_and_an_arrow_with_what_passes_it() -> None:
    assert mermaid_of(LADDER) == (
        "flowchart TD\n"
        "    accTitle: Pain & more\n"
        "    accDescr: A patient stands on the first step that is not passed. 2 steps.\n"
        '    s1["<b>1. Two drugs</b><br/>carbamazepine, oxcarbazepine"]\n'
        '    s2["<b>2. Surgery</b><br/><i>Opens when:</i> Drugs failed.<br/>An MRI is on record."]\n'
        '    done(["Every step is passed"])\n'
        '    s1 -->|"A #quot;drug#quot; failed."| s2\n'
        '    s2 -->|"It was #lt;done#gt;."| done\n'
    )


# ---------------------------------------------------------------- SVG


@pytest.fixture(scope="module")
def picture() -> ElementTree.Element:
    return ElementTree.fromstring(svg_of(LADDER))  # noqa: S314 (written by the code under test)


def test_the_picture_can_be_read_aloud(picture: ElementTree.Element) -> None:
    title, told_to = picture.find(f"{SVG}title"), picture.find(f"{SVG}desc")
    assert title is not None
    assert told_to is not None
    assert picture.get("role") == "img"
    assert picture.get("aria-labelledby") == f"{title.get('id')} {told_to.get('id')}"
    assert title.text == "Pain & more: the ladder"
    assert (
        told_to.text
        == told(LADDER)
        == (
            "A patient stands on the first step that is not passed. "
            'Step 1: Two drugs. Therapies: carbamazepine, oxcarbazepine. Passed when: A "drug" failed. '
            "Step 2: Surgery. Opens when: Drugs failed. An MRI is on record. Passed when: It was <done>."
        )
    )


def test_the_picture_shows_every_word(picture: ElementTree.Element) -> None:
    shown = [text.text for text in picture.iter(f"{SVG}text")]
    for word in (
        "Pain & more",
        "1",
        "Two drugs",
        "2",
        "Surgery",
        'A "drug" failed.',
        "It was <done>.",
        "TN-05",
    ):
        assert word in shown
    assert (shown.count("Opens when"), shown.count("Therapies"), shown.count("Passed when")) == (1, 1, 2)


def test_the_picture_needs_nothing_from_elsewhere() -> None:
    text = svg_of(LADDER).replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?:|@import|url\(|<script|<image|<use", text)


def test_nothing_is_drawn_outside_the_picture(picture: ElementTree.Element) -> None:
    height = float(picture.get("height") or 0)
    for text in picture.iter(f"{SVG}text"):
        assert 0 < float(text.get("y") or 0) < height
        assert float(text.get("x") or 0) + width_of(text.text or "", 13) < WIDTH


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "paper"), [("text", "ground"), ("quiet", "ground"), ("ground", "mark")])
def test_text_has_enough_contrast(colours: dict[str, str], ink: str, paper: str) -> None:
    """WCAG 2.2, success criterion 1.4.3: at least 4.5 to 1."""
    brighter, darker = sorted((luminance(colours[ink]), luminance(colours[paper])), reverse=True)
    assert (brighter + 0.05) / (darker + 0.05) >= 4.5


def test_the_picture_follows_the_readers_dark_setting() -> None:
    text = svg_of(LADDER)
    assert LIGHT["ground"] in text.split("@media(prefers-color-scheme:dark)")[0]
    assert DARK["ground"] in text.split("@media(prefers-color-scheme:dark)")[1]


# ---------------------------------------------------------------- lines


def test_text_breaks_between_words_at_the_width() -> None:
    assert wrapped("one two three four", 9, len) == ["one two", "three", "four"]


def test_a_word_that_is_too_wide_stands_alone() -> None:
    assert wrapped("a microvascular b", 5, len) == ["a", "microvascular", "b"]


def test_wide_letters_take_more_room_than_narrow_ones() -> None:
    assert width_of("WWW", 10) > width_of("aaa", 10) > width_of("iii", 10)
    assert width_of("abc", 20) == 2 * width_of("abc", 10)
