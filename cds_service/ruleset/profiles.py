"""Profiles: a site's values for settings, put over the pathways' own; nothing else can be replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from cds_service.errors import Complaint
from cds_service.ruleset.authored import Authored
from cds_service.ruleset.check import range_fault
from cds_service.ruleset.known_names import is_duration, is_quantity
from cds_service.ruleset.library import Library
from cds_service.ruleset.pathway import ProfileFile
from cds_service.ruleset.ruleset import Ruleset
from cds_service.ruleset.wording import nearest


def chosen_profiles(library: Library, names: Sequence[str], *, faults: list[Complaint]) -> dict[str, str]:
    """Return pathway to profile: the named ones, and each other pathway's default where there is one."""
    chosen: dict[str, str] = {}
    for name in names:
        profile = library.profiles.get(name)
        if profile is None:
            message = f"no profile '{name}'{nearest(name, sorted(library.profiles))}"
            faults.append(Complaint(file="profiles", line=1, path="", message=message))
            continue
        for pathway in profile.model.pathways:
            if chosen.setdefault(pathway, name) != name:
                message = f"profiles '{chosen[pathway]}' and '{name}' both adapt {pathway}: choose one"
                faults.append(Complaint(file=profile.source.name, line=1, path="pathways", message=message))
    for pathway, file in library.pathways.items():
        default = file.model.default_profile
        if pathway in chosen or default is None:
            continue
        if default in library.profiles and pathway in library.profiles[default].model.pathways:
            chosen[pathway] = default
        else:
            message = f"no profile '{default}' for {pathway}{nearest(default, sorted(library.profiles))}"
            faults.append(file.complaint(("default_profile",), message))
    return chosen


def under(rules: Ruleset, chosen: Mapping[str, str]) -> Ruleset:
    """Return the same rules with a profile in force for some pathways (pathway to profile), and no other.

    Raises KeyError for a name that no profile has.
    """
    replaced = {
        (pathway, setting): value
        for pathway, name in chosen.items()
        for setting, value in rules.available_profiles[name].settings.items()
        if pathway in rules.pathways and _defined_for(rules, pathway, setting)
    }
    return replace(rules, profiles=dict(chosen), replaced_settings=replaced)


def also_under(rules: Ruleset, names: Sequence[str]) -> Ruleset:
    """Return the same rules under these profiles; pathways that none of them adapts keep theirs.

    Raises KeyError for a name that no profile has.
    """
    chosen = dict(rules.profiles)
    for name in names:
        chosen |= dict.fromkeys(rules.available_profiles[name].pathways, name)
    return under(rules, chosen)


def check_profile(file: Authored[ProfileFile], rules: Ruleset, faults: list[Complaint]) -> None:
    """A profile names known pathways and settings, with values of the same kind inside the allowed range."""
    profile = file.model
    known = [p for p in profile.pathways if p in rules.pathways]
    for number, pathway in enumerate(profile.pathways):
        if pathway not in rules.pathways:
            message = f"no pathway '{pathway}'{nearest(pathway, sorted(rules.pathways))}"
            faults.append(file.complaint(("pathways", number), message))
    for name, value in profile.settings.items():
        homes = [p for p in known if _defined_for(rules, p, name)]
        if not homes:
            every = {s for p in known for scope in (p, "shared") for s in rules.part(scope).settings}
            message = f"no setting '{name}' in {', '.join(profile.pathways)}{nearest(name, sorted(every))}"
            faults.append(file.complaint(("settings", name), message))
        for pathway in homes:
            fault = _value_fault(rules, pathway, name, value)
            if fault is not None:
                faults.append(file.complaint(("settings", name), fault))
                break


def _defined_for(rules: Ruleset, pathway: str, setting: str) -> bool:
    return setting in rules.part(pathway).settings or setting in rules.shared.settings


def _value_fault(rules: Ruleset, pathway: str, name: str, value: Any) -> str | None:
    part = rules.part(pathway)
    setting = part.settings.get(name) or rules.shared.settings[name]
    if is_duration(setting.value) and not is_duration(value):
        return "expected a duration, as the setting has"
    if is_quantity(setting.value) and not is_quantity(value):
        return "expected a number with its unit, as the setting has"
    return range_fault(value, setting.range)
