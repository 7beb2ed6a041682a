"""The evidence items of a pathway, laid out for one therapy: which verdict each speaks for, and which words it writes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cds_service.evaluate.findings import Verdict
from cds_service.evaluate.judging.place import Place
from cds_service.ruleset.trials import Evidence as Item
from cds_service.ruleset.trials import VerdictEvidence

WORDS = (
    "stopped_for",
    "not_done_for",
    "outcome",
    "complication",
    "complicated",
    "text_says",
    "outcome_text",
    "not_done_text",
    "allergy",
    "score",
    "and_score",
    "next_ordered_for",
    "followed_by",
    "restarted",
    "condition",
    "condition_state",
    "drug_free",
    "fact",
    "lasts",
    "then",
)
"""The words that are held against an attempt, in the order in which they are read."""

_LED_BY_THEN = {"restarted": "restarted", "condition": "recurrence", "condition_state": "recurrence"}
"""Words that ``then`` reads as one of its alternatives when it names them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One evidence item with the verdict that it is listed under."""

    item: Item
    verdict: Verdict
    reason: str
    needs_adequate: bool
    words: tuple[str, ...]
    """The words that the item writes, in the order in which they are read: what is stated before what is implied."""
    order: int


def listed(evidence: VerdictEvidence, therapy: str, place: Place) -> tuple[Listed, ...]:
    """Return every item that may speak of a therapy, with its verdict and finer reason."""
    entries = place.once(("items", id(evidence)), lambda: tuple(_laid_out(evidence)))
    return tuple(e for e in entries if not e.item.of or therapy in place.expand(e.item.of))


def _laid_out(evidence: VerdictEvidence) -> Iterable[Listed]:
    groups: Sequence[tuple[Verdict, str, Sequence[Item]]] = (
        (Verdict.NOT_TOLERATED, "intolerance", evidence.not_tolerated),
        (Verdict.FAILED, "waned", evidence.failed_waned),
        (Verdict.FAILED, "absent", evidence.failed_absent),
        (Verdict.RULED_OUT, "contraindicated", evidence.ruled_out),
        (Verdict.EFFECTIVE, "success", evidence.effective),
        (Verdict.STOPPED_OTHER, "other", evidence.stopped_other),
        (Verdict.UNKNOWN, "open", evidence.unknown),
    )
    order = 0
    for verdict, reason, items in groups:
        for item in items:
            needs = verdict is Verdict.FAILED if item.needs_adequate is None else item.needs_adequate
            yield Listed(
                item=item,
                verdict=verdict,
                reason=item.reason or reason,
                needs_adequate=needs,
                words=_words_of(item),
                order=order,
            )
            order += 1


def _words_of(item: Item) -> tuple[str, ...]:
    return tuple(
        word
        for word in WORDS
        if getattr(item, word) and not (word in _LED_BY_THEN and _LED_BY_THEN[word] in item.then)
    )


__all__ = ["WORDS", "Listed", "listed"]
