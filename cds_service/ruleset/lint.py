"""What is allowed but unwise: lints over a loaded ruleset. A complaint stops the service; a lint stops only a review."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cds_service.errors import Complaint
from cds_service.ruleset import facts
from cds_service.ruleset.authored import Authored
from cds_service.ruleset.cards import CardFile
from cds_service.ruleset.facts import Ask, Block
from cds_service.ruleset.library import INDEX, SHARED, Library, narrowed, read_library
from cds_service.ruleset.parts import parts
from cds_service.ruleset.plain_words import Wording, complaints_of_facts, complaints_of_texts, read_wording
from cds_service.ruleset.references import Names, references
from cds_service.ruleset.ruleset import PairRow, Rule, Ruleset
from cds_service.ruleset.yaml_file import Place

RECORD_WORDS = frozenset(
    {
        "condition",
        "procedure",
        "report",
        "care",
        "medication",
        "observation",
        "allergy",
        "device",
        "encounter",
    }
)
"""Words whose absence needs a whole record: a failed search makes it unknown."""

UNTRIED = frozenset({"untried", "not-tried", "any-use"})
"""Verdicts that ask for the absence of orders."""

ENGINE_SETS = frozenset({"sjs-ten-dress", "anaphylaxis", "with-contrast", "result-negative"})
"""Value sets that evaluation itself asks for: without them its questions are answered no for ever."""

_DEFINITIONS = frozenset({Names.FACT, Names.LIMIT, Names.WINDOW, Names.SETTING})

_SEMICOLON = re.compile(r"\s*;\s*")


def lint(rules: Ruleset, rules_dir: Path, *, only: Collection[str] = ()) -> list[Complaint]:
    """Return every lint of a ruleset that loaded without complaints; ``only`` as it was loaded with."""
    library = read_library(rules_dir, faults=[])
    if only:
        library = narrowed(library, only, faults=[])
    linter = _Linter(rules, library, read_wording(rules_dir))
    found = [
        *linter.cards(),
        *linter.facts(),
        *linter.unused(),
        *reverse_rows(rules),
        *linter.index(),
        *_engine_sets(rules),
    ]
    return sorted(found, key=lambda c: (c.file, c.line, c.path))


@dataclass(frozen=True)
class _Linter:
    rules: Ruleset
    library: Library
    wording: Wording

    # ------------------------------------------------------------ cards

    def cards(self) -> Iterator[Complaint]:
        for file in self.library.cards:
            rule = self.rules.by_id[file.model.card]
            yield from self._unknown_is_decided(file, rule)
            for place, said in complaints_of_texts(file.model, self.wording):
                yield file.complaint(place, said)

    def facts(self) -> Iterator[Complaint]:
        """What the sentences of facts say badly."""
        files: list[Authored[Any]] = [*self.library.pathways.values(), *self.library.shared]
        for file in files:
            for place, said in complaints_of_facts(file.model.facts):
                yield file.complaint(place, said)

    def _unknown_is_decided(self, file: Authored[CardFile], rule: Rule) -> Iterator[Complaint]:
        """``none`` over a record word is open when a search fails: the author must say what then."""
        if "if_unknown" in file.model.model_fields_set:
            return
        for place, word in self._absences(file.model, rule.pathways[0]):
            message = f"'none' meets '{word}': write 'if_unknown' (a failed search leaves it open)"
            yield file.complaint(place, message)
            return

    def _absences(
        self, model: Any, scope: str, through: frozenset[str] = frozenset()
    ) -> Iterator[tuple[Place, str]]:
        for part in parts(model):
            if not isinstance(part.model, Block | facts.Fact):
                continue
            for position, item in enumerate(part.model.none):
                word = self._record_word(item, scope, through)
                if word is not None:
                    yield (*part.place, "none", position), word
            for item in (*part.model.all, *part.model.any):
                if isinstance(item, str) and item not in through:
                    fact = self.rules.fact(item, scope)
                    inner = self._absences(fact, scope, through | {item}) if fact is not None else ()
                    yield from ((part.place, f"{item} > {word}") for _, word in inner)

    def _record_word(self, item: str | Ask | Block, scope: str, through: frozenset[str]) -> str | None:
        """Return the record word that an item asks for, following facts; None when it asks for none."""
        if isinstance(item, str):
            fact = None if item in through else self.rules.fact(item, scope)
            return None if fact is None else self._record_word(fact.block, scope, through | {item})
        if isinstance(item, Ask):
            if item.word in RECORD_WORDS:
                return item.word
            untried = isinstance(item.fact, facts.TrialFact) and UNTRIED.intersection(item.fact.verdict)
            return item.word if untried else None
        inside = (*item.all, *item.any, *item.possibly, *(item.some.of if item.some else ()))
        return next((w for i in inside if (w := self._record_word(i, scope, through)) is not None), None)

    # ------------------------------------------------------------ unused definitions

    def unused(self) -> Iterator[Complaint]:
        """Facts, settings and therapies that nothing names."""
        used = self._used_names()
        files: list[Authored[Any]] = [*self.library.pathways.values(), *self.library.shared]
        for file in files:
            for kind in ("facts", "settings"):
                for name in getattr(file.model, kind):
                    if name not in used and not (file.home == SHARED and kind == "settings"):
                        yield file.complaint((kind, name), "is used by nothing")

    def _used_names(self) -> frozenset[str]:
        used: set[str] = set()
        models: list[Any] = [c.model for c in self.library.cards]
        models += [p.model for p in self.library.pathways.values()]
        models += [s.model for s in self.library.shared]
        for model in models:
            used.update(r.name for r in references(model) if r.kind in _DEFINITIONS)
        for rule in self.rules.rules:
            used.update(name for row in rule.rows for name in (row.if_, row.unless) if name)
        return frozenset(used | set(self._facts_of_tables()))

    def _facts_of_tables(self) -> Iterator[str]:
        for rows in self.rules.tables.values():
            yield from (row["if"] for row in rows if row.get("if"))

    # ------------------------------------------------------------ the card index

    def index(self) -> Iterator[Complaint]:
        """A rule whose head differs from the index: one of the two is wrong, or the rule's notes say why."""
        if not self.library.index:
            return
        for file in self.library.cards:
            row = self.library.index.get(file.model.card)
            if row is None:
                yield file.complaint(("card",), f"is not in {INDEX}")
                continue
            yield from self._unlike_index(file, row)

    def _unlike_index(self, file: Authored[CardFile], row: Mapping[str, str]) -> Iterator[Complaint]:
        show = file.model.show
        hooks = set(_SEMICOLON.split(row["hooks"]))
        if set(show.hooks) != hooks:
            yield file.complaint(("show", "hooks"), f"are not those of {INDEX}: {', '.join(sorted(hooks))}")
        for word, value in (("kind", show.kind), ("scope", show.scope)):
            if row[word] != value:
                yield file.complaint(("show", word), f"{word} is {value}, {INDEX} has {row[word]}")
        levels = set(re.split(r"[|;]", row["indicator"]))
        beyond = _levels_of(file.model, self.rules.by_id[file.model.card]) - levels
        if beyond:
            yield file.complaint(
                ("show",), f"gives {', '.join(sorted(beyond))}, {INDEX} has {row['indicator']}"
            )


def _engine_sets(rules: Ruleset) -> Iterator[Complaint]:
    for name in sorted(ENGINE_SETS - rules.terminology.index.set_names):
        message = f"value set '{name}' is missing: evaluation asks for it"
        yield Complaint(file="valuesets", line=1, path="", message=message)


def _levels_of(card: CardFile, rule: Rule) -> set[str]:
    levels: set[str] = {f.level for f in card.findings} | {row.level for row in rule.rows}
    if not levels:
        levels = {card.show.level}
    return levels | {b.level for b in card.but if b.level != "silent"}


def reverse_rows(rules: Ruleset) -> Iterator[Complaint]:
    """Yield interactions that are seen in one order of prescribing only."""
    for rule in rules.rules:
        if rule.file.rows != "interactions":
            continue
        for row in rule.rows:
            if row.other and not any(_reverses(row, other) for other in rule.rows):
                file, _, line = row.where.rpartition(":")
                pair = f"{';'.join(row.draft)} with {';'.join(row.other)}"
                message = f"{pair}: no row for the other order of prescribing"
                if _can_be_drafted(rule, row, rules):
                    yield Complaint(file=file, line=int(line), path="", message=message)


def _reverses(row: PairRow, other: PairRow) -> bool:
    return bool(set(row.draft) & set(other.other)) and bool(set(row.other) & set(other.draft))


def _can_be_drafted(rule: Rule, row: PairRow, rules: Ruleset) -> bool:
    """A pair of two drugs can come in either order; a procedure that meets a drug cannot."""
    index = rules.terminology.index
    return all(any(index.ingredients_in(name) for name in names) for names in (row.draft, row.other))
