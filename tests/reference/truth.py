"""Three answers: True, False, and None for what the record leaves open. What settles a question ends the asking."""

from __future__ import annotations

from collections.abc import Iterable

Truth = bool | None


def both(answers: Iterable[Truth]) -> Truth:
    """Every one: no as soon as one is no, else open as soon as one is open."""
    result: Truth = True
    for answer in answers:
        if answer is False:
            return False
        if answer is None:
            result = None
    return result


def either(answers: Iterable[Truth]) -> Truth:
    """At least one: yes as soon as one is yes, else open as soon as one is open."""
    result: Truth = False
    for answer in answers:
        if answer is True:
            return True
        if answer is None:
            result = None
    return result


def opposite(answer: Truth) -> Truth:
    """Yes for no, no for yes; what is open stays open."""
    return None if answer is None else not answer


def enough(sure: int, possible: int, *, least: int) -> Truth:
    """Whether a count reaches ``least``, given how many surely and how many possibly count."""
    if sure >= least:
        return True
    return None if possible >= least else False
