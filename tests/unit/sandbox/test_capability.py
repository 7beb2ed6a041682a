"""The embedded server: its CapabilityStatement is valid FHIR R4 and tells the truth."""

from __future__ import annotations

from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from cds_service.sandbox.parameters import PARAMETERS

PREFETCH_TYPES = {
    "Patient",
    "Condition",
    "MedicationRequest",
    "MedicationStatement",
    "MedicationAdministration",
    "MedicationDispense",
    "Medication",
    "Procedure",
    "AllergyIntolerance",
    "Observation",
    "DiagnosticReport",
    "ImagingStudy",
    "ServiceRequest",
    "Device",
    "Encounter",
}


def test_the_statement_is_valid_and_names_the_server(server):
    statement = server.get("/metadata").json
    CapabilityStatement.model_validate(statement)
    assert statement["fhirVersion"] == "4.0.1"
    assert statement["implementation"]["url"] == "http://localhost/fhir"


def test_every_type_that_prefetch_may_ask_for_is_there_and_can_be_searched(server):
    declared = server.get("/metadata").json["rest"][0]["resource"]
    assert {resource["type"] for resource in declared} >= PREFETCH_TYPES
    for resource in declared:
        assert server.get(f"/{resource['type']}").status_code == 200


def test_patient_data_can_be_searched_by_patient(server):
    for resource_type in PREFETCH_TYPES - {"Patient", "Medication"}:
        assert "patient" in PARAMETERS[resource_type]


def test_every_declared_include_can_be_followed(server):
    declared = server.get("/metadata").json["rest"][0]["resource"]
    includes = [
        (resource["type"], value) for resource in declared for value in resource.get("searchInclude", [])
    ]
    assert ("MedicationRequest", "MedicationRequest:medication") in includes
    for resource_type, value in includes:
        assert server.get(f"/{resource_type}?_include={value}").status_code == 200
