"""Fact words that read measured or coded results and imaging reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from cds_service.evaluate.case import Case
from cds_service.evaluate.citing import cite, named, placed, quoted, settled, titled
from cds_service.evaluate.comparing import answer_for, compare, dated, later, not_before, same_region, within
from cds_service.evaluate.followed import not_followed
from cds_service.evaluate.truth import (
    Answer,
    Evidence,
    Truth,
    all_of,
    any_of,
    at_least_of,
    no,
    possible,
    unknown,
    yes,
)
from cds_service.ruleset.facts import AgeFact, MonthlyFact, ObservationFact, ReportFact, ResponseFact
from cds_service.timeline.amounts import Amount
from cds_service.timeline.dates import DateSpan
from cds_service.timeline.events import Certainty, Missing, Report, Result

_ANNOTATION = str.maketrans({"{": "", "}": "", "_": " "})
"""Braces and underscores of a unit's annotation are for machines: ``mL/min/{1.73_m2}`` reads ``mL/min/1.73 m2``."""


UNIT_WORDS = {"mm[Hg]": "mmHg", "{score}": "", "mL/min/{1.73_m2}": "mL/min/1.73 m²", "10*9/L": "× 10⁹/L"}
"""UCUM units that people write otherwise."""


def _results(case: Case, sets: Sequence[str]) -> list[Result]:
    return [r for r in case.timeline.results if named(r.concept, sets)]


def _by_time(result: Result) -> tuple[object, ...]:
    """Sort key: by day and time; what is undated comes first, as the oldest."""
    when = result.when
    days = (when.last.toordinal(), when.first.toordinal()) if when is not None else (0, 0)
    return (*days, result.instant or "", result.reference)


def observation(fact: ObservationFact, case: Case) -> Answer:
    """A result of a set that meets the comparison; none in the window is missing, not no, unless only asked for."""
    label = titled(fact.in_, case)
    candidates = _results(case, fact.in_)
    asks_value = fact.compares or bool(fact.value_in) or fact.above_reference is not None
    timed = [(r, _when_fits(r, fact, case)) for r in candidates]
    inside = [r for r, fits in timed if fits is Truth.YES]
    perhaps = [r for r, fits in timed if fits is Truth.UNKNOWN]
    if not asks_value:
        proofs = [_recorded(r, fact, case) for r in inside]
        proofs += [possible(cite(r, f"{r.concept.label} recorded", r.when)) for r in perhaps]
        return settled(proofs, case, ["Observation"], f"results ({label})")
    if not inside:
        if perhaps:
            return possible(*(cite(r, f"{r.concept.label}, date not exact", r.when) for r in perhaps))
        return unknown(Missing(what=f"no result on record: {label}", settled_by=f"a result of {label}"))
    inside.sort(key=_by_time, reverse=True)
    if fact.of_last is not None:
        tests = [_tested(r, fact, case) for r in inside[: fact.of_last]]
        return at_least_of(fact.how_many, tests)
    match fact.pick:
        case "any":
            return any_of([_tested(r, fact, case) for r in inside])
        case "earliest":
            return _tested(inside[-1], fact, case)
        case "highest" | "lowest":
            valued = [r for r in inside if r.value is not None]
            valued.sort(key=lambda r: r.value.low if r.value else 0.0, reverse=fact.pick == "highest")
            return _tested((valued or inside)[0], fact, case)
        case _:
            newest = [r for r in inside if r.when == inside[0].when and r.instant == inside[0].instant]
            return any_of([_tested(r, fact, case) for r in newest])


def _recorded(result: Result, fact: ObservationFact, case: Case) -> Answer:
    proof = yes(cite(result, f"{result.concept.label} recorded", result.when))
    if not fact.not_followed_by:
        return proof
    return all_of([proof, not_followed(result, result.when, fact.not_followed_by, case)])


def _when_fits(result: Result, fact: ObservationFact, case: Case) -> Truth:
    truths = []
    if fact.within is not None:
        window = case.rules.window(fact.within, case.pathway)
        truths.append(within(result.when, window, case.timeline.as_of))
    if fact.after is not None and case.anchor is not None:
        truths.append(later(result.when, case.anchor.when))
    if fact.since_start_of is not None:
        started = _start_of_course(fact.since_start_of, case)
        truths.append(not_before(result.when, started.first) if started else Truth.NO)
    if Truth.NO in truths:
        return Truth.NO
    return Truth.UNKNOWN if Truth.UNKNOWN in truths else Truth.YES


def _start_of_course(set_name: str, case: Case) -> DateSpan | None:
    from cds_service.evaluate.medication_facts import running_courses

    starts = [c.start for c in running_courses(case, (set_name,)) if c.start is not None]
    return min(starts, key=lambda s: s.first) if starts else None


def _tested(result: Result, fact: ObservationFact, case: Case) -> Answer:
    label = result.concept.label
    shown = _shown(result)
    proof = cite(result, f"{label} {shown}".strip(), result.when)
    slots: dict[str, object] = {"value": shown, "date": result.when}
    checks = [
        yes(slots=slots),
        _value_in(result, fact.value_in, proof, case) if fact.value_in else yes(proof),
    ]
    if fact.compares:
        if result.value is None:
            checks.append(
                unknown(Missing(what=f"{label} has no number", settled_by=f"a numeric result of {label}"))
            )
        else:
            answer = compare(result.value, fact, rules=case.rules, pathway=case.pathway, what=label)
            checks.append(answer)
    if fact.above_reference is not None:
        checks.append(_against_reference(result, fact))
    if fact.not_followed_by:
        checks.append(not_followed(result, result.when, fact.not_followed_by, case))
    return all_of(checks)


def _shown(result: Result) -> str:
    if result.value is not None:
        unit = f" {in_words(result.value.unit)}" if result.value.unit not in {"", "1"} else ""
        return f"{result.value.low:g}{unit.translate(_ANNOTATION)}"
    if result.coded is not None:
        return result.coded.label
    return result.text or ""


def in_words(unit: str) -> str:
    """Return a unit as people write it: ``mmHg``; UCUM annotations are left out."""
    return UNIT_WORDS.get(unit, unit)


def _against_reference(result: Result, fact: ObservationFact) -> Answer:
    label = result.concept.label
    if fact.times_reference <= 1 and not result.interpretation.isdisjoint({"H", "HH"}):
        above = True
    elif result.value is None or result.reference_high is None:
        return unknown(Missing(what=f"upper limit of normal for {label}", settled_by="a reference range"))
    else:
        above = result.value.low > result.reference_high.low * fact.times_reference
    return yes() if above is fact.above_reference else no()


def _value_in(result: Result, names: Sequence[str], proof: Evidence, case: Case) -> Answer:
    """The result says one of these things: by its coded value, by a phrase, or by the name of a value.

    Words that name the finding themselves do not rest on the result's code. Words that say neither a wanted value nor
    anything else that is known leave the answer open.
    """
    words = " ".join(
        dict.fromkeys(w for w in (result.text, result.coded.label if result.coded else None) if w)
    )
    found = case.rules.terminology.findings(words) if words else {}
    hits = [found[name] for name in names if name in found]
    if any(h.polarity == "pos" for h in hits):
        return yes(quoted(result, words, result.when))
    if result.coded is not None and result.coded.sets:
        return yes(proof) if named(result.coded, names) else no()
    if hits:
        return no()
    if _value_named(words, names, case):
        return yes(replace(proof, certainty=Certainty.INFERRED, by_text=True))
    only_phrases = not any(name in case.rules.terminology.value_sets.by_name for name in names)
    if words and (only_phrases or _value_named(words, ("result-negative",), case)):
        return no()
    if _value_named(words, names, case, excluded=True):
        return no()
    label = result.concept.label
    return unknown(Missing(what=f"what {label} says", settled_by=f"a coded value of {label}"))


def _value_named(words: str, names: Sequence[str], case: Case, *, excluded: bool = False) -> bool:
    """True when the words are the label of a code of one of the sets (``excluded``: that one leaves out), and no more."""
    said = words.strip(" .!").casefold()
    by_name = case.rules.terminology.value_sets.by_name
    return any(
        said == row.label.casefold()
        for name in names
        if name in by_name
        for row in by_name[name].codes
        if row.label and row.exclude is excluded
    )


def monthly(fact: MonthlyFact, case: Case) -> Answer:
    """The comparison holds in so many consecutive months up to the latest month recorded."""
    label = titled(fact.in_, case)
    months: dict[tuple[int, int], Result] = {}
    results = [r for r in _results(case, fact.in_) if r.when is not None and r.value is not None]
    if fact.within is not None:
        window = case.rules.window(fact.within, case.pathway)
        results = [r for r in results if within(r.when, window, case.timeline.as_of) is Truth.YES]
    for result in sorted(results, key=_by_time):
        assert result.when is not None
        if (result.when.first.year, result.when.first.month) == (
            result.when.last.year,
            result.when.last.month,
        ):
            months[result.when.first.year, result.when.first.month] = result
    missing = Missing(what=f"{label} in {fact.in_a_row} months in a row", settled_by="monthly counts")
    if not months:
        return unknown(missing)
    year, month = max(months)
    answers = []
    for _ in range(fact.in_a_row):
        result_of_month = months.get((year, month))
        if result_of_month is None or result_of_month.value is None:
            answers.append(unknown(missing))
        else:
            value = compare(result_of_month.value, fact, rules=case.rules, pathway=case.pathway, what=label)
            proof = cite(
                result_of_month,
                f"{result_of_month.concept.label} {_shown(result_of_month)}",
                result_of_month.when,
            )
            answers.append(all_of([yes(proof), value]))
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return all_of(answers)


def response(fact: ResponseFact, case: Case) -> Answer:
    """How far a score fell: the mean before an event against the mean after it."""
    label = titled(fact.of, case)
    anchor = case.anchor
    if anchor is None or anchor.when is None:
        return unknown(Missing(what=f"response of {label}", settled_by="the date of the treatment"))
    trial = anchor.trial
    start = trial.start if fact.around == "trial" and trial and trial.start else anchor.when
    scores = [r for r in _results(case, fact.of) if r.when is not None and r.value is not None]
    first, last = start.first, start.last
    before = [
        r
        for r in scores
        if r.when and r.when.last <= first and not_before(r.when, fact.baseline.before(first)) is Truth.YES
    ]
    after = [r for r in scores if r.when and _in_response(r.when, last, fact, case.timeline.as_of)]
    if not before or not after:
        side = "before" if not before else "after"
        return unknown(Missing(what=f"{label} {side} treatment", settled_by=f"a score of {label}"))
    baseline, reached = _mean(before), _mean(after)
    if baseline <= 0:
        return unknown(Missing(what=f"{label} before treatment is zero"))
    fell = Amount.exactly((baseline - reached) / baseline * 100, "%")
    proofs = [cite(r, f"{r.concept.label} {_shown(r)}", r.when) for r in (*before, *after)]
    wanted = AgeFact(at_least=fact.fell_at_least, below=fact.fell_below)
    answer = compare(fell, wanted, rules=case.rules, pathway=case.pathway, what=label)
    return all_of([yes(*proofs, slots={"value": f"{fell.low:.0f} %"}), answer])


def _in_response(when: DateSpan, last: date, fact: ResponseFact, as_of: date) -> bool:
    earliest = last + timedelta(days=fact.after.days if fact.after else 1)
    if when.first < earliest or (fact.last is not None and (as_of - when.last).days > fact.last.days):
        return False
    return fact.until is None or when.last <= last + timedelta(days=fact.until.days)


def _mean(results: Sequence[Result]) -> float:
    values = [r.value.low for r in results if r.value is not None]
    return sum(values) / len(values)


def report(fact: ReportFact, case: Case) -> Answer:
    """An imaging or test report in the window, and what it found."""
    found = []
    for item in case.timeline.reports:
        if not named(item.concept, fact.in_):
            continue
        checks = [yes(cite(item, f"{item.concept.label} reported", item.when), slots={"date": item.when})]
        checks += _report_place_and_time(item, fact, case)
        if fact.finding:
            checks.append(_finding(item, fact.finding, case))
        if fact.finding_absent:
            checks.append(_no_finding(item, fact.finding_absent, case))
        found.append(all_of(checks))
    return settled(found, case, ["DiagnosticReport", "ImagingStudy"], "imaging reports")


def _report_place_and_time(item: Report, fact: ReportFact, case: Case) -> list[Answer]:
    checks = []
    label = item.concept.label
    if fact.within is not None:
        window = case.rules.window(fact.within, case.pathway)
        checks.append(dated(within(item.when, window, case.timeline.as_of), item.when, label))
    if fact.after is not None and case.anchor is not None:
        checks.append(dated(later(item.when, case.anchor.when), item.when, label))
    if fact.same is not None:
        place = case.anchor.site if case.anchor else None
        place = place or getattr(case.draft, "site", None)
        if place is not None:
            checks.append(answer_for(same_region(item.site, place)))
    if fact.region:
        checks.append(placed(item.site.regions, fact.region, label))
    if fact.contrast is not None:
        with_contrast = named(item.concept, ("with-contrast",))
        checks.append(yes() if with_contrast is fact.contrast else no())
    return checks


def _finding(item: Report, names: Sequence[str], case: Case) -> Answer:
    label = item.concept.label
    coded = [c for c in item.conclusions if named(c, names)]
    if coded:
        return yes(cite(item, f"{label}: {coded[0].label}", item.when), slots={"finding": coded[0].label})
    if item.text:
        hits = case.rules.terminology.findings(item.text)
        if any(name in hits and hits[name].polarity == "pos" for name in names):
            quote = next(hits[n].quote for n in names if n in hits)
            proof = replace(cite(item, f"{label}: “{quote}”", item.when), by_text=True)
            return yes(proof, slots={"finding": quote})
        return no()
    if item.conclusions:
        return no()
    return unknown(Missing(what=f"what {label} found", settled_by="the report's conclusion"))


def _no_finding(item: Report, names: Sequence[str], case: Case) -> Answer:
    answer = _finding(item, names, case)
    if answer.yes:
        return no(*answer.evidence)
    return yes() if answer.no else answer
