"""What a rule asks about, taken from the rule itself: value sets by kind of item, numbers with their units, drugs, therapies.

Strategies draw from here, so that a new rule or a changed number is tried without anybody writing it down twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from cds_service.casework.codebook import CodeBook, UnknownConcept
from cds_service.ruleset import facts
from cds_service.ruleset.parts import Part, parts
from cds_service.ruleset.references import Names, references_of
from cds_service.ruleset.trials import StandardRow, TherapyDefinition, Trials
from cds_service.ruleset.words import Quantity
from tests.generative.world import rules

_SETS_OF_WORD = {
    "condition": "in_",
    "procedure": "in_",
    "report": "in_",
    "device": "in_",
    "encounter": "in_",
    "care": "in_",
    "medication": "in_",
    "with": "in_",
    "allergy": "to",
}
_KIND_OF_WORD = {"care": "procedure", "medication": "order", "with": "order"}
_MEASURED = frozenset({"observation", "monthly"})


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the facts of one rule ask for. ``sets``: kind of item to the value sets that it may be of.

    ``measures``: value set of an observation, the numbers that it is compared with, and the sets of its coded value.
    ``drafts``: what the rule wants an order to be of.
    """

    sets: dict[str, tuple[str, ...]] = field(default_factory=dict)
    measures: tuple[tuple[str, tuple[Quantity, ...], tuple[str, ...]], ...] = ()
    drafts: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    """Sets of the other column of its table: drugs, or diagnoses."""


@dataclass(frozen=True, kw_only=True)
class Therapy:
    """A therapy of a pathway: the ingredients and procedure sets that it may be, and the numbers of its standards."""

    name: str
    ingredients: tuple[str, ...]
    procedures: tuple[str, ...]
    doses: tuple[Quantity, ...]
    days: tuple[int, ...]


@cache
def has_code(name: str) -> bool:
    """True when a value set or ingredient has a code that can stand for it in a record."""
    try:
        CodeBook(rules().terminology).code(name)
    except UnknownConcept:
        return False
    return True


def with_codes(names: Sequence[str]) -> tuple[str, ...]:
    """Those names that a record can hold, each once."""
    return tuple(name for name in dict.fromkeys(names) if has_code(name))


@cache
def asked_by(card: str) -> Asked:
    """What a rule asks for, its named facts followed."""
    rule = rules().by_id[card]
    opening: list[tuple[Any, str]] = [(rule.file, pathway) for pathway in rule.pathways]
    named = [name for row in rule.rows for name in (row.if_, row.unless) if name is not None]
    for pathway in rule.pathways:
        opening += [(fact, pathway) for name in named if (fact := rules().fact(name, pathway)) is not None]
    wanted = [name for row in rule.rows for name in row.draft]
    if rule.file.for_each is not None:
        wanted += rule.file.for_each.draft
    return replace(
        _asked_in(opening),
        drafts=with_codes(wanted),
        others=with_codes([name for row in rule.rows for name in row.other]),
    )


@cache
def asked_by_population(pathway: str) -> Asked:
    """What a pathway asks of the patients that it is for: its diagnoses, else what stands for them."""
    population = rules().pathways[pathway].population
    if population.condition:
        return Asked(sets={"condition": with_codes(population.condition)})
    return _asked_in([(population.when, pathway)])


def _asked_in(opening: Sequence[tuple[Any, str]]) -> Asked:
    sets: dict[str, list[str]] = {}
    measures = []
    for part, scope in _parts_of(opening):
        model: Any = part.model
        if part.word in _SETS_OF_WORD:
            kind = _KIND_OF_WORD.get(part.word, part.word)
            sets.setdefault(kind, []).extend(getattr(model, _SETS_OF_WORD[part.word]))
        elif part.word in _MEASURED:
            numbers = tuple(_numbers(model, scope))
            coded = with_codes(getattr(model, "value_in", ()))
            measures += [(name, numbers, coded) for name in with_codes(model.in_)]
    return Asked(
        sets={kind: found for kind, names in sets.items() if (found := with_codes(names))},
        measures=tuple(measures),
    )


def _parts_of(opening: Sequence[tuple[Any, str]]) -> list[tuple[Part, str]]:
    """The parts of models and of the facts that they name, directly and through other facts, with their scopes."""
    found: list[tuple[Part, str]] = []
    open_ = list(opening)
    seen: set[int] = set()
    while open_:
        model, scope = open_.pop()
        for part in parts(model):
            if id(part.model) in seen:
                continue
            seen.add(id(part.model))
            found.append((part, scope))
            for reference in references_of(part):
                fact = rules().fact(reference.name, scope) if reference.kind is Names.FACT else None
                if fact is not None:
                    open_.append((fact, rules().home_of_fact(reference.name, scope) or scope))
    return found


def _numbers(model: facts.Comparison, scope: str) -> Iterator[Quantity]:
    for limit in (model.at_least, model.at_most, model.above, model.below):
        if limit is not None:
            yield rules().limit(limit, scope)


# ---------------------------------------------------------------- therapies


@cache
def therapies_of(pathway: str) -> tuple[Therapy, ...]:
    """The therapies of a pathway, with the numbers by which their trials are judged."""
    return tuple(_therapy(name, pathway) for name in rules().all_therapies(pathway))


def _therapy(name: str, pathway: str) -> Therapy:
    definition = rules().therapy(name, pathway)
    trials = rules().pathways[pathway].trials
    standards = [row for row in trials.adequate if _applies(row, name, definition, pathway)] if trials else []
    index = rules().terminology.index
    ingredients = sorted(
        {i for s in (*definition.medication, *definition.conditional) for i in index.ingredients_in(s)}
    )
    return Therapy(
        name=name,
        ingredients=with_codes(ingredients),
        procedures=with_codes(definition.procedure),
        doses=tuple(_doses(standards)),
        days=tuple({d.days for row in standards for d in (row.lasts, row.held, row.judge_after) if d}),
    )


def _applies(row: StandardRow, name: str, definition: TherapyDefinition, pathway: str) -> bool:
    if row.class_ and definition.class_ not in row.class_:
        return False
    return not row.therapy or name in rules().therapies(row.therapy, pathway)


def _doses(standards: Sequence[StandardRow]) -> Iterator[Quantity]:
    for row in standards:
        for dose in (*row.daily_dose.values(), *row.target_dose.values()):
            if isinstance(dose, Quantity) and dose.unit == "mg":
                yield dose


@cache
def reasons_of(pathway: str) -> tuple[str, ...]:
    """Coded reasons for which a trial of a pathway may have ended."""
    return _of_evidence(rules().pathways[pathway].trials, "stopped_for")


@cache
def outcomes_of(pathway: str) -> tuple[str, ...]:
    """Coded outcomes of the procedures of a pathway."""
    return _of_evidence(rules().pathways[pathway].trials, "outcome")


def _of_evidence(trials: Trials | None, word: str) -> tuple[str, ...]:
    names: list[str] = []
    for part in parts(trials) if trials is not None else ():
        names += getattr(part.model, word, ())
    return with_codes(names)


@cache
def scores_of(pathway: str) -> tuple[tuple[str, tuple[Quantity, ...]], ...]:
    """Observation sets by which trials of a pathway are judged, with the numbers that they are held against."""
    found: dict[str, list[Quantity]] = {}
    for part in parts(rules().pathways[pathway].trials or ()):
        names = getattr(part.model, "of", ()) if type(part.model).__name__ == "Score" else ()
        for name in with_codes(names):
            limits = (getattr(part.model, word) for word in ("at_least", "at_most", "below"))
            found.setdefault(name, []).extend(
                rules().limit(limit, pathway) for limit in limits if limit is not None
            )
    return tuple((name, tuple(numbers)) for name, numbers in found.items())
