"""GET /cds-services: the services on offer, as bytes built once at start."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from cds_service.hooks.table import Hook
from cds_service.hooks.templates import template_faults

USAGE_REQUIREMENTS = (
    "FHIR R4 data. Prefetch may be whole, in part or missing: what is missing is read from fhirServer, which then "
    "needs fhirAuthorization with read access to the types of the templates. Without Condition, MedicationRequest and "
    "Procedure no answer is given (status 412); without the other types the answer says what could not be read. "
    "Orders show intent, not intake."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """The document as it is sent, and its entity tag."""

    body: bytes
    etag: str


def build_discovery(hooks: Iterable[Hook], templates_of: Callable[[str], Mapping[str, str]]) -> Discovery:
    """Build the document; ``templates_of`` returns the prefetch templates of a hook by key.

    :raises ValueError: a template that CDS Hooks 2.0.1 does not allow.
    """
    services = [_service(hook, templates_of(hook.name)) for hook in hooks]
    body = orjson.dumps({"services": services})
    return Discovery(body=body, etag=f'"{sha256(body).hexdigest()[:32]}"')


def _service(hook: Hook, templates: Mapping[str, str]) -> dict[str, Any]:
    faults = [fault for key, template in templates.items() for fault in template_faults(hook, key, template)]
    if faults:
        raise ValueError("; ".join(faults))
    service: dict[str, Any] = {
        "hook": hook.name,
        "title": hook.title,
        "description": hook.description,
        "id": hook.service_id,
    }
    if templates:
        service["prefetch"] = dict(templates)
    service["usageRequirements"] = USAGE_REQUIREMENTS
    return service
