"""The project's rules and the patients of its cases, loaded once for every property and only as far as they are asked for."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from cds_service.casework.read import WrittenCase, case_files, read_cases
from cds_service.ruleset.load import load_ruleset
from cds_service.ruleset.ruleset import Ruleset

RULES = Path(__file__).parents[2] / "rules"
FILES = tuple(case_files(RULES))


@cache
def rules() -> Ruleset:
    """The rules under the profiles that hold where a site chooses none."""
    return load_ruleset(RULES)


@cache
def cases_of(path: Path) -> tuple[WrittenCase, ...]:
    """The cases of one file."""
    return read_cases(path, root=RULES)


def all_cases() -> list[WrittenCase]:
    """Every case of every rule, and every vignette."""
    return [case for path in FILES for case in cases_of(path)]


def some_cases(count: int, *, seed: str) -> list[WrittenCase]:
    """So many cases, always the same for a seed: files first, then a case of each, so that every rule has its turn."""
    chance = random.Random(seed)
    files = _shuffled(FILES, chance) * (count // len(FILES) + 1)
    return [chance.choice(cases_of(path)) for path in files[:count]]


def _shuffled(files: Sequence[Path], chance: random.Random) -> list[Path]:
    return chance.sample(list(files), len(files))
