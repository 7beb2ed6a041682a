"""Evidence words that read free text: reviewed phrases in status reasons, outcomes and notes of the attempt's records.

Only statements about the therapy itself count. Of one text the first strong statement decides; weak ones alone never
do, they are quoted so that a person can be asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cds_service.evaluate.judging.attempts import Attempt
from cds_service.evaluate.judging.parts import Part, best_part, text_evidence
from cds_service.evaluate.judging.place import Place
from cds_service.evaluate.judging.records import stop_day
from cds_service.evaluate.judging.signs import Source
from cds_service.evaluate.truth import Evidence
from cds_service.terminology import CATEGORY_ORDER, Statement
from cds_service.timeline.dates import DateSpan
from cds_service.timeline.events import Order, Performed


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one text says of the therapy: its deciding statement."""

    reference: str
    when: DateSpan | None
    statement: Statement

    @property
    def evidence(self) -> Evidence:
        """The quote as evidence."""
        return text_evidence(self.reference, self.statement.quote, self.when)


def said_of(attempt: Attempt, place: Place) -> tuple[Said, ...]:
    """Return what the texts of an attempt's records say."""
    return tuple(_said(attempt, place))


def _said(attempt: Attempt, place: Place) -> Iterable[Said]:
    name = attempt.ingredient or attempt.therapy
    for order in attempt.final_orders:
        yield from read(
            order.reference, order.stop_texts, stop_day(order, attempt), name, attempt.therapy, place
        )
    for procedure in attempt.procedures:
        yield from said_of_procedure(procedure, attempt.therapy, place)


def said_of_procedure(procedure: Performed, therapy: str, place: Place) -> Iterable[Said]:
    """Read the texts of a procedure."""
    return read(procedure.reference, procedure.texts, procedure.when, therapy, therapy, place)


def said_of_unused(order: Order, therapy: str, place: Place) -> Iterable[Said]:
    """Read the texts of an order that never came about."""
    names = order.ingredient_names
    name = names[0] if len(names) == 1 else therapy
    return read(order.reference, order.stop_texts, order.ended or order.start, name, therapy, place)


def read(
    reference: str, texts: Sequence[str], when: DateSpan | None, name: str, therapy: str, place: Place
) -> Iterable[Said]:
    """Return the deciding statement of each text that speaks of the therapy.

    ``name`` is what the text's resource is about; a procedure is spoken of by the names that its therapy lists.
    """
    names = place.definition(therapy).names
    for text in texts:
        statements = place.rules.terminology.classify_stop(text, resource_therapy=name)
        own = [s for s in statements if s.own or s.about in names]
        if own:
            yield Said(reference=reference, when=when, statement=min(own, key=_rank))


def _rank(statement: Statement) -> tuple[bool, int]:
    return (not statement.is_strong, CATEGORY_ORDER.index(statement.category))


def text_part(said: Iterable[Said], categories: Sequence[str]) -> Part | None:
    """A strong statement of one of the categories."""
    return best_part(
        [
            Part(source=Source.TEXT, when=s.when, evidence=(s.evidence,))
            for s in said
            if s.statement.is_strong and s.statement.category in categories
        ]
    )


def outcome_text_part(
    attempt: Attempt, said: Sequence[Said], names: Sequence[str], place: Place
) -> Part | None:
    """A strong statement of a category, or a finding list that the words of a procedure say."""
    found = [text_part(said, names)]
    for procedure in attempt.procedures:
        for text in procedure.texts:
            findings = place.rules.terminology.findings(text)
            found += [
                Part(
                    source=Source.TEXT,
                    when=procedure.when,
                    evidence=(text_evidence(procedure.reference, findings[name].quote, procedure.when),),
                )
                for name in names
                if name in findings and findings[name].polarity == "pos"
            ]
    return best_part([part for part in found if part is not None])


__all__ = ["Said", "outcome_text_part", "read", "said_of", "said_of_procedure", "said_of_unused", "text_part"]
