"""Observations as results; each component of a panel (blood pressure) is a result of its own."""

from __future__ import annotations

from collections.abc import Iterable

from cds_service.records.members import (
    COMPONENTS,
    CONCEPT,
    CONCEPTS,
    PERIOD,
    QUANTITY,
    RANGE,
    REFERENCE_RANGES,
)
from cds_service.records.references import reference_of
from cds_service.records.resources import (
    CodeableConcept,
    Observation,
    ObservationComponent,
    Period,
    ReferenceRange,
)
from cds_service.terminology import Field
from cds_service.timeline.amounts import Amount
from cds_service.timeline.dates import parse_span
from cds_service.timeline.events import Concept, Result
from cds_service.timeline.meaning import concept_from
from cds_service.timeline.reading import Reading, texts_of
from cds_service.timeline.sites import read_site
from cds_service.timeline.standing import Weight, weight_of
from cds_service.timeline.units import amount_of, amount_of_range

_TYPE = "Observation"


def read_observation(observation: Observation, reading: Reading) -> Iterable[Result]:
    """Yield the results of an observation whose code, or whose components' codes, rules know.

    Nothing for those that are not final, amended or corrected, or that lie in the future.

    Raises:
        Unusable: its status is missing or none of FHIR's.
    """
    own = observation.code if reading.meanings.known(observation.code, Field.OBSERVATION) else None
    if own is None and not observation.component:
        return
    parts = COMPONENTS.read(observation.component, reading.log, f"{_TYPE}.component")
    known = [part for part in parts if reading.meanings.known(part.code, Field.OBSERVATION)]
    if own is None and not known:
        return
    period = PERIOD.read(observation.effectivePeriod, reading.log, f"{_TYPE}.effectivePeriod") or Period()
    when = (
        observation.effectiveDateTime
        or observation.effectiveInstant
        or (reading.past(period.end) and period.end)
        or period.start
        or observation.issued
    )
    if weight_of(_TYPE, observation.status) is Weight.NOTHING or reading.is_future(when):
        return
    if own is not None:
        yield _result(observation, own, when, reading)
    for part in known:
        if part.code is not None:
            yield _component(observation, part, part.code, when, reading)


def _result(observation: Observation, code: CodeableConcept, when: str | None, reading: Reading) -> Result:
    log = reading.log
    concept = _concept(code, reading)
    site = CONCEPT.read(observation.bodySite, log, f"{_TYPE}.bodySite")
    coded = CONCEPT.read(observation.valueCodeableConcept, log, f"{_TYPE}.valueCodeableConcept")
    ranges = REFERENCE_RANGES.read(observation.referenceRange, log, f"{_TYPE}.referenceRange")
    signs = CONCEPTS.read(observation.interpretation, log, f"{_TYPE}.interpretation")
    value = (
        amount_of(QUANTITY.read(observation.valueQuantity, log, f"{_TYPE}.valueQuantity"))
        or amount_of_range(RANGE.read(observation.valueRange, log, f"{_TYPE}.valueRange"))
        or _whole(observation.valueInteger)
    )
    words = observation.valueString or (coded.text if coded else None)
    return Result(
        reference=reference_of(observation),
        concept=concept,
        when=parse_span(when),
        instant=when,
        value=value,
        coded=reading.meanings.recorded(coded, Field.OTHER) or _truth(observation.valueBoolean),
        text=words or next(iter(texts_of(code)), None),
        reference_high=_upper_limit(ranges),
        interpretation=frozenset(c.code for sign in signs for c in sign.coding if c.code),
        site=read_site([site] if site else [], concept.sets, texts_of(code), reading.meanings),
    )


def _component(
    observation: Observation,
    part: ObservationComponent,
    code: CodeableConcept,
    when: str | None,
    reading: Reading,
) -> Result:
    return Result(
        reference=reference_of(observation),
        concept=_concept(code, reading),
        when=parse_span(when),
        instant=when,
        value=amount_of(part.valueQuantity) or _whole(part.valueInteger),
        coded=reading.meanings.recorded(part.valueCodeableConcept, Field.OTHER),
        text=part.valueString or (part.valueCodeableConcept.text if part.valueCodeableConcept else None),
    )


def _concept(code: CodeableConcept, reading: Reading) -> Concept:
    return concept_from(reading.meanings.resolved(code, Field.OBSERVATION), code)


def _whole(value: int | None) -> Amount | None:
    return None if value is None else Amount.exactly(value, "")


def _truth(value: bool | None) -> Concept | None:
    if value is None:
        return None
    return Concept(label="true" if value else "false", basis="none")


def _upper_limit(ranges: tuple[ReferenceRange, ...]) -> Amount | None:
    limits = [amount for r in ranges if (amount := amount_of(r.high)) is not None]
    return limits[0] if len(limits) == 1 else None
