"""The commands ``fixtures load`` and ``fixtures clean``: output and exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner
from flask import Flask
from werkzeug.serving import make_server

from cds_service.cli.fixtures import fixtures
from cds_service.sandbox.routes import create_fhir_blueprint
from cds_service.sandbox.store import ResourceStore

PATIENTS = Path(__file__).resolve().parents[3] / "fhir_fixtures" / "patients"


@pytest.fixture
def store():
    return ResourceStore()


@pytest.fixture
def base(store):
    app = Flask(__name__)
    app.register_blueprint(create_fhir_blueprint(store), url_prefix="/fhir")
    http = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}/fhir"
    http.shutdown()
    thread.join()
    http.server_close()


def run(*arguments):
    return CliRunner().invoke(fixtures, arguments)


def test_load_tells_each_patient_and_the_tag(base, store):
    done = run(
        "load",
        "--to",
        base,
        "--tag",
        "run7",
        "--prefix",
        "run7-",
        "--patient",
        "hla-b1502",
        "--patient",
        "new-tn",
    )
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "run7-hla-b1502: 6 created, 0 updated",
        "run7-new-tn: 8 created, 0 updated",
        "Tag of this run: run7",
    ]
    assert store.body("Patient", "run7-new-tn") is not None


def test_load_and_clean_answer_in_json(base):
    loaded = run("load", "--to", base, "--patient", "hla-b1502", "--json")
    assert loaded.exit_code == 0
    report = json.loads(loaded.stdout)
    assert report["patients"] == [
        {"slug": "hla-b1502", "patient_id": "hla-b1502", "created": 6, "updated": 0}
    ]
    cleaned = run("clean", "--to", base, "--tag", report["tag"], "--json")
    assert cleaned.exit_code == 0
    assert json.loads(cleaned.stdout) == {
        "base_url": base,
        "tag": report["tag"],
        "deleted": {
            "DiagnosticReport": 1,
            "Observation": 2,
            "ServiceRequest": 1,
            "Condition": 1,
            "Patient": 1,
        },
    }


def test_every_run_without_a_tag_gets_its_own(base):
    tags = {
        json.loads(run("load", "--to", base, "--patient", "new-tn", "--json").stdout)["tag"] for _ in range(2)
    }
    assert len(tags) == 2


def test_clean_in_words(base):
    run("load", "--to", base, "--tag", "run7", "--patient", "too-short")
    done = run("clean", "--to", base, "--tag", "run7")
    assert "MedicationRequest: 2 deleted" in done.stdout.splitlines()
    assert run("clean", "--to", base, "--tag", "run7").stdout == "Nothing carries this tag.\n"


def test_all_patients_are_loaded_by_default(base, store):
    assert run("load", "--to", base, "--tag", "run7").exit_code == 0
    assert len(store.all_of("Patient")) == len(list(PATIENTS.glob("*/bundle.json")))


def test_patients_may_come_from_another_folder(base, tmp_path):
    done = run("load", "--to", base, "--from", str(tmp_path))
    assert done.exit_code == 2
    assert "No such patient" in done.stderr


def test_wrong_input_ends_with_code_2_and_says_why(base):
    done = run("load", "--to", base, "--patient", "nobody")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "nobody" in done.stderr
    assert run("load", "--to", "nonsense").exit_code == 2
    assert run("clean", "--to", base, "--tag", "a b").exit_code == 2


def test_clean_without_a_tag_is_refused(base):
    assert run("clean", "--to", base).exit_code == 2


def test_a_server_that_does_not_answer_ends_with_code_20(base):
    nowhere = "http://127.0.0.1:9/fhir"
    done = run("load", "--to", nowhere, "--patient", "new-tn", "--json")
    assert done.exit_code == 20
    assert json.loads(done.stdout) == {
        "error": "No answer from the FHIR server while loading patient new-tn: ConnectionError.",
        "exitCode": 20,
    }
