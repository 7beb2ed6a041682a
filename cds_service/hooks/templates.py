"""What CDS Hooks 2.0.1 lets a prefetch template be, checked before one is published."""

from __future__ import annotations

import re

from cds_service.hooks.table import Hook

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_TOKEN = re.compile(r"\{\{(.*?)\}\}")
_READ = re.compile(r"[A-Z][A-Za-z]+/[^/?]+")
_SEARCH = re.compile(r"([A-Z][A-Za-z]+)\?(.+)")
_PARAMETER = re.compile(r"(_count|_id|_sort|[a-z][a-z-]*)(:in)?=([^=]+)")
_USER_TOKENS = frozenset(
    {"userPractitionerId", "userPractitionerRoleId", "userPatientId", "userRelatedPersonId"}
)
_USER = "{{context.userId}}"
"""The one token that expands to ``Type/id``."""
_REFUSED_PREFIX = re.compile(r"(ne|sa|eb|ap)\d{4}")


def template_faults(hook: Hook, key: str, template: str) -> list[str]:
    """Return what is wrong with a template for a hook, in words; empty when it may be published.

    Beyond the recommended subset only one thing is allowed: an ``_include`` of the Medication of a medication type.
    """
    faults = []
    if not _KEY.fullmatch(key):
        faults.append(f"{key}: a key has letters, digits, - and _ only")
    faults += [
        f"{key}: {{{{{token}}}}} is no token of {hook.name}"
        for token in _TOKEN.findall(template)
        if token not in hook.tokens | _USER_TOKENS
    ]
    expanded = _TOKEN.sub("x", template.replace(_USER, "Practitioner/x"))
    return faults + [f"{key}: {fault}" for fault in _shape_faults(expanded)]


def _shape_faults(template: str) -> list[str]:
    if _READ.fullmatch(template):
        return []
    search = _SEARCH.fullmatch(template)
    if search is None:
        return ["neither a relative read nor a relative search"]
    resource_type, query = search.groups()
    include = f"_include={resource_type}:medication"
    parameters = [part for part in query.split("&") if part != include]
    names = [part.partition("=")[0] for part in parameters]
    faults = [
        f"{part.partition('=')[0]} is outside the recommended subset" for part in parameters if _outside(part)
    ]
    faults += [f"{name} is repeated" for name in sorted({name for name in names if names.count(name) > 1})]
    return faults


def _outside(parameter: str) -> bool:
    match = _PARAMETER.fullmatch(parameter)
    return match is None or _REFUSED_PREFIX.match(match[3]) is not None
