"""Choices of a seeded random generator, in the words that writers of patients need."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """A seeded source of choices: the same seed writes the same patient on every machine."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)

    def one(self, *options: T) -> T:
        """Any of these."""
        return self._random.choice(options)

    def of(self, options: Sequence[T]) -> T:
        """Any of a list."""
        return self._random.choice(list(options))

    def weighted(self, **options: int) -> str:
        """One of the words, each so often."""
        return self._random.choices(list(options), list(options.values()))[0]

    def often(self, percent: int) -> bool:
        """True so many times in a hundred."""
        return self._random.randrange(100) < percent

    def between(self, low: int, high: int) -> int:
        """A whole number, both limits included."""
        return self._random.randint(low, high)

    def some(self, options: Sequence[T], count: int) -> list[T]:
        """So many different ones."""
        return self._random.sample(list(options), min(count, len(options)))

    def near(self, limit: int) -> int:
        """The limit, one less, one more, or something of that order."""
        return max(0, self.one(limit - 1, limit, limit + 1, limit, self.between(0, 2 * limit + 2)))
