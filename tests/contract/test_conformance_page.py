"""Every requirement has a test or a reason why it has none, and docs/conformance.md says which."""

from __future__ import annotations

from pathlib import Path

from scripts.conformance import (
    PAGE,
    REQUIREMENTS,
    Requirement,
    coverage_of,
    faults,
    page,
    read_requirements,
)

ROOT = Path(__file__).resolve().parents[2]


def requirement(name: str, note: str = "") -> Requirement:
    return Requirement(id=name, level="MUST", says="Something", note=note)


def test_every_requirement_is_covered_or_explained() -> None:
    requirements = read_requirements((ROOT / REQUIREMENTS).read_text(encoding="utf-8"))
    assert len(requirements) > 150
    assert faults(requirements, coverage_of(ROOT)) == []


def test_the_page_is_current() -> None:
    requirements = read_requirements((ROOT / REQUIREMENTS).read_text(encoding="utf-8"))
    assert (ROOT / PAGE).read_text(encoding="utf-8") == page(requirements, coverage_of(ROOT))


def test_holes_are_found() -> None:
    requirements = [
        requirement("DISC-01"),
        requirement("DISC-02", "because"),
        requirement("DISC-03"),
        requirement("DISC-03"),
    ]
    tests = {
        "DISC-02": ["tests/x.py::test_a"],
        "DISC-03": ["tests/x.py::test_a"],
        "DISC-99": ["tests/x.py::test_a"],
    }
    assert faults(requirements, tests) == [
        "DISC-03: listed twice",
        "DISC-99: named by a test, but not listed",
        "DISC-01: no test and no note",
        "DISC-02: has a note although a test covers it",
    ]


def test_marks_are_read_from_the_source(tmp_path: Path) -> None:
    (tmp_path / "tests" / "deep").mkdir(parents=True)
    source = '@other("X-1")\n@covers("DISC-01", "DISC-02")\n@covers("TV-01")\ndef test_a() -> None: ...\n'
    (tmp_path / "tests" / "deep" / "test_x.py").write_text(source, encoding="utf-8")
    where = "tests/deep/test_x.py::test_a"
    assert coverage_of(tmp_path) == {"DISC-01": [where], "DISC-02": [where], "TV-01": [where]}


def test_the_page_links_tests_and_shows_notes() -> None:
    text = page(
        [requirement("DISC-01"), requirement("FB-12", "because")], {"DISC-01": ["tests/x.py::test_it_works"]}
    )
    assert "| DISC-01 | MUST | Something | [it works](../tests/x.py) |" in text
    assert "| FB-12 | MUST | Something | *because* |" in text
