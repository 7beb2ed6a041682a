"""Turns a concept of a record (codings, text) into value sets and ingredients.

Order of evidence: a coding that the tables know; for an unknown product code its text in RxNorm's form; then the
text; last the display. Text and display speak only when no coding is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from cds_service.terminology.drugs import IngredientStrength
from cds_service.terminology.findings import FindingTable
from cds_service.terminology.hits import CodeHit, ConditionalSet
from cds_service.terminology.index import CodeIndex
from cds_service.terminology.meanings import NameMeaning
from cds_service.terminology.names import (
    CONDITION,
    DEVICE,
    DRUG,
    OBSERVATION,
    PROCEDURE,
    NameIndex,
    NameMatch,
)
from cds_service.terminology.resolved import NOTHING, OTHER_SYSTEM, Basis, Coding, Field, Resolved, of_hits
from cds_service.terminology.rxtext import ParsedProduct, RxNormWords, parse_rxnorm_text
from cds_service.terminology.systems import SystemTable
from cds_service.terminology.text import Tokens, tokenize
from cds_service.terminology.valuesets import Context

_NAME_KINDS: Mapping[Field, frozenset[str]] = MappingProxyType(
    {
        Field.MEDICATION: frozenset({DRUG}),
        Field.SUBSTANCE: frozenset({DRUG}),
        Field.CONDITION: frozenset({CONDITION}),
        Field.PROCEDURE: frozenset({PROCEDURE, DEVICE, DRUG}),
        Field.OBSERVATION: frozenset({OBSERVATION}),
        Field.OTHER: frozenset(),
    }
)
_RXNORM = "RXNORM"
_PRODUCT_SYSTEMS = frozenset({_RXNORM, "NDC"})


class Resolver:
    """Resolves concepts; holds tables only: nothing of a patient outlives a call."""

    def __init__(
        self,
        *,
        systems: SystemTable,
        index: CodeIndex,
        names: NameIndex,
        meanings: Mapping[tuple[str, str], NameMeaning],
        findings: FindingTable,
        rxnorm_words: RxNormWords,
        other_drugs: frozenset[str] = frozenset(),
    ) -> None:
        self._systems = systems
        self._index = index
        self._names = names
        self._meanings = meanings
        self._findings = findings
        self._rxnorm_words = rxnorm_words
        self._other_drugs = other_drugs
        self._ready: Mapping[int, Resolved] = MappingProxyType(
            {id(hit): of_hits([hit]) for hit in index.hits() if not hit.conditional}
        )

    def resolve(
        self,
        codings: Sequence[Coding],
        text: str | None,
        field: Field,
        *,
        context_text: str | None = None,
    ) -> Resolved:
        """What a concept stands for; ``context_text`` is other text of the same resource, such as a note.

        Context text never adds a meaning of its own: it only settles codes that need words.
        """
        hits = [hit for system, code, _ in codings if code and (hit := self._index.lookup(system, code))]
        if len(hits) == 1 and (ready := self._ready.get(id(hits[0]))) is not None:
            return ready
        if hits:
            coded = self._from_codes(hits, _joined(text, (d for _, _, d in codings), context_text))
            if coded is not None:
                return coded
        unknown = self._unknown(codings, field)
        if any(system in _PRODUCT_SYSTEMS for system, _ in unknown):
            product = self._product_text(codings, text)
            if product is not None:
                return replace(product, unknown_codes=unknown)
        spoken = self._from_text(text, field, Basis.TEXT) if text else None
        if spoken is None:
            spoken = self._from_displays(codings, text, field)
        if spoken is None and not unknown:
            return NOTHING
        return replace(spoken or NOTHING, unknown_codes=unknown)

    def _from_displays(self, codings: Sequence[Coding], text: str | None, field: Field) -> Resolved | None:
        for _, _, display in codings:
            if display and display != text:
                spoken = self._from_text(display, field, Basis.DISPLAY)
                if spoken is not None:
                    return spoken
        return None

    def _unknown(self, codings: Sequence[Coding], field: Field) -> tuple[tuple[str, str], ...]:
        """The codings of a drug that no table has; a code that an RxNorm import knows as another drug is none."""
        found = []
        for system, code, _ in codings:
            key = self._systems.key(system)
            if not code or (field is not Field.MEDICATION and key not in _PRODUCT_SYSTEMS):
                continue
            if key != _RXNORM or code not in self._other_drugs:
                found.append((key or OTHER_SYSTEM, code))
        return tuple(found)

    # -- codes

    def _from_codes(self, hits: Sequence[CodeHit], text: str) -> Resolved | None:
        """What known codes say; None when they are codes of everything and nothing, whose text decides."""
        settled = [self._settle_words(hit, text) for hit in hits]
        silent = all(hit.conditional and not hit.sets and not hit.weak_sets for hit in hits)
        if silent and not any(hit.sets or hit.weak_sets or hit.conditional for hit in settled):
            return None
        return of_hits(settled)

    def _settle_words(self, hit: CodeHit, text: str) -> CodeHit:
        """A hit without the conditions that the text settles: only reasons stay open."""
        if not hit.conditional:
            return hit
        sets, weak, open_ = set(hit.sets), set(hit.weak_sets), []
        tokens = tokenize(text)
        for item in hit.conditional:
            context = item.context
            if context.words and not self._has_words(tokens, context.words):
                continue
            if context.unless_words and self._has_words(tokens, context.unless_words):
                continue
            if context.reason is not None:
                open_.append(item)
            elif item.weak:
                weak.add(item.value_set)
            else:
                sets.add(item.value_set)
        return replace(hit, sets=frozenset(sets), weak_sets=frozenset(weak - sets), conditional=tuple(open_))

    def _has_words(self, tokens: Tokens, words: Sequence[str]) -> bool:
        for word in words:
            if word.startswith("@"):
                if self._findings.says(word[1:], tokens.text):
                    return True
            elif _contains(tokens.words, tokenize(word).words):
                return True
        return False

    # -- text

    def _product_text(self, codings: Sequence[Coding], text: str | None) -> Resolved | None:
        for candidate in (text, *(display for _, _, display in codings)):
            parsed = self._parse(candidate)
            if parsed is not None and candidate is not None:
                return self._from_product(parsed, candidate)
        return None

    def _parse(self, text: str | None) -> ParsedProduct | None:
        return parse_rxnorm_text(text, names=self._names, words=self._rxnorm_words) if text else None

    def _from_product(self, parsed: ParsedProduct, text: str) -> Resolved:
        name = parsed.ingredient.ingredient
        return Resolved(
            sets=self._index.sets_of_ingredient(name),
            weak_sets=self._index.weak_sets_of_ingredient(name),
            ingredients=(parsed.ingredient,),
            basis=Basis.PRODUCT_TEXT,
            matched_text=text,
            form=parsed.form,
            route=parsed.route,
            pack=parsed.pack,
            pack_unit="mL" if parsed.pack is not None else None,
        )

    def _from_text(self, text: str, field: Field, basis: Basis) -> Resolved | None:
        kinds = _NAME_KINDS[field]
        if not kinds or not self._names.may_hold_a_name(text):
            return None
        parsed = self._parse(text) if field is Field.MEDICATION else None
        if parsed is not None:
            return replace(self._from_product(parsed, text), basis=basis)
        tokens = tokenize(text)
        matches = self._names.find_in_field(tokens, kinds, field.value)
        live = [match for match in matches if match.voided_by is None]
        reading = _Reading(self._index, lambda words: self._has_words(tokens, words))
        for match in live:
            reading.add(match, self._meanings.get((match.alias.kind, match.alias.canonical)))
        return reading.result(basis)


class _Reading:
    """Collects what the names of one text stand for."""

    def __init__(self, index: CodeIndex, has_words: Callable[[Sequence[str]], bool]) -> None:
        self._index = index
        self._has_words = has_words
        self._sets: set[str] = set()
        self._weak: set[str] = set()
        self._conditional: list[ConditionalSet] = []
        self._ingredients: list[str] = []
        self._possible: list[str] = []
        self._quotes: list[str] = []
        self._combination = False
        self._route: str | None = None
        self._use: str | None = None

    def add(self, match: NameMatch, meaning: NameMeaning | None) -> None:
        counted = self._add_meaning(match, meaning) if meaning and meaning.value_sets else False
        if match.alias.ingredients:
            counted = self._add_drug(match) or counted
        if counted:
            self._quotes.append(match.quote)
        elif match.alias.ambiguous:
            self._possible.extend(match.alias.ingredients or (match.alias.canonical,))

    def _add_drug(self, match: NameMatch) -> bool:
        if not match.is_certain_in_field:
            return False
        alias = match.alias
        for name in alias.ingredients:
            if name not in self._ingredients:
                self._ingredients.append(name)
            self._sets |= self._index.sets_of_ingredient(name)
            self._weak |= self._index.weak_sets_of_ingredient(name)
        self._combination = self._combination or alias.combination
        self._route = self._route or alias.route
        self._use = self._use or alias.use
        return True

    def _add_meaning(self, match: NameMatch, meaning: NameMeaning) -> bool:
        if not meaning.needs_context:
            if match.is_certain_in_field:
                self._sets |= self._index.widened(meaning.value_sets)
            return match.is_certain_in_field
        if meaning.words and self._has_words(meaning.words):
            self._sets |= self._index.widened(meaning.value_sets)
            return True
        if meaning.reason is None:
            return False
        context = Context(reason=meaning.reason, competing=meaning.competing)
        self._conditional += [
            ConditionalSet(value_set=name, context=context)
            for name in sorted(self._index.widened(meaning.value_sets))
        ]
        return True

    def result(self, basis: Basis) -> Resolved | None:
        if not self._quotes:
            return Resolved(possible=tuple(dict.fromkeys(self._possible))) if self._possible else None
        return Resolved(
            sets=frozenset(self._sets),
            weak_sets=frozenset(self._weak - self._sets),
            conditional=tuple(c for c in self._conditional if c.value_set not in self._sets),
            ingredients=tuple(IngredientStrength(ingredient=name) for name in self._ingredients),
            combination=self._combination or len(self._ingredients) > 1,
            basis=basis,
            matched_text=", ".join(dict.fromkeys(self._quotes)),
            possible=tuple(dict.fromkeys(self._possible)),
            route=self._route,
            use=self._use,
        )


def _joined(text: str | None, displays: Iterable[str | None], context: str | None) -> str:
    return ". ".join(part for part in (text, *displays, context) if part)


def _contains(words: Sequence[str], wanted: Sequence[str]) -> bool:
    size = len(wanted)
    return any(tuple(words[n : n + size]) == tuple(wanted) for n in range(len(words) - size + 1))
