"""The client of FHIR servers: what it sends, what it repeats, what it follows, and what it takes for an answer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import requests
import responses

from cds_service.clock import FixedClock
from cds_service.fhir.budget import Budget
from cds_service.fhir.client import FhirClient, QueryFailed, Trouble
from cds_service.settings import Settings
from tests.unit.fhir.support import condition, next_link, outcome, searchset, usable_server

EHR = "https://ehr.example.org/r4"
SERVER = usable_server(EHR, token="abc", settings=Settings())
URL = f"{EHR}/Condition?patient=p1"
NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


class Waits(list[float]):
    """The pauses that the client made, on a clock that jumps over them."""


@pytest.fixture
def clock():
    return FixedClock(NOW)


@pytest.fixture
def waits():
    return Waits()


@pytest.fixture
def mock():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mocked:
        yield mocked


@pytest.fixture
def ask(clock, waits):
    """Read all pages of a query within a number of seconds."""

    def pause(seconds):
        waits.append(seconds)
        clock.advance(seconds)

    def read(url=URL, *, seconds=3.0, server=SERVER, **settings):
        client = FhirClient(Settings(**settings), clock=clock, pause=pause)
        try:
            return list(client.pages(server, url, budget=Budget(clock, seconds)))
        finally:
            client.close()

    return read


def ids(pages):
    return [entry.resource.id for page in pages for entry in page.bundle.entry]


def trouble(ask, *args, **options):
    with pytest.raises(QueryFailed) as failed:
        ask(*args, **options)
    return failed.value.trouble


# What is sent


def test_a_query_carries_the_token_and_asks_for_fhir_json(mock, ask):
    mock.get(URL, json=searchset(condition("a")))
    assert ids(ask()) == ["a"]
    (sent,) = mock.calls
    assert sent.request.headers["Authorization"] == "Bearer abc"
    assert sent.request.headers["Accept"] == "application/fhir+json"
    assert sent.request.method == "GET"


def test_without_a_token_none_is_sent(mock, ask):
    base = "http://127.0.0.1:8080/fhir"
    mock.get(f"{base}/Condition", json=searchset())
    ask(f"{base}/Condition", server=usable_server(base), dev=True)
    assert "Authorization" not in mock.calls[0].request.headers


def test_waiting_times_never_exceed_what_is_left(mock, ask):
    mock.get(URL, json=searchset())
    ask(seconds=0.4, connect_timeout_seconds=1.0, read_timeout_seconds=0.2)
    assert mock.calls[0].request.req_kwargs["timeout"] == (0.4, 0.2)


def test_cookies_are_neither_kept_nor_sent(mock, ask):
    following = next_link(f"{EHR}/Condition?page=2")
    mock.get(URL, json=searchset(link=following), headers={"Set-Cookie": "session=1; Path=/"})
    mock.get(f"{EHR}/Condition?page=2", json=searchset())
    ask()
    assert "Cookie" not in mock.calls[1].request.headers


def test_the_environment_has_no_say(mock, ask, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine ehr.example.org login me password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    mock.get(URL, json=searchset())
    ask()
    assert mock.calls[0].request.headers["Authorization"] == "Bearer abc"
    assert not mock.calls[0].request.req_kwargs["proxies"]


# Pages


def test_all_pages_are_read(mock, ask):
    mock.get(URL, json=searchset(condition("a"), link=next_link(f"{EHR}?_getpages=x&_getpagesoffset=1")))
    mock.get(
        f"{EHR}?_getpages=x&_getpagesoffset=1", json=searchset(condition("b"), link=next_link("?page=3"))
    )
    mock.get(f"{EHR}?page=3", json=searchset(condition("c")))
    assert ids(ask()) == ["a", "b", "c"]


def test_a_page_on_another_server_is_never_asked_for(mock, ask):
    mock.get(URL, json=searchset(condition("a"), link=next_link("https://evil.example.net/r4?page=2")))
    assert trouble(ask) is Trouble.OTHER_ORIGIN
    assert [call.request.url for call in mock.calls] == [URL]


def test_pages_that_go_round_in_a_circle_end(mock, ask):
    mock.get(URL, json=searchset(condition("a"), link=next_link(f"{EHR}/Condition?page=2")))
    mock.get(f"{EHR}/Condition?page=2", json=searchset(condition("b"), link=next_link(URL)))
    assert trouble(ask) is Trouble.LOOP
    assert len(mock.calls) == 2


def test_pages_without_end_end_at_the_limit(mock, ask):
    for page in range(10):
        url = URL if page == 0 else f"{EHR}/Condition?page={page}"
        mock.get(url, json=searchset(link=next_link(f"{EHR}/Condition?page={page + 1}")))
    assert trouble(ask, fhir_max_pages=4) is Trouble.TOO_MANY_PAGES
    assert len(mock.calls) == 4


def test_pages_before_the_trouble_are_kept(mock, clock):
    mock.get(URL, json=searchset(condition("a"), link=next_link(f"{EHR}/Condition?page=2")))
    mock.get(f"{EHR}/Condition?page=2", status=500)
    client = FhirClient(Settings(), clock=clock)
    pages = client.pages(SERVER, URL, budget=Budget(clock, 1))
    assert ids([next(pages)]) == ["a"]
    with pytest.raises(QueryFailed):
        next(pages)
    client.close()


# Answers that are none


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, Trouble.REFUSED),
        (403, Trouble.REFUSED),
        (404, Trouble.NOT_FOUND),
        (410, Trouble.NOT_FOUND),
        (400, Trouble.NOT_ACCEPTED),
        (422, Trouble.NOT_ACCEPTED),
        (500, Trouble.SERVER_FAILED),
        (501, Trouble.SERVER_FAILED),
        (204, Trouble.SERVER_FAILED),
        (206, Trouble.SERVER_FAILED),
    ],
)
def test_any_status_but_200_is_a_failure_and_is_not_repeated(mock, ask, status, expected):
    mock.get(URL, status=status, json=searchset(condition("a")))
    assert trouble(ask) is expected
    assert len(mock.calls) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_refusal(mock, ask, status):
    mock.get(URL, status=status, headers={"Location": f"{EHR}/elsewhere"})
    mock.get(f"{EHR}/elsewhere", json=searchset(condition("a")))
    assert trouble(ask) is Trouble.REDIRECTED
    assert len(mock.calls) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"<html>maintenance</html>",
        b"",
        b"null",
        b"[]",
        b'{"resourceType":',
        b'{"x":1}',
        b"\xff\xfe\x00",
        b'"text"',
    ],
)
def test_what_is_not_fhir_json_is_no_answer(mock, ask, content):
    mock.get(URL, body=content)
    assert trouble(ask) is Trouble.NOT_FHIR


def test_a_resource_of_a_type_that_nobody_reads_is_no_answer(mock, ask):
    mock.get(URL, json={"resourceType": "CapabilityStatement", "status": "active"})
    assert trouble(ask) is Trouble.NOT_FHIR


def test_deep_nesting_is_no_answer(mock, ask):
    mock.get(URL, body=b'{"resourceType":"Bundle","entry":' + b"[" * 10_000 + b"]" * 10_000 + b"}")
    assert trouble(ask) is Trouble.NOT_FHIR


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json+fhir; charset=utf-8", "text/plain", ""]
)
def test_the_content_type_is_not_judged(mock, ask, content_type):
    mock.get(URL, json=searchset(condition("a")), content_type=content_type)
    assert ids(ask()) == ["a"]


@pytest.mark.parametrize("severity", ["error", "warning", "information"])
def test_an_outcome_with_status_200_is_no_answer(mock, ask, severity):
    mock.get(URL, json=outcome(severity))
    assert trouble(ask) is Trouble.OUTCOME


def test_an_error_among_the_entries_is_no_answer_and_a_remark_is_none(mock, ask):
    mock.get(URL, json=searchset(outcome("error")))
    assert trouble(ask) is Trouble.OUTCOME
    mock.replace(responses.GET, URL, json=searchset(outcome("warning"), total=0))
    assert len(ask()) == 1


# Repeats


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_server_in_passing_trouble_is_asked_again(mock, ask, waits, status):
    mock.get(URL, status=status)
    mock.get(URL, json=searchset(condition("a")))
    assert ids(ask()) == ["a"]
    assert waits == [0.1]


def test_repeats_have_a_limit_and_pauses_that_grow(mock, ask, waits):
    mock.get(URL, status=503)
    assert trouble(ask, fhir_retries=2) is Trouble.BUSY
    assert len(mock.calls) == 3
    assert waits == [0.1, 0.2]


def test_a_lost_connection_is_tried_again(mock, ask):
    mock.get(URL, body=requests.ConnectionError("https://ehr.example.org/r4/Condition?patient=p1"))
    mock.get(URL, json=searchset(condition("a")))
    assert ids(ask()) == ["a"]


def test_a_server_that_was_waited_for_in_vain_is_not_asked_again(mock, ask):
    mock.get(URL, body=requests.ReadTimeout())
    assert trouble(ask) is Trouble.OVER_TIME
    assert len(mock.calls) == 1


def test_a_certificate_does_not_get_better_by_asking_again(mock, ask):
    mock.get(URL, body=requests.exceptions.SSLError())
    assert trouble(ask) is Trouble.NOT_TRUSTED
    assert len(mock.calls) == 1


@pytest.mark.parametrize("asked", ["2", "Sun, 01 Mar 2026 12:00:02 GMT"])
def test_the_server_says_when_to_come_back(mock, ask, waits, asked):
    mock.get(URL, status=429, headers={"Retry-After": asked})
    mock.get(URL, json=searchset(condition("a")))
    assert ids(ask(seconds=3.0)) == ["a"]
    assert waits == [2.0]


@pytest.mark.parametrize("asked", ["60", "9" * 500, "Sun, 01 Mar 2026 13:00:00 GMT"])
def test_nobody_waits_beyond_the_budget(mock, ask, waits, asked):
    mock.get(URL, status=429, headers={"Retry-After": asked})
    assert trouble(ask) is Trouble.BUSY
    assert waits == []
    assert len(mock.calls) == 1


@pytest.mark.parametrize("asked", ["soon", "-1", "", "Sun, 01 Mar 2020 12:00:00 GMT"])
def test_a_time_to_come_back_that_makes_no_sense_means_now(mock, ask, waits, asked):
    mock.get(URL, status=503, headers={"Retry-After": asked})
    mock.get(URL, json=searchset(condition("a")))
    assert ids(ask()) == ["a"]
    assert sum(waits) <= 0.1


# Limits


def test_nothing_is_asked_when_time_is_over(mock, ask):
    mock.get(URL, json=searchset())
    assert trouble(ask, seconds=0.0) is Trouble.OVER_TIME
    assert len(mock.calls) == 0


def test_an_address_on_another_origin_is_never_asked(mock, ask):
    mock.get("https://evil.example.net/r4/Condition", json=searchset())
    assert trouble(ask, "https://evil.example.net/r4/Condition") is Trouble.OTHER_ORIGIN
    assert len(mock.calls) == 0


def test_an_answer_that_is_too_large_is_given_up(mock, ask):
    mock.get(URL, json=searchset(*(condition(str(n)) for n in range(50))))
    assert trouble(ask, fhir_max_body_bytes=1_000) is Trouble.TOO_LARGE


def test_a_failure_says_nothing_about_patient_server_or_token(mock, ask):
    mock.get(URL, body=requests.ConnectionError(f"HTTPSConnectionPool: {URL} Bearer abc"))
    with pytest.raises(QueryFailed) as failed:
        ask()
    assert str(failed.value) == "no-connection"
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__
