"""Where on the body: side, region, target and level, from coded sites and, where codes are silent, from words.

Value sets say what a code means by their names: ``laterality-left``, ``region-lumbar``, ``target-facet``. A procedure code
may carry its own region or target. Words are read by the finding lists of the same names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from cds_service.records.resources import CodeableConcept
from cds_service.timeline.events import NOWHERE, Concept, Site
from cds_service.timeline.meaning import Meanings

_SIDE, _REGION, _TARGET = "laterality-", "region-", "target-"
_BOTH: Final = "bilateral"
_SIDES: Final = frozenset({"left", "right", _BOTH})
_LEVEL_LISTS: Final = frozenset({"level", "nerve-root"})
_REGIONS_BY_LETTERS: Final = MappingProxyType(
    {
        "C": "region-cervical",
        "CT": "region-cervicothoracic",
        "T": "region-thoracic",
        "TL": "region-thoracolumbar",
        "L": "region-lumbar",
        "LS": "region-lumbar",
        "S": "region-sacral",
    }
)
"""Spine levels by their letters: L4/5 is lumbar, L5/S1 lumbosacral (in the lumbar set), C7/T1 cervicothoracic."""
ONE_OF: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "region-cervicothoracic": frozenset({"region-cervical", "region-thoracic"}),
        "region-thoracolumbar": frozenset({"region-thoracic", "region-lumbar"}),
        "region-spine-unspecified": frozenset(
            {"region-cervical", "region-thoracic", "region-lumbar", "region-sacral"}
        ),
    }
)
"""Regions that stand for one of several: the code does not tell which."""
_LISTED_AS: Final = MappingProxyType({"target-drg": "target-dorsal-root-ganglion"})
"""Finding lists whose value set has another name."""


def read_site(
    sites: Sequence[CodeableConcept], own_sets: Iterable[str], texts: Sequence[str], meanings: Meanings
) -> Site:
    """Read a site from body sites, from the sets of the resource's own code, and from texts for what these leave open.

    Left beside right is bilateral. Several regions or targets are all kept; words tell which of the targets of a code
    is meant.
    """
    coded = set(own_sets)
    for site in sites:
        coded |= meanings.other.of(site).resolved.sets
    words = ". ".join([*texts, *(text for site in sites for text in _words_of(site))])
    said = meanings.said(words)
    named = {_LISTED_AS.get(name, name) for name, _ in said}
    side, regions, targets = _side(coded), _starting(coded, _REGION), _starting(coded, _TARGET)
    levels = frozenset(value for name, value in said if name in _LEVEL_LISTS and value)
    found = Site(
        side=side or _side(named),
        regions=_narrowed(regions, _regions_of(levels)),
        levels=levels,
        targets=(targets & _starting(named, _TARGET)) or targets or _starting(named, _TARGET),
    )
    from_text = bool(levels) or found.side != side or found.targets != targets
    if found == NOWHERE:
        return NOWHERE
    return Site(
        side=found.side, regions=found.regions, levels=levels, targets=found.targets, from_text=from_text
    )


def settled(regions: frozenset[str]) -> frozenset[str]:
    """Return regions without those that stand for one of several, where one of the several is recorded too."""
    return frozenset(name for name in regions if regions.isdisjoint(ONE_OF.get(name, ())))


def _narrowed(coded: frozenset[str], named: frozenset[str]) -> frozenset[str]:
    """Return the coded regions; a level named in words tells which one a code for several means."""
    meant = frozenset(name for region in coded for name in ONE_OF.get(region, ()))
    return settled(coded | (named & meant)) if coded else settled(named)


def with_region_of(site: Site, reasons: Iterable[Concept]) -> Site:
    """Return the site with the region of what the procedure was for, where nothing else tells the region."""
    if site.regions:
        return site
    regions = frozenset(name for reason in reasons for name in _starting(reason.sets, _REGION))
    return replace(site, regions=regions) if regions else site


def _words_of(site: CodeableConcept) -> Iterable[str]:
    if site.text:
        yield site.text
    yield from (coding.display for coding in site.coding if coding.display)


def _side(names: Iterable[str]) -> str | None:
    sides = {name.removeprefix(_SIDE) for name in names if name.startswith(_SIDE)} & _SIDES
    if not sides:
        return None
    return next(iter(sides)) if len(sides) == 1 else _BOTH


def _starting(names: Iterable[str], prefix: str) -> frozenset[str]:
    return frozenset(name for name in names if name.startswith(prefix))


def _regions_of(levels: Iterable[str]) -> frozenset[str]:
    letters = {"".join(dict.fromkeys(c for c in level if c in "CTLS")) for level in levels}
    return frozenset(_REGIONS_BY_LETTERS[found] for found in letters if found in _REGIONS_BY_LETTERS)
