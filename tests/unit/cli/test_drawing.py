"""``rules graph``: what it draws, and where it puts it."""

from __future__ import annotations

import json
from pathlib import Path

from .conftest import run


def test_the_ladder_is_printed_as_a_flowchart(folder: Path) -> None:
    result = run(folder, "graph", "facial-pain")

    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == "flowchart TD"
    assert '    s1 -->|"A drug failed."| done' in result.stdout


def test_the_picture_is_written_to_a_file(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "ladder.svg"

    assert run(folder, "graph", "facial-pain", "--format", "svg", "--to", str(path)).exit_code == 0
    assert path.read_text(encoding="utf-8").startswith("<svg ")


def test_the_ladder_as_json(folder: Path) -> None:
    report = json.loads(run(folder, "graph", "facial-pain", "--json").stdout)

    assert report["pathway"] == "facial-pain"
    assert report["steps"][0]["passed"] == ["A drug failed."]


def test_a_pathway_that_is_not_there_is_refused(folder: Path) -> None:
    result = run(folder, "graph", "facial-pane")

    assert result.exit_code == 2
    assert "did you mean 'facial-pain'?" in result.stderr
