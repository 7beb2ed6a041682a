"""The same fact in several pathways

These sentences are about the project's own rules, numbers included: where pathways meet, they say the same of one fact.
"""

from __future__ import annotations

import pytest

from tests.spec.clinic import BACK_PAIN, FACIAL_PAIN, Clinic, Judged
from tests.spec.examples import examples

SIGN = "order-sign"
MIGRAINE = "condition: chronic-migraine"
LEVELS = ("info", "warning", "critical")
DANGERS = {"contraindication", "interaction"}
BLEED = "condition: gi-bleed-or-ulcer"
FOUR_INJECTIONS = tuple(
    f"procedure: CPT 62323, id: i{n}, at: {day}"
    for n, day in enumerate(("2025-07-01", "2025-10-01", "2026-01-01", "2026-04-01"))
)


def danger(judged: Judged) -> str | None:
    """The highest indicator of what stands against an order: contraindications and interactions."""
    levels = [f.level for f in judged.outcome.evaluation.findings if f.kind in DANGERS]
    return max(levels, key=LEVELS.index) if levels else None


class TestDrugs:
    """Dangers of drugs"""

    @examples(
        {"record": "On record", "spine": "Ibuprofen in radiculopathy", "migraine": "Ibuprofen in migraine"},
        [
            ("nothing", None, None),
            ("eGFR 29", "critical", "critical"),
            ("eGFR 45", "warning", "warning"),
            ("kidney disease, stage 4", "critical", "critical"),
            ("bleed", "warning", "warning"),
            ("bleed, and warfarin", "critical", "critical"),
            ("infarction five months ago", "warning", "warning"),
            ("infarction two years ago", None, None),
        ],
    )
    def test_nsaid(self, project: Clinic, record: str, spine: str | None, migraine: str | None) -> None:
        """Anti-inflammatory drugs: critical below an eGFR of 30 and for a bleed with an anticoagulant, else warning.

        An infarction counts for twelve months.
        """
        history = {
            "nothing": [],
            "eGFR 29": ['observation: egfr-lab, value: "29 mL/min/{1.73_m2}", at: 2026-05-01'],
            "eGFR 45": ['observation: egfr-lab, value: "45 mL/min/{1.73_m2}", at: 2026-05-01'],
            "kidney disease, stage 4": ["condition: ckd-4-5, onset: 2025-01-01"],
            "bleed": [f"{BLEED}, onset: 2024-01-01"],
            "bleed, and warfarin": [f"{BLEED}, onset: 2024-01-01", "order: warfarin, from: 2026-01-01"],
            "infarction five months ago": ["condition: ICD10CM I21.9, onset: 2026-01-10"],
            "infarction two years ago": ["condition: ICD10CM I21.9, onset: 2024-06-01, status: resolved"],
        }[record]
        found = [
            danger(project.judge(diagnosis, *history, drafts=["order: ibuprofen"], hook=SIGN))
            for diagnosis in (BACK_PAIN, MIGRAINE)
        ]
        assert found == [spine, migraine]

    @examples(
        {
            "record": "On record",
            "spine": "Nortriptyline in radiculopathy",
            "migraine": "Nortriptyline in migraine",
        },
        [
            ("nothing", None, None),
            ("phenelzine in use", "critical", "critical"),
            ("long QT", "critical", "critical"),
            ("QTc 500 ms", "critical", "critical"),
            ("QTc 499 ms", "warning", "warning"),
            ("QTc 470 ms", "warning", "warning"),
            ("QTc 469 ms", None, None),
            ("infarction five months ago", "critical", "critical"),
        ],
    )
    def test_tricyclic(self, project: Clinic, record: str, spine: str | None, migraine: str | None) -> None:
        """Tricyclics: critical with an MAO inhibitor, long QT, a QTc of 500 ms or a recent infarction; warning from 470 ms."""
        history = {
            "nothing": [],
            "phenelzine in use": ["order: phenelzine, from: 2026-05-01"],
            "long QT": ["condition: long-qt"],
            "infarction five months ago": ["condition: ICD10CM I21.9, onset: 2026-01-10"],
        }
        qtc = [f"observation: qtc-lab, value: {record.removeprefix('QTc ')}, at: 2026-05-01"]
        found = [
            danger(
                project.judge(
                    diagnosis,
                    *history.get(record, qtc),
                    drafts=["order: nortriptyline"],
                    hook=SIGN,
                    born="1980-01-01",
                )
            )
            for diagnosis in (BACK_PAIN, MIGRAINE)
        ]
        assert found == [spine, migraine]

    @examples(
        {"record": "MAO inhibitor", "carbamazepine": "Carbamazepine", "duloxetine": "Duloxetine"},
        [
            ("phenelzine, in use", "critical", "critical"),
            ("phenelzine, last day 13 days ago", "critical", "critical"),
            ("phenelzine, last day 14 days ago", None, None),
            ("selegiline 10 mg by mouth", "warning", "warning"),
            ("selegiline 12 mg by mouth", "critical", "critical"),
            ("rasagiline", "warning", "warning"),
            ("methylene blue", "warning", "critical"),
        ],
    )
    def test_mao_inhibitor(
        self, project: Clinic, record: str, carbamazepine: str | None, duloxetine: str | None
    ) -> None:
        """MAO inhibitors: for less than 14 full days after the last dose. Rasagiline and low selegiline give a warning."""
        order = {
            "phenelzine, in use": "order: phenelzine, from: 2026-05-01",
            "phenelzine, last day 13 days ago": "order: phenelzine, from: 2026-05-01, to: 2026-06-02",
            "phenelzine, last day 14 days ago": "order: phenelzine, from: 2026-05-01, to: 2026-06-01",
            "selegiline 10 mg by mouth": "order: selegiline, daily: 10 mg, route: route-oral, from: 2026-05-01",
            "selegiline 12 mg by mouth": "order: selegiline, daily: 12 mg, route: route-oral, from: 2026-05-01",
            "rasagiline": "order: rasagiline, from: 2026-05-01",
            "methylene blue": "order: RXNORM 6878, from: 2026-06-10",
        }[record]
        found = [
            danger(project.judge(diagnosis, order, drafts=[f"order: {drug}"], hook=SIGN, born="1980-01-01"))
            for diagnosis, drug in ((FACIAL_PAIN, "carbamazepine"), (BACK_PAIN, "duloxetine"))
        ]
        assert found == [carbamazepine, duloxetine]

    @pytest.mark.parametrize("drug", ["sertraline", "venlafaxine"])
    def test_triptan(self, project: Clinic, drug: str) -> None:
        """A triptan beside an antidepressant of the SSRI or SNRI type gives no card."""
        judged = project.judge(
            MIGRAINE,
            BACK_PAIN,
            f"order: {drug}, from: 2026-01-01",
            drafts=["order: sumatriptan"],
            hook=SIGN,
            born="1980-01-01",
            sex="male",
        )
        assert judged.fired == []

    @examples(
        {"before": "Steroid injections in the last twelve months", "card": "Card on one more"},
        [(3, None), (4, "PS-4")],
    )
    def test_steroids(self, project: Clinic, before: int, card: str | None) -> None:
        """More than four steroid injections in twelve months, all regions together, give one card; the order counts."""
        judged = project.judge(BACK_PAIN, *FOUR_INJECTIONS[:before], drafts=["request: CPT 62323"], hook=SIGN)
        merged = [(f.card, *(m.card for m in f.also)) for f in judged.outcome.evaluation.findings]
        assert [names for names in merged if "PS-4" in names] == ([("PS-4",)] if card else [])


class TestPopulations:
    """Whose card it is"""

    @examples(
        {"diagnosis": "Diagnosis", "pathway": "Pathway of the card on morphine with diazepam"},
        [
            ("lumbar radiculopathy", "refractory-radiculopathy"),
            ("a failed ablation", "failed-nerve-ablation"),
            ("both", "failed-nerve-ablation"),
            ("neither", "failed-nerve-ablation"),
        ],
    )
    def test_shared_rules(self, project: Clinic, diagnosis: str, pathway: str) -> None:
        """A rule that two pathways share speaks for the one whose population the patient is in, else for its first."""
        ablation = "procedure: SNOMED 231412001, at: 2026-01-10, outcome: outcome-unsuccessful"
        history = {
            "lumbar radiculopathy": ["condition: ICD10CM M54.16"],
            "a failed ablation": [ablation],
            "both": ["condition: ICD10CM M54.16", ablation],
            "neither": [],
        }[diagnosis]
        diazepam = "order: diazepam, from: 2026-05-01"
        judged = project.judge(*history, diazepam, drafts=["order: morphine"], hook=SIGN)
        assert judged.explanation("MS-2")["pathway"] == pathway

    @examples(
        {
            "diagnosis": "Facial pain",
            "reason": "Reason of the order",
            "born": "Born",
            "level": "Carbamazepine with heart block",
        },
        [
            ("active", None, "1960-01-01", "critical"),
            ("remission", None, "1960-01-01", "critical"),
            ("resolved", None, "1960-01-01", "critical"),
            ("active", None, "2015-01-01", "critical"),
            (None, "trigeminal-neuralgia", "1960-01-01", "critical"),
            ("refuted", None, "1960-01-01", None),
            (None, None, "1960-01-01", None),
        ],
    )
    def test_safety_of_any_status(
        self, project: Clinic, diagnosis: str | None, reason: str | None, born: str, level: str | None
    ) -> None:
        """Safety rules of facial pain need its diagnosis in any status, or as the reason of the order, at any age."""
        word = "verification" if diagnosis == "refuted" else "status"
        known = [f"{FACIAL_PAIN}, {word}: {diagnosis}"] if diagnosis else []
        for_it = f", reason: {reason}" if reason else ""
        judged = project.judge(
            *known,
            "condition: av-block-2-3",
            drafts=[f"order: carbamazepine{for_it}"],
            hook=SIGN,
            born=born,
        )
        assert judged.level("TN-33") == level

    @examples(
        {"session": "Botulinum toxin session", "facial": "Facial pain", "migraine": "Migraine"},
        [
            ("with trigeminal neuralgia as its reason", True, False),
            ("with migraine as its reason", False, True),
            ("no reason, coded CPT 64615", False, True),
            ("no reason, 155 units", False, True),
            ("no reason, 100 units", False, False),
        ],
    )
    def test_botulinum(self, project: Clinic, session: str, facial: bool, migraine: bool) -> None:
        """A botulinum session counts for the pathway whose diagnosis is its reason.

        Without one it counts for migraine when its code or a dose of 155 units says so, else for none.
        """
        given = "administration: onabotulinumtoxina, at: 2026-03-01"
        record = {
            "with trigeminal neuralgia as its reason": f"{given}, dose: 100 U, reason: trigeminal-neuralgia",
            "with migraine as its reason": f"{given}, dose: 100 U, reason: chronic-migraine",
            "no reason, coded CPT 64615": "procedure: CPT 64615, at: 2026-03-01",
            "no reason, 155 units": f"{given}, dose: 155 U",
            "no reason, 100 units": f"{given}, dose: 100 U",
        }[session]
        judged = project.judge(FACIAL_PAIN, MIGRAINE, record)
        counted = [
            any(t.references for t in judged.trials_of(therapy, pathway=pathway))
            for therapy, pathway in (
                ("botulinum-a", "trigeminal-neuralgia"),
                ("onabotulinumtoxinA", "chronic-migraine"),
            )
        ]
        assert counted == [facial, migraine]


class TestRedFlags:
    """Red flags of the spine"""

    @examples(
        {"finding": "Found in a patient with radiculopathy and a failed ablation", "flag": "Red flag"},
        [
            ("cauda equina syndrome", True),
            ("a spinal infection", True),
            ("a foot drop, recorded 5 days ago", True),
            ("a severe foot drop, recorded 66 days ago", True),
            ("a foot drop, recorded 66 days ago", False),
            ("nothing", False),
        ],
    )
    def test_one_list(self, project: Clinic, finding: str, flag: bool) -> None:
        """Both spine pathways have one list of red flags; for a patient of both the flag is one card.

        It silences next steps and reassessment; a card that asks for imaging stays. A motor deficit that is new or severe
        is a red flag, a mild and stable one is not.
        """
        history = {
            "cauda equina syndrome": ["condition: cauda-equina, recorded: 2026-06-10"],
            "a spinal infection": ["condition: spinal-infection, recorded: 2026-06-10"],
            "a foot drop, recorded 5 days ago": ["condition: foot-drop, recorded: 2026-06-10"],
            "a severe foot drop, recorded 66 days ago": [
                "condition: foot-drop, recorded: 2026-04-10, severity: severity-severe"
            ],
            "a foot drop, recorded 66 days ago": ["condition: foot-drop, recorded: 2026-04-10"],
            "nothing": [],
        }[finding]
        judged = project.judge(
            "condition: ICD10CM M54.16, onset: 2025-01-01",
            "procedure: SNOMED 231412001, at: 2026-01-10, outcome: outcome-unsuccessful",
            *history,
        )
        findings = judged.outcome.evaluation.findings
        flags = [(f.card, [m.card for m in f.also]) for f in findings if f.kind == "red-flag"]
        assert flags == ([("FNA-RF", ["RR-RF"])] if flag else [])
        assert bool({f.kind for f in findings} & {"next-step", "reassess"}) is not flag


class TestKetamine:
    """Ketamine"""

    def test_criticals_together(self, project: Clinic) -> None:
        """Several critical findings on one order of ketamine are one card that lists them all."""
        judged = project.judge(
            "condition: psychosis",
            "condition: hypertensive-crisis, onset: 2026-06-14",
            drafts=["order: ketamine"],
            hook=SIGN,
        )
        criticals = [f for f in judged.outcome.evaluation.findings if f.level == "critical"]
        assert [(f.card, [m.card for m in f.also]) for f in criticals] == [("KET-04", ["KET-05"])]


class TestProfiles:
    """Profiles"""

    @examples(
        {"pathway": "Pathway", "profile": "Default profile"},
        [
            ("chronic-migraine", "us-payer"),
            ("failed-nerve-ablation", "us-spine"),
            ("refractory-radiculopathy", "us-spine"),
            ("trigeminal-neuralgia", None),
        ],
    )
    def test_defaults(self, project: Clinic, pathway: str, profile: str | None) -> None:
        """A profile is a site's choice of settings. Where a site chooses none, the pathway's default holds."""
        assert project.rules.profiles.get(pathway) == profile

    @examples(
        {"setting": "Setting of the spine profile", "value": "Value"},
        [("block-count", "2"), ("block-relief", "80 %")],
    )
    def test_blocks(self, project: Clinic, setting: str, value: str) -> None:
        """By default an ablation of facet nerves asks for two diagnostic blocks with 80 % relief each."""
        assert str(project.rules.setting(setting, "failed-nerve-ablation")) == value
