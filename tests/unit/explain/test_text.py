"""The explanation as text: every fact once, nothing a clinician would have to decode."""

from __future__ import annotations

from typing import Any

from cds_service.explain.text import as_text

ORDER = "MedicationRequest/one"


def said(
    says: str, reference: str = ORDER, *, date: str | None = None, certainty: str = "documented"
) -> dict[str, Any]:
    item = {"reference": reference, "says": says, "certainty": certainty}
    return {**item, "date": date} if date else item


def trial(**words: Any) -> dict[str, Any]:
    known = {
        "therapy": "drug",
        "label": "carbamazepine",
        "words": "did not work",
        "certainty": "documented",
        "start": "2025-01-10",
        "end": "2025-03-20",
        "evidence": [
            said("carbamazepine ordered 2025-01-10, until 2025-03-20, 800 mg a day", date="2025-01-10")
        ],
    }
    return {**known, **words}


def text_of(*trials: dict[str, Any], **words: Any) -> str:
    pathway = {"pathway": "pain", "title": "Pain", "inPopulation": "yes", "trials": list(trials), **words}
    story = {
        "patient": "Patient/rosa",
        "asOf": "2026-06-15",
        "hook": "patient-view",
        "pathways": [pathway],
        "cards": [],
        "undecided": {},
        "broken": {},
        "incomplete": [],
        "unreadable": {},
        "foreign": 0,
    }
    return as_text(story)


def test_an_order_is_told_once_with_its_record() -> None:
    lines = text_of(trial()).splitlines()

    assert "    carbamazepine: did not work" in lines
    assert f"        ordered 2025-01-10, until 2025-03-20, 800 mg a day <{ORDER}>" in lines


def test_what_was_ordered_stands_beside_what_is_needed() -> None:
    measured = trial(days=69.0, requiredDays=28, dailyDose="800 mg", requiredDose="600 mg")

    assert "69 days, 28 needed; 800 mg a day, 600 mg needed" in text_of(measured)


def test_a_record_is_named_once_for_all_that_it_says() -> None:
    used, stopped = trial()["evidence"][0], said("carbamazepine stopped: no effect", date="2025-03-20")
    text = text_of(trial(evidence=[used, stopped]))

    assert text.count(f"<{ORDER}>") == 1
    assert "        carbamazepine stopped: no effect (2025-03-20)\n" in text


def test_a_quote_that_another_line_holds_is_left_out() -> None:
    used = trial()["evidence"][0]
    quote = said("the record says “no relief”", certainty="inferred")
    text = text_of(trial(evidence=[used, quote, said("carbamazepine stopped: No relief at all")]))

    assert "the record says" not in text
    assert "No relief at all" in text


def test_a_quote_of_another_record_stays() -> None:
    used = trial()["evidence"][0]
    quote = said("the record says “no relief”", "MedicationStatement/two", certainty="inferred")
    text = text_of(trial(evidence=[used, said("carbamazepine stopped: No relief at all"), quote]))

    assert "the record says “no relief”, inferred <MedicationStatement/two>" in text


def test_a_date_that_the_words_hold_is_not_repeated() -> None:
    assert "(2025-01-10)" not in text_of(trial())


def test_a_side_and_an_inferred_verdict_are_marked() -> None:
    text = text_of(trial(label="decompression", side="left", certainty="inferred"))

    assert "    decompression (left): did not work [inferred]\n" in text


def test_a_pathway_without_a_ladder_in_which_nothing_was_tried_is_one_line() -> None:
    assert "Pain: in its population, nothing tried.\n" in text_of(untried=["ketamine infusions"])


def test_long_lines_go_on_below_further_in() -> None:
    text = text_of(trial(), untried=[f"therapy-{n}" for n in range(20)])
    (first,) = [line for line in text.splitlines() if line.startswith("  Not tried:")]
    following = text.splitlines()[text.splitlines().index(first) + 1]

    assert len(first) <= 110
    assert following.startswith("      therapy-")


def test_a_patient_who_passed_every_step_stands_on_none() -> None:
    steps = [{"step": "one", "name": "Drugs", "passed": "yes"}]

    assert "  Stands on: no step, all are passed\n" in text_of(steps=steps, standsOn="done")


def test_a_card_shows_its_own_id_and_those_merged_into_it() -> None:
    card = {
        "indicator": "warning",
        "summary": "Do not.",
        "extension": {"org.cds-service.explanation": {"card": "TN-20", "also": ["CM-11"]}},
    }
    story = {
        "patient": "Patient/rosa",
        "asOf": "2026-06-15",
        "hook": "order-sign",
        "pathways": [],
        "cards": [card],
        "undecided": {},
        "broken": {},
        "incomplete": [],
        "unreadable": {},
        "foreign": 0,
    }

    assert "  WARNING  TN-20 (with CM-11): Do not.\n" in as_text(story)
