"""Loads the rules folder into one checked ``Ruleset``, or says everything that is wrong with it at once.

Order: terminology, tables, YAML files, cross-references, strata, profiles, content hashes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

from cds_service.errors import Complaint, RuleFileInvalid, ValueSetInvalid
from cds_service.ruleset.cards import HookName
from cds_service.ruleset.check import Checker
from cds_service.ruleset.data_needs import needs_of_hooks, types_by_rule
from cds_service.ruleset.hashing import hashes_of
from cds_service.ruleset.known_names import KnownNames
from cds_service.ruleset.library import Library, narrowed, read_library
from cds_service.ruleset.order_codes import order_code_faults
from cds_service.ruleset.pathway import SharedFile
from cds_service.ruleset.profiles import check_profile, chosen_profiles, under
from cds_service.ruleset.ruleset import Rule, Ruleset
from cds_service.ruleset.strata import StrataChecker
from cds_service.ruleset.tables import Tables, load_tables
from cds_service.ruleset.uses import uses_of
from cds_service.ruleset.vocabulary import Vocabulary
from cds_service.terminology import CATEGORY_ORDER, Terminology, load_terminology
from cds_service.terminology.systems import DEFAULT_LOCAL_BASE


def load_ruleset(
    rules_dir: Path,
    *,
    profiles: Sequence[str] = (),
    disabled: frozenset[str] = frozenset(),
    only: Collection[str] = (),
    rxnorm: Path | None = None,
    local_base: str = DEFAULT_LOCAL_BASE,
) -> Ruleset:
    """Load and check every rule of a folder.

    ``profiles`` replace the default profile of the pathways that they adapt. ``disabled`` rules are loaded and
    checked but give no card. ``only`` keeps some pathways (with what they use and the shared part) for their authors.
    ``rxnorm`` is the folder of an RxNorm import, ``local_base`` the base URI of the service's own code systems. Raises
    ``RuleFileInvalid`` with all complaints of all files, ``ValueSetInvalid`` when only value sets, terminology or
    tables are at fault.
    """
    rules, faults = read_ruleset(
        rules_dir, profiles=profiles, disabled=disabled, only=only, rxnorm=rxnorm, local_base=local_base
    )
    if faults or rules is None:
        faults = sorted(faults, key=lambda c: (c.file, c.line, c.path))
        tables_only = all(c.file.endswith(".csv") for c in faults)
        raise ValueSetInvalid(faults) if tables_only else RuleFileInvalid(faults)
    return rules


def read_ruleset(
    rules_dir: Path,
    *,
    profiles: Sequence[str] = (),
    disabled: frozenset[str] = frozenset(),
    only: Collection[str] = (),
    terminology: Terminology | None = None,
    rxnorm: Path | None = None,
    local_base: str = DEFAULT_LOCAL_BASE,
) -> tuple[Ruleset | None, list[Complaint]]:
    """Return what could be loaded and every complaint about it; None when the terminology cannot be used.

    ``terminology`` stands for that of the folder, when it is loaded already.
    """
    faults: list[Complaint] = []
    library = read_library(rules_dir, faults=faults)
    if only:
        library = narrowed(library, only, faults=faults)
    try:
        terminology = terminology or load_terminology(rules_dir, local_base=local_base, rxnorm=rxnorm)
    except RuleFileInvalid as problem:
        return None, [*problem.complaints, *faults]
    vocabulary = vocabulary_of(terminology, library)
    tables = load_tables(rules_dir, vocabulary, faults=faults)
    rules = _assembled(library, terminology, tables, disabled)
    _check(rules, library, vocabulary, tables, faults)
    rules = under(rules, chosen_profiles(library, profiles, faults=faults))
    if faults:
        return rules, faults
    return _completed(rules), faults


def _completed(rules: Ruleset) -> Ruleset:
    """Add what follows from all of the files: content hashes and data needs."""
    uses = {rule.id: uses_of(rules, rule) for rule in rules.rules}
    hashes = hashes_of(rules, uses)
    return replace(
        rules,
        rules=tuple(replace(rule, hash=hashes[rule.id]) for rule in rules.rules),
        needs=needs_of_hooks(rules, get_args(HookName), uses),
        types_by_rule=types_by_rule(rules, uses),
    )


def vocabulary_of(terminology: Terminology, library: Library) -> Vocabulary:
    """Return the names that terminology and shared facts lend to rules."""
    index = terminology.index
    return Vocabulary(
        sets=index.set_names,
        ingredients=frozenset(terminology.drugs.ingredients),
        phrases=frozenset(terminology.finding_table.lists),
        outcomes=frozenset(CATEGORY_ORDER),
        drug_sets=frozenset(
            name
            for ingredient in terminology.drugs.ingredients
            for name in index.sets_of_ingredient(ingredient)
        ),
        systems=frozenset(terminology.systems.by_key),
        shared_facts=frozenset(name for shared in library.shared for name in shared.model.facts),
    )


def _assembled(
    library: Library, terminology: Terminology, tables: Tables, disabled: frozenset[str]
) -> Ruleset:
    cards: dict[str, Rule] = {}
    for card in library.cards:
        rows = tables.rows_of(card.model.rows, card.model.card) if card.model.rows else ()
        rule = Rule(file=card.model, home=card.home, path=card.source.name, hash="", rows=rows)
        cards.setdefault(card.model.card, rule)
    return Ruleset(
        pathways={
            name: p.model.model_copy(update={"uses": tuple(u for u in p.model.uses if u in library.pathways)})
            for name, p in library.pathways.items()
        },
        shared=_merged([shared.model for shared in library.shared]),
        rules=tuple(cards.values()),
        tables=tables.lookups,
        terminology=terminology,
        overrides=library.overrides.model.overrides if library.overrides else {},
        available_profiles={name: file.model for name, file in library.profiles.items()},
        index=library.index,
        disabled=disabled,
    )


def _merged(files: Sequence[SharedFile]) -> SharedFile:
    return SharedFile.model_construct(
        settings={k: v for f in files for k, v in f.settings.items()},
        facts={k: v for f in files for k, v in f.facts.items()},
        therapies={k: v for f in files for k, v in f.therapies.items()},
        orders={k: v for f in files for k, v in f.orders.items()},
    )


def _check(
    rules: Ruleset, library: Library, vocabulary: Vocabulary, tables: Tables, faults: list[Complaint]
) -> None:
    names = KnownNames(rules=rules, library=library, vocabulary=vocabulary)
    Checker(rules=rules, library=library, names=names, faults=faults).run()
    StrataChecker(rules=rules, library=library, vocabulary=vocabulary, faults=faults).run()
    faults.extend(order_code_faults(library, rules.terminology))
    for profile in library.profiles.values():
        check_profile(profile, rules, faults)
    if not library.partial:
        faults.extend(_rows_without_rule(rules, library, tables))
    for card in rules.disabled - {*rules.by_id, *library.index}:
        faults.append(Complaint(file="disabled rules", line=1, path="", message=f"no rule '{card}'"))


def _rows_without_rule(rules: Ruleset, library: Library, tables: Tables) -> list[Complaint]:
    """Rows of a table that no rule shows would be silent: they are complaints."""
    written = {card.model.card for card in library.cards}
    faults = []
    for (table, card), rows in tables.pairs.items():
        rule = rules.by_id.get(card)
        if rule is not None and rule.file.rows == table:
            continue
        reason = f"rule {card} does not name 'rows: {table}'" if card in written else f"no rule '{card}'"
        for row in rows:
            file, _, line = row.where.rpartition(":")
            faults.append(Complaint(file=file, line=int(line), path="card", message=reason))
    return faults


__all__ = ["load_ruleset", "read_ruleset", "vocabulary_of"]
