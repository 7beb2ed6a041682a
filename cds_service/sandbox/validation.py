"""Checks what the embedded server is given against the FHIR R4B models of ``fhir.resources``.

For the resource types that the server accepts R4 and R4B are the same. The models are imported at the first check,
because loading them takes longer than starting the service. Faults name the path and what is wrong there, never the
value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cds_service.sandbox.outcomes import FhirFault, Issue, printable_name

if TYPE_CHECKING:
    from pydantic import ValidationError

_STATUS_CODES: Mapping[tuple[str, str], frozenset[str]] = {
    ("Observation", "status"): frozenset(
        [
            "registered",
            "preliminary",
            "final",
            "amended",
            "corrected",
            "cancelled",
            "entered-in-error",
            "unknown",
        ]
    ),
    ("DiagnosticReport", "status"): frozenset(
        [
            "registered",
            "partial",
            "preliminary",
            "final",
            "amended",
            "corrected",
            "appended",
            "cancelled",
            "entered-in-error",
            "unknown",
        ]
    ),
    ("Encounter", "status"): frozenset(
        [
            "planned",
            "arrived",
            "triaged",
            "in-progress",
            "onleave",
            "finished",
            "cancelled",
            "entered-in-error",
            "unknown",
        ]
    ),
}
"""Required bindings of FHIR R4 that the models list only in part."""
_UNFINISHED = frozenset({"+", "etc."})
_SAYS = {
    "model_field_validation.missing": "a required element is missing",
    "missing": "a required element is missing",
    "extra_forbidden": "there is no such element here",
    "list_type": "this element repeats, so a list is expected",
    "string_pattern_mismatch": "the text does not have the form that this element asks for",
}
_FALLBACK = "the value does not have the form that this element asks for"
_CHOICE = "exactly one of the choices of a [x] element is needed, or a rule between elements is broken"


def check_resource(resource: Mapping[str, Any], *, at: str) -> None:
    """Refuses with 422 a resource that is not valid FHIR R4; ``at`` is its path, such as ``Bundle.entry[3].resource``."""
    issues = list(_issues(resource, at))
    if issues:
        raise FhirFault(422, *issues)


def _issues(resource: Mapping[str, Any], at: str) -> Iterator[Issue]:
    from fhir.resources.R4B import get_fhir_model_class
    from pydantic import ValidationError

    resource_type = resource["resourceType"]
    contained = resource.get("contained") or []
    if not all(isinstance(inner, Mapping) and inner.get("resourceType") for inner in contained):
        yield _issue(f"{at}.contained", "every contained resource needs a resourceType")
        return
    try:
        model = get_fhir_model_class(resource_type).model_validate(dict(resource))
    except ValidationError as error:
        yield from _refused(error, at)
    except (LookupError, TypeError, AttributeError, RecursionError):
        # What the models raise when a contained resource names no type that exists, or nesting has no end.
        yield _issue(
            at, "something in this resource, such as a contained resource, cannot be read as FHIR R4"
        )
    else:
        yield from _unknown_codes(model, at)


def _refused(error: ValidationError, at: str) -> Iterator[Issue]:
    for detail in error.errors(include_url=False, include_context=False, include_input=False):
        path = _path(at, detail["loc"])
        says = _SAYS.get(detail["type"], _FALLBACK)
        yield _issue(path, _CHOICE if detail["type"] == "value_error" and path == at else says)


def _unknown_codes(element: Any, at: str) -> Iterator[Issue]:
    """Codes outside the required binding of their element, which the models do not check themselves."""
    for name, field in type(element).model_fields.items():
        value = getattr(element, name)
        if value is None:
            continue
        path = f"{at}.{field.alias or name}"
        allowed = _allowed(type(element).__name__, name, field.json_schema_extra)
        for place, item in _items(value, path):
            if hasattr(type(item), "model_fields"):
                yield from _unknown_codes(item, place)
            elif allowed and str(item) not in allowed:
                yield _issue(place, f"not a code that FHIR R4 allows here: {', '.join(sorted(allowed))}")


def _allowed(model: str, name: str, extra: Any) -> frozenset[str]:
    complete = _STATUS_CODES.get((model, name))
    if complete:
        return complete
    listed = frozenset(extra.get("enum_values") or ()) if isinstance(extra, Mapping) else frozenset()
    return frozenset() if listed & _UNFINISHED else listed


def _items(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield f"{path}[{index}]", item
    else:
        yield path, value


def _path(at: str, location: Sequence[int | str]) -> str:
    for part in location:
        if part == "root":  # how the models say "this element as a whole"
            continue
        at += f"[{part}]" if isinstance(part, int) else f".{printable_name(part)}"
    return at


def _issue(path: str, says: str) -> Issue:
    return Issue(code="structure", diagnostics=f"{path}: {says}", expression=path)
