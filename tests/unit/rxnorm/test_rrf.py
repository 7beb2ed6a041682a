"""Files that are cut off or are something else are refused, with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.errors import InputInvalid
from cds_service.rxnorm.rrf import ARCHIVE, CONSO, REL, SAT, find_files, rows

LINE = "2002|ENG||||||A1||2002||RXNORM|IN|2002|carbamazepine||N|4096|\n"
OTHER = "2002|ENG||||||A2||x||MTHSPL|SU|x|CARBAMAZEPINE||N||\n"


def written(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "RXNCONSO.RRF"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(("file", "columns"), [(CONSO, 18), (REL, 16), (SAT, 13), (ARCHIVE, 16)])
def test_each_file_has_its_official_number_of_columns(file, columns) -> None:
    assert len(file.columns) == columns


def test_rows_of_rxnorm_itself_are_read_by_column_name(tmp_path: Path) -> None:
    (row,) = rows(written(tmp_path, OTHER + LINE), CONSO)
    assert (row["RXCUI"], row["TTY"], row["STR"], row["SUPPRESS"]) == ("2002", "IN", "carbamazepine", "N")


def test_a_name_that_holds_the_word_is_not_the_source(tmp_path: Path) -> None:
    line = "1|ENG||||||A1||1||GS|IN|RXNORM|x||N|4096|\n"
    assert list(rows(written(tmp_path, line), CONSO)) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (LINE + LINE[:40], "RXNCONSO.RRF:2: ends in the middle of a line: the file is cut off"),
        (LINE + LINE.rstrip("\n"), "RXNCONSO.RRF:2: ends in the middle of a line: the file is cut off"),
        (OTHER + "1|2|3|\n", "RXNCONSO.RRF:2: has 3 columns, RXNCONSO.RRF has 18"),
        (LINE + "\n" + LINE, "RXNCONSO.RRF:2: has 0 columns, RXNCONSO.RRF has 18"),
        (LINE.replace("|\n", "|x\n"), "RXNCONSO.RRF:1: has text behind its last bar"),
        (LINE.encode().replace(b"carb", b"\xff"), "RXNCONSO.RRF:1: is not UTF-8 text"),
        ("", "RXNCONSO.RRF:1: is empty"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(tmp_path: Path, content: str | bytes, said: str) -> None:
    with pytest.raises(InputInvalid) as problem:
        list(rows(written(tmp_path, content), CONSO))
    assert str(problem.value) == said


def test_lines_of_other_sources_are_checked_too(tmp_path: Path) -> None:
    with pytest.raises(InputInvalid, match=r"RXNCONSO\.RRF:1: has 17 columns"):
        list(rows(written(tmp_path, OTHER.replace("MTHSPL|", "MTHSPL")), CONSO))


def test_missing_files_are_named_together(tmp_path: Path) -> None:
    written(tmp_path, LINE)
    with pytest.raises(InputInvalid, match=r"RXNREL\.RRF, RXNSAT\.RRF not found"):
        find_files(tmp_path)


def test_files_may_lie_in_the_folder_rrf_and_the_archive_may_be_absent(tmp_path: Path) -> None:
    folder = tmp_path / "rrf"
    folder.mkdir()
    for name in ("RXNCONSO.RRF", "RXNREL.RRF", "RXNSAT.RRF"):
        (folder / name).write_text("", encoding="utf-8")
    assert sorted(find_files(tmp_path)) == ["RXNCONSO.RRF", "RXNREL.RRF", "RXNSAT.RRF"]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputInvalid, match="is no folder"):
        find_files(tmp_path / "none")
