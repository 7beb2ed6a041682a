"""The standards of a pathway as rows for people: which therapy, and what makes its trial adequate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cds_service.rulebook.logic import Says, flow

_SAID = {
    "lasts": "for {}",
    "held": "{} at that dose",
    "sessions": "sessions: {}",
    "apart": "{} apart",
    "judge_after": "judged {} later",
    "judge_partial_after": "a partial result {} later",
    "one_session_within": "sessions within {} count once",
    "valid_for": "works for {}",
    "dose_given": "{} given",
}
_OWN = frozenset({"therapy", "class", "daily_dose", "target_dose", "if", "or_level"})


def standard_rows(trials: Mapping[str, Any], says: Says) -> Iterator[dict[str, str]]:
    """Yield ``therapy`` and ``standard`` of each row; a row for several drugs is one row for each of them."""
    for row in trials.get("adequate", ()):
        doses = row.get("daily_dose") or {_names(row): None}
        for therapy, dose in doses.items():
            yield {"therapy": str(therapy), "standard": "; ".join(_said(row, therapy, dose, says))}


def _names(row: Mapping[str, Any]) -> str:
    named = row.get("therapy", row.get("class", "any"))
    return named if isinstance(named, str) else ", ".join(named)


def _said(row: Mapping[str, Any], therapy: str, dose: Any, says: Says) -> Iterator[str]:
    if dose is not None:
        yield "any known dose" if dose == "any-known" else f"at least {dose} a day"
    if therapy in row.get("target_dose", {}):
        yield f"target {row['target_dose'][therapy]} a day"
    for word, text in _SAID.items():
        if word in row:
            yield text.format(row[word])
    for word in row:
        if word not in _SAID and word not in _OWN:
            yield f"{word}: {flow(row[word])}"
    if "or_level" in row:
        yield f"or: {_fact(row['or_level'], says)}"
    if "if" in row:
        yield f"only when: {_fact(row['if'], says)}"


def _fact(item: Any, says: Says) -> str:
    return (says(item) or item) if isinstance(item, str) else f"`{flow(item)}`"
