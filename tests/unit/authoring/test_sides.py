"""The rules to compare with come from a folder or from git."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cds_service.authoring.sides import folder_at, load_side
from cds_service.errors import InputInvalid, RuleFileInvalid
from cds_service.terminology import Terminology

from ..ruleset.conftest import RULES, RulesFolder
from .conftest import FILE


def with_terminology(folder: RulesFolder) -> RulesFolder:
    for part in ("terminology", "valuesets"):
        (folder.root / part).symlink_to(RULES / part)
    return folder


def git(folder: Path, *arguments: str) -> None:
    name = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *name, *arguments], cwd=folder, check=True, capture_output=True)


def test_a_folder_at_an_earlier_commit_is_as_it_was(now: RulesFolder) -> None:
    git(now.root.parent, "init", "--quiet")
    git(now.root.parent, "add", "now")
    git(now.root.parent, "commit", "--quiet", "--message", "first")
    now.change(FILE, "level: info", "level: warning")

    with folder_at("HEAD", now.root) as earlier:
        assert "level: info" in (earlier / FILE).read_text(encoding="utf-8")
    assert not earlier.exists()
    assert "level: warning" in (now.root / FILE).read_text(encoding="utf-8")


@pytest.mark.parametrize("ref", ["no-such-branch", "--output=/dev/null"])
def test_what_is_no_commit_is_refused(now: RulesFolder, ref: str) -> None:
    git(now.root.parent, "init", "--quiet")
    with pytest.raises(InputInvalid, match=ref), folder_at(ref, now.root):
        pass


def test_a_folder_outside_git_is_refused(now: RulesFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(now.root.parent))
    with pytest.raises(InputInvalid, match="not a git repository"), folder_at("HEAD", now.root):
        pass


def test_the_same_terminology_is_not_loaded_again(now: RulesFolder, terminology: Terminology) -> None:
    folder = with_terminology(now).root
    assert load_side(folder, name="now", like=(RULES, terminology)).rules.terminology is terminology


def test_faults_are_named_after_their_side(now: RulesFolder, terminology: Terminology) -> None:
    now.change(FILE, "title:", "titel:")
    with pytest.raises(RuleFileInvalid) as problem:
        load_side(with_terminology(now).root, name="HEAD~1", like=(RULES, terminology))
    assert {c.file for c in problem.value.complaints} == {f"HEAD~1:{FILE}"}
