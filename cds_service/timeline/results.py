"""Observations as results; each component of a panel (blood pressure) is a result of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cds_service.records.members import COMPONENTS, QUANTITY, RANGE, REFERENCE_RANGES
from cds_service.records.references import reference_of
from cds_service.records.resources import (
    CodeableConcept,
    Observation,
    ObservationComponent,
    ReferenceRange,
)
from cds_service.timeline.amounts import Amount
from cds_service.timeline.dates import parse_span
from cds_service.timeline.events import Concept, Result
from cds_service.timeline.meaning import NO_TABLE
from cds_service.timeline.reading import Reading, texts_of
from cds_service.timeline.sites import read_site
from cds_service.timeline.standing import Weight, weight_of
from cds_service.timeline.units import amount_of, amount_of_range, convert

_TYPE = "Observation"


def read_observation(observation: Observation, reading: Reading) -> Iterable[Result]:
    """Yield the results of an observation whose code, or whose components' codes, rules know.

    Nothing for those that are not final, amended or corrected, or that lie in the future.

    Raises:
        Unusable: its status is missing or none of FHIR's.
    """
    meanings = reading.meanings.observation
    code = observation.code if observation.code and meanings.of(observation.code).known else None
    if code is None and not observation.component:
        return
    parts = COMPONENTS.read(observation.component, reading.log, f"{_TYPE}.component")
    known = [(part, part.code) for part in parts if part.code and meanings.of(part.code).known]
    if code is None and not known:
        return
    when = _when(observation, reading)
    if weight_of(_TYPE, observation.status) is Weight.NOTHING or reading.is_future(when):
        return
    if code is not None:
        yield _result(observation, code, when, reading)
    for part, part_code in known:
        yield _component(observation, part, part_code, when, reading)


def _when(observation: Observation, reading: Reading) -> str | None:
    moment = observation.effectiveDateTime or observation.effectiveInstant
    if moment:
        return moment
    period = reading.period(observation.effectivePeriod, f"{_TYPE}.effectivePeriod")
    end = None if reading.is_future(period.end) else period.end
    return end or period.start or observation.issued


def _result(observation: Observation, code: CodeableConcept, when: str | None, reading: Reading) -> Result:
    concept = reading.meanings.observation.of(code).concept
    return Result.deferred(
        lambda: _details(observation, code, concept, when, reading),
        reference=reference_of(observation),
        concept=concept,
        instant=when,
    )


def _details(
    observation: Observation, code: CodeableConcept, concept: Concept, when: str | None, reading: Reading
) -> Mapping[str, Any]:
    log = reading.log
    site = reading.concept(observation.bodySite, f"{_TYPE}.bodySite")
    coded = reading.concept(observation.valueCodeableConcept, f"{_TYPE}.valueCodeableConcept")
    ranges = REFERENCE_RANGES.read(observation.referenceRange, log, f"{_TYPE}.referenceRange")
    signs = reading.concepts(observation.interpretation, f"{_TYPE}.interpretation")
    value = (
        amount_of(QUANTITY.read(observation.valueQuantity, log, f"{_TYPE}.valueQuantity"))
        or amount_of_range(RANGE.read(observation.valueRange, log, f"{_TYPE}.valueRange"))
        or _whole(observation.valueInteger)
    )
    words = observation.valueString or (coded.text if coded else None)
    return {
        "when": parse_span(when),
        "value": _on_its_scale(value, concept),
        "coded": _coded(coded, reading) or _truth(observation.valueBoolean),
        "text": words or code.text,
        "reference_high": _upper_limit(ranges),
        "interpretation": frozenset(c.code for sign in signs for c in sign.coding if c.code),
        "site": read_site([site] if site else [], concept.sets, texts_of(code), reading.meanings),
    }


def _component(
    observation: Observation,
    part: ObservationComponent,
    code: CodeableConcept,
    when: str | None,
    reading: Reading,
) -> Result:
    coded = part.valueCodeableConcept
    return Result(
        reference=reference_of(observation),
        concept=reading.meanings.observation.of(code).concept,
        when=parse_span(when),
        instant=when,
        value=amount_of(part.valueQuantity) or _whole(part.valueInteger),
        coded=_coded(coded, reading),
        text=part.valueString or (coded.text if coded else None),
    )


def _on_its_scale(value: Amount | None, concept: Concept) -> Amount | None:
    """Return a pain score on the scale from 0 to 10: a mark on the visual analogue line, given in mm, in centimetres."""
    if value is None or value.unit != "mm" or "pain-score" not in concept.sets:
        return value
    return convert(value, "cm")


def _coded(value: CodeableConcept | None, reading: Reading) -> Concept | None:
    return next(iter(reading.meanings.other.recorded([value])), None)


def _whole(value: int | None) -> Amount | None:
    return None if value is None else Amount.exactly(value, "")


def _truth(value: bool | None) -> Concept | None:
    if value is None:
        return None
    return Concept(label="true" if value else "false", basis=NO_TABLE)


def _upper_limit(ranges: tuple[ReferenceRange, ...]) -> Amount | None:
    """Return the upper limit of normal; None when several ranges (by age, by sex) give several."""
    limits = [amount for r in ranges if (amount := amount_of(r.high)) is not None]
    return limits[0] if len(limits) == 1 else None
