"""Which resources count

A record becomes a *timeline*: dated events that count, each with its meaning. Evaluation is a pure function of the rules,
the timeline, the hook's context and `as_of`, the day of judgement. What was shown or answered before plays no part in it.
"""

from __future__ import annotations

from datetime import date, timedelta

from tests.spec.clinic import Clinic
from tests.spec.examples import examples
from tests.spec.raw import concept, item, request
from tests.spec.records import FACTS, ODD_DOSAGES, RESOURCES, UNREADABLE

ORDER = "order: carbamazepine, daily: 800 mg, from: 2026-03-01"


def ago(days: int) -> str:
    """The day so many days before the day of judgement."""
    return str(date(2026, 6, 15) - timedelta(days=days))


PAIN = "condition: trigeminal-neuralgia"
MIGRAINE = "condition: migraine"
MAO_INHIBITOR = "order: phenelzine, daily: 45 mg, from: 2026-06-01"
FAILED = f"{ORDER}, to: 2026-05-01, because: reason-no-effect"


class TestExamples:
    """The examples on this page

    Unless a row says otherwise, the day of judgement is 15 June 2026.
    """

    @examples(
        {
            "pathway": "Pathway",
            "therapy": "Drug",
            "dose": "Least dose a day (mg)",
            "held": "Days at it",
            "lasts": "Days in all",
        },
        [
            ("facial-pain", "carbamazepine", 600, 14, 28),
            ("facial-pain", "oxcarbazepine", 900, 14, 28),
            ("facial-pain", "baclofen", 30, 14, 28),
            ("facial-pain", "gabapentin", 900, 14, 28),
            ("headache", "gabapentin", 1200, 28, 56),
            ("headache", "topiramate", 100, 28, 56),
            ("headache", "amitriptyline", 25, 28, 56),
            ("back-pain", "gabapentin", 1800, 14, 28),
            ("back-pain", "pregabalin", 300, 14, 28),
            ("back-pain", "duloxetine", 60, 14, 28),
        ],
    )
    def test_standards(
        self, clinic: Clinic, pathway: str, therapy: str, dose: int, held: int, lasts: int
    ) -> None:
        """An adequate trial, as the small pathways of the examples have it. Each pathway judges a drug that it shares with
        others by its own dose and weeks."""

        def verdict(*, most: int, raised: int, began: int) -> str:
            low = f"order: {therapy}, daily: {most - 1} mg, from: {ago(began)}, to: {ago(raised)}"
            high = f"order: {therapy}, daily: {most} mg, from: {ago(raised)}"
            return clinic.judge(low, high).verdict(therapy, pathway=pathway)

        assert verdict(most=dose, raised=held, began=lasts) == "ongoing-adequate"
        assert verdict(most=dose, raised=held, began=lasts - 1) == "ongoing"
        assert verdict(most=dose, raised=held - 1, began=lasts) == "ongoing"
        assert verdict(most=dose - 1, raised=held, began=lasts) == "inadequate"


class TestEvaluation:
    """One record, one answer"""

    def test_the_order_of_resources_does_not_matter(self, clinic: Clinic) -> None:
        """The same record on the same day gives the same cards, in whatever order its resources come, and again and again."""
        record = [PAIN, FAILED, "order: oxcarbazepine, daily: 1200 mg, from: 2026-05-02"]
        once, reversed_ = clinic.judge(*record), clinic.judge(*reversed(record))
        assert once.fired == ["TN-05"]
        assert once.outcome.cards == reversed_.outcome.cards == clinic.judge(*record).outcome.cards


class TestOrders:
    """Orders: MedicationRequest"""

    @examples(
        {"status": "Status", "until": "Ordered until", "verdict": "Verdict of the trial"},
        [
            ("active", None, "ongoing-adequate"),
            ("on-hold", None, "unknown"),
            ("completed", "2026-05-01", "ended-unknown"),
            ("stopped", "2026-05-01", "ended-unknown"),
            ("cancelled", None, "not-tried"),
            ("draft", None, "not-tried"),
            ("unknown", None, "not-tried"),
            ("entered-in-error", None, "not-tried"),
        ],
    )
    def test_status(self, clinic: Clinic, status: str, until: str | None, verdict: str) -> None:
        """An active, completed, stopped or paused order is a trial of its drug. Nobody records since when an order has
        been on hold: how long that trial was is open."""
        end = f", to: {until}" if until else ""
        assert clinic.judge(f"{ORDER}{end}, status: {status}").verdict() == verdict

    @examples(
        {"intents": "Intent", "counts": "An order"},
        [
            (("order", "original-order", "reflex-order", "filler-order", "instance-order"), True),
            (("proposal", "plan", "option"), False),
        ],
    )
    def test_intent(self, clinic: Clinic, intents: tuple[str, ...], counts: bool) -> None:
        """What is only proposed, planned or an option is no order."""
        for intent in intents:
            expected = "ongoing-adequate" if counts else "not-tried"
            assert clinic.judge(f"{ORDER}, intent: {intent}").verdict() == expected

    def test_intent_not_intake(self, clinic: Clinic) -> None:
        """An order says what was meant to be taken, not what was: cards say "ordered", never "took"."""
        detail = clinic.judge(PAIN, FAILED).card("TN-05")["detail"]
        assert "| Therapy | Ordered |" in detail
        assert not {"took", "taken", "takes"} & set(detail.lower().split())

    @examples(
        {"because": "Reason of the cancelled order", "verdict": "Verdict", "reason": "Its reason"},
        [
            ("contraindicated", "ruled-out", "contraindicated"),
            ("allergy", "ruled-out", "allergy"),
            ("declined", "ruled-out", "declined"),
            ("cost-or-supply", "not-tried", None),
            ("no-effect", "not-tried", None),
        ],
    )
    def test_cancelled(self, clinic: Clinic, because: str, verdict: str, reason: str | None) -> None:
        """A cancelled order was never taken up. Only a coded contraindication, allergy or refusal says something: the drug
        is ruled out."""
        trial = clinic.judge(f"{ORDER}, status: cancelled, because: reason-{because}").trial()
        assert (trial.verdict, trial.reason) == (verdict, reason)

    @examples(
        {"words": "An order with doNotPerform", "verdict": "Verdict", "reason": "Its reason"},
        [
            ("status: active", "ruled-out", "avoid"),
            ("status: on-hold", "ruled-out", "avoid"),
            ("status: active, reason: reason-contraindicated", "ruled-out", "contraindicated"),
            ("status: stopped", "not-tried", None),
            ("status: entered-in-error", "not-tried", None),
        ],
    )
    def test_not_to_be_given(self, clinic: Clinic, words: str, verdict: str, reason: str | None) -> None:
        """An order *not* to give a drug is never use of it. While it stands the drug is ruled out, for the reason that it
        states."""
        trial = clinic.judge(f"order: carbamazepine, do_not_perform: true, from: 2026-03-01, {words}").trial()
        assert (trial.verdict, trial.reason) == (verdict, reason)

    def test_drafts(self, clinic: Clinic) -> None:
        """A draft counts only when the hook brings it along. It is what cards are about, and no part of the history."""
        judged = clinic.judge(PAIN, MAO_INHIBITOR, drafts=["order: carbamazepine"], hook="order-sign")
        draft = judged.finding("TN-25").draft
        assert draft is not None
        assert draft.reference == "MedicationRequest/draft-1"
        assert judged.verdict() == "not-tried"

    def test_a_draft_that_is_on_record_too(self, clinic: Clinic) -> None:
        """An order on record with the id of a draft is that draft, not history."""
        saved = f"{ORDER}, id: draft-1"
        assert clinic.judge(saved).verdict("carbamazepine") == "ongoing-adequate"
        judged = clinic.judge(saved, drafts=["order: carbamazepine"], hook="order-sign")
        assert judged.verdict() == "not-tried"


class TestUse:
    """Use: MedicationStatement, MedicationAdministration, MedicationDispense"""

    @examples(
        {"kind": "Resource", "statuses": "Status", "counts": "Use of the drug"},
        [
            ("MedicationStatement", ("active", "completed", "stopped", "on-hold"), True),
            ("MedicationStatement", ("intended", "not-taken", "unknown", "entered-in-error"), False),
            ("MedicationAdministration", ("in-progress", "completed", "stopped", "on-hold"), True),
            ("MedicationAdministration", ("not-done", "unknown", "entered-in-error"), False),
            ("MedicationDispense", ("completed",), True),
            ("MedicationDispense", ("preparation", "in-progress", "on-hold", "stopped", "cancelled"), False),
            ("MedicationDispense", ("declined", "unknown", "entered-in-error"), False),
        ],
    )
    def test_status(self, clinic: Clinic, kind: str, statuses: tuple[str, ...], counts: bool) -> None:
        """What a patient is said to take, was given or was handed out is use, as far as its status says that it came
        about."""
        written = {
            "MedicationStatement": "statement: carbamazepine, from: 2026-03-01",
            "MedicationAdministration": "administration: carbamazepine, at: 2026-03-01",
            "MedicationDispense": "dispense: carbamazepine, at: 2026-03-01, days: 30",
        }[kind]
        for status in statuses:
            assert (clinic.judge(f"{written}, status: {status}").verdict() != "not-tried") is counts

    @examples(
        {"what": "Resource and status", "because": "Reason", "verdict": "Verdict", "reason": "Its reason"},
        [
            ("MedicationStatement not-taken", "declined", "ruled-out", "declined"),
            ("MedicationStatement not-taken", None, "not-tried", None),
            ("MedicationAdministration not-done", "contraindicated", "ruled-out", "contraindicated"),
            ("MedicationAdministration not-done", "other", "not-tried", None),
            ("MedicationDispense declined", "allergy", "ruled-out", "allergy"),
            ("MedicationDispense cancelled", "cost-or-supply", "not-tried", None),
        ],
    )
    def test_never_came_about(
        self, clinic: Clinic, what: str, because: str | None, verdict: str, reason: str | None
    ) -> None:
        """The coded reason of what did not come about counts as that of a cancelled order does."""
        kind, status = what.split()
        why = [clinic.code(f"reason-{because}")] if because else []
        member = "statusReasonCodeableConcept" if kind == "MedicationDispense" else "statusReason"
        trial = clinic.judge(
            item(
                {
                    "resourceType": kind,
                    "status": status,
                    "medicationCodeableConcept": concept("2002"),
                    member: why[0] if why and kind == "MedicationDispense" else why or None,
                }
            )
        ).trial()
        assert (trial.verdict, trial.reason) == (verdict, reason)

    @examples(
        {"words": "On record of botulinum toxin", "verdict": "Verdict of the session"},
        [("order", "not-tried"), ("administration", "ended-unknown")],
    )
    def test_given(self, clinic: Clinic, words: str, verdict: str) -> None:
        """Use is stronger than an order. Where the pathway counts what was given, as it may for infusions and injections,
        an order alone is no session."""
        when = "from" if words == "order" else "at"
        session = f"{words}: onabotulinumtoxina, {when}: 2026-03-01, reason: trigeminal-neuralgia"
        assert clinic.judge(session).verdict("toxin") == verdict

    @examples(
        {"supplies": "Handed out, 30 days each, on", "verdict": "Verdict", "reason": "Its reason"},
        [
            (("2026-01-01", "2026-01-31", "2026-03-02"), "failed", "absent"),
            (("2026-01-01", "2026-03-02"), "inadequate", "not-adherent"),
            (("2026-02-15", "2026-03-17"), "failed", "absent"),
            ((), "failed", "absent"),
        ],
    )
    def test_adherence(
        self, clinic: Clinic, supplies: tuple[str, ...], verdict: str, reason: str | None
    ) -> None:
        """Dispenses tell of adherence. Where the pathway asks for it (here 80 % of the days), a trial for which too little
        was handed out is inadequate; dispenses that do not span the trial tell nothing of it."""
        ordered = (
            "order: topiramate, daily: 100 mg, from: 2026-01-01, to: 2026-04-01, because: reason-no-effect"
        )
        handed = [f"dispense: topiramate, at: {day}, days: 30" for day in supplies]
        trial = clinic.judge(ordered, *handed).trial("topiramate", pathway="headache")
        assert (trial.verdict, trial.reason) == (verdict, reason)


class TestProcedures:
    """Procedures"""

    @examples(
        {"status": "Status", "verdict": "Verdict of the procedure", "reason": "Its reason"},
        [
            ("completed", "failed", "absent"),
            ("in-progress", "ongoing", None),
            ("stopped", "inadequate", "abandoned"),
            ("not-done", "not-tried", None),
            ("preparation", "not-tried", None),
            ("on-hold", "not-tried", None),
            ("unknown", "unknown", "status-unknown"),
            ("entered-in-error", "not-tried", None),
        ],
    )
    def test_status(self, clinic: Clinic, status: str, verdict: str, reason: str | None) -> None:
        """A completed procedure was tried; here its recorded outcome is "unsuccessful". One that was stopped was attempted,
        and is never an adequate trial. Of one with status `unknown` nobody recorded whether it was done: that is no proof of
        it, and none of its absence."""
        outcome = "" if status == "in-progress" else ", outcome: outcome-unsuccessful"
        trial = clinic.judge(f"procedure: trigeminal-mvd, at: 2026-03-01, status: {status}{outcome}").trial(
            "decompression"
        )
        assert (trial.verdict, trial.reason) == (verdict, reason)

    @examples(
        {"status": "Status of an ablation of 1 June", "answer": "Ablated in the last 90 days"},
        [("completed", "yes"), ("unknown", "unknown"), ("stopped", "no"), ("in-progress", "no")],
    )
    def test_done(self, clinic: Clinic, status: str, answer: str) -> None:
        """Rules that ask whether something was done take only completed procedures for it."""
        judged = clinic.judge(
            MIGRAINE, f"procedure: trigeminal-percutaneous, at: 2026-06-01, status: {status}"
        )
        assert judged.answer("CM-09", "a recent ablation") == answer

    @examples(
        {"words": "Status and reason", "verdict": "Verdict of the procedure", "reason": "Its reason"},
        [
            ("status: not-done, because: reason-contraindicated", "ruled-out", "contraindicated"),
            ("status: not-done, because: reason-declined", "ruled-out", "declined"),
            ("status: stopped, because: reason-contraindicated", "ruled-out", "contraindicated"),
            ("status: stopped, complication: facial-sensory-loss", "not-tolerated", "intolerance"),
        ],
    )
    def test_reasons(self, clinic: Clinic, words: str, verdict: str, reason: str) -> None:
        """Why a procedure was not done or was stopped, and what harm came of it, is evidence as far as the pathway says."""
        trial = clinic.judge(f"procedure: trigeminal-mvd, at: 2026-03-01, {words}").trial("decompression")
        assert (trial.verdict, trial.reason) == (verdict, reason)


class TestDiagnoses:
    """Diagnoses: Condition"""

    @examples(
        {
            "statuses": "Clinical status",
            "now": "A rule about a current problem",
            "ever": "A rule about any time",
        },
        [
            (("active", "recurrence", "relapse", None), True, True),
            (("inactive", "remission", "resolved"), False, True),
        ],
    )
    def test_clinical_status(
        self, clinic: Clinic, statuses: tuple[str | None, ...], now: bool, ever: bool
    ) -> None:
        """A diagnosis is current when its clinical status says so or is absent; what is over counts only for rules that ask
        for any time."""
        for status in statuses:
            written = f"status: {status or 'null'}"
            judged = clinic.judge(
                MIGRAINE, f"condition: hypertension, {written}", f"condition: kidney-stone, {written}"
            )
            said = judged.says("CM-09")
            assert ("hypertension now" in said) is now
            assert ("a kidney stone at any time" in said) is ever

    @examples(
        {"status": "Verification status", "answer": "The patient has it"},
        [
            ("confirmed", "yes"),
            (None, "yes"),
            ("provisional", "unknown"),
            ("differential", "unknown"),
            ("unconfirmed", "unknown"),
            ("refuted", "no"),
            ("entered-in-error", "no"),
        ],
    )
    def test_verification(self, clinic: Clinic, status: str | None, answer: str) -> None:
        """A diagnosis that nobody has confirmed yet is unknown: not yes, and not no."""
        written = f"condition: hypertension, verification: {status or 'null'}"
        assert clinic.judge(MIGRAINE, written).answer("CM-09", "hypertension now") == answer

    @examples(
        {"status": "Verification of the pathway's diagnosis", "level": "Level of a warning"},
        [
            ("confirmed", "warning"),
            ("provisional", "info"),
            ("differential", "info"),
            ("unconfirmed", None),
            ("refuted", None),
        ],
    )
    def test_provisional(self, clinic: Clinic, status: str, level: str | None) -> None:
        """A provisional or differential diagnosis opens its pathway when a chart is opened: the card is info at most, and
        says "Provisional diagnosis"."""
        failed = (
            "order: topiramate, daily: 100 mg, from: 2026-01-01, to: 2026-04-01, because: reason-no-effect"
        )
        judged = clinic.judge(f"{MIGRAINE}, verification: {status}", failed)
        assert judged.fired == (["CM-03"] if level else [])
        if level:
            card = judged.card("CM-03")
            assert card["indicator"] == level
            assert ("Provisional diagnosis." in card["detail"]) is (level == "info")

    @examples(
        {"status": "Verification", "own": "A rule of the pathway", "general": "A rule for any patient"},
        [("confirmed", True, True), ("provisional", False, True), ("differential", False, True)],
    )
    def test_provisional_on_orders(self, clinic: Clinic, status: str, own: bool, general: bool) -> None:
        """When an order is written it opens nothing: only rules for any patient answer."""
        judged = clinic.judge(
            f"{PAIN}, verification: {status}",
            "condition: av-block-2-3",
            MAO_INHIBITOR,
            drafts=["order: carbamazepine"],
            hook="order-sign",
        )
        found = [f for finding in judged.outcome.evaluation.findings for f in (finding, *finding.also)]
        assert ("TN-25" in {f.card for f in found}) is own
        assert ("TN-33" in {f.card for f in found}) is general


class TestAllergies:
    """Allergies: AllergyIntolerance"""

    @examples(
        {"words": "On record", "verdict": "Verdict", "reason": "Its reason"},
        [
            ("kind: allergy", "ruled-out", "allergy"),
            ("kind: intolerance", "ruled-out", "intolerance"),
            ("kind: intolerance, criticality: low", "ruled-out", "intolerance"),
            ("status: null", "ruled-out", "allergy"),
            ("status: inactive", "not-tried", None),
            ("status: resolved", "not-tried", None),
            ("verification: unconfirmed", "ruled-out", "allergy"),
            ("verification: refuted", "not-tried", None),
            ("verification: entered-in-error", "not-tried", None),
        ],
    )
    def test_status(self, clinic: Clinic, words: str, verdict: str, reason: str | None) -> None:
        """An active allergy or intolerance that is not refuted rules the drug out, named as what it is."""
        trial = clinic.judge(f"allergy: carbamazepine, {words}").trial()
        assert (trial.verdict, trial.reason) == (verdict, reason)

    def test_low_criticality(self, clinic: Clinic) -> None:
        """One of low criticality counts too, and is shown as such."""
        trial = clinic.judge("allergy: carbamazepine, kind: intolerance, criticality: low").trial()
        assert [e.says for e in trial.evidence] == [
            "intolerance to carbamazepine on record (low criticality)"
        ]

    @examples(
        {"allergen": "Allergy to", "verdict": "Verdict of amitriptyline"},
        [
            ("amitriptyline", "ruled-out"),
            ("ATC N06AA (all tricyclics)", "ruled-out"),
            ("nortriptyline", "not-tried"),
        ],
    )
    def test_classes(self, clinic: Clinic, allergen: str, verdict: str) -> None:
        """An allergy that is coded to a class as such rules out every drug of it. An allergy to one drug says nothing of
        another of its class."""
        judged = clinic.judge(f"allergy: {allergen.partition(' (')[0]}")
        assert judged.verdict("amitriptyline", pathway="headache") == verdict


class TestFacts:
    """Results, reports, requests, devices and visits"""

    @examples(
        {"kind": "Resource", "statuses": "Status", "counts": "Counts"},
        [
            ("Observation", ("final", "amended", "corrected"), True),
            ("Observation", ("registered", "preliminary", "cancelled", "unknown", "entered-in-error"), False),
            ("DiagnosticReport", ("final", "amended", "corrected", "appended"), True),
            ("DiagnosticReport", ("registered", "partial", "preliminary"), False),
            ("DiagnosticReport", ("cancelled", "unknown", "entered-in-error"), False),
            ("ImagingStudy", ("available",), True),
            ("ImagingStudy", ("registered", "cancelled", "unknown", "entered-in-error"), False),
            ("ServiceRequest", ("active", "on-hold", "completed"), True),
            ("ServiceRequest", ("draft", "revoked", "unknown", "entered-in-error"), False),
            ("Device", ("active", "unknown", None), True),
            ("Device", ("inactive", "entered-in-error"), False),
            ("Encounter", ("arrived", "triaged", "in-progress", "onleave", "finished"), True),
            ("Encounter", ("planned", "cancelled", "unknown", "entered-in-error"), False),
        ],
    )
    def test_status(self, clinic: Clinic, kind: str, statuses: tuple[str | None, ...], counts: bool) -> None:
        """What prerequisites and contraindications ask for counts once it is settled."""
        written, says = FACTS[kind]
        for status in statuses:
            judged = clinic.judge(MIGRAINE, f"{written}, status: {status or 'null'}")
            assert judged.says("CM-04", "CM-09") == ([says] if counts else [])

    @examples(
        {"intents": "Intent of a ServiceRequest", "counts": "Counts"},
        [
            (("order", "original-order", "reflex-order", "filler-order", "instance-order"), True),
            (("directive",), True),
            (("proposal", "plan", "option"), False),
        ],
    )
    def test_intent(self, clinic: Clinic, intents: tuple[str, ...], counts: bool) -> None:
        """A service is ordered by the same intents as a drug, and by a directive."""
        for intent in intents:
            judged = clinic.judge(MIGRAINE, f"request: physical-therapy, at: 2026-05-01, intent: {intent}")
            assert judged.says("CM-09") == (["physical therapy"] if counts else [])


class TestWhoseRecord:
    """Whose record it is"""

    @examples(
        {"kinds": "Resources with another patient as subject"},
        [
            (("MedicationRequest", "MedicationStatement", "MedicationAdministration", "MedicationDispense"),),
            (("Procedure", "Condition", "AllergyIntolerance"),),
            (("Observation", "DiagnosticReport", "ImagingStudy"),),
            (("ServiceRequest", "Device", "Encounter"),),
        ],
    )
    def test_another_patient(self, clinic: Clinic, kinds: tuple[str, ...]) -> None:
        """A resource of another patient is discarded, and counted. Two patients are never mixed."""
        alone = clinic.judge(PAIN, MIGRAINE)
        for kind in kinds:
            judged = clinic.judge(PAIN, MIGRAINE, f"{RESOURCES[kind]}, of_other_patient: true")
            assert judged.foreign == 1, kind
            assert judged.fired == alone.fired, kind
            assert judged.trials == alone.trials, kind

    @examples(
        {"subject": "subject"},
        [
            ("Patient/case",),
            ("https://fhir.example.org/r4/Patient/case",),
            ("Patient/case/_history/3",),
            ("only a display",),
            (None,),
        ],
    )
    def test_the_patient(self, clinic: Clinic, subject: str | None) -> None:
        """A reference may be written in any way that FHIR allows. A resource that names no subject came with the patient's
        own data, and counts."""
        written = {"display": "Rosa"} if subject == "only a display" else {"reference": subject}
        found = clinic.judge(request(subject=written if subject else {}))
        assert found.verdict() != "not-tried"
        assert found.foreign == 0


class TestUnreadable:
    """What cannot be read"""

    @examples(
        {
            "written": "Sent",
            "kind": "Type",
            "drug": "Verdict of a drug",
            "operation": "Verdict of an operation",
        },
        [
            ("an order of carbamazepine without a status", "MedicationRequest", "unknown", "not-tried"),
            ("an order of carbamazepine with status perhaps", "MedicationRequest", "unknown", "not-tried"),
            ("an order of carbamazepine without an intent", "MedicationRequest", "unknown", "not-tried"),
            ("an order of nothing", "MedicationRequest", "unknown", "not-tried"),
            ("an order of a drug that cannot be found", "MedicationRequest", "unknown", "not-tried"),
            ("a statement of carbamazepine without a status", "MedicationStatement", "unknown", "not-tried"),
            ("a decompression without a status", "Procedure", "not-tried", "unknown"),
        ],
    )
    def test_costs_itself_only(
        self, clinic: Clinic, written: str, kind: str, drug: str, operation: str
    ) -> None:
        """A resource that cannot be read costs that resource only. It is counted, and while it stands nothing of its type
        can be called "never tried"."""
        judged = clinic.judge(UNREADABLE[written], "order: oxcarbazepine, daily: 1200 mg, from: 2026-03-01")
        assert judged.unreadable == {kind: 1}
        assert judged.verdict("carbamazepine") == drug
        assert judged.verdict("decompression") == operation
        assert judged.verdict("oxcarbazepine") == "ongoing-adequate"

    def test_says_what_would_settle_it(self, clinic: Clinic) -> None:
        """The verdict says which type would have to be read."""
        (missing,) = clinic.judge(UNREADABLE["an order of nothing"]).trial("carbamazepine").missing
        assert missing.what == "whether carbamazepine was ever tried"
        assert missing.settled_by == "reading MedicationRequest"

    def test_what_no_rule_knows(self, clinic: Clinic) -> None:
        """What no rule asks about, and what is not there by its status, may be as odd as it likes."""
        eye_drops = request(id="drops", status=None, medicationCodeableConcept={"text": "eye drops"})
        mistake = request(status="entered-in-error", medicationCodeableConcept=None)
        for written in (eye_drops, mistake):
            judged = clinic.judge(written)
            assert judged.unreadable == {}
            assert judged.verdict() == "not-tried"

    @examples(
        {"sent": "Sent: 400 mg twice a day, but …", "dose": "Read as a daily dose of"},
        [
            ("the 400 is a text", "800 mg"),
            ("one dosage stands where a list is due", "800 mg"),
            ("the timing is a list", "800 mg"),
            ("the code of the timing is a plain text", "800 mg"),
            ("the dose is a plain 400", "unknown: unit of the dose is not recorded"),
            ("the timing is a plain text", "unknown: how often is not recorded"),
            ("the dosage is a plain text", "unknown: dose is not recorded"),
        ],
    )
    def test_reading_is_lenient(self, clinic: Clinic, sent: str, dose: str) -> None:
        """Reading is lenient where the meaning stays the same, and only there: a number as text and the reverse, one value
        where a list is due and the reverse, a plain text where a code, a reference or a note is due, a plain number where a
        quantity is. Any other element of the wrong shape is left out, alone."""
        judged = clinic.judge(request(dosageInstruction=ODD_DOSAGES[sent]))
        assert judged.unreadable == {}
        assert judged.dose() == dose

    @examples(
        {"member": "A plain text as", "text": "Text", "counts": "The order counts"},
        [
            ("subject", "Patient/case", True),
            ("subject", "Patient/someone-else", False),
            ("medicationCodeableConcept", "carbamazepine", True),
            ("medicationCodeableConcept", "paracetamol", False),
            ("status", "stopped", True),
        ],
    )
    def test_plain_texts(self, clinic: Clinic, member: str, text: str, counts: bool) -> None:
        """What was read leniently decides as if it had been sent as it should be."""
        assert (clinic.judge(request(**{member: text})).verdict() != "not-tried") is counts
