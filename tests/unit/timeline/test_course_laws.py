"""Laws of courses that hold for all orders: order of records, splitting, and the passing of time."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from cds_service.timeline.amounts import Amount, UnknownAmount
from cds_service.timeline.dates import DateSpan
from cds_service.timeline.events import Order, OrderSource
from tests.unit.timeline.orders import AS_OF, courses, mg, order, reason

day = st.dates(date(2025, 1, 1), date(2026, 8, 1))
written = st.one_of(day.map(date.isoformat), st.sampled_from(["2025", "2026", "2025-11", "2026-03"]))
dose = st.one_of(st.none(), st.integers(1, 6).map(lambda n: mg(n * 200)), st.just(mg(0, 600)))


@st.composite
def orders(draw: st.DrawFn) -> Order:
    source = draw(st.sampled_from(list(OrderSource)))
    length = draw(st.one_of(st.none(), st.integers(0, 120)))
    start = draw(written)
    found = order(
        start,
        status=draw(st.sampled_from(["active", "completed", "stopped", "on-hold"])),
        dose=draw(dose),
        supply=draw(st.one_of(st.none(), st.integers(1, 90))),
        fills=draw(st.integers(1, 3)),
        source=source,
        name=str(draw(st.integers(0, 10**9))),
    )
    if length is not None and len(start) == 10:
        found = replace(found, ended=DateSpan.of(date.fromisoformat(start) + timedelta(days=length)))
    return found


histories = st.lists(orders(), max_size=6, unique_by=lambda o: o.reference)


@given(histories, st.randoms(use_true_random=False))
def test_the_order_of_records_never_matters(history: list[Order], random: object) -> None:
    shuffled = list(history)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert courses(*shuffled) == courses(*history)


@given(histories)
def test_every_order_is_in_exactly_one_course(history: list[Order]) -> None:
    placed = [reference for found in courses(*history) for reference in found.references]
    assert sorted(placed) == sorted(o.reference for o in history)


@given(histories, st.integers(0, 1000))
def test_days_at_a_dose_never_exceed_the_days_and_sure_never_exceeds_possible(
    history: list[Order], least: int
) -> None:
    for found in courses(*history):
        at_dose = found.days_at_least(mg(least))
        if isinstance(found.days, UnknownAmount) or isinstance(at_dose, UnknownAmount):
            assert found.start is None
            continue
        assert at_dose.high is not None
        assert found.days.high is not None
        assert 0 <= at_dose.low <= found.days.low <= found.days.high
        assert at_dose.low <= at_dose.high <= found.days.high


@given(
    day, st.integers(2, 200), st.lists(st.integers(1, 199), max_size=4, unique=True), dose, st.integers(0, 30)
)
def test_splitting_an_order_into_contiguous_orders_of_the_same_dose_changes_nothing(
    start: date, length: int, cuts: list[int], daily: Amount | None, gap: int
) -> None:
    end = start + timedelta(days=length)
    assume(end <= AS_OF)
    why = reason("no-effect")
    whole = order(start.isoformat(), end.isoformat(), status="stopped", dose=daily, stop_reasons=(why,))
    edges = [start, *(start + timedelta(days=c) for c in sorted(cuts) if c < length), end]
    pieces = []
    for index, (first, following) in enumerate(itertools.pairwise(edges)):
        last = index == len(edges) - 2
        until = following if last else following - timedelta(days=1)
        pieces.append(
            order(
                first.isoformat(),
                until.isoformat(),
                status="stopped" if last else "completed",
                dose=daily,
                stop_reasons=(why,) if last else (),
            )
        )
    (one,) = courses(whole, gap=gap)
    (other,) = courses(*pieces, gap=gap)
    assert (other.start, other.end, other.state, other.days) == (one.start, one.end, one.state, one.days)
    assert other.stop_reasons == one.stop_reasons
    assert other.highest_sustained == one.highest_sustained
    for least in (200, 400, 600):
        assert other.days_at_least(mg(least)) == one.days_at_least(mg(least))


def longest(history: list[Order], as_of: date, least: int) -> tuple[Amount, Amount]:
    """Sure and possible days of the course that has most of them, in all and at a dose."""
    seen = [o for o in history if o.start and o.start.first <= as_of]
    found = courses(*seen, as_of=as_of)
    whole = [c.days for c in found if isinstance(c.days, Amount)]
    at_dose = [d for c in found if isinstance(d := c.days_at_least(mg(least)), Amount)]

    def most(amounts: list[Amount]) -> Amount:
        low, high = (max((getattr(a, end) for a in amounts), default=0) for end in ("low", "high"))
        return Amount(low, high, "d")

    return most(whole), most(at_dose)


short_histories = st.lists(orders(), max_size=4, unique_by=lambda o: o.reference)
FIRST_DAY = date(2026, 1, 15)


@given(short_histories, st.integers(1, 200), st.sampled_from([200, 600]))
def test_what_was_covered_for_sure_stays_possible_as_time_passes(
    history: list[Order], later: int, least: int
) -> None:
    """So that an adequate trial never becomes an inadequate one."""
    for before, after in zip(
        longest(history, FIRST_DAY, least),
        longest(history, FIRST_DAY + timedelta(days=later), least),
        strict=True,
    ):
        assert after.high is not None
        assert after.high >= before.low


@given(short_histories, st.integers(1, 200), st.sampled_from([200, 600]))
def test_with_exact_dates_it_stays_sure(history: list[Order], later: int, least: int) -> None:
    assume(all(o.start is not None and o.start.is_exact for o in history))
    for before, after in zip(
        longest(history, FIRST_DAY, least),
        longest(history, FIRST_DAY + timedelta(days=later), least),
        strict=True,
    ):
        assert after.low >= before.low
