"""Daily dose per ingredient from FHIR dosages: dose × times a day × strength, as an interval or unknown with a reason.

Rules, in the order in which they apply (https://hl7.org/fhir/R4/dosage.html):

* One dosage: what an intake holds (``intake``) times how often a day (``timing``).
* As needed: anything from nothing to the most that the order allows (frequency, ``maxDosePerPeriod``): the interval
  starts at zero, so as-needed use alone never proves a dose; without a stated maximum it is unknown.
* Several dosages at the same time (same ``sequence``, same bounds, or different times of day) add up.
* Several dosages one after the other (``sequence`` with lengths, or bounds that do not overlap) are phases: a taper or a
  titration. Each phase keeps its days; the last one holds until the order ends.
* Several dosages of which nobody can say whether they follow each other or go together: one interval from the smallest
  of them to the sum of all.
* A patch whose strength is per hour gives its rate for 24 hours, however often it is changed.

A daily dose is in ``mg`` (``U`` for products counted in biological units); that it is a day's dose goes without saying.
Nothing here is ever zero for lack of data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from cds_service.records.resources import Dosage
from cds_service.timeline.amounts import Amount, Measure, UnknownAmount
from cds_service.timeline.arithmetic import scaled, spanning, times, total
from cds_service.timeline.dates import DateSpan, parse_span
from cds_service.timeline.events import DosePart, Ingredient
from cds_service.timeline.intake import CONTINUOUS, amount_of_ingredient, intake_of, rate_of
from cds_service.timeline.phases import DoseLine, length_of_all, phases_of
from cds_service.timeline.timing import clock_events, times_a_day
from cds_service.timeline.units import amount_of, amount_of_range, convert, days_in


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseReading:
    """What the dosages of one order say.

    ``parts`` are its phases in order; ``starts`` and ``ends`` come from the dosages' own bounds, ``lasts`` when only a
    length is bounded. ``most_a_day`` is given for orders with an as-needed part, scheduled parts included.
    """

    parts: tuple[DosePart, ...] = ()
    single: Mapping[str, Measure] = field(default_factory=lambda: MappingProxyType({}))
    most_a_day: Mapping[str, Measure] = field(default_factory=lambda: MappingProxyType({}))
    rate: Measure | None = None
    as_needed: bool = False
    starts: DateSpan | None = None
    ends: DateSpan | None = None
    lasts: Amount | None = None


def read_doses(
    dosages: Sequence[Dosage], ingredients: Sequence[Ingredient], *, combination: bool = False
) -> DoseReading:
    """Work out the dosages of one order for each of its ingredients; see the rules above.

    ``combination`` says that the product holds more than the ingredients given: a mass belongs to none of them then.
    """
    if not dosages:
        return DoseReading()
    alone = len(ingredients) == 1 and not combination
    lines = [_line(dosage, ingredients, alone=alone) for dosage in dosages]
    names = [ingredient.name for ingredient in ingredients]
    rates = [line.rate for line in lines if line.rate is not None]
    any_as_needed = any(line.as_needed for line in lines)
    return DoseReading(
        parts=tuple(phases_of(lines, names)),
        single={name: spanning(line.single[name] for line in lines) for name in names},
        most_a_day={name: total(line.most[name] for line in lines) for name in names}
        if any_as_needed
        else {},
        rate=spanning(rates) if rates else None,
        as_needed=all(line.as_needed for line in lines),
        starts=_earliest(line.starts for line in lines),
        ends=_latest([line.ends for line in lines]),
        lasts=length_of_all(lines),
    )


def _line(dosage: Dosage, ingredients: Sequence[Ingredient], *, alone: bool) -> DoseLine:
    often = times_a_day(dosage.timing)
    single = {i.name: intake_of(dosage.doseAndRate, i, alone=alone) for i in ingredients}
    scheduled = {name: _per_day(dose, often) for name, dose in single.items()}
    as_needed = bool(dosage.asNeededBoolean) or dosage.asNeededCodeableConcept is not None
    capped = {i.name: _capped(scheduled[i.name], dosage, i, alone=alone) for i in ingredients}
    starts, ends, lasts = _bounds(dosage)
    return DoseLine(
        sequence=dosage.sequence,
        daily={n: _from_nothing(m) for n, m in capped.items()} if as_needed else capped,
        most={n: _at_most(m) for n, m in capped.items()},
        single=single,
        rate=rate_of(dosage.doseAndRate),
        as_needed=as_needed,
        starts=starts,
        ends=ends,
        lasts=lasts,
        clock=clock_events(dosage.timing),
    )


def _per_day(dose: Measure, often: Measure) -> Measure:
    if isinstance(dose, UnknownAmount):
        return dose
    if dose.unit == CONTINUOUS:
        return scaled(dose, 24, "mg")
    if isinstance(often, UnknownAmount):
        return often
    return times(dose, often, dose.unit)


def _capped(daily: Measure, dosage: Dosage, ingredient: Ingredient, *, alone: bool) -> Measure:
    """Apply ``maxDosePerPeriod``; for as-needed dosages it may be the only number there is."""
    cap = _cap(dosage, ingredient, alone=alone)
    if cap is None or cap.high is None:
        return daily
    if isinstance(daily, UnknownAmount):
        as_needed = dosage.asNeededBoolean or dosage.asNeededCodeableConcept is not None
        return Amount(0.0, cap.high, cap.unit) if as_needed else daily
    if daily.unit != cap.unit:
        return daily
    high = cap.high if daily.high is None else min(daily.high, cap.high)
    return Amount(min(daily.low, high), high, daily.unit)


def _cap(dosage: Dosage, ingredient: Ingredient, *, alone: bool) -> Amount | None:
    ratio = dosage.maxDosePerPeriod
    amount = amount_of(ratio.numerator) if ratio else None
    period = days_in(ratio.denominator) if ratio else None
    if amount is None or period is None or period.low <= 0:
        return None
    dose = amount_of_ingredient(amount, ingredient, alone=alone)
    return None if isinstance(dose, UnknownAmount) else scaled(dose, 1 / period.low, dose.unit)


def _from_nothing(daily: Measure) -> Measure:
    if isinstance(daily, UnknownAmount):
        return UnknownAmount(f"as needed; {daily.reason}", daily.settled_by)
    return replace(daily, low=0.0)


def _at_most(daily: Measure) -> Measure:
    if isinstance(daily, UnknownAmount) or daily.high is None:
        return daily
    return Amount.exactly(daily.high, daily.unit)


def _bounds(dosage: Dosage) -> tuple[DateSpan | None, DateSpan | None, Amount | None]:
    repeat = dosage.timing.repeat if dosage.timing else None
    if repeat is None:
        return None, None, None
    period = repeat.boundsPeriod
    starts = parse_span(period.start) if period else None
    ends = parse_span(period.end) if period else None
    in_range = amount_of_range(repeat.boundsRange)
    lasts = days_in(repeat.boundsDuration) or (convert(in_range, "d") if in_range else None)
    return starts, ends, lasts


def _earliest(spans: Iterable[DateSpan | None]) -> DateSpan | None:
    known = [span for span in spans if span is not None]
    return min(known, key=lambda span: (span.first, span.last)) if known else None


def _latest(spans: Sequence[DateSpan | None]) -> DateSpan | None:
    known = [span for span in spans if span is not None]
    if not known or len(known) < len(spans):
        return None  # a dosage without an end goes on
    return max(known, key=lambda span: (span.last, span.first))
