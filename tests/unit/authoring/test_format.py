"""Tables have one form too; which files of a folder have it, and what happens to those that have faults."""

from __future__ import annotations

import pytest

from cds_service.authoring.format import authored_files, unformatted
from cds_service.authoring.format_csv import formatted_csv
from cds_service.authoring.skeleton import skeleton_of, write_skeleton
from cds_service.errors import InputInvalid, RuleFileInvalid

from ..ruleset.conftest import CARD, RulesFolder
from .conftest import FILE, PATHWAY_FILE

TABLE = "# What it is.\nsystem,code,label\nSNOMED,2,two\nCPT,1,one\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b\r\n1,2\r\n", "a,b\n1,2\n"),
        ("# x  \na,b\n1,2", "# x\na,b\n1,2\n"),
        ('a,b\n"1"," 2 "\n\n', "a,b\n1,2\n"),
        ('a,b\n"1,5","say ""so"""\n', 'a,b\n"1,5","say ""so"""\n'),
        ("a,b\n2,x\n1,y\n", "a,b\n2,x\n1,y\n"),
    ],
)
def test_a_table(text: str, expected: str) -> None:
    assert formatted_csv(text) == expected


def test_the_rows_of_a_value_set_keep_their_order(now: RulesFolder) -> None:
    """The first verified code stands for the set in cases, so the order is its author's."""
    now.write("valuesets/x.csv", TABLE)
    assert unformatted([now.root / "valuesets/x.csv"], now.root) == {}


def test_the_files_of_a_folder(now: RulesFolder) -> None:
    for name in (
        "card-index.csv",
        "valuesets/x.csv",
        "terminology/systems.csv",
        "shared/tables/y.csv",
        "profiles/z.yaml",
    ):
        now.write(name, "")
    now.write("README.md", "")
    assert [str(p.relative_to(now.root)) for p in authored_files(now.root)] == [
        "card-index.csv",
        FILE,
        PATHWAY_FILE,
        "profiles/z.yaml",
        "shared/facts.yaml",
        "shared/overrides.yaml",
        "shared/tables/y.csv",
        "terminology/systems.csv",
        "valuesets/x.csv",
    ]


def test_only_files_in_another_form_are_returned(now: RulesFolder) -> None:
    now.write("terminology/systems.csv", "key,uri\nSNOMED,x\nCPT,y\n")
    now.write("valuesets/x.csv", TABLE)
    now.write("valuesets/y.csv", TABLE.replace("SNOMED,2,two", "SNOMED, 2 ,two"))
    found = unformatted(sorted(now.root.glob("valuesets/*.csv")), now.root)
    assert found == {now.root / "valuesets/y.csv": TABLE}


def test_what_was_written_the_one_way_is_left_alone(now: RulesFolder) -> None:
    path = now.root / FILE
    now.change(FILE, "title: A", "title:   A")
    path.write_text(unformatted([path], now.root)[path], encoding="utf-8")
    assert unformatted([path], now.root) == {}


def test_every_fault_of_every_file_is_told(now: RulesFolder) -> None:
    now.change(FILE, "title:", "titel:")
    now.change(PATHWAY_FILE, "notice:", "note:")
    with pytest.raises(RuleFileInvalid) as problem:
        unformatted(authored_files(now.root), now.root)
    assert {complaint.file for complaint in problem.value.complaints} == {FILE, PATHWAY_FILE}


def test_a_comment_that_has_no_place_is_not_lost_silently(now: RulesFolder) -> None:
    now.write(FILE, CARD.replace("[specialist-advice]", "[  # why\n  specialist-advice]"))
    with pytest.raises(InputInvalid, match=r"TN-05-drug-failed\.yaml: a comment or value has no place"):
        unformatted([now.root / FILE], now.root)


def test_a_file_that_is_no_text_is_refused(now: RulesFolder) -> None:
    (now.root / FILE).write_bytes(b"\xff\xfe")
    with pytest.raises(InputInvalid, match="cannot be read as text"):
        unformatted([now.root / FILE], now.root)


def test_a_new_rule_is_written_the_one_way(now: RulesFolder) -> None:
    skeleton = skeleton_of(
        now.load(), now.root, pathway="facial-pain", card="TN-07", slug="x", hook="order-sign"
    )
    write_skeleton(skeleton, now.root)
    assert unformatted([now.root / name for name in skeleton.files], now.root) == {}
