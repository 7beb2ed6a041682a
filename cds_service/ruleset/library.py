"""Every authored file of the rules folder, read and typed but not yet held against each other."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from cds_service.errors import Complaint
from cds_service.ruleset.authored import Authored, read_model
from cds_service.ruleset.cards import CardFile
from cds_service.ruleset.pathway import OverrideFile, PathwayFile, ProfileFile, SharedFile
from cds_service.terminology.csvfile import read_table

SHARED = "shared"
NOT_PATHWAYS = frozenset({SHARED, "profiles", "valuesets", "terminology"})
SHARED_FILES = frozenset({"facts.yaml", "therapies.yaml", "orders.yaml"})
CASE_FILES = (".cases.yaml", "vignettes.yaml", "patients.yaml")
INDEX = "card-index.csv"
INDEX_COLUMNS = ("card", "pathway", "hooks", "kind", "indicator", "trigger", "scope")

_CARD_FILE = re.compile(r"(?P<card>[A-Z]{2,3}-[0-9A-Z]+[a-z]?)-[a-z0-9]+(?:-[a-z0-9]+)*\.yaml\Z")


@dataclass(frozen=True, kw_only=True)
class Library:
    """What was read; files with faults are left out (their faults are in the list of faults)."""

    pathways: Mapping[str, Authored[PathwayFile]] = field(default_factory=dict)
    shared: tuple[Authored[SharedFile], ...] = ()
    cards: tuple[Authored[CardFile], ...] = ()
    overrides: Authored[OverrideFile] | None = None
    profiles: Mapping[str, Authored[ProfileFile]] = field(default_factory=dict)
    index: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Rows of the card index (``card-index.csv``) by card id, in its order; empty when there is none."""
    partial: bool = False
    """Only some pathways were kept: what the others define is neither known nor missed."""


def read_library(rules_dir: Path, *, faults: list[Complaint]) -> Library:
    """Read the pathways, shared parts, rules, override reasons, profiles and the card index of a rules folder."""
    if not rules_dir.is_dir():
        faults.append(_fault(str(rules_dir), "is no folder"))
        return Library()
    reader = _Reader(rules_dir, faults)
    index = reader.index()
    pathways, cards = reader.pathways()
    shared, overrides, shared_cards = reader.shared()
    profiles = reader.profiles()
    return Library(
        pathways=pathways,
        shared=shared,
        cards=tuple(sorted((*cards, *shared_cards), key=lambda c: _order(c.model.card, index))),
        overrides=overrides,
        profiles=profiles,
        index=index,
    )


def narrowed(library: Library, only: Collection[str], *, faults: list[Complaint]) -> Library:
    """Keep some pathways, what they use and the shared part: for authors, while others are working on the rest.

    Faults of the folders left out are taken from ``faults``.
    """
    kept: set[str] = set()
    waiting = list(only)
    while waiting:
        name = waiting.pop()
        if name in library.pathways and name not in kept:
            kept.add(name)
            waiting += library.pathways[name].model.uses
        elif name not in library.pathways and not any(f.file.startswith(f"{name}/") for f in faults):
            faults.append(_fault(name, "is no pathway"))
    near = {*kept, *only, *NOT_PATHWAYS, INDEX}
    faults[:] = [f for f in faults if f.file.split("/")[0] in near]
    cards = [_within(card, kept) for card in library.cards if card.home in {*kept, SHARED}]
    profiles = {name: _profile_within(file, kept) for name, file in library.profiles.items()}
    return replace(
        library,
        pathways={name: file for name, file in library.pathways.items() if name in kept},
        cards=tuple(card for card in cards if card.home != SHARED or card.model.pathways),
        profiles={name: file for name, file in profiles.items() if file.model.pathways},
        partial=True,
    )


def _within(card: Authored[CardFile], kept: Collection[str]) -> Authored[CardFile]:
    pathways = tuple(p for p in card.model.pathways if p in kept)
    return replace(card, model=card.model.model_copy(update={"pathways": pathways}))


def _profile_within(file: Authored[ProfileFile], kept: Collection[str]) -> Authored[ProfileFile]:
    pathways = tuple(p for p in file.model.pathways if p in kept)
    return replace(file, model=file.model.model_copy(update={"pathways": pathways}))


def _order(card: str, index: Mapping[str, Mapping[str, str]]) -> tuple[int, str, int, str]:
    """Return the place of a card: as the index has it; cards that it lacks follow, by number."""
    listed = list(index).index(card) if card in index else len(index)
    prefix, _, rest = card.partition("-")
    digits = re.match(r"\d*", rest)
    number = int(digits[0]) if digits and digits[0] else 10_000
    return (listed, prefix, number, rest)


def _fault(file: str, message: str) -> Complaint:
    return Complaint(file=file, line=1, path="", message=message)


class _Reader:
    """Reads the files of one rules folder; what is wrong is added to ``faults``."""

    def __init__(self, rules_dir: Path, faults: list[Complaint]) -> None:
        self.rules_dir = rules_dir
        self.faults = faults

    def name(self, path: Path) -> str:
        return str(path.relative_to(self.rules_dir))

    def index(self) -> Mapping[str, Mapping[str, str]]:
        path = self.rules_dir / INDEX
        if not path.exists():
            return {}
        table = read_table(path, required=INDEX_COLUMNS, optional=("words",), shown_as=INDEX)
        self.faults.extend(table.faults)
        return {row["card"]: row.cells for row in table.rows}

    def pathways(self) -> tuple[dict[str, Authored[PathwayFile]], list[Authored[CardFile]]]:
        pathways: dict[str, Authored[PathwayFile]] = {}
        cards: list[Authored[CardFile]] = []
        for folder in sorted(
            p for p in self.rules_dir.iterdir() if p.is_dir() and p.name not in NOT_PATHWAYS
        ):
            if folder.name.startswith((".", "_")):
                continue
            pathway = self.pathway(folder)
            if pathway is not None:
                pathways[folder.name] = pathway
            cards += self.cards(folder, known={"pathway.yaml"})
        return pathways, cards

    def pathway(self, folder: Path) -> Authored[PathwayFile] | None:
        path = folder / "pathway.yaml"
        if not path.exists():
            self.faults.append(_fault(self.name(folder), "has no pathway.yaml"))
            return None
        read = read_model(path, PathwayFile, name=self.name(path), home=folder.name, faults=self.faults)
        if read is not None and read.model.pathway != folder.name:
            self.faults.append(read.complaint(("pathway",), f"is not the name of its folder ({folder.name})"))
        return read

    def shared(
        self,
    ) -> tuple[tuple[Authored[SharedFile], ...], Authored[OverrideFile] | None, list[Authored[CardFile]]]:
        folder = self.rules_dir / SHARED
        if not folder.is_dir():
            return (), None, []
        files = []
        for path in sorted(folder / name for name in SHARED_FILES):
            if path.exists():
                files.append(
                    read_model(path, SharedFile, name=self.name(path), home=SHARED, faults=self.faults)
                )
        path = folder / "overrides.yaml"
        overrides = (
            read_model(path, OverrideFile, name=self.name(path), home=SHARED, faults=self.faults)
            if path.exists()
            else None
        )
        cards = self.cards(folder, known={*SHARED_FILES, "overrides.yaml"})
        return tuple(f for f in files if f is not None), overrides, cards

    def profiles(self) -> dict[str, Authored[ProfileFile]]:
        profiles: dict[str, Authored[ProfileFile]] = {}
        for path in self.yaml_files(self.rules_dir / "profiles"):
            read = read_model(path, ProfileFile, name=self.name(path), home="profiles", faults=self.faults)
            if read is None:
                continue
            if read.model.profile != path.stem:
                self.faults.append(read.complaint(("profile",), f"is not the name of its file ({path.stem})"))
            profiles[path.stem] = read
        return profiles

    def cards(self, folder: Path, *, known: set[str]) -> list[Authored[CardFile]]:
        cards = []
        for path in self.yaml_files(folder):
            if path.name in known or path.name.endswith(CASE_FILES):
                continue
            match = _CARD_FILE.match(path.name)
            if match is None:
                message = (
                    "is no known file: a rule is called <card id>-<words>.yaml, its cases <…>.cases.yaml"
                )
                self.faults.append(_fault(self.name(path), message))
                continue
            card = read_model(path, CardFile, name=self.name(path), home=folder.name, faults=self.faults)
            if card is None:
                continue
            if card.model.card != match["card"]:
                self.faults.append(
                    card.complaint(("card",), f"is not the id in the file's name ({match['card']})")
                )
            cards.append(card)
        return cards

    def yaml_files(self, folder: Path) -> Iterator[Path]:
        if folder.is_dir():
            for path in sorted(folder.iterdir()):
                if path.suffix == ".yml":
                    self.faults.append(_fault(self.name(path), "must end in .yaml"))
                elif path.suffix == ".yaml":
                    yield path
