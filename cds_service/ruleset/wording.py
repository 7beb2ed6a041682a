"""Faults of authored files in words that authors understand: what was expected, and the nearest valid word."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

CLEAR = "clear"
"""Type of the errors that already say what an author needs to know."""
_FEW = 12
_KINDS = {
    "string_type": "expected text (put numbers and dates of text in quotes)",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "tuple_type": "expected a list",
    "list_type": "expected a list",
    "dict_type": "expected words with values (a mapping)",
    "model_type": "expected words with values (a mapping)",
    "model_attributes_type": "expected words with values (a mapping)",
    "too_short": "expected at least one entry",
}


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint with the nearest valid word, or an empty string."""
    close = get_close_matches(word, list(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else ""


def unknown_word(word: str, known: Iterable[str]) -> str:
    """Return the complaint about a word that is not one of ``known``."""
    words = sorted(known)
    hint = nearest(word, words)
    if not hint and len(words) <= _FEW:
        hint = f"; expected one of {', '.join(words)}"
    return f"unknown word '{word}'{hint}"


def clear(message: str) -> PydanticCustomError:
    """Return an error whose message reaches the author as it is."""
    # The message is no template: braces in it are the author's own.
    return PydanticCustomError(CLEAR, "{message}", {"message": message})


def line_error(message: str, loc: tuple[str | int, ...], value: Any) -> InitErrorDetails:
    """Return one clear error about a place inside a model."""
    return InitErrorDetails(type=clear(message), loc=loc, input=value)


def clearer(model: type[BaseModel], problem: ValidationError) -> ValidationError:
    """Return the same errors, put in words for authors; ``model`` is the one that found them."""
    errors = [
        line_error(message_of(error, model if len(error["loc"]) == 1 else None), error["loc"], error["input"])
        for error in problem.errors(include_url=False)
    ]
    return ValidationError.from_exception_data(model.__name__, errors)


def message_of(error: ErrorDetails, model: type[BaseModel] | None = None) -> str:
    """Return what one error means; ``model`` gives the valid words for an unknown one."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == CLEAR:
        return str(context["message"])
    match kind:
        case "extra_forbidden":
            return unknown_word(str(error["loc"][-1]), words_of(model) if model else ())
        case "missing":
            return "is missing"
        case "literal_error":
            return _not_one_of(error)
        case "string_pattern_mismatch":
            return f"'{error['input']}' is not written as expected here ({context['pattern']})"
        case "value_error":
            return str(context["error"])
        case _:
            return _KINDS.get(kind, error["msg"][:1].lower() + error["msg"][1:])


def words_of(model: type[BaseModel]) -> list[str]:
    """Return the words that may stand in a model, as authors write them."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _not_one_of(error: ErrorDetails) -> str:
    valid = [word.strip("'") for word in str(error["ctx"]["expected"]).replace(" or ", ", ").split(", ")]
    return f"'{error['input']}' is none of {', '.join(valid)}{nearest(str(error['input']), valid)}"
