"""A small rules folder to write faults into: one pathway, one rule, the project's own terminology."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cds_service.errors import Complaint
from cds_service.ruleset.load import read_ruleset
from cds_service.ruleset.ruleset import Ruleset
from cds_service.terminology import Terminology, load_terminology

RULES = Path(__file__).parents[3] / "rules"

SHARED = """\
settings:
  course-gap: {value: 30 days, basis: convention}
  lapsed-after: {value: 90 days, basis: convention}
  end-not-recorded: {value: 12 months, basis: convention}
  pain-recent: {value: 90 days, basis: convention, range: 30 days to 180 days}
facts:
  renal-impairment:
    says: The latest eGFR is below 60 mL/min.
    all: [{observation: {in: egfr-lab, within: 12 months, below: 60 mL/min/{1.73_m2}}}]
"""
SHARED = SHARED.replace("60 mL/min/{1.73_m2}", '"60 mL/min/{1.73_m2}"')

OVERRIDES = """\
overrides:
  specialist-advice: On the advice of a specialist
  patient-preference: The patient prefers otherwise
"""

PATHWAY = """\
pathway: facial-pain
title: Facial pain
source_label: Facial pain pathway
notice: Not clinically reviewed.
population: {condition: trigeminal-neuralgia}
settings:
  pain-severe: {value: 7, basis: convention, range: 0 to 10}
facts:
  severe-pain:
    says: Pain is severe.
    all: [{observation: {in: pain-score, within: pain-recent, at_least: pain-severe}}]
  drug-failed:
    says: A drug failed.
    all: [{trial: {of: drugs, verdict: failed}}]
therapies:
  carbamazepine: {medication: carbamazepine, class: carboxamide}
  oxcarbazepine: {medication: oxcarbazepine, class: carboxamide}
  drugs: [carbamazepine, oxcarbazepine]
trials:
  gap_allowed: 30 days
  lapsed_after: 90 days
  adequate:
    - {daily_dose: {carbamazepine: 600 mg, oxcarbazepine: 900 mg}, held: 14 days, lasts: 28 days}
  verdicts:
    failed-absent: [{stopped_for: reason-no-effect}]
ladder:
  - {step: drugs, name: Two drugs, passed_when: drug-failed, therapies: drugs}
orders:
  carbamazepine: {resource: MedicationRequest, text: carbamazepine, codes: [{system: RXNORM, code: "2002"}]}
  oxcarbazepine: {resource: MedicationRequest, text: oxcarbazepine, codes: [{system: RXNORM, code: "32624"}]}
"""

CARD = """\
card: TN-05
version: 1
status: pilot
title: A drug failed
owner: neurology
about: {when: A drug failed., then: Say so., not_for: Children.}
show: {kind: next-step, hooks: [patient-view], level: info}
when:
  all: [drug-failed]
summary: "A drug failed ({reason})."
detail: Details.
suggest:
  - first_suitable: drugs
overrides: [specialist-advice]
sources:
  - {label: Guideline, grade: strong}
"""

ORDER_CARD = (
    CARD.replace("TN-05", "TN-20")
    .replace(
        "show: {kind: next-step, hooks: [patient-view], level: info}\n",
        "show: {kind: contraindication, hooks: [order-sign], level: warning}\nfor_each: {draft: carbamazepine}\n",
    )
    .replace("all: [drug-failed]", "all: [severe-pain]")
    .replace(" ({reason})", "")
)


class RulesFolder:
    """A rules folder under test: a pathway, its rules, shared files; write a file, then load."""

    def __init__(self, root: Path, terminology: Terminology) -> None:
        self.root = root
        self._terminology = terminology
        self.write("shared/facts.yaml", SHARED)
        self.write("shared/overrides.yaml", OVERRIDES)
        self.write("facial-pain/pathway.yaml", PATHWAY)
        self.write("facial-pain/TN-05-drug-failed.yaml", CARD)

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def change(self, name: str, old: str, new: str) -> None:
        """Replace words of a file; they must be there."""
        text = (self.root / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def load(self, *profiles: str) -> Ruleset:
        rules, faults = read_ruleset(self.root, profiles=profiles, terminology=self._terminology)
        assert faults == []
        assert rules is not None
        return rules

    def faults(self, *profiles: str) -> list[Complaint]:
        return read_ruleset(self.root, profiles=profiles, terminology=self._terminology)[1]

    def said(self, *profiles: str) -> list[str]:
        """Every complaint as an author reads it."""
        return [str(fault) for fault in self.faults(*profiles)]


@pytest.fixture(scope="session")
def terminology() -> Terminology:
    return load_terminology(RULES)


@pytest.fixture
def folder(tmp_path: Path, terminology: Terminology) -> RulesFolder:
    return RulesFolder(tmp_path / "rules", terminology)


@pytest.fixture
def card(folder: RulesFolder) -> Callable[[str, str], list[str]]:
    """Return what the loader says when words of the rule are replaced."""

    def said(old: str, new: str) -> list[str]:
        folder.change("facial-pain/TN-05-drug-failed.yaml", old, new)
        return folder.said()

    return said
