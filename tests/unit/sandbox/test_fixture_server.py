"""Loading and cleaning the synthetic patients over HTTP, on friendly and on difficult FHIR servers."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import requests
import responses

from cds_service.clock import FixedClock
from cds_service.errors import DataUnavailable, InputInvalid
from cds_service.sandbox.fixture_server import DELETION_ORDER, clean_fixtures, load_fixtures
from cds_service.sandbox.fixtures import fixture_folder, read_fixture
from cds_service.sandbox.polite import PoliteClient, check_base_url
from cds_service.sandbox.store import ResourceStore
from tests.unit.sandbox.samples import order, patient

BASE = "https://fhir.example/r4"
SYSTEM = "https://cds-service.example/fhir/CodeSystem/fixture-run"
NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


@pytest.fixture
def waits():
    return []


@pytest.fixture
def client(waits):
    """A client that notes its waits instead of waiting."""
    with requests.Session() as session:
        yield PoliteClient(session=session, sleep=waits.append, clock=FixedClock(NOON))


@pytest.fixture
def http():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def taken(request):
    """Answers a transaction as a server that creates everything."""
    entries = json.loads(request.body)["entry"]
    answer = {"resourceType": "Bundle", "entry": [{"response": {"status": "201 Created"}} for _ in entries]}
    return 200, {}, json.dumps(answer)


def searchset(*resources, following=None):
    links = [{"relation": "next", "url": following}] if following else []
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": links,
        "entry": [{"resource": resource, "search": {"mode": "match"}} for resource in resources],
    }


def tagged(resource, tag="run7"):
    return resource | {"meta": {"tag": [{"system": SYSTEM, "code": tag}]}}


# On the embedded server, over real HTTP.


def test_loading_puts_the_patient_and_its_resources_under_tag_and_prefix(on_a_port):
    store = ResourceStore(referential_integrity=True)
    with on_a_port(store) as base:
        report = load_fixtures(base, tag="run7", prefix="run7-", patients=["new-tn", "refractory-classical"])
    assert (report.base_url, report.tag, report.prefix) == (base, "run7", "run7-")
    assert [p.patient_id for p in report.patients] == ["run7-new-tn", "run7-refractory-classical"]
    wanted = [
        len(read_fixture(fixture_folder(), slug)["entry"]) for slug in ("new-tn", "refractory-classical")
    ]
    assert [(p.created, p.updated) for p in report.patients] == [(number, 0) for number in wanted]
    assert len(store.everything()) == sum(wanted)
    for stored in store.everything():
        assert stored.id.startswith("run7-")
        assert {"system": SYSTEM, "code": "run7"} in stored.body["meta"]["tag"]


def test_loading_twice_updates_instead_of_doubling(on_a_port):
    store = ResourceStore()
    with on_a_port(store) as base:
        load_fixtures(base, tag="run7", patients=["too-short"])
        number = len(store.everything())
        again = load_fixtures(base, tag="run7", patients=["too-short"])
    assert (again.patients[0].created, again.patients[0].updated) == (0, number)
    assert len(store.everything()) == number


def test_cleaning_removes_a_run_of_several_pages_and_nothing_else(on_a_port):
    """With referential integrity on, as on many real servers, the order of deletion matters."""
    store = ResourceStore(referential_integrity=True)
    store.put(patient("someone"))
    store.put(tagged(patient("of-another-run"), "run8"))
    with on_a_port(store) as base:
        load_fixtures(base, tag="run7", prefix="run7-", patients=["long-record", "carbamazepine-failed"])
        report = clean_fixtures(base, tag="run7")
    assert dict(report.deleted) == {
        "DiagnosticReport": 2,
        "MedicationRequest": 152,
        "Procedure": 3,
        "Observation": 4,
        "ServiceRequest": 1,
        "Condition": 3,
        "Medication": 12,
        "Patient": 2,
    }
    assert {stored.id for stored in store.everything()} == {"someone", "of-another-run"}


def test_cleaning_twice_finds_nothing_the_second_time(on_a_port):
    with on_a_port(ResourceStore()) as base:
        load_fixtures(base, tag="run7", patients=["too-short"])
        clean_fixtures(base, tag="run7")
        assert clean_fixtures(base, tag="run7").deleted == ()


def test_every_resource_type_of_the_fixtures_is_cleaned():
    folder = fixture_folder()
    types = {
        entry["resource"]["resourceType"]
        for bundle in folder.glob("*/bundle.json")
        for entry in json.loads(bundle.read_bytes())["entry"]
    }
    assert types <= set(DELETION_ORDER)


# On servers that make difficulties.


@pytest.mark.parametrize(
    ("status", "retry_after", "waited"), [(429, "7", 7), (503, "2", 2), (503, None, 1), (429, "soon", 1)]
)
def test_a_busy_server_is_waited_for_as_long_as_it_asks(http, client, waits, status, retry_after, waited):
    headers = {"Retry-After": retry_after} if retry_after else {}
    http.add(responses.POST, BASE, status=status, headers=headers)
    http.add_callback(responses.POST, BASE, callback=taken)
    load_fixtures(BASE, tag="run7", patients=["new-tn"], client=client)
    assert waits == [waited]


def test_a_date_to_come_back_at_is_understood(http, client, waits):
    http.add(responses.POST, BASE, status=503, headers={"Retry-After": "Mon, 15 Jun 2026 12:00:42 GMT"})
    http.add(responses.POST, BASE, status=503, headers={"Retry-After": "Mon, 15 Jun 2026 11:00:00 GMT"})
    http.add_callback(responses.POST, BASE, callback=taken)
    load_fixtures(BASE, tag="run7", patients=["new-tn"], client=client)
    assert waits == [42, 0]


def test_waiting_ends_when_the_server_stays_busy(http, client, waits):
    http.add(responses.POST, BASE, status=429)
    with pytest.raises(DataUnavailable, match="busy"):
        load_fixtures(BASE, tag="run7", patients=["new-tn"], client=client)
    assert waits == [1, 2, 4, 8, 16]


def test_a_wait_longer_than_reasonable_is_not_waited(http, client, waits):
    http.add(responses.POST, BASE, status=429, headers={"Retry-After": "3600"})
    with pytest.raises(DataUnavailable, match="3600 seconds"):
        load_fixtures(BASE, tag="run7", patients=["new-tn"], client=client)
    assert waits == []


def test_a_busy_server_is_waited_for_while_cleaning_too(http, client, waits):
    http.add(responses.GET, f"{BASE}/DiagnosticReport", status=429, headers={"Retry-After": "3"})
    for kind in DELETION_ORDER:
        http.add(responses.GET, f"{BASE}/{kind}", json=searchset())
    assert clean_fixtures(BASE, tag="run7", client=client).deleted == ()
    assert waits == [3]


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 400, "json": {"issue": [{"diagnostics": "secret"}]}},
        {"status": 500, "body": "secret"},
        {"status": 302, "headers": {"Location": "https://elsewhere.example/secret"}},
        {"status": 200, "body": "<html>secret</html>"},
        {"status": 200, "json": ["secret"]},
        {"status": 200, "json": {"resourceType": "Bundle", "entry": []}},
        {"body": requests.ConnectionError("secret")},
        {"body": requests.Timeout("secret")},
    ],
)
def test_a_server_that_does_not_take_the_patient_is_told_without_its_words(http, client, answer):
    http.add(responses.POST, BASE, **answer)
    with pytest.raises(DataUnavailable) as told:
        load_fixtures(BASE, tag="run7", patients=["new-tn"], client=client)
    assert "new-tn" in str(told.value)
    assert "secret" not in str(told.value)


def test_a_resource_that_was_not_written_is_noticed(http, client):
    def all_but_one(request):
        status, headers, body = taken(request)
        answer = json.loads(body)
        answer["entry"][3]["response"]["status"] = "422 Unprocessable"
        return status, headers, json.dumps(answer)

    http.add_callback(responses.POST, BASE, callback=all_but_one)
    with pytest.raises(DataUnavailable, match="every resource"):
        load_fixtures(BASE, tag="run7", patients=["new-tn"], client=client)


def test_nothing_is_sent_when_the_input_is_wrong(http, client):
    for wrong in ({"patients": ["nobody"]}, {"prefix": "a b"}, {"tag": "a b"}):
        with pytest.raises(InputInvalid):
            load_fixtures(BASE, client=client, **{"tag": "run7", **wrong})
    with pytest.raises(InputInvalid):
        clean_fixtures(BASE, tag="", client=client)
    assert len(http.calls) == 0


@pytest.mark.parametrize(
    "url",
    [
        "fhir.example",
        "ftp://fhir.example",
        "https://",
        "https://u:p@fhir.example/r4",
        "https://fhir.example/r4?x=1",
    ],
)
def test_an_address_that_is_no_fhir_base_is_refused(url):
    with pytest.raises(InputInvalid):
        check_base_url(url)


def test_a_slash_at_the_end_of_the_address_does_not_matter():
    assert check_base_url("https://fhir.example/r4/") == BASE


@pytest.mark.parametrize(
    "stranger",
    [
        patient("of-somebody-else"),
        tagged(patient("of-another-run"), "run8"),
        patient("odd") | {"meta": None},
        patient("odd") | {"meta": {"tag": "run7"}},
        tagged(patient("../Patient")),
        tagged({"resourceType": "Patient"}),
    ],
)
def test_a_server_that_ignores_the_tag_loses_nothing(http, client, stranger):
    """Some servers ignore search parameters that they do not know and answer with everything they have."""
    for kind in DELETION_ORDER:
        http.add(responses.GET, f"{BASE}/{kind}", json=searchset())
    http.replace(responses.GET, f"{BASE}/Patient", json=searchset(tagged(patient("mine")), stranger))
    with pytest.raises(DataUnavailable, match="nothing was deleted"):
        clean_fixtures(BASE, tag="run7", client=client)
    assert all(call.request.method == "GET" for call in http.calls)


def test_included_resources_of_other_types_are_left_alone(http, client):
    for kind in DELETION_ORDER:
        http.add(responses.GET, f"{BASE}/{kind}", json=searchset())
    outcome = {"resourceType": "OperationOutcome", "issue": []}
    http.replace(responses.GET, f"{BASE}/Patient", json=searchset(outcome, tagged(order("o1"))))
    assert clean_fixtures(BASE, tag="run7", client=client).deleted == ()


def test_pages_are_followed_and_each_resource_is_deleted_once(http, client):
    for kind in DELETION_ORDER:
        http.add(responses.GET, f"{BASE}/{kind}", json=searchset())
    second = f"{BASE}?_getpages=abc&_getpagesoffset=50"
    http.replace(responses.GET, f"{BASE}/Patient", json=searchset(tagged(patient("a")), following=second))
    http.add(responses.GET, BASE, json=searchset(tagged(patient("a")), tagged(patient("b"))))
    for patient_id in "ab":
        http.add(responses.DELETE, f"{BASE}/Patient/{patient_id}", status=200)
    assert clean_fixtures(BASE, tag="run7", client=client).deleted == (("Patient", 2),)
    deleted = [call.request.url for call in http.calls if call.request.method == "DELETE"]
    assert deleted == [f"{BASE}/Patient/a", f"{BASE}/Patient/b"]


@pytest.mark.parametrize(
    "following", [f"{BASE}/DiagnosticReport?page=2", "https://elsewhere.example/DiagnosticReport?page=2"]
)
def test_pages_that_loop_or_lead_to_another_server_end_the_run(http, client, following):
    http.add(responses.GET, f"{BASE}/DiagnosticReport", json=searchset(following=following))
    with pytest.raises(DataUnavailable):
        clean_fixtures(BASE, tag="run7", client=client)
    assert {call.request.url.split("/DiagnosticReport")[0] for call in http.calls} == {BASE}


def test_what_is_still_referenced_is_deleted_in_a_later_round(http, client):
    for kind in DELETION_ORDER:
        http.add(responses.GET, f"{BASE}/{kind}", json=searchset())
    http.replace(
        responses.GET,
        f"{BASE}/MedicationRequest",
        json=searchset(tagged(order("first")), tagged(order("renewal"))),
    )
    http.add(responses.DELETE, f"{BASE}/MedicationRequest/first", status=409)
    http.add(responses.DELETE, f"{BASE}/MedicationRequest/first", status=204)
    http.add(responses.DELETE, f"{BASE}/MedicationRequest/renewal", status=204)
    assert clean_fixtures(BASE, tag="run7", client=client).deleted == (("MedicationRequest", 2),)


def test_what_others_keep_pointing_at_ends_the_run(http, client):
    for kind in DELETION_ORDER:
        http.add(responses.GET, f"{BASE}/{kind}", json=searchset())
    http.replace(responses.GET, f"{BASE}/Patient", json=searchset(tagged(patient("a"))))
    http.add(responses.DELETE, f"{BASE}/Patient/a", status=409)
    with pytest.raises(DataUnavailable, match="still referenced"):
        clean_fixtures(BASE, tag="run7", client=client)


def test_a_refused_deletion_ends_the_run(http, client):
    for kind in DELETION_ORDER:
        http.add(responses.GET, f"{BASE}/{kind}", json=searchset())
    http.replace(responses.GET, f"{BASE}/Patient", json=searchset(tagged(patient("a"))))
    http.add(responses.DELETE, f"{BASE}/Patient/a", status=403)
    with pytest.raises(DataUnavailable, match="403"):
        clean_fixtures(BASE, tag="run7", client=client)
