"""What a concept of a record was found to stand for, and how several such answers become one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum

from cds_service.terminology.drugs import IngredientStrength
from cds_service.terminology.hits import CodeHit, ConditionalSet
from cds_service.terminology.valuesets import Context

Coding = tuple[str | None, str | None, str | None]
"""System URI, code, display."""


OTHER_SYSTEM = "other"
"""Stands for every code system that is not in ``systems.csv``."""


class Field(Enum):
    """What kind of field a concept stands in: it decides which names its text may hold."""

    MEDICATION = "medication"
    SUBSTANCE = "substance"
    CONDITION = "condition"
    PROCEDURE = "procedure"
    OBSERVATION = "observation"
    OTHER = "other"


class Basis(Enum):
    """Where a resolution comes from, the strongest first."""

    CODE = "code"
    PRODUCT_TEXT = "product-text"
    TEXT = "text"
    DISPLAY = "display"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What a concept stands for.

    ``sets`` are certain; ``weak_sets`` never decide alone; ``conditional`` ones count when their reason fits (see
    ``settle``). ``unverified_sets`` are those of ``sets`` that only unverified codes support. ``possible`` are
    ingredients or names that an ambiguous word may mean: worth a question, never a fact. ``is_inferred`` is true for
    everything but a known code. ``unknown_codes`` are the codes of a drug, as system key and code, when the tables
    have none of them; the key is ``OTHER_SYSTEM`` for systems that they do not know either.
    """

    sets: frozenset[str] = frozenset()
    weak_sets: frozenset[str] = frozenset()
    conditional: tuple[ConditionalSet, ...] = ()
    ingredients: tuple[IngredientStrength, ...] = ()
    combination: bool = False
    basis: Basis = Basis.NONE
    unverified_sets: frozenset[str] = frozenset()
    matched_text: str | None = None
    possible: tuple[str, ...] = ()
    form: str | None = None
    route: str | None = None
    use: str | None = None
    pack: Decimal | None = None
    pack_unit: str | None = None
    unknown_codes: tuple[tuple[str, str], ...] = ()

    @property
    def verified(self) -> bool:
        """Whether every set rests on a verified code, or on no code at all."""
        return not self.unverified_sets

    @property
    def is_inferred(self) -> bool:
        """Whether text rather than a known code was read."""
        return self.basis not in (Basis.CODE, Basis.NONE)

    @property
    def is_known(self) -> bool:
        """Whether anything was recognised."""
        return self.basis is not Basis.NONE

    def settle(self, reasons: frozenset[str] | None, has_condition: Callable[[str], bool]) -> frozenset[str]:
        """The certain sets once the context is known.

        ``reasons`` are the value sets of the resource's reasons, None when it gives no reason at all;
        ``has_condition`` says whether the patient has a condition of a set.
        """
        met = {
            c.value_set
            for c in self.conditional
            if not c.weak and _context_holds(c.context, reasons, has_condition)
        }
        return self.sets | met

    def unverified_among(self, settled: frozenset[str]) -> frozenset[str]:
        """Those of the sets that ``settle`` gave which only unverified codes support."""
        conditional = {c.value_set for c in self.conditional if not c.verified}
        supported = {c.value_set for c in self.conditional if c.verified} | self.sets
        return self.unverified_sets | (settled & (conditional - supported))


NOTHING = Resolved()


def _context_holds(
    context: Context, reasons: frozenset[str] | None, has_condition: Callable[[str], bool]
) -> bool:
    if context.reason is None:
        return True
    if reasons is not None:
        return context.reason in reasons
    return context.competing is not None and not has_condition(context.competing)


def of_hits(hits: Sequence[CodeHit]) -> Resolved:
    """Several known codings of one concept as one answer."""
    sets: frozenset[str] = frozenset().union(*(hit.sets for hit in hits))
    verified: frozenset[str] = frozenset().union(*(hit.sets for hit in hits if hit.is_verified))
    weak: frozenset[str] = frozenset().union(*(hit.weak_sets for hit in hits))
    conditional = dict.fromkeys(
        replace(item, verified=hit.is_verified) for hit in hits for item in hit.conditional
    )
    product = next((hit for hit in hits if hit.form or hit.route), None)
    return Resolved(
        sets=sets,
        weak_sets=weak - sets,
        conditional=tuple(item for item in conditional if item.value_set not in sets),
        ingredients=_merged(part for hit in hits for part in hit.ingredients),
        combination=any(hit.combination for hit in hits),
        basis=Basis.CODE,
        unverified_sets=sets - verified,
        form=product.form if product else None,
        route=product.route if product else None,
        pack=product.pack if product else None,
        pack_unit=product.pack_unit if product else None,
    )


def merge(parts: Iterable[Resolved]) -> Resolved:
    """Several concepts of one resource as one, such as a Medication's code and its ingredients.

    The strongest basis wins; weaker parts add nothing, so that text never widens what codes say.
    """
    known = [part for part in parts if part.is_known]
    if not known:
        return Resolved()
    order = list(Basis)
    best = min((part.basis for part in known), key=order.index)
    kept = [part for part in known if part.basis is best]
    sets = frozenset().union(*(part.sets for part in kept))
    verified = frozenset().union(*(part.sets - part.unverified_sets for part in kept))
    ingredients = _merged(item for part in kept for item in part.ingredients)
    return replace(
        kept[0],
        sets=sets,
        weak_sets=frozenset().union(*(part.weak_sets for part in kept)) - sets,
        conditional=tuple(dict.fromkeys(c for part in kept for c in part.conditional)),
        ingredients=ingredients,
        combination=any(part.combination for part in kept) or len({i.ingredient for i in ingredients}) > 1,
        unverified_sets=sets - verified,
        possible=tuple(dict.fromkeys(p for part in kept for p in part.possible)),
        unknown_codes=tuple(dict.fromkeys(p for part in known for p in part.unknown_codes)),
    )


def _merged(parts: Iterable[IngredientStrength]) -> tuple[IngredientStrength, ...]:
    """Each ingredient once, with a strength where any part states one; two strengths that differ are unknown."""
    found: dict[str, IngredientStrength] = {}
    clash: set[str] = set()
    for part in parts:
        old = found.get(part.ingredient)
        if old is None or old.strength is None:
            found[part.ingredient] = part
        elif part.strength is not None and part.strength != old.strength:
            clash.add(part.ingredient)
    return tuple(
        IngredientStrength(ingredient=name) if name in clash else part for name, part in found.items()
    )
