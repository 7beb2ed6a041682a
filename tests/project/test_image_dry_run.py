"""How the Dockerfile is read when its steps run without a container engine."""

from __future__ import annotations

from pathlib import Path

from scripts.image_dry_run import instructions

DOCKERFILE = Path(__file__).parents[2] / "Dockerfile"


def test_continued_lines_are_one_instruction_and_comments_none() -> None:
    text = '# A comment\nFROM python:3 AS build\n\nRUN one && \\\n    # inside\n    two\ncmd ["serve"]\n'

    assert instructions(text) == [("FROM", "python:3 AS build"), ("RUN", "one && two"), ("CMD", '["serve"]')]


def test_the_image_runs_without_privileges_and_asks_for_its_own_health() -> None:
    last_stage = "FROM" + DOCKERFILE.read_text(encoding="utf-8").rpartition("\nFROM")[2]
    keywords = dict(instructions(last_stage))

    assert keywords["USER"] == "10001:10001"
    assert "/healthz" in keywords["HEALTHCHECK"]
    assert "CDS_DEV" not in keywords["ENV"]
