"""Judges every therapy of a pathway: each attempt gets its verdict, each therapy that was never given gets one trial."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from cds_service.evaluate.case import Ask, Case
from cds_service.evaluate.findings import Trial, Verdict
from cds_service.evaluate.judging.absence import absent_trial, ruled_out_signs
from cds_service.evaluate.judging.adequacy import adequacy_of
from cds_service.evaluate.judging.attempts import Attempt, attempts_of
from cds_service.evaluate.judging.held import Adequacy
from cds_service.evaluate.judging.place import Place
from cds_service.evaluate.judging.reading import signs_of
from cds_service.evaluate.judging.records import reasons_on_record, reasons_outweighed
from cds_service.evaluate.judging.signs import Sign, Source, contrary, deciding
from cds_service.evaluate.judging.verdicts import Ruling, ruling_on
from cds_service.evaluate.judging.wording import ALSO, also, rarely, use_evidence
from cds_service.evaluate.judging.words import said_of
from cds_service.evaluate.truth import Answer, Evidence, Truth
from cds_service.timeline.dates import DateSpan
from cds_service.timeline.events import Certainty, Missing

_TEXT = frozenset({"text", "display"})
"""Ways of recognising a concept by words alone."""


def judge(
    pathway: str, case: Case, ask: Ask, *, would_fire: Callable[[str, tuple[str, ...]], Answer]
) -> tuple[Trial, ...]:
    """Judge every therapy that a pathway names, in the order in which it names them.

    A therapy has one trial for each course, procedure or series. One of which nothing counts has exactly one:
    ``not-tried`` when the record is whole enough to say so, ``ruled-out`` when a reason not to give it stands, else
    ``unknown`` with what was not read. A reason that stands against a therapy that was given and has ended is one
    more trial; one that is running is not ruled out, whatever is recorded. ``would_fire(therapy, cards)`` asks the
    safety rules of those cards; facts are asked in the stratum of the record, so that no verdict hangs on another.
    """
    trials = case.rules.pathways[pathway].trials
    if trials is None:
        return ()
    place = Place(pathway=pathway, case=case, trials=trials, ask=ask, would_fire=would_fire)
    return tuple(trial for therapy in place.therapies for trial in _of_therapy(therapy, place))


def _of_therapy(therapy: str, place: Place) -> Iterable[Trial]:
    attempts = attempts_of(therapy, place)
    found = [_trial(attempt, place) for attempt in attempts]
    yield from found
    if any(attempt.running for attempt in attempts):
        return
    signs = ruled_out_signs(therapy, place)
    sign = deciding(signs)
    if sign is not None and not _already_told(sign, found):
        yield _ruled_out(therapy, sign, signs, place)
    elif not found:
        blank = _blank(therapy, place)
        open_ = tuple(dict.fromkeys(m for s in signs if s.possible for m in s.missing))
        absent = absent_trial(therapy, place, blank=blank)
        yield replace(absent, missing=(*absent.missing, *open_))


def _already_told(sign: Sign, found: Sequence[Trial]) -> bool:
    """True when a trial is ruled out already, or one that counts against the therapy shows the same records."""
    references = {e.reference for e in sign.evidence}
    return any(
        t.verdict is Verdict.RULED_OUT
        or (
            t.verdict in {Verdict.NOT_TOLERATED, Verdict.FAILED}
            and references
            and references <= {e.reference for e in t.evidence}
        )
        for t in found
    )


def _blank(therapy: str, place: Place) -> Trial:
    definition = place.definition(therapy)
    return Trial(
        pathway=place.pathway,
        therapy=therapy,
        label=place.label(therapy),
        therapy_class=definition.class_,
        class_words=place.rules.class_words(definition.class_, place.pathway) if definition.class_ else None,
        modality=definition.modality,
        verdict=Verdict.UNKNOWN,
    )


def _ruled_out(therapy: str, sign: Sign, signs: Sequence[Sign], place: Place) -> Trial:
    """The deciding reason first, then every other that stands."""
    evidence = _unique([*sign.evidence, *(e for s in signs if not s.possible for e in s.evidence)])
    return replace(
        _blank(therapy, place),
        verdict=Verdict.RULED_OUT,
        reason=sign.reason,
        certainty=_weakest(sign.evidence),
        verified=all(e.verified for e in sign.evidence),
        by_text=bool(sign.evidence) and all(e.by_text for e in sign.evidence),
        judged_on=sign.when,
        references=tuple(dict.fromkeys(e.reference for e in evidence)),
        evidence=evidence,
    )


def _trial(attempt: Attempt, place: Place) -> Trial:
    adequacy = adequacy_of(attempt, place)
    signs = signs_of(attempt, adequacy, place)
    ruling = ruling_on(attempt, adequacy, signs, place)
    evidence = _evidence(attempt, adequacy, ruling, signs, place)
    by_text = all(r.concept.basis in _TEXT for r in attempt.records)
    verified = any(r.concept.verified for r in attempt.records) and all(
        e.verified for e in (ruling.sign.evidence if ruling.sign else ())
    )
    return replace(
        _blank(attempt.therapy, place),
        ingredient=attempt.ingredient,
        route=next((o.route for o in attempt.orders if o.route is not None), None),
        site=attempt.site,
        verdict=ruling.verdict,
        reason=ruling.reason,
        adequate=_known(ruling.adequate, adequacy.truth),
        certainty=_certainty(attempt, ruling, verified=verified),
        verified=verified,
        by_text=by_text,
        counts=not (by_text and place.trials.text_counts == "never"),
        start=attempt.start,
        end=attempt.end,
        running=attempt.running,
        daily_dose=adequacy.dose,
        rarely=rarely(attempt, adequacy.dose),
        days=adequacy.days,
        sessions=adequacy.sessions,
        required_dose=adequacy.required_dose,
        required_days=adequacy.required_days,
        adequate_on=adequacy.adequate_on,
        below_target=adequacy.below_target,
        judged_on=_judged_on(attempt, ruling, place),
        references=attempt.references,
        evidence=evidence,
        missing=_missing(ruling, signs),
    )


def _judged_on(attempt: Attempt, ruling: Ruling, place: Place) -> DateSpan | None:
    """The day that the deciding sign speaks of; today for a trial that goes on, else its end."""
    if ruling.sign is not None and ruling.sign.when is not None:
        return ruling.sign.when
    return DateSpan.of(place.as_of) if attempt.running else attempt.end or attempt.start


def _known(ruled: Truth, held: Truth) -> bool | None:
    truth = held if ruled is Truth.UNKNOWN else ruled
    return None if truth is Truth.UNKNOWN else truth is Truth.YES


def _missing(ruling: Ruling, signs: Sequence[Sign]) -> tuple[Missing, ...]:
    """What would settle the verdict, and what imprecise dates leave open while it is not settled."""
    missing = dict.fromkeys(ruling.missing)
    if ruling.verdict in {Verdict.UNKNOWN, Verdict.ENDED_UNKNOWN}:
        missing |= dict.fromkeys(m for s in signs if s.possible for m in s.missing)
    return tuple(missing)


def _evidence(
    attempt: Attempt, adequacy: Adequacy, ruling: Ruling, signs: Sequence[Sign], place: Place
) -> tuple[Evidence, ...]:
    """The use itself, what decided, what speaks against it, every reason and every quote: a card can show them all."""
    found = list(use_evidence(attempt, adequacy, place))
    if ruling.sign is not None:
        found += ruling.sign.evidence
        found += [also(e) for s in contrary(signs, ruling.sign) for e in s.evidence]
    else:
        found += [e for s in signs if not s.possible for e in s.evidence]
    found += [also(e) for e in reasons_outweighed(attempt)]
    return _unique([*found, *reasons_on_record(attempt), *(s.evidence for s in said_of(attempt, place))])


def _unique(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Each record's statement once, whether or not it was marked as speaking for another verdict."""
    found: dict[tuple[str, str], Evidence] = {}
    for item in evidence:
        found.setdefault((item.reference, item.says.removeprefix(ALSO)), item)
    return tuple(found.values())


def _weakest(evidence: Iterable[Evidence]) -> Certainty:
    sure = all(e.certainty is Certainty.DOCUMENTED and e.verified for e in evidence)
    return Certainty.DOCUMENTED if sure else Certainty.INFERRED


def _certainty(attempt: Attempt, ruling: Ruling, *, verified: bool) -> Certainty:
    """No surer than the weakest thing that it rests on; a code that is not verified costs one step.

    That a course was too short or too low rests on its orders, whatever reason for its end stands beside them.
    """
    named = all(r.concept.certainty is Certainty.DOCUMENTED for r in attempt.records)
    lapsed = attempt.course is not None and attempt.course.state == "lapsed"
    if not named or not verified or ruling.inferred or lapsed:
        return Certainty.INFERRED
    if ruling.sign is None or ruling.verdict is Verdict.INADEQUATE:
        return Certainty.DOCUMENTED
    if ruling.sign.source is Source.INFERENCE:  # from an absence, which has nothing to cite
        return Certainty.INFERRED
    return _weakest(ruling.sign.evidence)


__all__ = ["judge"]
