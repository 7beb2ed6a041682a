"""The service is ready when rules are loaded and the store can be written; a broken rule only degrades it."""

from __future__ import annotations

from cds_service.ops.health import Health


def test_ready_with_rules_and_a_store() -> None:
    look = Health(rules_loaded=9, store_writable=lambda: True).look()
    assert (look.ready, look.word) == (True, "ready")


def test_not_ready_without_rules() -> None:
    look = Health(rules_loaded=0, store_writable=lambda: True).look()
    assert (look.ready, look.word) == (False, "not-ready")


def test_not_ready_while_the_store_cannot_be_written() -> None:
    writable = [False]
    health = Health(rules_loaded=9, store_writable=lambda: writable[0])
    assert not health.look().ready
    writable[0] = True
    assert health.look().ready


def test_a_broken_rule_is_named_with_its_count_and_does_not_stop_the_others() -> None:
    health = Health(rules_loaded=9, store_writable=lambda: True)
    assert health.rule_broke("TN-05") == 1
    assert health.rule_broke("TN-01") == 2
    assert health.rule_broke("TN-05") == 2
    look = health.look()
    assert look.broken_rules == {"TN-01": 1, "TN-05": 2}
    assert (look.ready, look.word) == (True, "degraded")
