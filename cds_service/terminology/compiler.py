"""Works out, once, which sets every code of the tables belongs to: families, references and drugs resolved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cds_service.terminology.drugs import DrugCode, DrugTable
from cds_service.terminology.hits import CodeHit, ConditionalSet
from cds_service.terminology.valuesets import CodeRow, Context, ValueSet, ValueSets

Key = tuple[str, str]
"""System key and code in the form that is compared."""

Way = tuple[Context | None, bool]
"""How a code belongs to a set: under which context, if any, and whether only as weak evidence."""

CERTAIN: Way = (None, False)
WEAK: Way = (None, True)

Standing = dict[str, frozenset[Way]]
"""The sets of a code, each with all ways that lead to it."""


Answer = tuple[frozenset[str], frozenset[str], tuple[ConditionalSet, ...]]
"""The certain sets of a code, the weak ones, and those that need a context."""


class Compiler:
    """Works out the membership of every code that any table names."""

    def __init__(self, drugs: DrugTable, value_sets: ValueSets) -> None:
        self._drugs = drugs
        self._sets = value_sets.by_name
        self._order = value_sets.order
        self._referring = tuple(
            (name, frozenset({name, *self._sets[name].includes}))
            for name in value_sets.order
            if self._sets[name].includes or self._sets[name].excludes
        )
        self._rows_exact: dict[Key, list[tuple[str, CodeRow]]] = {}
        self._rows_family: dict[Key, list[tuple[str, CodeRow]]] = {}
        for name in value_sets.order:
            for row in self._sets[name].codes:
                target = self._rows_family if row.family else self._rows_exact
                target.setdefault((row.system, row.code), []).append((name, row))
        self._of_products: dict[tuple[str, ...], Answer] = {}
        self._own_by_ingredient: dict[str, dict[str, Way]] = {}
        for name in value_sets.order:
            for ingredient in self._sets[name].weak_ingredients:
                self._own_by_ingredient.setdefault(ingredient, {})[name] = WEAK
            for ingredient in self._sets[name].ingredients:
                self._own_by_ingredient.setdefault(ingredient, {})[name] = CERTAIN

    def exact(self) -> dict[Key, CodeHit]:
        """Answers for the codes that the tables name one by one."""
        keys = {*self._rows_exact, *self._drugs.codes}
        return {key: self._hit(key, family=False) for key in sorted(keys)}

    def families(self) -> dict[Key, CodeHit]:
        """Answers for the starts of codes that stand for all below them."""
        return {key: self._hit(key, family=True) for key in sorted(self._rows_family)}

    def taking_in(self, name: str) -> frozenset[str]:
        """A set and all sets that take it in."""
        standing: Standing = {name: frozenset({CERTAIN})}
        for other, parts in self._referring:
            if other != name and not parts.isdisjoint(standing) and not self._left_out(other, (), standing):
                self._take_in(self._sets[other], standing)
        return frozenset(standing)

    def sets_of(self, ingredient: str) -> Standing:
        """The sets of a single drug."""
        return self._spread({}, (ingredient,))

    def _hit(self, key: Key, *, family: bool) -> CodeHit:
        rows = list(self._chain(key, family=family))
        own: dict[str, CodeRow] = {}
        for name, row in rows:
            own.setdefault(name, row)
        drug = None if family else self._drugs.codes.get(key)
        names = tuple(part.ingredient for part in drug.ingredients) if drug else ()
        sets, weak_sets, conditional = self._answer(own, names)
        label, verified = self._about(key, rows, drug)
        return CodeHit(
            system=key[0],
            code=key[1],
            label=label,
            verified=verified,
            sets=sets,
            weak_sets=weak_sets,
            conditional=conditional,
            ingredients=drug.ingredients if drug else (),
            combination=drug.combination if drug else False,
            form=drug.form if drug else None,
            route=drug.route if drug else None,
            release=drug.release if drug else None,
            brand=drug.brand if drug else None,
            pack=drug.pack if drug else None,
            pack_unit=drug.pack_unit if drug else None,
        )

    def _answer(self, own: Mapping[str, CodeRow], ingredients: tuple[str, ...]) -> Answer:
        """The sets of a code; worked out once for all products of these ingredients that no set names itself."""
        if own:
            return _answer(self._spread(own, ingredients))
        if ingredients not in self._of_products:
            self._of_products[ingredients] = _answer(self._spread({}, ingredients))
        return self._of_products[ingredients]

    def _chain(self, key: Key, *, family: bool) -> Iterable[tuple[str, CodeRow]]:
        """The rows that speak of a code, the most specific first."""
        system, code = key
        if not family:
            yield from self._rows_exact.get(key, ())
        for length in range(len(code), 0, -1):
            yield from self._rows_family.get((system, code[:length]), ())

    @staticmethod
    def _about(key: Key, rows: list[tuple[str, CodeRow]], drug: DrugCode | None) -> tuple[str, str]:
        if drug is not None:
            return drug.label, drug.verified
        own = [row for _, row in rows if row.code == key[1]] or [row for _, row in rows]
        kept = [row for row in own if not row.exclude] or own
        return kept[0].label, kept[0].verified

    def _spread(self, own: Mapping[str, CodeRow], ingredients: tuple[str, ...]) -> Standing:
        """Work out all sets.

        A set's own row for the very code decides first, then the sets that it leaves out, then its own families, then
        the sets that it takes in.
        """
        standing: Standing = {
            name: frozenset({(row.context, row.weak)}) for name, row in own.items() if not row.exclude
        }
        self._add_ingredients(own, ingredients, standing)
        for name, parts in self._referring:
            decided = own.get(name)
            if parts.isdisjoint(standing) or (decided is not None and not decided.family):
                continue
            if self._left_out(name, ingredients, standing):
                standing.pop(name, None)
            elif decided is None:
                self._take_in(self._sets[name], standing)
        return standing

    def _add_ingredients(
        self, own: Mapping[str, CodeRow], ingredients: tuple[str, ...], standing: Standing
    ) -> None:
        for ingredient in ingredients:
            standing.setdefault(ingredient, frozenset({CERTAIN}))
            for name, way in self._own_by_ingredient.get(ingredient, {}).items():
                if name not in own and not self._left_out(name, ingredients, standing):
                    standing[name] = standing.get(name, frozenset()) | {way}

    def _left_out(self, name: str, ingredients: tuple[str, ...], standing: Standing) -> bool:
        value_set: ValueSet = self._sets[name]
        if ingredients and value_set.without_ingredients.issuperset(ingredients):
            return True
        return any(CERTAIN in standing.get(other, ()) for other in value_set.excludes)

    @staticmethod
    def _take_in(value_set: ValueSet, standing: Standing) -> None:
        ways = standing.get(value_set.name, frozenset())
        ways = ways.union(*(standing.get(other, frozenset()) for other in value_set.includes))
        if ways:
            standing[value_set.name] = ways


def _answer(standing: Standing) -> Answer:
    return only(standing, CERTAIN), only(standing, WEAK), tuple(_conditional(standing))


def only(standing: Standing, best: Way) -> frozenset[str]:
    """The sets that a code belongs to in this way, and in no better one."""
    return frozenset(
        name for name, ways in standing.items() if best in ways and (best == CERTAIN or CERTAIN not in ways)
    )


def _conditional(standing: Standing) -> Iterable[ConditionalSet]:
    for name, ways in sorted(standing.items()):
        if CERTAIN in ways:
            continue
        for context, weak in sorted(ways, key=repr):
            if context is not None:
                yield ConditionalSet(value_set=name, context=context, weak=weak)
