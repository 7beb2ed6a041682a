"""Members of resources that stay JSON bytes until a rule needs them, each with the shape that FHIR R4 gives it.

Reading is typed and, when the bytes do not have that shape, lenient: the result is the same as if the resource had
been sent correctly, as far as that can be told.
"""

from __future__ import annotations

from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec import Raw

from cds_service.records.issues import IssueLog
from cds_service.records.mend import DROPPED, mend
from cds_service.records.resources import (
    AdministrationDosage,
    AllergyReaction,
    Annotation,
    CodeableConcept,
    DispenseRequest,
    Dosage,
    ImagingSeries,
    ObservationComponent,
    Period,
    Quantity,
    Range,
    Reference,
    ReferenceRange,
)

T = TypeVar("T")

_NULL: Final = b"null"
_UNDECODABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_BLANK: Final = (None, (), CodeableConcept(), Reference())


class Unusable(Exception):
    """A member without which the resource has no safe meaning is there but cannot be read."""


class Shape(Generic[T]):
    """How to read one kind of member; ``absent`` is what a missing one reads as."""

    def __init__(self, wanted: Any, absent: T) -> None:
        self._wanted = wanted
        self._absent = absent
        self._decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(wanted)

    def read(self, raw: Raw, log: IssueLog, where: str) -> T:
        """Read a member; what cannot be read is counted in ``log`` under ``where`` and left out."""
        if not raw:
            return self._absent
        try:
            return self._decoder.decode(raw)
        except _UNDECODABLE:
            return self._read_leniently(raw, log, where)

    def need(self, raw: Raw, log: IssueLog, where: str) -> T:
        """Read a member that decides what the resource means.

        Raises:
            Unusable: the member is present, but nothing could be made of it.
        """
        if not raw:
            return self._absent
        try:
            return self._decoder.decode(raw)
        except _UNDECODABLE:
            value = self._read_leniently(raw, log, where)
        if value in _BLANK and is_present(raw):
            raise Unusable(where)
        return value

    def _read_leniently(self, raw: Raw, log: IssueLog, where: str) -> T:
        if bytes(raw) == _NULL:
            return self._absent
        try:
            value = mend(msgspec.json.decode(raw), self._wanted, log, where)
        except _UNDECODABLE:
            log.note(where, "undecodable")
            return self._absent
        return self._absent if value is DROPPED else msgspec.convert(value, self._wanted)


def is_present(raw: Raw) -> bool:
    """True when a member was sent and says something (``null``, ``{}`` and ``[]`` say nothing)."""
    return bytes(raw).strip() not in {b"", _NULL, b"{}", b"[]"}


CONCEPT: Final = Shape[CodeableConcept | None](CodeableConcept | None, None)
CONCEPTS: Final = Shape[tuple[CodeableConcept, ...]](tuple[CodeableConcept, ...], ())
REFERENCE: Final = Shape[Reference | None](Reference | None, None)
REFERENCES: Final = Shape[tuple[Reference, ...]](tuple[Reference, ...], ())
NOTES: Final = Shape[tuple[Annotation, ...]](tuple[Annotation, ...], ())
PERIOD: Final = Shape[Period | None](Period | None, None)
QUANTITY: Final = Shape[Quantity | None](Quantity | None, None)
RANGE: Final = Shape[Range | None](Range | None, None)
DOSAGES: Final = Shape[tuple[Dosage, ...]](tuple[Dosage, ...], ())
DISPENSE_REQUEST: Final = Shape[DispenseRequest | None](DispenseRequest | None, None)
ADMINISTERED_DOSE: Final = Shape[AdministrationDosage | None](AdministrationDosage | None, None)
REACTIONS: Final = Shape[tuple[AllergyReaction, ...]](tuple[AllergyReaction, ...], ())
REFERENCE_RANGES: Final = Shape[tuple[ReferenceRange, ...]](tuple[ReferenceRange, ...], ())
COMPONENTS: Final = Shape[tuple[ObservationComponent, ...]](tuple[ObservationComponent, ...], ())
SERIES: Final = Shape[tuple[ImagingSeries, ...]](tuple[ImagingSeries, ...], ())
