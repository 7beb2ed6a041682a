"""A later record of the same illness tells its status; a code that two illnesses share tells nothing of either."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import cast

import pytest

from cds_service.evaluate.case import Case
from cds_service.evaluate.record_facts import condition
from cds_service.evaluate.truth import Truth
from cds_service.ruleset.facts import ConditionFact
from cds_service.ruleset.ruleset import Ruleset
from cds_service.timeline.dates import DateSpan
from cds_service.timeline.events import NOWHERE, Concept, Diagnosis, Person, Timeline

FACT = ConditionFact.model_validate({"in": "psychosis", "latest_status": True})
LOCAL = ("urn:local", "PROBLEM")

PSYCHOSIS = Diagnosis(
    reference="Condition/psychosis",
    concept=Concept(sets=frozenset({"psychosis"}), label="schizophrenia", codes=(LOCAL, ("icd", "F20.9"))),
    clinical="active",
    verification="confirmed",
    onset=None,
    onset_age=None,
    recorded=DateSpan.of(date(2010, 4, 1)),
    abated=None,
    site=NOWHERE,
    severity=None,
)


def later(concept: Concept, *, recorded: date = date(2022, 4, 1), clinical: str = "remission") -> Diagnosis:
    """Another record, by default one of 2022 in remission."""
    return replace(
        PSYCHOSIS,
        reference="Condition/other",
        concept=concept,
        clinical=clinical,
        recorded=DateSpan.of(recorded),
    )


def active(*others: Diagnosis) -> Truth:
    timeline = Timeline(
        as_of=date(2026, 6, 15), person=Person(reference="Patient/p"), diagnoses=(PSYCHOSIS, *others)
    )
    return condition(FACT, Case(rules=cast(Ruleset, None), timeline=timeline, pathway="p")).truth


SAME = Concept(sets=frozenset({"psychosis"}), label="schizophrenia", codes=(("icd", "F20.9"),))
OTHER = Concept(sets=frozenset({"hypertension"}), label="hypertension", codes=(LOCAL, ("icd", "I10")))


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (later(SAME), Truth.NO),
        (later(SAME, recorded=date(2009, 4, 1)), Truth.YES),
        (later(OTHER), Truth.YES),
    ],
    ids=["later, the same illness", "earlier", "later, another illness with a code in common"],
)
def test_which_record_tells_the_status(other: Diagnosis, expected: Truth) -> None:
    assert active() is Truth.YES
    assert active(other) is expected
