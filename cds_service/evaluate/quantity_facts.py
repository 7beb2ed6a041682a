"""Fact words that add up: opioid equivalents a day, days of use that a supply allows, limits looked up in a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from cds_service.evaluate.case import Case
from cds_service.evaluate.citing import cite, named
from cds_service.evaluate.comparing import compare, within
from cds_service.evaluate.medication_facts import daily_dose, recorded_orders, shown_amount
from cds_service.evaluate.result_facts import observation
from cds_service.evaluate.truth import Answer, Evidence, Truth, all_of, any_of, no, unknown
from cds_service.ruleset.facts import DailyTotalFact, ObservationFact, TableLimitFact, TreatmentDaysFact
from cds_service.ruleset.words import read_quantity
from cds_service.timeline.amounts import Amount, UnknownAmount
from cds_service.timeline.courses import is_current
from cds_service.timeline.events import Missing, Order, OrderSource
from cds_service.timeline.units import convert

Row = Mapping[str, str]


def daily_total(fact: DailyTotalFact, case: Case) -> Answer:
    """Sum of daily doses times their factor, over the courses in use and the drafts; a part without dose opens the top."""
    rows = case.rules.tables[fact.table]
    low, high = 0.0, 0.0
    open_ = False
    proofs: list[Evidence] = []
    missing: list[Missing] = []
    unit = ""
    for order in _in_use_and_drafted(case, fact.of):
        part = _equivalent(order, rows)
        if part is None:
            continue
        proofs.append(
            cite(order, f"{order.concept.label} {shown_amount(daily_dose(order))} a day", order.start)
        )
        if isinstance(part, UnknownAmount):
            open_ = True
            missing.append(
                Missing(what=f"dose of {order.concept.label}: {part.reason}", settled_by=part.settled_by)
            )
            continue
        unit = part.unit
        low += part.low
        high += part.high if part.high is not None else 0.0
        open_ = open_ or part.high is None
    total = Amount(low, None if open_ else high, unit)
    answer = compare(total, fact, rules=case.rules, pathway=case.pathway, what="daily total")
    slots = {"value": f"{total.low:g}"}
    return replace(answer, evidence=tuple(proofs), missing=(*answer.missing, *missing), slots=slots)


def _in_use_and_drafted(case: Case, sets: Sequence[str]) -> list[Order]:
    recorded = [o for o in recorded_orders(case, sets) if is_current(o, case.timeline.as_of)]
    recorded = [o for o in recorded if o.source in {OrderSource.REQUEST, OrderSource.STATEMENT}]
    replaced = {d.prior for d in case.timeline.drafts if isinstance(d, Order)}
    drafts = [d for d in case.timeline.drafts if isinstance(d, Order) and named(d.concept, sets)]
    return [o for o in recorded if o.reference not in replaced] + drafts


def _equivalent(order: Order, rows: Sequence[Row]) -> Amount | UnknownAmount | None:
    for ingredient in order.ingredient_names:
        for row in rows:
            if row["ingredient"] != ingredient or (row.get("route") and row["route"] != order.route):
                continue
            dose = daily_dose(order, ingredient)
            if isinstance(dose, UnknownAmount):
                return dose
            in_unit = convert(dose, row["dose_unit"])
            if in_unit is None:
                return UnknownAmount(f"dose unit {dose.unit} not comparable with {row['dose_unit']}")
            factor = float(row["factor"])
            high = None if in_unit.high is None else in_unit.high * factor
            return Amount(in_unit.low * factor, high, row["unit"])
    return None


def treatment_days(fact: TreatmentDaysFact, case: Case) -> Answer:
    """Days of use a month that supplies of an acute class allow, held against the class's limit."""
    rows = [r for r in case.rules.tables[fact.table] if _row_in(r, fact)]
    if fact.by == "same-class":
        rows = [r for r in rows if case.draft is not None and named(case.draft.concept, (r["class"],))][:1]
    answers = (
        [_class_days(rows, fact, case)]
        if fact.by == "all-classes"
        else [_class_days([row], fact, case) for row in rows]
    )
    return any_of(answers) if answers else no()


def _row_in(row: Row, fact: TreatmentDaysFact) -> bool:
    return (
        not fact.of
        or row["class"] in fact.of
        or any(name in row.get("groups", "").split(";") for name in fact.of)
    )


def _class_days(rows: Sequence[Row], fact: TreatmentDaysFact, case: Case) -> Answer:
    since = case.timeline.as_of - timedelta(days=fact.over.days)
    low_days = high_days = 0.0
    proofs: list[Evidence] = []
    missing: list[Missing] = []
    contributing: list[Row] = []
    for row in rows:
        for order in _supplies(case, row, fact):
            units = _units_in_window(order, since, case)
            if isinstance(units, UnknownAmount):
                missing.append(Missing(what=f"quantity of {order.concept.label}", settled_by="a quantity"))
                continue
            if units.high == 0:
                continue
            if row not in contributing:
                contributing.append(row)
            proofs.append(cite(order, f"{order.concept.label}: {shown_amount(units)} units", order.start))
            most = row.get("most_units_a_day")
            low_days += units.low / float(most) if most else 0.0
            high_days += units.high if units.high is not None else units.low
    if fact.by == "all-classes" and len(contributing) < 2 and not missing:
        return _unless_unread(no(), rows, case)
    scale = fact.per.days / fact.over.days
    days = Amount(low_days * scale, high_days * scale, "d")
    limit = _limit_of(contributing or list(rows), fact)
    wanted = fact if fact.compares else fact.model_copy(update={"at_least": read_quantity(limit)})
    answer = compare(days, wanted, rules=case.rules, pathway=case.pathway, what="days of use from supply")
    label = contributing[0]["label"] if len(contributing) == 1 else "Acute medication"
    slots = {"value": f"{high_days * scale:.0f}", "limit": f"{limit:g}", "class": label}
    told = replace(answer, evidence=tuple(proofs), missing=(*answer.missing, *missing), slots=slots)
    return _unless_unread(told, rows, case)


def _unless_unread(answer: Answer, rows: Sequence[Row], case: Case) -> Answer:
    """Supplies that could not be read leave open what would be too few."""
    unread = sorted(case.timeline.incomplete.intersection({"MedicationDispense", "MedicationRequest"}))
    if not unread or answer.yes:
        return answer
    what = f"supply of {' or '.join(row['label'] for row in rows)}"
    return unknown(*answer.missing, Missing(what=what, settled_by=f"reading {' and '.join(unread)}"))


def _limit_of(rows: Sequence[Row], fact: TreatmentDaysFact) -> float:
    """Return the days a month that define overuse: a class's own limit, or the common one where classes add up."""
    column = "days_all_classes" if fact.by == "all-classes" else "days_a_month"
    return min((float(row[column]) for row in rows if row.get(column)), default=0.0)


def _supplies(case: Case, row: Row, fact: TreatmentDaysFact) -> list[Order]:
    other_use = row.get("not_for", "").split(";") if row.get("not_for") else []
    orders = recorded_orders(case, (row["class"],))
    dispensed = [o for o in orders if o.source is OrderSource.DISPENSE]
    dispensed_names = {n for o in dispensed for n in o.ingredient_names}
    ordered = [
        o
        for o in orders
        if o.source is OrderSource.REQUEST and not dispensed_names.intersection(o.ingredient_names)
    ]
    found = dispensed + ordered
    if fact.plus_draft:
        found += [
            d for d in case.timeline.drafts if isinstance(d, Order) and named(d.concept, (row["class"],))
        ]
    earlier = [r["class"] for r in _rows_before(row, case.rules.tables[fact.table])]
    return [
        o
        for o in found
        if not named(o.concept, earlier)
        and not (other_use and o.reasons and all(named(r, other_use) for r in o.reasons))
    ]


def _rows_before(row: Row, rows: Sequence[Row]) -> Sequence[Row]:
    """Return the rows above one: a combination counts once, under the first class that it belongs to."""
    return rows[: next(n for n, other in enumerate(rows) if other is row)]


def _units_in_window(order: Order, since: object, case: Case) -> Amount | UnknownAmount:
    """Units supplied since a day: a draft's first fill, a dispense as it is, an order by the fills that can have elapsed."""
    from datetime import date

    assert isinstance(since, date)
    if order.quantity is None:
        return UnknownAmount("quantity not stated")
    units = order.quantity
    high_units = units.high if units.high is not None else units.low
    if order.is_draft or order.source is OrderSource.DISPENSE:
        in_window = order.is_draft or (order.start is not None and order.start.last >= since)
        return units if in_window else Amount.exactly(0, "1")
    if order.start is None:
        return UnknownAmount("date of the order not stated")
    most = 1.0 if order.fills is None or order.fills.high is None else order.fills.high
    fill_days = order.supply_days.low if order.supply_days is not None else None
    low_fills, high_fills = (0.0, 0.0)
    if order.start.last >= since:
        low_fills, high_fills = 1.0, most
    if fill_days:
        starts = [order.start.first + timedelta(days=round(i * fill_days)) for i in range(int(most))]
        elapsed = float(sum(1 for s in starts if since <= s <= case.timeline.as_of))
        low_fills = high_fills = elapsed
    elif order.start.last < since and most > 1:
        high_fills = most
    return Amount(units.low * low_fills, high_units * high_fills, "1")


def table_limit(fact: TableLimitFact, case: Case) -> Answer:
    """The draft's daily dose is above the limit of its ingredient's row for the latest measured value."""
    draft = case.draft
    if not isinstance(draft, Order):
        return no()
    rows = [r for r in case.rules.tables[fact.table] if r["ingredient"] in draft.ingredient_names]
    if not rows:
        return no()
    bands = []
    for row in sorted(rows, key=lambda r: float(r["below"])):
        asked = ObservationFact.model_construct(
            in_=fact.by, within=fact.within, below=read_quantity(_with_unit(row))
        )
        answer = observation(asked, case)
        if answer.no:
            continue
        bands.append((answer, row))
        break
    if not bands:
        return no()
    measured, row = bands[0]
    if measured.unknown:
        return measured
    dose = daily_dose(draft, row["ingredient"])
    if isinstance(dose, UnknownAmount):
        return unknown(
            Missing(what=f"dose of {draft.concept.label}: {dose.reason}", settled_by=dose.settled_by)
        )
    above = TreatmentDaysFact.model_validate(
        {"of": (), "over": "1 day", "per": "1 day", "table": fact.table, "above": row["max_daily"]}
    )
    answer = compare(dose, above, rules=case.rules, pathway=case.pathway, what="daily dose")
    slots = {"dose": shown_amount(dose), "limit": row["max_daily"]}
    return all_of([replace(answer, slots=slots), measured])


def _with_unit(row: Row) -> str:
    return f"{row['below']} {row['unit']}"


__all__ = ["Truth", "daily_total", "table_limit", "treatment_days", "within"]
