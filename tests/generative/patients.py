"""Patients for property tests: written from what the rules ask, or taken from a case and varied.

A property over patients of whom no rule has anything to say proves nothing; ``test_the_patients.py`` makes sure that cards
of every pathway and kind are drawn.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from cds_service.casework.build import BuiltPatient, build_patient
from cds_service.casework.changes import draft_ids, with_ids
from cds_service.casework.context import CannotBuild
from cds_service.casework.format import Person
from cds_service.casework.items import read_entry
from cds_service.ruleset.words import Quantity
from tests.generative.charts import ORDER_HOOKS, Chart, Json, chart_of, renamed, shifted
from tests.generative.rulewords import (
    Asked,
    Therapy,
    asked_by,
    asked_by_population,
    outcomes_of,
    reasons_of,
    scores_of,
    therapies_of,
)
from tests.generative.world import FILES, cases_of, rules

TODAY = date(2026, 6, 15)
HOOKS = ("patient-view", *ORDER_HOOKS)
STOP_TEXTS = (
    "no benefit",
    "stopped because of a rash",
    "cost",
    "ran out",
    "declined by patient",
    "see notes",
)
SIDES = ("left", "right", "bilateral", None)

Draw = st.DrawFn
Item = dict[str, Any]


# ---------------------------------------------------------------- written from the rules


@st.composite
def written_charts(draw: Draw) -> Chart:
    """A patient of a pathway, with what one of its rules asks about and trials of the pathway's therapies."""
    pathway = draw(st.sampled_from(sorted(rules().pathways)))
    rule = draw(st.sampled_from([rule for rule in rules().rules if pathway in rule.pathways]))
    asked = asked_by(rule.id)
    hook = draw(st.sampled_from(rule.file.show.hooks))
    hook = draw(st.sampled_from(ORDER_HOOKS)) if hook in ORDER_HOOKS else hook
    history = draw(_of(asked_by_population(pathway), most=2))
    history += draw(_of(asked, most=3))
    tried = draw(st.lists(trials(pathway), max_size=3))
    again = [item["order"] for item in tried if "order" in item]
    wanted = st.lists(_draft_of(asked, again), min_size=1, max_size=2)
    drafts = draw(wanted) if hook in ORDER_HOOKS else []
    history += tried
    built = _built(draw(persons()), history, drafts)
    return Chart(
        patient=built.patient, resources=built.resources, drafts=built.drafts, hook=hook, as_of=TODAY
    )


def _built(person: Item, history: list[Item], drafts: list[Item]) -> BuiltPatient:
    """Build items as cases do; those that make no resource are passed over."""
    try:
        return build_patient(
            rules().terminology,
            Person(**person),
            with_ids(read_entry(_said(item)) for item in history),
            draft_ids([read_entry(_said(item)) for item in drafts]),
        )
    except CannotBuild:
        assume(False)
        raise


def _said(item: Item) -> Item:
    return {word: value for word, value in item.items() if value is not None}


def persons() -> st.SearchStrategy[Item]:
    """Grown-ups for the most part; sex and birth may be unknown."""
    return st.fixed_dictionaries(
        {
            "born": st.sampled_from(["1958-03-01", "1964", "1990-06-15", "2012-01-01", None]),
            "sex": st.sampled_from(["female", "male", None]),
        }
    ).map(_said)


@st.composite
def days(draw: Draw, *, most: int = 1200) -> str:
    """A day up to ``TODAY``, recent ones more often; now and then only its month or year is known."""
    ago = draw(st.integers(0, 60) | st.integers(0, most))
    whole = (TODAY - timedelta(days=ago)).isoformat()
    return whole[: draw(st.sampled_from([10, 10, 10, 10, 7, 4]))]


@st.composite
def _of(draw: Draw, asked: Asked, *, most: int) -> list[Item]:
    """Items of what is asked for."""
    kinds = (
        sorted(asked.sets) + (["observation"] if asked.measures else []) + (["other"] if asked.others else [])
    )
    if not kinds:
        return []
    count = draw(st.integers(1, most))
    return [draw(_one_of(asked, draw(st.sampled_from(kinds)))) for _ in range(count)]


@st.composite
def _one_of(draw: Draw, asked: Asked, kind: str) -> Item:
    if kind == "observation":
        return draw(observations(*draw(st.sampled_from(asked.measures))))
    if kind == "other":
        name = draw(st.sampled_from(asked.others))
        return draw(drug_orders((name,)) if _is_drug(name) else _records("condition", name))
    name = draw(st.sampled_from(asked.sets[kind]))
    return draw(drug_orders((name,)) if kind == "order" else _records(kind, name))


def _is_drug(name: str) -> bool:
    return bool(rules().terminology.index.ingredients_in(name))


@st.composite
def _records(draw: Draw, kind: str, name: str) -> Item:
    when = draw(st.none() | days())
    side = draw(st.sampled_from(SIDES))
    match kind:
        case "condition":
            status = draw(st.sampled_from(["active", "active", "active", "resolved", "recurrence"]))
            return {"condition": name, "onset": when, "status": status, "side": side}
        case "procedure":
            status = draw(st.sampled_from(["completed", "completed", "completed", "not-done", "stopped"]))
            return {"procedure": name, "at": when, "status": status, "side": side}
        case "report":
            conclusion = draw(
                st.sampled_from([None, "Normal.", "Compression of the root.", "No compression."])
            )
            return {"report": name, "at": when, "conclusion": conclusion}
        case "allergy":
            criticality = draw(st.sampled_from(["high", "low", None]))
            return {
                "allergy": name,
                "kind": draw(st.sampled_from(["allergy", "intolerance"])),
                "criticality": criticality,
            }
        case "encounter":
            return {"encounter": name, "from": when, "visit_class": draw(st.sampled_from(["AMB", "IMP"]))}
        case _:
            return {"device": name}


@st.composite
def observations(draw: Draw, name: str, numbers: tuple[Quantity, ...], coded: tuple[str, ...]) -> Item:
    """A result close to a number that a rule holds it against, or one of the coded values that it asks for."""
    as_code = bool(coded) and draw(st.booleans())
    if as_code:
        value: Any = {"code": draw(st.sampled_from(coded))}
    else:
        limit = draw(st.sampled_from(numbers or (Quantity(5, ""),)))
        number = limit.value + draw(st.sampled_from([-1, -0.1, 0, 0.1, 1, 20]))
        value = str(Quantity(round(number, 1), limit.unit))
    return {"observation": name, "value": value, "at": draw(days(most=400))}


@st.composite
def trials(draw: Draw, pathway: str) -> Item:
    """A trial of one of a pathway's therapies, close to the numbers of its standard; or a score that judges trials."""
    scores = scores_of(pathway)
    if scores and draw(st.integers(0, 4)) == 0:
        name, numbers = draw(st.sampled_from(scores))
        return draw(observations(name, numbers, ()))
    therapy = draw(st.sampled_from([t for t in therapies_of(pathway) if t.ingredients or t.procedures]))
    if therapy.procedures and (not therapy.ingredients or draw(st.booleans())):
        return draw(_done(therapy, pathway))
    return draw(drug_orders(therapy.ingredients, pathway=pathway, therapy=therapy))


@st.composite
def _done(draw: Draw, therapy: Therapy, pathway: str) -> Item:
    outcome = draw(st.sampled_from([None, *outcomes_of(pathway)]))
    status = draw(st.sampled_from(["completed", "completed", "completed", "stopped", "not-done"]))
    side = draw(st.sampled_from(SIDES))
    return {
        "procedure": draw(st.sampled_from(therapy.procedures)),
        "at": draw(days()),
        "status": status,
        "outcome": outcome if status == "completed" else None,
        "side": side,
    }


@st.composite
def drug_orders(
    draw: Draw, names: tuple[str, ...], *, pathway: str | None = None, therapy: Therapy | None = None
) -> Item:
    """An order of one of these drugs; with a therapy its dose and days lie around those of the standard."""
    doses = therapy.doses if therapy is not None and therapy.doses else (Quantity(100, "mg"),)
    lengths = therapy.days if therapy is not None and therapy.days else (30,)
    milligrams = draw(st.sampled_from(doses)).value + draw(st.sampled_from([100, 1, 0, -1]))
    lasted = max(0, draw(st.sampled_from(lengths)) + draw(st.sampled_from([60, 1, 0, -1])))
    ended = draw(st.booleans())
    start = TODAY - timedelta(days=lasted + (draw(st.integers(0, 700)) if ended else 0))
    item: Item = {
        "order": draw(st.sampled_from(names)),
        "from": start.isoformat(),
        "daily": f"{milligrams:g} mg" if draw(st.integers(0, 5)) else None,
    }
    if not ended:
        return {**item, "supply": draw(st.sampled_from([None, None, "30 days", "90 days"]))}
    reasons = reasons_of(pathway) if pathway is not None else ()
    because = draw(st.sampled_from([None, *reasons[:2], *reasons]))
    text = draw(st.sampled_from([None, None, *STOP_TEXTS]))
    return {
        **item,
        "to": (start + timedelta(days=lasted)).isoformat(),
        "because": because,
        "because_text": text,
    }


@st.composite
def _draft_of(draw: Draw, asked: Asked, again: list[str]) -> Item:
    """An order that the rule is about, or one of what was tried already."""
    groups = [group for group in (asked.drafts, asked.others, again) if group] or [("carbamazepine",)]
    name = draw(st.sampled_from(draw(st.sampled_from(groups))))
    if not _is_drug(name):
        return {"request": name, "side": draw(st.sampled_from(SIDES))}
    return {"order": name, "daily": draw(st.sampled_from(["50 mg", "400 mg", "1800 mg", None]))}


# ---------------------------------------------------------------- taken from cases


@st.composite
def case_charts(draw: Draw) -> Chart:
    """The patient of a case: as written, or varied."""
    return draw(_varied(chart_of(draw(st.sampled_from(cases_of(draw(st.sampled_from(FILES))))))))


@st.composite
def _varied(draw: Draw, chart: Chart) -> Chart:
    for _ in range(draw(st.integers(0, 2))):
        chart = draw(draw(st.sampled_from([_less, _moved, _dosed, _joined]))(chart))
    if chart.drafts and draw(st.integers(0, 3)) == 0:
        chart = chart.with_(hook=draw(st.sampled_from(HOOKS)), selected=None)
    return chart


@st.composite
def _less(draw: Draw, chart: Chart) -> Chart:
    """Without one of its resources."""
    if not chart.resources:
        return chart
    gone = draw(st.integers(0, len(chart.resources) - 1))
    return chart.with_(resources=(*chart.resources[:gone], *chart.resources[gone + 1 :]))


@st.composite
def _moved(draw: Draw, chart: Chart) -> Chart:
    """One resource some days earlier or later."""
    return draw(_with_another(chart, shifted, st.sampled_from([-200, -31, -1, 1, 31])))


@st.composite
def _dosed(draw: Draw, chart: Chart) -> Chart:
    """One resource with other amounts: of a dose, of a result."""
    return draw(_with_another(chart, _rescaled, st.sampled_from([0.5, 0.99, 1.01, 2])))


def _rescaled(resource: Json, factor: float) -> Json:
    if resource["resourceType"] not in {"MedicationRequest", "MedicationStatement", "Observation"}:
        return resource
    changed = dict(resource)
    for word in ("valueQuantity", "valueInteger"):
        if isinstance(changed.get(word), dict):
            changed[word] = {**changed[word], "value": changed[word]["value"] * factor}
    dosages = changed.get("dosageInstruction", [])
    changed |= {"dosageInstruction": [_redosed(d, factor) for d in dosages]} if dosages else {}
    return changed


def _redosed(dosage: Json, factor: float) -> Json:
    doses = [
        {**d, "doseQuantity": {**d["doseQuantity"], "value": d["doseQuantity"]["value"] * factor}}
        if "doseQuantity" in d
        else d
        for d in dosage.get("doseAndRate", [])
    ]
    return {**dosage, "doseAndRate": doses} if doses else dosage


@st.composite
def _with_another(draw: Draw, chart: Chart, change: Any, by: st.SearchStrategy[Any]) -> Chart:
    if not chart.resources:
        return chart
    at = draw(st.integers(0, len(chart.resources) - 1))
    new = change(chart.resources[at], draw(by))
    return chart.with_(resources=(*chart.resources[:at], new, *chart.resources[at + 1 :]))


@st.composite
def _joined(draw: Draw, chart: Chart) -> Chart:
    """With the record of another case, and perhaps its drafts: two histories in one patient, two pathways perhaps."""
    other = chart_of(draw(st.sampled_from(cases_of(draw(st.sampled_from(FILES))))))
    count = len(other.resources)
    more = renamed((*other.resources, *other.drafts), "more-")
    joined = chart.with_(resources=(*chart.resources, *more[:count]), unavailable=())
    and_drafts = bool(other.drafts) and draw(st.booleans())
    if and_drafts:
        hook = chart.hook if chart.hook in ORDER_HOOKS else other.hook
        joined = joined.with_(drafts=(*chart.drafts, *more[count:]), hook=hook, selected=None)
    return joined


def charts() -> st.SearchStrategy[Chart]:
    """Patients of both kinds; those of cases more often, because more of them have something that rules speak of."""
    return st.one_of(case_charts(), case_charts(), written_charts())
