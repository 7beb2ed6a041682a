"""A search of one resource type, from query parameters to a searchset Bundle.

Paging keeps no state on the server: the ``next`` link is the same search with ``_offset``. As on HAPI, a page holds
at most ``max_count`` matches whatever ``_count`` says, included resources come on top of that, and an unknown
parameter is refused instead of ignored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from cds_service.sandbox.elements import elements, local_reference
from cds_service.sandbox.matching import Test, build_test, earliest, first_token
from cds_service.sandbox.outcomes import FhirFault, fault, printable_name
from cds_service.sandbox.parameters import PARAMETERS, Parameter
from cds_service.sandbox.store import ResourceStore, Stored

Pairs = Sequence[tuple[str, str]]

_IGNORED = frozenset({"_format", "_pretty", "_total"})
"""Parameters that are accepted and change nothing: the answer is JSON and its total is always exact."""
_OFFSET = "_offset"


@dataclass(frozen=True, kw_only=True)
class PageSizes:
    """Matches on a page: without ``_count``, and at most. The defaults are HAPI's usual ones."""

    default: int = 10
    maximum: int = 50


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """A search that has been read and found answerable."""

    resource_type: str
    tests: tuple[Test, ...]
    includes: tuple[Parameter, ...]
    sort: tuple[tuple[Parameter, bool], ...]
    count: int
    offset: int
    only_total: bool


def search(
    store: ResourceStore, resource_type: str, pairs: Pairs, *, base: str, sizes: PageSizes
) -> dict[str, Any]:
    """The searchset Bundle for ``GET [base]/[type]?pairs``; refuses with 400 what it cannot answer exactly."""
    plan = _plan(resource_type, pairs, base=base, sizes=sizes)
    matches = [
        stored
        for stored in store.all_of(resource_type)
        if stored.body is not None and all(test(stored.body) for test in plan.tests)
    ]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(matches)}
    bundle["link"] = [{"relation": "self", "url": _url(base, resource_type, pairs)}]
    if plan.only_total:
        return bundle
    ordered = _sorted(matches, plan.sort)
    page = ordered[plan.offset : plan.offset + plan.count]
    if plan.offset + plan.count < len(ordered):
        following = _with_offset(pairs, plan.offset + plan.count)
        bundle["link"].append({"relation": "next", "url": _url(base, resource_type, following)})
    included = _included(store, page, plan.includes, base=base)
    if page:
        bundle["entry"] = [*_entries(page, "match", base), *_entries(included, "include", base)]
    return bundle


def _plan(resource_type: str, pairs: Pairs, *, base: str, sizes: PageSizes) -> _Plan:
    tests = tuple(
        _test(resource_type, name, value, base=base)
        for name, value in pairs
        if name.partition(":")[0] not in _CONTROLS
    )
    controls = [(name, value) for name, value in pairs if name.partition(":")[0] in _CONTROLS]
    for name, _ in controls:
        if ":" in name:
            raise fault(400, "not-supported", f"{printable_name(name)} is not supported.")
    count = _whole_number(controls, "_count", default=sizes.default)
    return _Plan(
        resource_type=resource_type,
        tests=tests,
        includes=tuple(
            p for name, value in controls if name == "_include" for p in _include(resource_type, value)
        ),
        sort=tuple(p for name, value in controls if name == "_sort" for p in _sort(resource_type, value)),
        count=min(count, sizes.maximum),
        offset=_whole_number(controls, _OFFSET, default=0),
        only_total=_only_total(controls) or count == 0,
    )


_CONTROLS = frozenset({"_count", _OFFSET, "_include", "_sort", "_summary", *_IGNORED})


def _test(resource_type: str, name: str, value: str, *, base: str) -> Test:
    plain, _, modifier = name.partition(":")
    parameter = PARAMETERS[resource_type].get(plain)
    if parameter is None:
        raise _unknown(resource_type, plain)
    return build_test(parameter, modifier=modifier, value=value, base=base)


def _unknown(resource_type: str, name: str) -> FhirFault:
    known = ", ".join(sorted(PARAMETERS[resource_type]))
    return fault(
        400,
        "invalid",
        f"Unknown search parameter {printable_name(name)} for {resource_type}. Valid search parameters: {known}.",
    )


def _whole_number(controls: Pairs, wanted: str, *, default: int) -> int:
    values = [value for name, value in controls if name == wanted]
    if not values:
        return default
    if len(values) > 1 or not values[0].isascii() or not values[0].isdigit() or len(values[0]) > 9:
        raise fault(400, "invalid", f"{wanted} takes one whole number.")
    return int(values[0])


def _only_total(controls: Pairs) -> bool:
    values = [value for name, value in controls if name == "_summary"]
    if any(value not in ("count", "false") for value in values):
        raise fault(400, "not-supported", "_summary takes count or false here.")
    return "count" in values


def _include(resource_type: str, value: str) -> Iterable[Parameter]:
    references = {name: p for name, p in PARAMETERS[resource_type].items() if p.kind == "reference"}
    if value == "*":
        return references.values()
    source, _, rest = value.partition(":")
    name, _, target = rest.partition(":")
    parameter = references.get(name)
    if source != resource_type or parameter is None or (target and target not in PARAMETERS):
        known = ", ".join(f"{resource_type}:{name}" for name in sorted(references))
        raise fault(400, "invalid", f"This _include cannot be followed. Valid values: {known}.")
    if not target:
        return (parameter,)
    return (Parameter(name=name, kind="reference", paths=parameter.paths, targets=(target,)),)


def _sort(resource_type: str, value: str) -> Iterable[tuple[Parameter, bool]]:
    for part in value.split(","):
        name = part.removeprefix("-")
        parameter = PARAMETERS[resource_type].get(name)
        if parameter is None:
            raise _unknown(resource_type, name)
        if parameter.kind == "reference":
            raise fault(400, "not-supported", f"Sorting by {parameter.name} is not supported.")
        yield parameter, part.startswith("-")


def _sorted(matches: list[Stored], sort: Iterable[tuple[Parameter, bool]]) -> list[Stored]:
    """Sorted by every key in turn; resources that lack a key come last in either direction."""
    ordered = list(matches)
    for parameter, descending in reversed(tuple(sort)):
        keyed = [(_sort_key(parameter, stored.body or {}), stored) for stored in ordered]
        known = [(key, stored) for key, stored in keyed if key is not None]
        known.sort(key=lambda pair: pair[0], reverse=descending)
        ordered = [stored for _, stored in known] + [stored for key, stored in keyed if key is None]
    return ordered


def _sort_key(parameter: Parameter, resource: Mapping[str, Any]) -> Any:
    return earliest(parameter, resource) if parameter.kind == "date" else first_token(parameter, resource)


def _included(
    store: ResourceStore, page: Iterable[Stored], includes: Iterable[Parameter], *, base: str
) -> list[Stored]:
    followed = list(includes)
    on_page = {(stored.type, stored.id) for stored in page}
    found: dict[tuple[str, str], Stored] = {}
    for stored in page:
        for parameter in followed:
            for target in _targets(stored, parameter, base=base):
                included = store.find(*target)
                if target not in on_page and included is not None and included.body is not None:
                    found[target] = included
    return list(found.values())


def _targets(stored: Stored, parameter: Parameter, *, base: str) -> Iterable[tuple[str, str]]:
    for path in parameter.paths:
        for element in elements(stored.body, f"{path}.reference"):
            target = local_reference(str(element), base=base)
            if target is not None and (not parameter.targets or target[0] in parameter.targets):
                yield target


def _entries(resources: Iterable[Stored], mode: str, base: str) -> Iterable[dict[str, Any]]:
    for stored in resources:
        yield {
            "fullUrl": f"{base}/{stored.type}/{stored.id}",
            "resource": stored.body,
            "search": {"mode": mode},
        }


def _with_offset(pairs: Pairs, offset: int) -> Pairs:
    return [*((name, value) for name, value in pairs if name != _OFFSET), (_OFFSET, str(offset))]


def _url(base: str, resource_type: str, pairs: Pairs) -> str:
    query = urlencode(pairs, safe=":/,")
    return f"{base}/{resource_type}?{query}" if query else f"{base}/{resource_type}"
