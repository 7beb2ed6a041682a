"""The embedded server: one resource at a time (FHIR R4 http: read, create, update, delete)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask

from cds_service.clock import FixedClock
from cds_service.sandbox.routes import create_fhir_blueprint
from cds_service.sandbox.store import ResourceStore
from tests.unit.sandbox.samples import FHIR_JSON, condition, order, patient

MORNING = datetime(2026, 6, 15, 8, 30, 15, 250_000, tzinfo=UTC)


def test_a_resource_is_read_as_it_was_written_with_version_and_time(make_fhir_server):
    server = make_fhir_server(ResourceStore(clock=FixedClock(MORNING)))
    server.load(patient("nora", birthDate="1968"))
    answer = server.get("/Patient/nora")
    assert answer.status_code == 200
    assert answer.json == {
        "resourceType": "Patient",
        "id": "nora",
        "birthDate": "1968",
        "meta": {"versionId": "1", "lastUpdated": "2026-06-15T08:30:15.250Z"},
    }
    assert answer.headers["ETag"] == 'W/"1"'
    assert answer.headers["Last-Modified"] == "Mon, 15 Jun 2026 08:30:15 GMT"


def test_answers_are_fhir_json(server):
    server.load(patient())
    for answer in (server.get("/Patient/p1"), server.get("/Patient/nobody"), server.get("/Patient")):
        assert answer.mimetype == FHIR_JSON


def test_meta_given_by_the_client_stays_beside_version_and_time(server):
    server.load(patient(meta={"tag": [{"system": "urn:x", "code": "t"}], "versionId": "99"}))
    meta = server.get("/Patient/p1").json["meta"]
    assert meta["tag"] == [{"system": "urn:x", "code": "t"}]
    assert meta["versionId"] == "1"


def test_create_chooses_an_id_and_says_where_the_resource_is(server):
    answer = server.post("/Patient", patient("wanted"))
    assert answer.status_code == 201
    made = answer.json["id"]
    assert made != "wanted"
    assert answer.headers["Location"] == f"http://localhost/fhir/Patient/{made}/_history/1"
    assert server.get(f"/Patient/{made}").status_code == 200
    assert server.get("/Patient/wanted").status_code == 404


def test_update_of_an_unknown_id_creates_it(server):
    answer = server.put("/Patient/p1", patient())
    assert answer.status_code == 201
    assert answer.headers["Location"].endswith("/fhir/Patient/p1/_history/1")


def test_update_replaces_and_counts_the_version_up(server):
    server.load(patient(gender="male"))
    answer = server.put("/Patient/p1", patient(birthDate="1968-02-11"))
    assert answer.status_code == 200
    assert answer.headers["ETag"] == 'W/"2"'
    now = server.get("/Patient/p1").json
    assert now["meta"]["versionId"] == "2"
    assert "gender" not in now


def test_a_deleted_resource_is_gone_and_comes_back_with_a_higher_version(server):
    server.load(patient())
    assert server.delete("/Patient/p1").status_code == 204
    gone = server.get("/Patient/p1")
    assert gone.status_code == 410
    assert gone.json["issue"][0]["code"] == "deleted"
    back = server.put("/Patient/p1", patient())
    assert back.status_code == 201
    assert back.headers["ETag"] == 'W/"3"'


def test_deleting_what_is_not_there_succeeds(server):
    assert server.delete("/Patient/nobody").status_code == 204


def test_if_match_lets_only_the_newest_version_be_replaced_or_deleted(server):
    server.load(patient())
    server.put("/Patient/p1", patient(gender="male"))
    assert server.put("/Patient/p1", patient(), If_Match='W/"1"').status_code == 412
    assert server.delete("/Patient/p1", If_Match='W/"1"').status_code == 412
    assert server.get("/Patient/p1").json["gender"] == "male"
    assert server.put("/Patient/p1", patient(), If_Match='W/"2"').status_code == 200
    assert server.delete("/Patient/p1", If_Match='W/"3"').status_code == 204


def test_if_none_match_spares_the_body(server):
    server.load(patient())
    answer = server.get("/Patient/p1", If_None_Match='W/"1"')
    assert answer.status_code == 304
    assert answer.data == b""
    assert server.get("/Patient/p1", If_None_Match='W/"2"').status_code == 200


def test_head_answers_like_get_without_a_body(server):
    server.load(patient())
    answer = server.client.head("/fhir/Patient/p1")
    assert (answer.status_code, answer.data) == (200, b"")


@pytest.mark.parametrize(
    "path", ["/Patient/nobody", "/Unicorn/1", "/Unicorn", "/Patient/p1/_history/1", "/Patient/p1/name/1"]
)
def test_an_address_without_anything_is_404(server, path):
    server.load(patient())
    answer = server.get(path)
    assert answer.status_code == 404
    assert answer.json["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/Patient", "GET, HEAD, POST"),
        ("PATCH", "/Patient/p1", "DELETE, GET, HEAD, PUT"),
        ("POST", "/Patient/p1", "DELETE, GET, HEAD, PUT"),
        ("GET", "", "POST"),
        ("POST", "/metadata", "GET, HEAD"),
    ],
)
def test_a_method_that_the_address_lacks_is_405_and_says_which_it_has(server, method, path, allowed):
    answer = server.client.open(f"/fhir{path}", method=method, json={}, content_type=FHIR_JSON)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == allowed
    assert answer.json["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/fhir+xml", "application/x-www-form-urlencoded", ""]
)
def test_a_body_that_is_not_declared_as_json_is_415(server, content_type):
    answer = server.client.put("/fhir/Patient/p1", data=b"{}", content_type=content_type)
    assert answer.status_code == 415
    assert answer.json["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json+fhir", "application/fhir+json; charset=utf-8"]
)
def test_every_usual_name_of_fhir_json_is_read(server, content_type):
    answer = server.client.put("/fhir/Patient/p1", json=patient(), content_type=content_type)
    assert answer.status_code == 201


def test_asking_for_xml_is_406(server):
    server.load(patient())
    assert server.get("/Patient/p1", Accept="application/fhir+xml").status_code == 406
    assert server.get("/Patient/p1?_format=xml").status_code == 406


@pytest.mark.parametrize(
    "accept", ["application/fhir+json", "application/json+fhir", "application/json;q=0.9, text/html", "*/*"]
)
def test_every_usual_way_to_ask_for_json_is_understood(server, accept):
    server.load(patient())
    assert server.get("/Patient/p1", Accept=accept).status_code == 200


def test_format_may_be_asked_for_in_the_address(server):
    server.load(patient())
    assert server.get("/Patient/p1?_format=json").status_code == 200
    assert server.get("/Patient/p1?_format=application/fhir+json").status_code == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[1,]", b'{"a": NaN}', b"[" * 10_000 + b"]" * 10_000])
def test_a_body_that_is_not_json_is_400(server, body):
    answer = server.client.put("/fhir/Patient/p1", data=body, content_type=FHIR_JSON)
    assert answer.status_code == 400
    assert answer.json["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize("body", [[], "Patient", 7, None, {}, {"resourceType": 7}])
def test_json_that_is_no_resource_is_400(server, body):
    assert server.put("/Patient/p1", body).status_code == 400


def test_type_and_id_of_the_body_must_be_those_of_the_address(server):
    assert server.put("/Patient/p1", condition("p1")).status_code == 400
    assert server.put("/Patient/p1", patient("p2")).status_code == 400
    assert server.put("/Patient/p1", {"resourceType": "Patient"}).status_code == 400


@pytest.mark.parametrize("bad", ["a_b", "x" * 65, "a b", "é"])
def test_an_id_that_fhir_does_not_allow_is_400(server, bad):
    assert server.get(f"/Patient/{bad}").status_code == 400
    assert server.put(f"/Patient/{bad}", patient(bad)).status_code == 400


def test_a_body_larger_than_allowed_is_413(store, make_fhir_server):
    server = make_fhir_server(store, max_body_bytes=100)
    answer = server.put("/Patient/p1", patient(name=[{"family": "x" * 200}]))
    assert answer.status_code == 413
    assert answer.json["issue"][0]["code"] == "too-long"
    assert server.put("/Patient/p1", patient()).status_code == 201


def test_conditional_creates_are_refused_instead_of_ignored(server):
    answer = server.post("/Patient", patient(), If_None_Exist="identifier=x")
    assert answer.status_code == 400
    assert server.found("/Patient") == []


def test_callers_from_other_machines_are_refused(server):
    for address in ("192.0.2.7", "2001:db8::1", ""):
        answer = server.client.get("/fhir/metadata", environ_overrides={"REMOTE_ADDR": address})
        assert answer.status_code == 403
    for address in ("127.0.0.1", "127.0.0.9", "::1", "::ffff:127.0.0.1"):
        assert (
            server.client.get("/fhir/metadata", environ_overrides={"REMOTE_ADDR": address}).status_code == 200
        )


def test_the_limit_to_one_machine_can_be_lifted(store, make_fhir_server):
    server = make_fhir_server(store, loopback_only=False)
    assert (
        server.client.get("/fhir/metadata", environ_overrides={"REMOTE_ADDR": "192.0.2.7"}).status_code == 200
    )


def test_with_referential_integrity_a_resource_cannot_point_into_the_void(make_fhir_server):
    server = make_fhir_server(ResourceStore(referential_integrity=True))
    refused = server.put("/MedicationRequest/o1", order("o1"))
    assert refused.status_code == 400
    assert refused.json["issue"][0]["expression"] == ["MedicationRequest.subject"]
    assert server.get("/MedicationRequest/o1").status_code == 404
    server.load(patient(), order("o1"))


def test_with_referential_integrity_what_is_pointed_at_cannot_be_deleted(make_fhir_server):
    server = make_fhir_server(ResourceStore(referential_integrity=True))
    server.load(patient(), order("o1"))
    assert server.delete("/Patient/p1").status_code == 409
    assert server.get("/Patient/p1").status_code == 200
    assert server.delete("/MedicationRequest/o1").status_code == 204
    assert server.delete("/Patient/p1").status_code == 204


def test_with_referential_integrity_contained_and_foreign_references_are_left_alone(make_fhir_server):
    server = make_fhir_server(ResourceStore(referential_integrity=True))
    contained = {"resourceType": "Medication", "id": "m", "code": {"text": "carbamazepine"}}
    server.load(
        patient(),
        order(
            "o1",
            contained=[contained],
            medicationReference={"reference": "#m"},
            requester={"reference": "https://elsewhere.example/fhir/Practitioner/7"},
        ),
    )


def test_the_server_can_be_mounted_elsewhere(store):
    app = Flask(__name__)
    app.register_blueprint(create_fhir_blueprint(store), url_prefix="/sandbox/r4")
    store.put(patient())
    found = app.test_client().get("/sandbox/r4/Patient").json
    assert found["link"][0]["url"] == "http://localhost/sandbox/r4/Patient"
    assert found["entry"][0]["fullUrl"] == "http://localhost/sandbox/r4/Patient/p1"
