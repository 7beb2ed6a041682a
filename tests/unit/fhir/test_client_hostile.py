"""The client against a real server that is slow, broken or hostile: it ends in time, takes nothing twice, tells nobody."""

from __future__ import annotations

import gzip
import shutil
import socket
import ssl
import subprocess
import threading
import time

import pytest

from cds_service.clock import SystemClock
from cds_service.fhir.client import FhirClient, QueryFailed, Trouble
from cds_service.fhir.transport import AddressNotPublic, Line, new_session
from cds_service.settings import Settings
from tests.unit.fhir.support import (
    TOKEN,
    Stub,
    body,
    condition,
    next_link,
    says,
    searchset,
    seconds,
    start,
    usable_server,
)


@pytest.fixture
def ask(client):
    """Read all pages of a query from a stub; returns the ids that were found."""

    def read(stub, *, budget=2.0, line=None, token=TOKEN):
        server = usable_server(stub.base, token=token)
        pages = client.pages(server, server.url("Condition?patient=p1"), budget=seconds(budget), line=line)
        return [entry.resource.id for page in pages for entry in page.bundle.entry]

    return read


def trouble(ask, stub, **options):
    begun = time.monotonic()
    with pytest.raises(QueryFailed) as failed:
        ask(stub, **options)
    return failed.value.trouble, time.monotonic() - begun


def still_answers(ask, stub):
    """The next query is answered as if nothing had happened."""
    stub.answer = says(searchset(condition("after")))
    return ask(stub) == ["after"]


def test_a_decent_server_is_read_over_one_connection(ask, stub):
    ports = []
    stub.answer = lambda handler: (
        ports.append(handler.client_address[1]),
        handler.say(body(searchset(condition("a")))),
    )
    assert ask(stub) == ["a"]
    assert ask(stub) == ["a"]
    assert len(set(ports)) == 1
    assert stub.heard[0].headers["Authorization"] == f"Bearer {TOKEN}"


def test_a_server_that_says_nothing(ask, stub):
    stub.answer = lambda handler: stub.wait(5)
    reason, took = trouble(ask, stub, budget=0.3)
    assert reason is Trouble.OVER_TIME
    assert took < 1.0
    assert still_answers(ask, stub)


def test_a_server_that_refuses_the_connection(ask):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        stub = Stub(says(searchset()), base=f"http://127.0.0.1:{taken.getsockname()[1]}/fhir")
        reason, took = trouble(ask, stub)
    assert reason is Trouble.NO_CONNECTION
    assert took < 1.0


def test_a_server_that_hangs_up_at_once(ask, stub):
    stub.answer = lambda handler: setattr(handler, "close_connection", True)
    assert trouble(ask, stub)[0] is Trouble.NO_CONNECTION
    assert len(stub.heard) == 3
    assert still_answers(ask, stub)


def test_a_connection_that_went_stale_is_replaced(ask, stub):
    def answer_and_close(handler):
        handler.say(body(searchset(condition("a"))))
        handler.close_connection = True

    stub.answer = answer_and_close
    assert [ask(stub) for _ in range(3)] == [["a"]] * 3


def test_an_answer_that_breaks_off(ask, stub):
    whole = body(searchset(condition("a")))

    def break_off(handler):
        handler.say(whole[:40], content_length=str(len(whole)))
        handler.close_connection = True

    stub.answer = break_off
    assert trouble(ask, stub)[0] is Trouble.BROKEN_OFF
    assert len(stub.heard) == 1
    assert still_answers(ask, stub)


def test_an_answer_that_breaks_off_without_having_said_how_long_it_is(ask, stub):
    def break_off(handler):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(body(searchset(condition("a")))[:40])
        handler.close_connection = True

    stub.answer = break_off
    assert trouble(ask, stub)[0] is Trouble.NOT_FHIR


def test_a_body_without_end(ask, stub):
    sent = []

    def pour(handler):
        handler.send_response(200)
        handler.end_headers()
        while len(sent) < 1_000:
            handler.wfile.write(b" " * 1_000_000)
            sent.append(1)

    stub.answer = pour
    assert trouble(ask, stub, budget=5)[0] is Trouble.TOO_LARGE
    assert len(sent) < 100
    assert still_answers(ask, stub)


def test_a_body_that_announces_its_size_is_not_even_begun(ask, stub):
    stub.answer = lambda handler: (handler.say(b"{", content_length="99999999999"), stub.wait(3))
    reason, took = trouble(ask, stub)
    assert reason is Trouble.TOO_LARGE
    assert took < 1.0


@pytest.mark.parametrize("length", ["-5", "many", "9" * 5_000])
def test_a_size_that_makes_no_sense(ask, stub, length):
    stub.answer = lambda handler: (
        handler.say(b"{}", content_length=length),
        setattr(handler, "close_connection", True),
    )
    assert trouble(ask, stub)[0] in {
        Trouble.TOO_LARGE,
        Trouble.NOT_FHIR,
        Trouble.BROKEN_OFF,
        Trouble.NO_CONNECTION,
    }
    assert still_answers(ask, stub)


def test_a_small_body_that_unpacks_into_a_huge_one(serve, ask):
    packed = gzip.compress(b" " * 60_000_000)
    stub = serve(lambda handler: handler.say(packed, Content_Encoding="gzip"))
    assert trouble(ask, stub, budget=5)[0] is Trouble.TOO_LARGE


def test_a_packed_answer_is_unpacked(ask, stub):
    packed = gzip.compress(body(searchset(condition("a"))))
    stub.answer = lambda handler: handler.say(packed, Content_Encoding="gzip")
    assert ask(stub) == ["a"]


def test_a_body_that_is_not_packed_as_it_says(ask, stub):
    stub.answer = lambda handler: handler.say(b"{}", Content_Encoding="gzip")
    assert trouble(ask, stub)[0] is Trouble.BROKEN_OFF


def test_a_page_of_html(ask, stub):
    stub.answer = lambda handler: handler.say(b"<html>down for maintenance</html>", content_type="text/html")
    assert trouble(ask, stub)[0] is Trouble.NOT_FHIR


def test_headers_without_end(ask, stub):
    def pour(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X-Filler: x\r\n" * 5_000)
        handler.close_connection = True

    stub.answer = pour
    assert trouble(ask, stub)[0] is Trouble.NO_CONNECTION
    assert still_answers(ask, stub)


def test_something_that_is_not_http(ask, stub):
    def babble(handler):
        handler.wfile.write(b"\x00\x01SSH-2.0-OpenSSH\r\n\r\n")
        handler.close_connection = True

    stub.answer = babble
    assert trouble(ask, stub)[0] is Trouble.NO_CONNECTION


def test_the_token_never_reaches_another_origin(serve, ask):
    other = serve(says(searchset(condition("stolen"))))
    here = serve(says(searchset(condition("a"), link=next_link(f"{other.base}/Condition?page=2"))))
    assert trouble(ask, here)[0] is Trouble.OTHER_ORIGIN
    here.answer = says("", status=302, Location=f"{other.base}/Condition?patient=p1")
    assert trouble(ask, here)[0] is Trouble.REDIRECTED
    here.answer = says("", status=307, Location=f"{here.base}/Condition?patient=p1")
    assert trouble(ask, here)[0] is Trouble.REDIRECTED
    assert other.heard == []
    assert len(here.heard) == 3


def test_a_redirect_with_a_body_without_end_is_not_read(ask, stub):
    def pour(handler):
        handler.send_response(302)
        handler.send_header("Location", stub.base)
        handler.end_headers()
        for _ in range(10_000):
            handler.wfile.write(b" " * 100_000)

    stub.answer = pour
    reason, took = trouble(ask, stub, budget=5)
    assert reason is Trouble.REDIRECTED
    assert took < 1.0


def test_pages_that_lead_round_in_a_circle(ask, stub):
    stub.answer = lambda handler: handler.say(
        body(searchset(condition("a"), link=next_link(f"{stub.base}/Condition?patient=p1")))
    )
    assert trouble(ask, stub)[0] is Trouble.LOOP
    assert len(stub.heard) == 1


def test_pages_that_never_end_end_with_the_time(ask, stub):
    stub.answer = lambda handler: (
        stub.wait(0.05),
        handler.say(body(searchset(link=next_link(f"{stub.base}/Condition?page={len(stub.heard)}")))),
    )
    reason, took = trouble(ask, stub, budget=0.4)
    assert reason is Trouble.OVER_TIME
    assert took < 1.0


# A server that sends a byte now and then is hung up on, wherever it is


def dripping(stub, *, head: bytes):
    def drip(handler):
        handler.wfile.write(head)
        while not stub.over.wait(0.05):
            handler.wfile.write(b"x")

    return drip


@pytest.mark.parametrize(
    "head",
    [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{"],
    ids=["before the status", "in the headers", "in the body"],
)
def test_hanging_up_ends_a_query_that_trickles(ask, stub, head):
    stub.answer = dripping(stub, head=head)
    line, over = Line(), seconds(0.4)
    timer = threading.Timer(0.5, line.hang_up)
    timer.start()
    reason, took = trouble(ask, stub, budget=0.4, line=line)
    timer.join()
    assert over.spent
    assert reason is Trouble.OVER_TIME
    assert took < 1.5
    assert still_answers(ask, stub)


def test_a_line_that_was_hung_up_carries_nothing_more(ask, stub):
    line = Line()
    line.hang_up()
    assert trouble(ask, stub, line=line)[0] is Trouble.OVER_TIME
    assert stub.heard == []


def test_hanging_up_afterwards_does_not_cut_the_next_query(ask, stub):
    first, ports = Line(), set()
    found = says(searchset(condition("a")))
    stub.answer = lambda handler: (ports.add(handler.client_address[1]), found(handler))
    assert ask(stub, line=first) == ["a"]
    first.hang_up()
    assert ask(stub) == ["a"]
    assert len(ports) == 1


# Addresses


def guarded(monkeypatch, *addresses):
    """Resolve every name to these addresses, one answer after the other."""
    answers = list(addresses)

    def resolve(host, port, *args, **kwargs):
        address = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.7", "169.254.169.254"])
def test_a_public_name_with_a_private_address_is_not_connected_to(monkeypatch, address):
    guarded(monkeypatch, address)
    client = FhirClient(Settings(), clock=SystemClock())
    server = usable_server("https://ehr.example.org/r4", token=TOKEN, settings=Settings())
    with pytest.raises(QueryFailed) as failed:
        client.get(server, server.url("Condition"), budget=seconds(1))
    assert failed.value.trouble is Trouble.PRIVATE_ADDRESS
    client.close()


def test_a_name_that_changes_its_address_between_two_looks_hears_nothing(monkeypatch, stub):
    port = int(stub.base.rpartition(":")[2].partition("/")[0])
    guarded(monkeypatch, "93.184.216.34", "127.0.0.1")
    with new_session(Settings()) as session, pytest.raises(AddressNotPublic):
        session.get(f"http://ehr.example.org:{port}/fhir/Condition", timeout=1)
    assert stub.heard == []


def test_a_name_that_nobody_knows(monkeypatch):
    def unknown(*args, **kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    client = FhirClient(Settings(fhir_retries=0), clock=SystemClock())
    server = usable_server("https://ehr.example.org/r4", token=TOKEN, settings=Settings())
    with pytest.raises(QueryFailed) as failed:
        client.get(server, server.url("Condition"), budget=seconds(1))
    assert failed.value.trouble is Trouble.NO_CONNECTION
    client.close()


# TLS


@pytest.fixture
def certificate(tmp_path):
    """A certificate of this machine's address, made for this test."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    key, signed = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            openssl,
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-keyout",
            key,
            "-out",
            signed,
            "-days",
            "2",
            "-subj",
            "/CN=127.0.0.1",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
        ],
        check=True,
        capture_output=True,
    )
    return key, signed


@pytest.fixture
def secure(certificate):
    key, signed = certificate
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(signed, key)
    stub = Stub(says(searchset(condition("a"))))
    server = start(stub, tls=tls)
    yield stub, signed
    stub.over.set()
    server.shutdown()
    server.server_close()


def test_a_listed_private_server_is_read_over_tls_with_the_sites_certificates(secure):
    stub, signed = secure
    settings = Settings(fhir_servers=(stub.base,), fhir_ca_bundle=signed)
    server = usable_server(stub.base, token=TOKEN, settings=settings)
    client = FhirClient(settings, clock=SystemClock())
    assert len(list(client.pages(server, server.url("Condition"), budget=seconds(2)))) == 1
    stub.answer = dripping(stub, head=b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{")
    line, begun = Line(), time.monotonic()
    timer = threading.Timer(0.3, line.hang_up)
    timer.start()
    with pytest.raises(QueryFailed):
        client.get(server, server.url("Condition"), budget=seconds(5), line=line)
    timer.join()
    assert time.monotonic() - begun < 2.0
    client.close()


def test_a_certificate_that_nobody_vouches_for_gets_no_token(secure):
    stub, _ = secure
    settings = Settings(fhir_servers=(stub.base,))
    server = usable_server(stub.base, token=TOKEN, settings=settings)
    client = FhirClient(settings, clock=SystemClock())
    with pytest.raises(QueryFailed) as failed:
        client.get(server, server.url("Condition"), budget=seconds(2))
    assert failed.value.trouble is Trouble.NOT_TRUSTED
    assert stub.heard == []
    client.close()
