"""Writes ``docs/rule-language.md``: every word of the rule language, from the models themselves."""

from __future__ import annotations

import types
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from cds_service.ruleset import cards, facts, pathway, trials
from cds_service.ruleset.facts import FACT_WORDS
from cds_service.ruleset.known_names import VERDICTS
from cds_service.ruleset.language_notes import EXAMPLES, MEANINGS, UNKNOWN
from cds_service.ruleset.library import NOT_PATHWAYS
from cds_service.ruleset.references import LIMIT_FIELDS, WINDOW_FIELDS, Names, kinds_of
from cds_service.ruleset.ruleset import BUILT_IN_GROUPS
from cds_service.ruleset.slots import LONGEST_SUMMARY, SLOTS
from cds_service.ruleset.tables import CELL_TYPES, PAIR_TABLES
from cds_service.ruleset.words import Duration, Model, Quantity

INTRODUCTION = """\
# The rule language

Generated from the models in `cds_service/ruleset` by `cds-service rules language`; do not edit.

One rule is one file, `rules/<pathway>/<card id>-<words>.yaml`; its cases stand beside it ([cases](cases.md)). A rule asks
questions of one patient on one day. Every answer is *yes*, *no* or *unknown*; unknown is never no. The language has no
expressions and no variables: a rule that needs more needs a named fact, a row of a table, or a decision record.

- A **name** is small letters, digits and hyphens: a fact, a setting, a therapy, a value set. Where several may stand, one
  needs no list.
- A **duration** is `28 days`, `12 weeks`, `6 months`, `5 years`, `8 hours`. As a length a month has 30 days and a year 365;
  as a window both go by the calendar.
- A **quantity** is a number with its unit (UCUM): `600 mg`, `135 mmol/L`, `7`, `30 %`.
- Where a duration or quantity may stand, the name of a setting may stand instead.
- YAML 1.2. `yes`, `no`, `on`, `off`, `y`, `n` as bare words are refused, as are duplicate keys, anchors and tags.
"""

LOGIC = """\
## Logic

An item of logic is the name of a fact, one fact word with its filters, or a block. Sibling words of a block are and-ed. Blocks
are at most two levels deep; give the inner part a name under `facts`.
"""

ANCHORS = """\
Three words point back, and nothing else does: `draft` is the order under judgement (needs `for_each`), `anchor` the one dated
event that the card hangs on, `same` compares with the draft, else with the anchor.
"""

STRATA = """\
Rules of kind *contraindication*, *interaction* and *duplicate* are asked while verdicts are judged, and whenever a suggestion is
checked. They read the record alone: `trial` and `step` are refused in them, also through facts.
"""


def language_page() -> str:
    """Return the page."""
    parts = [INTRODUCTION, *_files(), LOGIC, _table(facts.Block), ANCHORS, *_fact_words(), *_trial_words()]
    parts += [*_card_words(), *_slots(), *_tables()]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _files() -> Iterator[str]:
    yield "## Files\n"
    yield "\n".join(
        [
            "| File | Holds |",
            "|---|---|",
            "| `rules/<pathway>/pathway.yaml` | population, settings, facts, therapies, standards of trials, ladder, order templates |",
            "| `rules/<pathway>/<card id>-<words>.yaml` | one rule |",
            "| `rules/<pathway>/<card id>-<words>.cases.yaml`, `vignettes.yaml`, `patients.yaml` | cases |",
            "| `rules/shared/facts.yaml`, `therapies.yaml`, `orders.yaml` | what several pathways use; no pathway redefines it |",
            "| `rules/shared/overrides.yaml` | override reasons: code to words |",
            "| `rules/*/tables/*.csv` | families of pairs, look-up tables |",
            "| `rules/profiles/<name>.yaml` | a site's values for settings |",
            "| `rules/card-index.csv` | every card that is planned, in order |",
            f"| `rules/{{{','.join(sorted(NOT_PATHWAYS - {'shared', 'profiles'}))}}}/` | codes, names, phrases |",
        ]
    )
    for title, model in (
        ("`pathway.yaml`", pathway.PathwayFile),
        ("`population`", pathway.Population),
        ("A setting", facts.Setting),
        ("A fact", facts.Fact),
        ("An order template", pathway.OrderTemplate),
        ("A profile", pathway.ProfileFile),
    ):
        yield f"### {title}\n\n{_summary(model)}\n"
        yield _table(model)


def _fact_words() -> Iterator[str]:
    yield "## Fact words\n\nEach asks one question of the record."
    yield "`at_least`, `at_most`, `above`, `below` compare the number found; several are and-ed.\n"
    for word, model in FACT_WORDS.items():
        yield f"### `{word}`\n\n{_summary(model)}\n\n*Unknown when:* {UNKNOWN.get(word, '')}\n\n```yaml\n{EXAMPLES.get(word, '')}\n```\n"
        yield _table(model)


def _trial_words() -> Iterator[str]:
    yield "## Trial words\n"
    groups = ", ".join(f"`{name}`" for name in BUILT_IN_GROUPS)
    verdicts = ", ".join(f"`{name}`" for name in sorted(VERDICTS - set(BUILT_IN_GROUPS)))
    yield f"Verdicts: {verdicts}. Groups of them that every pathway may name: {groups}.\n"
    for title, model in (
        ("A therapy", trials.TherapyDefinition),
        ("`trials`", trials.Trials),
        ("`adequate`: a row of the standard", trials.StandardRow),
        ("`unknown_dose`", trials.UnknownDose),
        ("`adherence`", trials.Adherence),
        ("`verdicts` and `procedures`: evidence by verdict", trials.VerdictEvidence),
        ("An item of evidence", trials.Evidence),
        ("`score`", trials.Score),
        ("`followed_by`", trials.FollowedBy),
        ("`next_ordered_for`", trials.NextOrdered),
        ("`drug_free`", trials.DrugFree),
        ("A step of the ladder", trials.LadderStep),
    ):
        yield f"### {title}\n\n{_summary(model)}\n"
        yield _table(model)


def _card_words() -> Iterator[str]:
    yield f"## Card words\n\n{STRATA}"
    for title, model in (
        ("A rule", cards.CardFile),
        ("`about`", cards.About),
        ("`show`", cards.Show),
        ("`for_each`", cards.ForEach),
        ("`anchor`", cards.Anchor),
        ("`but`", cards.But),
        ("`findings`", cards.FindingVariant),
        ("`label`, and `summary` with variants", cards.TextVariant),
        ("`suggest`", cards.Suggestion),
        ("`sources`", cards.Source),
        ("`show_again_after`", cards.ShowAgain),
    ):
        yield f"### {title}\n\n{_summary(model)}\n"
        yield _table(model)


def _slots() -> Iterator[str]:
    yield (
        f"### Slots of texts\n\nA summary stays below {LONGEST_SUMMARY} characters; it is checked before and cut after filling. "
        "A slot without a known value prints `unknown`.\n"
    )
    yield "\n".join(
        ["| Slot | Prints |", "|---|---|", *(f"| `{{{name}}}` | {says} |" for name, says in SLOTS.items())]
    )


def _tables() -> Iterator[str]:
    yield "## Tables\n"
    for name, columns in PAIR_TABLES.items():
        listed = ", ".join(f"`{column}`" for column in columns)
        yield f"`{name}.csv` holds findings of the rules that say `rows: {name}`: {listed}.\n"
    types = ", ".join(f"`{name}`" for name in CELL_TYPES)
    yield f"Any other table declares its columns in `columns.csv` beside it; types of cells: {types}.\n"


def _summary(model: type[Model]) -> str:
    return " ".join((model.__doc__ or "").split()).replace("``", "`")


def _table(model: type[Model]) -> str:
    rows = ["| Word | Written | Meaning |", "|---|---|---|"]
    for name, field in model.model_fields.items():
        word = field.alias or name
        needed = " (needed)" if field.is_required() else ""
        rows.append(
            f"| `{word}`{needed} | {_escaped(written_as(model, name, field))} | {_escaped(meaning(model, name))} |"
        )
    return "\n".join(rows)


def meaning(model: type[Model], name: str) -> str:
    """Return what a word means: the model's own words for it, else those that it shares with others."""
    field = model.model_fields[name]
    own = " ".join((field.description or "").split()).replace("``", "`")
    word = field.alias or name
    return own or MEANINGS.get(f"{model.__name__}.{word}") or MEANINGS.get(word, "")


def written_as(model: type[Model], name: str, field: FieldInfo) -> str:
    """Return how a word's value is written."""
    kind = kinds_of(model).get(name)
    if kind is not None and kind is not Names.FREE:
        many = "" if field.annotation is str or "dict" in str(field.annotation) else " or list"
        return f"name{many}: {kind}"
    if name in WINDOW_FIELDS and Duration in _parts(field.annotation) and str in _parts(field.annotation):
        return "duration or setting"
    if name in LIMIT_FIELDS and Quantity in _parts(field.annotation) and str in _parts(field.annotation):
        return "quantity or setting"
    return _written(field.annotation)


def _written(annotation: Any) -> str:
    literals = [
        str(value).lower() if isinstance(value, bool) else f"`{value}`" for value in _literals(annotation)
    ]
    if literals:
        return " ".join(literals)
    found = _parts(annotation)
    for type_, words in (
        (facts.Block, "logic"),
        (facts.Ask, "item of logic, or list"),
        (bool, "`true` `false`"),
        (Duration, "duration"),
        (Quantity, "quantity"),
        (int, "whole number"),
        (float, "number"),
        (dict, "by name"),
    ):
        if type_ in found:
            return words
    if any(isinstance(part, type) and issubclass(part, Model) for part in found):
        return "list" if tuple in found else "words"
    return "list of texts" if tuple in found else "text"


def _literals(annotation: Any) -> Sequence[Any]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    if get_origin(annotation) in {Union, types.UnionType, Annotated, tuple}:
        return [value for part in get_args(annotation) for value in _literals(part)]
    return ()


def _parts(annotation: Any) -> set[Any]:
    """Return the types that an annotation is made of."""
    origin = get_origin(annotation)
    if origin is None:
        return {annotation}
    found = {origin}
    for part in get_args(annotation):
        found |= _parts(part)
    return found


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
