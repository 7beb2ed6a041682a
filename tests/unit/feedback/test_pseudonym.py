"""Patients are stored under a keyed digest; the key is made once per installation and kept apart from the database."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from cds_service.feedback.pseudonym import Pseudonymiser, install_secret

SECRET = b"0123456789abcdef0123456789abcdef"


def test_the_same_patient_of_the_same_client_has_one_pseudonym() -> None:
    names = Pseudonymiser(SECRET)
    assert names.subject("p1", client="a") == names.subject("p1", client="a")


def test_other_patients_other_clients_and_other_installations_have_others() -> None:
    names = Pseudonymiser(SECRET)
    found = {
        names.subject("p1", client="a"),
        names.subject("p2", client="a"),
        names.subject("p1", client="b"),
        Pseudonymiser(SECRET[::-1]).subject("p1", client="a"),
    }
    assert len(found) == 4


def test_a_pseudonym_is_32_hexadecimal_digits() -> None:
    assert re.fullmatch(r"[0-9a-f]{32}", Pseudonymiser(SECRET).subject("jane-doe", client=""))


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        Pseudonymiser(b"short")


def test_the_secret_is_made_on_first_use_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "new" / "feedback.secret"
    first = install_secret(path)
    assert len(first) == 32
    assert install_secret(path) == first
    assert [file.name for file in path.parent.iterdir()] == ["feedback.secret"]


def test_only_its_owner_can_read_the_secret(tmp_path: Path) -> None:
    path = tmp_path / "feedback.secret"
    install_secret(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_without_a_file_the_secret_passes_with_the_process() -> None:
    assert install_secret(None) != install_secret(None)


def test_of_two_processes_that_start_at_once_both_use_the_first_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "feedback.secret"
    path.write_text("ab" * 32, encoding="ascii")
    seen = iter([False])
    monkeypatch.setattr(Path, "exists", lambda self: next(seen))
    assert install_secret(path) == bytes.fromhex("ab" * 32)
