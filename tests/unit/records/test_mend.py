"""What is repaired, how, and what is dropped: one value at a time, each repair counted."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cds_service.records.issues import IssueLog
from cds_service.records.mend import DROPPED, mend
from cds_service.records.resources import (
    Annotation,
    CodeableConcept,
    Dosage,
    MedicationRequest,
    Quantity,
    Reference,
    TimingRepeat,
)


def mended(value: object, wanted: Any) -> tuple[Any, list[str]]:
    log = IssueLog()
    found = mend(value, wanted, log, "Type.member")
    kinds = sorted(issue.kind for issue in log.counts())
    return (None if found is DROPPED else msgspec.convert(found, wanted)), kinds


@pytest.mark.parametrize(
    ("value", "wanted", "expected", "kinds"),
    [
        ("x", str, "x", []),
        (5, str, "5", ["number-for-text"]),
        (True, str, None, ["wrong-type"]),
        ({}, str, None, ["wrong-type"]),
        (["a", "b"], str, "a", ["array-for-single"]),
        ([], str, None, ["array-for-single"]),
        (3, int, 3, []),
        (3.0, int, 3, []),
        ("3", int, 3, ["text-for-number"]),
        (3.5, int, None, ["wrong-type"]),
        ("many", int, None, ["wrong-type"]),
        (True, int, None, ["wrong-type"]),
        ("1.5", float, 1.5, ["text-for-number"]),
        ("NaN", float, None, ["wrong-type"]),
        ("Infinity", float, None, ["wrong-type"]),
        (10**400, float, None, ["wrong-type"]),
        (None, float, None, ["wrong-type"]),
        (True, bool, True, []),
        ("false", bool, False, ["wrong-type"]),
        ("yes", bool, None, ["wrong-type"]),
        (1, bool, None, ["wrong-type"]),
        (None, str | None, None, []),
        ("a", tuple[str, ...], ("a",), ["single-for-array"]),
        (["a", {}, "b"], tuple[str, ...], ("a", "b"), ["wrong-type"]),
        (None, tuple[str, ...], (), ["wrong-type"]),
        (5, Quantity, Quantity(value=5), ["text-for-object"]),
        ("5", Quantity, Quantity(value=5), ["text-for-object"]),
        ("a lot", Quantity, None, ["wrong-type"]),
        ("Patient/1", Reference, Reference(reference="Patient/1"), ["text-for-object"]),
        ("a note", Annotation, Annotation(text="a note"), ["text-for-object"]),
        (5, Reference, None, ["wrong-type"]),
        (
            {"value": "5", "unit": 1},
            Quantity,
            Quantity(value=5, unit="1"),
            ["number-for-text", "text-for-number"],
        ),
    ],
)
def test_repairs(value: object, wanted: Any, expected: object, kinds: list[str]) -> None:
    assert mended(value, wanted) == (expected, kinds)


def test_a_plain_text_is_a_concept() -> None:
    found, kinds = mended("active", CodeableConcept)
    assert (found.coding[0].code, found.text, kinds) == ("active", "active", ["text-for-object"])


def test_what_is_odd_deep_inside_costs_only_itself() -> None:
    sent = {
        "text": "twice",
        "timing": {"repeat": {"frequency": "2", "period": {}, "when": "MORN"}},
        "junk": 1,
    }
    log = IssueLog()
    found = msgspec.convert(mend(sent, Dosage, log, "MedicationRequest.dosage"), Dosage)
    assert found.timing is not None
    assert found.timing.repeat == TimingRepeat(frequency=2, when=("MORN",))
    assert {(issue.field, issue.kind) for issue in log.counts()} == {
        ("dosage.timing.repeat.frequency", "text-for-number"),
        ("dosage.timing.repeat.period", "wrong-type"),
        ("dosage.timing.repeat.when", "single-for-array"),
    }


def test_issues_are_counted() -> None:
    log = IssueLog()
    for _ in range(3):
        log.note(f"{MedicationRequest.__name__}.status", "wrong-type")
    assert list(log.counts().values()) == [3]
