"""The repository works on somebody else's machine: what `make check` refuses in lock files and tracked files."""

from __future__ import annotations

import pytest

from scripts.check_tree import lock_complaints, requirements_by_lock, text_complaints, uncovered

SHA = "--hash=sha256:" + "0" * 64

PYPROJECT = """
[project]
dependencies = ["flask>=3.1", "ruamel.yaml>=0.18"]
[project.optional-dependencies]
test = ["pytest>=8.3"]
[dependency-groups]
build = ["hatchling>=1.27"]
"""


def test_a_lock_of_pins_and_hashes_is_accepted() -> None:
    assert (
        lock_complaints(f"flask==3.1.3 \\\n    {SHA} \\\n    {SHA}\ntomli==2.0 ; extra \\\n    {SHA}\n") == []
    )


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("--index-url somewhere", "line 1: names an address"),
        ("-f wheels", "line 1: names an address"),
        ("flask @ file:///wheels/flask.whl", "line 1: names an address"),
        ("flask==3.1.3", "line 1: has no hash"),
        ("flask>=3.1.3", "line 1: is neither a pin nor a hash"),
    ],
)
def test_a_lock_may_hold_nothing_else(line: str, complaint: str) -> None:
    assert lock_complaints(line) == [complaint]


def test_every_lock_covers_the_base_requirements_and_its_own() -> None:
    assert requirements_by_lock(PYPROJECT) == {
        "base": ["flask>=3.1", "ruamel.yaml>=0.18"],
        "build": ["hatchling>=1.27"],
        "test": ["flask>=3.1", "ruamel.yaml>=0.18", "pytest>=8.3"],
    }


def test_a_requirement_is_covered_whatever_the_spelling_of_its_name() -> None:
    assert uncovered(["ruamel.yaml>=0.18"], "ruamel-yaml==0.19.1 \\\n") == []


def test_a_missing_or_too_old_pin_is_a_complaint() -> None:
    assert uncovered(["flask>=3.1", "click>=8.1"], "flask==3.0.9 \\\n") == [
        "flask 3.0.9 does not fulfil >=3.1 (make lock)",
        "click is not locked (make lock)",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "cd " + "/".join(["", "home", "ada", "cds"]),
        "cache: '" + "/".join(["", "root", ".cache"]) + "'",
        "open " + "/".join(["", "Users", "ada"]),
        "see /build/place/file.txt",
    ],
)
def test_a_path_of_one_machine_is_a_complaint(line: str) -> None:
    found = list(text_complaints(f"first line\n{line}\n", places={"/build/place"}))

    assert found == [(2, "names a path that exists on one machine only")]


@pytest.mark.parametrize(
    "host", [("files", "pythonhosted", "org"), ("registry", "npmjs", "org"), ("repo", "maven", "com")]
)
def test_a_package_registry_is_a_complaint(host: tuple[str, ...]) -> None:
    found = list(text_complaints("https://" + ".".join(host) + "/simple", places=set()))

    assert found == [(1, "names a package registry")]


@pytest.mark.parametrize(
    "line",
    [
        "</root>",
        "GET /fhir/Patient/home/1",
        "http://hl7.org/fhir/StructureDefinition",
        "org.apache.maven.plugins",
        "COPY rules /app/rules",
    ],
)
def test_other_text_is_left_alone(line: str) -> None:
    assert list(text_complaints(line, places={"/build/place"})) == []
