"""Holds authored files against each other: every name exists in its scope, and every word has what it needs.

Works on a ``Ruleset`` that is complete but not yet trusted; ``load`` hands out only rulesets without complaints.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cds_service.errors import Complaint
from cds_service.ruleset.authored import Authored
from cds_service.ruleset.cards import CardFile
from cds_service.ruleset.facts import Block, Fact
from cds_service.ruleset.known_names import VERDICTS, KnownNames, is_duration
from cds_service.ruleset.library import SHARED, Library
from cds_service.ruleset.parts import Part, parts
from cds_service.ruleset.pathway import PathwayFile, SharedFile
from cds_service.ruleset.references import Names, Reference, references_of
from cds_service.ruleset.ruleset import Ruleset
from cds_service.ruleset.slots import slot_faults, slots_in, texts_of
from cds_service.ruleset.ucum import is_unit
from cds_service.ruleset.words import Quantity, read_duration, read_quantity
from cds_service.ruleset.yaml_file import Place

ENGINE_SETTINGS: Mapping[str, str] = {
    "course-gap": "longest gap inside a course of a drug, where no pathway says otherwise",
    "lapsed-after": "how long after the end of its supply an active order counts as lapsed",
    "end-not-recorded": "how long an order without a recorded end may still have been in use",
}
"""Shared settings that evaluation itself asks for; each holds a duration."""

_DEEPEST = 2


@dataclass(frozen=True, kw_only=True)
class Checker:
    """One pass over all files; complaints are added to ``faults``."""

    rules: Ruleset
    library: Library
    names: KnownNames
    faults: list[Complaint]

    def run(self) -> None:
        """Check everything."""
        for pathway in self.library.pathways.values():
            self._pathway(pathway)
        for shared in self.library.shared:
            self._part(shared, SHARED)
        if self.library.shared:
            self._engine_settings(self.library.shared[0])
        for card in self.library.cards:
            self._card(card)
        self._twins()

    # ------------------------------------------------------------ pathways and the shared part

    def _pathway(self, file: Authored[PathwayFile]) -> None:
        pathway = file.model
        if file.home in pathway.uses:
            self._fault(file, ("uses",), "a pathway cannot use itself")
        self._redefinitions(file)
        self._part(file, file.home)
        for name in pathway.verdict_groups:
            if name in VERDICTS:
                self._fault(
                    file, ("verdict_groups", name), "is a verdict or a built-in group: choose another name"
                )

    def _redefinitions(self, file: Authored[PathwayFile]) -> None:
        """What the shared part or a used pathway defines may not get a second meaning."""
        for kind in ("facts", "therapies", "orders"):
            for name in getattr(file.model, kind):
                for scope in self.rules.scopes(file.home)[1:]:
                    if scope in self.names.scopes and name in getattr(self.rules.part(scope), kind):
                        self._fault(file, (kind, name), f"is already defined by {scope}: choose another name")

    def _part(self, file: Authored[Any], scope: str) -> None:
        """Check all that a pathway file and a shared file have in common."""
        self._names(file, scopes=(scope,))
        self._units(file)
        self._depth(file)
        self._settings(file)
        for name in file.model.facts:
            self._circle(file, name, scope)

    def _settings(self, file: Authored[PathwayFile] | Authored[SharedFile]) -> None:
        for name, setting in file.model.settings.items():
            fault = range_fault(setting.value, setting.range)
            if fault is not None:
                self._fault(file, ("settings", name), fault)

    def _engine_settings(self, file: Authored[SharedFile]) -> None:
        for name, meaning in ENGINE_SETTINGS.items():
            setting = self.rules.shared.settings.get(name)
            if setting is None:
                self._fault(file, ("settings",), f"setting '{name}' is missing: {meaning}")
            elif not is_duration(setting.value):
                self._fault(file, ("settings", name, "value"), "expected a duration such as '30 days'")

    def _circle(self, file: Authored[Any], name: str, scope: str) -> None:
        """A fact may not rest on itself."""
        open_path: list[str] = []

        def visit(fact_name: str) -> bool:
            if fact_name in open_path:
                return fact_name == name
            open_path.append(fact_name)
            fact = self.rules.fact(fact_name, scope)
            found = fact is not None and any(visit(r.name) for r in named_facts(fact))
            if not found:
                open_path.pop()
            return found

        if visit(name):
            self._fault(file, ("facts", name), f"circle: {' > '.join([*open_path, name])}")

    # ------------------------------------------------------------ cards

    def _card(self, file: Authored[CardFile]) -> None:
        card = file.model
        scopes = tuple(p for p in (card.pathways or (file.home,)) if p in self.names.scopes)
        self._names(file, scopes=scopes)
        self._units(file)
        self._depth(file)
        for place, message in slot_faults(card):
            self._fault(file, place, message)
        self._settings_in_texts(file, scopes)
        self._templates(file, scopes)
        if file.home != SHARED and card.pathways and file.home not in card.pathways:
            self._fault(
                file, ("pathways",), f"does not name {file.home}, the pathway of the folder that it lies in"
            )
        if file.home == SHARED and not card.pathways:
            self._fault(
                file, ("pathways",), "is missing: a shared rule names the pathways it may be shown under"
            )

    def _settings_in_texts(self, file: Authored[CardFile], scopes: Sequence[str]) -> None:
        """A slot with a hyphen prints a setting, which every scope must have."""
        for place, text in texts_of(file.model):
            for name in slots_in(text):
                if "-" not in name:
                    continue
                for scope in scopes:
                    fault = self.names.fault(Reference(Names.SETTING, name, place), scope)
                    if fault is not None:
                        self._fault(file, place, fault)

    def _templates(self, file: Authored[CardFile], scopes: Sequence[str]) -> None:
        """A suggested therapy needs an order that the suggestion can write."""
        for number, suggestion in enumerate(file.model.suggest):
            for word in ("create", "first_suitable", "all_suitable"):
                for name in getattr(suggestion, word):
                    for scope in scopes:
                        missing = self._missing_template(name, scope)
                        if missing:
                            place = ("suggest", number, word)
                            self._fault(file, place, f"no order template '{missing}' in {scope} for '{name}'")

    def _missing_template(self, name: str, scope: str) -> str | None:
        if self.rules.order_template(name, scope) is not None:
            return None
        try:
            therapies = self.rules.therapies((name,), scope)
        except KeyError:
            return None  # an unknown name is complained of where names are checked
        for therapy in therapies:
            template = self.rules.therapy(therapy, scope).order or therapy
            if self.rules.order_template(template, scope) is None:
                return template
        return None

    def _twins(self) -> None:
        """One card id, one rule."""
        first: dict[str, Authored[CardFile]] = {}
        for card in self.library.cards:
            other = first.setdefault(card.model.card, card)
            if other is not card:
                self._fault(card, ("card",), f"{card.model.card} is already the rule in {other.source.name}")

    # ------------------------------------------------------------ names, units, depth

    def _names(self, file: Authored[Any], *, scopes: Sequence[str]) -> None:
        """Every name must be known in every scope from which it is looked up."""
        for part in parts(file.model):
            for reference in references_of(part):
                faults = (self.names.fault(reference, scope) for scope in scopes)
                message = next((f for f in faults if f is not None), None)
                if message is not None:
                    self._fault(file, reference.place, message)

    def _units(self, file: Authored[Any]) -> None:
        for part in parts(file.model):
            for place, unit in units_in(part):
                if not is_unit(unit):
                    self._fault(
                        file,
                        place,
                        f"'{unit}' is not a unit that can be compared (UCUM: mg, mL, mmol/L, 10*9/L …)",
                    )

    def _depth(self, file: Authored[Any]) -> None:
        for place in too_deep(file.model):
            self._fault(
                file, place, "logic is at most two levels deep: give the inner part a name under 'facts'"
            )

    def _fault(self, file: Authored[Any], place: Place, message: str) -> None:
        complaint = file.complaint(place, message)
        if complaint not in self.faults:
            self.faults.append(complaint)


def named_facts(model: Any) -> Iterator[Reference]:
    """Yield the facts that a model names itself."""
    for part in parts(model):
        for reference in references_of(part):
            if reference.kind is Names.FACT:
                yield reference


def units_in(part: Part) -> Iterator[tuple[Place, str]]:
    """Yield the units written in one part."""
    for field in type(part.model).model_fields:
        value = getattr(part.model, field)
        place = part.field_place(field)
        if isinstance(value, Quantity):
            yield place, value.unit
        elif isinstance(value, dict):
            for key, entry in value.items():
                if isinstance(entry, Quantity):
                    yield (*place, key), entry.unit


def too_deep(model: Any) -> Iterator[Place]:
    """Yield the places of blocks that lie more than two levels deep; a fact's own logic is its first level."""
    logic = [part for part in parts(model) if isinstance(part.model, Block | Fact)]
    for part in logic:
        around = [outer for outer in logic if _around(outer.place, part.place)]
        if isinstance(part.model, Block) and len(around) >= _DEEPEST:
            yield part.place


def _around(outer: Place, inner: Place) -> bool:
    return len(outer) < len(inner) and inner[: len(outer)] == outer


def range_fault(value: Any, allowed: str | None) -> str | None:
    """Return what is wrong with a setting's value in its range (``0 to 10``, ``90 days to 365 days``), or None."""
    if allowed is None:
        return None
    low, separator, high = allowed.partition(" to ")
    if not separator:
        return f"range '{allowed}' is not written '<lowest> to <highest>'"
    try:
        bounds = [_size(bound.strip()) for bound in (low, high)]
        size = _size(value)
    except ValueError as problem:
        return f"range '{allowed}': {problem}"
    if not bounds[0] <= size <= bounds[1]:
        return f"{value} lies outside the allowed range {allowed}"
    return None


def _size(value: Any) -> float:
    return float(read_duration(value).days) if is_duration(value) else read_quantity(value).value
