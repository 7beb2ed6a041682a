"""Families of pairs and look-up tables: reviewed CSV with every fault at its line."""

from __future__ import annotations

import pytest

from cds_service.ruleset.ruleset import PairRow
from cds_service.ruleset.words import Duration

from .conftest import ORDER_CARD, RulesFolder

PAIRS = "card,draft,other,ended_within,if,unless,level,say\n"
INTERACTION = (
    ORDER_CARD.replace("TN-20", "TN-25")
    .replace("kind: contraindication", "kind: interaction")
    .replace("when:\n  all: [severe-pain]\n", "rows: interactions\n")
)
COLUMNS = """\
table,column,type,needed,key,says
limits,ingredient,ingredient,yes,yes,the drug
limits,sets,value-sets,,,classes
limits,below,number,yes,yes,band
limits,most,quantity,yes,,most a day
limits,hold,duration,,,days off
limits,if,fact,,,when it holds
"""


@pytest.fixture
def tables(folder: RulesFolder) -> RulesFolder:
    folder.write("facial-pain/TN-25-mao-inhibitor.yaml", INTERACTION)
    return folder


def test_rows_become_the_findings_of_the_rule_that_names_the_table(tables: RulesFolder) -> None:
    tables.write(
        "shared/tables/interactions.csv",
        PAIRS + "TN-25,carbamazepine;oxcarbazepine,maoi,14 days,renal-impairment,,critical,too soon\n",
    )

    (row,) = tables.load().by_id["TN-25"].rows

    assert row == PairRow(
        card="TN-25",
        draft=("carbamazepine", "oxcarbazepine"),
        other=("maoi",),
        level="critical",
        say="too soon",
        ended_within=Duration(14, "day"),
        if_="renal-impairment",
        where="shared/tables/interactions.csv:2",
    )


def test_tables_of_several_folders_add_up(tables: RulesFolder) -> None:
    tables.write("shared/tables/interactions.csv", PAIRS + "TN-25,carbamazepine,maoi,14 days,,,critical,\n")
    tables.write("facial-pain/tables/interactions.csv", PAIRS + "TN-25,maoi,carbamazepine,,,,warning,\n")

    assert {row.draft for row in tables.load().by_id["TN-25"].rows} == {("carbamazepine",), ("maoi",)}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            "TN-25,carbamazepin,maoi,,,,critical,",
            "no value set 'carbamazepin'; did you mean 'carbamazepine'?",
        ),
        ("TN-25,carbamazepine,maoi,2 weks,,,critical,", "ended_within: expected a duration such as"),
        ("TN-25,carbamazepine,maoi,,,,severe,", "level: 'severe' is none of critical, warning, info"),
        ("TN-25,,maoi,,,,critical,", "draft: is empty: name the value sets of the ordered drug or procedure"),
        ("TN-25,carbamazepine,,,,,critical,", "other: is empty: name value sets, or a fact under 'if'"),
        ("TN-25,carbamazepine,maoi,,renal-impaired,,critical,", "no fact 'renal-impaired' in facial-pain"),
        ("TN-25,carbamazepine,maoi,,drug-failed,,critical,", "'trial' (through drug-failed) reads verdicts"),
        ("TN-99,carbamazepine,maoi,,,,critical,", "card: no rule 'TN-99'"),
        ("TN-05,carbamazepine,maoi,,,,critical,", "card: rule TN-05 does not name 'rows: interactions'"),
    ],
)
def test_a_wrong_row(tables: RulesFolder, row: str, said: str) -> None:
    good = "TN-25,maoi,carbamazepine,,,,critical,\n"
    tables.write("shared/tables/interactions.csv", PAIRS + good + row + "\n")

    assert any(
        text.startswith("shared/tables/interactions.csv:3: ") and said in text for text in tables.said()
    )


def test_the_same_pair_twice_and_with_another_level(tables: RulesFolder) -> None:
    tables.write(
        "shared/tables/interactions.csv",
        PAIRS
        + "TN-25,carbamazepine,maoi;azole-antifungal,,,,critical,\n"
        + "TN-25,carbamazepine,azole-antifungal;maoi,,,,critical,\n"
        + "TN-25,carbamazepine,azole-antifungal;maoi,,,,warning,\n",
    )

    assert tables.said() == [
        "shared/tables/interactions.csv:3: says the same as line 2",
        "shared/tables/interactions.csv:4: level: contradicts line 2: the same pair is critical there",
    ]


def test_a_rule_of_rows_without_rows_is_silent_for_ever_and_says_so(tables: RulesFolder) -> None:
    assert tables.said() == [
        "facial-pain/TN-25-mao-inhibitor.yaml:9: rows: table 'interactions' has no row for TN-25"
    ]


def test_look_up_tables_are_read_by_their_declared_columns(folder: RulesFolder) -> None:
    folder.write("shared/tables/columns.csv", COLUMNS)
    folder.write(
        "shared/tables/limits.csv",
        "ingredient,sets,below,most,hold,if\ngabapentin,nsaid;triptan,60,1400 mg,3 days,renal-impairment\n",
    )

    assert folder.load().tables["limits"] == (
        {
            "ingredient": "gabapentin",
            "sets": "nsaid;triptan",
            "below": "60",
            "most": "1400 mg",
            "hold": "3 days",
            "if": "renal-impairment",
        },
    )


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("gabapentine,,60,1400 mg,,", "ingredient: no ingredient 'gabapentine'; did you mean 'gabapentin'?"),
        ("gabapentin,nsaids,60,1400 mg,,", "sets: no value set 'nsaids'; did you mean 'nsaid'?"),
        ("gabapentin,,sixty,1400 mg,,", "below: 'sixty' is not a number"),
        ("gabapentin,,60,much,,", "most: expected a number with its unit, such as '600 mg'"),
        ("gabapentin,,60,1400 mgs,,", "most: 'mgs' is not a unit that can be compared"),
        ("gabapentin,,60,1400 mg,soon,", "hold: expected a duration such as"),
        (
            "gabapentin,,60,1400 mg,,renal-impaired",
            "if: no shared fact 'renal-impaired'; did you mean 'renal-impairment'?",
        ),
        (",,60,1400 mg,,", "ingredient: is empty"),
        ("pregabalin,,60,300 mg,,", "ingredient: has the same ingredient, below as line 2"),
    ],
)
def test_a_wrong_cell(folder: RulesFolder, cells: str, said: str) -> None:
    folder.write("shared/tables/columns.csv", COLUMNS)
    folder.write(
        "shared/tables/limits.csv", f"ingredient,sets,below,most,hold,if\npregabalin,,60,300 mg,,\n{cells}\n"
    )

    (complaint,) = folder.said()
    assert complaint.startswith(f"shared/tables/limits.csv:3: {said}")


def test_a_column_type_that_does_not_exist(folder: RulesFolder) -> None:
    folder.write("shared/tables/columns.csv", "table,column,type,needed,key,says\nlimits,a,nmber,,,x\n")

    (complaint,) = folder.said()
    assert complaint.startswith("shared/tables/columns.csv:2: type: 'nmber' is none of ")
    assert complaint.endswith("did you mean 'number'?")
