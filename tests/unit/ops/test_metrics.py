"""Metrics count what happens, under labels that neither a client nor a record can choose."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from cds_service.ops.disabled import DisabledLook
from cds_service.ops.metrics import Metrics


def test_calls_are_counted_by_hook_and_status_and_timed() -> None:
    metrics = Metrics()
    metrics.call_answered("order-sign", 200, 0.004)
    metrics.call_answered("order-sign", 200, 0.4)
    metrics.call_answered("order-sign", 412, 3.0)
    assert metrics.value("cds_hook_calls_total", {"hook": "order-sign", "status": "200"}) == 2
    assert metrics.value("cds_hook_calls_total", {"hook": "order-sign", "status": "412"}) == 1
    assert metrics.value("cds_hook_duration_seconds_bucket", {"hook": "order-sign", "le": "0.005"}) == 1
    assert metrics.value("cds_hook_duration_seconds_count", {"hook": "order-sign"}) == 3


def test_cards_are_counted_by_rule_and_indicator() -> None:
    metrics = Metrics()
    metrics.card_returned("TN-01", "info")
    assert metrics.value("cds_cards_total", {"rule": "TN-01", "indicator": "info"}) == 1


def test_an_incomplete_answer_counts_its_types_and_its_undecided_rules() -> None:
    metrics = Metrics()
    metrics.answer_incomplete(["Observation", "AllergyIntolerance"], ["TN-20"])
    assert metrics.value("cds_incomplete_answers_total", {"type": "Observation"}) == 1
    assert metrics.value("cds_incomplete_rules_total", {"rule": "TN-20"}) == 1


def test_unknown_codes_of_a_system_that_no_rule_knows_share_one_label() -> None:
    metrics = Metrics(systems=["http://snomed.info/sct"])
    metrics.codes_unknown({"http://snomed.info/sct": 3, "urn:oid:1.2.3": 2, "jane-doe-1961": 1})
    assert metrics.value("cds_unknown_codes_total", {"system": "http://snomed.info/sct"}) == 3
    assert metrics.value("cds_unknown_codes_total", {"system": "other"}) == 3
    assert b"jane" not in metrics.exposition()


def test_feedback_is_counted_by_outcome() -> None:
    metrics = Metrics()
    metrics.feedback_taken("accepted", known_card=True)
    metrics.feedback_taken("overridden", known_card=False)
    metrics.feedback_refused(2)
    metrics.feedback_repeated(1)
    assert metrics.value("cds_feedback_entries_total", {"outcome": "accepted"}) == 1
    assert metrics.value("cds_feedback_entries_total", {"outcome": "overridden"}) == 1
    assert metrics.value("cds_feedback_entries_total", {"outcome": "refused"}) == 2
    assert metrics.value("cds_feedback_entries_total", {"outcome": "repeated"}) == 1
    assert metrics.value("cds_feedback_unknown_cards_total") == 1


def test_broken_rules_are_counted_each_time_and_once_each() -> None:
    metrics = Metrics()
    metrics.rules_loaded(9)
    metrics.rule_broke("TN-01", distinct=1)
    metrics.rule_broke("TN-01", distinct=1)
    assert metrics.value("cds_rule_failures_total", {"rule": "TN-01"}) == 2
    assert metrics.value("cds_rules_broken") == 1
    assert metrics.value("cds_rules_loaded") == 9


def test_disabled_rules_are_named_and_leave_the_rules_in_service() -> None:
    metrics = Metrics()
    metrics.rules_disabled(DisabledLook(by_setting=frozenset({"TN-05", "TN-06"})))
    metrics.rules_loaded(9)
    assert metrics.value("cds_rules_loaded") == 7
    metrics.rules_disabled(DisabledLook(by_setting=frozenset({"TN-06"}), failures=2))
    assert metrics.value("cds_rules_loaded") == 8
    assert b'cds_rule_disabled{rule="TN-06"} 1.0' in metrics.exposition()
    assert b'rule="TN-05"' not in metrics.exposition()
    assert metrics.value("cds_disabled_rules_failures") == 2


def test_two_applications_count_apart() -> None:
    one, other = Metrics(), Metrics()
    one.unexpected_error()
    assert one.value("cds_unexpected_errors_total") == 1
    assert other.value("cds_unexpected_errors_total") == 0


def test_the_exposition_can_be_read_by_prometheus() -> None:
    metrics = Metrics()
    metrics.call_answered("patient-view", 200, 0.01)
    names = {family.name for family in text_string_to_metric_families(metrics.exposition().decode())}
    assert {"cds_hook_calls", "cds_hook_duration_seconds", "cds_rules_loaded"} <= names


def test_the_summary_adds_up_over_labels() -> None:
    metrics = Metrics()
    metrics.call_answered("patient-view", 200, 0.01)
    metrics.call_answered("order-sign", 400, 0.01)
    metrics.card_returned("TN-01", "info")
    metrics.cards_forgotten(4, reason="queue-full")
    assert metrics.summary() == {
        "calls": 2,
        "cards": 1,
        "incompleteAnswers": 0,
        "feedbackEntries": 0,
        "cardsNotRemembered": 4,
        "unexpectedErrors": 0,
    }
