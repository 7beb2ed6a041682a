"""The tables that are shipped: whole, current, and holding what the pathways name."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest

from cds_service.terminology import Terminology
from cds_service.terminology.catalog import value_set_index
from tests.unit.terminology.conftest import RULES, SYSTEM_URIS

Sets = Callable[[str, str], frozenset[str]]


def test_the_index_page_is_current(terminology: Terminology) -> None:
    assert (RULES / "valuesets" / "README.md").read_text(encoding="utf-8") == value_set_index(terminology)


def test_the_index_page_counts_codes_and_unverified_ones(terminology: Terminology) -> None:
    page = value_set_index(terminology)
    assert "| [neutrophils-lab](neutrophils-lab.csv) | Neutrophil count. | 1 | 1 |" in page
    assert "| [multiple-sclerosis](multiple-sclerosis.csv) |" in page
    assert "| 2 | 0 |" in next(line for line in page.splitlines() if "[multiple-sclerosis]" in line)


@pytest.mark.parametrize(
    ("system", "code", "name"),
    [
        # trigeminal neuralgia
        ("icd", "G50.0", "trigeminal-neuralgia"),
        ("snomed", "31681005", "trigeminal-neuralgia"),
        ("icd", "G44.051", "tn-exclusions"),
        ("icd", "G35", "secondary-tn-causes"),
        ("icd", "G35.C2", "multiple-sclerosis"),
        ("icd", "Q28.2", "secondary-tn-causes"),
        ("snomed", "816077007", "brain-mri"),
        ("loinc", "37217-7", "brain-mri"),
        ("pcs", "00NK0ZZ", "trigeminal-mvd"),
        ("icd", "G51.31", "competing-mvd-indication"),
        ("snomed", "736132002", "trigeminal-percutaneous"),
        ("cpt", "64600", "trigeminal-percutaneous"),
        ("cpt", "61460", "trigeminal-open-ablation"),
        ("pcs", "00HE0MZ", "tn-emerging-stimulation"),
        ("cpt", "81381", "hla-b-typing"),
        ("snomed", "702809001", "sjs-ten-dress"),
        ("icd", "D61.818", "marrow-depression"),
        ("icd", "E80.21", "hepatic-porphyria"),
        ("icd", "E22.2", "hyponatraemia"),
        ("loinc", "2947-0", "sodium-lab"),
        ("icd", "I44.2", "av-block-2-3"),
        ("icd", "Z95.0", "pacemaker"),
        ("rxnorm", "8123", "maoi"),
        ("rxnorm", "190376", "mao-inhibiting-other"),
        ("rxnorm", "242297", "contraception-hormonal"),
        ("rxnorm", "308972", "tn-first-line-drug"),
        ("rxnorm", "1000104", "botulinum-a"),
        ("icd", "O09.90", "pregnancy"),
        ("loinc", "72514-3", "pain-score"),
        # reasons and outcomes
        ("snomed", "266721009", "reason-no-effect"),
        ("snomed", "182841002", "reason-no-effect"),
        ("snomed", "58848006", "reason-no-effect"),
        ("status-reason", "sintol", "reason-not-tolerated"),
        ("snomed", "182897004", "reason-not-tolerated"),
        ("status-reason", "salg", "reason-allergy"),
        ("status-reason", "sddi", "reason-interaction"),
        ("status-reason", "preg", "reason-pregnancy"),
        ("snomed", "183932001", "reason-contraindicated"),
        ("snomed", "416432009", "reason-declined"),
        ("status-reason", "non-avail", "reason-cost-or-supply"),
        ("snomed", "182846007", "reason-remission"),
        ("status-reason", "altchoice", "reason-other"),
        ("snomed", "385671000", "outcome-unsuccessful"),
        ("snomed", "7771000", "laterality-left"),
        # ketamine
        ("rxnorm", "238084", "ketamine-any"),
        ("hcpcs", "G2082", "esketamine-any"),
        ("icd", "F19.20", "substance-use-disorder"),
        ("icd", "F19.21", "substance-use-disorder-remission"),
        ("snomed", "724713006", "ketamine-misuse"),
        ("snomed", "46713006", "route-unsupervised"),
        # migraine
        ("icd", "G43.719", "chronic-migraine"),
        ("icd", "G43.E11", "chronic-migraine"),
        ("icd", "G43.009", "migraine"),
        ("rxnorm", "2045629", "cgrp-antibody"),
        ("hcpcs", "J3032", "cgrp-preventive"),
        ("rxnorm", "2571848", "cgrp-preventive"),
        ("cpt", "64615", "botulinum-migraine-session"),
        ("rxnorm", "313160", "migraine-acute-counted"),
        ("rxnorm", "238154", "butalbital-product"),
        # spine
        ("cpt", "64635", "bleeding-risk-low"),
        ("snomed", "231412001", "region-lumbar"),
        ("cpt", "62323", "epidural-or-root-injection"),
        ("cpt", "63685", "bleeding-risk-high"),
        ("rxnorm", "1364445", "antithrombotic"),
        ("icd", "Z96.82", "mri-unsafe-implant"),
        ("snomed", "231213009", "diagnostic-block"),
        ("rxnorm", "1049621", "opioid-with-equivalent"),
        ("rxnorm", "310433", "gabapentinoid"),
        ("loinc", "98979-8", "egfr-lab"),
        ("icd", "M54.16", "radiculopathy"),
        ("snomed", "202725007", "fbss"),
    ],
)
def test_a_code_means_its_set(sets_of: Sets, system: str, code: str, name: str) -> None:
    assert name in sets_of(system, code)


@pytest.mark.parametrize(
    ("system", "code", "name"),
    [
        ("pcs", "00NK3ZZ", "trigeminal-mvd"),
        ("cpt", "61458", "trigeminal-mvd"),
        ("cpt", "77373", "trigeminal-radiosurgery"),
        ("cpt", "64615", "tn-botulinum-session"),
        ("icd", "G43.A0", "migraine"),
        ("icd", "O80", "pregnancy"),
        ("icd", "C44.91", "active-malignancy"),
        ("icd", "C91.01", "active-malignancy"),
        ("icd", "F10.21", "alcohol-use-disorder"),
        ("icd", "F11.21", "substance-use-disorder"),
        ("loinc", "8634-8", "qtc-lab"),
        ("hcpcs", "J7298", "contraception-hormonal"),
        ("hcpcs", "J1050", "contraception-hormonal"),
        ("rxnorm", "1191", "antithrombotic"),
        ("rxnorm", "1819", "opioid-with-equivalent"),
        ("atc", "N02CC08", "triptan"),
        ("snomed", "128200000", "radiculopathy"),
        ("cpt", "64605", "nerve-ablation"),
        ("snomed", "233163003", "nerve-ablation"),
        ("cpt", "90867", "stms-device"),
        ("snomed", "182844005", "reason-declined"),
        ("status-reason", "salg", "reason-not-tolerated"),
    ],
)
def test_a_code_does_not_mean_that_set(sets_of: Sets, system: str, code: str, name: str) -> None:
    assert name not in sets_of(system, code)


@pytest.mark.parametrize(
    ("code", "ingredient", "value", "unit", "per"),
    [
        ("308979", "carbamazepine", "200", "mg", None),
        ("308971", "carbamazepine", "20", "mg", "mL"),
        ("866305", "carbamazepine", "200", "mg", None),
        ("312137", "oxcarbazepine", "300", "mg", None),
        ("310434", "gabapentin", "800", "mg", None),
        ("855671", "phenytoin", "100", "mg", None),
        ("313583", "venlafaxine", "37.5", "mg", None),
        ("1099569", "valproate", "500", "mg", None),
        ("245134", "fentanyl", "25", "ug", "h"),
        ("313159", "sumatriptan", "5", "mg", "actuation"),
        ("238084", "ketamine", "50", "mg", "mL"),
    ],
)
def test_a_product_has_its_strength(
    terminology: Terminology, code: str, ingredient: str, value: str, unit: str, per: str | None
) -> None:
    hit = terminology.index.lookup(SYSTEM_URIS["rxnorm"], code)
    assert hit is not None
    [part] = hit.ingredients
    assert part.strength is not None
    assert (part.ingredient, part.strength.value, part.strength.unit, part.strength.per_unit) == (
        ingredient,
        Decimal(value),
        unit,
        per,
    )


@pytest.mark.parametrize("code", ["208450", "404443", "860195"])
def test_a_product_without_a_stated_strength_has_none(terminology: Terminology, code: str) -> None:
    hit = terminology.index.lookup(SYSTEM_URIS["rxnorm"], code)
    assert hit is not None
    assert hit.ingredients[0].strength is None
    assert not hit.is_verified


def test_every_set_holds_something_or_says_why_not(terminology: Terminology) -> None:
    members = terminology.index.all_members()
    empty = {name for name in terminology.value_sets.by_name if not members.get(name)}
    assert empty == {"hla-a-3101", "route-intrauterine"}


def test_every_ingredient_has_a_code_or_a_name(terminology: Terminology) -> None:
    coded = {part.ingredient for code in terminology.drugs.codes.values() for part in code.ingredients}
    nameless = set(terminology.drugs.ingredients) - coded - terminology.names.canonicals
    assert nameless == set()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("reason-no-effect", "reason-not-tolerated"),
        ("reason-no-effect", "reason-never-a-failure"),
        ("reason-not-tolerated", "reason-never-a-failure"),
        ("reason-declined", "reason-never-a-failure"),
        ("trigeminal-mvd", "trigeminal-destructive"),
        ("substance-use-disorder", "substance-use-disorder-remission"),
        ("pregnancy", "end-of-pregnancy"),
        ("nerve-ablation", "pulsed-rf"),
        ("triptan", "ergot"),
        ("cgrp-antibody", "gepant"),
    ],
)
def test_two_sets_share_no_certain_code(terminology: Terminology, first: str, second: str) -> None:
    shared = [hit.code for hit in terminology.index.hits() if {first, second} <= hit.sets]
    assert shared == []


@pytest.mark.parametrize("name", ["products.csv", "ingredient_codes.csv"])
def test_the_drug_tables_say_of_when_they_are(name: str) -> None:
    first = (RULES / "terminology" / name).read_text(encoding="utf-8").splitlines()[0]
    assert re.match(r"# As of \d{4}-\d{2}-\d{2}, ", first)
