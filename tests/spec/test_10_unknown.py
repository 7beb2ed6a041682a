"""Unknown is not no

Every question has one of three answers: met, not met, or unknown because something is missing. What could not be read is
missing; it is never taken for absent.
"""

from __future__ import annotations

import logging

import pytest

from cds_service.evaluate import engine
from cds_service.evaluate.asking import Asker
from cds_service.evaluate.case import Case
from cds_service.evaluate.firing import Outcome, fire
from cds_service.evaluate.population import Membership
from cds_service.ruleset.ruleset import Rule
from tests.spec.clinic import FACIAL_PAIN, Clinic
from tests.spec.examples import examples
from tests.spec.items import ended, failed
from tests.spec.service import Service

SIGN = "order-sign"
AGAIN = "order: carbamazepine, reason: trigeminal-neuralgia"
BOTH = (failed("carbamazepine"), failed("oxcarbazepine"))
MRI = "report: brain-mri, at: 2026-05-01, conclusion: normal"
UNREADABLE = "resource: {{resourceType: {type}, status: true, clinicalStatus: true, code: true}}"


class TestThreeAnswers:
    """Three answers"""

    @examples(
        {
            "second": "After carbamazepine failed: oxcarbazepine",
            "answer": "Two drugs did not work out",
            "missing": "Missing",
        },
        [
            ("failed", "met", None),
            ("never ordered", "not met", None),
            ("ran for 20 days", "not met", None),
            ("no effect, dose not recorded", "unknown", "dose of oxcarbazepine: dose is not recorded"),
            ("no effect, from 10 January to some day in January", "not met", None),
            (
                "no effect, from some day in January to some day in February",
                "unknown",
                "exact dates of oxcarbazepine",
            ),
        ],
    )
    def test_answers(self, clinic: Clinic, second: str, answer: str, missing: str | None) -> None:
        """An answer that is unknown names the datum that would settle it; a card that asks for it does not come."""
        dose = "order: oxcarbazepine, daily: 1200 mg, because: reason-no-effect"
        record = {
            "failed": [failed("oxcarbazepine")],
            "never ordered": [],
            "ran for 20 days": [ended("oxcarbazepine", daily="1200 mg", days=20, because="reason-no-effect")],
            "no effect, dose not recorded": [ended("oxcarbazepine", daily=None, because="reason-no-effect")],
            "no effect, from 10 January to some day in January": [f"{dose}, from: 2026-01-10, to: 2026-01"],
            "no effect, from some day in January to some day in February": [
                f"{dose}, from: 2026-01, to: 2026-02"
            ],
        }[second]
        judged = clinic.judge(FACIAL_PAIN, failed(), *record)
        came, open_ = "TN-10" in judged.fired, judged.undecided("TN-10")
        assert {"met": (True, False), "not met": (False, False), "unknown": (False, True)}[answer] == (
            came,
            bool(open_),
        )
        assert missing is None or missing in open_

    @examples(
        {"one": "One", "other": "Other", "both": "Both", "either": "Either"},
        [
            ("met", "met", "met", "met"),
            ("met", "not met", "not met", "met"),
            ("met", "unknown", "unknown", "met"),
            ("not met", "not met", "not met", "not met"),
            ("not met", "unknown", "not met", "unknown"),
            ("unknown", "unknown", "unknown", "unknown"),
        ],
    )
    def test_joined(self, clinic: Clinic, one: str, other: str, both: str, either: str) -> None:
        """Criteria are joined so that what is missing matters only where it could change the answer.

        Here the criteria are that decompression and that ablation failed: the third step asks for both, a card for either.
        """
        outcomes = {
            "met": "outcome-unsuccessful",
            "not met": "outcome-successful",
            "unknown": "outcome-partial",
        }
        judged = clinic.judge(
            FACIAL_PAIN,
            f"procedure: trigeminal-mvd, at: 2026-01-10, outcome: {outcomes[one]}",
            f"procedure: trigeminal-percutaneous, at: 2026-01-10, outcome: {outcomes[other]}",
        )
        step = next(s for s in judged.outcome.engine.ladder("facial-pain") if s.step == "operation")
        assert {"yes": "met", "no": "not met", "unknown": "unknown"}[step.passed] == both
        came, open_ = "TN-12" in judged.fired, bool(judged.undecided("TN-12"))
        assert {(True, False): "met", (False, False): "not met", (False, True): "unknown"}[
            came, open_
        ] == either


class TestAbsence:
    """Absence must be proven

    "No drug was ever ordered" is a card about absence. It comes only from a record that was read whole.
    """

    @examples(
        {"trouble": "Trouble", "card": "The card comes"},
        [
            ("none", True),
            ("a search of statements that failed", False),
            ("a second page of orders that could not be had", False),
            ("an order that cannot be read", False),
            ("no access to statements", False),
            ("an observation that cannot be read", True),
            ("no access to reports", True),
        ],
    )
    def test_never_tried(self, service: Service, trouble: str, card: bool) -> None:
        """A failed search, a page that could not be had, an unreadable resource or a type without access makes it unprovable.

        Trouble with a type in which no order could stand leaves it provable.
        """
        match trouble:
            case "a search of statements that failed":
                answer = service.call(FACIAL_PAIN, failed=["MedicationStatement"])
            case "a second page of orders that could not be had":
                answer = service.call(FACIAL_PAIN, next_page=["MedicationRequest"])
            case "an order that cannot be read":
                answer = service.call(FACIAL_PAIN, UNREADABLE.format(type="MedicationRequest"))
            case "no access to statements":
                answer = service.call(FACIAL_PAIN, left_out=["MedicationStatement"])
            case "an observation that cannot be read":
                answer = service.call(FACIAL_PAIN, UNREADABLE.format(type="Observation"))
            case "no access to reports":
                answer = service.call(FACIAL_PAIN, left_out=["DiagnosticReport"])
            case _:
                answer = service.call(FACIAL_PAIN)
        assert ("TN-02" in answer.ids) is card


class TestRequired:
    """Which data are required"""

    @examples(
        {"kind": "Can be had neither from prefetch nor from a FHIR server", "status": "Answer"},
        [
            ("Condition", 412),
            ("MedicationRequest", 412),
            ("Procedure", 412),
            ("Patient", 200),
            ("AllergyIntolerance", 200),
            ("Observation", 200),
            ("MedicationStatement", 200),
            ("MedicationAdministration", 200),
            ("MedicationDispense", 200),
            ("DiagnosticReport", 200),
        ],
    )
    def test_types(self, service: Service, kind: str, status: int) -> None:
        """Diagnoses, orders and procedures are required: without one of them there is no answer. All else is optional."""
        assert service.call(FACIAL_PAIN, left_out=[kind]).status == status

    @examples(
        {"sent": "Prefetch of orders", "status": "Answer"},
        [("an empty list", 200), ("an error of the server", 412), ("nothing", 412)],
    )
    def test_empty(self, service: Service, sent: str, status: int) -> None:
        """An empty list is an answer; an error is none."""
        failing = ["MedicationRequest"] if sent == "an error of the server" else []
        absent = ["MedicationRequest"] if sent == "nothing" else []
        assert service.call(FACIAL_PAIN, failed=failing, left_out=absent).status == status


class TestIncomplete:
    """Answers that are incomplete

    Silence after a failed read must never look like "all clear".
    """

    @examples(
        {"unread": "Could not be read", "cards": "Cards", "rules": "Rules left open"},
        [
            (None, ("TN-06", "TN-05", "TN-10"), ()),
            ("DiagnosticReport", ("TN-05", "TN-10"), ("TN-01", "TN-06")),
            ("Observation", ("TN-06", "TN-05", "TN-10"), ()),
        ],
    )
    def test_cards(
        self, service: Service, unread: str | None, cards: tuple[str, ...], rules: tuple[str, ...]
    ) -> None:
        """Rules that need what was not read become unknown, and every card of the answer says what could not be read."""
        answer = service.call(FACIAL_PAIN, MRI, *BOTH, failed=[unread] if unread else [])
        assert tuple(answer.ids) == cards
        endings = {card["detail"].split("\n\n")[-1] for card in answer.cards}
        if unread:
            assert endings == {f"Could not be read: {unread}."}
            assert answer.incomplete == {"types": [unread]} | ({"rules": list(rules)} if rules else {})
        else:
            assert answer.incomplete is None

    def test_no_cards(self, service: Service) -> None:
        """An answer without cards says so too, in `extension["org.cds-service.incomplete"]`."""
        answer = service.call(FACIAL_PAIN, drafts=[AGAIN], hook=SIGN, failed=["AllergyIntolerance"])
        assert answer.cards == []
        assert answer.incomplete == {"types": ["AllergyIntolerance"], "rules": ["TN-21"]}

    def test_complete(self, service: Service) -> None:
        """A complete answer without cards carries nothing else."""
        assert service.call(FACIAL_PAIN, drafts=[AGAIN], hook=SIGN).document == {"cards": []}

    def test_counted(self, service: Service) -> None:
        """Incomplete answers are counted, by type and by rule."""
        service.call(FACIAL_PAIN, drafts=[AGAIN], hook=SIGN, failed=["AllergyIntolerance"])
        metrics = service.get("/metrics")
        assert 'cds_incomplete_answers_total{type="AllergyIntolerance"} 1.0' in metrics
        assert 'cds_incomplete_rules_total{rule="TN-21"} 1.0' in metrics

    def test_unreadable(self, service: Service) -> None:
        """A resource that cannot be read costs that resource only; its type is named as not read whole."""
        answer = service.call(FACIAL_PAIN, failed(), UNREADABLE.format(type="MedicationRequest"))
        assert answer.ids == ["TN-05"]
        assert answer.incomplete is not None
        assert answer.incomplete["types"] == ["MedicationRequest"]


class TestBrokenRule:
    """A rule that breaks"""

    @pytest.fixture(autouse=True)
    def _broken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def breaks(rule: Rule, case: Case, member: Membership, asker: Asker) -> Outcome:
            if rule.id == "TN-10":
                raise ZeroDivisionError("said by the record")
            return fire(rule, case, member, asker)

        monkeypatch.setattr(engine, "fire", breaks)

    def test_alone(self, service: Service) -> None:
        """It yields no card and does not stop the others; the answer names it."""
        answer = service.call(FACIAL_PAIN, MRI, *BOTH)
        assert answer.ids == ["TN-06", "TN-05"]
        assert answer.incomplete == {"rules": ["TN-10"]}

    def test_shown(self, service: Service, caplog: pytest.LogCaptureFixture) -> None:
        """It shows in metrics, log and health."""
        with caplog.at_level(logging.ERROR):
            service.call(FACIAL_PAIN, MRI, *BOTH)
        assert 'cds_rule_failures_total{rule="TN-10"} 1.0' in service.get("/metrics")
        assert [vars(r)["rule"] for r in caplog.records if r.message == "rule broke"] == ["TN-10"]
        assert '"brokenRules":[{"rule":"TN-10","times":1}]' in service.get("/readyz")
