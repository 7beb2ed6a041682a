"""The page of the vignettes is current, and no vignette of a clinical text got lost."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cds_service.ruleset.ruleset import Ruleset
from scripts.vignettes_page import PAGE, Vignettes, page, vignettes_of

ROOT = Path(__file__).resolve().parents[2]

TEXTS = {
    "chronic-migraine": 15,
    "failed-nerve-ablation": 15,
    "ketamine-trigeminal-neuralgia": 16,
    "refractory-radiculopathy": 15,
    "trigeminal-neuralgia": 17,
}
"""Vignettes of each pathway's clinical text. One may be several cases here: a hook each, and its variants."""


@pytest.fixture(scope="module")
def vignettes() -> Vignettes:
    return vignettes_of(ROOT / "rules")


def test_the_page_is_current(rules: Ruleset, vignettes: Vignettes) -> None:
    assert (ROOT / PAGE).read_text(encoding="utf-8") == page(rules, vignettes)


@pytest.mark.parametrize(("pathway", "count"), TEXTS.items())
def test_every_vignette_of_the_text_is_there(pathway: str, count: int, vignettes: Vignettes) -> None:
    names = [case.spec.name for case in vignettes[pathway]]
    numbers = {int(found[1]) for name in names if (found := re.match(r"(?:[A-Z]+-)?V?0*(\d+)", name))}
    assert numbers == set(range(1, count + 1))


def test_every_pathway_has_vignettes(rules: Ruleset, vignettes: Vignettes) -> None:
    assert vignettes.keys() == rules.pathways.keys() == TEXTS.keys()


def test_the_page_shows_every_amendment_twice(vignettes: Vignettes) -> None:
    """In the list at its head, and with the vignette."""
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    amended = [case.spec for cases in vignettes.values() for case in cases if case.spec.amended]
    assert amended
    for spec in amended:
        assert text.count(spec.name) == 2
        assert text.count(spec.amended or "") >= 2
