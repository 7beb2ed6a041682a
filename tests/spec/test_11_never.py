"""What the service never does

These hold for every rule of every pathway; here each is shown with a few patients.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.spec.clinic import FACIAL_PAIN, Clinic
from tests.spec.examples import examples
from tests.spec.items import ended, failed
from tests.spec.service import Answer, Service

SIGN = "order-sign"
AGAIN = "order: carbamazepine, reason: trigeminal-neuralgia"
BOTH = (failed("carbamazepine"), failed("oxcarbazepine"))
MRI = "report: brain-mri, at: 2026-05-01, conclusion: normal"
DECOMPRESSED = "procedure: trigeminal-mvd, at: 2026-01-10, outcome: outcome-unsuccessful"
ABLATED = "procedure: trigeminal-percutaneous, at: 2026-01-10, outcome: outcome-unsuccessful"
PATIENTS: dict[str, tuple[str, ...]] = {
    "nothing tried": (),
    "one drug failed": (failed(),),
    "two drugs failed": BOTH,
    "two drugs failed, MRI there": (*BOTH, MRI),
    "a tumour": ("condition: secondary-tn-tumour",),
    "heart block": ("condition: av-block-2-3",),
}


@pytest.fixture
def answers(service: Service) -> list[Answer]:
    """All patients at patient-view, and with carbamazepine to be signed."""
    views = [service.call(FACIAL_PAIN, *history) for history in PATIENTS.values()]
    return views + [service.call(FACIAL_PAIN, *h, drafts=[AGAIN], hook=SIGN) for h in PATIENTS.values()]


def _actions(answers: list[Answer]) -> Iterator[Mapping[str, Any]]:
    for answer in answers:
        for card in answer.cards:
            for suggestion in card.get("suggestions", ()):
                yield from suggestion["actions"]


class TestActs:
    """It never acts by itself"""

    def test_no_system_actions(self, answers: list[Answer]) -> None:
        """It never orders, changes or deletes: an answer has cards and no systemActions."""
        assert {member for answer in answers for member in answer.document} <= {"cards", "extension"}

    def test_drafts_only(self, answers: list[Answer]) -> None:
        """What a suggestion creates is a draft and a proposal; to sign it is the clinician's act."""
        created = [a["resource"] for a in _actions(answers) if a["type"] == "create"]
        assert len(created) >= 5
        assert {(order["status"], order["intent"]) for order in created} == {("draft", "proposal")}

    def test_deletes_the_draft_only(self, answers: list[Answer]) -> None:
        """What a suggestion deletes is the draft that the card is about."""
        deleted = [a["resourceId"] for a in _actions(answers) if a["type"] == "delete"]
        assert set(deleted) == {"MedicationRequest/draft-1"}

    def test_stopping_changes_the_status_only(self, clinic: Clinic) -> None:
        """A suggestion to stop another order changes its status and nothing else."""
        judged = clinic.judge(
            FACIAL_PAIN, "order: oxcarbazepine, daily: 300 mg, from: 2026-05-01", drafts=[AGAIN], hook=SIGN
        )
        (update,) = [
            action
            for suggestion in judged.card("TN-32")["suggestions"]
            for action in suggestion["actions"]
            if action["type"] == "update"
        ]
        order = next(r for r in judged.outcome.built.resources if r["id"] == "oxcarbazepine")
        assert update["resource"] == {**order, "status": "stopped"}


class TestSays:
    """It never says more than it knows"""

    @examples(
        {
            "record": "Carbamazepine ended after 60 days at 800 mg",
            "sure": "Certainty of the card on its repeat",
        },
        [
            ("coded reason: no effect", "documented"),
            ("note: no benefit", "inferred"),
            ("known by its name, coded reason: no effect", "inferred"),
        ],
    )
    def test_inferred(self, clinic: Clinic, record: str, sure: str) -> None:
        """It never presents what is inferred as documented: a card is as sure as the weakest thing that it rests on."""
        order = {
            "coded reason: no effect": failed(),
            "note: no benefit": ended(note="no benefit"),
            "known by its name, coded reason: no effect": failed().replace(
                "order: carbamazepine", "order: {text: carbamazepine}"
            ),
        }[record]
        judged = clinic.judge(FACIAL_PAIN, order, drafts=[AGAIN], hook=SIGN)
        assert judged.explanation("TN-20")["certainty"] == sure
        assert ("[inferred]" in judged.card("TN-20")["detail"]) is (sure == "inferred")

    def test_reason(self, answers: list[Answer]) -> None:
        """It never drops the reason for a card: each cites resources of this record, and shows what they say."""
        cards = [card for answer in answers for card in answer.cards]
        assert len(cards) >= 10
        for card in cards:
            evidence = card["extension"]["org.cds-service.explanation"]["evidence"]
            assert evidence
            assert all("/" in e["reference"] and e["says"] for e in evidence)


class TestPatients:
    """It never mixes two patients"""

    @examples(
        {"record": "Of another patient, sent with this one's record", "hook": "Hook"},
        [
            (failed(), "patient-view"),
            (failed(), SIGN),
            ("allergy: carbamazepine, reaction: anaphylaxis", SIGN),
            ("condition: av-block-2-3", SIGN),
            ("condition: secondary-tn-tumour", "patient-view"),
            (DECOMPRESSED, "patient-view"),
        ],
    )
    def test_discarded(self, clinic: Clinic, record: str, hook: str) -> None:
        """A resource whose subject is somebody else is discarded, and counted."""
        drafts = [AGAIN] if hook == SIGN else []
        alone = clinic.judge(FACIAL_PAIN, drafts=drafts, hook=hook)
        mixed = clinic.judge(FACIAL_PAIN, f"{record}, of_other_patient: true", drafts=drafts, hook=hook)
        assert (mixed.fired, mixed.outcome.records.foreign) == (alone.fired, 1)

    def test_no_memory(self, service: Service) -> None:
        """Nothing of one call is left for the next: the same patient gets the same answer whoever was asked about between."""
        first = service.call(FACIAL_PAIN, failed())
        service.call(FACIAL_PAIN, failed("oxcarbazepine"), "condition: secondary-tn-tumour")
        assert service.call(FACIAL_PAIN, failed()) == first


class TestRecommends:
    """What it never recommends"""

    @examples(
        {"record": "On record", "never": "Never offered"},
        [
            ("allergy: oxcarbazepine", "oxcarbazepine"),
            ("order: oxcarbazepine, do_not_perform: true", "oxcarbazepine"),
            ("order: baclofen, status: cancelled, because: reason-declined", "baclofen"),
            ("condition: av-block-2-3", "carbamazepine"),
        ],
    )
    def test_ruled_out(self, clinic: Clinic, record: str, never: str) -> None:
        """It never recommends a therapy that the same record rules out, on whatever card."""
        views = [clinic.judge(FACIAL_PAIN, *history, record) for history in PATIENTS.values()]
        signs = [
            clinic.judge(FACIAL_PAIN, *history, record, drafts=[draft], hook=SIGN)
            for history in PATIENTS.values()
            for draft in (
                AGAIN,
                "order: oxcarbazepine",
                "order: baclofen",
                "request: trigeminal-percutaneous",
            )
        ]
        offers = [
            label for judged in (*views, *signs) for card in judged.fired for label in judged.offers(card)
        ]
        orders = {f"Draft an order: {never}", f"Replace by {never}"}
        assert offers
        assert not orders.intersection(offers)

    @examples(
        {
            "left": "Every established therapy failed, except",
            "card": "Card on the therapy of limited evidence",
        },
        [
            (None, True),
            ("carbamazepine and oxcarbazepine", False),
            ("oxcarbazepine", False),
            ("decompression", False),
            ("ablation", False),
        ],
    )
    def test_limited_evidence(self, clinic: Clinic, left: str | None, card: bool) -> None:
        """Nor one of limited evidence while an established one is left that is untried and not ruled out."""
        tried = {
            "carbamazepine": failed(),
            "oxcarbazepine": failed("oxcarbazepine"),
            "decompression": DECOMPRESSED,
            "ablation": ABLATED,
        }
        kept = [item for name, item in tried.items() if name not in (left or "")]
        assert ("TN-09" in clinic.judge(FACIAL_PAIN, *kept).fired) is card
