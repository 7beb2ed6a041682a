"""Therapies and groups of a pathway, and the settings that its numbers come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

from tests.reference.files import has_value_set, listed, pathway_file, yaml_file


@cache
def therapies(pathway: str) -> Mapping[str, Mapping[str, Any]]:
    """The pathway's own therapies by name; groups are left out."""
    return {name: t for name, t in pathway_file(pathway)["therapies"].items() if isinstance(t, dict)}


@cache
def home_of(pathway: str, therapy: str) -> str:
    """The pathway that defines a therapy or group: this one, or one that it uses."""
    for place in (pathway, *listed(pathway_file(pathway).get("uses"))):
        if therapy in pathway_file(place)["therapies"]:
            return str(place)
    raise KeyError(therapy)


@cache
def expanded(pathway: str, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Therapies and groups as (pathway, therapy) pairs, each once."""
    found: dict[tuple[str, str], None] = {}
    for name in names:
        home = home_of(pathway, name)
        members = pathway_file(home)["therapies"][name]
        if isinstance(members, dict):
            found[(home, name)] = None
        else:
            found.update(dict.fromkeys(expanded(home, tuple(members))))
    return tuple(found)


def names_of(pathway: str, words: Any) -> tuple[tuple[str, str], ...]:
    """The therapies that a word of a rule (one name, or a list) speaks of."""
    return expanded(pathway, tuple(listed(words)))


def group_of(pathway: str, name: str, therapy: str) -> bool:
    """Whether a therapy of this pathway is, or belongs to, what a name stands for."""
    return (pathway, therapy) in expanded(pathway, (name,))


@cache
def settings(pathway: str) -> Mapping[str, Any]:
    """Setting to value, as the pathway's default profile has it."""
    found = {name: s["value"] for name, s in yaml_file("shared/facts.yaml")["settings"].items()}
    file = pathway_file(pathway)
    for place in (*listed(file.get("uses")), pathway):
        found.update({name: s["value"] for name, s in pathway_file(place).get("settings", {}).items()})
    if "default_profile" in file:
        found.update(yaml_file(f"profiles/{file['default_profile']}.yaml")["settings"])
    return found


def value(pathway: str, written: Any) -> Any:
    """What is written, or the value of the setting that is named."""
    return settings(pathway).get(written, written) if isinstance(written, str) else written


def number(pathway: str, written: Any) -> Fraction:
    """The number of a quantity or setting; its unit is the one that the generator writes as well."""
    return Fraction(str(value(pathway, written)).split()[0])


def fact_file(pathway: str, name: str) -> tuple[str, Mapping[str, Any]]:
    """A named fact with the pathway that defines it; a shared one belongs to the pathway that asks."""
    for place in (pathway, *listed(pathway_file(pathway).get("uses"))):
        if name in pathway_file(place).get("facts", {}):
            return place, pathway_file(place)["facts"][name]
    return pathway, yaml_file("shared/facts.yaml")["facts"][name]


def verdicts_of(pathway: str, words: Any) -> frozenset[str]:
    """The finer verdicts that names of verdicts and of groups of verdicts stand for."""
    found: set[str] = set()
    for name in listed(words):
        group = GROUPS.get(name) or pathway_file(pathway).get("verdict_groups", {}).get(name)
        found |= verdicts_of(pathway, list(group)) if group else {name}
    return frozenset(found)


ANY_USE = (
    "ongoing",
    "ongoing-adequate",
    "inadequate",
    "failed",
    "not-tolerated",
    "effective",
    "stopped-other",
    "ended-unknown",
    "unknown",
)
GROUPS: Mapping[str, Sequence[str]] = {"failed": ("failed-absent", "failed-waned"), "any-use": ANY_USE}


def sets_or_phrases(names: Sequence[str]) -> list[str]:
    """Those of some names that are value sets with a file."""
    return [name for name in names if has_value_set(name)]
