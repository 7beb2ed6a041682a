"""Doses

The daily dose is the dose at one time × how often a day × the strength of the product. Where the record leaves it open, it is an
interval; where the record does not tell it, it is unknown with a reason: never zero, and never taken as adequate.
"""

from __future__ import annotations

from typing import Any

from tests.spec.clinic import Clinic
from tests.spec.examples import examples
from tests.spec.raw import concept, dosage, quantity, request

TABLETS = "order: RXNORM 308979, from: 2026-03-01"
ORDER = "order: carbamazepine"
NO_EFFECT = "from: 2026-03-01, to: 2026-05-01, because: reason-no-effect"


class TestDailyDose:
    """Dose and frequency"""

    @examples(
        {"take": "Carbamazepine 200 mg tablets", "dose": "Daily dose"},
        [
            ("1 tablet twice a day", "400 mg"),
            ("200 mg twice a day", "400 mg"),
            ("0.2 g twice a day", "400 mg"),
            ("1 tablet every 8 hours", "600 mg"),
            ("1 tablet every 2 days", "100 mg"),
            ("7 tablets once a week", "200 mg"),
            ("1 tablet at night", "200 mg"),
            ("1-2 tablets 3 times a day", "600 to 1200 mg"),
            ("1 tablet 2-3 times a day", "400 to 600 mg"),
            ("1 tablet up to 3 times a day", "200 to 600 mg"),
        ],
    )
    def test_times(self, clinic: Clinic, take: str, dose: str) -> None:
        """A range of doses or of frequencies gives an interval."""
        assert clinic.judge(f"{TABLETS}, take: {take}").dose() == dose

    @examples(
        {"timing": "Timing of 350 mg", "dose": "Daily dose"},
        [
            ("code BID", "700 mg"),
            ("code TID", "1050 mg"),
            ("code QID", "1400 mg"),
            ("code Q8H", "1050 mg"),
            ("code QHS", "350 mg"),
            ("code QOD", "175 mg"),
            ("once a month", "11.499 mg"),
            ("period 1 d, no frequency", "350 mg"),
            ("2 times of day", "700 mg"),
            ("on waking and at bedtime", "700 mg"),
            ("3 days of the week", "150 mg"),
            ("twice a day, and 3 times of day", "700 to 1050 mg"),
            ("with meals", "unknown: ordered with meals; how many is not recorded"),
            ("5 doses in all", "unknown: ordered for a number of doses, not by day"),
            ("on listed dates", "unknown: ordered for listed dates, not by day"),
            ("none", "unknown: how often is not recorded"),
        ],
    )
    def test_timings(self, clinic: Clinic, timing: str, dose: str) -> None:
        """How often is told by frequency and period, else by times of day, events and days of the week, else by a code. Where
        frequency and times disagree the dose spans both. A month has 30.4375 days."""
        given = [{"doseQuantity": quantity(350)}]
        written = TIMINGS.get(timing) or {"code": {"text": timing.removeprefix("code ")}}
        judged = clinic.judge(request(dosageInstruction=[{"timing": written, "doseAndRate": given}]))
        assert judged.dose() == dose


class TestStrength:
    """Strength"""

    @examples(
        {"product": "Product", "dose": "Dose at one time, twice a day", "daily": "Daily dose"},
        [
            ("RXNORM 308979 (200 mg tablet)", "2 tablets", "800 mg"),
            ("RXNORM 308976 (20 mg/mL suspension)", "10 mL", "400 mg"),
            ("RXNORM 308976 (20 mg/mL suspension)", "200 mg", "400 mg"),
            ("RXNORM 2002 (carbamazepine)", "400 mg", "800 mg"),
            ("RXNORM 2002 (carbamazepine)", "2 tablets", "unknown: strength of the product is not known"),
            ("RXNORM 308979 (200 mg tablet)", "10 mL", "unknown: strength of the product is not known"),
            ("RXNORM 308979 (200 mg tablet)", "5 mg/kg", "unknown: dose depends on body weight"),
            ("RXNORM 308979 (200 mg tablet)", "2", "unknown: unit of the dose is not recorded"),
            ("RXNORM 308979 (200 mg tablet)", "2 spoons", "unknown: dose in spoons cannot be converted"),
        ],
    )
    def test_strength(self, clinic: Clinic, product: str, dose: str, daily: str) -> None:
        """Pieces and volumes are turned into milligrams by the strength of the product code. Without it, or in a unit that does
        not fit, the dose is unknown."""
        value, _, unit = dose.partition(" ")
        twice = {"frequency": 2, "period": 1, "periodUnit": "d"}
        code = product.partition(" (")[0].removeprefix("RXNORM ")
        judged = clinic.judge(
            request(
                medicationCodeableConcept=concept(code),
                dosageInstruction=[dosage(float(value), unit, **twice)],
            )
        )
        assert judged.dose() == daily

    def test_strength_of_a_medication(self, clinic: Clinic) -> None:
        """A Medication may state the strength that its code lacks: here 200 mg in one tablet."""
        strength = {"numerator": quantity(200), "denominator": quantity(1, "tablet")}
        parts = [{"itemCodeableConcept": concept("2002"), "strength": strength}]
        drug = {"resourceType": "Medication", "id": "drug", "code": concept("2002"), "ingredient": parts}
        judged = clinic.judge(
            request(
                medicationCodeableConcept=None,
                contained=[drug],
                medicationReference={"reference": "#drug"},
                dosageInstruction=[dosage(3, "tablet")],
            )
        )
        assert judged.dose() == "600 mg"

    @examples(
        {
            "dose": "Amitriptyline 10 mg with perphenazine 2 mg, once a day",
            "daily": "Daily dose of amitriptyline",
        },
        [
            ("5 tablets", "50 mg"),
            ("60 mg", "unknown: dose of a combination is not recorded per ingredient"),
        ],
    )
    def test_combinations(self, clinic: Clinic, dose: str, daily: str) -> None:
        """Milligrams of a combination belong to no single ingredient."""
        judged = clinic.judge(f"order: RXNORM 856706, take: {dose} once a day, from: 2026-03-01")
        assert judged.dose("amitriptyline", pathway="headache") == daily

    @examples(
        {"parts": "doseAndRate of one dosage, once a day", "dose": "Daily dose"},
        [
            ("ordered 400 mg; calculated 600 mg", "400 mg"),
            ("ordered 2 tablets; calculated 600 mg", "600 mg"),
            ("400 mg; 400 mg", "400 mg"),
            ("400 mg; 600 mg", "400 to 600 mg"),
            ("2 tablets; 600 mg", "600 mg"),
        ],
    )
    def test_several_ways(self, clinic: Clinic, parts: str, dose: str) -> None:
        """Several doseAndRate of one dosage are one dose said in several ways, never a sum. What was ordered counts when it can
        be computed, else what was calculated. The product here has no strength."""
        found = []
        for part in parts.split("; "):
            *kind, value, unit = part.split()
            typed = {"type": {"coding": [{"code": kind[0]}]}} if kind else {}
            found.append({**typed, "doseQuantity": quantity(float(value), unit)})
        once = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}
        judged = clinic.judge(request(dosageInstruction=[{"timing": once, "doseAndRate": found}]))
        assert judged.dose() == dose


class TestAsNeeded:
    """As needed, and a maximum"""

    @examples(
        {
            "words": "Carbamazepine 200 mg tablets",
            "dose": "Daily dose",
            "verdict": "Verdict (600 mg are asked for)",
        },
        [
            ("take: 1 tablet 3 times a day as needed", "0 to 600 mg", "unknown"),
            ("take: 1 tablet twice a day as needed", "0 to 400 mg", "inadequate"),
            ("as_needed: true, max_daily: 4 tablets", "0 to 800 mg", "unknown"),
            ("as_needed: true", "unknown: as needed; dose is not recorded", "unknown"),
            ("take: 2 tablets 3 times a day, max_daily: 4 tablets", "800 mg", "failed"),
            ("take: 1-2 tablets 3 times a day, max_daily: 4 tablets", "600 to 800 mg", "failed"),
            ("take: 2 tablets 3 times a day, max_daily: 2 tablets", "400 mg", "inadequate"),
        ],
    )
    def test_as_needed(self, clinic: Clinic, words: str, dose: str, verdict: str) -> None:
        """As needed is anything from nothing to the most that the order allows: it proves no dose, but may prove that it was
        too low. A maximum caps every dose."""
        judged = clinic.judge(f"order: RXNORM 308979, {words}, {NO_EFFECT}")
        assert judged.dose() == dose
        assert judged.verdict() == verdict


class TestPhases:
    """Several dosages in one order"""

    @examples(
        {
            "phases": "One after the other",
            "dose": "Highest dose",
            "verdict": "Verdict after 28 days without effect",
        },
        [
            ("200 mg for 14 days, then 600 mg", "600 mg", "failed"),
            ("200 mg for 15 days, then 600 mg", "600 mg", "inadequate"),
            ("600 mg for 14 days, then 200 mg", "600 mg", "failed"),
            ("200 mg for 7 days, then 400 mg for 7 days, then 600 mg", "600 mg", "failed"),
            ("200 mg for 7 days, then 400 mg", "400 mg", "inadequate"),
        ],
    )
    def test_titration_and_taper(self, clinic: Clinic, phases: str, dose: str, verdict: str) -> None:
        """In a titration or a taper each dose has its own days. The trial shows the highest; it must have been held as long as
        the standard asks, here 14 days at 600 mg."""
        parts = [part.partition(" for ") for part in phases.split(", then ")]
        written = ", ".join(
            f"{{daily: {daily}{f', lasts: {days}' if days else ''}}}" for daily, _, days in parts
        )
        judged = clinic.judge(
            f"{ORDER}, phases: [{written}], from: 2026-03-01, to: 2026-03-29, because: reason-no-effect"
        )
        assert judged.dose() == dose
        assert judged.verdict() == verdict

    @examples(
        {"dosages": "Dosages of 400 mg and 600 mg a day", "dose": "Daily dose"},
        [
            ("together", "1000 mg"),
            ("sequence 1 and 1", "1000 mg"),
            ("sequence 1 for 14 days, and 2", "600 mg"),
            ("in March, and in April", "600 mg"),
            ("sequence 1 and 2, no length", "400 to 1000 mg"),
            ("one for 14 days, one without bounds", "400 to 1000 mg"),
        ],
    )
    def test_together_or_in_sequence(self, clinic: Clinic, dosages: str, dose: str) -> None:
        """Dosages of the same time add up. Those with sequence numbers and lengths, or with dates one after the other, are
        phases; again the highest counts. Where nobody can say which it is, the dose lies between the smallest and the sum."""
        first, second = dosage(400), dosage(600)
        one, two = DOSAGES[dosages]
        pair = [merged(first, one), merged(second, two)]
        assert clinic.judge(request(dosageInstruction=pair)).dose() == dose


class TestSeveralOrders:
    """Several orders at the same time"""

    @examples(
        {"records": "From 1 March on", "dose": "Daily dose"},
        [
            (("order 400 mg", "order 400 mg"), "400 to 800 mg"),
            (("order 400 mg", "statement 400 mg"), "400 mg"),
            (("order 400 mg", "statement 600 mg"), "600 mg"),
            (("order 400 mg", "statement"), "400 mg"),
            (("order 400 mg", "order"), "400 mg or more"),
        ],
    )
    def test_at_once(self, clinic: Clinic, records: tuple[str, ...], dose: str) -> None:
        """Two orders at the same time may replace or add to each other: at least the larger, at most their sum. An order and a
        statement tell of one use and are never added; one that tells no dose is silent when the other tells one."""

        def written(record: str) -> str:
            kind, _, daily = record.partition(" ")
            return f"{kind}: carbamazepine, from: 2026-03-01{f', daily: {daily}' if daily else ''}"

        assert clinic.judge(*map(written, records)).dose() == dose


class TestUnknown:
    """Unknown doses"""

    @examples(
        {"words": "Ordered", "dose": "Daily dose"},
        [
            ("", "unknown: dose is not recorded"),
            ("dosage_text: as directed", "unknown: dose is not recorded"),
            ("dosage_text: 400 mg twice a day", "unknown: dose is not recorded"),
        ],
    )
    def test_words(self, clinic: Clinic, words: str, dose: str) -> None:
        """Words are no dose."""
        assert clinic.judge(f"{ORDER}, from: 2026-03-01{f', {words}' if words else ''}").dose() == dose

    def test_given(self, clinic: Clinic) -> None:
        """What was given at one time is no daily dose."""
        judged = clinic.judge("administration: carbamazepine, dose: 800 mg, at: 2026-03-01")
        assert judged.dose() == "unknown: dose is not recorded"

    @examples(
        {
            "until": "No dose, ordered from 1 March to",
            "verdict": "Verdict (28 days are asked for)",
            "reason": "Its reason",
        },
        [("2026-05-01", "unknown", "dose-unknown"), ("2026-03-28", "inadequate", "too-short")],
    )
    def test_never_adequate(self, clinic: Clinic, until: str, verdict: str, reason: str) -> None:
        """An unknown dose makes no trial adequate and none too low. A trial that was too short needs no dose to be so."""
        judged = clinic.judge(f"{ORDER}, from: 2026-03-01, to: {until}, because: reason-no-effect")
        assert (judged.verdict(), judged.trial().reason) == (verdict, reason)

    def test_what_would_settle_it(self, clinic: Clinic) -> None:
        """The verdict names what would settle it."""
        (missing,) = clinic.judge(f"{ORDER}, {NO_EFFECT}").trial().missing
        assert (missing.what, missing.settled_by) == ("dose of carbamazepine: dose is not recorded", "dose")


TIMINGS: dict[str, dict[str, Any]] = {
    "once a month": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "mo"}},
    "period 1 d, no frequency": {"repeat": {"period": 1, "periodUnit": "d"}},
    "2 times of day": {"repeat": {"timeOfDay": ["08:00:00", "20:00:00"]}},
    "on waking and at bedtime": {"repeat": {"when": ["WAKE", "HS"]}},
    "3 days of the week": {"repeat": {"dayOfWeek": ["mon", "wed", "fri"]}},
    "twice a day, and 3 times of day": {
        "repeat": {
            "frequency": 2,
            "period": 1,
            "periodUnit": "d",
            "timeOfDay": ["08:00:00", "14:00:00", "20:00:00"],
        }
    },
    "with meals": {"repeat": {"when": ["C"]}},
    "5 doses in all": {"repeat": {"count": 5}},
    "on listed dates": {"event": ["2026-03-01", "2026-03-08"]},
    "none": {"repeat": {}},
}

TWO_WEEKS = {"boundsDuration": quantity(14, "d")}
DOSAGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "together": ({}, {}),
    "sequence 1 and 1": ({"sequence": 1}, {"sequence": 1}),
    "sequence 1 for 14 days, and 2": ({"sequence": 1, **TWO_WEEKS}, {"sequence": 2}),
    "in March, and in April": (
        {"boundsPeriod": {"start": "2026-03-01", "end": "2026-04-01"}},
        {"boundsPeriod": {"start": "2026-04-01", "end": "2026-05-01"}},
    ),
    "sequence 1 and 2, no length": ({"sequence": 1}, {"sequence": 2}),
    "one for 14 days, one without bounds": (TWO_WEEKS, {}),
}


def merged(dosage: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """A dosage with its place in the sequence, and bounds in its timing."""
    placed = {name: value for name, value in more.items() if name == "sequence"}
    bounds = {name: value for name, value in more.items() if name != "sequence"}
    return {**dosage, **placed, "timing": {"repeat": {**dosage["timing"]["repeat"], **bounds}}}
