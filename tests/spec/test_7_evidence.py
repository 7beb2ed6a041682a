"""Evidence of failure

What the record says of the end of a trial, from strong to weak: a coded reason or outcome; words that match a reviewed
phrase; a dated score or event; an inference from what was ordered next. The verdict is no surer than what it rests on.
"""

from __future__ import annotations

from datetime import date

from tests.spec.clinic import BACK, FACIAL_PAIN, PATHWAY, Clinic
from tests.spec.examples import examples
from tests.spec.items import ended, failed

ABLATED = "procedure: trigeminal-percutaneous, id: first, at: 2026-01-10"


class TestStrength:
    """Sources and their certainty"""

    @examples(
        {"evidence": "What says that the trial failed", "sure": "Certainty"},
        [
            ("coded status reason: no effect", "documented"),
            ("status reason in words: no benefit", "inferred"),
            ("note: no benefit", "inferred"),
            ("pain 8 at the full dose, then stopped", "documented"),
            ("the next drug 30 days later (back pain)", "inferred"),
        ],
    )
    def test_sources(self, clinic: Clinic, evidence: str, sure: str) -> None:
        """A code or a score documents a failure; words, or what was ordered next, let it be inferred."""
        high = "observation: pain-score, value: 8, at: 2026-02-20"
        records = {
            "coded status reason: no effect": [failed()],
            "status reason in words: no benefit": [f"{ended()}, because_text: no benefit"],
            "note: no benefit": [ended(note="no benefit")],
            "pain 8 at the full dose, then stopped": [ended(), high],
            "the next drug 30 days later (back pain)": [
                ended("gabapentin", daily="2400 mg"),
                "order: duloxetine, from: 2026-04-01",
            ],
        }
        judged = clinic.judge(*records[evidence])
        back = evidence.endswith("(back pain)")
        trial = judged.trial("gabapentin", pathway=BACK) if back else judged.trial()
        assert (trial.verdict, trial.certainty) == ("failed", sure)

    @examples(
        {"recognised": "How the drug is known", "sure": "Certainty of the failure"},
        [
            ("order: carbamazepine", "documented"),
            ("order: {text: carbamazepine}", "inferred"),
        ],
    )
    def test_no_surer_than_the_drug(self, clinic: Clinic, recognised: str, sure: str) -> None:
        """A documented reason on an order that is known by its name only gives an inferred failure."""
        words = "daily: 800 mg, from: 2026-01-01, to: 2026-03-01, because: reason-no-effect"
        assert clinic.judge(f"{recognised}, {words}").trial().certainty == sure

    @examples(
        {"code": "Ablation coded as", "sure": "Certainty of the failure"},
        [("SNOMED 231412001", "documented"), ("CPT 64620", "inferred")],
    )
    def test_unverified_code(self, clinic: Clinic, code: str, sure: str) -> None:
        """A code that nobody has verified recognises history, with one step less certainty."""
        procedure = f"procedure: {code}, at: 2026-01-10, outcome: outcome-unsuccessful"
        trial = clinic.judge(procedure).trial("nerve-ablation", pathway=BACK)
        assert (trial.verdict, trial.certainty) == ("failed", sure)

    @examples(
        {"because": "Coded status reason", "note": "Note", "verdict": "Verdict"},
        [
            ("reason-cost-or-supply", "no benefit", "stopped-other"),
            ("reason-no-effect", "stopped because of dizziness", "failed"),
            ("reason-not-tolerated", "no benefit", "not-tolerated"),
            (None, "no benefit", "failed"),
        ],
    )
    def test_code_before_words(self, clinic: Clinic, because: str | None, note: str, verdict: str) -> None:
        """Words never outweigh a code; they are quoted beside it."""
        trial = clinic.judge(ended(because=because, note=note)).trial()
        assert trial.verdict == verdict
        assert any("the record says" in e.says for e in trial.evidence)

    @examples(
        {"note": "Note", "verdict": "Verdict"},
        [
            ("no benefit", "failed"),
            ("cannot say that there was no benefit", "ended-unknown"),
            ("excellent relief", "effective"),
            ("prefers an operation", "ended-unknown"),
            ("takes many other drugs", "ended-unknown"),
        ],
    )
    def test_only_reviewed_words(self, clinic: Clinic, note: str, verdict: str) -> None:
        """What no code and no reviewed phrase expresses decides nothing."""
        assert clinic.judge(ended(note=note)).verdict() == verdict


class TestReplacement:
    """Failure inferred from the next therapy

    Only where the pathway asks for it. Here the one for back pain does, within 60 days; the one for facial pain does not.
    """

    @examples(
        {"next_from": "Next drug from", "verdict": "Verdict of gabapentin, ended 2 March"},
        [
            ("2026-03-02", "failed"),
            ("2026-05-01", "failed"),
            ("2026-05-02", "ended-unknown"),
        ],
    )
    def test_within(self, clinic: Clinic, next_from: str, verdict: str) -> None:
        """An adequate trial that the next therapy follows soon enough failed, as an inference."""
        judged = clinic.judge(
            ended("gabapentin", daily="2400 mg"), f"order: duloxetine, daily: 60 mg, from: {next_from}"
        )
        assert judged.verdict("gabapentin", pathway=BACK) == verdict

    def test_inadequate(self, clinic: Clinic) -> None:
        """A trial that was too short did not fail, whatever followed."""
        judged = clinic.judge(
            ended("gabapentin", daily="2400 mg", days=27), "order: duloxetine, daily: 60 mg, from: 2026-02-01"
        )
        assert judged.verdict("gabapentin", pathway=BACK) == "inadequate"

    @examples(
        {"because": "Status reason of gabapentin", "verdict": "Verdict"},
        [
            ("reason-cost-or-supply", "stopped-other"),
            ("LOCAL moved-away", "ended-unknown"),
            (None, "failed"),
        ],
    )
    def test_recorded_reason_wins(self, clinic: Clinic, because: str | None, verdict: str) -> None:
        """A recorded reason beats the inference, also one that no table knows."""
        judged = clinic.judge(
            ended("gabapentin", daily="2400 mg", because=because),
            "order: duloxetine, daily: 60 mg, from: 2026-03-10",
        )
        assert judged.verdict("gabapentin", pathway=BACK) == verdict

    def test_off(self, clinic: Clinic) -> None:
        """Where the pathway does not ask for it, the trial ended for a reason unknown."""
        judged = clinic.judge(ended(), "order: baclofen, daily: 40 mg, from: 2026-03-10")
        assert judged.verdict() == "ended-unknown"


class TestContradiction:
    """Contradictory sources"""

    @examples(
        {"order": "Order, ended 2 March", "other": "Statement, ended", "verdict": "Verdict"},
        [
            ("reason-no-effect", ("2026-03-10", "reason-not-tolerated"), "not-tolerated"),
            ("reason-not-tolerated", ("2026-03-10", "reason-no-effect"), "failed"),
            ("reason-no-effect", ("2026-02-20", "reason-cost-or-supply"), "failed"),
        ],
    )
    def test_later_wins(self, clinic: Clinic, order: str, other: tuple[str, str], verdict: str) -> None:
        """Of two sources of the same strength the later one wins."""
        day, because = other
        statement = (
            f"statement: carbamazepine, daily: 800 mg, from: 2026-01-01, to: {day}, because: {because}"
        )
        assert clinic.judge(ended(because=order), f"{statement}, status: stopped").verdict() == verdict

    def test_both_are_shown(self, clinic: Clinic) -> None:
        """The verdict cites both sources, and so does the card."""
        judged = clinic.judge(
            FACIAL_PAIN,
            ended(because="reason-no-effect"),
            "allergy: carbamazepine, kind: intolerance, recorded: 2026-03-10",
            drafts=["order: carbamazepine"],
            hook="order-sign",
        )
        assert judged.verdict() == "not-tolerated"
        cited = {e.reference for e in judged.trial().evidence}
        assert cited == {"MedicationRequest/carbamazepine", "AllergyIntolerance/carbamazepine-2"}
        detail = judged.card("TN-20")["detail"]
        assert "intolerance to carbamazepine on record" in detail
        assert "also on record: carbamazepine stopped:" in detail

    def test_harm_first(self, clinic: Clinic) -> None:
        """Where strength and day are equal, harm decides."""
        order = ended().replace("order: carbamazepine", "order: carbamazepine, id: one")
        judged = clinic.judge(f"{order}, because: [reason-no-effect, reason-not-tolerated]")
        assert judged.verdict() == "not-tolerated"

    @examples(
        {"score": "Pain score", "day": "on", "verdict": "Verdict"},
        [
            (None, None, "effective"),
            (8, "2026-05-01", "failed"),
            (8, "2026-01-05", "effective"),
        ],
    )
    def test_a_later_score(self, clinic: Clinic, score: int | None, day: str | None, verdict: str) -> None:
        """A documented score after a recorded success supersedes it. The ablation of 10 January was a success:"""
        scores = [f"observation: pain-score, value: {score}, at: {day}"] if score else []
        judged = clinic.judge(f"{ABLATED}, outcome: outcome-successful", *scores)
        assert judged.verdict("ablation") == verdict

    def test_two_trials(self, clinic: Clinic) -> None:
        """A later trial of the same drug is a trial of its own; it does not rewrite the earlier one."""
        later = ended(start=date(2026, 4, 10), because="reason-remission")
        assert clinic.judge(failed(), later).verdicts() == ("failed", "effective")


class TestProcedures:
    """Procedures

    A procedure tells by its outcome, by what followed, by scores and by harm.
    """

    @examples(
        {"outcome": "Recorded outcome", "facial": "Facial pain", "back": "Back pain"},
        [
            ("outcome-successful", "effective", "effective"),
            ("outcome-unsuccessful", "failed", "failed"),
            ("outcome-partial", "unknown", "failed"),
            (None, "unknown", "unknown"),
        ],
    )
    def test_outcome(self, clinic: Clinic, outcome: str | None, facial: str, back: str) -> None:
        """The recorded outcome decides; what *partially successful* means is the pathway's own choice."""
        recorded = f", outcome: {outcome}" if outcome else ""
        judged = clinic.judge(
            f"{ABLATED}{recorded}", f"procedure: nerve-ablation, at: 2026-01-10, side: left{recorded}"
        )
        verdicts = judged.verdict("ablation"), judged.verdict("nerve-ablation", pathway=BACK)
        assert verdicts == (facial, back)

    @examples(
        {"score": "Pain", "day": "on", "verdict": "Verdict"},
        [
            (8, "2026-01-24", "failed"),
            (8, "2026-01-23", "unknown"),
            (6, "2026-01-24", "unknown"),
        ],
    )
    def test_score(self, clinic: Clinic, score: int, day: str, verdict: str) -> None:
        """A score that stays high after the waiting time is a failure: here 7 or more, 14 days after the ablation."""
        judged = clinic.judge(ABLATED, f"observation: pain-score, value: {score}, at: {day}")
        assert judged.verdict("ablation") == verdict

    @examples(
        {"again": "Ablated again on", "verdict": "Verdict of the ablation of 10 January", "reason": "Reason"},
        [
            (None, "unknown", "no-outcome"),
            ("2026-04-09", "failed", "absent"),
            ("2026-04-10", "failed", "short-lived"),
            ("2026-06-08", "failed", "short-lived"),
        ],
    )
    def test_repeat(self, clinic: Clinic, again: str | None, verdict: str, reason: str) -> None:
        """The same procedure at the same site tells by its interval: within 90 days no effect, later a short-lived one."""
        lumbar = "procedure: SNOMED 231412001, side: left"
        repeat = [f"{lumbar}, id: again, at: {again}"] if again else []
        first, *_ = clinic.judge(f"{lumbar}, at: 2026-01-10", *repeat).trials_of(
            "nerve-ablation", pathway=BACK
        )
        assert (first.verdict, first.reason) == (verdict, reason)

    @examples(
        {"again": "Ablated again on", "reason": "Reason"},
        [("2026-01-06", "short-lived"), ("2026-01-07", "waned")],
    )
    def test_waned(self, clinic: Clinic, again: str, reason: str) -> None:
        """From 180 days on the repeat says that the effect waned. First ablated on 11 July 2025:"""
        lumbar = "procedure: SNOMED 231412001, side: left"
        judged = clinic.judge(f"{lumbar}, at: 2025-07-11", f"{lumbar}, id: again, at: {again}")
        first, _ = judged.trials_of("nerve-ablation", pathway=BACK)
        assert (first.verdict, first.reason) == ("failed", reason)

    @examples(
        {
            "first": "Ablated on 10 January",
            "second": "Ablated on 10 March",
            "verdict": "Verdict of the first",
        },
        [
            ("left lumbar", "left lumbar", "failed"),
            ("left lumbar", "right lumbar", "unknown"),
            ("left lumbar", "left cervical", "unknown"),
            ("left lumbar", "lumbar", "failed"),
            ("left lumbar", "left", "failed"),
            ("lumbar", "lumbar", "failed"),
        ],
    )
    def test_place(self, clinic: Clinic, first: str, second: str, verdict: str) -> None:
        """Side and body site separate two procedures only where both are recorded and differ."""
        history = [
            f"procedure: SNOMED 50055008, id: p{day}, at: {day}{_place(where)}"
            for day, where in (("2026-01-10", first), ("2026-03-10", second))
        ]
        one, _ = clinic.judge(*history).trials_of("nerve-ablation", pathway=BACK)
        assert one.verdict == verdict

    @examples(
        {"harm": "Complication recorded with the ablation", "verdict": "Verdict"},
        [("facial-sensory-loss", "not-tolerated"), ("hypertension", "effective")],
    )
    def test_complication(self, clinic: Clinic, harm: str, verdict: str) -> None:
        """A complication that the pathway names decides, also beside a success; any other does not."""
        judged = clinic.judge(f"{ABLATED}, outcome: outcome-successful, complication: {harm}")
        assert judged.verdict("ablation") == verdict

    @examples(
        {
            "implanted": "Generator implanted on",
            "day": "Judged on",
            "verdict": "Verdict",
            "sure": "Certainty",
        },
        [
            (None, "2026-06-15", "failed", "inferred"),
            ("2026-05-01", "2026-06-15", "unknown", None),
            (None, "2026-05-31", "failed", "inferred"),
            (None, "2026-05-30", "unknown", None),
        ],
    )
    def test_conversion(
        self, clinic: Clinic, implanted: str | None, day: str, verdict: str, sure: str | None
    ) -> None:
        """A stimulation trial without an implant after it failed, as an inference: here 60 days after 1 April."""
        implant = [f"procedure: stimulator-generator, at: {implanted}"] if implanted else []
        judged = clinic.judge("procedure: scs-trial-lead, at: 2026-04-01", *implant, as_of=day)
        trial = judged.trial("stimulation-trial", pathway=BACK)
        assert trial.verdict == verdict
        assert sure is None or trial.certainty == sure

    @examples(
        {"because": "Reason why it was not done", "verdict": "Verdict"},
        [
            ("reason-contraindicated", "ruled-out"),
            ("reason-declined", "ruled-out"),
            (None, "not-tried"),
        ],
    )
    def test_not_done(self, clinic: Clinic, because: str | None, verdict: str) -> None:
        """A procedure that was not done was not tried; its coded reason may rule it out."""
        reason = f", because: {because}" if because else ""
        judged = clinic.judge(f"procedure: trigeminal-mvd, status: not-done, at: 2026-01-10{reason}")
        assert judged.verdict("decompression") == verdict


def _place(words: str) -> str:
    """A side and a region in the words of an item."""
    side = next((w for w in words.split() if w in {"left", "right"}), None)
    region = next((w for w in words.split() if w in {"lumbar", "cervical"}), None)
    return (f", side: {side}" if side else "") + (f", site: region-{region}" if region else "")


__all__ = ["PATHWAY"]
