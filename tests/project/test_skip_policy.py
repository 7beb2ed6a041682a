"""In CI every test runs: a skip, wherever it happens, is a failure with the reason of the skip."""

from __future__ import annotations

from pathlib import Path

import pytest

CONFTEST = (Path(__file__).parents[1] / "conftest.py").read_text(encoding="utf-8")

SKIPS = {
    "a mark": "@pytest.mark.skip(reason='no server')\ndef test_it(): pass",
    "a call in the test": "def test_it(): pytest.skip('no server')",
    "a fixture": "@pytest.fixture\ndef server(): pytest.skip('no server')\ndef test_it(server): pass",
    "a whole module": "pytest.skip('no server', allow_module_level=True)",
}

every_skip = pytest.mark.parametrize("source", SKIPS.values(), ids=SKIPS)


def run(pytester: pytest.Pytester, source: str) -> pytest.RunResult:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(f"import pytest\n{source}\n")
    return pytester.runpytest_inprocess("-p", "no:randomly", "-p", "no:cacheprovider")


@every_skip
def test_a_skip_fails_in_ci_and_tells_its_reason(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.setenv("CI", "true")

    result = run(pytester, source)

    assert result.ret != 0
    assert "skipped" not in result.parseoutcomes()
    result.stdout.fnmatch_lines(["*CI=true allows no skip*no server*"])


@every_skip
def test_a_skip_stays_a_skip_elsewhere(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.delenv("CI", raising=False)

    assert run(pytester, source).parseoutcomes() == {"skipped": 1}


def test_an_expected_failure_is_no_skip(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")

    result = run(pytester, "@pytest.mark.xfail(reason='known')\ndef test_it(): assert False")

    assert result.parseoutcomes() == {"xfailed": 1}


def test_a_test_that_leaves_this_machine_fails(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HAPI_BASE", raising=False)
    source = "import socket\ndef test_it():\n    with socket.socket() as leaving: leaving.connect(('192.0.2.1', 9))"

    result = run(pytester, source)

    assert result.parseoutcomes() == {"failed": 1}
    result.stdout.fnmatch_lines(["*a test tried to connect to 192.0.2.1*"])
