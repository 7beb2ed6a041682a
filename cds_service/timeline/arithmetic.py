"""Arithmetic on amounts that may be intervals or unknown: unknown never becomes zero, and never swallows what is known."""

from __future__ import annotations

from collections.abc import Iterable

from cds_service.timeline.amounts import Amount, Measure, UnknownAmount

_DIGITS = 6
"""Amounts are rounded to this many decimals, so that thirds and sevenths of a dose compare as written."""


def times(one: Amount, other: Amount, unit: str) -> Amount:
    """Return the product of two amounts that are not negative, in ``unit``."""
    high = None if one.high is None or other.high is None else round(one.high * other.high, _DIGITS)
    return Amount(round(one.low * other.low, _DIGITS), high, unit)


def scaled(amount: Amount, factor: float, unit: str) -> Amount:
    """Return an amount multiplied by a number, in ``unit``."""
    return times(amount, Amount.exactly(factor, ""), unit)


def total(measures: Iterable[Measure]) -> Measure:
    """Return the sum of amounts that are not negative; one unknown part leaves the known rest as lower bound.

    Nothing to add, or unknown parts only, is unknown; so are amounts of different units.
    """
    known, unknown = _split(measures)
    if not known:
        return unknown[0] if unknown else UnknownAmount("nothing is recorded")
    if len({m.unit for m in known}) > 1:
        return UnknownAmount("recorded in different units")
    open_ended = bool(unknown) or any(m.high is None for m in known)
    high = None if open_ended else round(sum(m.high or 0.0 for m in known), _DIGITS)
    return Amount(round(sum(m.low for m in known), _DIGITS), high, known[0].unit)


def spanning(measures: Iterable[Measure]) -> Measure:
    """Return the interval that holds every alternative; unknown when one of them is, or when there is none."""
    known, unknown = _split(measures)
    if unknown or not known:
        return unknown[0] if unknown else UnknownAmount("nothing is recorded")
    if len({m.unit for m in known}) > 1:
        return UnknownAmount("recorded in different units")
    high = None if any(m.high is None for m in known) else max(m.high or 0.0 for m in known)
    return Amount(min(m.low for m in known), high, known[0].unit)


def _split(measures: Iterable[Measure]) -> tuple[list[Amount], list[UnknownAmount]]:
    known: list[Amount] = []
    unknown: list[UnknownAmount] = []
    for measure in measures:
        if isinstance(measure, Amount):
            known.append(measure)
        else:
            unknown.append(measure)
    return known, unknown
