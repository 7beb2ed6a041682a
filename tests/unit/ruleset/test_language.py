"""The language as a whole: every word is known to every part of the toolchain, and the generated pages are current."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import jsonschema  # type: ignore[import-untyped]
import pytest

from cds_service.ruleset import cards, facts, pathway, trials
from cds_service.ruleset.cards import HookName
from cds_service.ruleset.data_needs import TYPES_OF_PLACE, TYPES_OF_WORD
from cds_service.ruleset.facts import FACT_WORDS, LOGIC_WORDS, read_item
from cds_service.ruleset.language_notes import EXAMPLES, UNKNOWN
from cds_service.ruleset.language_page import language_page, meaning
from cds_service.ruleset.references import ITEM_FIELDS, LIMIT_FIELDS, WINDOW_FIELDS, kinds_of
from cds_service.ruleset.schema import rule_schema, schema_text
from cds_service.ruleset.words import Model
from cds_service.ruleset.yaml_file import parse_yaml, read_yaml

ROOT = Path(__file__).parents[3]


def models() -> Iterator[type[Model]]:
    for module in (facts, trials, cards, pathway):
        for _, found in inspect.getmembers(module, inspect.isclass):
            if issubclass(found, Model) and found.__module__ == module.__name__ and found is not facts.Ask:
                yield found


MODELS = sorted(set(models()), key=lambda m: m.__name__)
NAMED_BY_KEY = {
    "settings",
    "facts",
    "therapies",
    "orders",
    "overrides",
    "pathway",
    "profile",
    "pathways",
    "default_profile",
}
"""Words that define names instead of using them, or that are checked by themselves."""


@cache
def _properties(model: type[Model]) -> dict[str, Any]:
    properties: dict[str, Any] = model.model_json_schema()["properties"]
    return properties


def _schema(model: type[Model], field: str) -> str:
    return json.dumps(_properties(model).get(model.model_fields[field].alias or field, {}))


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_every_word_that_holds_names_says_what_they_name(model: type[Model]) -> None:
    """A new word whose names nothing checks would let a misspelt value set pass."""
    holds_names = {
        f for f in model.model_fields if "a-zA-Z0-9-" in _schema(model, f) and "$ref" not in _schema(model, f)
    }

    assert holds_names - set(kinds_of(model)) - NAMED_BY_KEY == set()


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_every_word_that_may_hold_a_setting_is_checked(model: type[Model]) -> None:
    may = {f for f in model.model_fields if "or the name of a setting" in _schema(model, f)}

    assert may <= LIMIT_FIELDS | WINDOW_FIELDS


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_every_word_that_holds_logic_is_followed(model: type[Model]) -> None:
    bare = {f for f in model.model_fields if "x-item" in _schema(model, f)}
    blocks = {f for f in bare if "Block" in str(model.model_fields[f].annotation)}

    assert bare - blocks <= ITEM_FIELDS | {"of"}


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_every_word_has_a_meaning_on_the_page(model: type[Model]) -> None:
    assert [f for f in model.model_fields if not meaning(model, f)] == []


def test_every_fact_word_has_an_example_an_unknown_and_data_needs() -> None:
    assert set(EXAMPLES) == set(UNKNOWN) == set(TYPES_OF_WORD) == set(FACT_WORDS)


def test_every_place_of_phrases_has_data_needs() -> None:
    (where,) = [i for n, i in facts.PhraseFact.model_fields.items() if n == "where"]

    assert set(get_args(get_args(where.annotation)[0])) == set(TYPES_OF_PLACE)


@pytest.mark.parametrize("word", sorted(FACT_WORDS))
def test_every_example_is_of_its_word(word: str) -> None:
    data = parse_yaml(EXAMPLES[word], name="example").data
    item = read_item(data)

    assert isinstance(item, facts.Ask)
    assert item.word == word


def test_no_word_of_the_language_is_a_truth_value_of_yaml_1_1() -> None:
    words = {f.alias or n for model in MODELS for n, f in model.model_fields.items()} | set(LOGIC_WORDS)

    assert not words & {"on", "off", "yes", "no", "y", "n"}


def test_the_committed_page_is_current() -> None:
    """Write it anew with `make docs`."""
    assert (ROOT / "docs" / "rule-language.md").read_text(encoding="utf-8") == language_page()


def test_the_committed_schema_is_current() -> None:
    """Write it anew with `make docs`."""
    assert (ROOT / "rules" / "rule.schema.json").read_text(encoding="utf-8") == schema_text()


def test_the_schema_is_a_json_schema_that_accepts_every_rule_file() -> None:
    schema = rule_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    files = [
        p
        for p in ROOT.glob("rules/*/*.yaml")
        if not p.name.endswith(("cases.yaml", "vignettes.yaml", "patients.yaml"))
    ]

    assert files
    assert [p.name for p in files if not validator.is_valid(read_yaml(p, name=p.name).data)] == []


@pytest.mark.parametrize(
    "broken",
    [
        {"card": "TN-05", "titel": "x"},
        {"pathway": "x", "title": "t", "source_label": "s", "notice": "n", "population": {"conditions": "a"}},
        {"profile": "us", "pathways": "x", "says": "s"},
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(broken: dict[str, object]) -> None:
    assert not jsonschema.Draft202012Validator(rule_schema()).is_valid(broken)


def test_the_page_names_every_hook_and_every_fact_word() -> None:
    page = language_page()

    assert [hook for hook in get_args(HookName) if f"`{hook}`" not in page] == []
    assert [word for word in FACT_WORDS if f"### `{word}`" not in page] == []
