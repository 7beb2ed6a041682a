"""Many calls share threads and connections, and nothing else: no time, no token, no patient passes from one to the next."""

from __future__ import annotations

import gc
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from cds_service.clock import FixedClock, SystemClock
from cds_service.errors import DataUnavailable
from cds_service.fhir.client import FhirClient
from cds_service.fhir.collect import Collection
from cds_service.fhir.gather import Gatherer
from cds_service.fhir.pages import Page, Reading
from cds_service.fhir.query import Query
from cds_service.settings import Settings
from tests.unit.fhir.support import (
    PATIENT,
    TOKEN,
    allergy,
    by_type,
    call,
    condition,
    empty_required,
    needs,
    next_link,
    order,
    outcome,
    says,
    searchset,
    store,
)

NEEDS = needs("AllergyIntolerance")


def gather(gatherer, decoded, **options):
    wanted = frozenset({"AllergyIntolerance"})
    return gatherer.gather(decoded, needs=NEEDS, second_stage=lambda _: wanted, **options)


def test_a_call_that_waited_before_it_was_gathered_has_less_time(gatherers, stub):
    stub.answer = lambda handler: stub.wait(5)
    received = SystemClock().monotonic() - 2.8
    begun = time.monotonic()
    with pytest.raises(DataUnavailable, match="over-time"):
        gather(gatherers(call_budget_seconds=3), call(server=stub.base), started=received)
    assert time.monotonic() - begun < 1.0


@pytest.fixture
def fixed():
    """A clock that stands still, and a gatherer that goes by it and has a minute for a call."""
    clock = FixedClock(SystemClock().now())
    gatherer = Gatherer(Settings(dev=True, call_budget_seconds=60), clock=clock)
    yield clock, gatherer
    gatherer.close()


def test_a_token_is_not_used_after_it_has_expired(fixed, stub):
    clock, gatherer = fixed
    received = clock.monotonic()
    decoded = call(server=stub.base, token=TOKEN, expires_in=10)
    clock.advance(9)
    gather(gatherer, decoded, started=received)
    assert len(stub.heard) == 4
    clock.advance(2)
    with pytest.raises(DataUnavailable, match="over-time"):
        gather(gatherer, decoded, started=received)
    assert len(stub.heard) == 4


def test_a_token_that_expires_during_the_call_is_not_used_for_the_second_stage(fixed, stub):
    clock, gatherer = fixed
    decoded = call(server=stub.base, token=TOKEN, expires_in=10)

    def second_stage(records):
        clock.advance(11)
        return frozenset({"AllergyIntolerance"})

    records = gatherer.gather(decoded, needs=NEEDS, second_stage=second_stage)
    assert records.incomplete == {"AllergyIntolerance"}
    assert stub.asked() == ["Condition", "MedicationRequest", "Procedure"]


def test_a_token_that_lives_longer_gives_no_more_time(gatherers, stub):
    stub.answer = lambda handler: stub.wait(5)
    begun = time.monotonic()
    with pytest.raises(DataUnavailable, match="over-time"):
        gather(gatherers(call_budget_seconds=0.3), call(server=stub.base, token=TOKEN, expires_in=300))
    assert time.monotonic() - begun < 1.0


def test_a_server_that_trickles_holds_no_thread_beyond_its_call(gatherers, serve, stub):
    def trickle(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not stub.over.wait(0.05):
            handler.wfile.write(b"x")

    stub.answer = trickle
    healthy = serve(store(condition("c1")))
    gatherer = gatherers(fhir_threads=3, call_budget_seconds=0.4, read_timeout_seconds=5)
    for _ in range(3):
        with pytest.raises(DataUnavailable, match="over-time"):
            gather(gatherer, call(server=stub.base))
    begun = time.monotonic()
    assert [r.id for r in gather(gatherer, call(server=healthy.base)).of_type("Condition")] == ["c1"]
    assert time.monotonic() - begun < 0.4


def test_calls_side_by_side_keep_their_patients_and_tokens_apart(gatherers, stub):
    people = [f"pat-{n}" for n in range(8)]
    stub.answer = store(*(condition(f"c-{p}", patient=p) for p in people))
    gatherer = gatherers(fhir_threads=4)

    def one(patient):
        decoded = call(server=stub.base, token=f"token-of-{patient}", patientId=patient)
        return [resource.id for resource in gather(gatherer, decoded).of_type("Condition")]

    with ThreadPoolExecutor(8) as executor:
        assert list(executor.map(one, people)) == [[f"c-{patient}"] for patient in people]
    for heard in stub.heard:
        patient = heard.path.partition("patient=")[2].partition("&")[0]
        assert heard.headers["Authorization"] == f"Bearer token-of-{patient}"


def test_nothing_of_a_patient_outlives_the_call(gatherer, stub):
    stub.answer = store(condition("c1"), allergy("a1"))
    records = gather(gatherer, call(server=stub.base, token=TOKEN))
    assert records.of_type("Condition")
    del records
    gc.collect()
    left = [kept for kept in gc.get_objects() if isinstance(kept, Collection | Page | Query | Reading)]
    assert left == []


def test_closing_ends_the_threads(stub):
    gatherer = Gatherer(Settings(dev=True), clock=SystemClock())
    gather(gatherer, call(server=stub.base))
    workers = [thread for thread in threading.enumerate() if thread.name.startswith("fhir")]
    assert workers
    gatherer.close()
    for worker in workers:
        worker.join(timeout=2)
        assert not worker.is_alive()


def test_the_outcome_of_every_query_can_be_counted(stub):
    counted = []
    gatherer = Gatherer(Settings(dev=True), clock=SystemClock(), observe=lambda *seen: counted.append(seen))
    stub.answer = by_type({"AllergyIntolerance": says(outcome("error"), status=403)})
    gather(gatherer, call(server=stub.base))
    assert counted == [
        ("Condition", "ok"),
        ("MedicationRequest", "ok"),
        ("Procedure", "ok"),
        ("AllergyIntolerance", "access-refused"),
    ]
    gatherer.close()


def test_a_fault_of_our_own_costs_its_query_only_and_is_logged(gatherer, stub, monkeypatch, caplog):
    stub.answer = store(condition("c1"), allergy("a1"))
    pages = FhirClient.pages

    def break_for_allergies(self, server, url, **options):
        if "Allergy" in url:
            raise ZeroDivisionError(f"Patient/{PATIENT}")
        return pages(self, server, url, **options)

    monkeypatch.setattr(FhirClient, "pages", break_for_allergies)
    records = gather(gatherer, call(server=stub.base))
    assert records.incomplete == {"AllergyIntolerance"}
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
    assert caplog.records[0].exception == ["ZeroDivisionError"]
    assert PATIENT not in caplog.text + everything(caplog)


# Logs


@pytest.fixture
def logged(caplog):
    """Everything that any logger of the process writes, down to the last detail."""
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3", "requests", "urllib3.connectionpool"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


def everything(caplog):
    return "\n".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)


def secrets_of(stub):
    return (PATIENT, TOKEN, "Bearer", "trigeminal", stub.base, "patient=")


def test_logs_tell_what_failed_without_patient_token_or_address(gatherer, serve, stub, logged):
    other = serve(says(searchset()))
    record = condition("c1", code={"text": "trigeminal neuralgia"})
    answers = [
        store(record, allergy("a1")),
        by_type({"AllergyIntolerance": says(outcome("error"), status=403)}),
        by_type({"AllergyIntolerance": lambda h: h.say(f"<html>{PATIENT}</html>".encode())}),
        by_type({"AllergyIntolerance": says(searchset(link=next_link(f"{other.base}/{PATIENT}")))}),
        by_type({"AllergyIntolerance": says("", status=302, Location=f"{other.base}/{PATIENT}")}),
        by_type({"AllergyIntolerance": lambda h: setattr(h, "close_connection", True)}),
        by_type(
            {
                "AllergyIntolerance": lambda h: h.say(
                    b"{}", X_Bad=f"\r\n Patient/{PATIENT} : x\r\nbroken header"
                )
            }
        ),
        by_type({"Condition": says(searchset(record, condition("x", patient="trigeminal-patient")))}),
    ]
    for answer in answers:
        stub.answer = answer
        gather(gatherer, call(server=stub.base, token=TOKEN))
    assert [record.reason for record in logged.records if record.msg == "fhir query failed"] == [
        "access-refused",
        "answer-not-fhir-json",
        "next-page-on-another-server",
        "redirected",
        "no-connection",
        "answer-not-fhir-json",
    ]
    assert [record.foreign for record in logged.records if hasattr(record, "foreign")] == [1]
    text = everything(logged)
    assert [secret for secret in secrets_of(stub) if secret in text] == []


def test_errors_tell_nothing_of_patient_token_or_address(gatherer, stub, logged):
    stub.answer = says(outcome("error"), status=500)
    with pytest.raises(DataUnavailable) as refused:
        gather(gatherer, call(server=stub.base, token=TOKEN))
    told = f"{refused.value} {refused.value.args} {everything(logged)}"
    assert [secret for secret in secrets_of(stub) if secret in told] == []


def test_broken_prefetch_is_told_without_its_content(gatherer, logged):
    decoded = call(
        empty_required(
            medications=searchset(order("m1"), order("m2", patient="other")),
            conditions=searchset(condition("c1", code=7, note=PATIENT)),
            allergies=f"<html>{PATIENT}</html>",
        ),
        token=TOKEN,
    )
    gather(gatherer, decoded)
    assert logged.records
    text = everything(logged)
    assert [secret for secret in (PATIENT, TOKEN, "html") if secret in text.replace("%html", "")] == []
