"""ServiceRequests and DeviceRequests, recorded or drafted."""

from __future__ import annotations

from cds_service.records.members import REFERENCES
from cds_service.records.references import normalized, reference_of
from cds_service.records.resources import CodeableConcept, DeviceRequest, Reference, ServiceRequest
from cds_service.timeline.dates import parse_span
from cds_service.timeline.events import Request
from cds_service.timeline.medications import category_codes
from cds_service.timeline.procedures import concept_beside
from cds_service.timeline.reading import Reading, texts_of
from cds_service.timeline.sites import read_site, with_region_of
from cds_service.timeline.standing import Weight, is_order, weight_of

_SERVICE, _DEVICE = "ServiceRequest", "DeviceRequest"


def read_service_request(request: ServiceRequest, reading: Reading, *, draft: bool = False) -> Request | None:
    """Return a request for a service; None when no rule knows its code, it never counts, or it lies in the future.

    A draft counts with any status but ``entered-in-error``, any intent and any date.

    Raises:
        Unusable: a recorded request whose status or intent is missing or none of FHIR's.
    """
    code = request.code
    if code is None or not _can_matter(code, reading):
        return None
    if not _stands(_SERVICE, request.status, request.intent, draft=draft):
        return None
    if not draft and reading.is_future(request.authoredOn):
        return None
    reasons = reading.reasons(request.reasonCode, request.reasonReference, _SERVICE)
    sites = reading.concepts(request.bodySite, f"{_SERVICE}.bodySite")
    details = texts_of(*reading.concepts(request.orderDetail, f"{_SERVICE}.orderDetail"))
    notes = reading.notes(request.note, f"{_SERVICE}.note")
    concept = concept_beside(code, reasons, (*details, *texts_of(*sites), *notes), reading)
    if concept is None:
        return None
    period = reading.period(request.occurrencePeriod, f"{_SERVICE}.occurrencePeriod")
    references = REFERENCES.read(request.reasonReference, reading.log, f"{_SERVICE}.reasonReference")
    return Request(
        reference=reference_of(request),
        concept=concept,
        resource_type=_SERVICE,
        status=request.status or "draft",
        intent=request.intent or "",
        authored=parse_span(request.authoredOn),
        planned=parse_span(request.occurrenceDateTime or period.start),
        site=with_region_of(
            read_site(sites, concept.sets, (*texts_of(code), *details), reading.meanings), reasons
        ),
        reasons=reasons,
        reason_references=_targets(references),
        categories=category_codes(reading.concepts(request.category, f"{_SERVICE}.category")),
        priority=request.priority,
        avoid=bool(request.doNotPerform),
        texts=(*texts_of(code), *details, *notes),
        is_draft=draft,
    )


def read_device_request(request: DeviceRequest, reading: Reading, *, draft: bool = False) -> Request | None:
    """Return a request for a device; as ``read_service_request``."""
    code = request.codeCodeableConcept
    if code is None or not _can_matter(code, reading):
        return None
    if not _stands(_DEVICE, request.status, request.intent, draft=draft):
        return None
    if not draft and reading.is_future(request.authoredOn):
        return None
    reasons = reading.reasons(request.reasonCode, request.reasonReference, _DEVICE)
    notes = reading.notes(request.note, f"{_DEVICE}.note")
    concept = concept_beside(code, reasons, notes, reading)
    if concept is None:
        return None
    references = REFERENCES.read(request.reasonReference, reading.log, f"{_DEVICE}.reasonReference")
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


def _can_matter(code: CodeableConcept, reading: Reading) -> bool:
    meaning = reading.meanings.procedure.of(code)
    return meaning.known or meaning.needs_context


def _stands(resource_type: str, status: str | None, intent: str | None, *, draft: bool) -> bool:
    if draft:
        return status != "entered-in-error"
    return weight_of(resource_type, status) is Weight.COUNTS and is_order(resource_type, intent)


def _targets(references: tuple[Reference, ...]) -> tuple[str, ...]:
    return tuple(target for r in references if (target := normalized(r.reference)) is not None)
