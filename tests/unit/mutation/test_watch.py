"""Only cases that use a part could notice its change; so a case that is left out must surely have no use for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.casework.coverage import files_of
from cds_service.casework.read import read_cases
from cds_service.mutation.bench import Bench
from cds_service.mutation.mutants import Mutant, mutants_of, with_empty_set
from cds_service.mutation.tellers import telling_name, telling_number
from cds_service.ruleset.load import load_ruleset
from cds_service.ruleset.words import Duration, Quantity

from .conftest import BOUNDARIES, HOME, add_cases


@pytest.fixture
def told() -> list[str]:
    return []


def test_a_name_tells_when_it_is_found_equal(told: list[str]) -> None:
    name = telling_name("carbamazepine", lambda: told.append("name"))

    assert name in frozenset({"carbamazepine", "valproate"})
    assert told == ["name"]


def test_a_name_that_is_not_found_tells_nothing(told: list[str]) -> None:
    name = telling_name("carbamazepine", lambda: told.append("name"))

    assert frozenset({"valproate"}).isdisjoint([name])
    assert told == []


def test_a_name_among_many_tells_for_itself_alone(told: list[str]) -> None:
    names = [telling_name(n, lambda n=n: told.append(n)) for n in ("maoi", "nnrti", "doac")]  # type: ignore[misc]

    assert not frozenset({"nnrti"}).isdisjoint(names)
    assert told == ["nnrti"]


def test_a_length_tells_when_its_days_are_asked(told: list[str]) -> None:
    length = telling_number(Duration(4, "week"), lambda: told.append("length"))

    assert isinstance(length, Duration)
    assert told == []
    assert length.days == 28
    assert "length" in told


def test_a_quantity_tells_when_it_is_compared(told: list[str]) -> None:
    dose = telling_number(Quantity(600, "mg"), lambda: told.append("dose"))

    assert told == []
    assert dose == Quantity(600, "mg")
    assert Quantity(600, "mg") == dose
    assert "dose" in told


def bench_of(folder: Path) -> tuple[Bench, list[Mutant]]:
    rules = with_empty_set(load_ruleset(folder))
    mutants = mutants_of(rules, folder, home=HOME)
    cases = [case for path in files_of(folder) for case in read_cases(path, root=folder)]
    return Bench(rules, cases, {label for mutant in mutants for label in mutant.labels}), mutants


def using(bench: Bench, mutants: list[Mutant], place: str) -> list[str]:
    """The cases that use what stands at a place."""
    for at in range(len(bench.cases)):
        bench.observe(at)
    mutant = next(m for m in mutants if m.place == place)
    return [bench.cases[at].spec.name for at in range(len(bench.cases)) if bench.uses(at, mutant)]


def test_a_dose_is_used_by_cases_with_that_drug(folder: Path) -> None:
    bench, mutants = bench_of(folder)

    carbamazepine = using(bench, mutants, "trials.adequate[0].daily_dose.carbamazepine")
    assert carbamazepine == ["A failed drug is said", "A short trial is no failure"]
    assert using(bench, mutants, "trials.adequate[0].daily_dose.oxcarbazepine") == []


def test_a_fact_that_nothing_asks_is_used_by_no_case(folder: Path) -> None:
    bench, mutants = bench_of(folder)

    assert using(bench, mutants, "settings.pain-severe.value") == []


def test_a_case_that_notices_a_change_uses_what_was_changed(folder: Path) -> None:
    """Every case is run against every change, used or not: what notices must be among what uses."""
    add_cases(folder, BOUNDARIES)
    bench, mutants = bench_of(folder)
    for at in range(len(bench.cases)):
        bench.observe(at)

    noticed = {(m.key, at) for m in mutants for at in range(len(bench.cases)) if bench.notices(at, m)}

    assert noticed
    assert {
        pair for pair in noticed if not bench.uses(pair[1], next(m for m in mutants if m.key == pair[0]))
    } == set()
