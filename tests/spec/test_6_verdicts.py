"""Judging a trial

A trial is a course of a drug, a procedure, or a series of sessions, held against the standard of an adequate trial that
its pathway names. Here carbamazepine needs 600 mg a day, held for 14 days within a course of 28; the day of judgement is
15 June 2026.
"""

from __future__ import annotations

from tests.spec.clinic import BACK, FACIAL_PAIN, PATHWAY, Clinic
from tests.spec.examples import examples
from tests.spec.items import ended, failed


class TestVerdicts:
    """The verdicts

    Every trial has exactly one of eleven verdicts. A therapy of which nothing counts has one too.
    """

    @examples(
        {"unread": "Could not be read", "verdict": "Verdict of carbamazepine"},
        [
            (None, "not-tried"),
            ("MedicationRequest", "unknown"),
            ("MedicationStatement", "unknown"),
            ("MedicationAdministration", "unknown"),
            ("MedicationDispense", "unknown"),
            ("Procedure", "not-tried"),
            ("Observation", "not-tried"),
        ],
    )
    def test_not_tried(self, clinic: Clinic, unread: str | None, verdict: str) -> None:
        """`not-tried`: nothing counts as a trial, and every type that could tell of one was read whole."""
        assert clinic.judge(unavailable=[unread] if unread else []).verdict() == verdict

    @examples(
        {"start": "Ordered from", "daily": "Daily dose", "from_day": "Will be adequate on"},
        [
            ("2026-06-01", "600 mg", "2026-06-29"),
            ("2026-05-19", "600 mg", "2026-06-16"),
            ("2026-06-01", "400 mg", None),
        ],
    )
    def test_ongoing(self, clinic: Clinic, start: str, daily: str, from_day: str | None) -> None:
        """`ongoing`: it runs and is not yet adequate; the day on which it will be is known, if it goes on as it is."""
        trial = clinic.judge(f"order: carbamazepine, daily: {daily}, from: {start}").trial()
        assert trial.verdict == "ongoing"
        assert (str(trial.adequate_on) if trial.adequate_on else None) == from_day

    @examples(
        {"day": "Judged on", "verdict": "Verdict"},
        [
            ("2026-02-28", "not-tried"),
            ("2026-03-01", "ongoing"),
            ("2026-03-28", "ongoing"),
            ("2026-03-29", "ongoing-adequate"),
            ("2026-06-15", "ongoing-adequate"),
        ],
    )
    def test_ongoing_adequate(self, clinic: Clinic, day: str, verdict: str) -> None:
        """`ongoing-adequate`: adequate, still running, and no sign of failure. The same order, judged on several days:"""
        order = "order: carbamazepine, daily: 800 mg, from: 2026-03-01"
        assert clinic.judge(order, as_of=day).verdict() == verdict

    @examples(
        {"daily": "Daily dose", "days": "Days", "verdict": "Verdict", "reason": "Reason"},
        [
            ("600 mg", 28, "ended-unknown", None),
            ("600 mg", 27, "inadequate", "too-short"),
            ("599 mg", 28, "inadequate", "too-low"),
            ("599 mg", 27, "inadequate", "too-short"),
        ],
    )
    def test_inadequate(
        self, clinic: Clinic, daily: str, days: int, verdict: str, reason: str | None
    ) -> None:
        """`inadequate`: it ended before it was adequate. Too short is named before too low."""
        trial = clinic.judge(ended(daily=daily, days=days)).trial()
        assert (trial.verdict, trial.reason) == (verdict, reason)

    @examples(
        {"daily": "Daily dose", "days": "Days", "because": "Status reason", "verdict": "Verdict"},
        [
            ("800 mg", 28, "reason-no-effect", "failed"),
            ("800 mg", 27, "reason-no-effect", "inadequate"),
            ("400 mg", 60, "reason-no-effect", "inadequate"),
            ("800 mg", 27, "reason-cost-or-supply", "inadequate"),
        ],
    )
    def test_inadequate_with_a_reason(
        self, clinic: Clinic, daily: str, days: int, because: str, verdict: str
    ) -> None:
        """A recorded reason does not turn an inadequate trial into a failure; it is shown all the same."""
        trial = clinic.judge(ended(daily=daily, days=days, because=because)).trial()
        assert trial.verdict == verdict
        assert any("carbamazepine stopped: " in e.says for e in trial.evidence)

    @examples(
        {"start": "Ordered from", "verdict": "Verdict", "reason": "Reason"},
        [
            ("2026-05-19", "ongoing", "too-short"),
            ("2026-05-18", "inadequate", "too-low"),
        ],
    )
    def test_titration(self, clinic: Clinic, start: str, verdict: str, reason: str) -> None:
        """A low dose is being raised until the required time is up; only then is a running trial `inadequate`.

        A card may then ask for a higher dose.
        """
        judged = clinic.judge(FACIAL_PAIN, f"order: carbamazepine, daily: 400 mg, from: {start}")
        assert (judged.verdict(), judged.trial().reason) == (verdict, reason)
        assert ("TN-03" in judged.fired) is (verdict == "inadequate")

    @examples(
        {"score": "Pain during the trial", "reason": "Reason"},
        [
            (None, "absent"),
            (8, "absent"),
            (5, "absent"),
            (4, "waned"),
        ],
    )
    def test_failed(self, clinic: Clinic, score: int | None, reason: str) -> None:
        """`failed`: adequate, and without effect (*absent*) or with an effect that wore off (*waned*).

        Here the order was stopped for want of effect, and pain was 8 before it; a fall by half was an effect.
        """
        scores = [
            "observation: pain-score, value: 8, at: 2025-12-20",
            f"observation: pain-score, id: during, value: {score}, at: 2026-02-01",
        ]
        trial = clinic.judge(failed(), *(scores if score else scores[:1])).trial()
        assert (trial.verdict, trial.reason) == ("failed", reason)

    @examples(
        {"daily": "Daily dose", "days": "Days", "because": "Status reason", "reason": "Reason"},
        [
            ("800 mg", 60, "reason-not-tolerated", "intolerance"),
            ("100 mg", 2, "reason-not-tolerated", "intolerance"),
            (None, 2, "reason-not-tolerated", "intolerance"),
            ("100 mg", 2, "reason-allergy", "allergy"),
        ],
    )
    def test_not_tolerated(
        self, clinic: Clinic, daily: str | None, days: int, because: str, reason: str
    ) -> None:
        """`not-tolerated`: stopped for an adverse effect, at whatever dose and after whatever time; never called failed."""
        trial = clinic.judge(ended(daily=daily, days=days, because=because)).trial()
        assert (trial.verdict, trial.reason) == ("not-tolerated", reason)

    @examples(
        {"record": "On record", "reason": "Reason"},
        [
            ("order: carbamazepine, status: cancelled, because: reason-contraindicated", "contraindicated"),
            ("order: carbamazepine, status: cancelled, because: reason-declined", "declined"),
            ("order: carbamazepine, status: cancelled, because: reason-allergy", "allergy"),
            ("allergy: carbamazepine, kind: allergy", "allergy"),
            ("allergy: carbamazepine, kind: intolerance", "intolerance"),
            ("order: carbamazepine, do_not_perform: true", "avoid"),
            ("condition: av-block-2-3", "contraindicated"),
        ],
    )
    def test_ruled_out(self, clinic: Clinic, record: str, reason: str) -> None:
        """`ruled-out`: never given, because it is contraindicated, the patient is allergic to it, or declined it.

        A safety rule that would be critical for an order of today rules out as well; here heart block does.
        """
        trial = clinic.judge(record).trial()
        assert (trial.verdict, trial.reason) == ("ruled-out", reason)

    @examples(
        {"record": "Decompression on 10 January, recorded as successful; then", "verdict": "Verdict"},
        [
            (None, "effective"),
            ("procedure: trigeminal-mvd, at: 2026-05-20", "failed"),
            ("observation: pain-score, value: 8, at: 2026-05-20", "failed"),
            ("observation: pain-score, value: 3, at: 2026-05-20", "effective"),
        ],
    )
    def test_effective(self, clinic: Clinic, record: str | None, verdict: str) -> None:
        """`effective`: recorded as successful, and neither repeated nor superseded since."""
        first = "procedure: trigeminal-mvd, at: 2026-01-10, outcome: outcome-successful"
        trial = clinic.judge(first, *([record] if record else [])).trials_of("decompression")[0]
        assert trial.verdict == verdict

    def test_effective_drug(self, clinic: Clinic) -> None:
        """A drug that was stopped in remission was effective, also when it is ordered again later."""
        again = "order: carbamazepine, daily: 800 mg, from: 2026-06-01"
        assert clinic.judge(ended(because="reason-remission"), again).verdicts() == ("effective", "ongoing")

    @examples(
        {"because": "Status reason", "verdict": "Verdict", "reason": "Reason"},
        [
            ("reason-cost-or-supply", "stopped-other", "cost-or-supply"),
            ("MED-STATUS-REASON hospadm", "stopped-other", "other"),
            ("MED-STATUS-REASON surg", "stopped-other", "other"),
            ("reason-declined", "stopped-other", "choice"),
            ("reason-contraindicated", "stopped-other", "contraindicated"),
            ("reason-remission", "effective", "remission"),
        ],
    )
    def test_stopped_other(self, clinic: Clinic, because: str, verdict: str, reason: str) -> None:
        """`stopped-other`: an adequate trial that ended for a reason which says nothing of its effect: never a failure.

        Stopped because its aim was reached, it was effective.
        """
        trial = clinic.judge(ended(because=because)).trial()
        assert (trial.verdict, trial.reason) == (verdict, reason)

    def test_ended_unknown(self, clinic: Clinic) -> None:
        """`ended-unknown`: it ended and nobody wrote why: a question to a person, never taken for a failure."""
        judged = clinic.judge(FACIAL_PAIN, ended())
        assert judged.verdict() == "ended-unknown"
        assert [m.what for m in judged.trial().missing] == ["why carbamazepine ended"]
        assert judged.fired == ["TN-03"]
        assert judged.card("TN-03")["extension"]["org.cds-service.explanation"]["kind"] == "reassess"

    @examples(
        {"record": "On record", "missing": "What would settle it"},
        [
            (
                "order: carbamazepine, from: 2026-01-01, to: 2026-03-01, because: reason-no-effect",
                "dose of carbamazepine",
            ),
            (
                "order: carbamazepine, daily: 800 mg, from: 2026-01, to: 2026-02, because: reason-no-effect",
                "exact dates of carbamazepine",
            ),
            ("procedure: trigeminal-mvd, at: 2026-01-10", "outcome of decompression"),
            ("procedure: trigeminal-mvd, at: 2026-05", "date of decompression"),
        ],
    )
    def test_unknown(self, clinic: Clinic, record: str, missing: str) -> None:
        """`unknown`: the record cannot tell, and the verdict says which datum would."""
        trials = [t for t in clinic.judge(record).trials if t.references]
        assert [t.verdict for t in trials] == ["unknown"]
        assert any(m.what.startswith(missing) for m in trials[0].missing)


class TestReasons:
    """Verdict and reason

    A pathway's finer words become the reason of a verdict. Two finer words never make two verdicts.
    """

    @examples(
        {"record": "Order of carbamazepine", "verdict": "Verdict", "reason": "Reason"},
        [
            ("800 mg for 60 days, no effect", "failed", "absent"),
            ("800 mg for 60 days, note: worked at first, then the effect wore off", "failed", "waned"),
            ("800 mg for 60 days, side effects", "not-tolerated", "intolerance"),
            ("800 mg for 60 days, aim reached", "effective", "remission"),
            ("800 mg for 60 days, nothing recorded", "ended-unknown", None),
            ("800 mg for 20 days, nothing recorded", "inadequate", "too-short"),
            ("400 mg for 60 days, nothing recorded", "inadequate", "too-low"),
            ("dose not recorded, 60 days, no effect", "unknown", "dose-unknown"),
            ("dose not recorded, 20 days, no effect", "inadequate", "too-short"),
        ],
    )
    def test_finer_words(self, clinic: Clinic, record: str, verdict: str, reason: str | None) -> None:
        """What is known of the end and of the dose gives the reason."""
        orders = {
            "800 mg for 60 days, no effect": ended(because="reason-no-effect"),
            "800 mg for 60 days, note: worked at first, then the effect wore off": ended(
                note="worked at first, then the effect wore off"
            ),
            "800 mg for 60 days, side effects": ended(because="reason-not-tolerated"),
            "800 mg for 60 days, aim reached": ended(because="reason-remission"),
            "800 mg for 60 days, nothing recorded": ended(),
            "800 mg for 20 days, nothing recorded": ended(days=20),
            "400 mg for 60 days, nothing recorded": ended(daily="400 mg"),
            "dose not recorded, 60 days, no effect": ended(daily=None, because="reason-no-effect"),
            "dose not recorded, 20 days, no effect": ended(daily=None, days=20, because="reason-no-effect"),
        }
        trial = clinic.judge(orders[record]).trial()
        assert (trial.verdict, trial.reason) == (verdict, reason)

    @examples(
        {
            "drug": "Drug",
            "days": "Days",
            "because": "Status reason",
            "verdict": "Verdict",
            "sure": "Certainty",
        },
        [
            ("carbamazepine", 60, "reason-no-effect", "unknown", None),
            ("gabapentin", 42, "reason-no-effect", "failed", "inferred"),
            ("gabapentin", 41, "reason-no-effect", "unknown", None),
            ("gabapentin", 42, None, "ended-unknown", None),
        ],
    )
    def test_dose_unknown(
        self, clinic: Clinic, drug: str, days: int, because: str | None, verdict: str, sure: str | None
    ) -> None:
        """A dose that is not recorded counts as adequate only where the pathway says so, and then as *inferred*.

        Here the pathway of gabapentin does: after 42 days, stopped for want of effect.
        """
        judged = clinic.judge(ended(drug, daily=None, days=days, because=because))
        (trial,) = judged.trials_of(drug, pathway=BACK if drug == "gabapentin" else PATHWAY)
        assert trial.verdict == verdict
        assert sure is None or trial.certainty == sure

    @examples(
        {"status": "Order", "verdict": "Verdicts"},
        [
            ("stopped on its first day, allergy", ("ruled-out",)),
            ("stopped after one day, allergy", ("not-tolerated",)),
        ],
    )
    def test_allergy_before_and_after_use(
        self, clinic: Clinic, status: str, verdict: tuple[str, ...]
    ) -> None:
        """An allergy as the reason means not tolerated after at least a day of use, and ruled out before it."""
        days = {"stopped on its first day, allergy": 0, "stopped after one day, allergy": 1}[status]
        assert clinic.judge(ended(days=days, because="reason-allergy")).verdicts() == verdict

    @examples(
        {"days": "Days", "verdict": "Verdict"},
        [(5, "ruled-out"), (60, "stopped-other")],
    )
    def test_contraindicated_after_a_short_use(self, clinic: Clinic, days: int, verdict: str) -> None:
        """A contraindication rules out what was given too briefly to judge; of an adequate trial it is only the end."""
        assert clinic.judge(ended(days=days, because="reason-contraindicated")).verdict() == verdict

    def test_running_is_not_ruled_out(self, clinic: Clinic) -> None:
        """A drug that is being given is not ruled out, whatever is recorded against it."""
        running = "order: carbamazepine, daily: 800 mg, from: 2026-03-01"
        assert clinic.judge(running, "condition: av-block-2-3").verdicts() == ("ongoing-adequate",)


class TestStandards:
    """Standards

    A standard asks for a daily dose held for some days within a course of some days, or for a number of sessions; a
    procedure is judged after a waiting time.
    """

    @examples(
        {"low": "Days at 400 mg", "high": "then days at 800 mg", "verdict": "Verdict"},
        [
            (14, 14, "failed"),
            (15, 13, "inadequate"),
            (20, 7, "inadequate"),
        ],
    )
    def test_dose_held(self, clinic: Clinic, low: int, high: int, verdict: str) -> None:
        """The dose must be held: here for 14 days, in a course of 28."""
        order = (
            "order: carbamazepine, from: 2026-01-01, status: stopped, because: reason-no-effect, "
            f"phases: [{{take: 200 mg twice a day, lasts: {low} days}}, "
            f"{{take: 400 mg twice a day, lasts: {high} days}}]"
        )
        assert clinic.judge(order).verdict() == verdict

    @examples(
        {"day": "Decompression on", "outcome": "Recorded outcome", "verdict": "Verdict"},
        [
            ("2026-05-16", None, "unknown"),
            ("2026-05-17", None, "ongoing"),
            ("2026-05-16", "outcome-successful", "effective"),
            ("2026-05-17", "outcome-successful", "ongoing"),
            ("2026-05-17", "outcome-unsuccessful", "failed"),
        ],
    )
    def test_waiting_time(self, clinic: Clinic, day: str, outcome: str | None, verdict: str) -> None:
        """A procedure is ongoing until its waiting time is over, here 30 days; a recorded failure counts at once."""
        recorded = f", outcome: {outcome}" if outcome else ""
        assert (
            clinic.judge(f"procedure: trigeminal-mvd, at: {day}{recorded}").verdict("decompression")
            == verdict
        )

    @examples(
        {"days": "Sessions on", "verdict": "Verdict", "reason": "Reason"},
        [
            (("2026-01-01", "2026-01-15", "2026-01-29"), "unknown", "no-outcome"),
            (("2026-01-01", "2026-01-15", "2026-01-28"), "inadequate", "too-short"),
            (("2026-01-01", "2026-01-29"), "inadequate", "too-few-sessions"),
        ],
    )
    def test_series(self, clinic: Clinic, days: tuple[str, ...], verdict: str, reason: str) -> None:
        """Sessions of one therapy are one trial: here exercise therapy, three sessions over 28 days or more."""
        sessions = [f"procedure: physical-therapy, id: s{n}, at: {day}" for n, day in enumerate(days)]
        trial = clinic.judge(*sessions).trial("exercise", pathway=BACK)
        assert (trial.verdict, trial.reason) == (verdict, reason)

    @examples(
        {"daily": "Baclofen a day", "facial": "Facial pain (30 mg)", "back": "Back pain (60 mg)"},
        [
            ("60 mg", "failed", "failed"),
            ("30 mg", "failed", "inadequate"),
            ("25 mg", "inadequate", "inadequate"),
        ],
    )
    def test_own_standard(self, clinic: Clinic, daily: str, facial: str, back: str) -> None:
        """Two pathways that share a drug judge it each by its own standard."""
        judged = clinic.judge(ended("baclofen", daily=daily, because="reason-no-effect"))
        assert (judged.verdict("baclofen"), judged.verdict("baclofen", pathway=BACK)) == (facial, back)
