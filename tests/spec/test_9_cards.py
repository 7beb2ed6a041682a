"""Findings and cards

A rule that holds for a patient is a finding; a finding becomes a card. A rule is one card id with its variants: version,
content hash, status and feedback belong to it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from cds_service.ruleset.ruleset import Ruleset
from tests.spec.clinic import BACK_PAIN, FACIAL_PAIN, Clinic
from tests.spec.examples import examples
from tests.spec.items import ended, failed
from tests.spec.service import Service, running

SIGN = "order-sign"
AGAIN = "order: carbamazepine, reason: trigeminal-neuralgia"
BOTH = (failed("carbamazepine"), failed("oxcarbazepine"))
MRI = "report: brain-mri, at: 2026-05-01, conclusion: normal"
HEART_BLOCK = "condition: av-block-2-3"
LOW_SODIUM = "condition: hyponatraemia"
TUMOUR = "condition: secondary-tn-tumour"
BLEED = "condition: gi-bleed-or-ulcer"
INFARCTION = "condition: myocardial-infarction"
ORDERS = (
    "order: carbamazepine",
    "order: ketamine",
    "order: ibuprofen",
    "order: nortriptyline",
    "order: methylprednisolone",
    "request: SNOMED 231412001",
    "request: CPT 63685",
    "request: mri-lumbar",
)
SITUATIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "carbamazepine failed": ((failed(),), ()),
    "two drugs failed, no MRI": (BOTH, ()),
    "two drugs failed": (BOTH, ()),
    "decompression, no MRI": ((), ("request: trigeminal-mvd, reason: trigeminal-neuralgia",)),
    "the last trial was too short": ((ended(days=20),), ()),
    "a drug that failed": ((failed(),), (AGAIN,)),
    "ablation, nothing tried": ((), ("request: trigeminal-percutaneous",)),
    "a drug after anaphylaxis to it": (("allergy: carbamazepine, reaction: anaphylaxis",), (AGAIN,)),
    "a drug after a mild allergy": (("allergy: carbamazepine, criticality: low",), (AGAIN,)),
    "carbamazepine beside phenelzine": (("order: phenelzine, from: 2026-05-01",), (AGAIN,)),
    "carbamazepine beside oxcarbazepine": (("order: oxcarbazepine, from: 2026-05-01",), (AGAIN,)),
    "morphine": ((), ("order: morphine, reason: trigeminal-neuralgia",)),
    "every step passed": (
        (
            *BOTH,
            "procedure: trigeminal-mvd, at: 2026-01-10, outcome: outcome-unsuccessful",
            "procedure: trigeminal-percutaneous, at: 2026-01-10, outcome: outcome-unsuccessful",
        ),
        (),
    ),
    "a tumour": ((TUMOUR,), ()),
    "a tumour, any order": ((TUMOUR,), ("order: ibuprofen",)),
}


class TestKinds:
    """Kinds

    A kind says what a card is for. It classifies cards and makes none.
    """

    @examples(
        {
            "kind": "Kind",
            "hook": "Hook",
            "situation": "Facial pain, and (on order hooks) ordered",
            "indicator": "Indicator",
            "offers": "Offers",
        },
        [
            ("next-step", "patient-view", "carbamazepine failed", "info", ("Draft an order: oxcarbazepine",)),
            (
                "missing-prerequisite",
                "patient-view",
                "two drugs failed, no MRI",
                "info",
                ("Draft an order: brain MRI",),
            ),
            (
                "missing-prerequisite",
                SIGN,
                "decompression, no MRI",
                "warning",
                ("Draft an order: brain MRI",),
            ),
            (
                "reassess",
                "patient-view",
                "the last trial was too short",
                "info",
                ("Review: dose and adherence",),
            ),
            (
                "repeat-of-failed",
                SIGN,
                "a drug that failed",
                "warning",
                ("Remove the draft order: carbamazepine", "Replace by oxcarbazepine"),
            ),
            (
                "skipped-step",
                SIGN,
                "ablation, nothing tried",
                "warning",
                ("Draft an order: carbamazepine",),
            ),
            (
                "contraindication",
                SIGN,
                "a drug after anaphylaxis to it",
                "critical",
                ("Remove the draft order: carbamazepine", "Replace by oxcarbazepine"),
            ),
            (
                "contraindication",
                SIGN,
                "a drug after a mild allergy",
                "warning",
                ("Remove the draft order: carbamazepine", "Replace by oxcarbazepine"),
            ),
            (
                "interaction",
                SIGN,
                "carbamazepine beside phenelzine",
                "critical",
                ("Remove the draft order: carbamazepine",),
            ),
            (
                "duplicate",
                SIGN,
                "carbamazepine beside oxcarbazepine",
                "warning",
                ("Remove the draft order: carbamazepine", "Stop oxcarbazepine instead"),
            ),
            ("limited-evidence", SIGN, "morphine", "info", ()),
            ("limited-evidence", "patient-view", "every step passed", "info", ()),
            ("red-flag", "patient-view", "a tumour", "critical", ("Draft an order: urgent brain MRI",)),
            ("red-flag", SIGN, "a tumour, any order", "critical", ("Draft an order: urgent brain MRI",)),
            (
                "supportive-care",
                "patient-view",
                "two drugs failed",
                "info",
                ("Draft an order: pain clinic referral",),
            ),
        ],
    )
    def test_kinds(
        self, clinic: Clinic, kind: str, hook: str, situation: str, indicator: str, offers: tuple[str, ...]
    ) -> None:
        """Each kind has its moment, its usual urgency and its kind of offer."""
        history, drafts = SITUATIONS[situation]
        judged = clinic.judge(FACIAL_PAIN, *history, drafts=drafts, hook=hook)
        (card,) = [f.card for f in judged.outcome.evaluation.findings if f.kind == kind]
        assert judged.card(card)["indicator"] == indicator
        assert tuple(judged.offers(card)) == offers

    def test_index(self, project: Clinic) -> None:
        """In the real pathways every rule is a card of the card index, with the hooks, kind, scope and indicators given there."""
        rules = project.rules
        assert len(rules.by_id) == 147
        for rule in rules.rules:
            row = rules.index[rule.id]
            show = rule.file.show
            assert set(show.hooks) == set(re.split(r";\s*", row["hooks"]))
            assert (show.kind, show.scope) == (row["kind"], row["scope"])
            assert _levels(rules, rule.id) <= set(row["indicator"].split("|"))

    @examples(
        {"because": "Carbamazepine was stopped in March", "summary": "Summary of the card on its repeat"},
        [
            (
                "reason-no-effect",
                "Carbamazepine is ordered again, after a trial that ended in March 2026: no effect.",
            ),
            (
                "reason-not-tolerated",
                "Carbamazepine is ordered again, after a trial that ended in March 2026: not tolerated.",
            ),
        ],
    )
    def test_when_and_why(self, clinic: Clinic, because: str, summary: str) -> None:
        """A card on a repeat says when the earlier trial ended and why; what was not tolerated is never called failed."""
        judged = clinic.judge(FACIAL_PAIN, ended(because=because), drafts=[AGAIN], hook=SIGN)
        assert judged.card("TN-20")["summary"] == summary

    @examples(
        {"status": "Status of the rule", "shown": "Its card is shown"},
        [("draft", False), ("silent", False), ("pilot", True), ("active", True), ("retired", False)],
    )
    def test_status(self, clinic: Clinic, status: str, shown: bool) -> None:
        """Only rules in pilot or active give cards."""
        rules = tuple(
            replace(rule, file=rule.file.model_copy(update={"status": status}))
            if rule.id == "TN-20"
            else rule
            for rule in clinic.rules.rules
        )
        changed = Clinic(replace(clinic.rules, rules=rules))
        judged = changed.judge(FACIAL_PAIN, failed(), drafts=[AGAIN], hook=SIGN)
        assert ("TN-20" in judged.fired) is shown

    def test_select_and_sign(self, clinic: Clinic) -> None:
        """A card about an order comes when the order is selected, and again when it is signed."""
        fired = [
            clinic.judge(FACIAL_PAIN, failed(), drafts=[AGAIN], hook=hook).fired
            for hook in ("order-select", SIGN)
        ]
        assert fired == [["TN-20"], ["TN-20"]]


def _unverified(rules: Ruleset) -> list[str]:
    """Codes of the value sets that were not verified."""
    sets = rules.terminology.value_sets.by_name.values()
    rows = [row for value_set in sets for row in value_set.codes]
    return sorted({f"{r.system} {r.code}" for r in rows if r.verified in {"no", "partly"} and not r.exclude})


def _levels(rules: Ruleset, card: str) -> set[str]:
    """Every indicator that a rule can give."""
    rule = rules.by_id[card]
    found = {f.level for f in rule.file.findings} | {row.level for row in rule.rows}
    return (found or {rule.file.show.level}) | {b.level for b in rule.file.but if b.level != "silent"}


class TestIndicators:
    """Indicators

    The rule names the indicator. It is lowered where the finding rests on little, and never raised.
    """

    @examples(
        {"allergy": "On record", "level": "Card at signing carbamazepine"},
        [
            ("kind: allergy, criticality: high", "critical"),
            ("kind: allergy, criticality: low", "warning"),
            ("kind: allergy", "warning"),
            ("kind: allergy, reaction: anaphylaxis", "critical"),
            ("kind: intolerance, reaction: sjs-ten-dress", "critical"),
            ("kind: intolerance, criticality: high", "warning"),
            ("kind: intolerance", "warning"),
        ],
    )
    def test_allergy(self, clinic: Clinic, allergy: str, level: str) -> None:
        """An allergy of high criticality or a documented severe reaction is critical; else allergy or intolerance warns."""
        judged = clinic.judge(FACIAL_PAIN, f"allergy: carbamazepine, {allergy}", drafts=[AGAIN], hook=SIGN)
        assert judged.level("TN-21") == level

    @examples(
        {"verification": "Facial pain is", "card": "Card", "level": "Indicator"},
        [
            ("confirmed", "operation next (patient-view)", "warning"),
            ("provisional", "operation next (patient-view)", "info"),
            ("differential", "operation next (patient-view)", "info"),
            ("refuted", "operation next (patient-view)", None),
            ("confirmed", "repeat of failed (order-sign)", "warning"),
            ("provisional", "repeat of failed (order-sign)", None),
            ("provisional", "heart block, any patient (order-sign)", "critical"),
        ],
    )
    def test_provisional(self, clinic: Clinic, verification: str, card: str, level: str | None) -> None:
        """A provisional or differential diagnosis gives information at patient-view, marked as provisional.

        On order hooks only rules for any patient speak then.
        """
        name, history, drafts = {
            "operation next (patient-view)": ("TN-06", [*BOTH, MRI], []),
            "repeat of failed (order-sign)": ("TN-20", [failed()], [AGAIN]),
            "heart block, any patient (order-sign)": ("TN-33", [HEART_BLOCK], [AGAIN]),
        }[card]
        judged = clinic.judge(
            f"{FACIAL_PAIN}, verification: {verification}",
            *history,
            drafts=drafts,
            hook=SIGN if drafts else "patient-view",
        )
        assert judged.level(name) == level
        if level == "info":
            assert "Provisional diagnosis." in judged.card(name)["detail"]

    @examples(
        {
            "diagnosis": "Infarction known by",
            "order": "Ibuprofen known by",
            "level": "Card (critical by its rule)",
        },
        [
            ("code", "code", "critical"),
            ("code", "words", "warning"),
            ("words", "code", "info"),
            ("words", "words", "info"),
        ],
    )
    def test_words(self, clinic: Clinic, diagnosis: str, order: str, level: str) -> None:
        """Words instead of codes lower a card as far as the pathway says.

        The one for back pain goes to warning for an order known by its name, and to info for anything else.
        """
        known = INFARCTION if diagnosis == "code" else "condition: {text: myocardial infarction}"
        draft = "order: ibuprofen" if order == "code" else "order: {text: ibuprofen}"
        judged = clinic.judge(BACK_PAIN, known, drafts=[draft], hook=SIGN)
        assert judged.level("RR-42") == level

    def test_matched_by_name(self, clinic: Clinic) -> None:
        """The pathway for facial pain keeps the indicator; the card says that the order was matched by its name."""
        judged = clinic.judge(FACIAL_PAIN, failed(), drafts=["order: {text: Tegretol 200 mg}"], hook=SIGN)
        assert judged.level("TN-20") == "warning"
        assert "matched by name" in judged.card("TN-20")["detail"]

    @examples(
        {"history": "Ablation on record", "draft": "Ablation ordered", "level": "Repeat of failed"},
        [
            ("SNOMED 231412001", "SNOMED 231412001", "warning"),
            ("CPT 64620", "SNOMED 231412001", "info"),
            ("SNOMED 231412001", "CPT 64620", "info"),
        ],
    )
    def test_unverified(self, clinic: Clinic, history: str, draft: str, level: str) -> None:
        """A code that nobody has verified never carries more than information. CPT 64620 is one."""
        judged = clinic.judge(
            f"procedure: {history}, at: 2026-01-10, outcome: outcome-unsuccessful",
            drafts=[f"request: {draft}"],
            hook=SIGN,
        )
        assert judged.level("RR-11") == level
        caps = judged.explanation("RR-11").get("caps", [])
        assert (caps == ["a code that it rests on is not verified"]) is (level == "info")

    def test_unverified_in_the_real_pathways(self, project: Clinic) -> None:
        """So in the real pathways: a patient with any one unverified code, and that code ordered, gets information at most."""
        cited: set[str] = set()
        for code in _unverified(project.rules):
            history = [f"condition: {code}, id: x1", f"procedure: {code}, id: x2, at: 2026-05-01"]
            judged = project.judge(
                FACIAL_PAIN, BACK_PAIN, *history, drafts=[*ORDERS, f"request: {code}, id: x3"], hook=SIGN
            )
            for finding in judged.outcome.evaluation.findings:
                unsure = [e.reference for e in finding.evidence if re.search(r"/x\d$", e.reference)]
                assert not unsure or finding.level == "info", (code, finding.card)
                cited |= {code} if unsure else set()
        assert len(cited) >= 10

    @examples(
        {"ended": "Phenelzine", "level": "Interaction with carbamazepine"},
        [
            ("active", "critical"),
            ("ended 14 days ago", None),
            ("ended 13 days ago", "critical"),
            ("stopped, its end not recorded", "warning"),
        ],
    )
    def test_imprecise(self, clinic: Clinic, ended: str, level: str | None) -> None:
        """Where imprecise dates leave a danger open, a rule may say so one level lower, and names what is missing.

        The danger here lasts until 14 days after the last dose.
        """
        orders = {
            "active": "order: phenelzine, from: 2026-05-01",
            "ended 14 days ago": "order: phenelzine, from: 2026-05-01, to: 2026-06-01",
            "ended 13 days ago": "order: phenelzine, from: 2026-05-01, to: 2026-06-02",
            "stopped, its end not recorded": "order: phenelzine, written: 2026-05-01, status: stopped",
        }
        judged = clinic.judge(FACIAL_PAIN, orders[ended], drafts=[AGAIN], hook=SIGN)
        assert judged.level("TN-25") == level
        assert bool(level and judged.explanation("TN-25").get("missing")) is (level == "warning")


class TestCap:
    """How many cards"""

    @examples(
        {"most": "Most cards a call (a setting)", "cards": "Shown"},
        [
            (9, ("TN-06", "TN-03", "TN-05", "TN-10", "RR-2", "RR-3")),
            (5, ("TN-06", "TN-03", "TN-05", "RR-2", "RR-3")),
            (2, ("TN-06", "TN-03")),
        ],
    )
    def test_most_urgent_first(self, clinic: Clinic, most: int, cards: tuple[str, ...]) -> None:
        """At most five cards a call, most urgent first; a card that says so of itself is dropped first, here TN-10."""
        judged = clinic.judge(
            FACIAL_PAIN,
            BACK_PAIN,
            MRI,
            *BOTH,
            ended("baclofen", daily="40 mg", start=date(2026, 3, 20), days=20),
            failed("gabapentin"),
            ended("duloxetine", daily="60 mg", start=date(2026, 5, 20), days=20),
        )
        assert tuple(judged.shown(most)) == cards

    def test_critical_is_never_dropped(self, clinic: Clinic) -> None:
        """Critical cards are never dropped, however many there are."""
        drafts = [f"order: carbamazepine, id: draft-{n}" for n in range(1, 8)]
        judged = clinic.judge(HEART_BLOCK, drafts=drafts, hook=SIGN)
        assert judged.shown(5) == ["TN-33"] * 7

    @examples(
        {"selected": "Selected", "about": "Cards name"},
        [
            (("draft-1",), ("MedicationRequest/draft-1",)),
            (("draft-2",), ()),
            (("draft-1", "draft-3"), ("MedicationRequest/draft-1", "MedicationRequest/draft-3")),
        ],
    )
    def test_about(self, clinic: Clinic, selected: tuple[str, ...], about: tuple[str, ...]) -> None:
        """A card about an order names that order, and comes once for each. At order-select only selected orders are judged.

        Drafts 1 and 3 repeat what failed; draft 2 does not.
        """
        judged = clinic.judge(
            FACIAL_PAIN,
            failed(),
            failed("baclofen"),
            drafts=["order: carbamazepine", "order: ibuprofen", "order: baclofen"],
            selections=selected,
            hook="order-select",
        )
        named = [f.draft.reference for f in judged.outcome.evaluation.findings if f.draft]
        assert tuple(sorted(named)) == about

    def test_only_once_for_a_pair(self, clinic: Clinic) -> None:
        """Two drafts that clash with each other are one finding."""
        judged = clinic.judge(FACIAL_PAIN, drafts=["order: carbamazepine", "order: oxcarbazepine"], hook=SIGN)
        assert judged.fired == ["TN-32"]


class TestSilencing:
    """Red flags silence the ladder"""

    @examples(
        {"flag": "Red flag", "hook": "Hook", "kinds": "Kinds of cards"},
        [
            (None, "patient-view", ("next-step", "reassess", "supportive-care")),
            ("a tumour", "patient-view", ("red-flag",)),
            (None, SIGN, ("contraindication", "repeat-of-failed", "skipped-step")),
            ("a tumour", SIGN, ("contraindication", "red-flag", "repeat-of-failed")),
        ],
    )
    def test_silences(self, clinic: Clinic, flag: str | None, hook: str, kinds: tuple[str, ...]) -> None:
        """It leaves out next steps, prerequisites, reassessment, skipped steps, limited evidence and supportive care.

        Cards on danger, and on what failed before, stay.
        """
        short = ended("baclofen", daily="40 mg", start=date(2026, 4, 1), days=20)
        history = [*BOTH, short, MRI] if hook == "patient-view" else [failed(), HEART_BLOCK]
        drafts = [AGAIN, "request: trigeminal-percutaneous"] if hook == SIGN else []
        judged = clinic.judge(FACIAL_PAIN, *history, *([TUMOUR] if flag else []), drafts=drafts, hook=hook)
        assert tuple(sorted({f.kind for f in judged.outcome.evaluation.findings})) == kinds


class TestMerging:
    """Merging"""

    def test_one_fact(self, clinic: Clinic) -> None:
        """Several rules, one fact, one draft: one card with the highest indicator, all card ids and all sources."""
        judged = clinic.judge(FACIAL_PAIN, BACK_PAIN, HEART_BLOCK, drafts=[AGAIN], hook=SIGN)
        assert judged.fired == ["TN-33"]
        explained = judged.explanation("TN-33")
        assert (explained["card"], explained["pathway"], explained["also"]) == (
            "TN-33",
            "facial-pain",
            ["RR-33"],
        )
        assert [s["label"] for s in explained["sources"]] == ["Label", "Cardiology guideline"]
        assert judged.level("TN-33") == "critical"

    @examples(
        {"diagnosis": "Patient with", "card": "Card on carbamazepine with low sodium", "also": "Merged in"},
        [
            ("facial pain", "TN-26", "RR-26"),
            ("back pain", "RR-26", "TN-26"),
            ("facial and back pain", "TN-26", "RR-26"),
            ("neither", "TN-26", "RR-26"),
        ],
    )
    def test_among_equals(self, clinic: Clinic, diagnosis: str, card: str, also: str) -> None:
        """Among equal indicators the card of the patient's own pathway leads, then the order of the card index decides."""
        known = {
            "facial pain": [FACIAL_PAIN],
            "back pain": [BACK_PAIN],
            "facial and back pain": [FACIAL_PAIN, BACK_PAIN],
            "neither": [],
        }[diagnosis]
        judged = clinic.judge(*known, LOW_SODIUM, drafts=["order: carbamazepine"], hook=SIGN)
        assert judged.fired == [card]
        assert judged.explanation(card)["also"] == [also]

    def test_two_facts(self, clinic: Clinic) -> None:
        """Two facts about one draft are two cards."""
        judged = clinic.judge(FACIAL_PAIN, HEART_BLOCK, LOW_SODIUM, drafts=[AGAIN], hook=SIGN)
        assert judged.fired == ["TN-33", "TN-26"]

    def test_two_drafts(self, clinic: Clinic) -> None:
        """One fact about two drafts is two cards."""
        judged = clinic.judge(
            HEART_BLOCK, drafts=["order: carbamazepine", "order: carbamazepine, id: draft-2"], hook=SIGN
        )
        assert judged.fired == ["TN-33", "TN-33"]

    def test_criticals_together(self, clinic: Clinic) -> None:
        """A pathway may ask for one card of all its critical findings on a draft; the first leads and the card lists all."""
        judged = clinic.judge(BACK_PAIN, BLEED, INFARCTION, drafts=["order: ibuprofen"], hook=SIGN)
        assert judged.fired == ["RR-41"]
        assert judged.explanation("RR-41")["also"] == ["RR-42"]
        assert "Anti-inflammatory drug after an infarction" in judged.card("RR-41")["detail"]


class TestExplanation:
    """The explanation

    Each card carries what it rests on, for machines and for people, in `extension["org.cds-service.explanation"]`.
    """

    @examples(
        {"member": "Member", "value": "Of the card at signing carbamazepine, which failed"},
        [
            ("pathway", "facial-pain"),
            ("rule", "TN-20"),
            ("card", "TN-20"),
            ("version", 1),
            ("kind", "repeat-of-failed"),
            ("certainty", "documented"),
            ("about", ("MedicationRequest/draft-1",)),
            ("asOf", "2026-06-15"),
        ],
    )
    def test_members(self, clinic: Clinic, member: str, value: object) -> None:
        """It names the rule and the day, and what the card is about."""
        explained = clinic.judge(FACIAL_PAIN, failed(), drafts=[AGAIN], hook=SIGN).explanation("TN-20")
        found = explained[member]
        assert (tuple(found) if isinstance(found, list) else found) == value

    def test_step(self, clinic: Clinic) -> None:
        """A card about the ladder names its step."""
        assert clinic.judge(FACIAL_PAIN, *BOTH, MRI).explanation("TN-06")["step"] == "operation"

    def test_hash(self, clinic: Clinic) -> None:
        """Its hash is that of the rule and of the shared parts that it uses, so that a card can be traced to its text."""
        judged = clinic.judge(FACIAL_PAIN, failed(), drafts=[AGAIN], hook=SIGN)
        assert judged.explanation("TN-20")["hash"] == clinic.rules.by_id["TN-20"].hash
        assert re.fullmatch(r"[0-9a-f]{64}", judged.explanation("TN-20")["hash"])

    def test_evidence(self, clinic: Clinic) -> None:
        """Evidence names the resource, its date, what it says, and how sure that is."""
        explained = clinic.judge(FACIAL_PAIN, failed(), drafts=[AGAIN], hook=SIGN).explanation("TN-20")
        draft, order, reason = explained["evidence"]
        assert draft["reference"] == "MedicationRequest/draft-1"
        assert order == {
            "reference": "MedicationRequest/carbamazepine",
            "date": "2026-01-01",
            "says": "carbamazepine ordered 2026-01-01, until 2026-03-02, 800 mg a day",
            "certainty": "documented",
        }
        assert (reason["date"], reason["says"].split(":")[0]) == ("2026-03-02", "carbamazepine stopped")

    def test_trials(self, clinic: Clinic) -> None:
        """Trials are listed with verdict, certainty, dates, daily dose, days, reason and the resources they are made of."""
        (trial,) = clinic.judge(FACIAL_PAIN, failed(), drafts=[AGAIN], hook=SIGN).explanation("TN-20")[
            "trials"
        ]
        assert trial == {
            "therapy": "carbamazepine",
            "verdict": "failed",
            "certainty": "documented",
            "start": "2026-01-01",
            "end": "2026-03-02",
            "dailyDose": "800 mg",
            "days": 60,
            "reason": "absent",
            "references": ["MedicationRequest/carbamazepine"],
        }

    def test_side(self, clinic: Clinic) -> None:
        """A trial at a place on the body names its side."""
        judged = clinic.judge(
            BACK_PAIN,
            failed("gabapentin"),
            "procedure: SNOMED 231412001, at: 2026-01-10, side: left, outcome: outcome-unsuccessful",
        )
        sides = {t["therapy"]: t.get("side") for t in judged.explanation("RR-3")["trials"]}
        assert sides == {"gabapentin": None, "nerve-ablation": "left"}

    def test_missing(self, clinic: Clinic) -> None:
        """What is missing is named, with the datum that would settle it."""
        phenelzine = "order: phenelzine, written: 2026-05-01, status: stopped"
        judged = clinic.judge(FACIAL_PAIN, phenelzine, drafts=[AGAIN], hook=SIGN)
        (missing,) = judged.explanation("TN-25")["missing"]
        assert set(missing) == {"what", "settledBy"}
        assert missing["what"] in judged.card("TN-25")["detail"]

    def test_sources(self, clinic: Clinic) -> None:
        """The sources of the rule are named with their grades, in the explanation and on the card."""
        judged = clinic.judge(FACIAL_PAIN, failed(), drafts=[AGAIN], hook=SIGN)
        assert judged.explanation("TN-20")["sources"] == [{"label": "Guideline", "grade": "strong"}]
        assert "Guideline: strong" in judged.card("TN-20")["detail"]

    @examples(
        {"finding": "Finding of absence", "cites": "Cites"},
        [
            ("no drug was ever ordered", ("Condition/trigeminal-neuralgia",)),
            ("no MRI before a decompression", ("ServiceRequest/draft-1",)),
        ],
    )
    def test_never_empty(self, clinic: Clinic, finding: str, cites: tuple[str, ...]) -> None:
        """Evidence is never empty: a finding of absence cites the diagnosis of the pathway, or the draft."""
        if finding == "no drug was ever ordered":
            explained = clinic.judge(FACIAL_PAIN).explanation("TN-02")
        else:
            draft = "request: trigeminal-mvd, reason: trigeminal-neuralgia"
            explained = clinic.judge(FACIAL_PAIN, drafts=[draft], hook=SIGN).explanation("TN-35")
        assert tuple(e["reference"] for e in explained["evidence"]) == cites

    @examples(
        {"part": "Code", "system": "Code system", "code": "Such as"},
        [
            ("topic of a card", "https://cds-service.example/fhir/CodeSystem/topics", "TN20"),
            (
                "override reason",
                "https://cds-service.example/fhir/CodeSystem/override-reasons",
                "specialist-advice",
            ),
            (
                "observation of headache days",
                "https://cds-service.example/fhir/CodeSystem/observations",
                "monthly-headache-days",
            ),
        ],
    )
    def test_own_codes(self, clinic: Clinic, part: str, system: str, code: str) -> None:
        """Topics, override reasons and a few observations are stable codes of the project's own code systems.

        A topic is letters and digits only.
        """
        card = clinic.judge(FACIAL_PAIN, failed(), drafts=[AGAIN], hook=SIGN).card("TN-20")
        if part == "observation of headache days":
            hit = clinic.rules.terminology.index.lookup(system, code)
            assert hit is not None
            assert "monthly-headache-days" in hit.sets
            return
        found = card["source"]["topic"] if part == "topic of a card" else card["overrideReasons"][0]
        assert (found["system"], found["code"]) == (system, code)

    def test_base(self, clinic: Clinic) -> None:
        """The base of these systems is a setting."""
        with running(clinic.rules, code_systems_base="https://site.example.org/fhir") as service:
            (card,) = service.call(FACIAL_PAIN, failed(), drafts=[AGAIN], hook=SIGN).cards
        assert card["source"]["topic"]["system"] == "https://site.example.org/fhir/CodeSystem/topics"

    @examples(
        {"instance": "Second call", "same": "Same uuids"},
        [("the same call again", True), ("a new hookInstance", False)],
    )
    def test_uuids(self, service: Service, instance: str, same: bool) -> None:
        """Uuids of cards and suggestions are new for every call, and the same when a call is repeated."""
        other = {
            "the same call again": "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
            "a new hookInstance": "3f2504e0-4f89-41d3-9a0c-0305e82c3302",
        }[instance]
        first = service.call(FACIAL_PAIN, failed(), drafts=[AGAIN], hook=SIGN)
        second = service.call(FACIAL_PAIN, failed(), drafts=[AGAIN], hook=SIGN, instance=other)
        (one,), (two,) = first.cards, second.cards
        pairs = [(one["uuid"], two["uuid"])]
        pairs += [(a["uuid"], b["uuid"]) for a, b in zip(one["suggestions"], two["suggestions"], strict=True)]
        assert [a == b for a, b in pairs] == [same] * 3


class TestSuggestions:
    """Suggestions

    A suggestion is an offer that the clinician may take. Here the card after a failed carbamazepine would offer
    oxcarbazepine, else baclofen.
    """

    @examples(
        {"oxcarbazepine": "Oxcarbazepine", "offered": "Offered"},
        [
            ("never ordered", "oxcarbazepine"),
            ("failed", "baclofen"),
            ("not tolerated", "baclofen"),
            ("contraindicated", "baclofen"),
            ("allergy on record", "baclofen"),
            ("declined", "baclofen"),
            ("used before, reason of the end not recorded", "baclofen"),
            ("would meet a warning (low sodium)", "baclofen"),
        ],
    )
    def test_safe(self, clinic: Clinic, oxcarbazepine: str, offered: str) -> None:
        """A therapy is not offered when for this patient it failed, was not tolerated or is ruled out.

        Nor when a critical or warning rule of any pathway would fire on it.
        """
        record = {
            "never ordered": [],
            "failed": [failed("oxcarbazepine")],
            "not tolerated": [ended("oxcarbazepine", daily="300 mg", days=3, because="reason-not-tolerated")],
            "contraindicated": ["order: oxcarbazepine, status: cancelled, because: reason-contraindicated"],
            "allergy on record": ["allergy: oxcarbazepine"],
            "declined": ["order: oxcarbazepine, status: cancelled, because: reason-declined"],
            "used before, reason of the end not recorded": [ended("oxcarbazepine", daily="1200 mg")],
            "would meet a warning (low sodium)": [LOW_SODIUM],
        }[oxcarbazepine]
        judged = clinic.judge(FACIAL_PAIN, failed(), *record)
        assert judged.offers("TN-05") == [f"Draft an order: {offered}"]

    def test_none_left(self, clinic: Clinic) -> None:
        """When no suggestion is left, the card says so in words."""
        judged = clinic.judge(FACIAL_PAIN, failed(), failed("oxcarbazepine"), failed("baclofen"))
        assert judged.offers("TN-05") == []
        assert "No suitable alternative is left" in judged.card("TN-05")["detail"]

    def test_instead(self, clinic: Clinic) -> None:
        """What replaces a draft removes it and drafts the other in one suggestion."""
        card = clinic.judge(FACIAL_PAIN, failed(), drafts=[AGAIN], hook=SIGN).card("TN-20")
        instead = card["suggestions"][1]
        assert instead["label"] == "Replace by oxcarbazepine"
        assert [action["type"] for action in instead["actions"]] == ["delete", "create"]

    def test_no_loop(self, clinic: Clinic) -> None:
        """What a card offers meets no warning when it is drafted in turn."""
        offered = clinic.judge(FACIAL_PAIN, failed()).offers("TN-05")
        assert offered == ["Draft an order: oxcarbazepine"]
        drafted = clinic.judge(
            FACIAL_PAIN, failed(), drafts=["order: oxcarbazepine, reason: trigeminal-neuralgia"], hook=SIGN
        )
        assert drafted.fired == []

    def test_for_the_diagnosis(self, clinic: Clinic) -> None:
        """An offered order states the patient's diagnosis as its reason."""
        (suggestion,) = clinic.judge(FACIAL_PAIN, failed()).card("TN-05")["suggestions"]
        order = suggestion["actions"][0]["resource"]
        assert order["reasonReference"] == [{"reference": "Condition/trigeminal-neuralgia"}]


class TestWords:
    """Words on cards"""

    def test_ordered(self, clinic: Clinic) -> None:
        """An order is intent, not intake: cards say that a drug was ordered, never that it was taken."""
        judged = clinic.judge(FACIAL_PAIN, failed(), drafts=[AGAIN], hook=SIGN)
        said = [evidence["says"] for evidence in judged.explanation("TN-20")["evidence"]]
        assert "carbamazepine ordered 2026-01-01, until 2026-03-02, 800 mg a day" in said
        assert not re.search(r"\b(took|taken)\b", str(judged.card("TN-20")))

    def test_quoted(self, clinic: Clinic) -> None:
        """Names from the record are quoted as they stand, whatever words they hold."""
        draft = "order: {codes: [carbamazepine], text: carbamazepine as taken before}"
        judged = clinic.judge(FACIAL_PAIN, failed(), drafts=[draft], hook=SIGN)
        assert judged.offers("TN-20")[0] == "Remove the draft order: carbamazepine as taken before"
