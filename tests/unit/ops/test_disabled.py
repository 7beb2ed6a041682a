"""Rules can be disabled while the service runs; a file that breaks changes nothing, and is seen."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cds_service.clock import FixedClock
from cds_service.errors import InputInvalid
from cds_service.ops.disabled import (
    DISABLED,
    ENABLED,
    LOOK_EVERY_SECONDS,
    DisabledFile,
    DisabledLook,
    DisabledRules,
    Entry,
    read_disabled,
    record,
)

KNOWN = ("TN-01", "TN-05", "TN-25")


def entry(
    rule: str, what: str = DISABLED, *, at: str = "2026-06-15T10:00:00Z", because: str = "misfires"
) -> Entry:
    return Entry(what=what, rule=rule, by="ada", at=at, because=because)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "disabled.json"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 6, 15, tzinfo=UTC))


@pytest.fixture
def seen() -> list[DisabledLook]:
    return []


Watch = Callable[..., DisabledRules]


@pytest.fixture
def watch(path: Path, clock: FixedClock, seen: list[DisabledLook]) -> Watch:
    def begin(*by_setting: str) -> DisabledRules:
        return DisabledRules(
            path, known=KNOWN, by_setting=frozenset(by_setting), clock=clock, observe=seen.append
        )

    return begin


def later(clock: FixedClock, rules: DisabledRules) -> DisabledLook:
    clock.advance(LOOK_EVERY_SECONDS)
    return rules.look()


# ---------------------------------------------------------------- the file


def test_without_a_file_nothing_is_disabled(path: Path) -> None:
    assert read_disabled(path) == DisabledFile()
    assert read_disabled(None) == DisabledFile()


def test_every_decision_is_kept_and_the_latest_of_a_rule_holds(path: Path) -> None:
    decisions = (entry("TN-25"), entry("TN-05"), entry("TN-25", ENABLED, at="2026-06-16T10:00:00Z"))
    for decision in decisions:
        record(path, decision)

    file = read_disabled(path)

    assert file.log == decisions
    assert file.disabled == {"TN-05": entry("TN-05")}


def test_who_when_and_why_stand_in_the_file_as_plain_text(path: Path) -> None:
    record(path, entry("TN-05", because="warns in error – see ticket 7"))
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "log": [
            {
                "what": "disabled",
                "rule": "TN-05",
                "by": "ada",
                "at": "2026-06-15T10:00:00Z",
                "because": "warns in error – see ticket 7",
            }
        ]
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"log": 1}',
        '{"log": [{"rule": "TN-05"}]}',
        '{"log": [{"what": "paused", "rule": "TN-05", "by": "a", "at": "b", "because": "c"}]}',
        '{"log": [{"what": "disabled", "rule": 5, "by": "a", "at": "b", "because": "c"}]}',
    ],
)
def test_a_file_that_is_no_such_list_is_refused(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputInvalid, match="is no list of disabled rules"):
        read_disabled(path)


def test_a_broken_file_is_not_written_over(path: Path) -> None:
    path.write_text("{", encoding="utf-8")
    with pytest.raises(InputInvalid):
        record(path, entry("TN-05"))
    assert path.read_text(encoding="utf-8") == "{"


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputInvalid, match="No such file or directory"):
        record(tmp_path / "none" / "disabled.json", entry("TN-05"))


def test_decisions_made_at_once_are_all_kept(path: Path) -> None:
    threads = [threading.Thread(target=record, args=(path, entry(f"TN-{n:02}"))) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_disabled(path).disabled) == 20


# ---------------------------------------------------------------- a running service


def test_a_rule_is_disabled_and_enabled_without_a_restart(
    path: Path, watch: Watch, clock: FixedClock
) -> None:
    rules = watch()
    assert rules.rules() == frozenset()

    record(path, entry("TN-05"))
    assert later(clock, rules).rules == {"TN-05"}
    assert rules.look().by_file == {"TN-05": entry("TN-05")}

    record(path, entry("TN-05", ENABLED))
    assert later(clock, rules).rules == frozenset()


def test_the_file_is_looked_at_once_a_second_at_most(path: Path, watch: Watch, clock: FixedClock) -> None:
    rules = watch()
    record(path, entry("TN-05"))
    assert rules.rules() == frozenset()
    clock.advance(LOOK_EVERY_SECONDS / 2)
    assert rules.rules() == frozenset()
    clock.advance(LOOK_EVERY_SECONDS / 2)
    assert rules.rules() == {"TN-05"}


def test_what_a_setting_disables_stays_disabled(path: Path, watch: Watch, clock: FixedClock) -> None:
    rules = watch("TN-01")
    record(path, entry("TN-01"))
    record(path, entry("TN-25"))
    look = later(clock, rules)
    assert (sorted(look.by_setting), sorted(look.by_file), sorted(look.rules)) == (
        ["TN-01"],
        ["TN-25"],
        ["TN-01", "TN-25"],
    )

    record(path, entry("TN-01", ENABLED))
    assert later(clock, rules).rules == {"TN-01", "TN-25"}


def test_a_rule_that_nobody_knows_is_named_and_disables_nothing(path: Path, watch: Watch) -> None:
    record(path, entry("TN-99"))
    look = watch().look()
    assert (look.rules, look.unknown) == (frozenset(), ("TN-99",))


def test_a_service_does_not_start_with_a_file_that_it_cannot_read(path: Path, watch: Watch) -> None:
    path.write_text("{", encoding="utf-8")
    with pytest.raises(InputInvalid, match="is no list of disabled rules"):
        watch()


def break_it(path: Path) -> None:
    path.write_text("{", encoding="utf-8")


def remove_it(path: Path) -> None:
    path.unlink()


def make_it_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("harm", [break_it, remove_it, make_it_a_folder])
def test_a_file_that_breaks_leaves_in_force_what_it_said_and_is_seen(
    path: Path,
    watch: Watch,
    clock: FixedClock,
    harm: Callable[[Path], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    record(path, entry("TN-05"))
    rules = watch()

    harm(path)
    look = later(clock, rules)

    assert look.rules == {"TN-05"}
    assert (look.problem, look.failures) == ("cannot be read; what it last said stays in force", 1)
    assert [r.message for r in caplog.records if r.levelno == logging.ERROR] == [
        "disabled rules cannot be read"
    ]


def test_one_trouble_is_counted_once_and_ends_when_the_file_can_be_read(
    path: Path, watch: Watch, clock: FixedClock
) -> None:
    record(path, entry("TN-05"))
    good = path.read_bytes()
    rules = watch()

    path.write_text("{", encoding="utf-8")
    for _ in range(3):
        assert later(clock, rules).failures == 1
    path.write_bytes(good)
    look = later(clock, rules)
    assert (look.problem, look.failures, sorted(look.rules)) == (None, 1, ["TN-05"])

    path.write_text("[", encoding="utf-8")
    assert later(clock, rules).failures == 2


def test_a_file_that_may_not_be_read_for_a_while_is_read_again_afterwards(
    path: Path, watch: Watch, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(path, entry("TN-05"))
    rules = watch()
    record(path, entry("TN-25"))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", _refuse)
        assert later(clock, rules).rules == {"TN-05"}
        assert rules.look().problem is not None
    look = later(clock, rules)
    assert (sorted(look.rules), look.problem, look.failures) == (["TN-05", "TN-25"], None, 1)


def _refuse(_path: Path) -> bytes:
    raise PermissionError(13, "Permission denied")


def test_whoever_watches_is_told_of_every_change_and_of_nothing_else(
    path: Path, watch: Watch, clock: FixedClock, seen: list[DisabledLook]
) -> None:
    rules = watch()
    record(path, entry("TN-05"))
    for _ in range(3):
        later(clock, rules)
    assert [look.rules for look in seen] == [frozenset(), {"TN-05"}]


def test_a_file_touched_without_a_change_is_no_change(
    path: Path, watch: Watch, clock: FixedClock, seen: list[DisabledLook]
) -> None:
    record(path, entry("TN-05"))
    rules = watch()
    os.utime(path, (1, 1))
    assert later(clock, rules).rules == {"TN-05"}
    assert len(seen) == 1


def test_without_a_path_only_settings_disable(clock: FixedClock) -> None:
    rules = DisabledRules(None, known=KNOWN, by_setting=frozenset({"TN-01"}), clock=clock)
    assert later(clock, rules).rules == {"TN-01"}
