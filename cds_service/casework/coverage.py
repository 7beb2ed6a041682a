"""Which cases there are of which rule, and which parts of a rule decide none of them.

A part of the rule's logic is decisive in a case when taking it out of the rule changes whether, or how urgently, the
rule fires there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cds_service.casework.context import CannotBuild
from cds_service.casework.outcome import awake, outcome_of
from cds_service.casework.read import case_files
from cds_service.casework.run import CaseResult, run_cases
from cds_service.ruleset.cards import CardFile
from cds_service.ruleset.facts import Block
from cds_service.ruleset.load import load_ruleset
from cds_service.ruleset.parts import parts
from cds_service.ruleset.profiles import also_under
from cds_service.ruleset.ruleset import Rule, Ruleset
from cds_service.ruleset.words import Model
from cds_service.ruleset.yaml_file import Place, written

_LOGIC = ("all", "any", "none", "unless", "possibly")


def results_of(rules_dir: Path, *, cards: Sequence[str] = (), only: Collection[str] = ()) -> list[CaseResult]:
    """Run every case file of a rules folder, of some rules, or of some pathways. Raises ``RuleFileInvalid``."""
    rules = load_ruleset(rules_dir, only=only)
    files = files_of(rules_dir, cards=cards, only=only)
    return [r for path in files for r in run_cases(rules, path, root=rules_dir)]


def files_of(rules_dir: Path, *, cards: Sequence[str] = (), only: Collection[str] = ()) -> list[Path]:
    """Return all case files and vignettes, or those of some rules or pathways."""
    found = [path for path in case_files(rules_dir) if not only or path.parent.name in only]
    if not cards:
        return found
    return [path for path in found if any(path.name.startswith(f"{card}-") for card in cards)]


def undecided_parts(rules: Ruleset, rule: Rule, results: Sequence[CaseResult]) -> Iterator[str]:
    """Yield the places of a rule that could be taken out without any of its cases noticing."""
    before = [_fired(rules, result) for result in results]
    for place, without in lesser_rules(rule):
        changed = replace(rules, rules=tuple(without if r.id == rule.id else r for r in rules.rules))
        if all(_fired(changed, result) == then for result, then in zip(results, before, strict=True)):
            yield place


def _fired(rules: Ruleset, result: CaseResult) -> tuple[tuple[str, str | None], ...] | None:
    """Return the levels and drafts of the rule's findings in a case; None when the case cannot be run."""
    case = result.case
    adapted = awake(also_under(rules, case.profiles) if case.profiles else rules, case.rule)
    try:
        outcome = outcome_of(adapted, case)
    except (CannotBuild, KeyError):
        return None
    findings = [f for head in outcome.evaluation.findings for f in (head, *head.also) if f.card == case.rule]
    return tuple(sorted((f.level, f.draft.reference if f.draft else "") for f in findings))


def lesser_rules(rule: Rule) -> Iterator[tuple[str, Rule]]:
    """Yield a rule with one item of its logic, one exception, finding or row taken out, and what that was."""
    for place, file in _lesser(rule.file):
        yield written(place), replace(rule, file=file)
    for number, row in enumerate(rule.rows):
        rest = rule.rows[:number] + rule.rows[number + 1 :]
        yield row.where, replace(rule, rows=rest)


def _lesser(card: CardFile) -> Iterator[tuple[Place, CardFile]]:
    for field in ("but", "findings"):
        entries = getattr(card, field)
        for number in range(len(entries)):
            rest = entries[:number] + entries[number + 1 :]
            if rest or field == "but":
                yield (field, number), card.model_copy(update={field: rest})
    for place, block in _blocks(card):
        for word in _LOGIC:
            items = getattr(block, word)
            for number in range(len(items)):
                lesser = block.model_copy(update={word: items[:number] + items[number + 1 :]})
                yield (*place, word, number), _put(card, place, lesser)


def _blocks(card: CardFile) -> Iterator[tuple[Place, Block]]:
    for part in parts(card):
        if type(part.model) is Block and part.place[0] in {"when", "but", "findings"}:
            yield part.place, part.model


def _put(model: Any, place: Place, new: Any) -> Any:
    """Return a model with the part at a place exchanged."""
    if not place:
        return new
    first, rest = place[0], place[1:]
    if isinstance(model, tuple) and isinstance(first, int):
        return (*model[:first], _put(model[first], rest, new), *model[first + 1 :])
    assert isinstance(model, Model)
    field = next(name for name, info in type(model).model_fields.items() if (info.alias or name) == first)
    return model.model_copy(update={field: _put(getattr(model, field), rest, new)})


__all__ = ["files_of", "lesser_rules", "results_of", "undecided_parts"]
