"""The local database: relationships in their true direction, atoms of one concept, and nothing half imported."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from cds_service.errors import InputInvalid
from cds_service.rxnorm.database import Concept, build, opened
from cds_service.rxnorm.release import release_in
from tests.unit.rxnorm.small_release import CONCEPTS, RELATIONS, write_release


def built(folder: Path, path: Path) -> Path:
    build(release_in(folder, released="2026-06-01"), path)
    return path


def test_the_second_concept_of_a_row_is_what_the_row_speaks_of(release: Path, tmp_path: Path) -> None:
    with opened(built(release, tmp_path / "db")) as database:
        assert database.objects("308979", "consists_of") == (
            "9000101",
        )  # 9000101||CUI|RO|308979||CUI|consists_of
        assert database.objects("9000101", "consists_of") == ()


def test_a_relationship_told_from_the_other_side_is_the_same(release: Path, tmp_path: Path) -> None:
    with opened(built(release, tmp_path / "db")) as database:
        assert database.objects("402506", "consists_of") == ("9000102",)  # told as 9000102 constitutes 402506
        assert database.objects("9000021", "has_part") == ("38404", "9000001")  # one told as part_of


def test_concepts_with_their_state(release: Path, tmp_path: Path) -> None:
    with opened(built(release, tmp_path / "db")) as database:
        assert database.released == "2026-06-01"
        assert database.concept("197441") == Concept(
            rxcui="197441", tty="SCD", name="carbamazepine 100 MG Oral Tablet", suppress="O"
        )
        assert database.concept("199378") is None


def test_the_atom_that_is_in_use_stands_for_the_concept(tmp_path: Path) -> None:
    twice = CONCEPTS + "2002 IN carbamazepin O\n38404 IN topiramat N\n38404 BN other O\n"
    twice = twice.replace(
        "38404    IN   topiramate                                                       N\n", ""
    )
    with opened(built(write_release(tmp_path / "r", concepts=twice), tmp_path / "db")) as database:
        found = [database.concept("2002"), database.concept("38404")]
    assert [(c.name, c.suppress) for c in found if c] == [("carbamazepine", "N"), ("topiramat", "N")]


def test_term_types_that_nothing_is_built_on_are_left_out(tmp_path: Path) -> None:
    more = CONCEPTS + "9000998 ET Tegretol 200 N\n9000997 SCDFP something N\n"
    with opened(built(write_release(tmp_path / "r", concepts=more), tmp_path / "db")) as database:
        assert database.concept("9000998") is None
        assert database.concept("9000997") is None


def test_former_codes_are_followed_to_what_the_release_has(release: Path, tmp_path: Path) -> None:
    with opened(built(release, tmp_path / "db")) as database:
        assert database.merged_into("199378") == ("9000201",)
        assert database.merged_into("9000401") == ("308979",)  # by way of 9000402
        assert database.merged_into("2002") == ()


def test_codes_merged_in_a_circle_lead_nowhere(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "r", merged="9000401 9000402\n9000402 9000401\n")
    with opened(built(folder, tmp_path / "db")) as database:
        assert database.merged_into("9000401") == ()


def test_a_failed_import_leaves_the_former_database(release: Path, tmp_path: Path) -> None:
    path = built(release, tmp_path / "db")
    before = path.read_bytes()
    with (release / "RXNSAT.RRF").open("a", encoding="utf-8") as file:
        file.write("9000101|||")
    with pytest.raises(InputInvalid, match=r"RXNSAT\.RRF:13: ends in the middle of a line"):
        built(release, path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith("db")] == ["db"]


def test_a_failed_first_import_leaves_nothing(release: Path, tmp_path: Path) -> None:
    (release / "RXNREL.RRF").write_text("", encoding="utf-8")
    with pytest.raises(InputInvalid, match=r"RXNREL\.RRF:1: is empty"):
        built(release, tmp_path / "db")
    assert not (tmp_path / "db").exists()


def test_files_of_other_sources_only_are_no_release(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "r")
    for name in ("RXNCONSO.RRF", "RXNREL.RRF"):
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_text(text.replace("|RXNORM|", "|MTHSPL|"), encoding="utf-8")
    with pytest.raises(InputInvalid, match=r"RXNCONSO\.RRF: holds no concept of RxNorm itself"):
        built(folder, tmp_path / "db")


def test_files_of_two_releases_do_not_fit(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "r", relations="1 consists_of 2\n")
    with pytest.raises(InputInvalid, match=r"RXNREL\.RRF: holds no relationship between concepts"):
        built(folder, tmp_path / "db")


def test_relationships_cut_off_at_the_end_of_a_line_are_noticed(tmp_path: Path) -> None:
    half = "\n".join(RELATIONS.strip().splitlines()[:20])
    with pytest.raises(InputInvalid, match=r"RXNREL\.RRF: \d+ of 10 products in use have no components"):
        built(write_release(tmp_path / "r", relations=half), tmp_path / "db")


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database, but text that is long enough to be read as one" * 9, "utf-8")
    with pytest.raises(InputInvalid, match="is no database of an RxNorm release"), opened(tmp_path / "text"):
        pass
    with pytest.raises(InputInvalid, match="no such file"), opened(tmp_path / "none"):
        pass


def test_the_database_cannot_be_written_to(release: Path, tmp_path: Path) -> None:
    path = built(release, tmp_path / "db")
    with opened(path) as database, pytest.raises(sqlite3.OperationalError):
        database._db.execute("DELETE FROM concept")
