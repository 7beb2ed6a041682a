"""The embedded server: which resources a search finds (FHIR R4 search: token, date, reference, string, modifiers)."""

from __future__ import annotations

import pytest

from cds_service.sandbox.parameters import PARAMETERS
from tests.unit.sandbox.samples import concept, condition, medication, order, patient

SNOMED = "http://snomed.info/sct"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
NEURALGIA = concept((SNOMED, "31681005"), (ICD, "G50.0"))
HYPERTENSION = concept((SNOMED, "38341003"), (ICD, "I10"))
MIGRAINE_WITHOUT_SYSTEM = {"coding": [{"code": "G50.0"}]}


@pytest.fixture
def problems(server):
    clinical = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    server.load(
        patient(),
        condition("neuralgia", code=NEURALGIA, clinicalStatus=concept((clinical, "active"))),
        condition("pressure", code=HYPERTENSION, clinicalStatus=concept((clinical, "resolved"))),
        condition("no-system", code=MIGRAINE_WITHOUT_SYSTEM),
        condition("text-only", code={"text": "Trigeminal neuralgia"}),
    )
    return server


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("code=31681005", ["neuralgia"]),
        ("code=G50.0", ["neuralgia", "no-system"]),
        (f"code={SNOMED}|31681005", ["neuralgia"]),
        (f"code={SNOMED}|G50.0", []),
        ("code=|G50.0", ["no-system"]),
        (f"code={ICD}|", ["neuralgia", "pressure"]),
        (f"code={SNOMED}|38341003,{ICD}|G50.0", ["neuralgia", "pressure"]),
        ("code=31681005,unknown", ["neuralgia"]),
        (f"code={SNOMED}%7C31681005&code={ICD}%7CG50.0", ["neuralgia"]),
        (f"code={SNOMED}%7C31681005&code={ICD}%7CI10", []),
        ("code:not=G50.0", ["pressure", "text-only"]),
        ("code:not=G50.0,I10", ["text-only"]),
        ("clinical-status=active", ["neuralgia"]),
        ("clinical-status=active,resolved", ["neuralgia", "pressure"]),
        ("clinical-status:missing=true", ["no-system", "text-only"]),
        ("clinical-status:missing=false", ["neuralgia", "pressure"]),
        ("clinical-status=active&code=I10", []),
        ("_id=pressure", ["pressure"]),
        ("_id=pressure,neuralgia", ["neuralgia", "pressure"]),
    ],
)
def test_a_token_is_a_code_with_or_without_its_system(problems, query, found):
    assert problems.found(f"/Condition?{query}") == found


def test_a_search_without_parameters_finds_all(problems):
    assert problems.found("/Condition") == ["neuralgia", "pressure", "no-system", "text-only"]


def test_plain_codes_booleans_identifiers_and_tags_are_tokens_too(server):
    tag = {"system": "https://cds-service.example/run", "code": "a"}
    server.load(
        patient("nora", gender="female", active=True, identifier=[{"system": "urn:mrn", "value": "7"}]),
        patient("carl", gender="male", active=False, meta={"tag": [tag]}),
    )
    assert server.found("/Patient?gender=female") == ["nora"]
    assert server.found("/Patient?active=true") == ["nora"]
    assert server.found("/Patient?identifier=urn:mrn|7") == ["nora"]
    assert server.found("/Patient?_tag=https://cds-service.example/run|a") == ["carl"]
    assert server.found("/Patient?_tag=https://cds-service.example/run|b") == []


def test_a_comma_or_bar_that_belongs_to_a_value_is_escaped(server):
    server.load(patient(identifier=[{"system": "urn:mrn", "value": "a,b|c"}]))
    assert server.found(r"/Patient?identifier=urn:mrn|a\,b\|c") == ["p1"]


@pytest.fixture
def orders(server):
    server.load(
        patient("p1"),
        patient("p2"),
        order("mine", of="p1", status="stopped", intent="order", authoredOn="2024-05-20"),
        order("other", of="p2", status="active", intent="plan", authoredOn="2024-06-01"),
    )
    return server


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("patient=p1", ["mine"]),
        ("patient=Patient/p1", ["mine"]),
        ("patient=http://localhost/fhir/Patient/p1", ["mine"]),
        ("patient:Patient=p1", ["mine"]),
        ("subject=p1", ["mine"]),
        ("subject=Patient/p1", ["mine"]),
        ("subject:Patient=p1", ["mine"]),
        ("subject:Practitioner=p1", []),
        ("patient=p1,p2", ["mine", "other"]),
        ("patient=p3", []),
        ("patient=https://elsewhere.example/fhir/Patient/p1", []),
        ("status=active", ["other"]),
        ("status=active,stopped", ["mine", "other"]),
        ("patient=p1&status=active", []),
        ("intent=order", ["mine"]),
        ("authoredon=2024-05-20", ["mine"]),
        ("medication:missing=true", ["mine", "other"]),
    ],
)
def test_orders_are_found_by_patient_status_intent_and_date(orders, query, found):
    assert orders.found(f"/MedicationRequest?{query}") == found


def test_absolute_and_versioned_references_in_resources_are_the_same_patient(server):
    server.load(
        order("absolute", subject={"reference": "http://localhost/fhir/Patient/p1"}),
        order("versioned", subject={"reference": "Patient/p1/_history/3"}),
        order("foreign", subject={"reference": "https://elsewhere.example/fhir/Patient/p1"}),
    )
    assert server.found("/MedicationRequest?patient=p1") == ["absolute", "versioned"]
    assert server.found("/MedicationRequest?patient=https://elsewhere.example/fhir/Patient/p1") == ["foreign"]


def test_the_patient_parameter_means_patients_only(server):
    server.load(condition("of-a-group", subject={"reference": "Group/p1"}))
    assert server.found("/Condition?patient=p1") == []
    assert server.found("/Condition?subject=p1") == ["of-a-group"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("2024", True),
        ("2024-05", True),
        ("2024-05-20", False),
        ("ne2024", False),
        ("ge2024-05-20", True),
        ("gt2024-05-31", False),
        ("gt2024-05-30", True),
        ("lt2024-05-01", False),
        ("lt2024-05-02", True),
        ("le2024-05", True),
        ("sa2024-04", True),
        ("sa2024-05-01", False),
        ("eb2024-06", True),
        ("eb2024-05-31", False),
    ],
)
def test_a_partial_date_is_every_day_that_it_can_be(server, asked, found):
    """The resource says only May 2024; FHIR R4 search, date prefixes."""
    server.load(order("o1", authoredOn="2024-05"))
    assert server.found(f"/MedicationRequest?authoredon={asked}") == (["o1"] if found else [])


def test_times_are_compared_as_instants_whatever_their_offset(server):
    server.load(order("o1", authoredOn="2024-05-20T23:30:00-05:00"))
    assert server.found("/MedicationRequest?authoredon=2024-05-21") == ["o1"]
    assert server.found("/MedicationRequest?authoredon=2024-05-20") == []
    assert server.found("/MedicationRequest?authoredon=gt2024-05-21T04:29:59Z") == ["o1"]
    assert server.found("/MedicationRequest?authoredon=gt2024-05-21T04:30:00Z") == []
    assert server.found("/MedicationRequest?authoredon=lt2024-05-21T06:31:00%2B02:00") == ["o1"]
    assert server.found("/MedicationRequest?authoredon=lt2024-05-21T06:31:00+02:00") == ["o1"]


def test_two_dates_make_an_interval(server):
    server.load(*(order(f"o{day}", authoredOn=f"2024-05-{day}") for day in ("09", "10", "20", "21")))
    assert server.found("/MedicationRequest?authoredon=ge2024-05-10&authoredon=lt2024-05-21") == [
        "o10",
        "o20",
    ]


def test_a_period_without_an_end_is_open(server):
    statement = {
        "resourceType": "MedicationStatement",
        "status": "active",
        "subject": {"reference": "Patient/p1"},
        "medicationCodeableConcept": {"text": "gabapentin"},
    }
    server.load(
        {**statement, "id": "open", "effectivePeriod": {"start": "2024-01-10"}},
        {**statement, "id": "closed", "effectivePeriod": {"start": "2024-01-10", "end": "2024-02-10"}},
        {**statement, "id": "undated"},
    )
    assert server.found("/MedicationStatement?effective=gt2030") == ["open"]
    assert server.found("/MedicationStatement?effective=2024") == ["closed"]
    assert server.found("/MedicationStatement?effective=lt2024-01-11") == ["open", "closed"]


def test_last_updated_is_searched_like_any_date(server):
    server.load(patient())
    assert server.found("/Patient?_lastUpdated=ge2020-01-01") == ["p1"]
    assert server.found("/Patient?_lastUpdated=lt2020-01-01") == []


def test_names_are_found_by_their_beginning_whatever_the_case(server):
    server.load(patient("nora", name=[{"family": "Fixture", "given": ["Nora"]}]))
    for query in (
        "name=fix",
        "name=NOR",
        "family=Fixture",
        "given:exact=Nora",
        "family:contains=xtur",
        "name=zzz,nor",
    ):
        assert server.found(f"/Patient?{query}") == ["nora"], query
    for query in ("name=ixture", "given:exact=nora", "family=nora"):
        assert server.found(f"/Patient?{query}") == [], query


def test_allergies_are_found_by_patient_and_by_the_reacting_substance(server):
    rxnorm = "http://www.nlm.nih.gov/research/umls/rxnorm"
    server.load(
        {
            "resourceType": "AllergyIntolerance",
            "id": "a1",
            "patient": {"reference": "Patient/p1"},
            "reaction": [{"substance": concept((rxnorm, "2002")), "manifestation": [{"text": "rash"}]}],
        }
    )
    assert server.found("/AllergyIntolerance?patient=p1") == ["a1"]
    assert server.found("/AllergyIntolerance?code=2002") == ["a1"]


def test_categories_status_and_dates_of_reports_and_observations(server):
    observation = {
        "resourceType": "Observation",
        "id": "sodium",
        "status": "final",
        "code": concept(("http://loinc.org", "2951-2")),
        "category": [concept(("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory"))],
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-06-01",
    }
    server.load(observation)
    for query in (
        "category=laboratory",
        "code=2951-2,2947-0",
        "status=final,amended",
        "date=ge2026-05-01",
        "patient=p1",
    ):
        assert server.found(f"/Observation?{query}") == ["sodium"], query
    assert server.found("/Observation?category=vital-signs") == []


def test_orders_are_found_by_the_medication_they_point_at(server):
    server.load(
        medication("m1"), order("o1", medicationReference={"reference": "Medication/m1"}), order("o2")
    )
    assert server.found("/MedicationRequest?medication=Medication/m1") == ["o1"]
    assert server.found("/MedicationRequest?medication=m1") == ["o1"]


@pytest.mark.parametrize("resource_type", sorted(PARAMETERS))
def test_every_declared_parameter_of_every_type_can_be_searched(server, resource_type):
    """One value of each kind; that the right resources are found is shown above."""
    values = {"token": "x", "date": "2024", "reference": "x", "string": "x"}
    for parameter in PARAMETERS[resource_type].values():
        assert server.found(f"/{resource_type}?{parameter.name}={values[parameter.kind]}") == []


@pytest.mark.parametrize(
    "query",
    [
        "unknown=1",
        "_has:Condition:patient:code=G50.0",
        "patient.identifier=7",
        "_elements=id",
        "_revinclude=Provenance:target",
        "patient=",
        "patient=p1,,p2",
        "patient=Practitioner/1",
        "patient=two words",
        "patient:Unicorn=p1",
        "code:in=http://example.org/vs",
        "code=|",
        "code=a|b|c",
        "status:missing=perhaps",
        "authoredon=yesterday",
        "authoredon=2024-13",
        "authoredon=2024-02-30",
        "authoredon=xx2024",
        "authoredon:exact=2024",
    ],
)
def test_what_cannot_be_searched_exactly_is_refused_and_nothing_is_echoed(server, query):
    answer = server.get(f"/MedicationRequest?{query}")
    assert answer.status_code == 400
    issue = answer.json["issue"][0]
    assert (issue["severity"], answer.json["resourceType"]) == ("error", "OperationOutcome")
    value = query.partition("=")[2]
    assert len(value) < 3 or value not in issue["diagnostics"]


def test_an_unknown_parameter_is_named_together_with_the_known_ones(server):
    issue = server.get("/Condition?clinicalstatus=active").json["issue"][0]
    assert "clinicalstatus" in issue["diagnostics"]
    assert "clinical-status" in issue["diagnostics"]


def test_something_that_is_no_parameter_name_is_not_repeated(server):
    issue = server.get("/Condition?Nora%20Fixture=1").json["issue"][0]
    assert "Nora" not in issue["diagnostics"]
