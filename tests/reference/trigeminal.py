"""Writes patients with trigeminal neuralgia."""

from __future__ import annotations

from collections.abc import Sequence

from tests.reference.around import (
    write_administrations,
    write_allergy,
    write_avoid,
    write_decoy,
    write_harm,
    write_never_taken,
    write_noise,
    write_operation,
    write_other_drugs,
    write_reasoned_order,
    write_report,
    write_scores,
    write_sessions,
)
from tests.reference.episodes import (
    Need,
    write_combination,
    write_episode,
    write_given,
    write_imprecise,
    write_twice,
)
from tests.reference.words import conclusions
from tests.reference.writing import Page, condition, iso, score, status

NEEDS = (
    Need("carbamazepine", 600, 14, 28, 30),
    Need("oxcarbazepine", 900, 14, 28, 30),
    Need("lamotrigine", 200, 14, 56, 30),
    Need("gabapentin", 1800, 14, 28, 30),
    Need("pregabalin", 300, 14, 28, 30),
    Need("baclofen", 30, 14, 21, 30, route="oral"),
    Need("phenytoin", 300, 14, 21, 30),
    Need("eslicarbazepine", 800, 14, 28, 30),
)


OTHERS = ("valproate", "phenelzine", "voriconazole", "rilpivirine", "apixaban", "sertraline")


OPERATIONS = (
    "trigeminal-mvd",
    "trigeminal-percutaneous",
    "trigeminal-radiosurgery",
    "trigeminal-open-ablation",
)
TURNS = (14, 30, 90, 180, 365, 700)
"""Days after a procedure on which its judgement turns."""


def write(page: Page) -> None:
    """Write one patient: drugs of any kind, or procedures with drugs of exact dates."""
    chance = page.chance
    with_operations = chance.often(40)
    write_disease(page, came_back=with_operations and chance.often(35))
    chosen = chance.some(NEEDS, chance.between(0 if with_operations else 1, 3 if with_operations else 4))
    imprecise = [need for need in chosen if not with_operations and chance.often(15)]
    for need in chosen:
        _therapy(page, need, imprecise=need in imprecise, with_operations=with_operations)
    if with_operations:
        write_operations(page)
    with_toxin = not imprecise and chance.often(15)
    if with_toxin:
        write_toxin(page)
    exact = [need for need in NEEDS if need not in imprecise]
    for _ in chosen:
        _beside(page, exact)
    if not imprecise and not with_toxin and chance.often(15):
        write_reasoned_order(page, chance.of([need for need in NEEDS if need not in chosen]))
    if not imprecise and not page.open_end and chance.often(10):
        write_harm(page, "adverse-drug-effect-anticonvulsant")
    _results(page, with_scores=not with_toxin)
    _background(page)


def _therapy(page: Page, need: Need, *, imprecise: bool, with_operations: bool) -> None:
    """Write the orders of one drug."""
    if imprecise:
        write_imprecise(page, need)
    elif with_operations:
        write_episodes(page, need)
    else:
        write_drug(page, need)


def _background(page: Page) -> None:
    """Write what else stands in a record."""
    chance = page.chance
    if chance.often(30):
        write_other_drugs(page, OTHERS)
    if chance.often(10):
        write_noise(page)
    if chance.often(15):
        write_danger(page)
    if chance.often(60):
        write_report(page, "brain-mri", tuple(conclusions()))


def write_disease(page: Page, *, came_back: bool) -> None:
    """The neuralgia, active or come back."""
    resource = condition(page, "trigeminal-neuralgia", page.ago(2000))
    if came_back:
        resource["clinicalStatus"] = status(page.chance.one("recurrence", "relapse"))
        if page.chance.often(70):
            resource["recordedDate"] = iso(page.ago(page.chance.between(0, 800)))


def write_operations(page: Page) -> None:
    """One to three procedures, each some telling number of days before the last one written."""
    before = None
    for _ in range(page.chance.between(1, 3)):
        before = write_operation(page, page.chance.of(OPERATIONS), "trigeminal-neuralgia", TURNS, before)


def write_toxin(page: Page) -> None:
    """Botulinum toxin for the neuralgia, as procedures or as administrations."""
    chance = page.chance
    if chance.often(60):
        write_sessions(
            page, ("HCPCS", "J0585"), every=chance.one(84, 114), most=3, reason="trigeminal-neuralgia"
        )
    else:
        reasons = ("trigeminal-neuralgia", "trigeminal-neuralgia", "chronic-migraine", None)
        write_administrations(page, "onabotulinumtoxina", every=chance.one(84, 114), most=3, reasons=reasons)


def _beside(page: Page, needs: Sequence[Need]) -> None:
    """What else is on record of some drug, mostly nothing."""
    chance = page.chance
    if chance.often(15):
        write_decoy(page, chance.of(needs))
    if chance.often(10):
        write_never_taken(page, chance.of(needs))
    if chance.often(4):
        write_avoid(page, chance.of(needs))
    if chance.often(8):
        write_allergy(page, chance.of(needs))


def _results(page: Page, *, with_scores: bool) -> None:
    chance = page.chance
    if with_scores and chance.often(40):
        write_scores(page, "pain-score", 2, 9, chance.between(1, 6))
    if chance.often(60):
        score(page, "egfr-lab", chance.near(60), page.ago(chance.between(1, 400)), "mL/min/{1.73_m2}")
    if chance.often(20):
        score(
            page, "phenytoin-level", chance.one(9, 10, 15, 20, 21), page.ago(chance.between(1, 300)), "mg/L"
        )


DANGERS = (
    "sjs-ten-dress",
    "marrow-depression",
    "av-block-2-3",
    "hepatic-porphyria",
    "hyponatraemia",
    "pacemaker",
    "pregnancy",
)


def write_danger(page: Page) -> None:
    """A diagnosis that may forbid a drug, in some status, or a sodium."""
    chance = page.chance
    if chance.often(30):
        score(
            page, "sodium-lab", chance.one(124, 125, 126, 134, 135, 140), page.ago(chance.near(90)), "mmol/L"
        )
        return
    resource = condition(page, chance.of(DANGERS), page.ago(chance.between(10, 900)))
    resource["clinicalStatus"] = status(chance.one("active", "active", "resolved", "inactive", "recurrence"))
    resource["verificationStatus"] = status(
        chance.one("confirmed", "confirmed", "provisional", "differential", "refuted", "entered-in-error")
    )


def write_drug(page: Page, need: Need) -> None:
    """What is on record of a drug: mostly one or two episodes, far enough apart to be two courses or not."""
    way = page.chance.weighted(episodes=20, twice=2, given=1)
    if way == "twice":
        write_twice(page, need)
    elif way == "given":
        write_given(page, need)
    elif need.ingredient == "phenytoin" and page.chance.often(15):
        write_combination(page, need, ("RXNORM", "855913"))
    else:
        write_episodes(page, need)


def write_episodes(page: Page, need: Need) -> None:
    """One or two episodes."""
    by_text = page.chance.often(8)
    began = write_episode(page, need, latest_end=0, may_run=True, by_text=by_text)
    if page.chance.often(25):
        apart = need.gap + page.chance.one(1, 2, 30, 200)
        write_episode(page, need, latest_end=began + apart, may_run=False, by_text=by_text)
