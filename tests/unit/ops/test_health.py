"""The service is ready when rules are loaded and the store can be written; a broken rule only degrades it."""

from __future__ import annotations

from cds_service.ops.disabled import DisabledLook
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


def test_disabled_rules_are_not_in_service_and_do_not_degrade_it() -> None:
    look = Health(
        rules_loaded=9,
        store_writable=lambda: True,
        disabled=lambda: DisabledLook(by_setting=frozenset({"TN-05", "TN-06"})),
    ).look()
    assert (look.rules_loaded, look.word) == (7, "ready")
    assert look.disabled.rules == {"TN-05", "TN-06"}


def test_not_ready_when_every_rule_is_disabled() -> None:
    disabled = DisabledLook(by_setting=frozenset({"TN-05"}))
    look = Health(rules_loaded=1, store_writable=lambda: True, disabled=lambda: disabled).look()
    assert look.word == "not-ready"


def test_degraded_while_the_file_of_disabled_rules_cannot_be_read() -> None:
    disabled = DisabledLook(problem="cannot be read", failures=1)
    look = Health(rules_loaded=9, store_writable=lambda: True, disabled=lambda: disabled).look()
    assert (look.ready, look.word) == (True, "degraded")
