"""Dates

A date is every day that it can be. Comparisons answer yes, no or unknown, and unknown is never no.
"""

from __future__ import annotations

from tests.spec.clinic import Clinic
from tests.spec.examples import examples
from tests.spec.hospital import Hospital, explained

PAIN = "condition: trigeminal-neuralgia"
MIGRAINE = "condition: migraine"
ORDER = "order: carbamazepine, daily: 800 mg"
FAILED = f"{ORDER}, from: 2026-03-01, to: 2026-05-01, because: reason-no-effect"


class TestPartialDates:
    """Partial dates"""

    @examples(
        {
            "began": "Ordered from",
            "ended": "to",
            "days": "Days",
            "verdict": "Verdict (28 days are asked for)",
        },
        [
            ("2026-03-01", "2026-04-15", "45", "failed"),
            ("2026-03", "2026-04-15", "15 to 45", "unknown"),
            ("2026-01", "2026-04-15", "74 to 104", "failed"),
            ("2026-04", "2026-04-20", "0 to 19", "inadequate"),
            ("2025", "2026-02", "32 to 423", "failed"),
            ("2025", "2025", "0 to 364", "unknown"),
        ],
    )
    def test_durations(self, clinic: Clinic, began: str, ended: str, days: str, verdict: str) -> None:
        """A month or a year stands for all its days. A duration from or to it lies between a least and a most; only when
        the limit lies between the two is the answer unknown. Each trial here ended for want of effect."""
        judged = clinic.judge(f"{ORDER}, from: {began}, to: {ended}, because: reason-no-effect")
        assert judged.days() == days
        assert judged.verdict() == verdict

    def test_what_would_settle_it(self, clinic: Clinic) -> None:
        """An unknown answer names the datum that would settle it."""
        judged = clinic.judge(f"{ORDER}, from: 2026-03, to: 2026-04-15, because: reason-no-effect")
        (missing,) = judged.trial().missing
        assert (missing.what, missing.settled_by) == (
            "exact dates of carbamazepine",
            "its first and last day",
        )
        (open_,) = clinic.judge(MIGRAINE, "procedure: trigeminal-percutaneous, at: 2026-03").undecided(
            "CM-09"
        )
        assert open_.startswith("exact date of ")

    @examples(
        {"day": "Ablation on", "answer": "In the last 90 days, on or after 17 March"},
        [
            ("2026-03-17", "yes"),
            ("2026-03-16", "no"),
            ("2026-04", "yes"),
            ("2026-03", "unknown"),
            ("2026-02", "no"),
            ("2026", "unknown"),
            (None, "unknown"),
        ],
    )
    def test_windows(self, clinic: Clinic, day: str | None, answer: str) -> None:
        """A window of time includes its limit. A date that may lie on either side of the limit is unknown, and so is none at
        all."""
        when = f", at: {day}" if day else ""
        judged = clinic.judge(MIGRAINE, f"procedure: trigeminal-percutaneous{when}")
        assert judged.answer("CM-09", "a recent ablation") == answer


class TestTimes:
    """Times"""

    @examples(
        {"moment": "Ablation at", "answer": "On or after 17 March"},
        [
            ("2026-03-17T00:30:00+02:00", "yes"),
            ("2026-03-16T23:30:00-05:00", "no"),
            ("2026-03-17T23:30:00-05:00", "yes"),
        ],
    )
    def test_offsets(self, clinic: Clinic, moment: str, answer: str) -> None:
        """A time is the day of the place where it was recorded: the calendar day in its own offset, whatever day it was
        elsewhere."""
        judged = clinic.judge(MIGRAINE, f'procedure: trigeminal-percutaneous, at: "{moment}"')
        assert judged.answer("CM-09", "a recent ablation") == answer


class TestDayOfJudgement:
    """The day of judgement"""

    @examples(
        {"as_of": "Judged on", "verdict": "Verdict of an order that runs since 1 March"},
        [
            ("2026-02-28", "not-tried"),
            ("2026-03-01", "ongoing"),
            ("2026-03-28", "ongoing"),
            ("2026-03-29", "ongoing-adequate"),
        ],
    )
    def test_any_day(self, clinic: Clinic, as_of: str, verdict: str) -> None:
        """A record may be judged on any day: today when a chart is opened, an earlier one to look back."""
        assert clinic.judge(f"{ORDER}, from: 2026-03-01", as_of=as_of).verdict() == verdict

    @examples(
        {"what": "Resource", "date": "Its date"},
        [
            ("MedicationRequest", "authoredOn"),
            ("MedicationStatement", "start"),
            ("MedicationAdministration", "time"),
            ("MedicationDispense", "whenHandedOver"),
            ("Procedure", "day"),
            ("Condition", "onset"),
            ("Condition", "recordedDate"),
            ("AllergyIntolerance", "recordedDate"),
            ("Observation", "time"),
            ("DiagnosticReport", "time"),
            ("ImagingStudy", "started"),
            ("ServiceRequest", "authoredOn"),
            ("Encounter", "start"),
        ],
    )
    def test_future(self, clinic: Clinic, what: str, date: str) -> None:
        """What is dated after that day does not exist; what is dated on it does."""
        written = DATED[f"{what} {date}"]

        def says(day: str) -> tuple[object, ...]:
            judged = clinic.judge(MIGRAINE, f"{written}: {day}")
            verdicts = judged.verdict("carbamazepine"), judged.verdict("decompression")
            return (judged.says("CM-04", "CM-09"), *verdicts)

        nothing: tuple[object, ...] = ([], "not-tried", "not-tried")
        assert says("2026-06-15") != nothing
        assert says("2026-06-16") == nothing

    @examples(
        {"day": "Ordered", "counts": "Exists"},
        [("2026-06", True), ("2026", True), ("2026-07", False), ("2027", False)],
    )
    def test_partly_future(self, clinic: Clinic, day: str, counts: bool) -> None:
        """A partial date lies in the future only when all its days do."""
        assert (clinic.judge(f"{ORDER}, from: {day}").verdict() != "not-tried") is counts

    def test_a_planned_end(self, clinic: Clinic) -> None:
        """An end that has not come is no end: an active order with a planned end runs, and a diagnosis that will have abated
        is current."""
        judged = clinic.judge(f"{ORDER}, from: 2026-03-01, to: 2026-09-01, status: active")
        assert judged.dates() == "2026-03-01 to now"
        abates = clinic.judge(MIGRAINE, "condition: hypertension, abated: 2026-07-01, status: resolved")
        assert abates.says("CM-09") == ["hypertension now"]

    def test_an_order_that_begins_later(self, clinic: Clinic) -> None:
        """An order that is written and begins later is no use yet; safety rules take it as in use."""
        later = "order: phenelzine, written: 2026-06-10, from: 2026-06-20, to: 2026-08-01, status: active"
        drug = f"{ORDER}, written: 2026-06-10, from: 2026-06-20, to: 2026-08-01, status: active"
        assert clinic.judge(drug).verdict() == "not-tried"
        judged = clinic.judge(PAIN, later, drafts=["order: carbamazepine"], hook="order-sign")
        assert judged.fired == ["TN-25"]

    @examples(
        {"day": "Draft for", "fired": "Phenelzine, stopped on 10 June, less than 14 days before"},
        [(None, True), ("2026-06-23", True), ("2026-06-24", False)],
    )
    def test_planned_day(self, clinic: Clinic, day: str | None, fired: bool) -> None:
        """A draft exists whatever its date. Intervals up to it are counted to its planned day when it has one, else to the
        day of judgement."""
        judged = clinic.judge(
            PAIN,
            "order: phenelzine, daily: 45 mg, from: 2026-01-01, to: 2026-06-10, status: stopped",
            drafts=[f"order: carbamazepine{f', from: {day}' if day else ''}"],
            hook="order-sign",
        )
        assert judged.fired == (["TN-25"] if fired else [])


class TestClientsDay:
    """The day and the hour of a client"""

    @examples(
        {"moment": "Called at", "zone": "Time zone of the client", "as_of": "Day of judgement"},
        [
            ("2026-06-15T23:30:00+00:00", "UTC", "2026-06-15"),
            ("2026-06-15T23:30:00+00:00", "Europe/Berlin", "2026-06-16"),
            ("2026-06-16T02:00:00+00:00", "America/New_York", "2026-06-15"),
        ],
    )
    def test_time_zone(self, hospital: Hospital, moment: str, zone: str, as_of: str) -> None:
        """Today is the calendar day in the client's time zone: a setting of each client, UTC by default."""
        answer = hospital.opens(PAIN, FAILED, at=moment, zone=zone)
        assert explained(answer, "TN-05")["asOf"] == as_of

    @examples(
        {"moment": "Pain score at", "exists": "Exists at 12:00 UTC on 15 June"},
        [
            ("2026-06-15T11:59:00+00:00", True),
            ("2026-06-15T12:01:00+00:00", False),
            ("2026-06-15T13:30:00+02:00", True),
            ("2026-06-16T01:30:00+14:00", True),
            ("2026-06-15", True),
        ],
    )
    def test_instants(self, hospital: Hospital, moment: str, exists: bool) -> None:
        """A full timestamp lies in the future only when it is later than now, whatever its calendar day."""
        shown = hospital.opens(MIGRAINE, f'observation: pain-score, value: 8, at: "{moment}"')
        assert [card["summary"] for card in shown.cards] == (["On record: severe pain."] if exists else [])


class TestUndated:
    """History without a date"""

    @examples(
        {"because": "Undated order, stopped for", "verdict": "Verdict", "days": "Days"},
        [
            ("no-effect", "unknown", "unknown: start is not recorded"),
            ("not-tolerated", "not-tolerated", "unknown: start is not recorded"),
            ("cost-or-supply", "stopped-other", "unknown: start is not recorded"),
            (None, "ended-unknown", "unknown: start is not recorded"),
        ],
    )
    def test_tried(self, clinic: Clinic, because: str | None, verdict: str, days: str) -> None:
        """Undated history counts as tried, never towards a duration: for want of effect it proves no adequate trial, but
        intolerance needs none."""
        reason = f", because: reason-{because}" if because else ""
        judged = clinic.judge(f"{ORDER}, status: stopped{reason}")
        assert judged.verdict() == verdict
        assert judged.days() == days
        assert "TN-02" not in clinic.judge(PAIN, f"{ORDER}, status: stopped{reason}").fired

    def test_no_interval(self, clinic: Clinic) -> None:
        """It counts towards no interval either: whether an undated ablation was recent is unknown."""
        judged = clinic.judge(MIGRAINE, "procedure: trigeminal-percutaneous")
        assert judged.answer("CM-09", "a recent ablation") == "unknown"

    def test_apart(self, clinic: Clinic) -> None:
        """It never joins a dated course."""
        judged = clinic.judge(f"{ORDER}, status: stopped", f"{ORDER}, from: 2026-03-01")
        assert [t.days is not None and t.start is not None for t in judged.trials_of("carbamazepine")] == [
            False,
            True,
        ]


DATED = {
    "MedicationRequest authoredOn": "order: carbamazepine, from",
    "MedicationStatement start": "statement: carbamazepine, from",
    "MedicationAdministration time": "administration: carbamazepine, at",
    "MedicationDispense whenHandedOver": "dispense: carbamazepine, days: 30, at",
    "Procedure day": "procedure: trigeminal-mvd, at",
    "Condition onset": "condition: hypertension, onset",
    "Condition recordedDate": "condition: hypertension, recorded",
    "AllergyIntolerance recordedDate": "allergy: carbamazepine, recorded",
    "Observation time": "observation: pain-score, value: 8, at",
    "DiagnosticReport time": "report: brain-mri, at",
    "ImagingStudy started": "imaging: brain-mri, at",
    "ServiceRequest authoredOn": "request: physical-therapy, at",
    "Encounter start": "encounter: {text: admission}, visit_class: IMP, from",
}
