"""The CapabilityStatement of the embedded server, drawn from the table of search parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cds_service.sandbox.parameters import PARAMETERS, Parameter

_INTERACTIONS = ("read", "search-type", "create", "update", "delete")
_WRITTEN = "2026-06-15"
"""When the statement last changed; FHIR asks for a date here."""


def capability_statement(base: str) -> dict[str, Any]:
    """What ``GET [base]/metadata`` answers (FHIR R4 CapabilityStatement, kind instance)."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": _WRITTEN,
        "kind": "instance",
        "software": {"name": "cds-service embedded FHIR server"},
        "implementation": {"description": "Synthetic patients for demonstration and tests", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "resource": [_resource(name, parameters) for name, parameters in sorted(PARAMETERS.items())],
                "interaction": [{"code": "transaction"}, {"code": "batch"}],
            }
        ],
    }


def _resource(name: str, parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    described = {
        "type": name,
        "interaction": [{"code": code} for code in _INTERACTIONS],
        "versioning": "versioned-update",
        "readHistory": False,
        "updateCreate": True,
        "conditionalCreate": False,
        "conditionalUpdate": False,
        "conditionalDelete": "not-supported",
        "searchInclude": [f"{name}:{p.name}" for p in parameters.values() if p.kind == "reference"],
        "searchParam": [{"name": p.name, "type": p.kind} for p in parameters.values()],
    }
    return {key: value for key, value in described.items() if value != []}
