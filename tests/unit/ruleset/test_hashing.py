"""A rule's hash changes when anything that it uses changes, and only then; changed content needs a new version."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.errors import LockMismatch
from cds_service.ruleset.hashing import check_lock, write_lock
from cds_service.terminology import Terminology

from .conftest import RulesFolder

FILE = "facial-pain/TN-05-drug-failed.yaml"


def hash_of(folder: RulesFolder) -> str:
    return folder.load().by_id["TN-05"].hash


def test_a_hash_is_the_same_for_the_same_content(
    folder: RulesFolder, tmp_path: Path, terminology: Terminology
) -> None:
    assert hash_of(folder) == hash_of(RulesFolder(tmp_path / "copy", terminology))
    assert len(hash_of(folder)) == 64


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (FILE, "level: info", "level: warning"),
        (FILE, 'summary: "A drug', 'summary: "One drug'),
        ("facial-pain/pathway.yaml", "says: A drug failed.", "says: One drug failed."),
        ("facial-pain/pathway.yaml", "carbamazepine: 600 mg", "carbamazepine: 800 mg"),
        ("facial-pain/pathway.yaml", "medication: oxcarbazepine", "medication: eslicarbazepine"),
        ("facial-pain/pathway.yaml", "condition: trigeminal-neuralgia", "condition: facial-pain"),
    ],
)
def test_whatever_the_rule_uses_is_part_of_it(folder: RulesFolder, file: str, old: str, new: str) -> None:
    before = hash_of(folder)

    folder.change(file, old, new)

    assert hash_of(folder) != before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (FILE, "version: 1", "version: 2"),
        (FILE, "status: pilot", "status: active"),
        ("facial-pain/pathway.yaml", "says: Pain is severe.", "says: Pain is bad."),
        ("facial-pain/pathway.yaml", "value: 7,", "value: 8,"),
        ("shared/facts.yaml", "within: 12 months", "within: 6 months"),
    ],
)
def test_what_the_rule_does_not_use_leaves_it_alone(
    folder: RulesFolder, file: str, old: str, new: str
) -> None:
    before = hash_of(folder)

    folder.change(file, old, new)

    assert hash_of(folder) == before


def test_a_setting_counts_with_the_value_of_the_profile(folder: RulesFolder) -> None:
    folder.change(FILE, "[drug-failed]", "[severe-pain]")
    before = hash_of(folder)
    folder.write(
        "profiles/uk.yaml", "profile: uk\npathways: facial-pain\nsays: A site.\nsettings: {pain-severe: 8}\n"
    )

    assert folder.load().by_id["TN-05"].hash == before
    assert folder.load("uk").by_id["TN-05"].hash != before


def test_changed_content_needs_a_raised_version(folder: RulesFolder, tmp_path: Path) -> None:
    lock = tmp_path / "rules.lock.json"
    write_lock(folder.load(), lock)
    check_lock(folder.load(), lock)

    folder.change(FILE, "level: info", "level: warning")
    with pytest.raises(
        LockMismatch, match=r"TN-05-drug-failed\.yaml: content changed since version 1"
    ) as problem:
        check_lock(folder.load(), lock)
    assert problem.value.exit_code == 12

    folder.change(FILE, "version: 1", "version: 2")
    write_lock(folder.load(), lock)
    check_lock(folder.load(), lock)


def test_without_a_lock_file_nothing_is_locked(folder: RulesFolder, tmp_path: Path) -> None:
    check_lock(folder.load(), tmp_path / "none.json")
