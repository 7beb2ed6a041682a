"""Findings in reports and orders: what is said, what is denied, and what only looks like it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from cds_service.terminology import Terminology
from cds_service.terminology.csvfile import read_table
from tests.unit.terminology.conftest import RULES

_COMMENT = re.compile(r"\([^)]*\)")


def examples() -> Iterator[tuple[str, bool, str, bool]]:
    """List, whether its positive side, text, whether the text must match it: from the notes of the table."""
    table = read_table(
        RULES / "terminology" / "findings.csv", required=("list", "pattern", "polarity", "note")
    )
    for row in table.rows:
        for part in row["note"].split("|"):
            text = _COMMENT.sub("", part).strip()
            if text and not text.startswith("value="):
                yield row["list"], row["polarity"] == "pos", text.lstrip("! "), not text.startswith("!")


def test_every_example_of_the_table_reads_as_it_says(terminology: Terminology) -> None:
    wrong, count = [], 0
    for name, positive, text, wanted in examples():
        match = terminology.findings(text).get(name)
        said = match is not None and bool(match.positive if positive else match.negative)
        count += 1
        if said is not wanted:
            wrong.append((name, positive, text))
    assert wrong == []
    assert count > 900


def polarity(terminology: Terminology, name: str, text: str) -> str | None:
    match = terminology.findings(text).get(name)
    return match.polarity if match else None


@pytest.mark.parametrize(
    ("text", "polarity_of_compression"),
    [
        ("Neurovascular compression of the right trigeminal nerve", "pos"),
        ("No evidence of neurovascular compression", "neg"),
        ("Neurovascular contact only", None),
        ("Rule out neurovascular compression", "neg"),
        ("Mass lesion excluded. SCA compressing the left trigeminal nerve.", "pos"),
        ("Brain MRI normal", None),
    ],
)
def test_compression_is_not_contact_and_not_its_denial(
    terminology: Terminology, text: str, polarity_of_compression: str | None
) -> None:
    assert polarity(terminology, "nvc-compression", text) == polarity_of_compression


def test_a_text_that_says_both_counts_as_positive(terminology: Terminology) -> None:
    text = "Left: no neurovascular compression. Right: SCA compressing the trigeminal nerve."
    match = terminology.findings(text)["nvc-compression"]
    assert match.polarity == "pos"
    assert len(match.positive) == len(match.negative) == 1
    assert match.positive[0].sentence == "Right: SCA compressing the trigeminal nerve"


def test_a_plan_voids_a_report_and_not_an_order(terminology: Terminology) -> None:
    assert polarity(terminology, "severe-pain", "Plan to review severe pain") is None
    assert polarity(terminology, "stim-trial", "Plan to do SCS trial") == "pos"


@pytest.mark.parametrize("text", ["Suspected cauda equina syndrome", "?cauda equina"])
def test_a_suspected_red_flag_counts(terminology: Terminology, text: str) -> None:
    assert polarity(terminology, "cauda-equina", text) == "pos"


def test_doubt_voids_other_findings(terminology: Terminology) -> None:
    assert polarity(terminology, "nvc-compression", "Possible neurovascular compression") is None


def test_levels_come_with_their_value(terminology: Terminology) -> None:
    match = terminology.findings("L3/4 and L4-L5 facet RFA, then L4/5")["level"]
    assert match.values == ("L3/4", "L4/5")


def test_the_lowest_band_is_not_confused_with_a_higher_one(terminology: Terminology) -> None:
    found = terminology.findings("20% relief after the block")
    assert "relief-under-30" in found
    assert "relief-80-plus" not in found


def test_an_empty_text_says_nothing(terminology: Terminology) -> None:
    assert dict(terminology.findings("")) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [("HLA-B*15:02 positive", "pos"), ("Negative for HLA-B*15:02", "neg"), ("HLA-A*31:01 positive", None)],
)
def test_an_allele_and_its_result(terminology: Terminology, text: str, said: str | None) -> None:
    assert polarity(terminology, "hla-b-1502-positive", text) == said
