"""Three truth values with their evidence: yes, no, or unknown because something is missing or imprecise.

The tables are Kleene's strong logic. An answer also carries how surely it is known, so that a card can never look
surer than the weakest thing it rests on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar

from cds_service.timeline.events import Certainty, Missing

T = TypeVar("T")


class Truth(StrEnum):
    """Met, not met, or unknown."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One thing the record says: where, when, in words, and how surely.

    ``verified`` is False when it rests on a code marked unverified: such evidence never alone drives a warning.
    ``by_text`` is True when it was recognised by words.
    """

    reference: str
    says: str
    date: str | None = None
    certainty: Certainty = Certainty.DOCUMENTED
    verified: bool = True
    by_text: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to one question, with what decided it.

    ``possible`` marks an unknown whose interval reaches the limit (imprecise, not missing). ``slots`` are values for
    the card's text, such as ``value``, ``date``, ``other``. ``partners`` are references of partner orders.
    """

    truth: Truth
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[Missing, ...] = ()
    possible: bool = False
    says: tuple[str, ...] = ()
    slots: Mapping[str, object] = field(default_factory=dict)

    @property
    def yes(self) -> bool:
        """Known to be met."""
        return self.truth is Truth.YES

    @property
    def no(self) -> bool:
        """Known not to be met."""
        return self.truth is Truth.NO

    @property
    def unknown(self) -> bool:
        """Neither."""
        return self.truth is Truth.UNKNOWN


_YES = Answer(truth=Truth.YES)
_NO = Answer(truth=Truth.NO)


def yes(*evidence: Evidence, slots: Mapping[str, object] | None = None) -> Answer:
    """Return a met answer."""
    if not evidence and not slots:
        return _YES
    return Answer(truth=Truth.YES, evidence=evidence, slots=slots or {})


def no(*evidence: Evidence) -> Answer:
    """Return an answer that is known not to be met."""
    return Answer(truth=Truth.NO, evidence=evidence) if evidence else _NO


def unknown(*missing: Missing, evidence: tuple[Evidence, ...] = ()) -> Answer:
    """Return an answer that the record cannot give, with what would settle it."""
    return Answer(truth=Truth.UNKNOWN, missing=missing, evidence=evidence)


def possible(
    *evidence: Evidence, missing: tuple[Missing, ...] = (), slots: Mapping[str, object] | None = None
) -> Answer:
    """Return an unknown whose imprecise data reach the limit."""
    return Answer(truth=Truth.UNKNOWN, possible=True, evidence=evidence, missing=missing, slots=slots or {})


def _join(answers: Sequence[Answer], truth: Truth, *, possible: bool = False, missing: bool = True) -> Answer:
    """Put together what some answers rest on; ``missing`` False leaves out what they miss."""
    if len(answers) == 1:
        only = answers[0]
        if only.truth is truth and only.possible is possible and (missing or not only.missing):
            return only
    slots: dict[str, object] = {}
    for answer in answers:
        for name, value in answer.slots.items():
            slots.setdefault(name, value)
    return Answer(
        truth=truth,
        evidence=_distinct(a.evidence for a in answers),
        missing=_distinct(a.missing for a in answers) if missing else (),
        possible=possible,
        says=_distinct(a.says for a in answers),
        slots=slots,
    )


def _distinct(parts: Iterable[tuple[T, ...]]) -> tuple[T, ...]:
    """Return all parts one after another, each thing once."""
    filled = [part for part in parts if part]
    if len(filled) <= 1:
        return filled[0] if filled else ()
    return tuple(dict.fromkeys(thing for part in filled for thing in part))


def all_of(answers: Iterable[Answer]) -> Answer:
    """And: no as soon as one is no; unknown when any is unknown; its missing list names only what could change it.

    What a met part leaves open (an exemption that is not known to hold) stays in the list.
    """
    answers = list(answers)
    failing = [a for a in answers if a.no]
    if failing:
        return _join(failing, Truth.NO, missing=False)
    open_ = [a for a in answers if a.unknown]
    if open_:
        return _join(answers, Truth.UNKNOWN, possible=all(a.possible for a in open_))
    return _join(answers, Truth.YES)


def any_of(answers: Iterable[Answer]) -> Answer:
    """Or: yes as soon as one is yes (the surest first); unknown when any is unknown and none is yes."""
    answers = list(answers)
    met = [a for a in answers if a.yes]
    if met:
        weakness = [_weakness(a) for a in met]
        best = min(weakness)
        return _join([a for a, weak in zip(met, weakness, strict=True) if weak == best], Truth.YES)
    open_ = [a for a in answers if a.unknown]
    if open_:
        return _join(open_, Truth.UNKNOWN, possible=any(a.possible for a in open_))
    return _join(answers, Truth.NO, missing=False)


def _weakness(answer: Answer) -> tuple[bool, bool]:
    return (
        any(not e.verified for e in answer.evidence),
        any(e.certainty is not Certainty.DOCUMENTED for e in answer.evidence),
    )


def negate(answer: Answer) -> Answer:
    """Not: swaps yes and no; unknown stays unknown. What was met is no evidence for the absence of itself."""
    match answer.truth:
        case Truth.YES:
            return Answer(truth=Truth.NO, evidence=answer.evidence)
        case Truth.NO:
            return _YES
        case Truth.UNKNOWN:
            return replace(answer, slots={}) if answer.slots else answer


def at_least_of(number: int, answers: Iterable[Answer]) -> Answer:
    """At least ``number`` of a list: yes counts as the lower, yes plus unknown as the upper bound."""
    answers = list(answers)
    met = [a for a in answers if a.yes]
    open_ = [a for a in answers if a.unknown]
    if len(met) >= number:
        return _join(met, Truth.YES, missing=False)
    if len(met) + len(open_) >= number:
        return _join([*met, *open_], Truth.UNKNOWN, possible=all(a.possible for a in open_))
    return _NO
