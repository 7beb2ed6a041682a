"""Which standard of an adequate trial applies: the first row that fits the therapy and whose condition holds."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.evaluate.judging.place import Place
from cds_service.evaluate.truth import Answer
from cds_service.ruleset.trials import StandardRow
from cds_service.ruleset.words import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardChoice:
    """A row that may apply. ``condition`` is its open condition; None when it applies for sure.

    ``written`` is False when the pathway has no standard for the therapy.
    """

    row: StandardRow
    condition: Answer | None = None
    written: bool = True


def standards_for(therapy: str, place: Place) -> tuple[StandardChoice, ...]:
    """Return the rows that may apply, in order; all but the last hang on a condition that the record leaves open."""
    return place.once(("standards", therapy), lambda: _standards(therapy, place))


def _standards(therapy: str, place: Place) -> tuple[StandardChoice, ...]:
    choices: list[StandardChoice] = []
    for row in place.trials.adequate:
        if not _fits(row, therapy, place):
            continue
        condition = place.fact(row.if_, key=f"standard of {therapy}") if row.if_ is not None else None
        if condition is None or condition.yes:
            return (*choices, StandardChoice(row=row))
        if condition.unknown:
            choices.append(StandardChoice(row=row, condition=condition))
    return (*choices, StandardChoice(row=StandardRow(), written=False))


def _fits(row: StandardRow, therapy: str, place: Place) -> bool:
    """Every selector that the row writes must name the therapy or its class."""
    if row.therapy and therapy not in place.expand(row.therapy):
        return False
    if row.class_ and place.definition(therapy).class_ not in row.class_:
        return False
    return not row.daily_dose or least_dose(row, therapy, place) is not None


def least_dose(row: StandardRow, therapy: str, place: Place) -> Quantity | str | None:
    """Return the least daily dose of a therapy: a quantity, ``any-known``, or None when the row has none for it."""
    for name, dose in row.daily_dose.items():
        if therapy in place.expand((name,)):
            return dose
    return None


def target_dose(row: StandardRow, therapy: str, place: Place) -> Quantity | None:
    """Return the target daily dose of a therapy, if the row names one."""
    return next((dose for name, dose in row.target_dose.items() if therapy in place.expand((name,))), None)


__all__ = ["StandardChoice", "least_dose", "standards_for", "target_dose"]
