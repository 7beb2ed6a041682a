"""Checks that every word of a rule has what it reads: a draft, an anchor, or leave to read verdicts.

Safety rules are asked while verdicts are being judged, so they may not read verdicts themselves; standards and
populations are judged without a draft or an anchor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cds_service.errors import Complaint
from cds_service.ruleset import facts
from cds_service.ruleset.authored import Authored
from cds_service.ruleset.cards import CardFile
from cds_service.ruleset.library import SHARED, Library
from cds_service.ruleset.parts import Part, author_word, parts
from cds_service.ruleset.pathway import PathwayFile
from cds_service.ruleset.references import Names, references_of
from cds_service.ruleset.ruleset import Rule, Ruleset
from cds_service.ruleset.trials import TherapyDefinition
from cds_service.ruleset.uses import VERDICT_WORDS
from cds_service.ruleset.vocabulary import Vocabulary
from cds_service.ruleset.yaml_file import Place


class Reads(StrEnum):
    """What a word may need beyond the record."""

    DRAFT = "the draft"
    ANCHOR = "the anchor"
    DRAFT_OR_ANCHOR = "the draft or the anchor"
    VERDICTS = "verdicts"


@dataclass(frozen=True, slots=True)
class Reading:
    """One word that needs something, where it stands, and through which facts it is reached."""

    reads: Reads
    word: str
    place: Place
    through: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The word as a complaint names it."""
        return f"'{self.word}'" + (f" (through {' > '.join(self.through)})" if self.through else "")


_OF_THE_DRAFT = (facts.DraftFact, facts.WithFact, facts.TableLimitFact)
_DRUG_ASPECTS = frozenset({"ingredient", "class", "route"})
_PLACE_ASPECTS = frozenset({"target", "site", "region", "modality", "side"})


def readings(rules: Ruleset, model: Any, scope: str, *, place: Place = ()) -> Iterator[Reading]:
    """Yield what a model needs, following the facts that it names; each keeps the place in ``model``."""
    yield from _readings(rules, model, scope, place, ())


def _readings(
    rules: Ruleset, model: Any, scope: str, place: Place, through: tuple[str, ...]
) -> Iterator[Reading]:
    for part in parts(model, place):
        where = place if through else part.place
        for reads, word in _needs_of(part):
            yield Reading(reads, word, where, through)
        for reference in references_of(part):
            if reference.kind is not Names.FACT or reference.name in through:
                continue
            home = rules.home_of_fact(reference.name, scope)
            fact = rules.fact(reference.name, scope)
            if home is not None and fact is not None:
                inner = scope if home == SHARED else home
                spot = where if through else reference.place
                yield from _readings(rules, fact, inner, spot, (*through, reference.name))


def _needs_of(part: Part) -> Iterator[tuple[Reads, str]]:
    model = part.model
    if part.word in VERDICT_WORDS:
        yield Reads.VERDICTS, str(part.word)
    elif isinstance(model, facts.TrialFact):
        yield Reads.VERDICTS, "trial"
    if isinstance(model, _OF_THE_DRAFT):
        yield Reads.DRAFT, str(part.word)
    if isinstance(model, facts.AllergyFact) and "draft" in model.to:
        yield Reads.DRAFT, "to: draft"
    if isinstance(model, facts.ResponseFact):
        yield Reads.ANCHOR, "response"
    if part.word is None and not isinstance(model, facts.TrialFact | facts.ProcedureFact):
        return
    for field in ("after", "before", "is_"):
        if getattr(model, field, None) == "anchor":
            yield Reads.ANCHOR, f"{author_word(type(model), field)}: anchor"
    same = getattr(model, "same", None)
    if same is not None:
        yield Reads.DRAFT_OR_ANCHOR, f"same: {same}"


@dataclass(frozen=True, kw_only=True)
class StrataChecker:
    """Checks one ruleset; complaints are added to ``faults``."""

    rules: Ruleset
    library: Library
    vocabulary: Vocabulary
    faults: list[Complaint]

    def run(self) -> None:
        """Check every card and every pathway."""
        for pathway in self.library.pathways.values():
            self._pathway(pathway)
        for file in self.library.cards:
            rule = self.rules.by_id.get(file.model.card)
            if rule is not None:
                self._card(file, rule)

    def _pathway(self, file: Authored[PathwayFile]) -> None:
        """Population and ladder are judged for the patient alone; the facts of trials hang on the trial that is judged."""
        pathway = file.model
        for name, model in (
            ("population", pathway.population),
            ("trials", pathway.trials),
            ("ladder", pathway.ladder),
        ):
            for reading in readings(self.rules, model, file.home, place=(name,)):
                if name == "trials" and reading.reads is Reads.ANCHOR:
                    continue
                if reading.reads is not Reads.VERDICTS:
                    self._fault(
                        file, reading.place, f"{reading.shown} needs {reading.reads}, and there is none here"
                    )
                elif name != "ladder":
                    self._fault(file, reading.place, f"{reading.shown} reads verdicts, which {name} may not")

    def _card(self, file: Authored[CardFile], rule: Rule) -> None:
        card = file.model
        scope = rule.pathways[0]
        has_draft = card.for_each is not None
        for place, model in _judged_parts(card):
            in_anchor = place == ("anchor",)
            for reading in readings(self.rules, model, scope, place=place):
                self._reading(
                    file, reading, has_draft=has_draft, has_anchor=card.anchor is not None and not in_anchor
                )
                if rule.is_safety and reading.reads is Reads.VERDICTS and place[0] not in _AFTER_FIRING:
                    message = f"{reading.shown} reads verdicts, which a rule of kind {card.show.kind} may not"
                    self._fault(file, reading.place, message)
        self._rows(file, rule)
        self._aspects(file, scope)
        if card.for_each is not None and set(card.show.hooks) == {"patient-view"}:
            self._fault(
                file,
                ("for_each",),
                "needs order-select or order-sign among the hooks: patient-view has no draft",
            )
        self._suggestions(file)

    def _reading(
        self, file: Authored[CardFile], reading: Reading, *, has_draft: bool, has_anchor: bool
    ) -> None:
        given = {
            Reads.DRAFT: has_draft,
            Reads.ANCHOR: has_anchor,
            Reads.DRAFT_OR_ANCHOR: has_draft or has_anchor,
            Reads.VERDICTS: True,
        }
        if not given[reading.reads]:
            add = {
                Reads.DRAFT: "add 'for_each'",
                Reads.ANCHOR: "add 'anchor'",
                Reads.DRAFT_OR_ANCHOR: "add 'for_each' or 'anchor'",
            }[reading.reads]
            self._fault(file, reading.place, f"{reading.shown} needs {reading.reads}: {add}")

    def _rows(self, file: Authored[CardFile], rule: Rule) -> None:
        """The facts of a table's rows are held to the same."""
        card = file.model
        if card.rows is None:
            return
        if card.for_each is None:
            self._fault(file, ("rows",), "needs the draft: add 'for_each'")
        if not rule.rows:
            self._fault(file, ("rows",), f"table '{card.rows}' has no row for {card.card}")
        for row in rule.rows:
            where, _, line = row.where.rpartition(":")
            for message in self._row_faults(
                rule, row.draft, row.other, [n for n in (row.if_, row.unless) if n]
            ):
                self.faults.append(Complaint(file=where, line=int(line), path="", message=message))

    def _row_faults(
        self, rule: Rule, draft: Sequence[str], other: Sequence[str], named: Sequence[str]
    ) -> Iterator[str]:
        unknown = self.vocabulary.unknown_in("value set", [*draft, *other], self.vocabulary.sets)
        if unknown:
            yield unknown
        for name in named:
            for scope in rule.pathways:
                if self.rules.fact(name, scope) is None:
                    yield f"no fact '{name}' in {scope}"
            for reading in readings(self.rules, facts.Block(all=(name,)), rule.pathways[0]):
                if reading.reads is Reads.VERDICTS and rule.is_safety:
                    yield f"{reading.shown} reads verdicts, which a rule of kind {rule.file.show.kind} may not"

    def _aspects(self, file: Authored[CardFile], scope: str) -> None:
        """``same`` must ask for what the draft or anchor has: drugs have an ingredient, procedures a target."""
        kinds = self._compared_kinds(file.model, scope)
        if kinds is None:
            return
        for part in parts(file.model):
            same = getattr(part.model, "same", None)
            wanted = "drug" if same in _DRUG_ASPECTS else "procedure" if same in _PLACE_ASPECTS else None
            if wanted is not None and wanted not in kinds and part.place[:1] != ("anchor",):
                what = "the draft" if file.model.for_each else "the anchor"
                self._fault(file, (*part.place, "same"), f"'{same}' is asked of {what}, which is no {wanted}")

    def _compared_kinds(self, card: CardFile, scope: str) -> frozenset[str] | None:
        """Return whether ``same`` compares with drugs, procedures or both; None when it cannot be told."""
        if card.for_each is not None and card.anchor is not None:
            return None
        if card.for_each is not None:
            return frozenset(
                "drug" if name in self.vocabulary.drug_sets else "procedure" for name in card.for_each.draft
            )
        if card.anchor is not None and card.anchor.procedure is not None:
            return frozenset({"procedure"})
        if card.anchor is not None and card.anchor.trial is not None:
            return self._kinds_of_therapies(card.anchor.trial.of, scope)
        return None

    def _kinds_of_therapies(self, names: Sequence[str], scope: str) -> frozenset[str] | None:
        try:
            definitions = [self.rules.therapy(name, scope) for name in self.rules.therapies(names, scope)]
        except KeyError:
            return None
        return frozenset(kind for d in definitions for kind in _kinds_of(d))

    def _suggestions(self, file: Authored[CardFile]) -> None:
        card = file.model
        with_partner = card.rows == "interactions" or any(
            isinstance(part.model, facts.WithFact) for part in parts(card)
        )
        for number, suggestion in enumerate(card.suggest):
            if suggestion.delete is not None and card.for_each is None:
                self._fault(file, ("suggest", number, "delete"), "needs the draft: add 'for_each'")
            if suggestion.repeat is not None and (card.anchor is None or card.anchor.trial is None):
                self._fault(file, ("suggest", number, "repeat"), "needs an anchor that is a trial")
            if suggestion.stop is not None and not with_partner:
                self._fault(
                    file, ("suggest", number, "stop"), "needs a partner: 'with', or rows of interactions"
                )

    def _fault(self, file: Authored[Any], place: Place, message: str) -> None:
        complaint = file.complaint(place, message)
        if complaint not in self.faults:
            self.faults.append(complaint)


_AFTER_FIRING = frozenset({"suggest"})
"""Parts of a card that are read once it is known to fire: verdicts are there by then."""

_JUDGED: Mapping[str, Callable[[CardFile], Any]] = {
    "when": lambda card: card.when,
    "but": lambda card: card.but,
    "findings": lambda card: card.findings,
    "label": lambda card: card.label,
    "summary": lambda card: card.summary,
    "anchor": lambda card: card.anchor,
    "suggest": lambda card: card.suggest,
}


def _judged_parts(card: CardFile) -> Iterator[tuple[Place, Any]]:
    for name, read in _JUDGED.items():
        value = read(card)
        if value is not None:
            yield (name,), value


def _kinds_of(definition: TherapyDefinition) -> Iterator[str]:
    if definition.medication:
        yield "drug"
    if definition.procedure or definition.conditional:
        yield "procedure"
