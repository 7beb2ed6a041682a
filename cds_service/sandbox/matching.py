"""One search parameter with its value, turned into a test of a resource (FHIR R4 search, token to date).

A value that cannot be read is refused with 400 when the test is built, before any resource is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from cds_service.sandbox.elements import Span, codes_of, elements, local_reference, span_of
from cds_service.sandbox.outcomes import FhirFault, fault
from cds_service.sandbox.parameters import PARAMETERS, Parameter

Test = Callable[[Mapping[str, Any]], bool]

_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_PREFIXED = re.compile(r"(?P<prefix>eq|ne|gt|lt|ge|le|sa|eb)?(?P<date>\d.*)")
_COMPARE: Mapping[str, Callable[[Span, Span], bool]] = {
    "eq": lambda asked, found: asked.start <= found.start and found.end <= asked.end,
    "ne": lambda asked, found: not (asked.start <= found.start and found.end <= asked.end),
    "gt": lambda asked, found: found.end > asked.end,
    "lt": lambda asked, found: found.start < asked.start,
    "ge": lambda asked, found: found.end > asked.end or _within(asked, found),
    "le": lambda asked, found: found.start < asked.start or _within(asked, found),
    "sa": lambda asked, found: found.start >= asked.end,
    "eb": lambda asked, found: found.end <= asked.start,
}
"""Date prefixes of FHIR R4 search §3.1.1.4.6; ``asked`` is the parameter's span, ``found`` the resource's."""


def build_test(parameter: Parameter, *, modifier: str, value: str, base: str) -> Test:
    """The test that ``name:modifier=value`` asks for; commas in the value separate alternatives."""
    alternatives = _split(value, ",")
    if not all(alternatives):
        raise fault(400, "invalid", f"Search parameter {parameter.name} has an empty value.")
    if modifier == "missing":
        return _missing(parameter, value)
    tests = [_one(parameter, modifier=modifier, value=one, base=base) for one in alternatives]
    if modifier == "not":
        return lambda resource: not any(test(resource) for test in tests)
    return lambda resource: any(test(resource) for test in tests)


def earliest(parameter: Parameter, resource: Mapping[str, Any]) -> datetime | None:
    """The first instant of a date parameter in a resource, for sorting; None when it has none."""
    starts = [span.start for value in _values(parameter, resource) if (span := span_of(value))]
    return min(starts, default=None)


def first_token(parameter: Parameter, resource: Mapping[str, Any]) -> str | None:
    """The smallest code or text of a parameter in a resource, for sorting; None when it has none."""
    values = [*_values(parameter, resource)]
    tokens = [code.value for value in values for code in codes_of(value)]
    return min(tokens, default=None)


def _one(parameter: Parameter, *, modifier: str, value: str, base: str) -> Test:
    if parameter.kind == "token" and modifier in ("", "not"):
        return _token_test(parameter, value)
    if parameter.kind == "date" and not modifier:
        return _date_test(parameter, value)
    if parameter.kind == "reference" and (not modifier or modifier in PARAMETERS):
        return _reference_test(parameter, target=modifier, value=value, base=base)
    if parameter.kind == "string" and modifier in ("", "exact", "contains"):
        return _string_test(parameter, modifier=modifier, value=value)
    raise fault(400, "not-supported", f"Search parameter {parameter.name} does not take this modifier here.")


def _missing(parameter: Parameter, value: str) -> Test:
    if value not in ("true", "false"):
        raise _unreadable(parameter, "true or false")
    wanted = value == "true"
    return lambda resource: (not any(True for _ in _values(parameter, resource))) is wanted


def _token_test(parameter: Parameter, value: str) -> Test:
    parts = _split(value, "|")
    if len(parts) > 2 or value == "|":
        raise _unreadable(parameter, "code, system|code, |code or system|")
    system, code = (None, parts[0]) if len(parts) == 1 else (parts[0], parts[1])

    def test(resource: Mapping[str, Any]) -> bool:
        return any(
            (system is None or found.system == system) and (not code or found.value == code)
            for element in _values(parameter, resource)
            for found in codes_of(element)
        )

    return test


def _date_test(parameter: Parameter, value: str) -> Test:
    match = _PREFIXED.fullmatch(value.replace(" ", "+"))  # a plus sign that nobody escaped arrives as a blank
    asked = span_of(match["date"]) if match else None
    if match is None or asked is None:
        raise _unreadable(parameter, "a date such as ge2024-05, with eq, ne, gt, lt, ge, le, sa or eb")
    compare = _COMPARE[match["prefix"] or "eq"]

    def test(resource: Mapping[str, Any]) -> bool:
        spans = [span for element in _values(parameter, resource) if (span := span_of(element))]
        return any(compare(asked, found) for found in spans)

    return test


def _reference_test(parameter: Parameter, *, target: str, value: str, base: str) -> Test:
    types = (target,) if target else parameter.targets
    local = local_reference(value, base=base)
    if local is None and not _ID.fullmatch(value) and not value.startswith(("http://", "https://", "urn:")):
        raise _unreadable(parameter, "an id, Type/id or an absolute address")
    if local is not None and types and local[0] not in types:
        raise _unreadable(parameter, f"a reference to {' or '.join(types)}")

    def wanted(reference: str) -> bool:
        found = local_reference(reference, base=base)
        if found is None or local is not None:
            return reference == value if found is None else found == local
        return found[1] == value and (not types or found[0] in types)

    def test(resource: Mapping[str, Any]) -> bool:
        references = (
            element.get("reference")
            for element in _values(parameter, resource)
            if isinstance(element, Mapping)
        )
        return any(wanted(reference) for reference in references if isinstance(reference, str))

    return test


def _string_test(parameter: Parameter, *, modifier: str, value: str) -> Test:
    wanted = _unescape(value)

    def test(resource: Mapping[str, Any]) -> bool:
        texts = [text for text in _values(parameter, resource) if isinstance(text, str)]
        if modifier == "exact":
            return wanted in texts
        if modifier == "contains":
            return any(wanted.casefold() in text.casefold() for text in texts)
        return any(text.casefold().startswith(wanted.casefold()) for text in texts)

    return test


def _values(parameter: Parameter, resource: Mapping[str, Any]) -> list[Any]:
    return [value for path in parameter.paths for value in elements(resource, path)]


def _within(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _split(value: str, separator: str) -> list[str]:
    """Parts between separators that no backslash escapes (FHIR R4 search, escaping search parameters)."""
    parts = re.split(rf"(?<!\\){re.escape(separator)}", value)
    return parts if separator == "," else [_unescape(part) for part in parts]


def _unescape(text: str) -> str:
    return re.sub(r"\\([\\,|$])", r"\1", text)


def _unreadable(parameter: Parameter, expected: str) -> FhirFault:
    return fault(400, "invalid", f"Search parameter {parameter.name} takes {expected}.")
