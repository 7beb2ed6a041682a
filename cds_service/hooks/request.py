"""The body of a hook call, checked against its hook: what the rest of the service works with.

What is missing or of the wrong type is refused (400); what is merely odd is noted and lived with, because clients
differ (CDS Hooks 2.0.1, Calling a CDS Service).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from cds_service.errors import InvalidHookRequest
from cds_service.hooks.table import ENCOUNTER, ID, PATIENT, REFERENCE, ContextField, Hook
from cds_service.ops.logging import NOT_A_UUID, loggable_instance
from cds_service.records.decode import DecodedCall
from cds_service.records.references import normalized, reference_of
from cds_service.records.resources import Bundle, Context, FhirAuthorization

UNAUTHENTICATED = "unauthenticated"
"""The client of a call that nobody vouched for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookRequest:
    """One valid call.

    ``patient_id`` and ``encounter_id`` are bare ids. ``selections`` are the selected drafts as ``Type/id``, those that
    are among the drafts only; None for a hook that has no selections, where every draft is to be judged.
    ``started`` is the monotonic time at which the call came in, from which its time budget and token lifetime count.
    ``log_instance`` is the hookInstance in a form that may be logged. ``notes`` name oddities of the client, without anything it sent. ``call`` is the decoded body.
    """

    service_id: str
    hook: str
    hook_instance: str
    log_instance: str
    client: str
    user: str
    patient_id: str
    encounter_id: str | None
    selections: tuple[str, ...] | None
    draft_orders: Bundle | None
    call: DecodedCall
    received_at: datetime
    started: float
    notes: tuple[str, ...] = ()

    @property
    def fhir_server(self) -> str | None:
        """The base URL of the client's FHIR server as it was sent."""
        return self.call.call.fhirServer

    @property
    def authorization(self) -> FhirAuthorization | None:
        """The access token as it was sent; to be used within this call only, never stored or logged."""
        return self.call.call.fhirAuthorization


def read_request(
    decoded: DecodedCall, hook: Hook, *, received_at: datetime, started: float, client: str = UNAUTHENTICATED
) -> HookRequest:
    """Check a decoded body against its hook.

    :raises InvalidHookRequest: a required field is missing, empty or of the wrong type, or it is a call of another hook.
    """
    call = decoded.call
    context = _envelope(decoded, hook)
    drafts = context.draftOrders if hook.has_drafts else None
    log_instance = loggable_instance(call.hookInstance or "")
    selections, skipped = _selected(context, drafts) if hook.has_selections else (None, 0)
    return HookRequest(
        service_id=hook.service_id,
        hook=hook.name,
        hook_instance=call.hookInstance or "",
        log_instance=log_instance,
        client=client,
        user=context.userId or "",
        patient_id=_bare_id(context.patientId or "", PATIENT),
        encounter_id=_bare_id(context.encounterId or "", ENCOUNTER) or None,
        selections=selections,
        draft_orders=drafts,
        call=decoded,
        received_at=received_at,
        started=started,
        notes=tuple(_notes(decoded, context, hook, log_instance=log_instance, skipped=skipped)),
    )


def _envelope(decoded: DecodedCall, hook: Hook) -> Context:
    call = decoded.call
    if problems := [problem for problem in decoded.problems if not _of_another_hook(problem, hook)]:
        raise InvalidHookRequest("; ".join(problems))
    for name, value in (("hook", call.hook), ("hookInstance", call.hookInstance)):
        if value is None or not value.strip():
            raise InvalidHookRequest(f"{name} is missing or empty.")
    if call.hook != hook.name:
        raise InvalidHookRequest(f"This service answers the hook {hook.name} only.")
    if call.context is None:
        raise InvalidHookRequest("context is missing.")
    for field in hook.required:
        _require(call.context, field)
    if call.fhirAuthorization is not None and not call.fhirServer:
        raise InvalidHookRequest("fhirAuthorization needs fhirServer.")
    return call.context


def _of_another_hook(problem: str, hook: Hook) -> bool:
    """True for a fault of a context field that this hook does not have, and so ignores."""
    member = problem.partition(" ")[0]
    return member.startswith("context.") and member[len("context.") :] not in {
        field.name for field in hook.fields
    }


def _require(context: Context, field: ContextField) -> None:
    value: object = getattr(context, field.name)
    if isinstance(value, str):
        value = _bare_id(value, field) if field.form == ID else value.strip()
    if value is None or value == "":
        raise InvalidHookRequest(f"context.{field.name} is missing or empty.")


def _bare_id(text: str, field: ContextField) -> str:
    """Some clients send ``Patient/1`` where a bare id is asked for."""
    text = text.strip()
    for name in field.types:
        text = text.removeprefix(f"{name}/")
    return text


def _selected(context: Context, drafts: Bundle | None) -> tuple[tuple[str, ...], int]:
    """Return the selected drafts, and how many selections name none."""
    known = dict(_draft_names(drafts))
    found = [known.get(normalized(text) or "") for text in context.selections or ()]
    return tuple(dict.fromkeys(name for name in found if name)), found.count(None)


def _draft_names(drafts: Bundle | None) -> Iterator[tuple[str, str]]:
    """Every name by which a draft may be selected, with its reference ``Type/id``."""
    for entry in drafts.entry if drafts else ():
        if entry.resource is None or not entry.resource.id:
            continue
        reference = reference_of(entry.resource)
        yield reference, reference
        if full_url := normalized(entry.fullUrl):
            yield full_url, reference


def _notes(
    decoded: DecodedCall, context: Context, hook: Hook, *, log_instance: str, skipped: int
) -> Iterator[str]:
    if log_instance.startswith(NOT_A_UUID):
        yield "hookInstance is no UUID"
    if skipped:
        yield "selection is no draft"
    if decoded.unusable:
        yield "prefetch value is no resource"
    if decoded.lenient:
        yield "read leniently"
    for field in hook.fields:
        if field.form == REFERENCE and not _is_of(field.types, getattr(context, field.name)):
            yield f"{field.name} is of an unexpected type"


def _is_of(types: Collection[str], reference: str | None) -> bool:
    return reference is None or (normalized(reference) or "").partition("/")[0] in types
