"""The embedded server: transaction and batch Bundles (FHIR R4 http, 3.1.0.11)."""

from __future__ import annotations

import pytest

from cds_service.sandbox.store import ResourceStore
from tests.unit.sandbox.samples import condition, medication, order, patient


def entry(method, url, resource=None, full_url=None, **request):
    made = {"request": {"method": method, "url": url, **request}}
    if resource is not None:
        made["resource"] = resource
    if full_url is not None:
        made["fullUrl"] = full_url
    return made


def put(resource, **more):
    return entry("PUT", f"{resource['resourceType']}/{resource['id']}", resource, **more)


def bundle(kind, *entries):
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def statuses(answer):
    return [e["response"]["status"] for e in answer.json["entry"]]


def test_a_transaction_writes_everything_and_answers_in_the_order_of_its_entries(server):
    server.load(patient("old"))
    answer = server.post(
        "", bundle("transaction", put(patient("p1")), put(patient("old")), entry("DELETE", "Patient/nobody"))
    )
    assert answer.status_code == 200
    assert (answer.json["resourceType"], answer.json["type"]) == ("Bundle", "transaction-response")
    assert statuses(answer) == ["201 Created", "200 OK", "204 No Content"]
    first = answer.json["entry"][0]["response"]
    assert first["location"] == "http://localhost/fhir/Patient/p1/_history/1"
    assert first["etag"] == 'W/"1"'
    assert first["lastModified"] == server.get("/Patient/p1").json["meta"]["lastUpdated"]


def test_the_base_address_takes_bundles_with_and_without_a_slash(server):
    assert server.post("/", bundle("transaction", put(patient()))).status_code == 200
    assert server.post("", bundle("transaction", put(patient()))).status_code == 200


def test_an_empty_transaction_is_answered(server):
    answer = server.post("", {"resourceType": "Bundle", "type": "transaction"})
    assert answer.json == {"resourceType": "Bundle", "type": "transaction-response", "entry": []}


def test_urn_uuids_become_references_to_what_was_made(server):
    who, what = (
        "urn:uuid:6f1c4f9a-3b0e-4a55-9a43-0a4b7b1c9f01",
        "urn:uuid:6f1c4f9a-3b0e-4a55-9a43-0a4b7b1c9f02",
    )
    pointing = order(
        "ignored", subject={"reference": who}, medicationReference={"reference": what}, note=[{"text": who}]
    )
    answer = server.post(
        "",
        bundle(
            "transaction",
            entry("POST", "MedicationRequest", pointing, "urn:uuid:6f1c4f9a-3b0e-4a55-9a43-0a4b7b1c9f03"),
            entry("POST", "Patient", {"resourceType": "Patient"}, who),
            put(medication("m1"), full_url=what),
        ),
    )
    assert answer.status_code == 200, answer.json
    made = server.get("/MedicationRequest").json["entry"][0]["resource"]
    patient_id = server.get("/Patient").json["entry"][0]["resource"]["id"]
    assert made["subject"]["reference"] == f"Patient/{patient_id}"
    assert made["medicationReference"]["reference"] == "Medication/m1"
    assert made["note"] == [{"text": who}]


def test_an_absolute_full_url_is_resolved_too(server):
    there = "https://elsewhere.example/fhir/Patient/77"
    server.post(
        "",
        bundle(
            "transaction",
            entry("POST", "Patient", {"resourceType": "Patient"}, there),
            put(condition("c1", subject={"reference": there})),
        ),
    )
    made = server.get("/Patient").json["entry"][0]["resource"]["id"]
    assert server.get("/Condition/c1").json["subject"]["reference"] == f"Patient/{made}"


def test_a_urn_that_no_entry_has_fails_the_transaction(server):
    answer = server.post(
        "", bundle("transaction", put(condition("c1", subject={"reference": "urn:uuid:nobody"})))
    )
    assert answer.status_code == 400
    assert answer.json["issue"][0]["expression"] == ["Bundle.entry[0].resource.subject"]
    assert server.found("/Condition") == []


def test_one_invalid_resource_and_nothing_is_written(server):
    answer = server.post("", bundle("transaction", put(patient()), put(order("o1", status="swallowed"))))
    assert answer.status_code == 422
    assert answer.json["issue"][0]["expression"] == ["Bundle.entry[1].resource.status"]
    assert server.found("/Patient") == []


def test_a_late_failure_undoes_what_was_already_written(make_fhir_server):
    server = make_fhir_server(ResourceStore(referential_integrity=True))
    server.load(patient("p1", gender="female"), condition("c1"))
    failing = bundle(
        "transaction",
        entry("DELETE", "Condition/c1"),
        put(patient("p1", gender="male")),
        put(condition("c2", of="nobody")),
    )
    answer = server.post("", failing)
    assert answer.status_code == 400
    assert server.get("/Patient/p1").json["gender"] == "female"
    assert server.get("/Patient/p1").json["meta"]["versionId"] == "1"
    assert server.get("/Condition/c1").status_code == 200
    assert server.get("/Condition/c2").status_code == 404


def test_within_a_transaction_the_order_of_entries_does_not_matter_to_integrity(make_fhir_server):
    server = make_fhir_server(ResourceStore(referential_integrity=True))
    assert server.post("", bundle("transaction", put(condition("c1")), put(patient()))).status_code == 200
    both_gone = bundle("transaction", entry("DELETE", "Patient/p1"), entry("DELETE", "Condition/c1"))
    assert server.post("", both_gone).status_code == 200


def test_a_transaction_cannot_delete_what_others_still_point_at(make_fhir_server):
    server = make_fhir_server(ResourceStore(referential_integrity=True))
    server.load(patient(), condition("c1"))
    assert server.post("", bundle("transaction", entry("DELETE", "Patient/p1"))).status_code == 409
    assert server.get("/Patient/p1").status_code == 200


def test_reads_and_searches_of_a_transaction_see_its_writes(server):
    answer = server.post(
        "",
        bundle(
            "transaction",
            entry("GET", "Patient/p1"),
            entry("GET", "Condition?patient=p1"),
            put(condition("c1")),
            put(patient()),
        ),
    )
    read, found = answer.json["entry"][:2]
    assert read["resource"]["id"] == "p1"
    assert read["response"]["etag"] == 'W/"1"'
    assert [e["resource"]["id"] for e in found["resource"]["entry"]] == ["c1"]


def test_a_read_of_nothing_fails_the_transaction(server):
    assert (
        server.post("", bundle("transaction", put(patient()), entry("GET", "Patient/nobody"))).status_code
        == 404
    )
    assert server.found("/Patient") == []


def test_if_match_of_an_entry_is_heeded(server):
    server.load(patient())
    server.put("/Patient/p1", patient())
    for kind, status in (("transaction", 412), ("batch", 200)):
        answer = server.post("", bundle(kind, put(patient(), full_url="urn:x:1") | _if_match('W/"1"')))
        assert answer.status_code == status
    assert statuses(answer) == ["412"]


def _if_match(version):
    return {"request": {"method": "PUT", "url": "Patient/p1", "ifMatch": version}}


def test_a_batch_does_what_it_can_and_tells_the_rest_entry_by_entry(server):
    server.load(patient("old"))
    answer = server.post(
        "",
        bundle(
            "batch",
            put(patient("p1")),
            put(order("o1", status="swallowed")),
            entry("DELETE", "Patient/old"),
            entry("GET", "Patient/nobody"),
            entry("GET", "Patient?_id=p1"),
            entry("POST", "Patient", {"resourceType": "Patient"}),
            entry("PUT", "Patient", {"resourceType": "Patient"}),
        ),
    )
    assert answer.status_code == 200
    assert answer.json["type"] == "batch-response"
    assert statuses(answer) == ["201 Created", "422", "204 No Content", "404", "200 OK", "201 Created", "400"]
    refused = answer.json["entry"][1]["response"]["outcome"]
    assert refused["issue"][0]["expression"] == ["MedicationRequest.status"]
    assert answer.json["entry"][4]["resource"]["total"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {"resourceType": "Patient"},
        {"resourceType": "Bundle"},
        {"resourceType": "Bundle", "type": "searchset", "entry": []},
        {"resourceType": "Bundle", "type": "transaction", "entry": {}},
        {"resourceType": "Bundle", "type": "transaction", "entry": [7]},
        bundle("transaction", {"resource": patient()}),
        bundle("transaction", {"request": {"method": "PUT"}}),
        bundle("transaction", entry("PATCH", "Patient/p1")),
        bundle("transaction", entry("PUT", "Patient/p1")),
        bundle("transaction", entry("PUT", "Patient/p1", patient("p2"))),
        bundle("transaction", entry("PUT", "Patient/p1", condition("p1"))),
        bundle("transaction", entry("PUT", "Patient", patient("p1"))),
        bundle("transaction", entry("POST", "Patient/p1", patient("p1"))),
        bundle("transaction", entry("DELETE", "Patient")),
        bundle("transaction", entry("DELETE", "Patient?name=x")),
        bundle("transaction", entry("PUT", "Patient?identifier=x", patient())),
        bundle("transaction", entry("POST", "Patient", patient(), ifNoneExist="identifier=x")),
        bundle("transaction", entry("PUT", "https://elsewhere.example/fhir/Patient/p1", patient())),
        bundle("transaction", entry("GET", "Patient/p1/_history/1")),
        bundle("transaction", put(patient()), put(patient())),
        bundle("transaction", put(patient()), entry("DELETE", "Patient/p1")),
    ],
)
def test_a_bundle_that_cannot_be_carried_out_is_400_and_nothing_happens(server, body):
    answer = server.post("", body)
    assert answer.status_code == 400
    assert answer.json["resourceType"] == "OperationOutcome"
    assert server.found("/Patient") == []


def test_an_entry_for_an_unknown_type_is_404(server):
    assert server.post("", bundle("transaction", entry("GET", "Unicorn/1"))).status_code == 404
