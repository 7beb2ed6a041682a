"""How an answer cites the record, and when absence may be claimed; shared by all fact words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

from cds_service.evaluate.case import Case
from cds_service.evaluate.truth import Answer, Evidence, any_of, no, possible, unknown, yes
from cds_service.timeline.dates import DateSpan
from cds_service.timeline.events import Certainty, Concept, Event, Missing


def cite(event: Event, says: str, when: DateSpan | None) -> Evidence:
    """Return the evidence that an event gives, no surer than how it was recognised."""
    return Evidence(
        reference=event.reference,
        says=says,
        date=str(when) if when else None,
        certainty=event.concept.certainty,
        verified=event.concept.verified,
        by_text=event.concept.inferred,
    )


def settled(answers: Iterable[Answer], case: Case, types: Sequence[str], what: str) -> Answer:
    """Any of the candidates; when none is met, absence holds only if the types could be read whole."""
    answer = any_of(list(answers))
    unread = sorted(case.timeline.incomplete.intersection(types))
    if answer.no and unread:
        return unknown(Missing(what=what, settled_by=f"reading {' and '.join(unread)}"))
    return answer


def named(concept: Concept, sets: Sequence[str], excluded: Sequence[str] = ()) -> bool:
    """True when a concept belongs to one of the sets and to none of the excluded ones."""
    return not concept.sets.isdisjoint(sets) and (not excluded or concept.sets.isdisjoint(excluded))


def placed(recorded: frozenset[str | None] | frozenset[str], wanted: Sequence[str], label: str) -> Answer:
    """Hold a recorded place against the wanted ones; a place that is not recorded leaves the answer open."""
    if not recorded:
        return possible(missing=(Missing(what=f"site of {label}", settled_by="a recorded body site"),))
    return no() if recorded.isdisjoint(wanted) else yes()


def says(event: Event, texts: Sequence[str], lists: Sequence[str], case: Case) -> Answer:
    """One of the texts says what one of the phrase lists is called; inferred, and known by words alone."""
    for text in texts:
        hits = case.once(("findings", text), partial(case.rules.terminology.findings, text))
        for name in lists:
            if name in hits and hits[name].polarity == "pos":
                return yes(quoted(event, hits[name].quote, None), slots={"finding": hits[name].quote})
    return no()


def quoted(event: Event, quote: str, when: DateSpan | None) -> Evidence:
    """Return a quote as evidence: inferred, and no weaker for a code that it does not rest on."""
    said = cite(event, f"“{quote}”", when)
    return replace(said, by_text=True, certainty=Certainty.INFERRED, verified=True)


def titled(names: tuple[str, ...], case: Case) -> str:
    """Return value sets in words for a reader: the first clause of each one's meaning, else its name."""
    return case.once(("titled", names), partial(_titled, names, case))


def _titled(names: Sequence[str], case: Case) -> str:
    by_name = case.rules.terminology.value_sets.by_name
    return " or ".join(_title(by_name[n].meaning) if n in by_name else n.replace("-", " ") for n in names)


def _title(meaning: str) -> str:
    first = re.split(r"[;,.](?=\s|$)", meaning, maxsplit=1)[0]
    plain = first[:1].lower() + first[1:] if first[1:2].islower() or first[1:2] == " " else first
    return plain.strip()
