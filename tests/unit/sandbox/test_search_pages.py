"""The embedded server: what a page of search results holds, and how one gets to the next."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from cds_service.sandbox.search import PageSizes
from tests.unit.sandbox.samples import condition, medication, order, patient


def ids(bundle, mode="match"):
    return [e["resource"]["id"] for e in bundle.get("entry", []) if e["search"]["mode"] == mode]


def next_of(bundle):
    """Path and query of the next page, without the mount point; None on the last page."""
    urls = [link["url"] for link in bundle["link"] if link["relation"] == "next"]
    if not urls:
        return None
    parts = urlsplit(urls[0])
    return f"{parts.path.removeprefix('/fhir')}?{parts.query}"


def all_pages(server, path):
    pages = []
    while path:
        pages.append(server.get(path).json)
        path = next_of(pages[-1])
    return pages


@pytest.fixture
def many(server):
    server.load(
        patient("p1"), patient("p2"), *(order(f"o{n:03d}") for n in range(120)), order("other", of="p2")
    )
    return server


def test_a_searchset_says_what_it_is(server):
    server.load(patient(), order("o1"))
    bundle = server.get("/MedicationRequest?patient=p1").json
    assert (bundle["resourceType"], bundle["type"], bundle["total"]) == ("Bundle", "searchset", 1)
    assert bundle["link"] == [
        {"relation": "self", "url": "http://localhost/fhir/MedicationRequest?patient=p1"}
    ]
    assert bundle["entry"][0]["fullUrl"] == "http://localhost/fhir/MedicationRequest/o1"
    assert bundle["entry"][0]["search"] == {"mode": "match"}


def test_an_empty_result_has_a_total_of_zero_and_no_entry(server):
    bundle = server.get("/MedicationRequest?patient=nobody").json
    assert bundle["total"] == 0
    assert "entry" not in bundle


def test_a_page_holds_ten_matches_unless_more_are_asked_for(many):
    assert len(ids(many.get("/MedicationRequest?patient=p1").json)) == 10
    assert len(ids(many.get("/MedicationRequest?patient=p1&_count=37").json)) == 37


def test_a_page_never_holds_more_than_fifty_matches(many):
    """The trap of real servers: _count=500 is answered with 50 and a next link."""
    bundle = many.get("/MedicationRequest?patient=p1&_count=500").json
    assert len(ids(bundle)) == 50
    assert bundle["total"] == 120
    assert next_of(bundle) is not None


def test_following_next_gives_every_match_once_and_nothing_else(many):
    pages = all_pages(many, "/MedicationRequest?patient=p1&_count=500")
    assert [len(ids(page)) for page in pages] == [50, 50, 20]
    assert [i for page in pages for i in ids(page)] == [f"o{n:03d}" for n in range(120)]


def test_the_last_full_page_has_no_next(server):
    server.load(*(order(f"o{n}") for n in range(4)))
    assert [len(ids(page)) for page in all_pages(server, "/MedicationRequest?_count=2")] == [2, 2]


def test_paging_keeps_the_whole_search(many):
    first = many.get("/MedicationRequest?patient=p1&status=active&_sort=-_id&_count=50").json
    second = many.get(next_of(first)).json
    assert ids(first)[0] == "o119"
    assert ids(second)[0] == "o069"


def test_a_next_link_works_on_another_instance_because_the_server_keeps_no_state(
    many, store, make_fhir_server
):
    link = next_of(many.get("/MedicationRequest?patient=p1&_count=50").json)
    assert ids(make_fhir_server(store).get(link).json)[0] == "o050"


def test_page_sizes_are_a_setting(store, make_fhir_server):
    server = make_fhir_server(store, sizes=PageSizes(default=1, maximum=2))
    server.load(*(order(f"o{n}") for n in range(3)))
    assert len(ids(server.get("/MedicationRequest").json)) == 1
    assert len(ids(server.get("/MedicationRequest?_count=9").json)) == 2


def test_summary_count_and_count_zero_tell_only_the_total(many):
    for query in ("_summary=count", "_count=0"):
        bundle = many.get(f"/MedicationRequest?patient=p1&{query}").json
        assert bundle["total"] == 120
        assert "entry" not in bundle
        assert next_of(bundle) is None


def test_parameters_that_change_nothing_here_are_accepted(many):
    bundle = many.get(
        "/MedicationRequest?patient=p1&_format=json&_pretty=true&_total=accurate&_summary=false"
    ).json
    assert bundle["total"] == 120
    assert len(ids(bundle)) == 10


@pytest.mark.parametrize(
    "query",
    [
        "_count=-1",
        "_count=ten",
        "_count=",
        "_count=1&_count=2",
        "_offset=x",
        "_summary=text",
        "_sort=unknown",
        "_sort=patient",
        "_sort=",
    ],
)
def test_controls_that_cannot_be_read_are_400(many, query):
    assert many.get(f"/MedicationRequest?{query}").status_code == 400


def test_results_sort_by_date_either_way_with_the_undated_last(server):
    server.load(
        order("may", authoredOn="2024-05-20"),
        order("undated"),
        order("january", authoredOn="2024-01"),
        order("june", authoredOn="2024-06-01T00:00:00Z"),
    )
    assert server.found("/MedicationRequest?_sort=authoredon") == ["january", "may", "june", "undated"]
    assert server.found("/MedicationRequest?_sort=-authoredon") == ["june", "may", "january", "undated"]


def test_later_sort_keys_decide_among_equals(server):
    server.load(
        order("a", status="stopped", authoredOn="2024-01-01"),
        order("b", status="active", authoredOn="2024-01-01"),
        order("c", status="active", authoredOn="2023-01-01"),
    )
    assert server.found("/MedicationRequest?_sort=status,-authoredon") == ["b", "c", "a"]


def test_included_medications_come_beside_the_matches_and_are_not_counted(server):
    server.load(
        medication("m1"),
        medication("m2"),
        medication("unused"),
        order("o1", medicationReference={"reference": "Medication/m1"}),
        order("o2", medicationReference={"reference": "Medication/m1"}),
        order("o3", medicationReference={"reference": "Medication/m2"}),
        order("o4"),
    )
    bundle = server.get("/MedicationRequest?_include=MedicationRequest:medication").json
    assert bundle["total"] == 4
    assert ids(bundle, "match") == ["o1", "o2", "o3", "o4"]
    assert ids(bundle, "include") == ["m1", "m2"]


def test_a_page_includes_what_its_own_matches_point_at(server):
    server.load(
        medication("m1"),
        medication("m2"),
        order("o1", medicationReference={"reference": "Medication/m1"}),
        order("o2", medicationReference={"reference": "Medication/m2"}),
    )
    pages = all_pages(server, "/MedicationRequest?_include=MedicationRequest:medication&_count=1")
    assert [ids(page, "include") for page in pages] == [["m1"], ["m2"]]


@pytest.mark.parametrize(
    ("resource_type", "more"),
    [
        ("MedicationStatement", {"status": "active"}),
        ("MedicationAdministration", {"status": "completed", "effectiveDateTime": "2024"}),
        ("MedicationDispense", {"status": "completed"}),
    ],
)
def test_every_medication_type_includes_its_medication(server, resource_type, more):
    use = {
        "resourceType": resource_type,
        "id": "u1",
        "subject": {"reference": "Patient/p1"},
        "medicationReference": {"reference": "Medication/m1"},
        **more,
    }
    server.load(medication("m1"), use)
    bundle = server.get(f"/{resource_type}?patient=p1&_include={resource_type}:medication").json
    assert ids(bundle, "include") == ["m1"]


def test_a_reference_that_leads_nowhere_includes_nothing(server):
    server.load(medication("m1"), order("o1", medicationReference={"reference": "Medication/m1"}))
    server.load(order("o2", medicationReference={"reference": "Medication/never"}))
    server.delete("/Medication/m1")
    bundle = server.get("/MedicationRequest?_include=MedicationRequest:medication").json
    assert ids(bundle, "include") == []
    assert bundle["total"] == 2


def test_several_includes_and_the_star(server):
    server.load(patient(), medication("m1"), order("o1", medicationReference={"reference": "Medication/m1"}))
    both = "_include=MedicationRequest:medication&_include=MedicationRequest:subject:Patient"
    assert sorted(ids(server.get(f"/MedicationRequest?{both}").json, "include")) == ["m1", "p1"]
    assert sorted(ids(server.get("/MedicationRequest?_include=*").json, "include")) == ["m1", "p1"]
    other_target = "_include=MedicationRequest:subject:Practitioner"
    assert ids(server.get(f"/MedicationRequest?{other_target}").json, "include") == []


@pytest.mark.parametrize(
    "query",
    [
        "_include=MedicationRequest:unknown",
        "_include=Condition:patient",
        "_include=medication",
        "_include=MedicationRequest:medication:Unicorn",
        "_include=MedicationRequest:status",
        "_include:iterate=MedicationRequest:medication",
    ],
)
def test_an_include_that_cannot_be_followed_is_400(server, query):
    assert server.get(f"/MedicationRequest?{query}").status_code == 400


def test_a_search_may_be_posted(server):
    server.load(patient(), condition("c1"), condition("c2", of="p2"))
    answer = server.client.post("/fhir/Condition/_search?_count=5", data={"patient": "p1"})
    assert answer.status_code == 200
    assert ids(answer.json) == ["c1"]
    assert answer.json["link"][0]["url"] == "http://localhost/fhir/Condition?_count=5&patient=p1"


def test_a_posted_search_without_a_body_uses_the_address(server):
    server.load(patient(), condition("c1"), condition("c2", of="p2"))
    assert ids(server.client.post("/fhir/Condition/_search?patient=p2").json) == ["c2"]


def test_a_posted_search_that_is_no_form_is_415(server):
    assert server.post("/Condition/_search", {"patient": "p1"}).status_code == 415


def test_deleted_resources_are_not_found(server):
    server.load(patient(), condition("c1"), condition("c2"))
    server.delete("/Condition/c1")
    assert server.found("/Condition?patient=p1") == ["c2"]
