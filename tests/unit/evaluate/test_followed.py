"""What came on or after an event clears it; what cannot be placed or read leaves it open."""

from __future__ import annotations

from datetime import date
from typing import cast

import pytest

from cds_service.evaluate.case import Case
from cds_service.evaluate.followed import not_followed
from cds_service.evaluate.truth import Truth
from cds_service.ruleset.ruleset import Ruleset
from cds_service.timeline.dates import DateSpan, parse_span
from cds_service.timeline.events import NOWHERE, Concept, Diagnosis, Person, Report, Result, Timeline

FLAG = Diagnosis(
    reference="Condition/flag",
    concept=Concept(sets=frozenset({"flag"}), label="flag"),
    clinical="active",
    verification="confirmed",
    onset=DateSpan.of(date(2026, 5, 4)),
    onset_age=None,
    recorded=None,
    abated=None,
    site=NOWHERE,
    severity=None,
)


def case(
    *, scanned: str | None = None, results: tuple[Result, ...] = (), unread: frozenset[str] = frozenset()
) -> Case:
    """Return a record with the flag and, if wanted, one scan."""
    scan = Report(
        reference="DiagnosticReport/scan",
        concept=Concept(sets=frozenset({"scan"}), label="scan"),
        when=parse_span(scanned) if scanned else None,
        status="final",
        site=NOWHERE,
    )
    timeline = Timeline(
        as_of=date(2026, 6, 15),
        person=Person(reference="Patient/p"),
        diagnoses=(FLAG,),
        reports=(scan,) if scanned is not None else (),
        results=results,
        incomplete=unread,
    )
    return Case(rules=cast(Ruleset, None), timeline=timeline, pathway="p")


@pytest.mark.parametrize(
    ("scanned", "expected"),
    [
        (None, Truth.YES),
        ("2026-05-03", Truth.YES),
        ("2026-05-04", Truth.NO),
        ("2026-06-01", Truth.NO),
        ("2026-05", Truth.UNKNOWN),
        ("", Truth.UNKNOWN),
    ],
)
def test_a_scan_on_the_day_or_later_follows(scanned: str | None, expected: Truth) -> None:
    answer = not_followed(FLAG, FLAG.since, ["scan"], case(scanned=scanned))

    assert answer.truth is expected


def test_what_could_not_be_read_leaves_it_open() -> None:
    answer = not_followed(FLAG, FLAG.since, ["scan"], case(unread=frozenset({"DiagnosticReport"})))

    assert answer.truth is Truth.UNKNOWN
    assert [m.settled_by for m in answer.missing] == ["reading DiagnosticReport"]


def test_the_event_does_not_follow_itself() -> None:
    assert not_followed(FLAG, FLAG.since, ["flag"], case()).truth is Truth.YES


def test_a_result_follows_by_its_value_too() -> None:
    status = Result(
        reference="Observation/status",
        concept=Concept(sets=frozenset({"status"}), label="status"),
        when=DateSpan.of(date(2026, 6, 1)),
        instant=None,
        value=None,
        coded=Concept(sets=frozenset({"over"}), label="over"),
        text=None,
    )

    assert not_followed(FLAG, FLAG.since, ["over"], case(results=(status,))).truth is Truth.NO
