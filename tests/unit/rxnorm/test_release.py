"""The date of a release: told by an option or by the folder's name, and never guessed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cds_service.errors import InputInvalid
from cds_service.rxnorm.release import release_in
from tests.unit.rxnorm.small_release import write_release


@pytest.mark.parametrize(
    "name",
    ["RxNorm_full_06012026", "RxNorm_full_prescribe_06012026", "rxnorm-2026-06-01", "rxnorm20260601"],
)
def test_the_name_of_the_folder_tells_the_date(tmp_path: Path, name: str) -> None:
    assert release_in(write_release(tmp_path / name), released=None).released == "2026-06-01"


def test_the_folder_above_rrf_tells_it_too(tmp_path: Path) -> None:
    write_release(tmp_path / "RxNorm_full_06012026" / "rrf")
    assert release_in(tmp_path / "RxNorm_full_06012026" / "rrf", released=None).released == "2026-06-01"


def test_the_option_comes_before_the_name(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "RxNorm_full_06012026")
    assert release_in(folder, released="2026-07-06").released == "2026-07-06"


@pytest.mark.parametrize("name", ["current", "RxNorm_full_13452026"])
def test_no_date_is_asked_for(tmp_path: Path, name: str) -> None:
    folder = write_release(tmp_path / "in" / name)
    with pytest.raises(InputInvalid, match="tells no date: say --release 2026-06-01"):
        release_in(folder, released=None)


def test_an_option_that_is_no_day(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "RxNorm_full_06012026")
    with pytest.raises(InputInvalid, match="--release June: expected a day such as 2026-06-01"):
        release_in(folder, released="June")


def test_another_file_gives_another_fingerprint(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "RxNorm_full_06012026")
    before = release_in(folder, released=None).fingerprint
    assert release_in(folder, released=None).fingerprint == before
    os.utime(folder / "RXNREL.RRF", ns=(1, 1))
    assert release_in(folder, released=None).fingerprint != before
