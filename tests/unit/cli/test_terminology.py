"""The commands ``terminology import-rxnorm`` and ``terminology gaps``: output and exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from werkzeug.serving import make_server

from cds_service.cli import main
from tests.unit.rxnorm.small_release import write_release, write_rules

LOCAL = "urn:oid:1.2.3.4"


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return write_release(tmp_path / "RxNorm_full_06012026")


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    return write_rules(tmp_path / "rules").folder


def run(*arguments: object, environment: dict[str, str] | None = None) -> Result:
    return CliRunner(env={"CDS_RXNORM": None, **(environment or {})}).invoke(
        main, ["terminology", *map(str, arguments)]
    )


# ---------------------------------------------------------------- import-rxnorm


def test_the_difference_is_shown_and_nothing_is_changed(release: Path, rules: Path, tmp_path: Path) -> None:
    done = run("import-rxnorm", release, "--to", tmp_path / "to", "--rules", rules)
    assert done.exit_code == 0
    assert (
        done.output
        == f"""\
RxNorm release 2026-06-01, held against the shipped tables
32 codes of 38 stand for ingredients of the rules; 3 former codes; 1 code read from names; 2 NDC, 1 of several products left out

other-name: 1 (the release gives our code to something else: correct the rules; nothing is built on it)
  6130 ketamine: ketorolac

missing: 2 (code of ours that the release does not have)
  312136 oxcarbazepine 150 mg tablet: not there
  9000999 a product of old: not there

merged: 1 (code of ours that the release merged into another)
  199378 carbamazepine ER 100 mg tablet: 9000201

obsolete: 1 (code of ours that is obsolete in the release)
  197441 carbamazepine 100 mg tablet: carbamazepine 100 MG Oral Tablet

changed: 1 (other ingredients, strength, form, route or content than now)
  402506 carbamazepine 300 MG Extended Release Oral Tablet: carbamazepine 400 mg; tablet, oral, er -> carbamazepine 300 mg; tablet, oral, er

verified: 1 (state of verification)
  38404 topiramate: no -> yes

found: 1 (ingredient that the rules have no RxNorm code for, found by its name)
  9000002 zavegepant: zavegepant

added: 24 (new in the table)
  carbamazepine: 15
  metoprolol: 3
  topiramate: 5
  zavegepant: 1

value sets that change: 6
  carbamazepine: 7 -> 22 codes
  first-line: 9 -> 24 codes
  metoprolol: 1 -> 4 codes
  migraine-drug: 2 -> 10 codes
  topiramate: 1 -> 6 codes
  zavegepant: 0 -> 1 codes

strengths that could not be read (unknown, never zero): 1 component

dose forms that rxnorm_words.csv lacks (form and route unknown):
  Oral Jelly: 1

All of it: {tmp_path}/to/diff.csv
Nothing was changed. When the difference is right, run again with --apply.
"""
    )
    assert not (tmp_path / "to" / "products.csv").exists()


def test_apply_says_how_the_service_uses_it(release: Path, rules: Path, tmp_path: Path) -> None:
    done = run(
        "import-rxnorm",
        release,
        "--rules",
        rules,
        "--apply",
        environment={"CDS_RXNORM": str(tmp_path / "to")},
    )
    assert done.exit_code == 0
    assert done.output.endswith(f"In place: start the service with CDS_RXNORM={tmp_path}/to\n")
    assert (tmp_path / "to" / "products.csv").exists()


def test_the_difference_as_json(release: Path, rules: Path, tmp_path: Path) -> None:
    done = run("import-rxnorm", release, "--to", tmp_path / "to", "--rules", rules, "--json")
    report = json.loads(done.output)
    assert (report["release"], report["applied"]) == ("2026-06-01", False)
    assert report["counts"] == {
        "other-name": 1,
        "missing": 2,
        "merged": 1,
        "obsolete": 1,
        "suppressed": 0,
        "changed": 1,
        "removed": 0,
        "verified": 1,
        "found": 1,
        "added": 24,
    }
    assert len(report["changes"]) == 32
    assert report["sets"][0]["name"] == "carbamazepine"
    assert report["ndc"] == {"codes": 2, "doubtful": 1}


def test_a_file_that_is_cut_off_ends_with_file_and_line(release: Path, rules: Path, tmp_path: Path) -> None:
    text = (release / "RXNSAT.RRF").read_text(encoding="utf-8")
    (release / "RXNSAT.RRF").write_text(text[:-20], encoding="utf-8")
    done = run("import-rxnorm", release, "--to", tmp_path / "to", "--rules", rules)
    assert (done.exit_code, done.stderr) == (
        2,
        "Error: RXNSAT.RRF:12: ends in the middle of a line: the file is cut off\n",
    )
    assert list((tmp_path / "to").iterdir()) == []


def test_a_folder_without_date(rules: Path, tmp_path: Path) -> None:
    folder = write_release(tmp_path / "current")
    done = run("import-rxnorm", folder, "--to", tmp_path / "to", "--rules", rules)
    assert done.exit_code == 2
    assert "say --release 2026-06-01" in done.stderr
    dated = run("import-rxnorm", folder, "--to", tmp_path / "to", "--rules", rules, "--release", "2026-06-01")
    assert dated.exit_code == 0


# ---------------------------------------------------------------- gaps


def medication(system: str, code: str, text: str | None = None) -> dict[str, object]:
    concept: dict[str, object] = {"coding": [{"system": system, "code": code, "display": "Jane's tablets"}]}
    if text is not None:
        concept["text"] = text
    return {"resourceType": "MedicationRequest", "medicationCodeableConcept": concept}


def bundle_file(path: Path, *resources: dict[str, object]) -> Path:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": resource} for resource in resources]}
    path.write_text(json.dumps(bundle), encoding="utf-8")
    return path


def test_gaps_of_files_by_system_and_code(rules: Path, tmp_path: Path) -> None:
    one = bundle_file(
        tmp_path / "one.json",
        medication(LOCAL, "D-77"),
        medication(LOCAL, "D-77"),
        medication("http://www.nlm.nih.gov/research/umls/rxnorm", "308979"),
        medication(LOCAL, "D-1", "carbamazepine 200 mg"),
    )
    two = tmp_path / "two.ndjson"
    two.write_text(
        json.dumps(medication(LOCAL, "D-77")) + "\n\n" + json.dumps(medication(LOCAL, "D 9 Jane")), "utf-8"
    )
    done = run("gaps", one, two, "--rules", rules)
    assert done.exit_code == 0
    assert (
        done.output
        == """\
6 coded fields read
      5  urn:oid:1.2.3.4

  count  unread  field        system | code
      3       3  medication   urn:oid:1.2.3.4 | D-77
      1       1  medication   urn:oid:1.2.3.4 | (not shown)
      1       0  medication   urn:oid:1.2.3.4 | D-1
unread: neither another code nor the text was understood; there the rules are blind
"""
    )
    assert "Jane" not in done.output


def test_gaps_as_json_with_a_limit(rules: Path, tmp_path: Path) -> None:
    file = bundle_file(tmp_path / "b.json", *(medication(LOCAL, f"D-{n}") for n in range(3)))
    report = json.loads(run("gaps", file, "--rules", rules, "--top", "2", "--json").output)
    assert report["bySystem"] == {LOCAL: 3}
    assert [c["code"] for c in report["codes"]] == ["D-0", "D-1"]
    assert (report["notListed"], report["beyond"]) == (1, 0)
    assert "1 code not listed (--top)" in run("gaps", file, "--rules", rules, "--top", "2").output


def test_with_an_import_drugs_of_no_interest_are_no_gaps(release: Path, rules: Path, tmp_path: Path) -> None:
    run("import-rxnorm", release, "--to", tmp_path / "to", "--rules", rules, "--apply")
    file = bundle_file(
        tmp_path / "b.json", medication("http://www.nlm.nih.gov/research/umls/rxnorm", "9000207")
    )
    assert json.loads(run("gaps", file, "--rules", rules, "--json").output)["codes"] != []
    done = run("gaps", file, "--rules", rules, environment={"CDS_RXNORM": str(tmp_path / "to")})
    assert done.output == "1 coded field read: every code that matters is known\n"
    assert run("gaps", file, "--rules", rules, "--rxnorm", tmp_path / "to").output == done.output


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", "Jane Doe", "a.json: expected a FHIR Bundle or resource in JSON"),
        ("a.json", "[]", "a.json: expected a FHIR Bundle or resource in JSON"),
        (
            "a.ndjson",
            '{"resourceType": "Patient"}\nJane',
            "a.ndjson:2: expected a FHIR Bundle or resource in JSON",
        ),
    ],
)
def test_a_file_that_is_no_fhir_is_named_without_its_content(
    rules: Path, tmp_path: Path, name: str, content: str, said: str
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    done = run("gaps", tmp_path / name, "--rules", rules)
    assert (done.exit_code, done.stderr) == (2, f"Error: {tmp_path}/{said}\n")


def test_a_file_that_is_not_there(rules: Path, tmp_path: Path) -> None:
    done = run("gaps", tmp_path / "none.json", "--rules", rules)
    assert (done.exit_code, done.stderr) == (2, f"Error: {tmp_path}/none.json: No such file or directory\n")


def test_files_or_a_service_not_both_and_not_neither(rules: Path) -> None:
    for arguments in ((), ("a.json", "--url", "http://127.0.0.1:1")):
        done = run("gaps", *arguments, "--rules", rules)
        assert (done.exit_code, done.stderr) == (
            2,
            "Error: Name FHIR files (Bundles or NDJSON), or a running service by --url.\n",
        )


@pytest.fixture
def service():
    """A service that answers as ``/unknown-codes`` does."""
    app = Flask(__name__)
    app.config["answer"] = {"rxnorm": None, "codes": [], "notListed": 0}
    app.add_url_rule("/unknown-codes", view_func=lambda: app.config["answer"])
    http = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield app, f"http://127.0.0.1:{http.server_port}"
    http.shutdown()
    thread.join()
    http.server_close()


def test_gaps_that_a_running_service_met(service) -> None:
    app, base = service
    assert run("gaps", "--url", base).output == (
        "shipped product table only: no RxNorm import in use\nno unknown code was met since the start\n"
    )
    codes = [
        {"system": "http://x/rxnorm", "code": "777", "count": 12},
        {"system": "u", "code": "8", "count": 1},
    ]
    app.config["answer"] = {"rxnorm": "2026-06-01", "codes": codes, "notListed": 3}
    assert run("gaps", "--url", f"{base}/", "--top", "1").output == (
        "RxNorm release 2026-06-01\n     12  http://x/rxnorm | 777\n"
        "1 code not listed (--top); 3 met beyond what is counted one by one\n"
    )
    assert json.loads(run("gaps", "--url", base, "--json").output)["codes"] == codes


def test_an_address_at_which_no_service_answers(service) -> None:
    app, base = service
    app.config["answer"] = ["something else"]
    for address in (base, "http://127.0.0.1:1"):
        done = run("gaps", "--url", address)
        assert done.exit_code == 2
        assert done.stderr == f"Error: {address}/unknown-codes: no cds-service answers there\n"
