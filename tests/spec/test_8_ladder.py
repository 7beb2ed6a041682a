"""The ladder

The steps of a pathway, in the order in which they are tried. The one for facial pain: a first-line drug (carbamazepine or
oxcarbazepine), a second drug, then decompression and ablation. The one for back pain: two classes of drugs.
"""

from __future__ import annotations

from datetime import date

from tests.spec.clinic import BACK, BACK_PAIN, FACIAL_PAIN, Clinic
from tests.spec.examples import examples
from tests.spec.items import ended, failed

BOTH = (failed("carbamazepine"), failed("oxcarbazepine"))
MRI = "report: brain-mri, at: 2026-05-01, conclusion: normal"
DECOMPRESSED = "procedure: trigeminal-mvd, at: 2026-01-10, outcome: outcome-unsuccessful"
ABLATED = "procedure: trigeminal-percutaneous, at: 2026-01-10, outcome: outcome-unsuccessful"


class TestPassing:
    """What passes a step"""

    @examples(
        {"verdict": "Carbamazepine", "step": "The patient stands on"},
        [
            ("failed", "second-drug"),
            ("not-tolerated", "second-drug"),
            ("ruled-out", "second-drug"),
            ("not-tried", "first-drug"),
            ("ongoing", "first-drug"),
            ("ongoing-adequate", "first-drug"),
            ("inadequate", "first-drug"),
            ("effective", "first-drug"),
            ("stopped-other", "first-drug"),
            ("ended-unknown", "first-drug"),
            ("unknown", "first-drug"),
        ],
    )
    def test_verdicts(self, clinic: Clinic, verdict: str, step: str) -> None:
        """A step is passed when its therapies failed, were not tolerated, or are ruled out, as its rule says."""
        records = {
            "failed": failed(),
            "not-tolerated": ended(days=3, because="reason-not-tolerated"),
            "ruled-out": "allergy: carbamazepine",
            "not-tried": FACIAL_PAIN,
            "ongoing": "order: carbamazepine, daily: 800 mg, from: 2026-06-01",
            "ongoing-adequate": "order: carbamazepine, daily: 800 mg, from: 2026-03-01",
            "inadequate": ended(days=20, because="reason-no-effect"),
            "effective": ended(because="reason-remission"),
            "stopped-other": ended(because="reason-cost-or-supply"),
            "ended-unknown": ended(),
            "unknown": ended(daily=None, because="reason-no-effect"),
        }
        judged = clinic.judge(records[verdict])
        assert (judged.verdict(), judged.step) == (verdict, step)

    @examples(
        {"drugs": "Failed", "step": "The patient stands on"},
        [
            (("carbamazepine",), "second-drug"),
            (("oxcarbazepine",), "second-drug"),
            (("baclofen",), "first-drug"),
            (("carbamazepine", "carbamazepine"), "second-drug"),
            (("carbamazepine", "oxcarbazepine"), "operation"),
            (("carbamazepine", "baclofen"), "operation"),
        ],
    )
    def test_any_and_at_least(self, clinic: Clinic, drugs: tuple[str, ...], step: str) -> None:
        """A rule may ask for any therapy of its step, or for so many distinct ingredients; one that failed twice is one."""
        starts = (date(2025, 6, 1), date(2026, 1, 1))
        orders = [failed(drug, start=start) for drug, start in zip(drugs, starts, strict=False)]
        assert clinic.judge(*orders).step == step

    @examples(
        {"drugs": "Failed", "step": "The patient stands on"},
        [
            (("gabapentin",), "two-classes"),
            (("gabapentin", "pregabalin"), "two-classes"),
            (("gabapentin", "duloxetine"), None),
        ],
    )
    def test_distinct_classes(self, clinic: Clinic, drugs: tuple[str, ...], step: str | None) -> None:
        """Or it counts classes: gabapentin and pregabalin are one."""
        assert clinic.judge(*(failed(drug) for drug in drugs)).step_of(BACK) == step

    @examples(
        {"operations": "Recorded as unsuccessful", "step": "The patient stands on"},
        [
            (("decompression",), "operation"),
            (("ablation",), "operation"),
            (("decompression", "ablation"), None),
        ],
    )
    def test_all(self, clinic: Clinic, operations: tuple[str, ...], step: str | None) -> None:
        """Or it asks for all of them. When every step is passed, the patient stands on none. Two drugs failed before:"""
        done = [{"decompression": DECOMPRESSED, "ablation": ABLATED}[name] for name in operations]
        assert clinic.judge(*BOTH, *done).step == step

    def test_first_not_passed(self, clinic: Clinic) -> None:
        """The patient stands on the first step that is not passed, whatever was done of later ones."""
        assert clinic.judge(DECOMPRESSED, ABLATED).step == "first-drug"

    @examples(
        {"record": "On record"},
        [
            ("request: trigeminal-mvd, at: 2026-05-01",),
            ("request: {text: neurosurgery referral}, at: 2026-05-01",),
        ],
    )
    def test_a_referral_passes_nothing(self, clinic: Clinic, record: str) -> None:
        """A referral or an order for a procedure exhausts nothing: it was not done."""
        judged = clinic.judge(*BOTH, ABLATED, record)
        assert (judged.verdict("decompression"), judged.step) == ("not-tried", "operation")

    def test_unknown(self, clinic: Clinic) -> None:
        """A step that may be passed is not passed, and no card speaks of the next one."""
        judged = clinic.judge(
            FACIAL_PAIN, MRI, failed(), ended("oxcarbazepine", daily=None, because="reason-no-effect")
        )
        assert judged.step == "second-drug"
        assert "TN-06" not in judged.fired
        assert any(what.startswith("dose of oxcarbazepine") for what in judged.undecided("TN-06"))

    def test_two_ladders(self, clinic: Clinic) -> None:
        """A patient of two pathways stands on each ladder by itself."""
        judged = clinic.judge(FACIAL_PAIN, BACK_PAIN, failed("gabapentin"), failed("carbamazepine"))
        assert (judged.step, judged.step_of(BACK)) == ("second-drug", "two-classes")


class TestPrerequisites:
    """Prerequisites

    What must be there before a step opens, such as imaging, belongs to that step. Operations need a brain MRI.
    """

    @examples(
        {"drugs": "Failed", "mri": "Brain MRI", "card": "Card"},
        [
            (("carbamazepine",), None, None),
            (("carbamazepine", "oxcarbazepine"), None, "missing prerequisite: order the MRI"),
            (("carbamazepine", "oxcarbazepine"), "on record", "next step: refer to neurosurgery"),
        ],
    )
    def test_before_the_step(
        self, clinic: Clinic, drugs: tuple[str, ...], mri: str | None, card: str | None
    ) -> None:
        """It is asked for when its step comes next, and not before."""
        cards = {"TN-01": "missing prerequisite: order the MRI", "TN-06": "next step: refer to neurosurgery"}
        judged = clinic.judge(FACIAL_PAIN, *(failed(drug) for drug in drugs), *([MRI] if mri else []))
        assert [cards[name] for name in judged.fired if name in cards] == ([card] if card else [])

    def test_no_part_of_passing(self, clinic: Clinic) -> None:
        """A prerequisite that is missing keeps nobody on the step before."""
        assert clinic.judge(*BOTH).step == "operation"

    @examples(
        {"mri": "Brain MRI", "level": "Card at signing a decompression"},
        [(None, "warning"), ("on record", None)],
    )
    def test_at_signing(self, clinic: Clinic, mri: str | None, level: str | None) -> None:
        """An order that skips it meets a warning at signing, which offers what is missing."""
        judged = clinic.judge(
            FACIAL_PAIN,
            *([MRI] if mri else []),
            drafts=["request: trigeminal-mvd, reason: trigeminal-neuralgia"],
            hook="order-sign",
        )
        assert judged.level("TN-35") == level
        assert level is None or judged.offers("TN-35") == ["Draft an order: brain MRI"]


class TestLimitedEvidence:
    """Therapies of limited evidence"""

    @examples(
        {"record": "After two drugs and the decompression failed", "level": "Card on stimulation"},
        [
            (None, None),
            ("procedure: trigeminal-percutaneous, status: not-done, because: reason-declined", "info"),
            ("procedure: trigeminal-percutaneous, status: not-done, because: reason-contraindicated", "info"),
            (ABLATED, "info"),
        ],
    )
    def test_last(self, clinic: Clinic, record: str | None, level: str | None) -> None:
        """They come when no established therapy is untried, not ruled out and not declined, and never as the next step."""
        judged = clinic.judge(FACIAL_PAIN, MRI, *BOTH, DECOMPRESSED, *([record] if record else []))
        assert judged.level("TN-09") == level
        assert level is None or judged.explanation("TN-09")["kind"] == "limited-evidence"
