"""Which FHIR server may be read, and where its token may go (CDS Hooks 2.0.1, FHIR resource access; FHIR-05 to FHIR-09)."""

from __future__ import annotations

import pytest

from cds_service.fhir.origins import FhirServer, NoServer, is_public, server_of
from cds_service.records.resources import FhirAuthorization
from cds_service.settings import Settings

PRODUCTION = Settings()
DEVELOPMENT = Settings(dev=True)
EHR = "https://ehr.example.org/r4"
TOKEN = FhirAuthorization(
    access_token="abc.DEF-1~2", token_type="Bearer", expires_in=300, scope="patient/*.read", subject="cds"
)


def judge(url, authorization=TOKEN, *, settings=PRODUCTION):
    return server_of(url, authorization, patient_id="p1", settings=settings)


def with_token(**members):
    sent = {"access_token": "abc", "token_type": "Bearer", "expires_in": 300, **members}
    return FhirAuthorization(**sent)


def test_a_server_over_https_with_a_token_may_be_read():
    server = judge(EHR)
    assert isinstance(server, FhirServer)
    assert (server.token, server.expires_in) == ("abc.DEF-1~2", 300.0)
    assert server.url("Condition?patient=p1") == "https://ehr.example.org/r4/Condition?patient=p1"


@pytest.mark.parametrize(
    "written", [EHR, EHR + "/", "https://EHR.example.org:443/r4", "HTTPS://ehr.example.org./r4//"]
)
def test_a_base_is_the_same_with_or_without_slash_port_and_capitals(written):
    assert judge(written).base == EHR


@pytest.mark.parametrize("url", [None, ""])
def test_without_a_server_there_is_none(url):
    assert judge(url) is NoServer.NOT_GIVEN


@pytest.mark.parametrize(
    "url",
    [
        "ehr.example.org/r4",
        "ftp://ehr.example.org/r4",
        "file:///etc/passwd",
        "https://",
        "https://ehr.example.org/r4?x=1",
        "https://ehr.example.org/r4#x",
        "https://user:password@ehr.example.org/r4",
        "https://ehr.example.org\\@evil.example.net/r4",
        "https://ehr.example.org /r4",
        "https://ehr.example.org/r4\r\nX: y",
        "https://ehr.example.org:0/r4",
        "https://ehr.example.org:99999/r4",
        "https://ëhr.example.org/r4",
    ],
)
def test_what_is_no_plain_base_url_is_not_read(url):
    assert judge(url) is NoServer.NOT_A_BASE


def test_production_reads_over_https_only():
    assert judge("http://ehr.example.org/r4") is NoServer.NOT_HTTPS
    assert judge("http://127.0.0.1:8080/fhir") is NoServer.NOT_HTTPS
    assert judge(
        "http://ehr.example.org/r4", settings=Settings(fhir_servers=("http://ehr.example.org/r4",))
    ) is (NoServer.NOT_HTTPS)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "10.1.2.3",
        "192.168.0.1",
        "172.16.0.9",
        "169.254.169.254",
        "0.0.0.0",
        "[fd00::1]",
        "[::ffff:10.0.0.1]",
        "metadata.google.internal",
        "fhir.local",
        "a.localhost",
    ],
)
def test_production_reads_no_private_address(host):
    assert judge(f"https://{host}/r4") is NoServer.PRIVATE


def test_a_listed_server_may_be_private_and_others_are_not_read_at_all():
    settings = Settings(fhir_servers=("https://10.1.2.3/r4/",))
    assert judge("https://10.1.2.3/r4", settings=settings).base == "https://10.1.2.3/r4"
    assert judge("https://10.1.2.3/other", settings=settings) is NoServer.NOT_LISTED
    assert judge(EHR, settings=settings) is NoServer.NOT_LISTED


@pytest.mark.parametrize(
    "base", ["http://127.0.0.1:8080/fhir", "http://localhost:8080/fhir", "http://[::1]:8080/fhir"]
)
def test_development_reads_loopback_over_http_without_a_token(base):
    server = judge(base, None, settings=DEVELOPMENT)
    assert (server.base, server.token) == (base, None)


def test_development_reads_nothing_else_over_http():
    assert judge("http://ehr.example.org/r4", settings=DEVELOPMENT) is NoServer.NOT_HTTPS
    assert judge("http://127.0.0.1.example.org/r4", settings=DEVELOPMENT) is NoServer.NOT_HTTPS


def test_development_reads_listed_servers_over_http_and_without_a_token():
    settings = Settings(dev=True, fhir_servers=("http://hapi:8080/fhir", "https://open.example.org/r4"))
    assert judge("http://hapi:8080/fhir/", None, settings=settings).token is None
    assert judge("https://open.example.org/r4", None, settings=settings).token is None
    assert judge("http://127.0.0.1:1/fhir", None, settings=settings).token is None
    assert judge(EHR, settings=settings) is NoServer.NOT_LISTED


@pytest.mark.parametrize("settings", [PRODUCTION, DEVELOPMENT])
def test_elsewhere_a_server_is_read_with_a_token_only(settings):
    assert judge(EHR, None, settings=settings) is NoServer.NO_TOKEN


@pytest.mark.parametrize(
    "members",
    [
        {"access_token": None},
        {"access_token": ""},
        {"access_token": "abc\r\nX-Evil: 1"},
        {"access_token": "two words"},
        {"token_type": None},
        {"token_type": "MAC"},
        {"expires_in": None},
        {"expires_in": 0},
        {"expires_in": -5},
    ],
)
def test_a_malformed_token_is_not_used_and_breaks_nothing(members):
    assert judge(EHR, with_token(**members)) is NoServer.BAD_TOKEN


@pytest.mark.parametrize(
    "scope", [None, "user/Observation.read", "user/Observation.rs", "urn:epic a.Read B c/d"]
)
def test_scopes_are_a_hint_and_never_a_reason_to_fail(scope):
    assert isinstance(judge(EHR, with_token(scope=scope, token_type="bearer")), FhirServer)


def test_a_token_for_another_patient_is_not_used():
    assert judge(EHR, with_token(patient="p2")) is NoServer.OTHER_PATIENT
    assert isinstance(judge(EHR, with_token(patient="p1")), FhirServer)


def test_a_server_does_not_show_its_token():
    assert "abc.DEF" not in repr(judge(EHR))


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("https://ehr.example.org/r4?_getpages=1", "https://ehr.example.org/r4?_getpages=1"),
        ("https://ehr.example.org:443/other?p=2", "https://ehr.example.org:443/other?p=2"),
        ("?page=2", "https://ehr.example.org/r4/Condition?page=2"),
        ("/r4/Condition?page=2#top", "https://ehr.example.org/r4/Condition?page=2"),
    ],
)
def test_a_next_page_on_the_same_origin_is_followed(link, target):
    assert judge(EHR).next_page(f"{EHR}/Condition?patient=p1", link) == target


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example.net/r4?page=2",
        "http://ehr.example.org/r4?page=2",
        "https://ehr.example.org:8443/r4?page=2",
        "//evil.example.net/r4",
        "https://ehr.example.org.evil.example.net/r4",
        "https://ehr.example.org@evil.example.net/r4",
        "https://evil.example.net\\@ehr.example.org/r4",
        "javascript:alert(1)",
        "https://[",
    ],
)
def test_a_next_page_elsewhere_is_not(link):
    assert judge(EHR).next_page(f"{EHR}/Condition?patient=p1", link) is None


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888"])
def test_public_addresses(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "fe80::1%eth0",
        "fc00::1",
        "::ffff:192.168.1.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "ff02::1",
        "not-an-address",
    ],
)
def test_addresses_that_not_everybody_can_reach(address):
    assert not is_public(address)
