"""From a release and the ingredients of the rules to everything that the release says of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from cds_service.rxnorm.composing import Composer, Composition, Part
from cds_service.rxnorm.database import Concept, Database
from cds_service.terminology import Terminology
from cds_service.terminology.drugs import DrugCode
from cds_service.terminology.rxtext import DoseForm, ingredient_called, parse_rxnorm_text

RXNORM = "RXNORM"
_INGREDIENT_TYPES = ("IN", "PIN")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """How the ingredients of the rules are found in the release.

    ``codes`` maps RxNorm ingredients to names of the rules. ``found`` are those of them that the rules have no code for
    and that carry the name itself. ``misnamed`` are codes of the rules that the release gives to something else: nothing
    is built on them.
    """

    codes: Mapping[str, str]
    found: tuple[Concept, ...]
    misnamed: tuple[tuple[DrugCode, Concept], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a release says of the ingredients of the rules.

    ``products`` are all concepts built on them, by code. ``former`` maps codes that the release no longer has to the
    product that they were merged into. ``by_name`` are products without relationships, read from their names.
    ``ndc`` maps National Drug Codes to products; ``doubtful_ndc`` is how many name several. ``others`` are the codes of
    the concepts that are certainly made of something else.
    """

    released: str
    named: Named
    products: Mapping[str, Composition]
    former: Mapping[str, str]
    by_name: frozenset[str]
    ndc: Mapping[str, str]
    doubtful_ndc: int
    others: tuple[str, ...]
    unread_forms: Mapping[str, int]
    unread_strengths: int


def read_release(database: Database, rules: Terminology) -> Reading:
    """Return what a release says; ``rules`` is the terminology without any import."""
    named = name_ingredients(database, rules)
    composer = Composer(database, named.codes, rules.rxnorm_words.forms)
    near = database.built_on(named.codes)
    products: dict[str, Composition] = {}
    others: list[str] = []
    by_name: set[str] = set()
    for concept in database.concepts():
        if concept.tty == "DF":
            continue
        if concept.rxcui in near:
            composition = composer.compose(concept)
            if composition.known:
                products[concept.rxcui] = composition
        elif concept.tty == "IN" or database.is_tied(concept.rxcui):
            others.append(concept.rxcui)
        elif (read := _from_name(concept, rules)) is not None:
            products[concept.rxcui] = read
            by_name.add(concept.rxcui)
    ndc, doubtful = _ndc(database, products)
    return Reading(
        released=database.released,
        named=named,
        products=products,
        former=dict(_former(database, products)),
        by_name=frozenset(by_name),
        ndc=ndc,
        doubtful_ndc=doubtful,
        others=tuple(others),
        unread_forms={name: len(codes) for name, codes in sorted(composer.unread_forms.items())},
        unread_strengths=len(composer.unread_strengths),
    )


# ---------------------------------------------------------------- ingredients


def name_ingredients(database: Database, rules: Terminology) -> Named:
    """Find the ingredients of the rules by their codes, each checked by its name, else by the name alone."""
    codes: dict[str, str] = {}
    misnamed: list[tuple[DrugCode, Concept]] = []
    for ours in _own_codes(rules):
        concept = database.concept(ours.code)
        if concept is None:
            continue
        name = ours.ingredients[0].ingredient
        if concept.tty in _INGREDIENT_TYPES and _is_called(concept.name, ours, rules):
            codes[concept.rxcui] = name
        else:
            misnamed.append((ours, concept))
    coded = {code.ingredients[0].ingredient for code in _own_codes(rules)}
    found = tuple(_by_name(database, rules, without=coded))
    codes |= {concept.rxcui: name for concept, name in found}
    return Named(codes=codes, found=tuple(c for c, _ in found), misnamed=tuple(misnamed))


def _own_codes(rules: Terminology) -> Iterator[DrugCode]:
    """The RxNorm codes of ``ingredient_codes.csv``."""
    for (system, _), code in sorted(rules.drugs.codes.items()):
        if system == RXNORM and code.kind in _INGREDIENT_TYPES:
            yield code


def _is_called(written: str, ours: DrugCode, rules: Terminology) -> bool:
    """Whether a name of the release is that of a code of ours: its label, or any name of its ingredient."""
    name = ours.ingredients[0].ingredient
    if written.casefold() in {ours.label.casefold(), rules.drugs.ingredients[name].label.casefold()}:
        return True
    return ingredient_called(written, rules.names, rules.rxnorm_words) == name


def _by_name(
    database: Database, rules: Terminology, *, without: Iterable[str]
) -> Iterator[tuple[Concept, str]]:
    coded = frozenset(without)
    wanted = {i.label.casefold(): i.name for i in rules.drugs.ingredients.values() if i.name not in coded}
    for concept in database.concepts():
        if concept.tty == "IN" and concept.name.casefold() in wanted:
            yield concept, wanted[concept.name.casefold()]


# ---------------------------------------------------------------- products


def _from_name(concept: Concept, rules: Terminology) -> Composition | None:
    """A product that the release ties to nothing, as it does with obsolete ones, by its name in RxNorm's form."""
    if concept.tty not in {"SCD", "SBD"}:
        return None
    parsed = parse_rxnorm_text(concept.name, names=rules.names, words=rules.rxnorm_words)
    if parsed is None:
        return None
    ingredient = parsed.ingredient
    return Composition(
        concept=concept,
        parts=(Part(rxcui="", name=ingredient.ingredient, strength=ingredient.strength),),
        form=DoseForm(form=parsed.form, route=parsed.route, release=parsed.release),
        brand=parsed.brand,
        pack=parsed.pack,
    )


def _former(database: Database, products: Mapping[str, Composition]) -> Iterator[tuple[str, str]]:
    """Codes that were merged into exactly one concept, when that is a product of ours."""
    for old in database.former():
        new = database.merged_into(old)
        if len(new) == 1 and new[0] in products and database.concept(old) is None:
            yield old, new[0]


def _ndc(database: Database, products: Mapping[str, Composition]) -> tuple[dict[str, str], int]:
    found: dict[str, str] = {}
    doubtful = 0
    for code, carriers in database.ndc():
        if len(carriers) == 1 and carriers[0] in products:
            found[code] = carriers[0]
        elif len(carriers) > 1 and any(carrier in products for carrier in carriers):
            doubtful += 1
    return found, doubtful
