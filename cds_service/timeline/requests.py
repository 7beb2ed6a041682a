"""ServiceRequests and DeviceRequests, recorded or drafted."""

from __future__ import annotations

from cds_service.records.members import CONCEPTS, NOTES, PERIOD, REFERENCES
from cds_service.records.references import normalized, reference_of
from cds_service.records.resources import DeviceRequest, Period, Reference, ServiceRequest
from cds_service.terminology import Field
from cds_service.timeline.dates import parse_span
from cds_service.timeline.events import Request
from cds_service.timeline.meaning import concept_from
from cds_service.timeline.medications import category_codes, note_texts
from cds_service.timeline.orders import reasons_of
from cds_service.timeline.reading import Reading, reason_sets, texts_of
from cds_service.timeline.sites import read_site
from cds_service.timeline.standing import Weight, is_order, weight_of

_SERVICE, _DEVICE = "ServiceRequest", "DeviceRequest"


def read_service_request(request: ServiceRequest, reading: Reading, *, draft: bool = False) -> Request | None:
    """Return a request for a service; None when no rule knows its code, it never counts, or it lies in the future.

    A draft counts with any status but ``entered-in-error``, any intent and any date.

    Raises:
        Unusable: a recorded request whose status or intent is missing or none of FHIR's.
    """
    if request.code is None or reading.meanings.known(request.code, Field.PROCEDURE) is None:
        return None
    if not _stands(_SERVICE, request.status, request.intent, draft=draft):
        return None
    if not draft and reading.is_future(request.authoredOn):
        return None
    log = reading.log
    references = REFERENCES.read(request.reasonReference, log, f"{_SERVICE}.reasonReference")
    reasons = reasons_of(
        CONCEPTS.read(request.reasonCode, log, f"{_SERVICE}.reasonCode"), references, reading
    )
    sites = CONCEPTS.read(request.bodySite, log, f"{_SERVICE}.bodySite")
    details = CONCEPTS.read(request.orderDetail, log, f"{_SERVICE}.orderDetail")
    notes = note_texts(NOTES.read(request.note, log, f"{_SERVICE}.note"))
    own_words = texts_of(request.code, *details, *sites)
    context = (*own_words, *(reason.label for reason in reasons), *notes)
    concept = concept_from(
        reading.meanings.in_context(request.code, Field.PROCEDURE, context),
        request.code,
        reasons=reason_sets(reasons),
        has_condition=reading.has_condition,
    )
    period = PERIOD.read(request.occurrencePeriod, log, f"{_SERVICE}.occurrencePeriod") or Period()
    return Request(
        reference=reference_of(request),
        concept=concept,
        resource_type=_SERVICE,
        status=request.status or "draft",
        intent=request.intent or "",
        authored=parse_span(request.authoredOn),
        planned=parse_span(request.occurrenceDateTime or period.start),
        site=read_site(sites, concept.sets, own_words, reading.meanings),
        reasons=reasons,
        reason_references=_targets(references),
        categories=category_codes(CONCEPTS.read(request.category, log, f"{_SERVICE}.category")),
        priority=request.priority,
        avoid=bool(request.doNotPerform),
        texts=(*texts_of(request.code, *details), *notes),
        is_draft=draft,
    )


def read_device_request(request: DeviceRequest, reading: Reading, *, draft: bool = False) -> Request | None:
    """Return a request for a device; as ``read_service_request``."""
    code = request.codeCodeableConcept
    if code is None or reading.meanings.known(code, Field.PROCEDURE) is None:
        return None
    if not _stands(_DEVICE, request.status, request.intent, draft=draft):
        return None
    if not draft and reading.is_future(request.authoredOn):
        return None
    log = reading.log
    references = REFERENCES.read(request.reasonReference, log, f"{_DEVICE}.reasonReference")
    reasons = reasons_of(CONCEPTS.read(request.reasonCode, log, f"{_DEVICE}.reasonCode"), references, reading)
    notes = note_texts(NOTES.read(request.note, log, f"{_DEVICE}.note"))
    concept = concept_from(
        reading.meanings.in_context(code, Field.PROCEDURE, (*texts_of(code), *notes)),
        code,
        reasons=reason_sets(reasons),
        has_condition=reading.has_condition,
    )
    return Request(
        reference=reference_of(request),
        concept=concept,
        resource_type=_DEVICE,
        status=request.status or "draft",
        intent=request.intent or "",
        authored=parse_span(request.authoredOn),
        planned=None,
        site=read_site([], concept.sets, texts_of(code), reading.meanings),
        reasons=reasons,
        reason_references=_targets(references),
        texts=(*texts_of(code), *notes),
        is_draft=draft,
    )


def _stands(resource_type: str, status: str | None, intent: str | None, *, draft: bool) -> bool:
    if draft:
        return status != "entered-in-error"
    return weight_of(resource_type, status) is Weight.COUNTS and is_order(resource_type, intent)


def _targets(references: tuple[Reference, ...]) -> tuple[str, ...]:
    return tuple(target for r in references if (target := normalized(r.reference)) is not None)
