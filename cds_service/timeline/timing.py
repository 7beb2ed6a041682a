"""How often a day a dosage is given, from a FHIR Timing (https://hl7.org/fhir/R4/datatypes.html#Timing)."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

from cds_service.records.resources import Timing, TimingRepeat
from cds_service.timeline.amounts import Amount, Measure, UnknownAmount
from cds_service.timeline.units import days_in_unit, unit_named

PER_DAY: Final = "1/d"

_ABBREVIATIONS: Final = MappingProxyType(
    {
        **dict.fromkeys(("QD", "DAILY", "OD", "AM", "PM", "QAM", "QPM", "QHS", "HS", "BED", "NIGHTLY"), 1.0),
        **dict.fromkeys(("BID", "BD"), 2.0),
        **dict.fromkeys(("TID", "TDS"), 3.0),
        **dict.fromkeys(("QID", "QDS"), 4.0),
        "QOD": 0.5,
        **dict.fromkeys(("WK", "WEEKLY", "QWEEK"), 1 / 7),
        **dict.fromkeys(("MO", "MONTHLY"), 1 / 30.4375),
    }
)
"""HL7 v3 GTSAbbreviation codes and the plain prescription abbreviations of the same meaning, in times a day."""

_EVERY_HOURS: Final = re.compile(r"Q(\d{1,3})H\Z")
_OPEN_EVENTS: Final = frozenset({"C", "AC", "PC"})
"""``with meals``: nobody says how many."""


def times_a_day(timing: Timing | None) -> Measure:
    """Return how often a day, as an interval in ``1/d``; unknown with a reason, never zero.

    Frequency and period come first (an absent frequency beside a period is one; ``frequencyMax`` and ``periodMax`` make
    an interval), then counted times of day and events (``timeOfDay``, ``when``), then the code (``BID``, ``Q6H`` …).
    Days of the week scale what is said for a day. Where frequency and counted times disagree, the interval spans both.
    A given number of doses (``count``) or listed dates are no daily dose, and ``with meals`` tells no number.
    """
    if timing is None:
        return UnknownAmount("how often is not recorded", "frequency of the dose")
    repeat = timing.repeat or TimingRepeat()
    if repeat.count is not None and repeat.frequency is None:
        return UnknownAmount("ordered for a number of doses, not by day", "frequency of the dose")
    stated = _by_frequency(repeat)
    counted = _by_clock(repeat)
    if stated is None and counted is None:
        stated = _by_code(timing)
    if stated is None or counted is None:
        return stated or counted or _unknown(timing, repeat)
    return _spanning(stated, counted)


def clock_events(timing: Timing | None) -> frozenset[str]:
    """Return the times of day and events that a timing names (``08:00:00``, ``HS``, ``MORN``)."""
    if timing is None or timing.repeat is None:
        return frozenset()
    return frozenset(timing.repeat.timeOfDay) | frozenset(timing.repeat.when)


def _spanning(one: Amount, other: Amount) -> Amount:
    return Amount(min(one.low, other.low), max(one.high or one.low, other.high or other.low), PER_DAY)


def _by_frequency(repeat: TimingRepeat) -> Amount | None:
    shortest, longest = _period_days(repeat)
    if shortest is None or longest is None:
        return None
    fewest = repeat.frequency if repeat.frequency is not None else 1
    most = max(fewest, repeat.frequencyMax or fewest)
    if fewest < 0:
        return None
    days = len(set(repeat.dayOfWeek))
    if days and longest <= 1:
        return Amount(fewest / longest * days / 7, most / shortest * days / 7, PER_DAY)
    return Amount(fewest / longest, max(most, days) / shortest, PER_DAY)


def _period_days(repeat: TimingRepeat) -> tuple[float | None, float | None]:
    if not repeat.period or repeat.period <= 0 or not repeat.periodUnit:
        return None, None
    days = days_in_unit(unit_named(repeat.periodUnit))
    if not days:
        return None, None
    return repeat.period * days, max(repeat.period, repeat.periodMax or 0.0) * days


def _by_clock(repeat: TimingRepeat) -> Amount | None:
    events = set(repeat.timeOfDay) | set(repeat.when)
    if _OPEN_EVENTS & events:
        return None
    if not events and not (repeat.dayOfWeek and repeat.period is None and repeat.frequency is None):
        return None
    if repeat.period is not None and (_period_days(repeat)[1] or 0) > 1:
        return None  # the events name when in a longer period, not how often a day
    share = len(set(repeat.dayOfWeek)) / 7 if repeat.dayOfWeek else 1.0
    return Amount.exactly(max(1, len(events)) * share, PER_DAY)


def _by_code(timing: Timing) -> Amount | None:
    if timing.code is None:
        return None
    written = [coding.code for coding in timing.code.coding] + [timing.code.text]
    for text in written:
        word = re.sub(r"[.\s]", "", text or "").upper()
        every = _EVERY_HOURS.match(word)
        if every and int(every[1]):
            return Amount.exactly(24 / int(every[1]), PER_DAY)
        if word in _ABBREVIATIONS:
            return Amount.exactly(_ABBREVIATIONS[word], PER_DAY)
    return None


def _unknown(timing: Timing, repeat: TimingRepeat) -> UnknownAmount:
    if _OPEN_EVENTS & set(repeat.when):
        return UnknownAmount("ordered with meals; how many is not recorded", "frequency of the dose")
    if timing.event:
        return UnknownAmount("ordered for listed dates, not by day", "frequency of the dose")
    return UnknownAmount("how often is not recorded", "frequency of the dose")
