"""Versions of changed rules are raised in their files, and nothing else of these files changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.authoring.versions import raise_versions
from cds_service.errors import InputInvalid
from cds_service.ruleset.hashing import check_lock, read_lock, write_lock

from ..ruleset.conftest import ORDER_CARD, RulesFolder
from .conftest import FILE

ORDER_FILE = "facial-pain/TN-20-order.yaml"


@pytest.fixture
def lock(now: RulesFolder, tmp_path: Path) -> Path:
    now.write(ORDER_FILE, ORDER_CARD)
    path = tmp_path / "rules.lock.json"
    write_lock(now.load(), path)
    return path


def text(folder: RulesFolder, name: str) -> str:
    return (folder.root / name).read_text(encoding="utf-8")


def test_only_the_changed_rule_gets_the_next_version(now: RulesFolder, lock: Path) -> None:
    now.change(FILE, "level: info", "level: warning")
    earlier, other = text(now, FILE), text(now, ORDER_FILE)

    (raised,) = raise_versions(now.load(), read_lock(lock), now.root)

    assert (raised.rule, raised.old, raised.new) == ("TN-05", 1, 2)
    assert text(now, FILE) == earlier.replace("version: 1", "version: 2")
    assert text(now, ORDER_FILE) == other
    write_lock(now.load(), lock)
    check_lock(now.load(), lock)


def test_a_version_that_was_raised_already_stays(now: RulesFolder, lock: Path) -> None:
    now.change(FILE, "level: info", "level: warning")
    now.change(FILE, "version: 1", "version: 3")
    assert raise_versions(now.load(), read_lock(lock), now.root) == ()
    assert "version: 3" in text(now, FILE)


def test_a_version_below_the_locked_one_is_raised_above_it(now: RulesFolder, lock: Path) -> None:
    now.change(FILE, "version: 1", "version: 4")
    write_lock(now.load(), lock)
    now.change(FILE, "version: 4", "version: 2")
    now.change(FILE, "level: info", "level: warning")

    (raised,) = raise_versions(now.load(), read_lock(lock), now.root)

    assert (raised.old, raised.new) == (2, 5)


def test_a_file_in_which_it_cannot_be_written_leaves_all_files_alone(now: RulesFolder, lock: Path) -> None:
    now.change(FILE, "version: 1", '"version": 1')
    for name in (FILE, ORDER_FILE):
        now.change(name, "title: A drug failed", "title: A drug did not work")

    with pytest.raises(InputInvalid, match=r"TN-05-drug-failed\.yaml: has no line 'version: 1'"):
        raise_versions(now.load(), read_lock(lock), now.root)
    assert "version: 1" in text(now, ORDER_FILE)
