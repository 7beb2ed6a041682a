"""Courses

Orders of one drug that follow each other closely are one *course*. A course of a drug is what a trial is made of.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.spec.clinic import Clinic, in_words
from tests.spec.examples import examples
from tests.spec.raw import dosage, quantity, request

PAIN = "condition: trigeminal-neuralgia"
ORDER = "order: carbamazepine, daily: 800 mg"
AS_OF = date(2026, 6, 15)
NOTE = "confirm whether still taken"


class TestOneCourse:
    """What belongs together"""

    @examples(
        {
            "pathway": "Pathway",
            "therapy": "Drug",
            "again": "Ordered until 31 January, again from",
            "gap": "Gap (days)",
            "trials": "Trials",
        },
        [
            ("facial-pain", "carbamazepine", "2026-02-01", 1, 1),
            ("facial-pain", "carbamazepine", "2026-03-02", 30, 1),
            ("facial-pain", "carbamazepine", "2026-03-03", 31, 2),
            ("facial-pain", "gabapentin", "2026-04-01", 60, 1),
            ("facial-pain", "gabapentin", "2026-04-02", 61, 2),
            ("headache", "topiramate", "2026-04-01", 60, 1),
            ("headache", "topiramate", "2026-04-02", 61, 2),
        ],
    )
    def test_gaps(
        self, clinic: Clinic, pathway: str, therapy: str, again: str, gap: int, trials: int
    ) -> None:
        """A gap no longer than the pathway allows for the drug lies inside a course; one day more ends it. Facial-pain
        allows 30 days, for gabapentin 60; headache allows 60."""
        drug = f"order: {therapy}, daily: 1200 mg"
        judged = clinic.judge(
            f"{drug}, from: 2026-01-01, to: 2026-01-31", f"{drug}, from: {again}, to: 2026-05-01"
        )
        assert len(judged.trials_of(therapy, pathway=pathway)) == trials

    def test_gaps_count(self, clinic: Clinic) -> None:
        """The days of such a gap count as covered: from 1 January to 1 May are 120 days."""
        judged = clinic.judge(
            f"{ORDER}, from: 2026-01-01, to: 2026-01-31", f"{ORDER}, from: 2026-03-02, to: 2026-05-01"
        )
        assert judged.days() == "120"

    @examples(
        {
            "second": "After RXNORM 308979 (carbamazepine 200 mg)",
            "carbamazepine": "Carbamazepine",
            "other": "Oxcarbazepine",
        },
        [
            ("RXNORM 308972 (Tegretol 200 mg)", "2026-01-01 to 2026-05-01", "? to ?"),
            ("RXNORM 866307 (Tegretol-XR 400 mg)", "2026-01-01 to 2026-05-01", "? to ?"),
            ("RXNORM 312137 (oxcarbazepine 300 mg)", "2026-01-01 to 2026-02-15", "2026-02-15 to 2026-05-01"),
        ],
    )
    def test_by_ingredient(self, clinic: Clinic, second: str, carbamazepine: str, other: str) -> None:
        """A course is of one ingredient, whatever its brand, strength or form. A switch to another drug begins another."""
        judged = clinic.judge(
            "order: RXNORM 308979, from: 2026-01-01, to: 2026-02-15",
            f"order: {second.partition(' (')[0]}, from: 2026-02-15, to: 2026-05-01",
        )
        assert judged.dates("carbamazepine") == carbamazepine
        assert judged.dates("oxcarbazepine") == other

    def test_several_sources(self, clinic: Clinic) -> None:
        """An order, a statement and a dispense of the same days tell of one course."""
        judged = clinic.judge(
            f"{ORDER}, from: 2026-03-01, to: 2026-05-01",
            "statement: carbamazepine, from: 2026-03-10, to: 2026-04-20",
            "dispense: carbamazepine, at: 2026-03-01, days: 61",
        )
        assert judged.dates() == "2026-03-01 to 2026-05-01"
        assert judged.days() == "61"

    def test_left_open(self, clinic: Clinic) -> None:
        """Where partial dates leave open whether two orders belong together they stay apart, and the days of each reach up
        to what they would be together."""
        judged = clinic.judge(
            f"{ORDER}, from: 2026-01-01, to: 2026-01", f"{ORDER}, from: 2026-02-20, to: 2026-03-31"
        )
        assert [in_words(t.days) for t in judged.trials_of("carbamazepine")] == ["0 to 89 d", "39 to 89 d"]


class TestStartAndEnd:
    """From when to when"""

    @examples(
        {
            "bounds": "Dosage bounds from",
            "validity": "Validity from",
            "authored": "authoredOn",
            "start": "Start",
        },
        [
            ("2026-03-01", "2026-02-01", "2026-01-01", "2026-03-01"),
            (None, "2026-02-01", "2026-01-01", "2026-02-01"),
            (None, None, "2026-01-01", "2026-01-01"),
            ("2026-03-01", None, None, "2026-03-01"),
        ],
    )
    def test_start(
        self, clinic: Clinic, bounds: str | None, validity: str | None, authored: str | None, start: str
    ) -> None:
        """A course starts on the first of these that an order has: the bounds of its dosage, the validity of its supply, the
        day it was written."""
        judged = clinic.judge(
            request(
                authoredOn=authored,
                dosageInstruction=[bounded(start=bounds)] if bounds else None,
                dispenseRequest={"validityPeriod": {"start": validity}} if validity else None,
            )
        )
        assert judged.dates() == f"{start} to now"

    @examples(
        {
            "bounds": "Dosage bounds to",
            "validity": "Validity to",
            "supply": "Days' supply",
            "repeats": "Refills",
            "end": "End of an order of 1 January",
        },
        [
            ("2026-02-15", "2026-03-31", 30, 2, "2026-02-15"),
            ("6 weeks", "2026-03-31", 30, 2, "2026-02-12"),
            (None, "2026-03-31", 30, 2, "2026-03-31"),
            (None, None, 30, 2, "2026-04-01"),
            (None, None, 30, None, "2026-01-31"),
            (None, None, None, None, "?"),
        ],
    )
    def test_end(
        self,
        clinic: Clinic,
        bounds: str | None,
        validity: str | None,
        supply: int | None,
        repeats: int | None,
        end: str,
    ) -> None:
        """It ends with the first of these: the bounds of the dosage, the end of the validity, the supply with all its
        refills. Without any of them the end of an order that is over is unknown."""
        dispense: dict[str, Any] = {}
        if validity:
            dispense["validityPeriod"] = {"end": validity}
        if supply:
            dispense["expectedSupplyDuration"] = quantity(supply, "d")
        if repeats:
            dispense["numberOfRepeatsAllowed"] = repeats
        judged = clinic.judge(
            request(
                status="completed",
                authoredOn="2026-01-01",
                dosageInstruction=[bounded(end=bounds)] if bounds else None,
                dispenseRequest=dispense or None,
            )
        )
        assert judged.dates() == f"2026-01-01 to {end}"


class TestDays:
    """The days that count"""

    @examples(
        {"status": "Status", "words": "Ordered on 1 March", "days": "Days that count up to 15 June"},
        [
            ("active", None, "106"),
            ("active", "to: 2026-09-01", "106"),
            ("active", "to: 2026-05-01", "61"),
            ("active", "supply: 30 days", "30"),
            ("active", "supply: 30 days, repeats: 2", "90"),
            ("active", "supply: 90 days, repeats: 2", "106"),
            ("completed", "to: 2026-05-01, supply: 30 days", "30"),
            ("completed", "to: 2026-05-01, supply: 90 days", "61"),
            ("stopped", None, "0 to 106"),
            ("stopped", "to: 2026-09-01", "0 to 106"),
        ],
    )
    def test_until(self, clinic: Clinic, status: str, words: str | None, days: str) -> None:
        """Days count up to the earliest of the day of judgement, the recorded end and the end of the known supply. Only an
        active order with no known supply counts to the day of judgement. A planned end that had not come when the order was
        stopped tells nothing."""
        more = f", {words}" if words else ""
        assert clinic.judge(f"{ORDER}, from: 2026-03-01, status: {status}{more}").days() == days

    @examples(
        {"handed": "Handed out, 30 days each, on", "days": "Days that count"},
        [
            ((), "90"),
            (("2026-01-01",), "30"),
            (("2026-01-01", "2026-02-01"), "61"),
            (("2026-01-01", "2026-02-01", "2026-03-04"), "92"),
        ],
    )
    def test_dispensed(self, clinic: Clinic, handed: tuple[str, ...], days: str) -> None:
        """What was handed out decides how far the supply of an order reaches, here of one for 30 days with two refills."""
        judged = clinic.judge(
            f"{ORDER}, from: 2026-01-01, supply: 30 days, repeats: 2",
            *(f"dispense: carbamazepine, at: {day}, days: 30, for_order: carbamazepine" for day in handed),
        )
        assert judged.days() == days


class TestStanding:
    """Running, lapsed, ended"""

    @examples(
        {
            "supply": "Supply ended on",
            "ago": "Days ago",
            "dates": "Dates of the trial",
            "verdict": "Verdict",
            "certainty": "Certainty",
        },
        [
            ("2026-05-31", 15, "2026-05-01 to now", "ongoing-adequate", "documented"),
            ("2026-03-17", 90, "2026-02-15 to now", "ongoing-adequate", "documented"),
            ("2026-03-16", 91, "2026-02-14 to 2026-03-16", "ended-unknown", "inferred"),
        ],
    )
    def test_lapsed(
        self, clinic: Clinic, supply: str, ago: int, dates: str, verdict: str, certainty: str
    ) -> None:
        """Running is a status, not a length: an active order runs, also when its supply is over. Only when that was more than
        90 days ago has it *lapsed*: for the trial it ended with its supply, for a reason that nobody recorded, and that is
        inferred."""
        start = dates.partition(" to ")[0]
        judged = clinic.judge(f"{ORDER}, from: {start}, supply: 30 days")
        assert judged.dates() == dates
        assert judged.verdict() == verdict
        assert judged.trial().certainty == certainty
        assert (AS_OF - date.fromisoformat(supply)).days == ago

    @examples(
        {"status": "Status", "words": "Ordered on 1 March", "dates": "Dates of the trial"},
        [
            ("completed", "supply: 90 days, repeats: 2", "2026-03-01 to now"),
            ("completed", "supply: 60 days", "2026-03-01 to 2026-04-30"),
            ("stopped", "supply: 60 days", "2026-03-01 to 2026-04-30"),
            ("stopped", "to: 2026-09-01", "2026-03-01 to ?"),
        ],
    )
    def test_over(self, clinic: Clinic, status: str, words: str, dates: str) -> None:
        """An order that is completed runs until its supply is over. One that was stopped is over: on an unknown day when its
        planned end had not come."""
        assert clinic.judge(f"{ORDER}, from: 2026-03-01, status: {status}, {words}").dates() == dates

    @examples(
        {
            "first": "First order stopped for",
            "second": "Second order stopped for",
            "verdict": "Verdict of the course",
        },
        [
            ("no-effect", "cost-or-supply", "stopped-other"),
            ("cost-or-supply", "no-effect", "failed"),
            ("no-effect", None, "ended-unknown"),
        ],
    )
    def test_last_reason(self, clinic: Clinic, first: str, second: str | None, verdict: str) -> None:
        """The last order tells how a course ended. The reason of an earlier one is why it was changed."""

        def order(start: str, end: str, because: str | None) -> str:
            why = f", because: reason-{because}" if because else ", status: stopped"
            return f"{ORDER}, from: {start}, to: {end}{why}"

        judged = clinic.judge(
            order("2026-01-01", "2026-02-15", first), order("2026-02-15", "2026-05-01", second)
        )
        assert judged.verdict() == verdict


class TestInUse:
    """In use, for safety"""

    @examples(
        {
            "words": "Phenelzine on record",
            "level": "Card on an order of carbamazepine",
            "note": "Asks whether it is still taken",
        },
        [
            ("status: active, from: 2026-01-01", "critical", False),
            ("status: active, from: 2026-02-15, supply: 30 days", "critical", False),
            ("status: active, from: 2026-02-14, supply: 30 days", "critical", True),
            ("status: on-hold, from: 2026-02-15, supply: 30 days", "critical", False),
            ("status: completed, from: 2026-06-01, supply: 30 days", "critical", False),
            ("status: completed, from: 2026-02-15, supply: 30 days", None, False),
            ("status: cancelled, from: 2026-06-01", None, False),
            ("do_not_perform: true, from: 2026-06-01", None, False),
        ],
    )
    def test_current(self, clinic: Clinic, words: str, level: str | None, note: bool) -> None:
        """For contraindications, interactions and duplicates an active or paused order is in use, whatever its supply. The
        level stays when that ended more than 90 days ago; the card then says "supply ended 2026-03-16: confirm whether still
        taken"."""
        judged = clinic.judge(
            PAIN, f"order: phenelzine, {words}", drafts=["order: carbamazepine"], hook="order-sign"
        )
        assert judged.fired == (["TN-25"] if level else [])
        if level:
            card = judged.card("TN-25")
            assert card["indicator"] == level
            assert (f"supply ended 2026-03-16: {NOTE}" in card["detail"]) is note
            assert (NOTE in card["detail"]) is note

    @examples(
        {"words": "Phenelzine, ordered on 1 May and stopped", "answer": "Less than 14 full days ago"},
        [
            ("to: 2026-06-02", "yes"),
            ("to: 2026-06-01", "no"),
            ("to: 2026-05-20, supply: 60 days", "no"),
            ("supply: 33 days", "yes"),
            ("supply: 20 days", "no"),
            ("end not recorded", "unknown"),
        ],
    )
    def test_wash_out(self, clinic: Clinic, words: str, answer: str) -> None:
        """A wash-out is counted from the recorded end. Only without one it is counted from the last day that the supply could
        reach; without either it is unknown, and the missing end is named."""
        more = "" if words == "end not recorded" else f", {words}"
        judged = clinic.judge(
            "condition: migraine",
            f"order: phenelzine, status: stopped, from: 2026-05-01{more}",
            drafts=["order: amitriptyline"],
            hook="order-sign",
        )
        assert judged.answer("CM-26", "{other}") == answer
        missing = ["end of phenelzine not recorded"] if answer == "unknown" else []
        assert judged.undecided("CM-26") == missing


def bounded(*, start: str | None = None, end: str | None = None) -> dict[str, Any]:
    """A dosage with bounds: a period, or a length such as 6 weeks."""
    once: dict[str, Any] = {"frequency": 1, "period": 1, "periodUnit": "d"}
    if end and end.endswith("weeks"):
        return dosage(800, "mg", **once, boundsDuration=quantity(int(end.split()[0]), "wk"))
    period = {name: day for name, day in (("start", start), ("end", end)) if day}
    return dosage(800, "mg", **once, boundsPeriod=period)
