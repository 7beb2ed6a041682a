"""Laws of judging that hold for every record: order, time, splitting, unrelated records, and where evidence comes from."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cds_service.evaluate.findings import Trial, Verdict
from cds_service.evaluate.judging.items import WORDS
from cds_service.evaluate.judging.reading import READERS
from cds_service.ruleset.trials import Evidence
from cds_service.timeline.amounts import Measure, UnknownAmount
from cds_service.timeline.events import Event, Order, OrderSource
from tests.unit.evaluate.judging.patients import (
    AS_OF,
    Clinic,
    allergic,
    diagnosed,
    done,
    mg,
    ordered,
    pain,
)

days = st.dates(date(2024, 6, 1), AS_OF + timedelta(days=60))
written = st.one_of(days.map(date.isoformat), st.sampled_from(["2025", "2025-11", "2026-03"]))
doses: st.SearchStrategy[Measure | None] = st.one_of(
    st.none(), st.sampled_from([200, 599, 600, 900, 1800]).map(mg), st.just(mg(0, 900))
)
names = st.integers(0, 10**9).map(str)


@st.composite
def orders(draw: st.DrawFn) -> Order:
    start = draw(written)
    end = None
    if len(start) == 10 and draw(st.booleans()):
        end = (date.fromisoformat(start) + timedelta(days=draw(st.integers(0, 250)))).isoformat()
    return ordered(
        draw(st.sampled_from(["alpha", "beta", "toxin"])),
        start,
        end,
        dose=draw(doses),
        status=draw(st.sampled_from(["active", "on-hold", "completed", "stopped", "cancelled"])),
        why=draw(
            st.sampled_from(
                [(), "no-effect", "not-tolerated", "cost", "allergy", "declined", "contraindicated"]
            )
        ),
        note=draw(st.sampled_from([None, "no benefit", "failed", "wore off", "too expensive"])),
        supply=draw(st.one_of(st.none(), st.integers(1, 90))),
        reasons=draw(st.sampled_from([(), ("disease",), ("no-effect",)])),
        source=draw(st.sampled_from(list(OrderSource))),
        ref=draw(names),
    )


@st.composite
def procedures(draw: st.DrawFn) -> Event:
    return done(
        draw(st.sampled_from(["operation", "ablation", "toxin-injection", "given-injection"])),
        draw(written),
        outcome=draw(st.sampled_from([None, "failure", "success", "partial"])),
        side=draw(st.sampled_from([None, "left", "right"])),
        status=draw(st.sampled_from(["completed", "stopped", "not-done", "in-progress"])),
        why=draw(st.sampled_from([None, "contraindicated", "declined"])),
        ref=draw(names),
    )


others = st.one_of(
    st.builds(lambda d, v: pain(v, d.isoformat()), days, st.integers(0, 10)),
    st.builds(lambda d: diagnosed("harm", d.isoformat()), days),
    st.builds(lambda d: diagnosed("disease", d.isoformat(), clinical="recurrence"), days),
    st.builds(lambda d: allergic("alpha", recorded=d.isoformat(), kind="intolerance"), days),
)
records = st.lists(
    st.one_of(orders(), procedures(), others), max_size=7, unique_by=lambda event: event.reference
)


@given(records, st.integers(0, 2**32))
def test_the_order_of_records_never_matters(events: list[Event], seed: int) -> None:
    shuffled = list(events)
    random.Random(seed).shuffle(shuffled)
    assert Clinic().trials(*shuffled) == Clinic().trials(*events)


@given(records)
def test_records_of_other_things_never_matter(events: list[Event]) -> None:
    unrelated = [
        ordered("omega", "2026-01-01", dose=mg(5)),
        done("appendectomy", "2026-02-01"),
        diagnosed("gout", "2026"),
    ]
    assert Clinic().trials(*events, *unrelated) == Clinic().trials(*events)


@given(records)
def test_every_use_belongs_to_exactly_one_trial_of_its_therapy(events: list[Event]) -> None:
    uses = [
        e.reference
        for e in events
        if isinstance(e, Order) and e.counts and "alpha" in e.concept.sets and _begun(e)
    ]
    courses = [t for t in Clinic().all_of("alpha", *events) if t.verdict is not Verdict.RULED_OUT or t.start]
    told = [r for t in courses if t.ingredient is not None for r in t.references]
    assert sorted(told) == sorted(uses)


def _begun(order: Order) -> bool:
    return order.start is None or order.start.first <= AS_OF


@given(records)
def test_evidence_stands_in_the_record_and_every_judged_trial_has_some(events: list[Event]) -> None:
    known = {event.reference for event in events}
    for trial in Clinic().trials(*events):
        assert {e.reference for e in trial.evidence} <= known
        assert set(trial.references) <= known
        assert trial.evidence or trial.verdict is Verdict.NOT_TRIED


@given(records)
def test_a_therapy_is_never_both_untried_and_tried(events: list[Event]) -> None:
    by_therapy: dict[str, list[Verdict]] = {}
    for trial in Clinic().trials(*events):
        by_therapy.setdefault(trial.therapy, []).append(trial.verdict)
    for verdicts in by_therapy.values():
        assert Verdict.NOT_TRIED not in verdicts or len(verdicts) == 1


@given(records)
def test_a_failure_is_adequate_and_an_unknown_names_what_is_missing(events: list[Event]) -> None:
    for trial in Clinic().trials(*events):
        if trial.verdict is Verdict.FAILED:
            assert trial.adequate is True
        if trial.verdict in {Verdict.UNKNOWN, Verdict.ENDED_UNKNOWN}:
            assert trial.missing


@given(records, st.integers(1, 400))
def test_time_never_makes_an_adequate_trial_inadequate(events: list[Event], later: int) -> None:
    before = Clinic().trials(*events)
    after = Clinic(as_of=AS_OF + timedelta(days=later)).trials(*events)
    for trial in before:
        if trial.adequate:
            assert _same(trial, after).adequate is not False


def _same(trial: Trial, later: tuple[Trial, ...]) -> Trial:
    """The trial that the records of an earlier one belong to later on."""
    return next(
        t
        for t in later
        if t.therapy == trial.therapy and set(trial.references) & set(t.references) and t.start
    )


@given(
    st.dates(date(2024, 6, 1), date(2025, 10, 1)),
    st.lists(st.integers(1, 60), min_size=1, max_size=4),
    st.sampled_from([400, 600, 900]),
    st.sampled_from([(), "no-effect", "not-tolerated", "cost", "remission"]),
)
def test_one_order_split_into_contiguous_orders_keeps_its_verdict(
    start: date, lengths: list[int], milligrams: int, why: str | tuple[()]
) -> None:
    end = start + timedelta(days=sum(lengths))
    whole = ordered("alpha", start.isoformat(), end.isoformat(), dose=mg(milligrams), why=why)
    parts, first = [], start
    for position, length in enumerate(lengths):
        last = position == len(lengths) - 1
        part = ordered(
            "alpha",
            first.isoformat(),
            (first + timedelta(days=length)).isoformat(),
            dose=mg(milligrams),
            status="stopped" if last else "completed",
            why=why if last else (),
        )
        parts.append(part)
        first += timedelta(days=length)
    one, split = Clinic().one("alpha", whole), Clinic().one("alpha", *parts)
    assert (split.verdict, split.reason, split.days, split.certainty) == (
        one.verdict,
        one.reason,
        one.days,
        one.certainty,
    )


@given(orders(), st.integers(0, 200))
def test_a_running_course_is_adequate_on_the_day_that_it_names(order: Order, dose_days: int) -> None:
    start = AS_OF - timedelta(days=dose_days)
    running = replace(
        ordered("alpha", start.isoformat(), dose=mg(900)), reference=order.reference, reasons=order.reasons
    )
    trial = Clinic().one("alpha", running)
    if trial.adequate_on is None:
        assert trial.verdict is Verdict.ONGOING_ADEQUATE
        return
    eve = Clinic(as_of=trial.adequate_on - timedelta(days=1)).one("alpha", running)
    day = Clinic(as_of=trial.adequate_on).one("alpha", running)
    assert (eve.verdict, day.verdict) == (Verdict.ONGOING, Verdict.ONGOING_ADEQUATE)


def test_an_unknown_amount_is_a_measure_that_says_why() -> None:
    trial = Clinic().one("alpha", ordered("alpha", None, status="completed"))
    assert isinstance(trial.days, UnknownAmount)
    assert trial.days.reason


def test_no_word_of_an_evidence_item_is_overlooked() -> None:
    """Every word is held against the record, or narrows one that is, or is read where nothing was given."""
    narrowing = {"of", "within", "later_than", "unless_outcome"}
    telling = {"reason", "certainty", "needs_adequate", "after_use", "even_if_repeated"}
    of_what_was_never_given = {"avoid", "would_fire"}
    assert set(WORDS) | narrowing | telling | of_what_was_never_given == set(Evidence.model_fields)
    assert set(WORDS) == set(READERS)
